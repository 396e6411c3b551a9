// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/host_root.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../unit/test.h"
#include "folder.h"

static void test_find(void)
{
	char procfs[] = "/tmp/test_host_root.XXXXXX", path[64], root[PATH_MAX] = "before";

	CHECK(mkdtemp(procfs));
	errno = 0;
	CHECK(!host_root_find(procfs, root));
	CHECK_EQ(errno, ENOENT);
	CHECK_STR(root, "");
	snprintf(path, sizeof(path), "%s/1", procfs);
	CHECK_EQ(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/1/root", procfs);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK(host_root_find(procfs, root));
	CHECK_STR(root, path);
	folder_remove(procfs);
}

int main(void)
{
	RUN(test_find);
	return test_end();
}
