// SPDX-License-Identifier: Apache-2.0
#include "core/process/arguments.h"

#include "base/util.h"
#include "test.h"

struct argument_case {
	struct bytes argv;
	const char *wanted;
};
/* A literal brings a NUL of its own: CASE has it, CUT has not. */
#define CASE(argv, wanted) \
	{ \
		{(argv), sizeof(argv)}, (wanted) \
	}
#define CUT(argv, wanted) \
	{ \
		{(argv), sizeof(argv) - 1}, (wanted) \
	}

static const struct argument_case cases[] = {
	CUT("", ""),
	CASE("", ""),
	CUT("curl", ""),
	CASE("curl", ""),
	CASE("curl\0https://ebpf.io", "https://ebpf.io"),
	CUT("curl\0https://ebpf.io", "https://ebpf.io"),
	CASE("ls\0-l\0/tmp", "-l /tmp"),
	CASE("curl\0http://a b", " \"http://a b\""), /* the leading space */
	CASE("sh\0-c\0echo hi", "-c \"echo hi\""),
	CUT("sh\0-c\0echo hi", "-c \"echo hi\""),
	CASE("sh\0-c\0echo \"hi\"", "-c \"echo \"hi\"\""), /* inner quotes are left alone */
	CASE("sh\0a b\0c d", " \"a b\" \"c d\""),
	CASE("x\0 ", " \" \""),
	CASE("x\0\ty", "\ty"), /* only a space counts */
	CASE("x\0a\nb", "a\nb"),
	CASE("x\0", ""),     /* one empty argument */
	CASE("x\0\0a", "a"), /* empty first ones disappear */
	CASE("x\0\0\0a", "a"),
	CASE("x\0\0a b", " \"a b\""),
	CASE("x\0a\0\0b", "a  b"), /* later ones leave their space */
	CASE("x\0a\0", "a "),
	CASE("x\0a\0\0", "a  "),
	CASE("\0a", "a"),    /* empty argv[0] */
	CASE("a b\0c", "c"), /* argv[0] does not count */
	CASE("x\0\xFF\xFE", "\xFF\xFE"),
};

static void test_join(void)
{
	char storage[64];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = {.data = storage, .capacity = ARGUMENTS_JOINED_MAX(cases[i].argv.length)};

		arguments_append(&buffer, cases[i].argv);
		CHECK(!buffer.is_full);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
	}
}

static void test_nothing(void)
{
	struct buffer buffer = {0};

	arguments_append(&buffer, (struct bytes){NULL, 0});
	CHECK(!buffer.is_full);
}

/* The bound of ARGUMENTS_JOINED_MAX is reached and never passed. */
static void test_worst_case(void)
{
	char argv[1000], storage[ARGUMENTS_JOINED_MAX(sizeof(argv))];

	for (size_t length = 0; length <= sizeof(argv); length++) {
		struct buffer buffer = {.data = storage, .capacity = ARGUMENTS_JOINED_MAX(length)};

		for (size_t i = 0; i < length; i++)
			argv[i] = i % 2 ? ' ' : '\0';
		arguments_append(&buffer, (struct bytes){argv, length});
		CHECK(!buffer.is_full);
	}
}

static void test_after_other_bytes(void)
{
	char storage[16];
	struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

	buffer_append_literal(&buffer, "x");
	arguments_append(&buffer, (struct bytes){"ls\0-l", 5});
	CHECK_BYTES(storage, buffer.length, "x-l");
}

static void test_no_room(void)
{
	char storage[4];
	struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

	arguments_append(&buffer, (struct bytes){"ls\0-la\0x\0y", 10});
	CHECK(buffer.is_full);
	CHECK_BYTES(storage, buffer.length, "-la ");
}

int main(void)
{
	RUN(test_join);
	RUN(test_nothing);
	RUN(test_worst_case);
	RUN(test_after_other_bytes);
	RUN(test_no_room);
	return test_end();
}
