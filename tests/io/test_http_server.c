// SPDX-License-Identifier: Apache-2.0
#include "io/server/http_server.h"

#include <arpa/inet.h>
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
#include "io/server/http_client.h"

static struct http_server *server;
static int asked;

static char folder[64], path[100];

static unsigned int answer_fine(void *context, const char *below, struct buffer *body)
{
	++*(int *)context;
	CHECK_STR(below, "");
	buffer_append_literal(body, "fine\n");
	return 200;
}

static unsigned int answer_bad(void *context, const char *below, struct buffer *body)
{
	(void)context;
	(void)below;
	buffer_append_literal(body, "bad\n");
	return 503;
}

static unsigned int answer_long(void *context, const char *below, struct buffer *body)
{
	(void)context;
	(void)below;
	while (buffer_room(body) > 0)
		buffer_append_byte(body, 'x');
	return 200;
}

static unsigned int answer_too_long(void *context, const char *below, struct buffer *body)
{
	answer_long(context, below, body);
	buffer_append_byte(body, 'x');
	return 200;
}

static unsigned int answer_below(void *context, const char *below, struct buffer *body)
{
	(void)context;
	buffer_append_cstring(body, below);
	return 200;
}

static const struct http_route routes[] = {
	{.path = "/fine", .type = "text/plain", .answer = answer_fine},
	{.path = "/bad", .type = "text/plain", .answer = answer_bad},
	{.path = "/long", .type = "text/plain; version=0.0.4", .answer = answer_long},
	{.path = "/too-long", .type = "text/plain", .answer = answer_too_long},
};

static const char page[] = "<p>";
static const struct http_header page_headers[] = {{"content-security-policy:", "default-src 'none'"}, {NULL, NULL}};
static const struct http_route more_routes[] = {
	{.path = "/v1/things/", .has_below = true, .type = "application/json", .answer = answer_below},
	{.path = "/", .type = "text/html", .bytes = page, .length = 3, .headers = page_headers},
};

static const struct http_routes all_routes[] = {
	{routes, ARRAY_SIZE(routes), &asked},
	{more_routes, ARRAY_SIZE(more_routes), NULL},
};

#define NOT_FOUND "not found; there are:\n/fine\n/bad\n/long\n/too-long\n/v1/things/\n/\n"

static int open_with(struct http_server_options options, char *ret_error)
{
	options.name = "--test";
	options.routes = all_routes;
	options.count = ARRAY_SIZE(all_routes);
	return http_server_open(&options, &server, ret_error);
}

static int open_at(const char *address, char *ret_error)
{
	return open_with((struct http_server_options){.address = address}, ret_error);
}

static void begin(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_at("127.0.0.1:0", error), 0);
	CHECK_STR(error, "");
}

static void begin_path(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_with((struct http_server_options){.path = path}, error), 0);
	CHECK_STR(error, "");
}

static void end(void)
{
	server = http_server_close(server);
}

