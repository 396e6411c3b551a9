// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_json.h"

#include <stdlib.h>

#include "base/util.h"
#include "golden_events.h"
#include "golden_file.h"
#include "test.h"

/* The golden files of exec and exit, and what a golden file does not show: the limit on a line's length. */
static char storage[2 * EVENT_JSON_LINE_MAX];

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

static void test_golden(void)
{
	golden_prepare();
	for (size_t i = 0; i < ARRAY_SIZE(golden_events); i++) {
		const struct golden_event *golden = &golden_events[i];
		struct event_json_options options = golden_options;
		struct buffer buffer = new_buffer();
		size_t length;

		options.with_credentials = golden->is_full;
		options.with_namespaces = golden->is_full;
		length = event_json_encode(&buffer, &golden->event, &options);
		CHECK_EQ(length, buffer.length);
		golden_compare(golden->name, &buffer);
	}
}

static void test_room(void)
{
	const struct event_json_options options = {0};
	struct buffer buffer = new_buffer();
	size_t first, second;

	golden_prepare();
	first = event_json_encode(&buffer, &golden_events[0].event, &options);
	second = event_json_encode(&buffer, &golden_events[0].event, &options);
	CHECK(first && first == second && buffer.length == first + second);
	CHECK(memcmp(storage, storage + first, first) == 0);
	buffer.capacity = buffer.length + EVENT_JSON_LINE_MAX - 1;
	CHECK_EQ(event_json_encode(&buffer, &golden_events[0].event, &options), 0);
	CHECK_EQ(buffer.length, first + second);
	CHECK(!buffer.is_full);
}

static char many[5 * EVENT_JSON_LINE_MAX];

static struct bytes repeat(char byte, size_t length)
{
	memset(many, byte, sizeof(many));
	return (struct bytes){many, length};
}

struct length_case {
	char byte;
	/* bytes of cwd, binary and arguments of the process, then of the parent */
	size_t process[3], parent[3];
	/* occurrences of truncArgs and of the byte's escape that are wanted, at least */
	unsigned int flagged;
	const char *escaped;
	size_t kept;
};

static const struct length_case length_cases[] = {
	{'x', {1, 1, 31000}, {1, 1, 1}, 0, "x", 31000},
	{'x', {1, 1, 40960}, {1, 1, 1}, 1, "x", 31000},
	{'x', {1, 1, 160000}, {1, 1, 1}, 1, "x", 31000},
	{'x', {1, 1, 10}, {1, 1, 40960}, 1, "x", 31000}, /* the parent's costs the process nothing */
	{'x', {1, 1, 15000}, {1, 1, 40960}, 1, "x", 31000},
	{'x', {1, 1, 40960}, {1, 1, 40960}, 2, "x", 31000},
	{'\x01', {1, 1, 40960}, {1, 1, 1}, 1, "\\u0001", 5100}, /* six times as long */
	{'"', {1, 1, 20000}, {1, 1, 1}, 1, "\\\"", 15500},
	{'\xFF', {1, 1, 32768}, {1, 1, 1}, 1, "\xEF\xBF\xBD", 10300},
	{'x', {4096, 4096, 32768}, {4096, 4096, 32768}, 2, "x", 31000},
	{'\x01', {4096, 4096, 32768}, {4096, 4096, 32768}, 2, "\\u0001", 5100},
	{'\x01', {4096, 4096, 0}, {4096, 4096, 0}, 2, "\\u0001", 5100}, /* paths alone */
	{'\x01', {4096, 1, 1}, {1, 1, 1}, 0, "\\u0001", 4096},
	{'x', {40960, 1, 1}, {1, 1, 1}, 1, "x", 31000},
};

static size_t count_in(const struct buffer *buffer, const char *what)
{
	size_t count = 0, length = strlen(what);
	const char *at = buffer->data, *end = buffer->data + buffer->length;

	while ((at = memmem(at, (size_t)(end - at), what, length))) {
		count++;
		at += length;
	}
	return count;
}

static void run_length_case(const struct length_case *one, size_t capacity)
{
	struct image images[2] = {golden_image, golden_image};
	struct process processes[2] = {golden_process, golden_process};
	struct event event = {.type = EVENT_PROCESS_EXIT,
			      .wall_ns = 1,
			      .tid = 1,
			      .process = &processes[0],
			      .parent = &processes[1],
			      .exit_status = 3 << 8};
	const struct event_json_options options = {0};
	struct buffer buffer = new_buffer();

	buffer.capacity = capacity;
	for (size_t i = 0; i < 2; i++) {
		const size_t *lengths = i ? one->parent : one->process;

		images[i].cwd = repeat(one->byte, lengths[0]);
		images[i].binary = repeat(one->byte, lengths[1]);
		images[i].arguments = repeat(one->byte, lengths[2]);
		processes[i].image = &images[i];
		processes[i].flags = PROCESS_FLAG_EXECVE;
	}
	CHECK(event_json_encode(&buffer, &event, &options) == buffer.length);
	CHECK(buffer.length > 0 && buffer.length <= EVENT_JSON_LINE_MAX && !buffer.is_full);
	CHECK(!one->flagged || buffer.length > EVENT_JSON_LINE_MAX - 120); /* no room is given away */
	CHECK(storage[buffer.length - 1] == '\n' && memchr(storage, '\n', buffer.length - 1) == NULL);
	CHECK_EQ(count_in(&buffer, "\"flags\":\"execve truncArgs\""), one->flagged);
	CHECK(count_in(&buffer, one->escaped) >= one->kept);
	CHECK_EQ(count_in(&buffer, "\"status\":3,"), 1); /* what comes after the strings is there */
}

