// SPDX-License-Identifier: Apache-2.0
#include "core/event/hook_record.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "hook_maker.h"
#include "test.h"

static struct hook_maker maker;
static struct record record;
static char *block; /* just as long as the record, so that a read beyond it is found */

static int decode(void)
{
	size_t length = hook_maker_finish(&maker);

	free(block);
	block = malloc(length);
	memcpy(block, maker.bytes, length);
	return record_decode(block, length, &record);
}

static void begin(void)
{
	hook_maker_init(&maker, 7, 100, 5000);
	record = (struct record){.ktime_ns = 99};
}

static void test_nothing_in_it(void)
{
	begin();
	CHECK_EQ(decode(), 0);
	CHECK_EQ(record.type, WIRE_HOOK);
	CHECK_EQ(record.ktime_ns, 1000);
	CHECK_EQ(record.hook.hook, 7);
	CHECK_EQ(record.hook.tid, 101);
	CHECK_EQ(record.values.count, 0);
	CHECK_EQ(record.values.kernel_stack.length, 0);
}

static void test_every_kind(void)
{
	static const struct {
		enum wire_value_kind kind;
		size_t size;
	} structs[] = {
		{WIRE_VALUE_SOCK, sizeof(struct wire_sock)},
		{WIRE_VALUE_SKB, sizeof(struct wire_skb)},
		{WIRE_VALUE_SOCKADDR, sizeof(struct wire_sockaddr)},
		{WIRE_VALUE_CRED, sizeof(struct wire_cred)},
		{WIRE_VALUE_USER_NS, sizeof(struct wire_user_ns)},
		{WIRE_VALUE_MODULE, sizeof(struct wire_module)},
		{WIRE_VALUE_BPF_PROG, sizeof(struct wire_bpf_prog)},
		{WIRE_VALUE_BPF_MAP, sizeof(struct wire_bpf_map)},
		{WIRE_VALUE_PERF_EVENT, sizeof(struct wire_perf_event)},
	};
	char memory[256];

	for (size_t i = 0; i < ARRAY_SIZE(structs); i++) {
		memset(memory, 'a' + (int)i, sizeof(memory));
		begin();
		/* the length that the record gives is of no account for structs */
		hook_maker_memory(&maker, structs[i].kind, memory, structs[i].size)->length = 0;
		CHECK_EQ(decode(), 0);
		CHECK_EQ(record.values.values[0].bytes.length, structs[i].size);
		CHECK(memcmp(record.values.values[0].bytes.data, memory, structs[i].size) == 0);
		CHECK(hook_value_is(&record.values.values[0], structs[i].kind));
		/* one byte less */
		begin();
		hook_maker_memory(&maker, structs[i].kind, memory, structs[i].size - 1);
		CHECK_EQ(decode(), -EBADMSG);
		CHECK_EQ(record.ktime_ns, 99); /* untouched */
	}
}

static void test_numbers_and_texts(void)
{
	const uint64_t numbers[] = {1, UINT64_MAX};

	begin();
	hook_maker_add(&maker, WIRE_VALUE_NONE);
	hook_maker_number(&maker, (uint64_t)-3);
	hook_maker_text(&maker, WIRE_VALUE_BYTES, "text");
	hook_maker_text(&maker, WIRE_VALUE_PATH, "/etc/passwd")->extra = 0100644;
	hook_maker_text(&maker, WIRE_VALUE_BYTES, "");
	hook_maker_memory(&maker, WIRE_VALUE_NUMBERS, numbers, sizeof(numbers));
	CHECK_EQ(decode(), 0);
	CHECK_EQ(record.values.count, 6);
	CHECK_EQ(record.values.values[0].kind, WIRE_VALUE_NONE);
	CHECK_EQ(record.values.values[1].number, -3);
	CHECK_BYTES(record.values.values[2].bytes.data, record.values.values[2].bytes.length, "text");
	CHECK_BYTES(record.values.values[3].bytes.data, record.values.values[3].bytes.length, "/etc/passwd");
	CHECK_EQ(record.values.values[3].extra, 0100644);
	CHECK_EQ(record.values.values[4].bytes.length, 0);
	CHECK_EQ(hook_number_at(record.values.values[5].bytes, 1), -1);
	CHECK_EQ(hook_number_at(record.values.values[5].bytes, 2), 0);
}

static void test_what_was_not_read_has_no_memory(void)
{
	struct wire_value *value;
	struct wire_sock sock;

	begin();
	value = hook_maker_add(&maker, WIRE_VALUE_SOCK);
	value->flags = WIRE_VALUE_ERROR;
	value->offset = UINT64_MAX;
	CHECK_EQ(decode(), 0);
	CHECK(!hook_value_is(&record.values.values[0], WIRE_VALUE_SOCK));
	memset(&sock, 1, sizeof(sock));
	hook_value_copy(&record.values.values[0], &sock, sizeof(sock));
	CHECK_EQ(sock.family, 0);
}

static void test_stacks(void)
{
	const uint64_t frames[] = {0xffffffff81000000, 0x10};

	begin();
	maker.hook.kernel_stack_offset = hook_maker_store(&maker, frames, sizeof(frames));
	maker.hook.kernel_stack_length = sizeof(frames);
	CHECK_EQ(decode(), 0);
	CHECK_EQ(record.values.kernel_stack.length, sizeof(frames));
	CHECK_EQ(hook_number_at(record.values.kernel_stack, 0), 0xffffffff81000000);
	CHECK_EQ(record.values.user_stack.length, 0);
}

