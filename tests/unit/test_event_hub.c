// SPDX-License-Identifier: Apache-2.0
#include "core/stream/event_hub.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/encode/stream_json.h"
#include "test.h"

#define SECOND 1000000000ULL

static struct event_hub *hub;
static int loop_wakes, wakes;
static struct event_hub_changes changes;
static struct event_hub_facts facts;

static void wake_loop(void *context)
{
	CHECK(context == &loop_wakes);
	loop_wakes++;
}

static void wake(void *context)
{
	CHECK(context == &wakes);
	wakes++;
}

static uint64_t clock_ns, clock_step_ns; /* between two looks at the clock */

static uint64_t now_ns(void)
{
	return clock_ns += clock_step_ns;
}

static void begin(void)
{
	const struct event_hub_options options = {
		.node_name = "n1", .now_ns = now_ns, .wake_loop = wake_loop, .context = &loop_wakes};

	hub = event_hub_new(&options);
	facts = (struct event_hub_facts){.session = "0123456789abcdef", .lines = 7};
	loop_wakes = wakes = 0;
	clock_step_ns = 0;
	if (!hub)
		abort();
}

static void end(void)
{
	hub = event_hub_free(hub);
}

static void poll_hub(void)
{
	event_hub_poll(hub, &facts, &changes);
}

static struct event_reader *join(void)
{
	const struct event_reader_options options = {.wake = wake, .context = &wakes};
	struct event_reader *reader = NULL;

	CHECK_EQ(event_hub_join(hub, &options, &reader), 0);
	return reader;
}

static void check_read(struct event_reader *reader, const char *wanted)
{
	static char text[65536];
	size_t length = event_reader_read(reader, text, sizeof(text));

	CHECK_BYTES(text, length, wanted);
}

#define RECORD(reader, log, sent, lost, filtered, more) \
	"{\"stream\":{\"reader\":\"" reader "\"," log "\"sent\":\"" sent "\",\"lost\":\"" lost \
	"\",\"filtered\":\"" filtered "\"" more "},\"node_name\":\"n1\",\"time\":\"1970-01-01T00:00:00Z\"}\n"
#define LOG "\"session\":\"0123456789abcdef\",\"lines\":\"7\","

static void put(uint32_t to, const char *text)
{
	event_hub_put(hub, to, text, strlen(text));
}

static void test_stream(void)
{
	struct event_reader *reader;

	begin();
	CHECK(!event_hub_is_asked(hub));
	reader = join();
	CHECK_EQ(loop_wakes, 1);
	CHECK(event_hub_is_asked(hub));
	CHECK(!event_hub_has_readers(hub));
	check_read(reader, "");
	poll_hub();
	CHECK(!event_hub_is_asked(hub));
	CHECK_EQ(changes.added, 2);
	CHECK_EQ(changes.added_all, 2);
	CHECK_EQ(changes.left, 0);
	CHECK(event_hub_has_readers(hub));
	CHECK_EQ(wakes, 1);
	check_read(reader, RECORD("1", LOG, "0", "0", "0", ""));
	put(3, "a\n");
	put(1, "log\n");
	put(2, "b\n");
	put(4, "nobody\n");
	CHECK_EQ(wakes, 1); /* a batch is not over yet */
	event_hub_flush(hub);
	event_hub_flush(hub);
	CHECK_EQ(wakes, 2);
	check_read(reader, "a\nb\n");
	check_read(reader, "");
	CHECK(!event_reader_is_over(reader));
	end();
}

/* Records without news come every ten seconds. */
static void test_records(void)
{
	struct event_reader *reader;

	begin();
	facts.now_ns = SECOND;
	facts.session = NULL;
	reader = join();
	poll_hub();
	check_read(reader, RECORD("1", "", "0", "0", "0", ""));
	put(2, "a\n");
	event_hub_tick(hub, 10 * SECOND, 0);
	check_read(reader, "a\n");
	event_hub_tick(hub, 11 * SECOND, 0);
	CHECK_EQ(wakes, 2);
	check_read(reader, RECORD("1", "", "1", "0", "0", ""));
	event_hub_tick(hub, 12 * SECOND, 0);
	check_read(reader, "");
	end();
}

