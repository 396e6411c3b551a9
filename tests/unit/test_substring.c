// SPDX-License-Identifier: Apache-2.0
/* The machine is run here as bpf/policy/substring.h does it, and against a search that is plain to see. */
#include "core/policy/substring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "test.h"

#define STRINGS_MAX 101

static struct policy_string strings[STRINGS_MAX];
static struct policy_values values = {.kind = VALUES_STRINGS, .strings = strings};

static void add(char *bytes, size_t length)
{
	strings[values.count++] = (struct policy_string){.bytes = bytes, .length = (uint32_t)length};
}

static void set(const char *const *texts)
{
	values.count = 0;
	for (; *texts; texts++)
		add((char *)*texts, strlen(*texts));
}

#define SET(...) set((const char *const[]){__VA_ARGS__, NULL})

static bool run(const struct substring_machine *machine, const char *subject, size_t length)
{
	uint32_t row = SUBSTRING_CLASS_BLOCKS;

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)subject[i], class;
		size_t block = byte / sizeof(machine->blocks->classes);

		class = machine->blocks[block].classes[byte % sizeof(machine->blocks->classes)];
		block = row + class / SUBSTRING_BLOCK_ROWS;
		CHECK(block >= SUBSTRING_CLASS_BLOCKS && block < machine->count);
		row = machine->blocks[block].next[class % SUBSTRING_BLOCK_ROWS];
		if (row == 0)
			return true;
	}
	return false;
}

static bool finds_any(const char *subject, size_t length, bool is_case_ignored)
{
	for (size_t i = 0; i < values.count; i++)
		for (size_t at = 0; at + strings[i].length <= length; at++)
			if (is_case_ignored ? strncasecmp(subject + at, strings[i].bytes, strings[i].length) == 0
					    : memcmp(subject + at, strings[i].bytes, strings[i].length) == 0)
				return true;
	return false;
}

static bool finds(const char *subject, bool is_case_ignored)
{
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	CHECK_EQ(substring_machine_make(&values, is_case_ignored, &machine), 0);
	return machine.blocks && run(&machine, subject, strlen(subject));
}

static void test_one(void)
{
	SET("needle");
	CHECK(finds("needle", false) && finds("a needle", false) && finds("needles", false));
	CHECK(!finds("", false) && !finds("needl", false) && !finds("nee dle", false) && !finds("NEEDLE", false));
	SET("a");
	CHECK(finds("bca", false) && !finds("bcd", false));
}

/* What was read may be the beginning of another string, or of the same one anew. */
static void test_overlaps(void)
{
	SET("aab");
	CHECK(finds("aaaab", false) && !finds("aaaacb", false));
	SET("abcabd");
	CHECK(finds("abcabcabd", false));
	SET("abcde", "bcx", "cd");
	CHECK(finds("abcx", false) && finds("abcd", false) && !finds("abce", false));
	SET("abcdefg", "cdex", "def");
	CHECK(finds("abcdefx", false) && finds("abcdex", false) && !finds("abcdey", false));
}

/* One begins with another, in either order, or is there twice. */
static void test_prefixes(void)
{
	SET("abc", "ab", "ab");
	CHECK(finds("xab", false) && !finds("xac", false));
	SET("ab", "abc");
	CHECK(finds("xab", false));
}

static void test_case(void)
{
	SET("MiD-é@[", "other");
	CHECK(finds("xmId-é@[", true) && finds("OTHER", true));
	CHECK(!finds("mid-É@[", true) && !finds("mid-é`[", true) && !finds("mid-é@{", true));
	CHECK(!finds("mid-é@[", false) && finds("MiD-é@[", false));
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % limit;
}

/* Few letters make for many beginnings of beginnings. */
static void test_random(void)
{
	static char text[STRINGS_MAX][8], subject[64];
	static const char letters[] = "abAB\xff";

	for (int round = 0; round < 20000; round++) {
		_cleanup_(substring_machine_done) struct substring_machine machine = {0};
		bool is_case_ignored = round & 1;
		uint32_t kinds = 2 + random_below(4);
		size_t length = random_below(sizeof(subject));

		values.count = 0;
		for (uint32_t i = random_below(6) + 1; i > 0; i--) {
			size_t bytes = 1 + random_below(7);

			for (size_t j = 0; j < bytes; j++)
				text[i][j] = letters[random_below(kinds)];
			add(text[i], bytes);
		}
		for (size_t j = 0; j < length; j++)
			subject[j] = letters[random_below(kinds)];
		CHECK_EQ(substring_machine_make(&values, is_case_ignored, &machine), 0);
		CHECK_EQ(run(&machine, subject, length), finds_any(subject, length, is_case_ignored));
	}
}

/* Rows of several blocks. */
static void test_many_classes(void)
{
	static char bytes[99], other[99];
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	for (int i = 0; i < 99; i++) {
		bytes[i] = (char)(1 + i);
		other[i] = (char)(100 + i);
	}
	values.count = 0;
	add(bytes, 99);
	add(other, 99);
	CHECK_EQ(substring_machine_make(&values, false, &machine), 0);
	/* the start, and 98 states of each; 199 classes are 13 blocks */
	CHECK_EQ(machine.count, SUBSTRING_CLASS_BLOCKS + 13 * (1 + 98 + 98));
	CHECK(run(&machine, other, 99) && run(&machine, bytes, 99));
	CHECK(!run(&machine, other, 98) && !run(&machine, bytes + 1, 98));
}

static void test_limits(void)
{
	static char bytes[100], all[256];
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	memset(bytes, 'x', sizeof(bytes));
	values.count = 0;
	CHECK_EQ(substring_machine_make(&values, false, &machine), -E2BIG);
	add(bytes, 100);
	CHECK_EQ(substring_machine_make(&values, false, &machine), -E2BIG);
	strings[0].length = 0;
	CHECK_EQ(substring_machine_make(&values, false, &machine), -E2BIG);
	values.count = 0;
	for (int i = 0; i < 101; i++)
		add(bytes, 99);
	CHECK_EQ(substring_machine_make(&values, false, &machine), -E2BIG);
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	values.count = 0;
	add(all, 99);
	add(all + 99, 99);
	add(all + 198, 58);
	CHECK_EQ(substring_machine_make(&values, false, &machine), -E2BIG);
	strings[2].length = 57;
	CHECK_EQ(substring_machine_make(&values, false, &machine), 0);
	CHECK(run(&machine, all + 198, 57) && !run(&machine, all + 199, 57));
}

static void test_capacity(void)
{
	CHECK_EQ(substring_capacity(5), 63);
	CHECK_EQ(substring_half(63), 31);
	CHECK(substring_half(substring_capacity(1000)) >= 1000);
	CHECK_EQ(substring_half(0), 0);
}

int main(void)
{
	RUN(test_one);
	RUN(test_overlaps);
	RUN(test_prefixes);
	RUN(test_case);
	RUN(test_random);
	RUN(test_many_classes);
	RUN(test_limits);
	RUN(test_capacity);
	return test_end();
}
