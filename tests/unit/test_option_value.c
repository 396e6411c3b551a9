// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_value.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/types.h>

#include "test.h"

enum color {
	COLOR_RED,
	COLOR_GREEN,
	COLOR_BLUE,
};

struct values {
	bool is_on;
	char *name;
	enum color color;
	mode_t mode;
	uint64_t size;
	uint32_t count;
	uint64_t limit;
	uint64_t duration;
	struct option_rate rate;
	struct option_list list, texts;
};

static const char *const colors[] = {"red", "green", "blue", NULL};

/* clang-format off */
static const struct option_row rows[] = {
	{.name = "on", .kind = OPTION_BOOL, .offset = offsetof(struct values, is_on)},
	{.name = "name", .kind = OPTION_STRING, .offset = offsetof(struct values, name), .default_text = "joe"},
	{.name = "color", .kind = OPTION_ENUM, .offset = offsetof(struct values, color), .choices = colors,
	 .default_text = "blue"},
	{.name = "mode", .kind = OPTION_MODE, .offset = offsetof(struct values, mode), .default_text = "600"},
	{.name = "size", .kind = OPTION_SIZE, .offset = offsetof(struct values, size), .minimum = 64 << 10,
	 .maximum = 1 << 30, .default_text = "2M"},
	{.name = "any-size", .kind = OPTION_SIZE, .offset = offsetof(struct values, size), .maximum = UINT64_MAX},
	{.name = "count", .kind = OPTION_U32, .offset = offsetof(struct values, count), .minimum = 64,
	 .maximum = UINT32_MAX},
	{.name = "limit", .kind = OPTION_LIMIT, .offset = offsetof(struct values, limit), .maximum = 100,
	 .default_text = "-1"},
	{.name = "duration", .kind = OPTION_DURATION, .offset = offsetof(struct values, duration),
	 .minimum = 1000000000, .maximum = UINT64_MAX},
	{.name = "rate", .kind = OPTION_RATE, .offset = offsetof(struct values, rate)},
	{.name = "list", .kind = OPTION_LIST, .offset = offsetof(struct values, list), .default_text = "x,y"},
	{.name = "texts", .kind = OPTION_TEXTS, .offset = offsetof(struct values, texts)},
};
/* clang-format on */

static const struct option_table table = {.rows = rows, .count = ARRAY_SIZE(rows)};

static struct values values;
static struct option_error error;

static int set_bytes(const char *name, const char *text, size_t length)
{
	const struct option_row *row = option_table_find(&table, name, strlen(name));

	error.text[0] = '\0';
	return option_value_set(row, &values, text, length, "--flag", &error);
}

static int set(const char *name, const char *text)
{
	return set_bytes(name, text, strlen(text));
}

static void test_bool(void)
{
	static const char *const bad[] = {"", "yes", "on", "2", "truee", "tru", " true", "true "};

	CHECK_EQ(set("on", "true"), 0);
	CHECK(values.is_on);
	CHECK_EQ(set("on", "F"), 0);
	CHECK(!values.is_on);
	CHECK_EQ(set("on", "1"), 0);
	CHECK(values.is_on);
	CHECK_EQ(set("on", "False"), 0);
	CHECK(!values.is_on);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("on", bad[i]), -EINVAL);
	CHECK_STR(error.text, "--flag: \"true \" is not valid; it takes true or false");
}

static void test_string(void)
{
	CHECK_EQ(set("name", "a\nb"), 0);
	CHECK_STR(values.name, "a\nb");
	CHECK_EQ(set_bytes("name", "abc", 2), 0);
	CHECK_STR(values.name, "ab");
	CHECK_EQ(set_bytes("name", "a\0b", 3), -EINVAL);
	CHECK_STR(values.name, "ab");
	CHECK_EQ(set("name", ""), 0);
	CHECK_STR(values.name, "");
}

static void test_enum(void)
{
	CHECK_EQ(set("color", "red"), 0);
	CHECK_EQ(values.color, COLOR_RED);
	CHECK_EQ(set("color", "Green"), 0);
	CHECK_EQ(values.color, COLOR_GREEN);
	CHECK_EQ(set("color", "gree"), -EINVAL);
	CHECK_STR(error.text, "--flag: \"gree\" is not valid; it takes red, green or blue");
	CHECK_EQ(set("color", ""), -EINVAL);
	CHECK_EQ(values.color, COLOR_GREEN);
}

