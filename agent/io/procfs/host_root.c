// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/host_root.h"

#include <stdio.h>
#include <unistd.h>

#define ROOM 16 /* for what is appended */

bool host_root_find(const char *procfs, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%.*s/1/root", PATH_MAX - ROOM, procfs);
	if (access(ret, R_OK | X_OK) == 0)
		return true;
	ret[0] = '\0';
	return false;
}
