// SPDX-License-Identifier: Apache-2.0
/* The stream of events from the hub to WebSockets, with clients good and bad. The main thread is the event loop. */
#include "cmd/event_stream.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"
#include "core/encode/event_json.h"
#include "io/server/http_client.h"
#include "websocket_client.h"

#define LIMIT_S 20

static char folder[64], path[100];
static const struct event_json_options json = {.node_name = "n1"};
static struct event_hub *hub;
static struct event_stream_options options;
static struct http_stream stream;
static struct http_server *server;
static struct event_hub_changes changes;

static void wake_loop(void *context)
{
	CHECK(context == folder);
}

static unsigned int answer_fine(void *context, const char *below, struct buffer *body)
{
	(void)context;
	(void)below;
	buffer_append_literal(body, "fine\n");
	return 200;
}

static const struct http_route routes[] = {{.path = "/fine", .type = "text/plain", .answer = answer_fine}};
static const struct http_routes served = {routes, ARRAY_SIZE(routes), NULL};

/* 0: as long as it is. */
static uint16_t ping_s, hangup_s;

static void begin_with(bool is_for_browsers)
{
	const struct event_hub_options hub_options = {
		.node_name = "n1", .now_ns = clock_monotonic_ns, .wake_loop = wake_loop, .context = folder};
	const struct http_server_options server_options = {
		.path = path,
		.name = "--test",
		.routes = &served,
		.count = 1,
		.stream = &stream,
		.is_for_browsers = is_for_browsers,
		.stream_ping_s = ping_s,
		.stream_hangup_s = hangup_s,
	};
	char error[HTTP_ERROR_MAX];

	hub = event_hub_new(&hub_options);
	options = (struct event_stream_options){.hub = hub, .json = &json};
	stream = event_stream(&options);
	CHECK(hub);
	CHECK_EQ(http_server_open(&server_options, &server, error), 0);
}

static void begin(void)
{
	begin_with(false);
}

static void poll_hub(void)
{
	const struct event_hub_facts facts = {.session = "0123456789abcdef", .lines = 7};

	event_hub_poll(hub, &facts, &changes);
}

static void end(void)
{
	const struct event_hub_facts facts = {0};

	event_hub_end(hub, &facts);
	server = http_server_close(server);
	hub = event_hub_free(hub);
}

static size_t count_readers(void)
{
	struct event_hub_stats stats;

	poll_hub();
	event_hub_read_stats(hub, &stats);
	return stats.count;
}

/* As the event loop does, when it is woken. */
static void wait_for_readers(size_t count)
{
	uint64_t until_ns = clock_monotonic_ns() + LIMIT_S * CLOCK_NS_PER_SECOND;
	size_t found;

	while ((found = count_readers()) != count && clock_monotonic_ns() < until_ns)
		poll(NULL, 0, 5);
	CHECK_EQ(found, count);
}

/* Behind pings, if there are any. */
static void check_frame(int fd, unsigned int kind, const char *beginning)
{
	struct websocket_frame frame = {0};

	CHECK_EQ(websocket_receive(fd, &frame), 0);
	while (frame.kind == WEBSOCKET_PING) {
		free(frame.data);
		frame = (struct websocket_frame){0};
		if (websocket_receive(fd, &frame) < 0)
			break;
	}
	CHECK_EQ(frame.kind, kind);
	CHECK(frame.data && strncmp(frame.data, beginning, strlen(beginning)) == 0);
	free(frame.data);
}

/* A client whose stream has begun. */
static int begin_client(const char *target, size_t readers)
{
	int fd = websocket_connect(path);

	CHECK_EQ(websocket_upgrade(fd, target, "Host: localhost\r\n"), 101);
	wait_for_readers(readers);
	check_frame(fd, WEBSOCKET_TEXT, "{\"stream\":{\"reader\":\"");
	return fd;
}

static void put(const char *text)
{
	event_hub_put(hub, UINT32_MAX, text, strlen(text));
}

/* Until the server hangs up: the last status that it said, 0: none. */
static unsigned int read_close(int fd)
{
	struct websocket_frame frame;
	unsigned int status = 0;

	while (websocket_receive(fd, &frame) == 0) {
		if (frame.kind == WEBSOCKET_CLOSE && frame.length >= 2)
			status = (unsigned int)((uint8_t)frame.data[0] << 8 | (uint8_t)frame.data[1]);
		free(frame.data);
	}
	return status;
}

