// SPDX-License-Identifier: Apache-2.0
#include "core/encode/args_json.h"

#include "base/util.h"
#include "core/encode/address.h"
#include "core/encode/names.h"
#include "core/encode/permission.h"
#include "test.h"

static char storage[8192];

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

#define ERROR "{\"error_arg\":{\"Message\":\"Bad address for basic type\"}}"

static const struct number_case {
	enum arg_type type;
	uint64_t number;
	const char *wanted;
} number_cases[] = {
	{ARG_NOP, 1, ""},
	{ARG_AUTO, 1, ERROR}, /* never in an event */
	{ARG_INT, (uint64_t)-3, "{\"int_arg\":-3}"},
	{ARG_INT, 0, "{\"int_arg\":0}"},
	{ARG_INT8, (uint64_t)-128, "{\"int_arg\":-128}"},
	{ARG_INT16, 32767, "{\"int_arg\":32767}"},
	{ARG_INT32, (uint64_t)INT32_MIN, "{\"int_arg\":-2147483648}"},
	{ARG_INT64, (uint64_t)INT64_MIN, "{\"long_arg\":\"-9223372036854775808\"}"},
	{ARG_UINT8, 255, "{\"uint_arg\":255}"},
	{ARG_UINT16, 65535, "{\"uint_arg\":65535}"},
	{ARG_UINT32, UINT32_MAX, "{\"uint_arg\":4294967295}"},
	{ARG_UINT64, UINT64_MAX, "{\"size_arg\":\"18446744073709551615\"}"},
	{ARG_SIZE, 0, "{\"size_arg\":\"0\"}"},
	{ARG_BPF_CMD, 0, "{\"bpf_cmd_arg\":\"BPF_MAP_CREATE\"}"},
	{ARG_BPF_CMD, 36, "{\"bpf_cmd_arg\":\"BPF_TOKEN_CREATE\"}"},
	{ARG_BPF_CMD, 1000, "{\"bpf_cmd_arg\":1000}"},
	{ARG_BPF_CMD, (uint64_t)-1, "{\"bpf_cmd_arg\":-1}"},
	{ARG_CAPABILITY, 0, "{\"capability_arg\":{\"value\":0,\"name\":\"CAP_CHOWN\"}}"},
	{ARG_CAPABILITY, 1, "{\"capability_arg\":{\"value\":1,\"name\":\"DAC_OVERRIDE\"}}"},
	{ARG_CAPABILITY, 63, "{\"capability_arg\":{\"value\":63}}"},
	{ARG_CAPABILITY, (uint64_t)-1, "{\"capability_arg\":{\"value\":-1}}"},
	{ARG_KERNEL_CAP, 0x1ffffffffff, "{\"kernel_cap_t_arg\":\"000001ffffffffff\"}"},
	{ARG_CAP_INHERITABLE, 0, "{\"cap_inheritable_arg\":\"0000000000000000\"}"},
	{ARG_CAP_PERMITTED, UINT64_MAX, "{\"cap_permitted_arg\":\"ffffffffffffffff\"}"},
	{ARG_CAP_EFFECTIVE, 0xa80425fb, "{\"cap_effective_arg\":\"00000000a80425fb\"}"},
#ifdef __x86_64__
	{ARG_SYSCALL64, 59, "{\"syscall_id\":{\"id\":59,\"abi\":\"x64\"}}"},
	{ARG_SYSCALL64, 0, "{\"syscall_id\":{\"abi\":\"x64\"}}"},
	{ARG_SYSCALL64, 1ull << 31 | 11, "{\"syscall_id\":{\"id\":11,\"abi\":\"i386\"}}"},
#endif
};

static void test_numbers(void)
{
	const struct args_json how = {0};

	for (size_t i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const struct hook_arg_info info = {.type = number_cases[i].type};
		const struct hook_value value = {.kind = WIRE_VALUE_NUMBER, .number = number_cases[i].number};
		struct buffer buffer = new_buffer();

		args_json_append(&buffer, &info, &value, &how);
		CHECK_BYTES(storage, buffer.length, number_cases[i].wanted);
		CHECK_EQ(args_json_is_empty(&info, &value), buffer.length == 0);
	}
}

