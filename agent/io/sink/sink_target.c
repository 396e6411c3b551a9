// SPDX-License-Identifier: Apache-2.0
#include "io/sink/sink_target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/util.h"

#define SINK_TARGET_FLAGS (O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

bool sink_target_is_stdout(const struct sink_target *target)
{
	return strcmp(target->path, "-") == 0;
}

/* A new open file description of what `fd` is, with other flags. -1 with errno; sockets cannot be opened so. */
static int sink_target_reopen_fd(int fd, int flags)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return open(link, flags);
}

/* Whether the last byte is there and no newline; false also when it cannot be read. */
static bool sink_target_ends_mid_line(int fd, off_t size)
{
	_cleanup_close_ int reader = size > 0 ? sink_target_reopen_fd(fd, O_RDONLY | O_CLOEXEC) : -1;
	char last;

	return reader >= 0 && pread(reader, &last, 1, size - 1) == 1 && last != '\n';
}

static int sink_target_open_path(const struct sink_target *target)
{
	/* O_NONBLOCK: a FIFO without a reader says ENXIO instead of waiting for one; no effect on regular files. */
	int fd = open(target->path, SINK_TARGET_FLAGS);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	fd = open(target->path, SINK_TARGET_FLAGS | O_CREAT, target->mode);
	if (fd < 0)
		return -errno;
	/* Newly made: the umask does not apply. A file system without modes refuses this, and that is fine. */
	(void)!fchmod(fd, target->mode);
	return fd;
}

/*
 * Standard output is shared with others, who do not expect O_NONBLOCK on it:
 * pipes and terminals are opened anew where that can be done.
 */
static int sink_target_open_stdout(bool *ret_is_nonblocking)
{
	struct stat status;
	int fd;

	if (fstat(STDOUT_FILENO, &status) < 0)
		return -errno;
	fd = S_ISREG(status.st_mode) ? -1 : sink_target_reopen_fd(STDOUT_FILENO, SINK_TARGET_FLAGS);
	*ret_is_nonblocking = fd >= 0;
	if (fd < 0)
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

int sink_target_open(struct sink_target *target)
{
	bool is_nonblocking = true;
	_cleanup_close_ int fd = sink_target_is_stdout(target) ? sink_target_open_stdout(&is_nonblocking)
							       : sink_target_open_path(target);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		return -errno;
	target->kind = S_ISREG(status.st_mode)    ? SINK_TARGET_REGULAR
		       : S_ISSOCK(status.st_mode) ? SINK_TARGET_SOCKET
						  : SINK_TARGET_STREAM;
	target->is_nonblocking = is_nonblocking;
	target->needs_newline = S_ISREG(status.st_mode) && sink_target_ends_mid_line(fd, status.st_size);
	target->device = status.st_dev;
	target->inode = status.st_ino;
	target->size = S_ISREG(status.st_mode) ? status.st_size : 0;
	target->fd = TAKE_FD(fd);
	return 0;
}

void sink_target_close(struct sink_target *target)
{
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
}

bool sink_target_is_current(struct sink_target *target)
{
	struct stat status;

	if (sink_target_is_stdout(target))
		return true;
	if (stat(target->path, &status) < 0)
		return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
	if (status.st_dev != target->device || status.st_ino != target->inode)
		return false;
	if (target->kind == SINK_TARGET_REGULAR)
		target->size = status.st_size;
	return true;
}

bool sink_target_is_unlinked(const struct sink_target *target)
{
	struct stat status;

	return target->kind == SINK_TARGET_REGULAR && !sink_target_is_stdout(target) &&
	       fstat(target->fd, &status) == 0 && status.st_nlink == 0;
}

ssize_t sink_target_write(struct sink_target *target, const char *data, size_t length)
{
	ssize_t n;

	if (target->kind == SINK_TARGET_STREAM && !target->is_nonblocking) {
		/* A writable pipe has room for PIPE_BUF bytes: that much does not block. */
		if (!sink_target_wait(target, 0))
			return -EAGAIN;
		length = MIN(length, (size_t)PIPE_BUF);
	}
	do {
		if (target->kind == SINK_TARGET_SOCKET)
			n = send(target->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(target->fd, data, length);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		return -EIO; /* no device does this; a caller that repeats must not turn for ever */
	if (n < 0)
		return -errno;
	target->size += n;
	return n;
}

bool sink_target_wait(const struct sink_target *target, int timeout_ms)
{
	struct pollfd poller = {.fd = target->fd, .events = POLLOUT};

	return poll(&poller, 1, timeout_ms) > 0;
}

int sink_target_take_back(struct sink_target *target, size_t length)
{
	off_t end = lseek(target->fd, 0, SEEK_CUR); /* with O_APPEND too it is where the last write ended */
	struct stat status;

	if (end < (off_t)length || fstat(target->fd, &status) < 0 || status.st_size != end)
		return -EBUSY;
	if (ftruncate(target->fd, end - (off_t)length) < 0)
		return -errno;
	target->size = end - (off_t)length;
	return lseek(target->fd, end - (off_t)length, SEEK_SET) < 0 ? -errno : 0;
}
