// SPDX-License-Identifier: Apache-2.0
/* The client of a stream, and servers that are none, or do what no agent does. Each server has one client, in a thread.
 */
#include "io/server/stream_client.h"

#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../unit/test.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/util.h"

#define LIMIT_S 20
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, section 1.3 */

static char folder[64], path[100];

struct script {
	const char *answer; /* to the request; NULL: a good one, else nothing more is said */
	const char *bytes;  /* sent `times` times with and behind a good one */
	size_t length, times;
	bool is_open; /* then it waits until the client has hung up */
};

/* --- the server */

static uint32_t rotate(uint32_t value, unsigned int bits)
{
	return value << bits | value >> (32 - bits);
}

/* FIPS 180-4, of a text of two blocks. */
static void sha1(const char *text, size_t length, uint8_t ret[20])
{
	static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint8_t blocks[128] = {0};

	memcpy(blocks, text, length);
	blocks[length] = 0x80;
	blocks[126] = (uint8_t)(length * 8 >> 8);
	blocks[127] = (uint8_t)(length * 8);
	for (size_t at = 0; at < sizeof(blocks); at += 64) {
		uint32_t words[80], v[5];

		for (size_t i = 0; i < 80; i++)
			words[i] = i < 16 ? (uint32_t)blocks[at + 4 * i] << 24 |
						    (uint32_t)blocks[at + 4 * i + 1] << 16 |
						    (uint32_t)blocks[at + 4 * i + 2] << 8 | blocks[at + 4 * i + 3]
					  : rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
		memcpy(v, state, sizeof(v));
		for (size_t i = 0; i < 80; i++) {
			uint32_t f = i < 20              ? (v[1] & v[2]) | (~v[1] & v[3])
				     : i < 40 || i >= 60 ? v[1] ^ v[2] ^ v[3]
							 : (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
			uint32_t next = rotate(v[0], 5) + f + v[4] + constants[i / 20] + words[i];

			memmove(v + 1, v, 4 * sizeof(*v));
			v[0] = next;
			v[2] = rotate(v[2], 30);
		}
		for (size_t i = 0; i < 5; i++)
			state[i] += v[i];
	}
	for (size_t i = 0; i < 20; i++)
		ret[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static void send_text(int fd, const char *text)
{
	CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Takes the client up, and says the first thing with it, so that both may arrive at once. */
static void accept_upgrade(int fd, const char *request, const struct script *script)
{
	static const char name[] = "Sec-WebSocket-Key: ";
	const char *key = strcasestr(request, name);
	char text[128], answer_text[2048];
	struct buffer answer = {.data = answer_text, .capacity = sizeof(answer_text)};
	uint8_t digest[20];
	int length;

	CHECK(key);
	if (!key)
		return;
	key += strlen(name);
	length = snprintf(text, sizeof(text), "%.*s" GUID, (int)strcspn(key, "\r"), key);
	CHECK_EQ(length, 24 + strlen(GUID));
	sha1(text, (size_t)length, digest);
	buffer_append_literal(&answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				       "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
	base64_append(&answer, digest, sizeof(digest));
	buffer_append_literal(&answer, "\r\n\r\n");
	if (script->times)
		buffer_append(&answer, script->bytes, script->length);
	CHECK(!answer.is_full);
	CHECK_EQ(send(fd, answer.data, answer.length, MSG_NOSIGNAL), answer.length);
}

static void read_request(int fd, char *ret, size_t size)
{
	size_t at = 0;

	while (at < size - 1 && recv(fd, ret + at, 1, 0) == 1) {
		ret[++at] = '\0';
		if (at >= 4 && memcmp(ret + at - 4, "\r\n\r\n", 4) == 0)
			return;
	}
	CHECK(false);
}

struct server {
	const struct script *script;
	int listener;
	pthread_t thread;
};

static void *serve(void *context)
{
	const struct server *server = context;
	const struct script *script = server->script;
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	char text[4096];

	CHECK(fd >= 0);
	read_request(fd, text, sizeof(text));
	if (script->answer)
		send_text(fd, script->answer);
	else
		accept_upgrade(fd, text, script);
	for (size_t i = 1; i < script->times; i++)
		if (send(fd, script->bytes, script->length, MSG_NOSIGNAL) < 0)
			break; /* the client has seen enough */
	while (script->is_open && recv(fd, text, sizeof(text), 0) > 0)
		;
	close(fd);
	return NULL;
}

static void begin(struct server *server, const struct script *script)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	*server = (struct server){.script = script, .listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	CHECK_EQ(bind(server->listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(server->listener, 1), 0);
	CHECK_EQ(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void end(struct server *server)
{
	pthread_join(server->thread, NULL);
	close(server->listener);
	unlink(path);
}

/* --- the client */

static const struct stream_client_options options = {
	.address = path, .target = "/v1/events", .connect_s = 1, .silence_s = 1};

/* Whether a stream begins. */
static bool opens(const struct script *script)
{
	char error[STREAM_CLIENT_ERROR_MAX] = "";
	struct stream_client *stream = NULL;
	struct server server;
	int r;

	begin(&server, script);
	r = stream_client_open(&options, &stream, error);
	if (r < 0) {
		CHECK_EQ(r, -ECONNREFUSED);
		CHECK(*error);
		CHECK(!stream);
	}
	stream_client_close(stream);
	end(&server);
	return r == 0;
}

/* What the stream ends with; its lines are in `ret`, each with its newline, and with LIMIT_S it has not ended. */
static int read_stream(const struct script *script, char *ret, size_t size)
{
	uint64_t until_ns = clock_monotonic_ns() + LIMIT_S * CLOCK_NS_PER_SECOND;
	struct buffer lines = {.data = ret, .capacity = size - 1};
	char error[STREAM_CLIENT_ERROR_MAX];
	struct stream_client *stream = NULL;
	struct server server;
	struct line line;
	int r;

	begin(&server, script);
	r = stream_client_open(&options, &stream, error);
	CHECK_EQ(r, 0);
	while (r >= 0) {
		while (stream_client_take(stream, &line)) {
			buffer_append(&lines, line.data, line.length);
			buffer_append_byte(&lines, '\n');
		}
		r = stream_client_fill(stream);
		if (r == 0 || clock_monotonic_ns() > until_ns)
			break;
	}
	ret[lines.length] = '\0';
	stream_client_close(stream);
	end(&server);
	return r;
}

/* --- tests */

static void test_good_server(void)
{
	/* a message of two lines, one of half a line, a ping, the other half, and "going away" */
	static const char frames[] = "\x81\x04"
				     "a\nb\n"
				     "\x81\x01"
				     "c"
				     "\x89\x00"
				     "\x81\x02"
				     "d\n"
				     "\x88\x02\x03\xe9";
	const struct script script = {.bytes = frames, .length = sizeof(frames) - 1, .times = 1, .is_open = true};
	char lines[64];

	CHECK_EQ(read_stream(&script, lines, sizeof(lines)), 0);
	CHECK_STR(lines, "a\nb\ncd\n");
}

static void test_no_stream(void)
{
	static const char *const answers[] = {
		"nonsense\r\n\r\n",
		"\x81\x02"
		"a\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na\n",
		"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", /* of another key */
		"HTTP/1.1 101 Switching",
		"",
	};
	const struct script good = {.is_open = true};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct script script = {.answer = answers[i]};

		CHECK(!opens(&script));
	}
	CHECK(opens(&good));
}

/* One that takes the connection, and says nothing. */
static void test_no_answer(void)
{
	const struct script script = {.answer = "", .is_open = true};

	CHECK(!opens(&script));
}

static void test_silent_server(void)
{
	static const char frame[] = "\x81\x03"
				    "a\nb";
	const struct script script = {.bytes = frame, .length = sizeof(frame) - 1, .times = 1, .is_open = true};
	char lines[64];

	CHECK_EQ(read_stream(&script, lines, sizeof(lines)), -ETIMEDOUT);
	CHECK_STR(lines, "a\n");
}

/* In the middle of a frame's head, and of what it has: what came before is there, and no half of a line. */
static void test_torn_frames(void)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *lines;
	} cases[] = {
		{"\x81", 1, ""},
		{"\x81\x7e\x01", 3, ""},
		{"\x81\x7e\x01\x00"
		 "a\nb",
		 7, ""},
		{"\x81\x02"
		 "a\n"
		 "\x81\x05"
		 "b",
		 7, "a\n"},
	};
	char lines[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct script script = {.bytes = cases[i].bytes, .length = cases[i].length, .times = 1};

		CHECK_EQ(read_stream(&script, lines, sizeof(lines)), 0);
		CHECK_STR(lines, cases[i].lines);
	}
}

/* What is no WebSocket's ends the stream; what came before is there. */
static void test_garbage_frames(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
		{"\x81\x02"
		 "a\n"
		 "HTTP/1.1 500 Internal Server Error\r\n\r\n",
		 42},
		{"\x81\x02"
		 "a\n"
		 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		 16}, /* reserved bits, and no end of it */
		{"\x81\x02"
		 "a\n"
		 "\x83\x02"
		 "b\n",
		 8}, /* an opcode that there is not */
		{"\x81\x02"
		 "a\n"
		 "\x89\x7e\x01\x00",
		 8}, /* a ping that is too long */
	};
	char lines[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct script script = {
			.bytes = cases[i].bytes, .length = cases[i].length, .times = 1, .is_open = true};

		CHECK_EQ(read_stream(&script, lines, sizeof(lines)), 0);
		CHECK_STR(lines, "a\n");
	}
}

/* A line without end, in one message that has none either, and in many. */
static void test_too_long(void)
{
	static const char heads[][10] = {
		"\x81\x7f\0\0\0\0\xff\xff\xff\xff",
		"\x81\x7e\x03\xe8",
	};
	static char frame[1004];
	char lines[64];

	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		struct script script = {.bytes = frame, .length = sizeof(frame), .times = 1000};

		memset(frame, 'x', sizeof(frame));
		memcpy(frame, heads[i], i ? 4 : sizeof(heads[i]));
		CHECK_EQ(read_stream(&script, lines, sizeof(lines)), -EBADMSG);
		CHECK_STR(lines, "");
	}
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/trigon-client-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/server.sock", folder);
	RUN(test_good_server);
	RUN(test_no_stream);
	RUN(test_no_answer);
	RUN(test_silent_server);
	RUN(test_torn_frames);
	RUN(test_garbage_frames);
	RUN(test_too_long);
	rmdir(folder);
	return test_end();
}