static void test_mode(void)
{
	static const char *const bad[] = {"", "8", "0o600", "-1", "1777", "u=rw", "6 0"};

	CHECK_EQ(set("mode", "0640"), 0);
	CHECK_EQ(values.mode, 0640);
	CHECK_EQ(set("mode", "777"), 0);
	CHECK_EQ(values.mode, 0777);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("mode", bad[i]), -EINVAL);
	CHECK_EQ(values.mode, 0777);
}

static void test_size(void)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {{"65536", 65536}, {"64k", 65536},  {"64K", 65536},  {"2M", 2 << 20},
		    {"3m", 3 << 20},  {"1G", 1 << 30}, {"1g", 1 << 30}, {"0000065536", 65536}};
	static const char *const bad[] = {"",       "k",   "65535", "63k", "2G",   "1073741825",
					  "1T",     "2MB", "-64k",  "2 M", "1.5M", "18446744073709551616",
					  "0x10000"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(set("size", good[i].text), 0);
		CHECK_EQ(values.size, good[i].size);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("size", bad[i]), -EINVAL);
	CHECK_EQ(values.size, 65536);
	CHECK_STR(error.text,
		  "--flag: \"0x10000\" is not valid; it takes a size from 64k to 1G: bytes, or with suffix k, M or G");
}

static void test_size_overflow(void)
{
	CHECK_EQ(set("any-size", "17179869183G"), 0);
	CHECK_EQ(values.size >> 30, 17179869183);
	CHECK_EQ(set("any-size", "17179869184G"), -EINVAL);
	CHECK_EQ(set("any-size", "18446744073709551615"), 0);
	CHECK(values.size == UINT64_MAX);
	CHECK_EQ(set("any-size", "18446744073709551615k"), -EINVAL);
}

