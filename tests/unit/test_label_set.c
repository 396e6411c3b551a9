// SPDX-License-Identifier: Apache-2.0
#include "core/kube/label_set.h"

#include <string.h>

#include "core/policy/label_selector.h"
#include "test.h"

#define BYTES(literal) \
	{ \
		.data = (literal), .length = sizeof(literal) - 1 \
	}
#define LABEL(key_text, value_text) \
	{ \
		.key = BYTES(key_text), .value = BYTES(value_text) \
	}

static const struct kube_label_fields labels[] = {LABEL("a", "1"), LABEL("ab", ""), LABEL("b", "12")};

static void test_find(void)
{
	struct label_set *set = label_set_new(labels, 3), *none = label_set_new(NULL, 0);
	struct bytes value = {0};

	CHECK(label_set_find(set, "a", &value));
	CHECK_BYTES(value.data, value.length, "1");
	CHECK(label_set_find(set, "ab", &value));
	CHECK_EQ(value.length, 0);
	CHECK(label_set_find(set, "b", &value));
	CHECK_BYTES(value.data, value.length, "12");
	CHECK(!label_set_find(set, "", &value));
	CHECK(!label_set_find(set, "abb", &value));
	CHECK(!label_set_find(none, "a", &value));
	label_set_free(set);
	label_set_free(none);
}

/* Where one text ends and the next one begins is part of it. */
static void test_equality(void)
{
	static const struct kube_label_fields others[][3] = {
		{LABEL("a", "1"), LABEL("ab", ""), LABEL("b", "13")},
		{LABEL("a", "1"), LABEL("a", "b"), LABEL("b", "12")},
		{LABEL("a", "1a"), LABEL("b", ""), LABEL("b", "12")},
	};
	struct label_set *set = label_set_new(labels, 3), *same = label_set_new(labels, 3),
			 *less = label_set_new(labels, 2);

	CHECK(label_set_is_equal(set, same));
	CHECK(!label_set_is_equal(set, less));
	CHECK(!label_set_is_equal(set, NULL) && !label_set_is_equal(NULL, set) && label_set_is_equal(NULL, NULL));
	for (size_t i = 0; i < 3; i++) {
		struct label_set *other = label_set_new(others[i], 3);

		CHECK(!label_set_is_equal(set, other));
		label_set_free(other);
	}
	label_set_free(set);
	label_set_free(same);
	label_set_free(less);
}

static void test_bound(void)
{
	static struct kube_label_fields many[LABEL_SET_COUNT_MAX + 1];
	struct label_set *set = label_set_new(many, LABEL_SET_COUNT_MAX);

	CHECK(set);
	CHECK(!label_set_new(many, LABEL_SET_COUNT_MAX + 1));
	label_set_free(set);
}

int main(void)
{
	RUN(test_find);
	RUN(test_equality);
	RUN(test_bound);
	return test_end();
}