static size_t read_all(struct event_reader *reader)
{
	static char text[65536];
	size_t total = 0, length;

	while ((length = event_reader_read(reader, text, sizeof(text))) > 0) {
		CHECK(text[length - 1] == '\n');
		total += length;
	}
	return total;
}

/* What has no room is lost, and told within a second; there is room for records, whatever comes. */
static void test_loss(void)
{
	char line[1000];
	struct event_reader *slow, *fast;
	struct event_hub_stats stats;
	char record[STREAM_JSON_MAX];

	begin();
	slow = join();
	fast = join();
	poll_hub();
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	for (size_t i = 0; i < EVENT_HUB_RING_BYTES / sizeof(line); i++) {
		event_hub_put(hub, 6, line, sizeof(line));
		read_all(fast);
	}
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.count, 2);
	CHECK(stats.readers[0].lost > 0 && stats.readers[0].lost < 10);
	CHECK_EQ(stats.readers[0].sent + stats.readers[0].lost, EVENT_HUB_RING_BYTES / sizeof(line));
	CHECK_EQ(stats.readers[1].lost, 0);
	CHECK(wakes >= 2 + 3 + 3); /* before the batch was over */
	event_hub_tick(hub, SECOND, 0);
	event_hub_tick(hub, 2 * SECOND, 0);
	CHECK_EQ(read_all(fast), 0);
	for (size_t left = stats.readers[0].sent + 1; left > 0; left--) { /* the first record, and the events */
		size_t length = event_reader_read(slow, record, sizeof(record));

		CHECK(length > 0 && record[length - 1] == '\n');
	}
	snprintf(line, sizeof(line), RECORD("1", "", "%llu", "%llu", "0", ""),
		 (unsigned long long)stats.readers[0].sent, (unsigned long long)stats.readers[0].lost);
	check_read(slow, line);
	end();
}

/* The loop goes on without a pause, whatever the other side does meanwhile. */
static void *read_in_thread(void *context)
{
	struct event_reader *reader = context;
	char *text = malloc(65536);
	uint64_t seen = 0;

	while (!event_reader_is_over(reader)) {
		size_t length = event_reader_read(reader, text, 65536), at = 0;

		while (at < length) {
			const char *newline = memchr(text + at, '\n', length - at);

			if (text[at] != '{') { /* a number, then as many bytes */
				uint64_t number = strtoull(text + at, NULL, 10);

				CHECK(number >= seen);
				CHECK_EQ(newline - (text + at), 20 + (ptrdiff_t)(number % 3000));
				seen = number + 1;
			}
			at = (size_t)(newline - text) + 1;
		}
	}
	free(text);
	return NULL;
}

static void test_threads(void)
{
	struct event_reader *reader;
	char line[4096];
	pthread_t thread;

	begin();
	reader = join();
	poll_hub();
	CHECK_EQ(pthread_create(&thread, NULL, read_in_thread, reader), 0);
	for (uint64_t i = 0; i < 20000; i++) {
		int length = snprintf(line, sizeof(line), "%020llu", (unsigned long long)i);

		memset(line + length, 'x', i % 3000);
		line[length + (int)(i % 3000)] = '\n';
		event_hub_put(hub, 2, line, (size_t)length + i % 3000 + 1);
	}
	event_hub_end(hub, &facts);
	pthread_join(thread, NULL);
	end();
}