static void test_rate(void)
{
	static const struct {
		const char *text;
		uint64_t count, interval_ns;
	} good[] = {{"1000,1s", 1000, 1000000000},
		    {"1,1ms", 1, 1000000},
		    {"1000000000,1h", 1000000000, 3600000000000},
		    {"", 0, 0},
		    {"5,1m30s", 5, 90000000000}};
	static const char *const bad[] = {"1000",       "1000,",    ",1s",          "0,1s",  "1000,0",
					  "1000,1",     "1000;1s",  "1000,1s,2s",   "-1,1s", "1000, 1s",
					  "1000,999us", "1000,61m", "1000000001,1s"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(set("rate", good[i].text), 0);
		CHECK_EQ(values.rate.count, good[i].count);
		CHECK_EQ(values.rate.interval_ns, good[i].interval_ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("rate", bad[i]), -EINVAL);
	CHECK_EQ(values.rate.count, 5);
	CHECK_STR(error.text, "--flag: \"1000000001,1s\" is not valid; it takes a number from 1 to 1000000000, a comma "
			      "and an interval from 1ms to 1h, like 1000,1s, or nothing for no limit");
}

static void test_duration(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {{"1s", 1000000000},
		    {"0", 0},
		    {"0s", 0},
		    {"1500ms", 1500000000},
		    {"1h30m", 5400000000000},
		    {"1s1ms1us1ns", 1001001001},
		    {"5124095h", 18446742000000000000U}};
	static const char *const bad[] = {"",    "1",    "s",     "1d",       "1 s",          "-1s",
					  "1s1", "1.5h", "999ms", "5124096h", "5124095h9999s"};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_EQ(set("duration", good[i].text), 0);
		CHECK(values.duration == good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("duration", bad[i]), -EINVAL);
	CHECK_STR(error.text, "--flag: \"5124095h9999s\" is not valid; it takes a duration like 90s, 15m or 24h, or 0");
}

static void test_u32(void)
{
	static const char *const bad[] = {"",    "63",  "4294967296", "64k",
					  "+64", "-64", "6 4",        "99999999999999999999999"};

	CHECK_EQ(set("count", "64"), 0);
	CHECK_EQ(values.count, 64);
	CHECK_EQ(set("count", "4294967295"), 0);
	CHECK_EQ(values.count, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("count", bad[i]), -EINVAL);
	CHECK_STR(error.text,
		  "--flag: \"99999999999999999999999\" is not valid; it takes a number from 64 to 4294967295");
	CHECK_EQ(values.count, UINT32_MAX);
}

static void test_texts(void)
{
	CHECK_EQ(set("texts", "f(a, b)"), 0);
	CHECK_EQ(set("texts", ","), 0);
	CHECK_EQ(values.texts.count, 2);
	CHECK_STR(values.texts.items[0], "f(a, b)");
	CHECK_STR(values.texts.items[1], ",");
	CHECK_EQ(set("texts", ""), -EINVAL);
	while (values.texts.count < OPTION_LIST_MAX)
		CHECK_EQ(set("texts", "z"), 0);
	CHECK_EQ(set("texts", "z"), -EINVAL);
	option_table_clear(&table, &values);
	CHECK(!values.texts.items);
}

static void test_list(void)
{
	option_table_clear(&table, &values);
	CHECK_EQ(set("list", ""), 0);
	CHECK_EQ(values.list.count, 0);
	CHECK_EQ(set("list", "a,bc"), 0);
	CHECK_EQ(set("list", "d"), 0);
	CHECK_EQ(values.list.count, 3);
	CHECK_STR(values.list.items[0], "a");
	CHECK_STR(values.list.items[1], "bc");
	CHECK_STR(values.list.items[2], "d");
	CHECK_EQ(set("list", ",a"), -EINVAL);
	CHECK_EQ(set("list", "a,,b"), -EINVAL);
	for (int i = 0; i < OPTION_LIST_MAX; i++)
		set("list", "z");
	CHECK_EQ(values.list.count, OPTION_LIST_MAX);
	CHECK_EQ(set("list", "z"), -EINVAL);
}

static void test_long_value_in_message(void)
{
	char text[300];

	memset(text, 'x', sizeof(text));
	text[1] = '\033';
	CHECK_EQ(set_bytes("count", text, sizeof(text)), -EINVAL);
	CHECK(strstr(error.text, "x?xxx") && strstr(error.text, "xxx\"... is not valid"));
	CHECK(strlen(error.text) < 200);
}

static void test_defaults(void)
{
	set("on", "true");
	CHECK_EQ(option_table_set_defaults(&table, &values), 0);
	CHECK(!values.is_on);
	CHECK_STR(values.name, "joe");
	CHECK_EQ(values.color, COLOR_BLUE);
	CHECK_EQ(values.mode, 0600);
	CHECK_EQ(values.count, 0);
	CHECK_EQ(values.list.count, 2);
	option_table_clear(&table, &values);
	CHECK(!values.name);
	CHECK(!values.list.items);
	CHECK_EQ(values.mode, 0);
}

static void test_suggest(void)
{
	static const struct {
		const char *name, *suggestion; /* NULL: none */
	} cases[] = {
		{"naem", "name"},
		{"nam", "name"},
		{"colour", "color"},
		{"any", "any-size"},
		{"any_size", "any-size"},
		{"coutn", "count"},
		{"sizes", "size"},
		{"zzz", NULL},
		{"", NULL},
		{"x", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *got = option_table_suggest(&table, cases[i].name, strlen(cases[i].name));

		CHECK_STR(got ? got : "(none)", cases[i].suggestion ? cases[i].suggestion : "(none)");
	}
}

static void test_limit(void)
{
	static const char *const bad[] = {"", "101", "-2", "-", "1.5", "many"};

	CHECK_EQ(set("limit", "0"), 0);
	CHECK_EQ(values.limit, 0);
	CHECK_EQ(set("limit", "100"), 0);
	CHECK_EQ(values.limit, 100);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(set("limit", bad[i]), -EINVAL);
	CHECK_EQ(values.limit, 100);
	CHECK_EQ(set("limit", "-1"), 0);
	CHECK(values.limit == OPTION_NO_LIMIT);
}

int main(void)
{
	RUN(test_limit);
	RUN(test_bool);
	RUN(test_string);
	RUN(test_enum);
	RUN(test_mode);
	RUN(test_size);
	RUN(test_size_overflow);
	RUN(test_duration);
	RUN(test_rate);
	RUN(test_u32);
	RUN(test_list);
	RUN(test_texts);
	RUN(test_long_value_in_message);
	RUN(test_defaults);
	RUN(test_suggest);
	return test_end();
}
