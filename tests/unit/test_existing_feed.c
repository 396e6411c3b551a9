// SPDX-License-Identifier: Apache-2.0
#include "core/stream/existing_feed.h"

#include <stdlib.h>

#include "base/util.h"
#include "test.h"

#define ARGUMENTS_BYTES 3000

static struct event_hub *hub;
static struct tracker tracker;
static struct existing_feed feed;
static struct event_pods pods;
static struct buffer line;
static struct event_hub_facts facts;
static char text[65536]; /* what a reader has read */

/* Each reading of the clock takes so long. */
static uint64_t clock_ns, clock_step_ns;

static uint64_t now_ns(void)
{
	return clock_ns += clock_step_ns;
}

static void nothing(void *context)
{
	(void)context;
}

static void begin(void)
{
	const struct event_hub_options options = {.now_ns = now_ns, .wake_loop = nothing};

	hub = event_hub_new(&options);
	feed = (struct existing_feed){0};
	pods = (struct event_pods){0};
	facts = (struct event_hub_facts){0};
	if (!hub || tracker_init(&tracker, 10000) < 0 || buffer_init(&line, EVENT_JSON_LINE_MAX) < 0)
		abort();
}

static void end(void)
{
	existing_feed_end(&feed, &tracker.cache);
	CHECK(!tracker.cache.walks);
	hub = event_hub_free(hub);
	tracker_done(&tracker);
	buffer_done(&line);
}

static struct wire_task task(uint32_t pid)
{
	return (struct wire_task){.pid = pid, .ns_pid = pid, .start_ns = pid};
}

static void handle(const struct record *record)
{
	struct event event;
	uint64_t forgotten;

	tracker_handle(&tracker, record, &event, &forgotten);
}

static void execute(uint32_t pid)
{
	static char arguments[ARGUMENTS_BYTES];

	memset(arguments, 'x', sizeof(arguments));
	arguments[1] = '\0';
	handle(&(struct record){
		.type = WIRE_EXEC,
		.ktime_ns = pid,
		.exec = {.task = task(pid), .cgroup_id = 1},
		.cwd = {"/", 1},
		.filename = {"/bin/x", 6},
		.args = {arguments, sizeof(arguments)},
	});
}

static void execute_many(uint32_t first, uint32_t count)
{
	for (uint32_t pid = first; pid < first + count; pid++)
		execute(pid);
}

static void exit_of(uint32_t pid)
{
	handle(&(struct record){.type = WIRE_EXIT, .ktime_ns = pid + 1, .exit = {.task = task(pid)}});
}

static void change(void)
{
	struct event_hub_changes changes;

	event_hub_poll(hub, &facts, &changes);
	existing_feed_change(&feed, &tracker.cache, &changes, facts.now_ns);
}

static struct event_reader *join(struct event_filters filters)
{
	const struct event_reader_options options = {.filters = filters, .with_existing = true, .wake = nothing};
	struct event_reader *reader = NULL;

	CHECK_EQ(event_hub_join(hub, &options, &reader), 0);
	change();
	return reader;
}

static void go_on(bool are_pods_listed)
{
	const struct event_json_options json = {0};
	const struct existing_feed_options options = {
		.tracker = &tracker, .hub = hub, .json = &json, .pods = &pods, .line = &line};

	existing_feed_continue(&feed, &options, &facts, are_pods_listed);
}

/* The processes that the reader is told of from now on, which must be in the order of their pids; its last record. */
struct told {
	uint32_t count, last_pid;
	uint64_t sent, left_out;
	bool is_complete;
};

static uint64_t number_behind(const char *in, size_t length, const char *key)
{
	const char *found = memmem(in, length, key, strlen(key));

	CHECK(found);
	return found ? strtoull(found + strlen(key), NULL, 10) : 0;
}

static void take_line(const char *at, size_t length, struct told *told)
{
	uint32_t pid;

	if (strncmp(at, "{\"stream\":", 10) == 0) {
		told->sent = number_behind(at, length, "\"existing\":{\"sent\":\"");
		told->left_out = number_behind(at, length, "\"left_out\":\"");
		told->is_complete = memmem(at, length, "\"complete\":true", 15);
		return;
	}
	CHECK(memmem(at, length, "},\"existing\":{}", 15));
	pid = (uint32_t)number_behind(at, length, "\"pid\":");
	CHECK(pid > told->last_pid);
	told->last_pid = pid;
	told->count++;
}

static size_t read_some(struct event_reader *reader, struct told *told)
{
	size_t length = event_reader_read(reader, text, sizeof(text)), line_length;

	for (size_t at = 0; at < length; at += line_length) {
		line_length = (size_t)((const char *)memchr(text + at, '\n', length - at) - (text + at)) + 1;
		take_line(text + at, line_length, told);
	}
	return length;
}

