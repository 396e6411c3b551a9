// SPDX-License-Identifier: Apache-2.0
#include "core/encode/hook_json.h"

#include "golden_file.h"
#include "golden_hooks.h"

static char storage[2 * EVENT_JSON_LINE_MAX];
static struct hook_maker maker;
static struct record record;
static struct event event;

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

static void test_golden(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(golden_hooks); i++) {
		const struct golden_hook *golden = &golden_hooks[i];
		struct buffer buffer = new_buffer();
		struct event_json_options options;

		golden_hook_options(golden, &options);
		CHECK(golden_hook_event(golden, &maker, &record, &event));
		CHECK(event_json_encode(&buffer, &event, &options) == buffer.length);
		golden_compare(golden->name, &buffer);
	}
}

/* --- the limit on a line's length ----------------------------------------------------------------------------- */

static char many[65536];

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

/* A process, a parent and an event of a hook around the record in the maker, encoded. */
static struct buffer encode(const struct hook_info *hook, size_t process_arguments, size_t parent_arguments,
			    const struct event_json_options *options, size_t capacity)
{
	struct image images[2] = {golden_image, golden_image};
	struct process processes[2] = {golden_process, golden_process};
	struct buffer buffer = new_buffer();

	buffer.capacity = capacity;
	for (size_t i = 0; i < 2; i++) {
		images[i].arguments = (struct bytes){many, i ? parent_arguments : process_arguments};
		if (options->with_credentials)
			images[i].credentials = (struct credentials){
				.permitted = UINT64_MAX, .effective = UINT64_MAX, .inheritable = UINT64_MAX};
		processes[i].image = &images[i];
		processes[i].flags = PROCESS_FLAG_EXECVE;
	}
	CHECK_EQ(record_decode(maker.bytes, hook_maker_finish(&maker), &record), 0);
	event = (struct event){
		.type = EVENT_PROCESS_KPROBE,
		.tid = 1,
		.process = &processes[0],
		.parent = &processes[1],
		.record = &record,
		.hook = hook,
	};
	CHECK(event_json_encode(&buffer, &event, options) == buffer.length);
	CHECK(buffer.length > 0 && buffer.length <= EVENT_JSON_LINE_MAX && !buffer.is_full);
	CHECK(storage[buffer.length - 1] == '\n' && memchr(storage, '\n', buffer.length - 1) == NULL);
	CHECK_EQ(count_in(&buffer, "\"return_action\":\"KPROBE_ACTION_POST\""), 1); /* what comes after the values */
	return buffer;
}

static const struct length_case {
	char byte;
	enum arg_type type;
	size_t value_count, value; /* bytes of each */
	size_t process, parent;    /* bytes of arguments */
	bool is_process_flagged, is_parent_flagged;
	const char *escaped; /* of `byte` */
	size_t kept;         /* at least so many of it */
} length_cases[] = {
	{'x', ARG_STRING, 5, 4096, 10, 10, false, false, "x", 5 * 4096},
	{'x', ARG_STRING, 5, 4096, 20000, 10, true, false, "x", 30500}, /* arguments are cut first */
	{'x', ARG_STRING, 3, 4096, 10, 25000, false, true, "x", 30500},
	{'x', ARG_STRING, 5, 4096, 10, 20000, true, true, "x", 30500}, /* values keep half the room */
	{'\x01', ARG_STRING, 5, 4096, 10, 10, true, false, "\\u0001", 5000},
	{'\xff', ARG_STRING, 5, 4096, 20000, 20000, true, true, "\xef\xbf\xbd", 10000},
	{'x', ARG_CHAR_BUF, 2, 16384, 10, 10, true, false, "eHh4", 7400},
	{'x', ARG_CHAR_BUF, 1, 16384, 20000, 10, true, false, "eHh4", 3700},
	{'x', ARG_PATH, 5, 4096, 31000, 31000, true, true, "x", 30500},
	{'\x01', ARG_FILE, 5, 4096, 31000, 31000, true, true, "\\u0001", 5000},
};