static void test_leave(void)
{
	struct event_reader *first, *second;
	struct event_hub_stats stats;

	begin();
	first = join();
	second = join();
	poll_hub();
	put(2, "a\n");
	put(6, "b\n");
	event_reader_leave(first);
	put(2, "c\n"); /* the loop does not know yet */
	CHECK(event_hub_is_asked(hub));
	poll_hub();
	CHECK_EQ(changes.left, 2);
	CHECK_EQ(changes.added, 0);
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.count, 1);
	CHECK_EQ(stats.readers[0].reader, 2);
	CHECK_EQ(stats.gone.reader, 1);
	CHECK_EQ(stats.gone.sent, 3);
	/* its place has another number */
	first = join();
	poll_hub();
	check_read(first, RECORD("3", LOG, "0", "0", "0", ""));
	check_read(second, RECORD("2", LOG, "0", "0", "0", "") "b\n");
	/* one that leaves before the loop has seen it was none */
	event_reader_leave(join());
	poll_hub();
	CHECK_EQ(changes.added, 0);
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.gone.reader, 1);
	end();
}

static void test_too_many(void)
{
	const struct event_reader_options options = {.wake = wake, .context = &wakes};
	struct event_reader *readers[EVENT_HUB_READERS_MAX], *none = NULL;

	begin();
	for (size_t i = 0; i < EVENT_HUB_READERS_MAX; i++)
		readers[i] = join();
	CHECK_EQ(event_hub_join(hub, &options, &none), -EBUSY);
	poll_hub();
	event_reader_leave(readers[3]);
	CHECK_EQ(event_hub_join(hub, &options, &none), -EBUSY);
	poll_hub();
	CHECK(join() == readers[3]);
	end();
}

static void test_last_record(void)
{
	const struct event_reader_options options = {.wake = wake, .context = &wakes};
	struct event_reader *reader, *late, *none = NULL;

	begin();
	reader = join();
	poll_hub();
	put(2, "a\n");
	late = join();
	facts.lines = 7;
	event_hub_end(hub, &facts);
	CHECK_EQ(event_hub_join(hub, &options, &none), -ESHUTDOWN);
	CHECK(!event_reader_is_over(reader));
	check_read(reader, RECORD("1", LOG, "0", "0", "0", "") "a\n" RECORD("1", "", "1", "0", "0", ",\"ended\":true"));
	CHECK(event_reader_is_over(reader));
	check_read(late, RECORD("2", LOG, "0", "0", "0", "") RECORD("2", "", "0", "0", "0", ",\"ended\":true"));
	end();
}

/* --- filters */

/* Lets process 1 pass, and nothing else. */
static struct event_filters only_pid_1(void)
{
	struct event_filter *filter = calloc(1, sizeof(*filter));

	filter->members = 1u << FILTER_PID;
	filter->pids.items = calloc(1, sizeof(*filter->pids.items));
	filter->pids.items[0] = 1;
	filter->pids.count = 1;
	return (struct event_filters){.allow = {.items = filter, .count = 1}};
}

static void test_filters(void)
{
	struct event_reader_options options = {.filters = only_pid_1(), .wake = wake, .context = &wakes};
	struct process process = {.pid = 1};
	struct event event = {.process = &process};
	struct destinations destinations = {.to = 1};
	struct event_reader *filtered = NULL;

	begin();
	facts.waiting = 4;
	join();
	CHECK_EQ(event_hub_join(hub, &options, &filtered), 0);
	poll_hub();
	CHECK_EQ(changes.added, 6);
	CHECK_EQ(changes.added_all, 2);
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 7);
	CHECK_EQ(destinations.pending, 0);
	process.pid = 2;
	destinations.to = 0;
	event_hub_decide(hub, &event, NULL, &destinations);
	CHECK_EQ(destinations.to, 2);
	event_hub_tick(hub, EVENT_HUB_RECORD_NS, 0);
	check_read(filtered,
		   RECORD("2", LOG "\"waiting\":\"4\",", "0", "0", "0", "") RECORD("2", "", "0", "0", "1", ""));
	end();
}

