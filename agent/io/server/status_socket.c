// SPDX-License-Identifier: Apache-2.0
#include "io/server/status_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "base/util.h"

#define ACCEPT_AGAIN_MS 100  /* when a connection could not be accepted: it waits, and would wake us again at once */
#define ASK_TIMEOUT_MS 10000 /* an answer about thousands of hooks may take a second */

struct connection {
	int fd; /* -1: free */
	uint64_t deadline_ns;
	char request[STATUS_REQUEST_MAX + 1];
	size_t received;
	char *answer; /* owned; NULL while the request comes in */
	size_t length, sent;
};

struct status_socket {
	char *path; /* owned */
	int lock_fd, listen_fd, stop_fd;
	bool has_thread;
	status_answer answer;
	void *context;
	pthread_t thread;
	uint64_t accept_at_ns; /* not before */
	struct connection connections[STATUS_CONNECTIONS_MAX];
};

static int make_address(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!*path || strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, strlen(path));
	return 0;
}

static int socket_new(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* --- one connection */

static void hang_up(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	free(connection->answer);
	*connection = (struct connection){.fd = -1};
}

static void set_deadline(struct connection *connection)
{
	connection->deadline_ns = clock_monotonic_ns() + STATUS_TIMEOUT_MS * CLOCK_NS_PER_MS;
}

static void send_answer(struct connection *connection)
{
	ssize_t count = send(connection->fd, connection->answer + connection->sent,
			     connection->length - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count >= 0)
		connection->sent += (size_t)count;
	if (count < 0 || connection->sent == connection->length)
		hang_up(connection);
}

/* Reads on; at the end of the line the answer is made, and goes out as far as it can. */
static void read_request(struct status_socket *server, struct connection *connection)
{
	ssize_t count = recv(connection->fd, connection->request + connection->received,
			     STATUS_REQUEST_MAX - connection->received, MSG_DONTWAIT);
	char *end;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count > 0)
		connection->received += (size_t)count;
	connection->request[connection->received] = '\0';
	end = strpbrk(connection->request, "\r\n");
	if (!end) {
		if (count <= 0 || connection->received == STATUS_REQUEST_MAX)
			hang_up(connection);
		return;
	}
	*end = '\0';
	connection->answer = server->answer(server->context, connection->request, &connection->length);
	if (!connection->answer) {
		hang_up(connection);
		return;
	}
	set_deadline(connection);
	send_answer(connection);
}

static void accept_connection(struct status_socket *server)
{
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];

		if (connection->fd >= 0)
			continue;
		connection->fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (connection->fd >= 0)
			set_deadline(connection);
		else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			server->accept_at_ns = clock_monotonic_ns() + ACCEPT_AGAIN_MS * CLOCK_NS_PER_MS;
		return;
	}
}

/* --- the thread */

enum {
	POLLED_STOP,
	POLLED_LISTEN,
	POLLED_CONNECTIONS,
	POLLED_COUNT = POLLED_CONNECTIONS + STATUS_CONNECTIONS_MAX,
};

/* The sooner of two times, in ms; -1: never. */
static int sooner(int timeout_ms, uint64_t at_ns, uint64_t now_ns)
{
	int left_ms = (int)((at_ns - now_ns) / CLOCK_NS_PER_MS) + 1;

	return timeout_ms < 0 ? left_ms : MIN(timeout_ms, left_ms);
}

/* What to wait for; returns for how long, in ms, -1: until something comes. */
static int gather(struct status_socket *server, struct pollfd *polled)
{
	uint64_t now_ns = clock_monotonic_ns();
	int timeout_ms = -1;
	bool has_room = false;

	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];

		if (connection->fd >= 0 && connection->deadline_ns <= now_ns)
			hang_up(connection);
		polled[POLLED_CONNECTIONS + i] = (struct pollfd){
			.fd = connection->fd,
			.events = connection->answer ? POLLOUT : POLLIN,
		};
		if (connection->fd < 0)
			has_room = true;
		else
			timeout_ms = sooner(timeout_ms, connection->deadline_ns, now_ns);
	}
	if (has_room && now_ns < server->accept_at_ns) {
		has_room = false;
		timeout_ms = sooner(timeout_ms, server->accept_at_ns, now_ns);
	}
	polled[POLLED_STOP] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
	polled[POLLED_LISTEN] = (struct pollfd){.fd = has_room ? server->listen_fd : -1, .events = POLLIN};
	return timeout_ms;
}

