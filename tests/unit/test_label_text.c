// SPDX-License-Identifier: Apache-2.0
#include "core/policy/label_text.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

static void test_texts(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", "everything"},
		{" ", "everything"},
		{"app", "app"},
		{"!app", "!app"},
		{"app=web", "app=web"},
		{" app == web , tier!=front ", "app=web,tier!=front"},
		{"app=", "app="},
		{"app in (web, api),!old", "app in (web,api),!old"},
		{"k8s.io/app notin(a,b)", "k8s.io/app notin (a,b)"},
		{"a in ()", "a="},
		{"in in (in)", "in=in"},
	};
	char why[LABEL_TEXT_WHY_MAX], text[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = {.data = text, .capacity = sizeof(text)};
		struct label_selector selector = {0};

		CHECK_EQ(label_text_parse(cases[i].text, &selector, why), 0);
		label_selector_append_text(&buffer, &selector);
		CHECK_BYTES(text, buffer.length, cases[i].wanted);
		label_selector_done(&selector);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"=web", "a label's name has 1 to 317 bytes"},
		{"app,", "a label's name has 1 to 317 bytes"},
		{"app web", "\"app\" is followed by none of =, ==, !=, in and notin"},
		{"app>1", "\"app\" is followed by none of =, ==, !=, in and notin"},
		{"app in web", "( is missing behind the operator of \"app\""},
		{"app in (web", ") is missing behind the values of \"app\""},
		{"app=web tier=front", "what follows the condition on \"app\" is no comma"},
		{"!app=web", "what follows the condition on \"app\" is no comma"},
	};
	char why[LABEL_TEXT_WHY_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct label_selector selector = {0};

		CHECK_EQ(label_text_parse(cases[i].text, &selector, why), -EINVAL);
		CHECK_STR(why, cases[i].why);
		CHECK(!selector.is_given);
	}
}

static void test_bounds(void)
{
	char why[LABEL_TEXT_WHY_MAX], text[4 * LABEL_TEXT_CONDITIONS_MAX + 8] = "";
	struct label_selector selector = {0};
	size_t length = 0;

	for (size_t i = 0; i < LABEL_TEXT_CONDITIONS_MAX; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%sa", i ? "," : "");
	CHECK_EQ(label_text_parse(text, &selector, why), 0);
	label_selector_done(&selector);
	snprintf(text + length, sizeof(text) - length, ",a");
	CHECK_EQ(label_text_parse(text, &selector, why), -EINVAL);
	CHECK_STR(why, "more than 64 conditions");
}

int main(void)
{
	RUN(test_texts);
	RUN(test_refused);
	RUN(test_bounds);
	return test_end();
}