/* Every type: an error if it was not read, if it is of another kind, if its memory is missing. Never invalid JSON. */
static void test_what_was_not_read(void)
{
	const struct args_json how = {0};

	for (enum arg_type type = ARG_NOP + 1; type < ARG_TYPE_COUNT; type++) {
		const struct hook_arg_info info = {.type = type};
		enum wire_value_kind kind = arg_type_info(type)->kind;
		struct hook_value value = {.kind = kind, .flags = WIRE_VALUE_ERROR, .bytes = {"", 0}};
		struct buffer buffer = new_buffer();

		args_json_append(&buffer, &info, &value, &how);
		CHECK_BYTES(storage, buffer.length, ERROR);
		buffer_reset(&buffer);
		value.kind = kind == WIRE_VALUE_NUMBER ? WIRE_VALUE_BYTES : WIRE_VALUE_NUMBER;
		value.flags = 0;
		args_json_append(&buffer, &info, &value, &how);
		CHECK_BYTES(storage, buffer.length, ERROR);
		CHECK_EQ(args_json_length(&info, &value), 0);
		buffer_reset(&buffer);
		value.kind = WIRE_VALUE_NONE;
		args_json_append(&buffer, &info, &value, &how);
		CHECK_BYTES(storage, buffer.length, ERROR);
		buffer_reset(&buffer);
		value.kind = kind;
		args_json_append(&buffer, &info, &value, &how);
		CHECK(type == ARG_CONST_BUF || buffer.length > 2);
	}
}

#define STRING_VALUE(text, bits, full) \
	{ \
		.kind = WIRE_VALUE_BYTES, .flags = (bits), .extra = (full), .bytes = {(text), sizeof(text) - 1 } \
	}
#define PATH_VALUE(text, bits, mode) \
	{ \
		.kind = WIRE_VALUE_PATH, .flags = (bits), .extra = (mode), .bytes = {(text), sizeof(text) - 1 } \
	}

static const struct text_case {
	enum arg_type type;
	struct hook_value value;
	struct args_json how;
	const char *wanted;
} text_cases[] = {
	{ARG_STRING, STRING_VALUE("", 0, 0), {0}, "{\"string_arg\":\"\"}"},
	{ARG_STRING, STRING_VALUE("a\xff\"", 0, 0), {0}, "{\"string_arg\":\"a\xef\xbf\xbd\\\"\"}"},
	{ARG_STRING, STRING_VALUE("a\xc3\xa9z", 0, 0), {true, 2}, "{\"string_arg\":\"a\"}"},
	{ARG_STRING, STRING_VALUE("a\xc3\xa9z", 0, 0), {true, 3}, "{\"string_arg\":\"a\xc3\xa9\"}"},
	{ARG_FILENAME, STRING_VALUE("/x", 0, 0), {true, 0}, "{\"string_arg\":\"\"}"},
	{ARG_DATA_LOC, STRING_VALUE("x", 0, 0), {true, 1}, "{\"string_arg\":\"x\"}"},
	{ARG_STRING, STRING_VALUE("", WIRE_VALUE_FAULT, 0), {0}, ERROR},
	{ARG_CHAR_BUF, STRING_VALUE("abc", 0, 3), {0}, "{\"bytes_arg\":\"YWJj\"}"},
	{ARG_CHAR_BUF, STRING_VALUE("abc", 0, 3), {true, 4}, "{\"bytes_arg\":\"YWJj\"}"},
	{ARG_CHAR_BUF, STRING_VALUE("abcd", 0, 4), {true, 8}, "{\"bytes_arg\":\"YWJjZA==\"}"},
	{ARG_CHAR_BUF,
	 STRING_VALUE("abcd", 0, 4),
	 {true, 7},
	 "{\"truncated_bytes_arg\":{\"bytes_arg\":\"YWJj\",\"orig_size\":\"4\"}}"},
	{ARG_CHAR_BUF, STRING_VALUE("abcd", 0, 4), {true, 3}, "{\"truncated_bytes_arg\":{\"orig_size\":\"4\"}}"},
	{ARG_CHAR_BUF,
	 STRING_VALUE("abcd", WIRE_VALUE_CUT, 9000),
	 {true, 4},
	 "{\"truncated_bytes_arg\":{\"bytes_arg\":\"YWJj\",\"orig_size\":\"9000\"}}"},
	{ARG_CHAR_BUF,
	 STRING_VALUE("abc", WIRE_VALUE_CUT, 9000),
	 {0},
	 "{\"truncated_bytes_arg\":{\"bytes_arg\":\"YWJj\",\"orig_size\":\"9000\"}}"},
	{ARG_CHAR_BUF, STRING_VALUE("", 0, 0), {true, 0}, "{\"bytes_arg\":\"\"}"},
	{ARG_FILE, PATH_VALUE("", 0, 0140777), {0}, "{\"file_arg\":{\"path\":\"/\",\"permission\":\"srwxrwxrwx\"}}"},
	{ARG_FILE,
	 PATH_VALUE("/a/b", 0, 0100644),
	 {true, 2},
	 "{\"file_arg\":{\"path\":\"/a\",\"permission\":\"-rw-r--r--\"}}"},
	{ARG_DENTRY, PATH_VALUE("/a/b", 0, 0100644), {true, 0}, "{\"path_arg\":{\"permission\":\"-rw-r--r--\"}}"},
};

