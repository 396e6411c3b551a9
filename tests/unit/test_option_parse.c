// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_parse.h"

#include <errno.h>
#include <stdbool.h>

#include "core/config/option_help.h"
#include "test.h"

#define ARGUMENTS_MAX 8

struct values {
	bool is_on;
	char *output;
	uint32_t count;
	struct option_list list, operands;
};

/* clang-format off */
static const struct option_row rows[] = {
	{.name = "on", .letter = 'n', .kind = OPTION_BOOL, .offset = offsetof(struct values, is_on), .group = "One",
	 .help = "Switch it on."},
	{.name = "output", .letter = 'o', .kind = OPTION_STRING, .offset = offsetof(struct values, output),
	 .group = "One", .placeholder = "FILE", .default_text = "out",
	 .help = "Where to write, which is explained here at such length that the text cannot but be wrapped"},
	{.name = "count", .kind = OPTION_U32, .offset = offsetof(struct values, count), .maximum = 100, .group = "Two",
	 .placeholder = "COUNT", .help = "How many"},
	{.name = "list-with-a-name-that-is-long", .kind = OPTION_LIST, .offset = offsetof(struct values, list),
	 .group = "Two", .placeholder = "ITEM,...", .default_text = "x", .help = "Which"},
};
/* clang-format on */

static const struct option_table table = {.command = "trigon test",
					  .synopsis = "[OPTION...]",
					  .summary = "Tests.",
					  .rows = rows,
					  .count = ARRAY_SIZE(rows)};

static struct values values;
static struct option_error error;
static uint64_t given;

/* `line` is split at spaces; `''` is an empty argument. */
static int parse(const char *line)
{
	char text[256], *arguments[ARGUMENTS_MAX] = {(char[]){"test"}}, *at = text;
	int count = 1;

	snprintf(text, sizeof(text), "%s", line);
	for (char *word; count < ARGUMENTS_MAX && (word = strsep(&at, " "));) {
		if (*word)
			arguments[count++] = strcmp(word, "''") == 0 ? word + 2 : word;
	}
	given = 0;
	error.text[0] = '\0';
	option_table_set_defaults(&table, &values);
	return option_parse(&table, count, arguments, &values, &given, &error);
}

static void test_nothing(void)
{
	CHECK_EQ(parse(""), 0);
	CHECK_EQ(given, 0);
	CHECK_STR(values.output, "out");
}

static void test_forms(void)
{
	static const char *const forms[] = {
		"--output file", "--output=file", "-o file", "-o=file", "-ofile", "--output x --output file",
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CHECK_EQ(parse(forms[i]), 0);
		CHECK_STR(values.output, "file");
		CHECK_EQ(given, 2);
	}
	CHECK_EQ(parse("--output="), 0);
	CHECK_STR(values.output, "");
	CHECK_EQ(parse("--output ''"), 0);
	CHECK_STR(values.output, "");
	CHECK_EQ(parse("--output --on"), 0); /* a value may look like a flag */
	CHECK_STR(values.output, "--on");
	CHECK_EQ(parse("--output=a=b"), 0);
	CHECK_STR(values.output, "a=b");
	CHECK_EQ(parse("-o -"), 0);
	CHECK_STR(values.output, "-");
}

static void test_bool(void)
{
	CHECK_EQ(parse("--on --count 3"), 0);
	CHECK(values.is_on);
	CHECK_EQ(values.count, 3);
	CHECK_EQ(given, 5);
	CHECK_EQ(parse("-n"), 0);
	CHECK(values.is_on);
	CHECK_EQ(parse("--on --on=false"), 0);
	CHECK(!values.is_on);
	CHECK_EQ(parse("-n=false"), 0);
	CHECK(!values.is_on);
	CHECK_EQ(given, 1);
}

static void test_list(void)
{
	CHECK_EQ(parse("--list-with-a-name-that-is-long a,b --list-with-a-name-that-is-long c"), 0);
	CHECK_EQ(values.list.count, 3); /* the default is replaced, then it grows */
	CHECK_STR(values.list.items[2], "c");
}