/* Each differs from a record that is taken in one thing. */
static void spoil_count(void)
{
	maker.hook.value_count = WIRE_VALUES_MAX + 1;
}

static void spoil_kind(void)
{
	maker.values[0].kind = WIRE_VALUE_KIND_COUNT;
}

static void spoil_offset(void)
{
	maker.values[0].offset = HOOK_MAKER_TAIL + maker.tail_length;
}

static void spoil_offset_wrap(void)
{
	maker.values[0].offset = UINT64_MAX - 1;
}

static void spoil_offset_into_values(void)
{
	maker.values[0].offset = sizeof(struct wire_hook);
}

static void spoil_length(void)
{
	maker.values[0].length = UINT32_MAX;
}

static void spoil_action(void)
{
	maker.hook.action = WIRE_ACTION_UNTRACKSOCK + 1;
}

static void spoil_return_action(void)
{
	maker.hook.return_action = 255;
}

static void spoil_stack_offset(void)
{
	maker.hook.user_stack_offset = UINT32_MAX - 7;
}

static void spoil_stack_length(void)
{
	maker.hook.user_stack_length = 9;
}

static void spoil_stack_too_long(void)
{
	maker.hook.user_stack_length = 8 * (HOOK_STACK_FRAMES_MAX + 1);
}

static void spoil_path_length(void)
{
	maker.values[0].kind = WIRE_VALUE_PATH;
	maker.values[0].length = WIRE_PATH_MAX + 1;
}

static void spoil_numbers_length(void)
{
	maker.values[0].kind = WIRE_VALUE_NUMBERS;
	maker.values[0].length = 12;
}

static void spoil_numbers_too_long(void)
{
	maker.values[0].kind = WIRE_VALUE_NUMBERS;
	maker.values[0].length = HOOK_NUMBERS_BYTES_MAX + 8;
}

static void spoil_nothing(void)
{
}

static void test_nothing_is_trusted(void)
{
	static const struct {
		void (*spoil)(void);
		int wanted;
	} cases[] = {
		{spoil_nothing, 0},
		{spoil_count, -EBADMSG},
		{spoil_kind, -EBADMSG},
		{spoil_offset, -EBADMSG},
		{spoil_offset_wrap, -EBADMSG},
		{spoil_offset_into_values, -EBADMSG},
		{spoil_length, -EBADMSG},
		{spoil_action, -EBADMSG},
		{spoil_return_action, -EBADMSG},
		{spoil_stack_offset, -EBADMSG},
		{spoil_stack_length, -EBADMSG},
		{spoil_stack_too_long, -EBADMSG},
		{spoil_path_length, -EBADMSG},
		{spoil_numbers_length, -EBADMSG},
		{spoil_numbers_too_long, -EBADMSG},
	};
	static char memory[8192];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin();
		hook_maker_memory(&maker, WIRE_VALUE_BYTES, memory, 16);
		maker.hook.user_stack_offset = hook_maker_store(&maker, memory, sizeof(memory));
		maker.hook.user_stack_length = 16;
		cases[i].spoil();
		if (decode() != cases[i].wanted) {
			printf("  case %zu\n", i);
			test_is_ok = false;
		}
	}
}

static void test_values_beyond_the_end(void)
{
	struct wire_hook hook = {
		.header = {.version = WIRE_VERSION, .type = WIRE_HOOK, .length = sizeof(hook)},
		.value_count = 1,
	};

	CHECK_EQ(record_decode(&hook, sizeof(hook), &record), -EBADMSG);
	hook.value_count = 0;
	CHECK_EQ(record_decode(&hook, sizeof(hook), &record), 0);
	hook.header.length--;
	CHECK_EQ(record_decode(&hook, sizeof(hook), &record), -EBADMSG);
}

static void test_loader(void)
{
	struct {
		struct wire_loader loader;
		char strings[16];
	} wire = {
		.loader = {.header = {.version = WIRE_VERSION, .type = WIRE_LOADER, .length = sizeof(wire)},
			   .tid = 3,
			   .path_length = 12,
			   .build_id_length = 4},
		.strings = "/lib/libc.so\x01\x02\x03\x04",
	};

	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), 0);
	CHECK_EQ(record.loader.tid, 3);
	CHECK_BYTES(record.path.data, record.path.length, "/lib/libc.so");
	CHECK_BYTES(record.build_id.data, record.build_id.length, "\x01\x02\x03\x04");
	wire.loader.build_id_length = 5;
	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), -EBADMSG);
	wire.loader.path_length = 0;
	wire.loader.build_id_length = 16;
	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), 0);
	wire.loader.path_length = UINT32_MAX;
	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), -EBADMSG);
}

static void test_build_id_limit(void)
{
	struct {
		struct wire_loader loader;
		char strings[24];
	} wire = {
		.loader = {.header = {.version = WIRE_VERSION, .type = WIRE_LOADER, .length = sizeof(wire)},
			   .build_id_length = RECORD_BUILD_ID_MAX},
	};

	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), 0);
	wire.loader.build_id_length++;
	CHECK_EQ(record_decode(&wire, sizeof(wire), &record), -EBADMSG);
}

int main(void)
{
	RUN(test_nothing_in_it);
	RUN(test_every_kind);
	RUN(test_numbers_and_texts);
	RUN(test_what_was_not_read_has_no_memory);
	RUN(test_stacks);
	RUN(test_nothing_is_trusted);
	RUN(test_values_beyond_the_end);
	RUN(test_loader);
	RUN(test_build_id_limit);
	free(block);
	return test_end();
}