static void serve(struct status_socket *server, const struct pollfd *polled)
{
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++) {
		struct connection *connection = &server->connections[i];

		if (!polled[POLLED_CONNECTIONS + i].revents || connection->fd < 0)
			continue;
		if (connection->answer)
			send_answer(connection);
		else
			read_request(server, connection);
	}
	if (polled[POLLED_LISTEN].revents)
		accept_connection(server);
}

static void *run(void *context)
{
	struct status_socket *server = context;
	struct pollfd polled[POLLED_COUNT];

	for (;;) {
		int timeout_ms = gather(server, polled);

		if (poll(polled, POLLED_COUNT, timeout_ms) < 0 && errno != EINTR)
			return NULL;
		if (polled[POLLED_STOP].revents)
			return NULL;
		serve(server, polled);
	}
}

/* --- making it */

static int make_directory(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return 0;
	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
	return mkdir(directory, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

/*
 * PATH.lock, held as long as the agent lives, however it ends: so a socket that a dead
 * agent left is told apart from a live one's, without asking it. The file stays.
 */
static int take_lock(struct status_socket *server)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s.lock", server->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	server->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (server->lock_fd < 0)
		return -errno;
	if (flock(server->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
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

/* Nobody can connect before listen(), when the permissions are right. */
static int listen_at(struct status_socket *server, const struct sockaddr_un *address)
{
	int fd = server->listen_fd = socket_new();
	int r = remove_old(server->path);

	if (r < 0)
		return r;
	if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    chmod(server->path, 0600) < 0 || listen(fd, STATUS_CONNECTIONS_MAX) < 0)
		return -errno;
	return 0;
}

static int open_socket(struct status_socket *server, const char *path)
{
	struct sockaddr_un address;
	int r = make_address(path, &address);

	if (r < 0)
		return r;
	server->path = strdup(path);
	server->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (!server->path)
		return -ENOMEM;
	if (server->stop_fd < 0)
		return -errno;
	r = make_directory(path);
	if (r >= 0)
		r = take_lock(server);
	if (r >= 0)
		r = listen_at(server, &address);
	if (r >= 0)
		r = thread_start(&server->thread, run, server);
	server->has_thread = r == 0;
	return r;
}

int status_socket_open(const char *path, status_answer answer, void *context, struct status_socket **ret)
{
	struct status_socket *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return -ENOMEM;
	server->lock_fd = server->listen_fd = server->stop_fd = -1;
	server->answer = answer;
	server->context = context;
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++)
		server->connections[i].fd = -1;
	r = open_socket(server, path);
	if (r < 0) {
		status_socket_close(server);
		return r;
	}
	*ret = server;
	return 0;
}

struct status_socket *status_socket_close(struct status_socket *server)
{
	const uint64_t one = 1;

	if (!server)
		return NULL;
	if (server->has_thread && write(server->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(server->thread, NULL);
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++)
		hang_up(&server->connections[i]);
	if (server->has_thread)
		unlink(server->path); /* ours: we hold the lock */
	util_closep(&server->listen_fd);
	util_closep(&server->stop_fd);
	util_closep(&server->lock_fd);
	free(server->path);
	free(server);
	return NULL;
}

/* --- the other side */

static int set_timeouts(int fd)
{
	const struct timeval limit = {.tv_sec = ASK_TIMEOUT_MS / 1000};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	return 0;
}

static int send_request(int fd, const char *request)
{
	char line[STATUS_REQUEST_MAX + 2];
	int length = snprintf(line, sizeof(line), "%s\n", request);

	if (length >= (int)sizeof(line))
		return -EINVAL;
	return send(fd, line, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -EIO;
}

static int receive_answer(int fd, char *answer, size_t *ret_length)
{
	size_t length = 0;

	for (;;) {
		ssize_t count = recv(fd, answer + length, STATUS_ANSWER_MAX - length, 0);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		length += (size_t)count;
		if (length == STATUS_ANSWER_MAX)
			return -EMSGSIZE;
		if (count == 0)
			break;
	}
	answer[length] = '\0';
	*ret_length = length;
	return length ? 0 : -ETIMEDOUT; /* it hung up: too many at once, or too slow */
}

int status_socket_ask(const char *path, const char *request, char **ret, size_t *ret_length)
{
	_cleanup_close_ int fd = socket_new();
	_cleanup_free_ char *answer = malloc(STATUS_ANSWER_MAX + 1);
	struct sockaddr_un address;
	int r = make_address(path, &address);

	if (r < 0)
		return r;
	if (fd < 0)
		return -errno;
	if (!answer)
		return -ENOMEM;
	r = set_timeouts(fd);
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	r = send_request(fd, request);
	if (r >= 0)
		r = receive_answer(fd, answer, ret_length);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(answer);
	return 0;
}
