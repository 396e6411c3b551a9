// SPDX-License-Identifier: Apache-2.0
#include "io/server/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"

/* libwebsockets 4.1 forgets a few bytes when it cannot listen; the agent ends then. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libwebsockets.so";
}

static struct http_server *server;
static int asked;

static unsigned int answer_fine(void *context, struct buffer *body)
{
	++*(int *)context;
	buffer_append_literal(body, "fine\n");
	return 200;
}

static unsigned int answer_bad(void *context, struct buffer *body)
{
	(void)context;
	buffer_append_literal(body, "bad\n");
	return 503;
}

static unsigned int answer_long(void *context, struct buffer *body)
{
	(void)context;
	while (buffer_room(body) > 0)
		buffer_append_byte(body, 'x');
	return 200;
}

static unsigned int answer_too_long(void *context, struct buffer *body)
{
	answer_long(context, body);
	buffer_append_byte(body, 'x');
	return 200;
}

static const struct http_route routes[] = {
	{"/fine", "text/plain", answer_fine},
	{"/bad", "text/plain", answer_bad},
	{"/long", "text/plain; version=0.0.4", answer_long},
	{"/too-long", "text/plain", answer_too_long},
};

static int open_at(const char *address, char *ret_error)
{
	const struct http_server_options options = {address, routes, ARRAY_SIZE(routes), &asked};

	return http_server_open(&options, &server, ret_error);
}

static void begin(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_at("127.0.0.1:0", error), 0);
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

static char *get(const char *path)
{
	char request[256];

	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
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
	check_answer(get("/fin"), "HTTP/1.1 404 ", "not found; there are:\n/fine\n/bad\n/long\n/too-long\n");
	check_answer(get("/fine/../bad/x"), "HTTP/1.1 404 ", "not found; there are:\n/fine\n/bad\n/long\n/too-long\n");
	end();
}

static void test_head(void)
{
	begin();
	check_answer(ask("HEAD /fine HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "HTTP/1.1 200 ", "");
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
	CHECK_EQ(open_at(address, error), -EADDRNOTAVAIL);
	CHECK(strstr(error, "cannot listen on 127.0.0.1:"));
	CHECK_EQ(open_at("192.0.2.1:0", error), -EADDRNOTAVAIL);
	http_server_close(first);
}

static void test_all_addresses(void)
{
	char error[HTTP_ERROR_MAX];

	CHECK_EQ(open_at(":0", error), 0);
	check_answer(get("/fine"), "HTTP/1.1 200 ", "fine\n");
	end();
}

int main(void)
{
	RUN(test_answers);
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
	return test_end();
}
