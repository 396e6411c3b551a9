/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Trees for tests from one line of text: {key: value, ...}, [item, ...], "a string" and bare words, which
 * are plain scalars. No escapes. Ends the program if the text is wrong.
 */
#include <assert.h>
#include <string.h>

#include "core/policy/tree.h"

static struct tree_node *tree_maker_node(struct tree *tree, const char **at);

static inline void tree_maker_skip(const char **at)
{
	*at += strspn(*at, " \t\n,");
}

static inline struct tree_node *tree_maker_scalar(struct tree *tree, const char **at)
{
	bool is_quoted = **at == '"';
	const char *start = *at + is_quoted;
	size_t length = strcspn(start, is_quoted ? "\"" : "{}[],: ");

	*at = start + length + is_quoted;
	return tree_add_scalar(tree, start, length, is_quoted, (struct policy_position){1, 1});
}

static inline struct tree_node *tree_maker_container(struct tree *tree, const char **at)
{
	bool is_mapping = **at == '{';
	struct tree_node *node =
		tree_add(tree, is_mapping ? TREE_MAPPING : TREE_SEQUENCE, (struct policy_position){1, 1});

	for (++*at, tree_maker_skip(at); **at != '}' && **at != ']'; tree_maker_skip(at)) {
		struct tree_node *key = NULL, *value;

		assert(**at);
		if (is_mapping) {
			key = tree_maker_scalar(tree, at);
			assert(**at == ':');
			++*at;
			tree_maker_skip(at);
		}
		value = tree_maker_node(tree, at);
		assert(tree_append(node, key, value) == 0);
	}
	++*at;
	return node;
}

static struct tree_node *tree_maker_node(struct tree *tree, const char **at)
{
	return **at == '{' || **at == '[' ? tree_maker_container(tree, at) : tree_maker_scalar(tree, at);
}

static inline struct tree *tree_make(const char *text)
{
	struct tree *tree = tree_new();

	tree->root = tree_maker_node(tree, &text);
	assert(*text == '\0');
	return tree;
}