static void test_texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(text_cases); i++) {
		const struct hook_arg_info info = {.type = text_cases[i].type};
		struct buffer buffer = new_buffer();

		args_json_append(&buffer, &info, &text_cases[i].value, &text_cases[i].how);
		CHECK_BYTES(storage, buffer.length, text_cases[i].wanted);
	}
}

static void test_lengths(void)
{
	const struct hook_arg_info string = {.type = ARG_STRING}, chars = {.type = ARG_CHAR_BUF},
				   file = {.type = ARG_FILE}, number = {.type = ARG_INT};
	const struct hook_value text = STRING_VALUE("a\"b", 0, 0), path = PATH_VALUE("/\x01", 0, 0);

	CHECK_EQ(args_json_length(&string, &text), 4);
	CHECK_EQ(args_json_length(&chars, &text), 4);
	CHECK_EQ(args_json_length(&file, &path), 7);
	CHECK_EQ(args_json_length(&number, &text), 0);
}

static void test_labels(void)
{
	static char long_label[300];
	struct hook_arg_info info = {.type = ARG_INT, .label = long_label};
	const struct hook_value value = {.kind = WIRE_VALUE_NUMBER};
	struct args_json how = {0};
	struct buffer buffer = new_buffer();

	memset(long_label, '"', sizeof(long_label) - 1);
	args_json_append(&buffer, &info, &value, &how);
	CHECK_EQ(buffer.length, strlen("{\"int_arg\":0,\"label\":\"\"}") + 2 * (sizeof(long_label) - 1));
	how.is_limited = true;
	buffer_reset(&buffer);
	args_json_append(&buffer, &info, &value, &how);
	CHECK_EQ(buffer.length, strlen("{\"int_arg\":0,\"label\":\"\"}") + 128);
	info.label = (char *)"";
	buffer_reset(&buffer);
	args_json_append(&buffer, &info, &value, &how);
	CHECK_BYTES(storage, buffer.length, "{\"int_arg\":0}");
}

static void test_arrays(void)
{
	const uint64_t numbers[] = {1, UINT64_MAX};
	const struct hook_arg_info info = {.type = ARG_CONST_BUF, .label = (char *)"a"};
	struct hook_value value = {.kind = WIRE_VALUE_NUMBERS, .bytes = {(const char *)numbers, sizeof(numbers)}};
	const struct args_json how = {0};
	struct buffer buffer = new_buffer();

	args_json_append(&buffer, &info, &value, &how);
	CHECK_BYTES(storage, buffer.length,
		    "{\"size_arg\":\"1\",\"label\":\"a\"},{\"size_arg\":\"18446744073709551615\",\"label\":\"a\"}");
	value.bytes.length = 0;
	CHECK(args_json_is_empty(&info, &value));
}

