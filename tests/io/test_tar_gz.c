// SPDX-License-Identifier: Apache-2.0
/* Archives, as tar reads them, and what cannot be put into them. */
#include "io/file/tar_gz.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "../unit/test.h"
#include "base/util.h"
#include "folder.h"

#define TIME_S 1764331200 /* 2025-11-28T12:00:00Z */

static char folder[] = "/tmp/trigon-tar-XXXXXX";

static struct tar_gz *open_tar(const char *path)
{
	struct tar_gz *tar = NULL;

	CHECK_EQ(tar_gz_open(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), TIME_S, &tar), 0);
	return tar;
}

/* What the command prints, at most `size` bytes. */
static size_t run(const char *command, char *ret, size_t size)
{
	FILE *pipe = popen(command, "re");
	size_t length = pipe ? fread(ret, 1, size, pipe) : 0;

	CHECK(pipe && pclose(pipe) == 0);
	return length;
}

static void test_read_back(void)
{
	static const size_t lengths[] = {0, 1, 511, 512, 513, 100000};
	char data[100000], found[sizeof(data) + 1], command[128], name[16];
	struct tar_gz *tar = open_tar("a.tar.gz");

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 + i / 256);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		snprintf(name, sizeof(name), "f/%zu", lengths[i]);
		CHECK_EQ(tar_gz_add(tar, name, data, lengths[i]), 0);
	}
	CHECK_EQ(tar_gz_close(tar), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		snprintf(command, sizeof(command), "tar --extract --gzip --to-stdout --file a.tar.gz f/%zu",
			 lengths[i]);
		CHECK_EQ(run(command, found, sizeof(found)), lengths[i]);
		CHECK_EQ(memcmp(found, data, lengths[i]), 0);
	}
}

static void test_attributes(void)
{
	char name[TAR_GZ_NAME_MAX + 2], listed[1024], wanted[1024];
	struct tar_gz *tar = open_tar("b.tar.gz");
	size_t length;

	memset(name, 'n', sizeof(name));
	name[TAR_GZ_NAME_MAX + 1] = '\0';
	CHECK_EQ(tar_gz_add(tar, name, "x", 1), -ENAMETOOLONG);
	name[TAR_GZ_NAME_MAX] = '\0';
	CHECK_EQ(tar_gz_add(tar, name, "x", 1), 0);
	CHECK_EQ(tar_gz_close(tar), 0);
	length = run("TZ=UTC tar --list --verbose --gzip --file b.tar.gz | tr -s ' '", listed, sizeof(listed));
	snprintf(wanted, sizeof(wanted), "-rw------- root/root 1 2025-11-28 12:00 %s\n", name);
	CHECK_BYTES(listed, length, wanted);
}

static void test_full_disk(void)
{
	struct tar_gz *tar = open_tar("/dev/full");
	char data[4096] = "";
	int r = 0;

	/* what compresses to nothing reaches the disk late */
	for (int i = 0; i < 100; i++)
		r |= tar_gz_add(tar, "f", data, sizeof(data));
	CHECK_EQ(r, 0);
	CHECK_EQ(tar_gz_close(tar), -ENOSPC);
	CHECK_EQ(tar_gz_close(NULL), 0);
}

int main(void)
{
	CHECK(mkdtemp(folder));
	CHECK_EQ(chdir(folder), 0);
	RUN(test_read_back);
	RUN(test_attributes);
	RUN(test_full_disk);
	CHECK_EQ(chdir("/"), 0);
	folder_remove(folder);
	return test_end();
}