/* Each is told once, a slice at a time, and events have half of the ring whatever there is to tell. */
static void test_slices(void)
{
	struct told told = {0};
	struct event_reader *reader;
	unsigned int rounds = 0;

	begin();
	execute_many(10, 1000);
	reader = join((struct event_filters){0});
	go_on(true);
	execute_many(5000, 10); /* new ones */
	CHECK(existing_feed_is_active(&feed));
	for (; existing_feed_is_active(&feed) && rounds < 1000; rounds++) {
		size_t unread = 0;

		go_on(true);
		go_on(true);
		while (read_some(reader, &told))
			unread += sizeof(text);
		CHECK(unread <= EVENT_HUB_RING_BYTES / 2 + 2 * sizeof(text));
	}
	CHECK(rounds > 1000 * ARGUMENTS_BYTES / EVENT_HUB_RING_BYTES);
	CHECK_EQ(told.count, 1000);
	CHECK_EQ(told.sent, 1000);
	CHECK_EQ(told.left_out, 0);
	CHECK(told.is_complete);
	end();
}

static void test_slow_reader_holds_up_nobody(void)
{
	struct told of_slow = {0}, of_other = {0};
	struct event_reader *slow, *other;

	begin();
	execute_many(10, 500);
	slow = join((struct event_filters){0});
	other = join((struct event_filters){0});
	for (unsigned int i = 0; i < 20; i++) {
		go_on(true);
		while (read_some(other, &of_other))
			;
	}
	CHECK_EQ(of_other.count, 500);
	CHECK(of_other.is_complete);
	CHECK(existing_feed_is_active(&feed));
	exit_of(509); /* before its turn */
	for (unsigned int i = 0; i < 20; i++) {
		while (read_some(slow, &of_slow))
			;
		go_on(true);
	}
	CHECK_EQ(of_slow.count, 499);
	CHECK(!existing_feed_is_active(&feed));
	end();
}

/* Lets process 20 pass, and nothing else. */
static struct event_filters only_pid_20(void)
{
	struct event_filter *filter = calloc(1, sizeof(*filter));

	filter->members = 1u << FILTER_PID;
	filter->pids.items = calloc(1, sizeof(*filter->pids.items));
	filter->pids.items[0] = 20;
	filter->pids.count = 1;
	return (struct event_filters){.allow = {.items = filter, .count = 1}};
}

static void test_filters(void)
{
	struct told told = {0};
	struct event_reader *reader;
	struct event_hub_stats stats;

	begin();
	execute_many(10, 50);
	reader = join(only_pid_20());
	go_on(true);
	read_some(reader, &told);
	CHECK_EQ(told.count, 1);
	CHECK_EQ(told.last_pid, 20);
	CHECK(told.is_complete);
	event_hub_read_stats(hub, &stats);
	CHECK_EQ(stats.readers[0].filtered, 0); /* they are no events */
	CHECK_EQ(stats.readers[0].sent, 0);
	end();
}

/* A walk whose filters have had their time goes on when there is more. */
static void test_slow_filters(void)
{
	struct told told = {0};
	struct event_reader *reader;

	begin();
	execute_many(10, 50);
	reader = join(only_pid_20());
	clock_step_ns = EVENT_HUB_FILTER_NS / 8;
	go_on(true);
	go_on(true);
	read_some(reader, &told);
	CHECK_EQ(told.count, 0);
	event_hub_tick(hub, 1, 1);
	go_on(true);
	clock_step_ns = 0;
	read_some(reader, &told);
	CHECK_EQ(told.last_pid, 20);
	CHECK(!told.is_complete);
	event_hub_tick(hub, 2, 2);
	go_on(true);
	read_some(reader, &told);
	CHECK_EQ(told.count, 1);
	CHECK_EQ(told.left_out, 0);
	CHECK(told.is_complete);
	end();
}

static void test_bound(void)
{
	struct told told = {0};
	struct event_reader *reader;

	begin();
	execute_many(10, 5);
	reader = join((struct event_filters){0});
	feed.readers[0].sent = EXISTING_FEED_MAX - 2;
	go_on(true);
	read_some(reader, &told);
	CHECK_EQ(told.count, 2);
	CHECK_EQ(told.left_out, 3);
	CHECK(told.is_complete);
	end();
}

/* Of no use before the pods are known; but not for ever. */
static void test_waits_for_pods(void)
{
	struct told told = {0};
	struct event_reader *reader;

	begin();
	execute(10);
	facts.now_ns = 5;
	reader = join((struct event_filters){0});
	facts.now_ns = EXISTING_FEED_PODS_NS + 4;
	go_on(false);
	read_some(reader, &told);
	CHECK_EQ(told.count, 0);
	facts.now_ns++;
	go_on(false);
	read_some(reader, &told);
	CHECK_EQ(told.count, 1);
	reader = join((struct event_filters){0});
	told = (struct told){0};
	go_on(true);
	read_some(reader, &told);
	CHECK_EQ(told.count, 1);
	end();
}

static void test_reader_leaves(void)
{
	struct told told = {0};
	struct event_reader *reader;

	begin();
	execute_many(10, 1000);
	reader = join((struct event_filters){0});
	go_on(true);
	event_reader_leave(reader);
	change();
	CHECK(!existing_feed_is_active(&feed));
	CHECK(!tracker.cache.walks);
	reader = join((struct event_filters){0}); /* in its place, from the start */
	go_on(true);
	read_some(reader, &told);
	CHECK(told.count > 0);
	end();
}

int main(void)
{
	RUN(test_slices);
	RUN(test_slow_reader_holds_up_nobody);
	RUN(test_filters);
	RUN(test_slow_filters);
	RUN(test_bound);
	RUN(test_waits_for_pods);
	RUN(test_reader_leaves);
	return test_end();
}
