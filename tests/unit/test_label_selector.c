// SPDX-License-Identifier: Apache-2.0
#include "core/policy/label_selector.h"

#include <string.h>

#include "base/util.h"
#include "test.h"

/* "name=value" texts, ends with NULL. */
static bool find(const void *object, const char *key, struct bytes *ret_value)
{
	const char *const *labels = object;
	size_t length = strlen(key);

	for (; *labels; labels++) {
		if (strncmp(*labels, key, length) != 0 || (*labels)[length] != '=')
			continue;
		*ret_value = (struct bytes){.data = *labels + length + 1, .length = strlen(*labels + length + 1)};
		return true;
	}
	return false;
}

static void test_operators(void)
{
	static const char *const object[] = {"app=web", "empty=", NULL};
	static const char *const web[] = {"api", "web"}, *const other[] = {"api", "we", "webs"}, *const empty[] = {""};
	static const struct {
		const char *key;
		enum label_operator operator;
		const char *const *values;
		size_t count;
		bool matches;
	} cases[] = {
		{"app", LABEL_IN, web, 2, true},
		{"app", LABEL_IN, other, 3, false},
		{"none", LABEL_IN, web, 2, false},
		{"empty", LABEL_IN, empty, 1, true},
		{"app", LABEL_IN, empty, 1, false},
		{"app", LABEL_NOT_IN, web, 2, false},
		{"app", LABEL_NOT_IN, other, 3, true},
		{"none", LABEL_NOT_IN, web, 2, true},
		{"app", LABEL_EXISTS, NULL, 0, true},
		{"ap", LABEL_EXISTS, NULL, 0, false},
		{"empty", LABEL_EXISTS, NULL, 0, true},
		{"app", LABEL_DOES_NOT_EXIST, NULL, 0, false},
		{"none", LABEL_DOES_NOT_EXIST, NULL, 0, true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct label_selector selector = {0};

		CHECK(label_selector_matches(&selector, find, object));
		CHECK_EQ(
			label_selector_add(&selector, cases[i].key, cases[i].operator, cases[i].values, cases[i].count),
			0);
		CHECK_EQ(label_selector_matches(&selector, find, object), cases[i].matches);
		/* all conditions must hold */
		CHECK_EQ(label_selector_add(&selector, "none", LABEL_EXISTS, NULL, 0), 0);
		CHECK(!label_selector_matches(&selector, find, object));
		label_selector_done(&selector);
	}
}

static void test_copy(void)
{
	static const char *const one[] = {"web"}, *const two[] = {"a", "b"};
	struct label_selector selector = {0}, copy = {0}, all = {.is_given = true};
	char text[128];
	struct buffer buffer = {.data = text, .capacity = sizeof(text)};

	CHECK_EQ(label_selector_add(&selector, "app", LABEL_IN, one, 1), 0);
	CHECK_EQ(label_selector_add(&selector, "tier", LABEL_NOT_IN, two, 2), 0);
	CHECK_EQ(label_selector_add(&selector, "old", LABEL_DOES_NOT_EXIST, NULL, 0), 0);
	CHECK_EQ(label_selector_add(&selector, "new", LABEL_EXISTS, NULL, 0), 0);
	CHECK(!label_selector_is_equal(&selector, &copy));
	CHECK(!label_selector_is_equal(&all, &copy));
	CHECK_EQ(label_selector_copy(&selector, &copy), 0);
	CHECK(label_selector_is_equal(&selector, &copy));
	copy.requirements[1].values[1][0] = 'c';
	CHECK(!label_selector_is_equal(&selector, &copy));
	label_selector_append_text(&buffer, &copy);
	CHECK_EQ(buffer.length, strlen("app=web,tier notin (a,c),!old,new"));
	CHECK(memcmp(text, "app=web,tier notin (a,c),!old,new", buffer.length) == 0);
	buffer_reset(&buffer);
	label_selector_append_text(&buffer, &all);
	CHECK(buffer.length == strlen("everything") && memcmp(text, "everything", buffer.length) == 0);
	label_selector_done(&selector);
	label_selector_done(&copy);
}

int main(void)
{
	RUN(test_operators);
	RUN(test_copy);
	return test_end();
}
