// SPDX-License-Identifier: Apache-2.0
#include "core/policy/tree.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

static const struct policy_position nowhere;

static struct tree_node *scalar(struct tree *tree, const char *text, bool is_text)
{
	return tree_add_scalar(tree, text, strlen(text), is_text, nowhere);
}

static void test_scalar_types(void)
{
	static const struct {
		const char *text;
		enum tree_type type;
	} cases[] = {
		{"", TREE_NULL},         {"~", TREE_NULL},           {"null", TREE_NULL},    {"NULL", TREE_NULL},
		{"nul", TREE_STRING},    {"true", TREE_BOOL},        {"off", TREE_BOOL},     {"Yes", TREE_BOOL},
		{"yES", TREE_STRING},    {"y", TREE_STRING},         {"0", TREE_INTEGER},    {"-12", TREE_INTEGER},
		{"+0x1F", TREE_INTEGER}, {"0b10", TREE_INTEGER},     {"0o7", TREE_INTEGER},  {"0755", TREE_INTEGER},
		{"1_000", TREE_INTEGER}, {"_1", TREE_STRING},        {"0x", TREE_STRING},    {"-", TREE_STRING},
		{"1.5", TREE_FLOAT},     {".5", TREE_FLOAT},         {"5.", TREE_FLOAT},     {"1e9", TREE_FLOAT},
		{"-1.5E-3", TREE_FLOAT}, {".inf", TREE_FLOAT},       {".", TREE_STRING},     {"1e", TREE_STRING},
		{"1.2.3", TREE_STRING},  {"127.0.0.1", TREE_STRING}, {"1h", TREE_STRING},    {"a", TREE_STRING},
		{"e5", TREE_STRING},     {"::1", TREE_STRING},       {"10:20", TREE_STRING}, {"${A}", TREE_STRING},
	};
	struct tree *tree = tree_new();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum tree_type type = tree_scalar_type(scalar(tree, cases[i].text, false));

		if (type != cases[i].type)
			printf("%s:\n", cases[i].text);
		CHECK_EQ(type, cases[i].type);
		CHECK_EQ(tree_scalar_type(scalar(tree, cases[i].text, true)), TREE_STRING);
	}
	CHECK(tree_scalar_bool(scalar(tree, "ON", false)));
	CHECK(!tree_scalar_bool(scalar(tree, "No", false)));
	CHECK_EQ(tree_scalar_type(tree_add_scalar(tree, "1\0", 2, false, nowhere)), TREE_STRING);
	tree_free(tree);
}

static void test_find(void)
{
	struct tree *tree = tree_new();
	struct tree_node *mapping = tree_add(tree, TREE_MAPPING, nowhere);

	CHECK_EQ(tree_append(mapping, scalar(tree, "a", false), scalar(tree, "1", false)), 0);
	CHECK_EQ(tree_append(mapping, scalar(tree, "b", false), scalar(tree, "", false)), 0);
	CHECK_EQ(tree_append(mapping, scalar(tree, "c", false), scalar(tree, "", true)), 0);
	CHECK_EQ(tree_append(mapping, scalar(tree, "a", true), mapping->children[0].value), -EEXIST);
	CHECK(tree_is(tree_find(mapping, "a"), "1"));
	CHECK(!tree_find(mapping, "b")); /* null */
	CHECK(tree_find(mapping, "c"));
	CHECK(!tree_find(mapping, "d"));
	CHECK(!tree_find(NULL, "a"));
	CHECK(!tree_find(tree_find(mapping, "a"), "a"));
	CHECK_STR(tree_describe(mapping), "object");
	CHECK_STR(tree_describe(tree_find(mapping, "a")), "integer");
	tree_free(tree);
}

static void test_depth(void)
{
	struct tree *tree = tree_new();
	struct tree_node *node = scalar(tree, "x", false);

	for (int i = 1; i < TREE_DEPTH_MAX; i++) {
		struct tree_node *outer = tree_add(tree, TREE_SEQUENCE, nowhere);

		CHECK_EQ(tree_append(outer, NULL, node), 0);
		node = outer;
	}
	CHECK_EQ(node->height, TREE_DEPTH_MAX);
	CHECK_EQ(tree_append(tree_add(tree, TREE_SEQUENCE, nowhere), NULL, node), -ELOOP);
	tree_free(tree);
}

static void test_size(void)
{
	struct tree *tree = tree_new();
	struct tree_node *mapping = tree_add(tree, TREE_MAPPING, nowhere),
			 *big = tree_add(tree, TREE_SEQUENCE, nowhere);
	const struct tree_node *value = scalar(tree, "x", false);
	char key[16];

	for (int i = 0; i < TREE_KEYS_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		CHECK_EQ(tree_append(mapping, scalar(tree, key, false), value), 0);
	}
	CHECK_EQ(tree_append(mapping, scalar(tree, "one too many", false), value), -E2BIG);
	CHECK_EQ(mapping->weight, 1 + 2 * TREE_KEYS_MAX);
	/* the same node over and over counts as often */
	while (tree_append(big, NULL, mapping) == 0)
		;
	CHECK_EQ(big->count, (TREE_NODES_MAX - 1) / mapping->weight);
	CHECK_EQ(tree_append(big, NULL, mapping), -E2BIG);
	tree_free(tree);
	CHECK(!tree_free(NULL));
}

int main(void)
{
	RUN(test_scalar_types);
	RUN(test_find);
	RUN(test_depth);
	RUN(test_size);
	return test_end();
}