static void test_events(void)
{
	int first, second;

	begin();
	first = begin_client("/v1/events", 1);
	second = begin_client("/v1/events", 2);
	put("a\n");
	put("b\n");
	event_hub_flush(hub);
	check_frame(first, WEBSOCKET_TEXT, "a\nb\n");
	check_frame(second, WEBSOCKET_TEXT, "a\nb\n");
	put("c\n");
	event_hub_flush(hub);
	check_frame(second, WEBSOCKET_TEXT, "c\n");
	close(first);
	wait_for_readers(1);
	close(second);
	wait_for_readers(0);
	end();
}

static void *end_in_thread(void *context)
{
	(void)context;
	server = http_server_close(server);
	return NULL;
}

/* What there is at the end is sent, and then why it ends. */
static void test_ends(void)
{
	const struct event_hub_facts facts = {0};
	pthread_t thread;
	int fd;

	begin();
	fd = begin_client("/v1/events", 1);
	put("last\n");
	event_hub_end(hub, &facts);
	pthread_create(&thread, NULL, end_in_thread, NULL);
	check_frame(
		fd, WEBSOCKET_TEXT,
		"last\n{\"stream\":{\"reader\":\"1\",\"sent\":\"1\",\"lost\":\"0\",\"filtered\":\"0\",\"ended\":true}");
	CHECK_EQ(read_close(fd), 1001);
	close(fd);
	pthread_join(thread, NULL);
	end();
}

/* The same with all that may wait: for the reader, and in the socket. */
static void test_ends_late(void)
{
	const struct event_hub_facts facts = {0};
	struct event_hub_stats stats;
	uint64_t lines = 0;
	char line[1000];
	unsigned int status = 0;
	struct websocket_frame frame;
	pthread_t thread;
	int fd;

	begin();
	fd = begin_client("/v1/events", 1);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	do {
		event_hub_put(hub, 2, line, sizeof(line));
		event_hub_flush(hub);
		event_hub_read_stats(hub, &stats);
	} while (stats.readers[0].lost == 0);
	event_hub_end(hub, &facts);
	pthread_create(&thread, NULL, end_in_thread, NULL);
	while (!status && websocket_receive(fd, &frame) == 0) {
		for (size_t i = 0; frame.kind == WEBSOCKET_TEXT && i < frame.length; i++)
			lines += frame.data[i] == '\n';
		if (frame.kind == WEBSOCKET_CLOSE)
			status = (unsigned int)((uint8_t)frame.data[0] << 8 | (uint8_t)frame.data[1]);
		free(frame.data);
	}
	CHECK_EQ(status, 1001);
	CHECK_EQ(lines, stats.readers[0].sent + 1);
	close(fd);
	pthread_join(thread, NULL);
	end();
}

/* Messages are whole lines, however much waits. */
static void test_messages(void)
{
	char line[EVENT_JSON_LINE_MAX];
	size_t received = 0;
	int fd;

	begin();
	fd = begin_client("/v1/events", 1);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (size_t i = 1; i <= 20; i++)
		event_hub_put(hub, 2, line + sizeof(line) * i / 21, sizeof(line) - sizeof(line) * i / 21);
	event_hub_flush(hub);
	for (size_t lines = 0; lines < 20;) {
		struct websocket_frame frame;

		if (websocket_receive(fd, &frame) < 0)
			break;
		CHECK_EQ(frame.kind, WEBSOCKET_TEXT);
		CHECK(frame.length <= HTTP_STREAM_MESSAGE_MAX && frame.data[frame.length - 1] == '\n');
		for (size_t i = 0; i < frame.length; i++)
			lines += frame.data[i] == '\n';
		received += frame.length;
		free(frame.data);
	}
	CHECK_EQ(received, 20 * sizeof(line) - sizeof(line) * 10 + 10);
	close(fd);
	end();
}

