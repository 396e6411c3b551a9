// SPDX-License-Identifier: Apache-2.0
#include "io/kube/client.h"

#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <zlib.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "tls_server.h"

#define LIMIT_NS (30 * CLOCK_NS_PER_SECOND) /* for what takes milliseconds, or the second of an idle time-out */

struct reply {
	bool is_over;
	int status;
	unsigned int retry_after_s;
	bool has_error;
	char body[64];
};

static struct tls_server server;
static struct kube_client *client;

static int take_data(void *context, const char *bytes, size_t length)
{
	struct reply *reply = context;
	size_t at = strlen(reply->body);

	snprintf(reply->body + at, sizeof(reply->body) - at, "%.*s", (int)length, bytes);
	return 0;
}

static void end_call(void *context, const struct kube_result *result)
{
	struct reply *reply = context;

	reply->is_over = true;
	reply->status = result->status;
	reply->retry_after_s = result->retry_after_s;
	reply->has_error = result->error;
}

static void call(struct reply *reply, unsigned int idle_timeout_s)
{
	const struct kube_request request = {.method = "GET",
					     .path = "/x",
					     .idle_timeout_s = idle_timeout_s,
					     .context = reply,
					     .data = take_data,
					     .done = end_call};
	struct kube_transport transport = kube_client_transport(client);
	struct kube_call *ignored;

	*reply = (struct reply){0};
	CHECK_EQ(transport.start(transport.context, &request, &ignored), 0);
}

static bool ends(const struct reply *reply)
{
	uint64_t end_ns = clock_monotonic_ns() + LIMIT_NS;

	while (!reply->is_over && clock_monotonic_ns() < end_ns)
		kube_client_run(client, 100);
	return reply->is_over;
}

static void open_client(const char *url, const char *token_file)
{
	struct kube_config config = {.server = strdup(url), .ca.data = strdup(server.ca)};
	char error[KUBE_CONFIG_ERROR_MAX];

	config.token.path = token_file ? strdup(token_file) : NULL;
	CHECK_EQ(kube_client_new(&config, &client, error), 0);
}

static void open_both(bool is_http2, const char *token_file)
{
	server = (struct tls_server){.is_http2 = is_http2};
	CHECK_EQ(tls_server_open(&server), 0);
	open_client(server.url, token_file);
}

static void close_both(void)
{
	client = kube_client_free(client);
	tls_server_close(&server);
}

static void answer_with(const char *answer)
{
	server.answer = answer;
	server.answer_length = strlen(answer);
}