static void test_errors(void)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{"--outptu x", "unknown flag --outptu; did you mean --output?"},
		{"--outptu=x", "unknown flag --outptu; did you mean --output?"},
		{"-output", ""}, /* -o with the value "utput" */
		{"-count", "unknown flag -count; did you mean --count?"},
		{"--zzz", "unknown flag --zzz"},
		{"-z", "unknown flag -z"},
		{"-nx", "unknown flag -nx"},
		{"--", ""},
		{"-- --on", "unexpected argument \"--on\": it takes flags only"},
		{"x", "unexpected argument \"x\": it takes flags only"},
		{"-", "unexpected argument \"-\": it takes flags only"},
		{"--on false", "unexpected argument \"false\"; did you mean --on=false?"},
		{"--on=maybe", "--on: \"maybe\" is not valid; it takes true or false"},
		{"--on=", "--on: \"\" is not valid; it takes true or false"},
		{"--count", "--count needs a value: --count COUNT"},
		{"-o", "-o needs a value: -o FILE"},
		{"--count 101", "--count: \"101\" is not valid; it takes a number from 0 to 100"},
		{"--count=", "--count: \"\" is not valid; it takes a number from 0 to 100"},
		{"--=x", "unknown flag --"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_EQ(parse(cases[i].line), *cases[i].message ? -EINVAL : 0);
		CHECK_STR(error.text, cases[i].message);
	}
}

static void test_operands(void)
{
	const struct option_table with_operands = {.command = "trigon test",
						   .rows = rows,
						   .count = ARRAY_SIZE(rows),
						   .has_operands = true,
						   .operands_offset = offsetof(struct values, operands)};
	char *arguments[] = {(char[]){"test"}, (char[]){"a"}, (char[]){"--on"}, (char[]){"-"},
			     (char[]){"-o"},   (char[]){"x"}, (char[]){"--"},   (char[]){"--on=b"}};

	CHECK_EQ(option_parse(&with_operands, ARRAY_SIZE(arguments), arguments, &values, &given, &error), 0);
	CHECK_EQ(values.operands.count, 3);
	CHECK_STR(values.operands.items[0], "a");
	CHECK_STR(values.operands.items[1], "-");
	CHECK_STR(values.operands.items[2], "--on=b");
	CHECK_STR(values.output, "x");
	option_table_clear(&with_operands, &values);
	CHECK_EQ(values.operands.count, 0);
	for (int i = 0; i < OPTION_LIST_MAX; i++)
		CHECK_EQ(option_operand_add(&with_operands, &values, "x", &error), 0);
	CHECK_EQ(option_operand_add(&with_operands, &values, "x", &error), -EINVAL);
	CHECK_STR(error.text, "more than 256 arguments");
	option_table_clear(&with_operands, &values);
}

static void test_help_is_asked_for(void)
{
	CHECK_EQ(parse("--help"), OPTION_PARSE_HELP);
	CHECK_EQ(parse("-h --nonsense"), OPTION_PARSE_HELP);
	CHECK_EQ(parse("--on -h"), OPTION_PARSE_HELP);
	CHECK_EQ(parse("--nonsense -h"), -EINVAL);
	CHECK_EQ(parse("--output -h"), 0);
}

static void test_help_text(void)
{
	char text[4096];
	struct buffer buffer = {.data = text, .capacity = sizeof(text)};

	option_help_append(&table, &buffer);
	CHECK(!buffer.is_full);
	CHECK_BYTES(
		text, buffer.length,
		"Usage: trigon test [OPTION...]\n"
		"\n"
		"Tests.\n"
		"\n"
		"One:\n"
		"  -n, --on           Switch it on.\n"
		"  -o, --output FILE  Where to write, which is explained here at such length that the text cannot but\n"
		"                     be wrapped (default out)\n"
		"\n"
		"Two:\n"
		"      --count COUNT  How many\n"
		"      --list-with-a-name-that-is-long ITEM,...\n"
		"                     Which (default x)\n"
		"\n"
		"  -h, --help         Show this text.\n");
}

int main(void)
{
	RUN(test_nothing);
	RUN(test_forms);
	RUN(test_bool);
	RUN(test_list);
	RUN(test_errors);
	RUN(test_operands);
	RUN(test_help_is_asked_for);
	RUN(test_help_text);
	option_table_clear(&table, &values);
	return test_end();
}