/* A reader that does not read loses, knows it, and holds up neither the loop nor another reader. */
static void test_stopped_reader(void)
{
	static const char line[] = "{\"process_exec\":{\"process\":{\"binary\":\"/bin/true\"}}}\n";
	struct event_hub_stats stats;
	struct websocket_frame frame;
	uint64_t sent = 0;
	int stopped, good;
	bool is_told = false;

	begin();
	stopped = begin_client("/v1/events", 1);
	good = begin_client("/v1/events", 2);
	do {
		put(line);
		event_hub_flush(hub);
		sent++;
		check_frame(good, WEBSOCKET_TEXT, line);
		event_hub_read_stats(hub, &stats);
	} while (stats.readers[0].lost == 0 && sent < 200000);
	CHECK(stats.readers[0].lost > 0);
	CHECK_EQ(stats.readers[1].lost, 0);
	CHECK_EQ(stats.readers[1].sent, sent);
	event_hub_tick(hub, 1, 1);
	while (!is_told && websocket_receive(stopped, &frame) == 0) { /* it goes on */
		is_told = strstr(frame.data, "\"lost\":\"1\"");
		free(frame.data);
		event_hub_tick(hub, 1, 1);
	}
	CHECK(is_told);
	close(stopped);
	close(good);
	end();
}

static void check_refused(const char *target, const char *headers, int status, const char *text)
{
	int fd = websocket_connect(path);
	char body[4096] = "";

	CHECK_EQ(websocket_upgrade(fd, target, headers), status);
	CHECK(recv(fd, body, sizeof(body) - 1, 0) > 0);
	CHECK(strstr(body, "{\"error\":\"") && strstr(body, text));
	if (!strstr(body, text))
		fprintf(stderr, "%s: %s\n", target, body);
	close(fd);
}

#define HOST "Host: localhost\r\n"

#define CEL "%22has(process_exec.process)%22"
#define CEL_4 CEL "," CEL "," CEL "," CEL

static void test_wrong_queries(void)
{
	char longer[4096] = "/v1/events?";
	size_t length = strlen(longer);

	begin();
	check_refused("/v1/events?other=x", HOST, 400, "\\\"other=x\\\" is unknown");
	check_refused("/v1/events?fields=%7B%22fields%22:%22process.no%22%7D", HOST, 400, "process.no");
	check_refused("/v1/events?existing=1", HOST, 400, "existing: \\\"1\\\" is not valid; it is true or false");
	check_refused("/v1/events?allow", HOST, 400, "\\\"allow\\\" is unknown");
	check_refused("/v1/events?allow=%7B%22pid_set%22:%5B1%5D%7D", HOST, 400, "has no pid_set");
	check_refused("/v1/events?deny=%7B%22nonsense%22:1%7D", HOST, 400, "nonsense");
	check_refused("/v1/events?allow=%7B%22binary_regex%22:%5B%22(%22%5D%7D", HOST, 400, "binary_regex");
	check_refused("/v1/events?allow=%7B", HOST, 400, "} is missing");
	check_refused("/v1/events?allow=%7B%22cel_expression%22:%5B%22process_exec.no%22%5D%7D", HOST, 400,
		      "cel_expression[0]: column 14 of the expression: process_exec has no field no");
	check_refused("/v1/events?deny=%7B%22cel_expression%22:%5B" CEL_4 "," CEL_4 "," CEL "%5D%7D", HOST, 400,
		      "more expressions than there may be");
	check_refused(
		"/v1/events?deny=%7B%22capabilities%22:%7B%22effective%22:%7B%22any%22:%5B%22CAP_BPF%22%5D%7D%7D%7D",
		HOST, 400, "--enable-process-cred");
	for (size_t i = 0; i <= HTTP_ARGUMENTS_MAX; i++)
		length += (size_t)snprintf(longer + length, sizeof(longer) - length, "allow=&");
	check_refused(longer, HOST, 400, "too many arguments");
	check_refused("/v1/nothing", HOST, 404, "no such WebSocket");
	CHECK_EQ(count_readers(), 0);
	end();
}

