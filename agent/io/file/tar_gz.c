// SPDX-License-Identifier: Apache-2.0
#include "io/file/tar_gz.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/util.h"

#define BLOCK 512

/* Numbers are octal digits with a NUL behind. */
struct header {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char checksum[8];
	char type;
	char link_name[100];
	char magic[6], version[2];
	char user[32], group[32];
	char device_major[8], device_minor[8];
	char prefix[155];
	char padding[12];
};

_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

struct tar_gz {
	gzFile file;
	uint64_t time_s;
	int error; /* -errno of the first write that failed */
};

int tar_gz_open(int fd, uint64_t time_s, struct tar_gz **ret)
{
	struct tar_gz *tar = calloc(1, sizeof(*tar));

	if (tar)
		tar->file = gzdopen(fd, "wb");
	if (!tar || !tar->file) {
		close(fd);
		free(tar);
		return -ENOMEM;
	}
	tar->time_s = time_s;
	*ret = tar;
	return 0;
}

static void write_bytes(struct tar_gz *tar, const void *data, size_t length)
{
	if (tar->error || length == 0)
		return;
	errno = 0;
	if (gzwrite(tar->file, data, (unsigned int)length) != (int)length)
		tar->error = errno ? -errno : -EIO;
}

static void write_padding(struct tar_gz *tar, size_t length)
{
	static const char zeros[2 * BLOCK];

	write_bytes(tar, zeros, length);
}

/* The sum of the header's bytes, with blanks where it will be. */
static void set_checksum(struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned int sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	snprintf(header->checksum, sizeof(header->checksum), "%06o", sum);
}

int tar_gz_add(struct tar_gz *tar, const char *name, const void *data, size_t length)
{
	struct header header = {
		.mode = "0000600",
		.uid = "0000000",
		.gid = "0000000",
		.type = '0',
		.magic = "ustar",
		.version = {'0', '0'},
		.user = "root",
		.group = "root",
	};

	if (strlen(name) > TAR_GZ_NAME_MAX)
		return -ENAMETOOLONG;
	if (length > INT32_MAX)
		return -EFBIG;
	memcpy(header.name, name, strlen(name));
	snprintf(header.size, sizeof(header.size), "%011zo", length);
	snprintf(header.mtime, sizeof(header.mtime), "%011" PRIo64, tar->time_s);
	set_checksum(&header);
	write_bytes(tar, &header, sizeof(header));
	write_bytes(tar, data, length);
	write_padding(tar, (BLOCK - length % BLOCK) % BLOCK);
	return tar->error;
}

int tar_gz_close(struct tar_gz *tar)
{
	int r, code;

	if (!tar)
		return 0;
	write_padding(tar, 2 * BLOCK);
	errno = 0;
	code = gzclose(tar->file);
	r = tar->error ? tar->error : code == Z_OK ? 0 : errno ? -errno : -EIO;
	free(tar);
	return r;
}