/* They are no events, and have no more than half of the ring. */
static void test_existing(void)
{
	const struct event_reader_options options = {.with_existing = true, .wake = wake, .context = &wakes};
	struct event_reader *reader = NULL;
	struct event_hub_stats stats;
	char line[1000];

	begin();
	facts.waiting = 4;
	CHECK_EQ(event_hub_join(hub, &options, &reader), 0);
	poll_hub();
	CHECK_EQ(changes.existing, 2);
	CHECK_EQ(changes.added_all, 0);
	check_read(reader, RECORD("1", LOG "\"waiting\":\"4\",", "0", "0", "0",
				  ",\"existing\":{\"sent\":\"0\",\"left_out\":\"0\"}"));
	CHECK(event_hub_has_room(hub, 1));
	event_hub_put_existing(hub, 1, "a\n", 2);
	put(2, "b\n");
	event_hub_leave_out_existing(hub, 1);
	event_hub_end_existing(hub, 1, &facts);
	check_read(reader, "a\nb\n" RECORD("1", "", "1", "0", "0",
					   ",\"existing\":{\"sent\":\"1\",\"left_out\":\"1\",\"complete\":true}"));
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\n';
	while (event_hub_has_room(hub, 1))
		event_hub_put(hub, 2, line, sizeof(line));
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.readers[0].lost, 0);
	CHECK(stats.readers[0].sent * sizeof(line) < EVENT_HUB_RING_BYTES / 2);
	end();
}

/* How many of `count` events go to the second reader, which has filters; the first has none. */
static size_t count_passed(size_t count)
{
	struct process process = {.pid = 1};
	struct event event = {.process = &process};
	size_t passed = 0;

	for (size_t i = 0; i < count; i++) {
		struct destinations destinations = {0};

		event_hub_decide(hub, &event, NULL, &destinations);
		CHECK(destinations.to & 2);
		passed += (destinations.to & 4) != 0;
	}
	return passed;
}

/* Each of two readers has half of the time, until the next tick; what comes then is lost for this one alone. */
static void test_slow_filters(void)
{
	struct event_reader_options options = {.filters = only_pid_1(), .wake = wake, .context = &wakes};
	struct event_hub_stats stats;
	struct event_reader *slow = NULL;

	begin();
	join();
	CHECK_EQ(event_hub_join(hub, &options, &slow), 0);
	poll_hub();
	clock_step_ns = EVENT_HUB_FILTER_NS / 8;
	CHECK_EQ(count_passed(10), 4);
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.readers[0].lost, 0);
	CHECK_EQ(stats.readers[1].lost, 6);
	CHECK_EQ(stats.readers[1].filtered, 0);
	event_hub_tick(hub, SECOND, 0);
	check_read(slow, RECORD("2", LOG, "0", "0", "0", "") RECORD("2", "", "0", "6", "0", ""));
	CHECK_EQ(count_passed(10), 4);
	end();
}

/* A verdict that is pending costs, too. */
static void test_slow_settling(void)
{
	struct event_reader_options options = {.filters = only_pid_1(), .wake = wake, .context = &wakes};
	const struct filter_pending pending = {.is_allowed = true};
	const struct filter_found found = {0};
	struct event_hub_stats stats;
	struct event_reader *slow = NULL;

	begin();
	CHECK_EQ(event_hub_join(hub, &options, &slow), 0);
	poll_hub();
	clock_step_ns = EVENT_HUB_FILTER_NS / 2;
	CHECK(event_hub_settle(hub, 1, &pending, &found));
	CHECK(event_hub_settle(hub, 1, &pending, &found));
	CHECK(!event_hub_settle(hub, 1, &pending, &found));
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.readers[0].lost, 1);
	CHECK_EQ(stats.readers[0].filtered, 0);
	end();
}

int main(void)
{
	RUN(test_stream);
	RUN(test_records);
	RUN(test_loss);
	RUN(test_threads);
	RUN(test_leave);
	RUN(test_too_many);
	RUN(test_last_record);
	RUN(test_filters);
	RUN(test_existing);
	RUN(test_slow_filters);
	RUN(test_slow_settling);
	return test_end();
}