static void test_filters(void)
{
	struct process process = {.pid = 1};
	struct event event = {.process = &process};
	struct destinations destinations = {0};
	int fd;

	begin();
	/* {"pid":[1]} and {"pid":[2]} */
	fd = begin_client("/v1/events?allow=%7B%22pid%22:%5B1%5D%7D&allow=%7b%22pid%22%3a%5b2%5d%7d", 1);
	CHECK_EQ(changes.added_all, 0);
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 2);
	process.pid = 2;
	destinations.to = 0;
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 2);
	process.pid = 3;
	destinations.to = 0;
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 0);
	close(fd);
	end();
}

static void test_existing(void)
{
	int fds[3];

	begin();
	fds[0] = begin_client("/v1/events?existing=true", 1);
	CHECK_EQ(changes.existing, 2);
	CHECK_EQ(changes.added_all, 0); /* what is held may be of one of them */
	fds[1] = begin_client("/v1/events?existing=true&existing=false", 2);
	CHECK_EQ(changes.existing, 0);
	CHECK_EQ(changes.added_all, 4);
	fds[2] = begin_client("/v1/events?existing=true&allow=%7B%22pid%22:%5B1%5D%7D", 3);
	CHECK_EQ(changes.existing, 8);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	wait_for_readers(0);
	end();
}

/* Whether the one reader wants an exec of this binary. */
static bool is_wanted(const char *binary, size_t argument_bytes)
{
	static char arguments[20000];
	struct image image = {.binary = {binary, strlen(binary)}, .arguments = {arguments, argument_bytes}};
	struct process process = {.pid = 1, .image = &image};
	struct event event = {.type = EVENT_PROCESS_EXEC, .process = &process};
	struct destinations destinations = {0};
	struct event_pods pods = {0};

	memset(arguments, 'a', sizeof(arguments));
	event_pods_begin(&pods, &event);
	event_hub_decide(hub, &event, &pods, &destinations);
	event_pods_end(&pods);
	return destinations.to & 2;
}

static void check_stats(uint64_t lost, uint64_t filtered)
{
	struct event_hub_stats stats;

	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.readers[0].lost, lost);
	CHECK_EQ(stats.readers[0].filtered, filtered);
}

static void test_expressions(void)
{
	int fd;

	begin();
	/* as many as there may be */
	fd = begin_client("/v1/events?allow=%7B%22cel_expression%22:%5B%22process_exec.process.binary=='/bin/a'%22,%22"
			  "process_exec.process.binary.endsWith('/b')%22," CEL_4 "," CEL "%5D,%22pid%22:%5B1%5D%7D"
			  "&deny=%7B%22cel_expression%22:%5B%22process_exec.process.binary.matches('^/no')%22%5D%7D",
			  1);
	CHECK(is_wanted("/bin/a", 0));
	CHECK(is_wanted("/usr/bin/b", 0));
	CHECK(!is_wanted("/no/b", 0));
	check_stats(0, 1);
	close(fd);
	end();
}

/* What might hold up the event loop is not even begun, but lost for who asks for it. */
static void test_costly_expressions(void)
{
	int fd, i;

	begin();
	fd = begin_client("/v1/events?allow=%7B%22cel_expression%22:%5B%22process_exec.process.arguments.matches("
			  "'%5Bab%5D*a%5Bab%5D%7B900%7D(c%7C%5Bab%5D%7B900%7Dc)')%22%5D%7D"
			  "&allow=%7B%22arguments_regex%22:%5B%22%5Bab%5D*a%5Bab%5D%7B900%7D(c%7C%5Bab%5D%7B900%7Dc)%22"
			  "%5D%7D",
			  1);
	CHECK(!is_wanted("/bin/a", 5));
	check_stats(0, 1);
	for (i = 0; i < 100; i++)
		CHECK(!is_wanted("/bin/a", 20000));
	check_stats(100, 1);
	event_hub_tick(hub, 1, 1);
	check_frame(fd, WEBSOCKET_TEXT,
		    "{\"stream\":{\"reader\":\"1\",\"sent\":\"0\",\"lost\":\"100\",\"filtered\":\"1\"}");
	close(fd);
	end();
}

