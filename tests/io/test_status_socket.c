// SPDX-License-Identifier: Apache-2.0
#include "io/server/status_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"

static char folder[64], path[100];
static struct status_socket *server;

/* Says what it was asked; "long": as much as there may be. */
static char *echo(void *context, const char *request, size_t *ret_length)
{
	char *answer = malloc(STATUS_ANSWER_MAX);

	CHECK(context == folder);
	if (strcmp(request, "none") == 0) {
		free(answer);
		return NULL;
	}
	*ret_length = (size_t)snprintf(answer, STATUS_ANSWER_MAX, "<%s>\n", request);
	if (strcmp(request, "long") == 0) {
		memset(answer, 'x', STATUS_ANSWER_MAX - 1);
		*ret_length = STATUS_ANSWER_MAX - 1;
	}
	return answer;
}

static atomic_int accepts;
static atomic_bool is_out_of_fds;

/* In place of the C library's. */
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
	accepts++;
	if (!is_out_of_fds)
		return (int)syscall(SYS_accept4, fd, address, length, flags);
	errno = EMFILE;
	return -1;
}

static void begin(void)
{
	CHECK_EQ(status_socket_open(path, echo, folder, &server), 0);
}

static void end(void)
{
	server = status_socket_close(server);
}

static void check_answer(const char *request, const char *wanted)
{
	_cleanup_free_ char *answer = NULL;
	size_t length = 0;

	CHECK_EQ(status_socket_ask(path, request, &answer, &length), 0);
	if (answer)
		CHECK_BYTES(answer, length, wanted);
}

static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_answers(void)
{
	begin();
	check_answer("list", "<list>\n");
	check_answer("show a/b", "<show a/b>\n");
	check_answer("", "<>\n");
	end();
}

static void test_long_answer(void)
{
	_cleanup_free_ char *answer = NULL;
	size_t length = 0;

	begin();
	CHECK_EQ(status_socket_ask(path, "long", &answer, &length), 0);
	CHECK_EQ(length, STATUS_ANSWER_MAX - 1);
	end();
}

/* It says no answer by hanging up. */
static void test_no_answer(void)
{
	char *answer = NULL;
	size_t length;

	begin();
	CHECK_EQ(status_socket_ask(path, "none", &answer, &length), -ETIMEDOUT);
	CHECK(!answer);
	end();
}

static void test_permissions(void)
{
	struct stat status;

	begin();
	CHECK_EQ(stat(path, &status), 0);
	CHECK(S_ISSOCK(status.st_mode));
	CHECK_EQ(status.st_mode & 0777, 0600);
	end();
	CHECK_EQ(stat(path, &status), -1); /* nothing is left */
	CHECK_EQ(errno, ENOENT);
}

static void test_nobody_there(void)
{
	char *answer = NULL;
	size_t length;

	CHECK_EQ(status_socket_ask(path, "list", &answer, &length), -ENOENT);
	CHECK_EQ(status_socket_ask("", "list", &answer, &length), -ENAMETOOLONG);
}

static void test_second_agent(void)
{
	struct status_socket *second = NULL;

	begin();
	CHECK_EQ(status_socket_open(path, echo, folder, &second), -EADDRINUSE);
	CHECK(!second);
	check_answer("first", "<first>\n");
	end();
}

/* What a killed agent leaves is taken over. */
static void test_left_behind(void)
{
	pid_t child = fork();
	struct stat status;

	if (child == 0) {
		_exit(status_socket_open(path, echo, folder, &server) == 0 ? 0 : 1);
	}
	waitpid(child, NULL, 0);
	CHECK_EQ(stat(path, &status), 0);
	begin();
	check_answer("after", "<after>\n");
	end();
}

/* A file that is no socket is not ours to remove. */
static void test_other_file(void)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");
	struct status_socket *none = NULL;

	CHECK(file);
	CHECK_EQ(status_socket_open(path, echo, folder, &none), -EEXIST);
	CHECK_EQ(unlink(path), 0);
}

static void test_too_long_path(void)
{
	char longer[200];
	struct status_socket *none = NULL;

	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	CHECK_EQ(status_socket_open(longer, echo, folder, &none), -ENAMETOOLONG);
}

static void test_request_in_parts(void)
{
	char answer[16] = "";
	int fd;

	begin();
	fd = connect_raw();
	CHECK_EQ(send(fd, "li", 2, 0), 2);
	check_answer("meanwhile", "<meanwhile>\n");
	CHECK_EQ(send(fd, "st\n", 3, 0), 3);
	CHECK_EQ(recv(fd, answer, sizeof(answer), MSG_WAITALL), 7);
	CHECK_STR(answer, "<list>\n");
	close(fd);
	end();
}

/* A line without end is not read on. */
static void test_too_long_request(void)
{
	char line[STATUS_REQUEST_MAX + 10], byte;
	int fd;

	begin();
	fd = connect_raw();
	memset(line, 'x', sizeof(line));
	CHECK(send(fd, line, sizeof(line), MSG_NOSIGNAL) > 0);
	CHECK(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
	check_answer("next", "<next>\n");
	end();
}

/* Clients that say nothing hold the others up for two seconds at most. */
static void test_silent_clients(void)
{
	int fds[STATUS_CONNECTIONS_MAX];
	uint64_t begin_ns, taken_ms;
	char byte;

	begin();
	begin_ns = clock_monotonic_ns();
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++)
		fds[i] = connect_raw();
	check_answer("patience", "<patience>\n");
	taken_ms = (clock_monotonic_ns() - begin_ns) / CLOCK_NS_PER_MS;
	CHECK(taken_ms >= STATUS_TIMEOUT_MS - 100 && taken_ms < STATUS_TIMEOUT_MS + 5000);
	for (size_t i = 0; i < STATUS_CONNECTIONS_MAX; i++) {
		CHECK_EQ(recv(fds[i], &byte, 1, 0), 0);
		close(fds[i]);
	}
	end();
}

/* A client that does not read its answer does not keep the server from ending. */
static void test_deaf_client(void)
{
	int fd;

	begin();
	fd = connect_raw();
	CHECK_EQ(send(fd, "long\n", 5, 0), 5);
	check_answer("other", "<other>\n");
	end();
	close(fd);
}

/* Without a free fd the server waits a little, and does not try without pause. */
static void test_no_fd(void)
{
	char answer[8] = "";
	int fd;

	begin();
	accepts = 0;
	is_out_of_fds = true;
	fd = connect_raw();
	CHECK_EQ(send(fd, "list\n", 5, 0), 5);
	poll(NULL, 0, 300);
	CHECK(accepts >= 1 && accepts <= 5);
	is_out_of_fds = false;
	CHECK_EQ(recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL), 7);
	CHECK_STR(answer, "<list>\n");
	close(fd);
	end();
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/trigon-status-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/run/trigon.sock", folder);
	RUN(test_nobody_there);
	RUN(test_answers);
	RUN(test_long_answer);
	RUN(test_no_answer);
	RUN(test_permissions);
	RUN(test_second_agent);
	RUN(test_left_behind);
	RUN(test_other_file);
	RUN(test_too_long_path);
	RUN(test_request_in_parts);
	RUN(test_too_long_request);
	RUN(test_silent_clients);
	RUN(test_deaf_client);
	RUN(test_no_fd);
	snprintf(path, sizeof(path), "%s/run/trigon.sock.lock", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run", folder);
	rmdir(path);
	rmdir(folder);
	return test_end();
}
