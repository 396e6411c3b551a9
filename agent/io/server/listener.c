// SPDX-License-Identifier: Apache-2.0
#include "io/server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

static int make_directory(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return 0;
	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	return mkdir(directory, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/* The fd, or -errno; -EADDRINUSE: another has it. */
static int take_lock(const char *socket_path)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s.lock", socket_path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	return TAKE_FD(fd);
}

/* Removes a socket that an agent left; nothing else that may be there. */
static int remove_old(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -EEXIST;
	return unlink(path) < 0 ? -errno : 0;
}

struct listening {
	const struct server_address *address;
	int backlog;
};

/* A server_address_user. Nobody can connect before listen(), when the permissions are right. */
static int listen_at(void *context, int fd, const struct sockaddr *address, socklen_t length)
{
	const struct listening *listening = context;
	const int one = 1;

	if (!listening->address->is_path && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return -errno;
	if (bind(fd, address, length) < 0)
		return -errno;
	if (listening->address->is_path && chmod(listening->address->path, 0600) < 0)
		return -errno;
	return listen(fd, listening->backlog) < 0 ? -errno : 0;
}

/* What must be so before there may be a socket at the path. */
static int prepare_path(const char *path, struct listener *listener)
{
	int r = make_directory(path);

	if (r < 0)
		return r;
	listener->lock_fd = take_lock(path);
	return listener->lock_fd < 0 ? listener->lock_fd : remove_old(path);
}

int listener_open(const struct server_address *address, int backlog, struct listener *ret)
{
	struct listening listening = {.address = address, .backlog = backlog};
	struct listener listener = LISTENER_NONE;
	int r = address->is_path ? prepare_path(address->path, &listener) : 0;

	if (r >= 0)
		r = listener.fd = server_address_socket(address, SOCK_NONBLOCK, listen_at, &listening);
	if (r >= 0 && address->is_path) {
		listener.path = strdup(address->path);
		r = listener.path ? 0 : -ENOMEM;
	}
	if (r < 0) {
		listener_close(&listener);
		return r;
	}
	*ret = listener;
	return 0;
}

void listener_close(struct listener *listener)
{
	if (listener->path)
		unlink(listener->path); /* ours: we hold the lock */
	util_closep(&listener->fd);
	util_closep(&listener->lock_fd);
	free(listener->path);
	*listener = (struct listener)LISTENER_NONE;
}

unsigned int listener_port(const struct listener *listener)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(listener->fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)&address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)&address)->sin6_port);
	return 0;
}