/* Of one reader; the records of its stream, and another reader's events, are whole. */
static void test_fields(void)
{
	int fd, other;

	begin();
	/* {"fields":"process.pid","action":"EXCLUDE"} */
	fd = begin_client("/v1/events?fields=%7B%22fields%22:%22process.pid%22,%22action%22:%22EXCLUDE%22%7D", 1);
	other = begin_client("/v1/events", 2);
	put("{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2}}}\n");
	put("{\"process_exit\":{\"process\":{\"pid\":3},\"status\":4}}\n");
	event_hub_flush(hub);
	check_frame(fd, WEBSOCKET_TEXT,
		    "{\"process_exec\":{\"process\":{\"uid\":2}}}\n{\"process_exit\":{\"process\":{},\"status\":4}}\n");
	check_frame(other, WEBSOCKET_TEXT, "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2}}}\n{");
	close(fd);
	close(other);
	end();
}

/* The results of a reader's expressions are not noted in the image, where those of the log's are. */
static void test_regexes(void)
{
	struct image image = {.binary = {"/bin/true", 9}};
	struct process process = {.pid = 1, .image = &image};
	struct event event = {.process = &process};
	struct destinations destinations = {0};
	int fd;

	begin();
	fd = begin_client("/v1/events?allow=%7B%22binary_regex%22:%5B%22true%22%5D%7D", 1);
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 2);
	CHECK_EQ(image.tested, 0);
	CHECK_EQ(image.test_results, 0);
	close(fd);
	end();
}

