// SPDX-License-Identifier: Apache-2.0
#include "core/policy/hook_info.h"

#include <stdlib.h>
#include <string.h>

#include "core/policy/quote.h"
#include "test.h"

#define SECOND 1000000000ull

static struct hook_info *new_info(const char *name)
{
	struct hook_info *info = calloc(1, sizeof(*info));

	info->policy_name = strdup(name);
	info->tag_count = 1;
	info->tags[0] = strdup("tag");
	info->arg_count = 1;
	info->args[0].label = strdup("label");
	return info;
}

static void test_publish_and_find(void)
{
	struct hook_table *table = hook_table_new();
	uint32_t first = hook_table_publish(table, new_info("a"));
	uint32_t second = hook_table_publish(table, new_info("b"));

	CHECK(first && second && first != second);
	CHECK_STR(hook_table_find(table, first)->policy_name, "a");
	CHECK_STR(hook_table_find(table, second)->policy_name, "b");
	CHECK(!hook_table_find(table, 0));
	CHECK(!hook_table_find(table, second + 1));
	CHECK(!hook_table_find(table, HOOK_NUMBER_MAX));
	CHECK(!hook_table_find(table, HOOK_NUMBER_MAX + 1));
	CHECK(!hook_table_find(table, UINT32_MAX));
	CHECK(!hook_table_free(table));
	CHECK(!hook_table_free(NULL));
	hook_info_free(NULL);
}

static void test_withdrawn_stays_for_a_while(void)
{
	struct hook_table *table = hook_table_new();
	uint32_t number = hook_table_publish(table, new_info("a")), other = hook_table_publish(table, new_info("b"));

	hook_table_withdraw(table, number, 100 * SECOND);
	CHECK_STR(hook_table_find(table, number)->policy_name, "a");
	hook_table_collect(table, 100 * SECOND + HOOK_GRACE_NS);
	CHECK(hook_table_find(table, number));
	hook_table_collect(table, 99 * SECOND); /* a clock that is behind frees nothing */
	CHECK(hook_table_find(table, number));
	hook_table_collect(table, 100 * SECOND + HOOK_GRACE_NS + 1);
	CHECK(!hook_table_find(table, number));
	CHECK_STR(hook_table_find(table, other)->policy_name, "b");
	hook_table_free(table);
}

static void test_numbers_are_used_again_only_after_collect(void)
{
	struct hook_table *table = hook_table_new();
	struct hook_info *one_more = new_info("one more");
	uint32_t last = 0;

	for (uint32_t i = 1; i <= HOOK_NUMBER_MAX; i++) {
		last = hook_table_publish(table, new_info("x"));
		if (last != i) {
			CHECK_EQ(last, i);
			break;
		}
	}
	CHECK_EQ(last, HOOK_NUMBER_MAX);
	CHECK_EQ(hook_table_publish(table, one_more), 0);
	hook_table_withdraw(table, 5, 0); /* at time 0, too */
	CHECK_EQ(hook_table_publish(table, one_more), 0);
	hook_table_collect(table, HOOK_GRACE_NS + 2);
	CHECK_EQ(hook_table_publish(table, one_more), 5);
	CHECK_STR(hook_table_find(table, 5)->policy_name, "one more");
	hook_table_free(table);
}

/* The number that was freed last is not the next one in use. */
static void test_numbers_rest(void)
{
	struct hook_table *table = hook_table_new();
	uint32_t first = hook_table_publish(table, new_info("a"));

	hook_table_withdraw(table, first, SECOND);
	hook_table_collect(table, 2 * SECOND + HOOK_GRACE_NS);
	CHECK(!hook_table_find(table, first));
	CHECK(hook_table_publish(table, new_info("b")) != first);
	hook_table_free(table);
}

/* A list of functions has numbers in a row, and one info. */
static struct hook_info *new_list(const char *name, size_t count)
{
	struct hook_info *info = new_info(name);
	char function[32];

	info->functions = calloc(count, sizeof(*info->functions));
	for (; info->function_count < count; info->function_count++) {
		snprintf(function, sizeof(function), "%s_%zu", name, info->function_count);
		info->functions[info->function_count] = strdup(function);
	}
	return info;
}

static const char *function_of(const struct hook_table *table, uint32_t number)
{
	const struct hook_info *info = hook_table_find(table, number);

	return info ? hook_info_function(info, hook_table_function(table, number)) : NULL;
}

static void test_lists(void)
{
	struct hook_table *table = hook_table_new();
	struct hook_info *single = new_info("single");
	uint32_t list, number;

	single->function_name = strdup("f");
	list = hook_table_publish(table, new_list("list", 3));
	number = hook_table_publish(table, single);
	CHECK_EQ(number, list + 3);
	CHECK_STR(function_of(table, list), "list_0");
	CHECK_STR(function_of(table, list + 2), "list_2");
	CHECK_STR(function_of(table, number), "f");
	CHECK_EQ(hook_table_function(table, number), 0);
	CHECK(!hook_info_function(hook_table_find(table, list), 3));
	hook_table_withdraw(table, list, SECOND);
	CHECK_STR(function_of(table, list + 2), "list_2");
	hook_table_collect(table, 2 * SECOND + HOOK_GRACE_NS);
	for (uint32_t i = 0; i < 3; i++)
		CHECK(!hook_table_find(table, list + i));
	CHECK_STR(function_of(table, number), "f");
	hook_table_free(table);
}

/* Numbers in a row, and all of the table's: one less is too few. */
static void test_lists_need_a_row(void)
{
	struct hook_table *table = hook_table_new();
	struct hook_info *last = new_list("last", 2);
	uint32_t first = hook_table_publish(table, new_list("first", 10));
	uint32_t second = hook_table_publish(table, new_info("second"));

	CHECK_EQ(hook_table_publish(table, new_list("rest", HOOK_NUMBER_MAX - 12)), 12);
	CHECK_EQ(hook_table_publish(table, last), 0); /* one is free, at the end */
	hook_table_withdraw(table, second, SECOND);
	hook_table_collect(table, 2 * SECOND + HOOK_GRACE_NS);
	CHECK_EQ(hook_table_publish(table, last), 0); /* two are free, apart */
	hook_table_withdraw(table, first, SECOND);
	hook_table_collect(table, 2 * SECOND + HOOK_GRACE_NS);
	CHECK_EQ(hook_table_publish(table, last), first);
	hook_table_free(table);
}

static void test_quote(void)
{
	static const struct {
		const char *text;
		size_t length;
		const char *wanted;
	} cases[] = {
		{"", 0, ""},
		{"plain text", 10, "plain text"},
		{"a\"b\\c", 5, "a\\\"b\\\\c"},
		{"\n\t\x1b\0", 4, "\\n\\t\\x1b\\x00"},
		{"caf\xc3\xa9", 5, "caf\xc3\xa9"},
		{"caf\xc3\xa9", 4, "caf\\xc3"}, /* cut in a character */
		{"\xe2\x80\xae", 3, "\\u202e"},
		{"\x01\x01\x01", 3, "\\x01\\x01\\x01"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *quoted = quote_new(cases[i].text, cases[i].length);

		CHECK_STR(quoted, cases[i].wanted);
		free(quoted);
	}
}

int main(void)
{
	RUN(test_publish_and_find);
	RUN(test_withdrawn_stays_for_a_while);
	RUN(test_numbers_are_used_again_only_after_collect);
	RUN(test_numbers_rest);
	RUN(test_lists);
	RUN(test_lists_need_a_row);
	RUN(test_quote);
	return test_end();
}