static void test_line_length(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(length_cases); i++) {
		run_length_case(&length_cases[i], sizeof(storage));
		run_length_case(&length_cases[i], EVENT_JSON_LINE_MAX);
		if (!test_is_ok) {
			printf("  length case %zu\n", i);
			break;
		}
	}
}

/* Every length around the limit: the line never passes it, and is flagged exactly when something is missing. */
static void test_line_length_border(void)
{
	struct image image = golden_image;
	struct process process = golden_process;
	struct event event = {.type = EVENT_PROCESS_EXEC, .wall_ns = 1, .tid = 1, .process = &process};
	const struct event_json_options options = {0};

	process.image = &image;
	for (size_t length = EVENT_JSON_LINE_MAX - 600; length < EVENT_JSON_LINE_MAX; length++) {
		struct buffer buffer = new_buffer();

		image.arguments = repeat('y', length);
		event_json_encode(&buffer, &event, &options);
		CHECK(buffer.length <= EVENT_JSON_LINE_MAX);
		CHECK_EQ(count_in(&buffer, "truncArgs"), count_in(&buffer, "y") < length);
	}
}

/* Names from the configuration cannot make a line too long either. */
static void test_long_names(void)
{
	struct image image = golden_image;
	struct process process = golden_process;
	struct event event = {
		.type = EVENT_PROCESS_EXEC, .wall_ns = 1, .tid = 1, .process = &process, .parent = &process};
	struct event_json_options options = {.with_credentials = true, .with_namespaces = true};
	struct buffer buffer = new_buffer();

	image.arguments = repeat('\x01', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	image.credentials.permitted = image.credentials.effective = image.credentials.inheritable = UINT64_MAX;
	image.credentials.securebits = UINT32_MAX;
	memset(image.namespaces, 0xff, sizeof(image.namespaces));
	process.image = &image;
	process.flags = PROCESS_FLAG_UNKNOWN - 1;
	options.node_name = options.cluster_name = many;
	CHECK(event_json_encode(&buffer, &event, &options) > EVENT_JSON_LINE_MAX - 120);
	CHECK(buffer.length <= EVENT_JSON_LINE_MAX);
}

static void test_rate_limit(void)
{
	const struct event_json_options options = {.node_name = "n1", .cluster_name = "c"};
	struct buffer buffer = new_buffer();

	event_json_encode_rate_limit(&buffer, 12, START_NS, &options);
	CHECK_BYTES(storage, buffer.length,
		    "{\"rate_limit_info\":{\"number_of_dropped_process_events\":\"12\"},\"node_name\":\"n1\","
		    "\"time\":\"2024-02-05T20:20:50.828208246Z\",\"cluster_name\":\"c\"}\n");
}

/* One that ran already is the same line with a mark. */
static void test_existing(void)
{
	static const char mark[] = "},\"existing\":{}",
			  parent_mark[] = "},\"existing\":{\"parent_exec_id\":\"bjE6NTo3\"}";
	const struct event_json_options options = {.node_name = "n1"};
	const struct process forker = {.pid = 7, .ktime_ns = 5};
	struct event event = golden_events[0].event;
	struct buffer buffer = new_buffer();
	size_t plain, marked;

	golden_prepare();
	event = golden_events[0].event;
	plain = event_json_encode(&buffer, &event, &options);
	event.is_existing = true;
	marked = event_json_encode(&buffer, &event, &options);
	CHECK_EQ(marked, plain + sizeof(mark) - 2);
	CHECK(memmem(storage + plain, marked, mark, sizeof(mark) - 1));
	event.forked_by = &forker;
	CHECK_EQ(event_json_encode(&buffer, &event, &options), plain + sizeof(parent_mark) - 2);
	CHECK(memmem(storage + plain + marked, buffer.length - plain - marked, parent_mark, sizeof(parent_mark) - 1));
}

int main(void)
{
	RUN(test_rate_limit);
	RUN(test_golden);
	RUN(test_room);
	RUN(test_line_length);
	RUN(test_line_length_border);
	RUN(test_long_names);
	RUN(test_existing);
	return test_end();
}