static void test_names(void)
{
	static const struct {
		enum name_kind kind;
		uint64_t number;
		const char *wanted;
	} cases[] = {
		{NAME_FAMILY, 0, "AF_UNSPEC"},
		{NAME_FAMILY, 10, "AF_INET6"},
		{NAME_FAMILY, 22, "22"},
		{NAME_FAMILY, 45, "AF_MCTP"},
		{NAME_FAMILY, 46, "46"},
		{NAME_SOCKET_TYPE, 0, "0"},
		{NAME_SOCKET_TYPE, 7, "SOCK_PACKET"},
		{NAME_PROTOCOL, 0, "IPPROTO_IP"},
		{NAME_PROTOCOL, 58, "58"},
		{NAME_PROTOCOL, 262, "IPPROTO_MPTCP"},
		{NAME_PROTOCOL, 263, "263"},
		{NAME_TCP_STATE, 12, "TCP_NEW_SYN_RECV"},
		{NAME_TCP_STATE, 0, "0"},
		{NAME_BPF_PROG_TYPE, 29, "BPF_PROG_TYPE_LSM"},
		{NAME_BPF_PROG_TYPE, 31, "BPF_PROG_TYPE_SYSCALL"},
		{NAME_BPF_PROG_TYPE, 32, "32"},
		{NAME_BPF_MAP_TYPE, 27, "BPF_MAP_TYPE_RINGBUF"},
		{NAME_BPF_MAP_TYPE, 30, "BPF_MAP_TYPE_BLOOM_FILTER"},
		{NAME_BPF_COMMAND, 28, "BPF_LINK_CREATE"},
		{NAME_PERF_TYPE, 5, "PERF_TYPE_BREAKPOINT"},
		{NAME_PERF_TYPE, 8, "8"},
		{NAME_ACTION, WIRE_ACTION_UNTRACKSOCK, "KPROBE_ACTION_UNTRACKSOCK"},
		{NAME_TAINT, 13, "TAINT_UNSIGNED_MODULE"},
		{NAME_FAMILY, UINT64_MAX, "18446744073709551615"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = new_buffer();
		uint64_t number = 4711;

		name_append(&buffer, cases[i].kind, cases[i].number);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
		CHECK_EQ(name_parse(cases[i].kind, cases[i].wanted, &number), cases[i].wanted[0] > '9');
		CHECK_EQ(number, cases[i].wanted[0] > '9' ? cases[i].number : 4711);
	}
}

static void test_addresses(void)
{
	static const struct {
		uint32_t family;
		uint8_t address[16];
		const char *wanted;
	} cases[] = {
		{2, {1, 2, 3, 4}, "1.2.3.4"},
		{2, {0}, "0.0.0.0"},
		{10, {0}, "::"},
		{10, {[15] = 1}, "::1"},
		{10, {0xfe, 0x80}, "fe80::"},
		{10, {[12] = 1, 2, 3, 4}, "::102:304"},
		{10, {[10] = 0xff, 0xff, 1, 2, 3, 4}, "::ffff:1.2.3.4"},
		{10, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, "2001:db8::1"},
		{10, {0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, "1:0:0:1::1"},
		{10, {0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1}, "1::1:0:0:1:1"}, /* the first of equals */
		{10, {0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7}, "1:0:2:3:4:5:6:7"},
		{10,
		 {0xab, 0xcd, 0x0a, 0xbc, 0, 0x12, 0, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		 "abcd:abc:12:3:ffff:ffff:ffff:ffff"},
		{1, {1, 2, 3, 4}, "invalid IP"},
		{0, {0}, "invalid IP"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = new_buffer();

		address_append(&buffer, cases[i].family, cases[i].address);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
	}
}

static void test_permissions(void)
{
	static const struct {
		uint32_t mode;
		const char *wanted;
	} cases[] = {
		{0100644, "-rw-r--r--"}, {0040755, "drwxr-xr-x"}, {0120777, "lrwxrwxrwx"}, {0020620, "crw--w----"},
		{0060660, "brw-rw----"}, {0010600, "prw-------"}, {0140777, "srwxrwxrwx"}, {0104755, "-rwsr-xr-x"},
		{0104644, "-rwSr--r--"}, {0102755, "-rwxr-sr-x"}, {0102644, "-rw-r-Sr--"}, {0041777, "drwxrwxrwt"},
		{0041776, "drwxrwxrwT"}, {0, "---------"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = new_buffer();

		permission_append(&buffer, cases[i].mode);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
	}
}

int main(void)
{
	RUN(test_numbers);
	RUN(test_what_was_not_read);
	RUN(test_texts);
	RUN(test_lengths);
	RUN(test_labels);
	RUN(test_arrays);
	RUN(test_names);
	RUN(test_addresses);
	RUN(test_permissions);
	return test_end();
}