static int connect_to(unsigned int port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	const struct timeval limit = {.tv_sec = 2 * HTTP_TIMEOUT_S + 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	CHECK_EQ(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Everything until the server hangs up, which the caller frees. */
static char *receive_all(int fd)
{
	size_t size = HTTP_BODY_MAX + 4096, length = 0;
	char *text = calloc(1, size);
	ssize_t count;

	while ((count = recv(fd, text + length, size - 1 - length, 0)) > 0)
		length += (size_t)count;
	CHECK_EQ(count, 0);
	return text;
}

static char *ask(const char *request)
{
	_cleanup_close_ int fd = connect_to(http_server_port(server));

	CHECK_EQ(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
	return receive_all(fd);
}

static char *get(const char *target)
{
	char request[256];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);
	return ask(request);
}

static void check_answer(char *answer, const char *status, const char *body)
{
	const char *found = strstr(answer, "\r\n\r\n");

	CHECK(strncmp(answer, status, strlen(status)) == 0);
	CHECK_STR(found ? found + 4 : answer, body);
	free(answer);
}

static void test_answers(void)
{
	begin();
	asked = 0;
	check_answer(get("/fine"), "HTTP/1.1 200 ", "fine\n");
	check_answer(get("/fine?verbose"), "HTTP/1.1 200 ", "fine\n");
	CHECK_EQ(asked, 2);
	check_answer(get("/bad"), "HTTP/1.1 503 ", "bad\n");
	check_answer(get("/fin"), "HTTP/1.1 404 ", NOT_FOUND);
	check_answer(get("/fine/../bad/x"), "HTTP/1.1 404 ", NOT_FOUND);
	check_answer(get("/v1/things/a%2fb"), "HTTP/1.1 200 ", "a/b");
	check_answer(get("/v1/things"), "HTTP/1.1 404 ", "{\"error\":\"not found\"}\n");
	end();
}

static void test_bytes(void)
{
	char *answer;

	begin();
	answer = get("/");
	CHECK(strstr(answer, "\r\ncontent-security-policy: default-src 'none'\r\n"));
	CHECK(strstr(answer, "\r\ncontent-type: text/html\r\n"));
	check_answer(answer, "HTTP/1.1 200 ", page);
	end();
}

static void test_head(void)
{
	begin();
	check_answer(ask("HEAD /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 ", "");
	check_answer(ask("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 ", "");
	end();
}

static void test_other_method(void)
{
	begin();
	asked = 0;
	check_answer(ask("POST /fine HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"), "HTTP/1.1 405 ",
		     "only GET and HEAD\n");
	CHECK_EQ(asked, 0);
	end();
}

static void test_keep_alive(void)
{
	static const char request[] = "GET /fine HTTP/1.1\r\nHost: x\r\n\r\n";
	_cleanup_close_ int fd = -1;
	char answer[1024];

	begin();
	fd = connect_to(http_server_port(server));
	for (int i = 0; i < 3; i++) {
		size_t length = 0;

		CHECK_EQ(send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(request) - 1);
		do {
			ssize_t count = recv(fd, answer + length, sizeof(answer) - 1 - length, 0);

			CHECK(count > 0);
			length += count > 0 ? (size_t)count : sizeof(answer) - 1 - length;
			answer[length] = '\0';
		} while (!strstr(answer, "fine\n") && length < sizeof(answer) - 1);
		CHECK(strstr(answer, "fine\n"));
	}
	end();
}

static void test_long_answer(void)
{
	char *answer;

	begin();
	answer = get("/long");
	CHECK(strstr(answer, "text/plain; version=0.0.4"));
	CHECK_EQ(strspn(strstr(answer, "\r\n\r\n") + 4, "x"), HTTP_BODY_MAX);
	free(answer);
	check_answer(get("/too-long"), "HTTP/1.1 500 ", "the answer would be too long\n");
	end();
}

static void test_no_websocket(void)
{
	char *answer;

	begin();
	answer = ask("GET /fine HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
	CHECK(!strstr(answer, " 101 "));
	free(answer);
	end();
}

static void test_garbage(void)
{
	begin();
	free(ask("\x16\x03\x01\x02\n\n\r\n\r\n"));
	check_answer(get("/fine"), "HTTP/1.1 200 ", "fine\n");
	end();
}

/* More than there is room for, all silent: their time runs out, then others are served. */
static void test_silent_clients(void)
{
	int fds[HTTP_CONNECTIONS_MAX + 8];
	uint64_t start_ns;

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = connect_to(http_server_port(server));
	start_ns = clock_monotonic_ns();
	check_answer(get("/fine"), "HTTP/1.1 200 ", "fine\n");
	CHECK(clock_monotonic_ns() - start_ns < (2 * HTTP_TIMEOUT_S + 4) * CLOCK_NS_PER_SECOND);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end();
}

/* Clients that say nothing do not keep the server from ending. */
static void test_closing(void)
{
	_cleanup_close_ int fd = -1;
	uint64_t start_ns;

	begin();
	fd = connect_to(http_server_port(server));
	start_ns = clock_monotonic_ns();
	end();
	CHECK(clock_monotonic_ns() - start_ns < CLOCK_NS_PER_SECOND);
}

static void test_wrong_addresses(void)
{
	static const char *const addresses[] = {
		"", ":", "6789", "localhost:", ":x", ":65536", ":-1", ":1x", "::1:6789", "[::1:6789",
	};
	char error[HTTP_ERROR_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		CHECK_EQ(open_at(addresses[i], error), -EINVAL);
		CHECK(strstr(error, "write HOST:PORT"));
	}
}

static void test_taken_address(void)
{
	char address[32], error[HTTP_ERROR_MAX];
	struct http_server *first;

	begin();
	first = server;
	snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(first));
	CHECK_EQ(open_at(address, error), -EADDRINUSE);
	CHECK(strstr(error, "another program answers on 127.0.0.1:"));
	CHECK_EQ(open_at("192.0.2.1:0", error), -EADDRNOTAVAIL);
	CHECK(strstr(error, "cannot listen on 192.0.2.1:0: "));
	http_server_close(first);
}

static void test_all_addresses(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_at(":0", error), 0);
	check_answer(get("/fine"), "HTTP/1.1 200 ", "fine\n");
	end();
}

/* --- what browsers send */

static void check_host(const char *host, const char *status)
{
	char request[256];
	char *answer;

	snprintf(request, sizeof(request), "GET /fine HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
	answer = ask(request);
	CHECK(strncmp(answer, status, strlen(status)) == 0);
	free(answer);
}

static void test_hosts(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_with((struct http_server_options){.address = "127.0.0.1:0", .is_for_browsers = true}, error), 0);
	check_host("localhost:6790", "HTTP/1.1 200 ");
	check_host("127.0.0.1", "HTTP/1.1 200 ");
	check_host("[::1]:80", "HTTP/1.1 200 ");
	asked = 0;
	check_host("evil.example:6790", "HTTP/1.1 403 ");
	check_answer(ask("GET /fine HTTP/1.0\r\n\r\n"), "HTTP/1.0 403 ",
		     "ask for this by an IP address or as localhost: any other name could be that of a page elsewhere, "
		     "which had a browser ask\n");
	CHECK_EQ(asked, 0);
	end();
}

/* --- a unix socket */

static void check_get(const char *target, unsigned int status, const char *body)
{
	struct http_client_answer answer = {0};

	CHECK_EQ(http_client_get(path, target, &answer), 0);
	CHECK_EQ(answer.status, status);
	CHECK_STR(answer.body ? answer.body : "", body);
	http_client_answer_done(&answer);
}

static int connect_path(void)
{
	const struct timeval limit = {.tv_sec = 2 * HTTP_TIMEOUT_S + 5};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_path(void)
{
	struct http_client_answer answer = {0};
	struct stat status;

	begin_path();
	CHECK_EQ(stat(path, &status), 0);
	CHECK(S_ISSOCK(status.st_mode));
	CHECK_EQ(status.st_mode & 0777, 0600);
	check_get("/fine", 200, "fine\n");
	check_get("/bad", 503, "bad\n");
	CHECK_EQ(http_client_get(path, "/long", &answer), 0);
	CHECK_EQ(answer.length, HTTP_BODY_MAX);
	http_client_answer_done(&answer);
	end();
	CHECK_EQ(stat(path, &status), -1); /* nothing is left */
	CHECK_EQ(errno, ENOENT);
}

static void test_nobody_asks(void)
{
	begin_path();
	end();
}

static void test_nobody_there(void)
{
	struct http_client_answer answer;

	CHECK_EQ(http_client_get(path, "/fine", &answer), -ENOENT);
	CHECK_EQ(http_client_get("", "/fine", &answer), -ENAMETOOLONG);
	CHECK_EQ(http_client_get("localhost:x", "/fine", &answer), -EINVAL);
	CHECK_EQ(http_client_get("127.0.0.1:1", "/fine", &answer), -ECONNREFUSED);
}

static void test_second_agent(void)
{
	struct http_server *first;
	char error[HTTP_ERROR_MAX];

	begin_path();
	first = server;
	CHECK_EQ(open_with((struct http_server_options){.path = path}, error), -EADDRINUSE);
	CHECK(strstr(error, "another agent answers on /tmp/"));
	CHECK(server == first);
	check_get("/fine", 200, "fine\n");
	end();
}

/* What a killed agent leaves is taken over. */
static void test_left_behind(void)
{
	pid_t child = fork();
	struct stat status;
	char error[HTTP_ERROR_MAX];

	if (child == 0)
		_exit(open_with((struct http_server_options){.path = path}, error) == 0 ? 0 : 1);
	waitpid(child, NULL, 0);
	CHECK_EQ(stat(path, &status), 0);
	begin_path();
	check_get("/fine", 200, "fine\n");
	end();
}

/* A file that is no socket is not ours to remove. */
static void test_other_file(void)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");
	char error[HTTP_ERROR_MAX];

	CHECK(file);
	CHECK_EQ(open_with((struct http_server_options){.path = path}, error), -EEXIST);
	CHECK_EQ(unlink(path), 0);
}

static void test_too_long_path(void)
{
	char longer[200], error[HTTP_ERROR_MAX];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	CHECK_EQ(open_with((struct http_server_options){.path = longer}, error), -ENAMETOOLONG);
	CHECK(strstr(error, "at most 107 bytes"));
}

/* All connections taken by clients that do not read what they asked for; when they have gone, others are served. */
static void test_deaf_clients(void)
{
	static const char request[] = "GET /long HTTP/1.1\r\nHost: x\r\n\r\n";
	int fds[HTTP_CONNECTIONS_MAX];

	begin_path();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = connect_path();
		CHECK(send(fds[i], request, strlen(request), MSG_NOSIGNAL) > 0);
	}
	check_get("/fine", 200, "fine\n");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	end();
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

/* Without a free fd the server waits a little, and does not try without pause. */
static void test_no_fd(void)
{
	static const char request[] = "GET /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	_cleanup_close_ int fd = -1;
	uint64_t start_ns;

	begin_path();
	accepts = 0;
	is_out_of_fds = true;
	fd = connect_path();
	CHECK(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
	start_ns = clock_monotonic_ns();
	while (accepts < 4 && clock_monotonic_ns() - start_ns < 20 * CLOCK_NS_PER_SECOND)
		poll(NULL, 0, 10);
	CHECK(accepts >= 4); /* it tries again, with three pauses of a tenth of a second between */
	CHECK(clock_monotonic_ns() - start_ns >= 200 * CLOCK_NS_PER_MS);
	is_out_of_fds = false;
	check_answer(receive_all(fd), "HTTP/1.1 200 ", "fine\n");
	end();
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/trigon-http-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/run/trigon.sock", folder);
	RUN(test_nobody_there);
	RUN(test_path);
	RUN(test_nobody_asks);
	RUN(test_second_agent);
	RUN(test_left_behind);
	RUN(test_other_file);
	RUN(test_too_long_path);
	RUN(test_deaf_clients);
	RUN(test_no_fd);
	RUN(test_hosts);
	RUN(test_answers);
	RUN(test_bytes);
	RUN(test_head);
	RUN(test_other_method);
	RUN(test_keep_alive);
	RUN(test_long_answer);
	RUN(test_no_websocket);
	RUN(test_garbage);
	RUN(test_silent_clients);
	RUN(test_closing);
	RUN(test_wrong_addresses);
	RUN(test_taken_address);
	RUN(test_all_addresses);
	snprintf(path, sizeof(path), "%s/run/trigon.sock.lock", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/run", folder);
	rmdir(path);
	rmdir(folder);
	return test_end();
}