static void test_retry_after(void)
{
	static const struct {
		const char *answer;
		unsigned int retry_after_s;
	} cases[] = {
		{"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0},
		{"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 7},
		{"HTTP/1.1 429 Too Many\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		 KUBE_CLIENT_RETRY_AFTER_MAX_S},
	};
	struct reply reply;

	open_both(false, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		answer_with(cases[i].answer);
		call(&reply, 0);
		CHECK(ends(&reply));
		CHECK_EQ(reply.status, 429);
		CHECK_EQ(reply.retry_after_s, cases[i].retry_after_s);
	}
	close_both();
}

/* The answer's length, whose body is `text` in gzip's format. */
static size_t make_gzip_answer(const char *text, unsigned char *answer, size_t size)
{
	z_stream zip = {.next_in = (unsigned char *)strdupa(text), .avail_in = (uInt)strlen(text)};
	size_t head = (size_t)snprintf((char *)answer, size,
				       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");

	zip.next_out = answer + head;
	zip.avail_out = (uInt)(size - head);
	CHECK_EQ(deflateInit2(&zip, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	CHECK_EQ(deflate(&zip, Z_FINISH), Z_STREAM_END);
	deflateEnd(&zip);
	return head + zip.total_out;
}

static void test_gzip(void)
{
	unsigned char answer[512];
	struct reply reply;

	open_both(false, NULL);
	server.answer = (const char *)answer;
	server.answer_length = make_gzip_answer("{\"items\":[]}", answer, sizeof(answer));
	call(&reply, 0);
	CHECK(ends(&reply));
	CHECK(strcasestr(server.request, "\r\naccept-encoding: gzip\r\n"));
	CHECK_EQ(reply.status, 200);
	CHECK_STR(reply.body, "{\"items\":[]}");
	close_both();
}

static void write_token(const char *path, const char *token)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(token, file) >= 0 && fclose(file) == 0);
}

/* Status 401: what the file holds now may be good. */
static void test_token(void)
{
	char path[] = "/tmp/trigon-kube-client.XXXXXX";
	struct reply reply;

	close(mkstemp(path));
	write_token(path, "first\n");
	open_both(false, path);
	answer_with("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	for (int i = 0; i < 2; i++) {
		call(&reply, 0);
		CHECK(ends(&reply));
		CHECK_EQ(reply.status, 401);
		CHECK(strstr(server.request,
			     i ? "\r\nAuthorization: Bearer second\r\n" : "\r\nAuthorization: Bearer first\r\n"));
		write_token(path, "second\n");
	}
	unlink(path);
	close_both();
}

/* One error for a file that is not there, however many calls go without a token. */
static void test_missing_token(void)
{
	FILE *log = tmpfile();
	int standard_error = dup(STDERR_FILENO);
	char said[512] = "";
	struct reply reply;

	open_both(false, "/nonexistent/token");
	answer_with("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	dup2(fileno(log), STDERR_FILENO);
	for (int i = 0; i < 2; i++) {
		call(&reply, 0);
		CHECK(ends(&reply));
	}
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	CHECK(!strstr(server.request, "Authorization"));
	rewind(log);
	CHECK(fgets(said, sizeof(said), log));
	CHECK(strstr(said, "cannot read a token for the API server from /nonexistent/token: No such file or directory; "
			   "requests go without until it is there"));
	CHECK(!fgets(said, sizeof(said), log));
	fclose(log);
	close_both();
}

/* A call that fails before there is anything to wait for. */
static void test_immediate_failure(void)
{
	struct reply reply;
	uint64_t began_ns;

	open_client("https://255.255.255.255", NULL);
	call(&reply, 0);
	began_ns = clock_monotonic_ns();
	kube_client_run(client, 2 * LIMIT_NS / CLOCK_NS_PER_MS);
	CHECK(reply.is_over);
	CHECK(clock_monotonic_ns() - began_ns < LIMIT_NS);
	client = kube_client_free(client);
}

/* Of the client's end of the server's first connection, in ms. */
static unsigned int read_user_timeout(void)
{
	struct sockaddr_in peer, own;
	socklen_t length = sizeof(peer);

	CHECK_EQ(getpeername(server.fds[0], (struct sockaddr *)&peer, &length), 0);
	for (int fd = 0; fd < 256; fd++) {
		unsigned int timeout_ms;

		length = sizeof(own);
		if (getsockname(fd, (struct sockaddr *)&own, &length) < 0 || own.sin_port != peer.sin_port)
			continue;
		length = sizeof(timeout_ms);
		CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &length), 0);
		return timeout_ms;
	}
	return 0;
}

/*
 * A connection that is open and says nothing more: with the first call that is idle for too long it is given up, for
 * all; the next call has one of its own.
 */
static void test_dead_connection(void)
{
	struct reply stream, reply;

	open_both(true, NULL);
	call(&reply, 0);
	CHECK(ends(&reply));
	CHECK_EQ(reply.status, 200);
	CHECK_EQ(read_user_timeout(), 30000);
	atomic_store(&server.silent, 1);
	call(&stream, 2 * LIMIT_NS / CLOCK_NS_PER_SECOND);
	call(&reply, 1);
	CHECK(ends(&reply));
	CHECK(reply.has_error);
	CHECK_EQ(server.streams, 3);
	CHECK_EQ(server.connections, 1);
	CHECK(ends(&stream));
	CHECK(stream.has_error);
	call(&reply, 0);
	CHECK(ends(&reply));
	CHECK_EQ(reply.status, 200);
	CHECK_EQ(server.connections, 2);
	close_both();
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	RUN(test_retry_after);
	RUN(test_gzip);
	RUN(test_token);
	RUN(test_missing_token);
	RUN(test_immediate_failure);
	RUN(test_dead_connection);
	return test_end();
}