static void run_length_case(const struct length_case *one, size_t capacity)
{
	static const char *const flagged[] = {"\"flags\":\"execve\"", "\"flags\":\"execve truncArgs\""};
	struct hook_info hook = {KPROBE("p", "f"), .arg_count = one->value_count};
	const struct event_json_options options = {0};
	struct buffer buffer;
	size_t wanted = one->is_process_flagged + one->is_parent_flagged;

	memset(many, one->byte, sizeof(many));
	hook_maker_init(&maker, 1, 1, 1);
	for (size_t i = 0; i < one->value_count; i++) {
		hook.args[i].type = one->type;
		hook_maker_memory(&maker, arg_type_info(one->type)->kind, many, one->value);
	}
	buffer = encode(&hook, one->process, one->parent, &options, capacity);
	CHECK_EQ(count_in(&buffer, flagged[1]), wanted);
	CHECK_EQ(count_in(&buffer, flagged[0]), 2 - wanted);
	CHECK(count_in(&buffer, one->escaped) >= one->kept);
	if (wanted == 1) {
		const char *parent = memmem(storage, buffer.length, "\"parent\":", 9);
		const char *flag = memmem(storage, buffer.length, "truncArgs", 9);

		CHECK((flag < parent) == one->is_process_flagged);
	}
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

#define ARGUMENTS 14200

/* Every length around the limit: never beyond it, and flagged exactly when something is missing. */
static void test_line_length_border(void)
{
	static const enum arg_type types[] = {ARG_STRING, ARG_PATH, ARG_CHAR_BUF};
	struct hook_info hook = {KPROBE("p", "f"), .arg_count = 4};
	const struct event_json_options options = {0};

	memset(many, 'y', sizeof(many));
	for (size_t length = 0; length < 120; length++) {
		struct buffer buffer;
		size_t shown;

		hook_maker_init(&maker, 1, 1, 1);
		for (size_t i = 0; i < hook.arg_count; i++) {
			hook.args[i].type = types[i % ARRAY_SIZE(types)];
			hook_maker_memory(&maker, arg_type_info(hook.args[i].type)->kind, many, 4000);
		}
		buffer = encode(&hook, ARGUMENTS + 10 * length, 0, &options, sizeof(storage));
		shown = count_in(&buffer, "yyyyyyyyyy") * 10;
		CHECK(count_in(&buffer, "truncated_bytes_arg") <= 1);
		CHECK_EQ(count_in(&buffer, "truncArgs"),
			 count_in(&buffer, "truncated_bytes_arg") || shown < 12000 + ARGUMENTS + 10 * length);
	}
}

/* A stack is cut at its outer end. */
static void test_long_stacks(void)
{
	struct hook_info hook = {KPROBE("p", "f"), .arg_count = 1, .args = {{ARG_CHAR_BUF, NULL}}};
	const struct event_json_options options = {.with_stack_addresses = true};
	uint64_t frames[HOOK_STACK_FRAMES_MAX];
	struct buffer buffer;

	memset(many, 'x', sizeof(many));
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = UINT64_MAX - i;
	hook_maker_init(&maker, 1, 1, 1);
	hook_maker_memory(&maker, WIRE_VALUE_BYTES, many, 16384);
	maker.hook.kernel_stack_offset = maker.hook.user_stack_offset =
		hook_maker_store(&maker, frames, sizeof(frames));
	maker.hook.kernel_stack_length = maker.hook.user_stack_length = sizeof(frames);
	buffer = encode(&hook, 20000, 0, &options, sizeof(storage));
	CHECK_EQ(count_in(&buffer, "{\"address\":\"18446744073709551615\"}"), 2);
	CHECK(count_in(&buffer, "\"address\":") > 100 && count_in(&buffer, "\"address\":") < 254);
	CHECK_EQ(count_in(&buffer, "execve truncArgs"), 1);
	/* alone, there is room for all of it */
	hook.arg_count = 0;
	maker.hook.value_count = 0;
	buffer = encode(&hook, 0, 0, &options, sizeof(storage));
	CHECK_EQ(count_in(&buffer, "\"address\":"), 254);
	CHECK_EQ(count_in(&buffer, "truncArgs"), 0);
}

/* What cannot be cut may be too long in sum: then there is a line without it. */
static void test_bare(void)
{
	struct hook_info hook = {KPROBE("p", "f"), .arg_count = 10, .tag_count = 1, .tags = {(char *)"t"}};
	struct event_json_options options = {.with_credentials = true};
	struct wire_cred cred = {
		.credentials = {.permitted = UINT64_MAX, .effective = UINT64_MAX, .inheritable = UINT64_MAX}};
	struct buffer buffer;

	memset(many, 'x', sizeof(many));
	hook_maker_init(&maker, 1, 1, 1);
	for (size_t i = 0; i < hook.arg_count; i++) {
		hook.args[i].type = ARG_CRED;
		hook_maker_memory(&maker, WIRE_VALUE_CRED, &cred, sizeof(cred));
	}
	buffer = encode(&hook, 10, 10, &options, sizeof(storage));
	CHECK_EQ(count_in(&buffer, "\"args\""), 0);
	CHECK_EQ(count_in(&buffer, "execve truncArgs"), 1);
	buffer = encode(&hook, 40000, 10, &options, EVENT_JSON_LINE_MAX);
	CHECK_EQ(count_in(&buffer, "execve truncArgs"), 1);
}

/* A socket's owner has nothing to do with the stack of whoever ran. */
static void test_no_user_stack_of_an_owner(void)
{
	struct hook_info hook = {KPROBE("p", "f")};
	const struct event_json_options options = {.with_stack_addresses = true};
	const uint64_t frame = 1;
	struct buffer buffer;

	hook_maker_init(&maker, 1, 1, 1);
	maker.hook.user_stack_offset = hook_maker_store(&maker, &frame, sizeof(frame));
	maker.hook.user_stack_length = sizeof(frame);
	buffer = encode(&hook, 0, 0, &options, sizeof(storage));
	CHECK_EQ(count_in(&buffer, "user_stack_trace"), 1);
	maker.hook.flags = WIRE_HOOK_OWNER;
	buffer = encode(&hook, 0, 0, &options, sizeof(storage));
	CHECK_EQ(count_in(&buffer, "user_stack_trace"), 0);
}

int main(void)
{
	RUN(test_golden);
	RUN(test_line_length);
	RUN(test_line_length_border);
	RUN(test_long_stacks);
	RUN(test_bare);
	RUN(test_no_user_stack_of_an_owner);
	return test_end();
}
