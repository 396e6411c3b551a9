// SPDX-License-Identifier: Apache-2.0
#include "io/regex/re2.h"

#include <errno.h>
#include <stdlib.h>

#include "../unit/test.h"
#include "base/util.h"

static struct bytes bytes_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static struct regex *compile(const char *pattern)
{
	char why[REGEX_WHY_MAX] = "";
	struct regex *regex = NULL;

	CHECK_EQ(re2_engine.compile(pattern, strlen(pattern), &regex, why), 0);
	if (!regex)
		abort();
	return regex;
}

static void test_matches(void)
{
	static const struct {
		const char *pattern, *text;
		int matches;
	} cases[] = {
		{"curl", "/usr/bin/curl", 1},
		{"^curl", "/usr/bin/curl", 0},
		{"^/usr/bin/(curl|wget)$", "/usr/bin/wget", 1},
		{"", "", 1},
		{"a.c",
		 "a\xc3\xa9"
		 "c",
		 1}, /* a character, not a byte */
		{"(?i)CURL", "curl", 1},
		{"\\d+", "no", 0},
		{"^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct regex *regex = compile(cases[i].pattern);

		CHECK_EQ(re2_engine.matches(regex, bytes_of(cases[i].text)), cases[i].matches);
		re2_engine.free(regex);
	}
	re2_engine.free(NULL);
}

static void test_refused(void)
{
	static char long_pattern[REGEX_PATTERN_MAX + 2], groups[2 * (REGEX_GROUPS_MAX + 1) + 1];
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{"a(b", "missing ): a(b"},
		{"(?=a)", "invalid perl operator: (?="},
		{"((a{100}){100}){100}", "invalid repetition size: {100}"},
		{"(\\pL{500}x){2}", "pattern too large - compile failed"},
		{long_pattern, "longer than 4096 bytes"},
		{groups, "more than 32 capture groups"},
	};

	memset(long_pattern, 'a', sizeof(long_pattern) - 1);
	for (size_t i = 0; i <= REGEX_GROUPS_MAX; i++)
		memcpy(groups + 2 * i, "()", 2);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char why[REGEX_WHY_MAX] = "";
		struct regex *regex = NULL;

		CHECK_EQ(re2_engine.compile(cases[i].pattern, strlen(cases[i].pattern), &regex, why), -EINVAL);
		CHECK_STR(why, cases[i].why);
		CHECK(!regex);
	}
	long_pattern[REGEX_PATTERN_MAX] = '\0';
	re2_engine.free(compile(long_pattern));
}

static void test_find(void)
{
	struct regex *regex = compile("--(user|pass)=(\\S+)( -q)?");
	struct bytes text = bytes_of("x --user=me --pass=it");
	struct regex_span spans[REGEX_GROUPS_MAX + 1];

	CHECK_EQ(re2_engine.count_groups(regex), 3);
	CHECK_EQ(re2_engine.find(regex, text, 0, spans), 1);
	CHECK(spans[0].begin == 2 && spans[0].end == 11);
	CHECK(spans[1].begin == 4 && spans[1].end == 8);
	CHECK(spans[2].begin == 9 && spans[2].end == 11);
	CHECK(spans[3].begin == REGEX_NO_GROUP);
	CHECK_EQ(re2_engine.find(regex, text, spans[0].end, spans), 1);
	CHECK(spans[0].begin == 12 && spans[0].end == 21);
	CHECK_EQ(re2_engine.find(regex, text, spans[0].end, spans), 0);
	re2_engine.free(regex);
}

int main(void)
{
	RUN(test_matches);
	RUN(test_refused);
	RUN(test_find);
	return test_end();
}