static void test_too_many_readers(void)
{
	int fds[EVENT_HUB_READERS_MAX];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = begin_client("/v1/events", i + 1);
	check_refused("/v1/events", HOST, 503, "there are 8 readers");
	close(fds[0]);
	wait_for_readers(ARRAY_SIZE(fds) - 1);
	fds[0] = begin_client("/v1/events", ARRAY_SIZE(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	wait_for_readers(0);
	end();
}

/* --- clients that do what none should */

static void check_alive(void)
{
	struct http_client_answer answer = {0};

	CHECK_EQ(http_client_get(path, "/fine", &answer), 0);
	CHECK_EQ(answer.status, 200);
	http_client_answer_done(&answer);
}

static void send_raw(int fd, const char *text)
{
	CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void test_broken_handshakes(void)
{
	static const char *const requests[] = {
		/* without a key; of another version; of another protocol; broken off */
		"GET /v1/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n",
		"GET /v1/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 99\r\n\r\n",
		"GET /v1/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Protocol: chess\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n",
		"GET /v1/events HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgr",
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		int fd = websocket_connect(path);

		send_raw(fd, requests[i]);
		close(fd);
		check_alive();
	}
	wait_for_readers(0);
	end();
}

/* A client has nothing to say. What it says too much of ends it, and nobody else. */
static void test_talkative_client(void)
{
	char text[100];
	int good, fd;

	begin();
	good = begin_client("/v1/events", 1);
	fd = begin_client("/v1/events", 2);
	memset(text, 'x', sizeof(text));
	CHECK_EQ(websocket_send(fd, WEBSOCKET_TEXT, text, 5), 0); /* not that much */
	CHECK_EQ(websocket_send(fd, WEBSOCKET_PING, "hello", 5), 0);
	check_frame(fd, WEBSOCKET_PONG, "hello");
	CHECK_EQ(websocket_send(fd, WEBSOCKET_TEXT, text, sizeof(text)), 0);
	CHECK_EQ(read_close(fd), 1008);
	close(fd);
	wait_for_readers(1);
	put("a\n");
	event_hub_flush(hub);
	check_frame(good, WEBSOCKET_TEXT, "a\n");
	close(good);
	end();
}

/* One that does not even answer a ping is hung up on; one that does stays. */
static void test_silent_client(void)
{
	struct pollfd polled[2] = {{.events = POLLIN}, {.events = POLLIN}};
	struct websocket_frame frame;
	unsigned int pings = 0;
	bool is_over = false;

	ping_s = 1;
	hangup_s = 2;
	begin();
	ping_s = hangup_s = 0;
	polled[0].fd = begin_client("/v1/events", 1); /* the silent one */
	polled[1].fd = begin_client("/v1/events", 2);
	while (!is_over && poll(polled, 2, LIMIT_S * 1000) > 0) {
		if (polled[1].revents && websocket_receive(polled[1].fd, &frame) == 0) {
			CHECK_EQ(frame.kind, WEBSOCKET_PING);
			CHECK_EQ(websocket_send(polled[1].fd, WEBSOCKET_PONG, frame.data, frame.length), 0);
			free(frame.data);
		}
		if (!polled[0].revents)
			continue;
		is_over = websocket_receive(polled[0].fd, &frame) < 0;
		if (is_over)
			break;
		pings += frame.kind == WEBSOCKET_PING;
		free(frame.data);
	}
	CHECK(is_over);
	CHECK_EQ(pings, 1);
	wait_for_readers(1);
	put("a\n");
	event_hub_flush(hub);
	check_frame(polled[1].fd, WEBSOCKET_TEXT, "a\n");
	close(polled[0].fd);
	close(polled[1].fd);
	end();
}

static void test_garbage_frames(void)
{
	static const struct {
		const char *bytes;
		size_t length;
	} frames[] = {
		{"\x81\x05hello", 7},                                     /* not masked */
		{"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12}, /* reserved bits, and no end of it */
		{"\x83\x80\0\0\0\0", 6},                                  /* an opcode that there is not */
		{"\x89\xfe\x01\x00\0\0\0\0", 8},                          /* a ping that is too long */
		{"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "xxxxxxxxxxxxxxxxxxxxxxxx",
		 91},
	};
	int good;

	begin();
	good = begin_client("/v1/events", 1);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
		int fd = begin_client("/v1/events", 2);

		CHECK_EQ(send(fd, frames[i].bytes, frames[i].length, MSG_NOSIGNAL), (ssize_t)frames[i].length);
		shutdown(fd, SHUT_WR); /* some could have been the beginning of something */
		read_close(fd);
		close(fd);
		wait_for_readers(1);
	}
	put("a\n");
	event_hub_flush(hub);
	check_frame(good, WEBSOCKET_TEXT, "a\n");
	close(good);
	end();
}

/* In the middle of a message that is far longer than the socket's buffer. */
static void test_disconnect(void)
{
	char line[EVENT_JSON_LINE_MAX];
	int fd;

	begin();
	fd = begin_client("/v1/events", 1);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (size_t i = 0; i < 30; i++)
		event_hub_put(hub, 2, line, sizeof(line));
	event_hub_flush(hub);
	CHECK_EQ(recv(fd, line, 1000, MSG_WAITALL), 1000);
	close(fd);
	wait_for_readers(0);
	check_alive();
	end();
}

/* --- browsers */

static void test_origins(void)
{
	int fd;

	begin_with(true);
	check_refused("/v1/events", "Host: evil.example\r\n", 403, "by an IP address");
	check_refused("/v1/events", "Host: localhost:1\r\nOrigin: http://evil.example\r\n", 403, "another origin");
	check_refused("/v1/events", "Host: localhost:1\r\nOrigin: null\r\n", 403, "another origin");
	CHECK_EQ(count_readers(), 0);
	fd = websocket_connect(path);
	CHECK_EQ(websocket_upgrade(fd, "/v1/events", "Host: localhost:1\r\nOrigin: http://localhost:1\r\n"), 101);
	wait_for_readers(1);
	close(fd);
	wait_for_readers(0);
	end();
	/* also where the socket is forwarded to a port */
	begin();
	check_refused("/v1/events", "Host: localhost:1\r\nOrigin: http://evil.example\r\n", 403, "another origin");
	end();
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/trigon-stream-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/trigon.sock", folder);
	RUN(test_events);
	RUN(test_ends);
	RUN(test_ends_late);
	RUN(test_messages);
	RUN(test_stopped_reader);
	RUN(test_wrong_queries);
	RUN(test_filters);
	RUN(test_existing);
	RUN(test_expressions);
	RUN(test_costly_expressions);
	RUN(test_fields);
	RUN(test_regexes);
	RUN(test_too_many_readers);
	RUN(test_broken_handshakes);
	RUN(test_talkative_client);
	RUN(test_silent_client);
	RUN(test_garbage_frames);
	RUN(test_disconnect);
	RUN(test_origins);
	snprintf(path, sizeof(path), "%s/trigon.sock.lock", folder);
	unlink(path);
	rmdir(folder);
	return test_end();
}
