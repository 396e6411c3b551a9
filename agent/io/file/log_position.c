// SPDX-License-Identifier: Apache-2.0
#include "io/file/log_position.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/util.h"
#include "io/file/read_file.h"

#define TEXT_MAX 128

static int hash_head(int fd, size_t length, uint64_t *ret)
{
	char head[LOG_POSITION_HEAD_MAX];
	ssize_t count = pread(fd, head, length, 0);

	if (count < 0)
		return -errno;
	if ((size_t)count < length)
		return -EBADMSG;
	*ret = hash_bytes(HASH_BEGIN, head, length);
	return 0;
}

int log_position_get(int fd, uint64_t offset, struct log_position *ret)
{
	size_t length = (size_t)MIN(offset, (uint64_t)LOG_POSITION_HEAD_MAX);
	struct stat status;
	uint64_t hash;
	int r = fstat(fd, &status) < 0 ? -errno : hash_head(fd, length, &hash);

	if (r < 0)
		return r;
	*ret = (struct log_position){
		.inode = status.st_ino,
		.offset = offset,
		.head_length = length,
		.head_hash = hash,
	};
	return 0;
}

bool log_position_matches(const struct log_position *position, int fd)
{
	struct stat status;
	uint64_t hash;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_ino == position->inode &&
	       (uint64_t)status.st_size >= position->offset &&
	       hash_head(fd, (size_t)position->head_length, &hash) == 0 && hash == position->head_hash;
}

int log_position_read(const char *path, struct log_position *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct log_position position;
	char text[TEXT_MAX + 1];
	ssize_t length;

	if (fd < 0)
		return -errno;
	length = read_file(fd, text, TEXT_MAX);
	if (length < 0)
		return (int)length;
	text[length] = '\0';
	if (sscanf(text, "2 %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNx64, &position.inode, &position.offset,
		   &position.head_length, &position.head_hash) != 4 ||
	    position.head_length > LOG_POSITION_HEAD_MAX || position.offset > INT64_MAX)
		return -EBADMSG;
	*ret = position;
	return 0;
}

static int write_text(const char *path, const char *text, size_t length)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t written;

	if (fd < 0)
		return -errno;
	written = write(fd, text, length);
	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -ENOSPC;
}

int log_position_write(const char *path, const struct log_position *position)
{
	char text[TEXT_MAX], new_path[PATH_MAX];
	int r, length = snprintf(text, sizeof(text), "2 %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIx64 "\n",
				 position->inode, position->offset, position->head_length, position->head_hash);

	if (snprintf(new_path, sizeof(new_path), "%s.new", path) >= (int)sizeof(new_path))
		return -ENAMETOOLONG;
	r = write_text(new_path, text, (size_t)length);
	if (r == 0 && rename(new_path, path) < 0)
		r = -errno;
	return r;
}
