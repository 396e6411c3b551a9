// SPDX-License-Identifier: Apache-2.0
#include "core/policy/tree.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

struct tree *tree_new(void)
{
	return calloc(1, sizeof(struct tree));
}

struct tree *tree_free(struct tree *tree)
{
	if (!tree)
		return NULL;
	while (tree->owned) {
		struct tree_node *node = tree->owned;

		tree->owned = node->next_owned;
		free(node->text);
		free(node->children);
		free(node);
	}
	free(tree);
	return NULL;
}

struct tree_node *tree_add(struct tree *tree, enum tree_kind kind, struct policy_position position)
{
	struct tree_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->kind = kind;
	node->position = position;
	node->height = node->weight = 1;
	node->next_owned = tree->owned;
	tree->owned = node;
	return node;
}

struct tree_node *tree_add_scalar(struct tree *tree, const char *text, size_t length, bool is_text,
				  struct policy_position position)
{
	_cleanup_free_ char *copy = malloc(length + 1);
	struct tree_node *node;

	if (!copy)
		return NULL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	node = tree_add(tree, TREE_SCALAR, position);
	if (!node)
		return NULL;
	node->text = TAKE_PTR(copy);
	node->length = length;
	node->is_text = is_text;
	return node;
}

static bool tree_same_text(const struct tree_node *a, const struct tree_node *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static int tree_check_key(const struct tree_node *mapping, const struct tree_node *key)
{
	if (mapping->count >= TREE_KEYS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < mapping->count; i++) {
		if (tree_same_text(mapping->children[i].key, key))
			return -EEXIST;
	}
	return 0;
}

/* Room for one more child; the room doubles whenever the number of children is a power of two. */
static int tree_grow(struct tree_node *parent)
{
	struct tree_child *children;

	if (parent->count & (parent->count - 1))
		return 0;
	children = reallocarray(parent->children, parent->count ? 2 * parent->count : 1, sizeof(*children));
	if (!children)
		return -ENOMEM;
	parent->children = children;
	return 0;
}

int tree_append(struct tree_node *parent, const struct tree_node *key, const struct tree_node *value)
{
	uint32_t weight = value->weight + (key ? key->weight : 0);
	int r = key ? tree_check_key(parent, key) : 0;

	if (r < 0)
		return r;
	if (weight > TREE_NODES_MAX || parent->weight > TREE_NODES_MAX - weight)
		return -E2BIG;
	if (value->height >= TREE_DEPTH_MAX)
		return -ELOOP;
	r = tree_grow(parent);
	if (r < 0)
		return r;
	parent->children[parent->count++] = (struct tree_child){.key = key, .value = value};
	parent->weight += weight;
	parent->height = MAX(parent->height, value->height + 1);
	return 0;
}

static const char *const tree_nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const tree_trues[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", NULL};
static const char *const tree_falses[] = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", NULL};
static const char *const tree_special_floats[] = {".inf",  ".Inf",  ".INF", "+.inf", "+.Inf", "+.INF", "-.inf",
						  "-.Inf", "-.INF", ".nan", ".NaN",  ".NAN",  NULL};

static bool tree_is_one_of(const struct tree_node *node, const char *const *words)
{
	for (; *words; words++) {
		if (tree_is(node, *words))
			return true;
	}
	return false;
}

/* Digits of a base, at least one, with underscores between; the rest of the text. */
static const char *tree_skip_digits(const char *text, const char *digits)
{
	size_t length = strspn(text, digits);

	return length > 0 && text[0] != '_' ? text + length : NULL;
}

static bool tree_is_integer(const char *text)
{
	const char *rest;

	text += *text == '-' || *text == '+';
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		rest = tree_skip_digits(text + 2, "0123456789abcdefABCDEF_");
	else if (text[0] == '0' && (text[1] == 'o' || text[1] == 'O'))
		rest = tree_skip_digits(text + 2, "01234567_");
	else if (text[0] == '0' && (text[1] == 'b' || text[1] == 'B'))
		rest = tree_skip_digits(text + 2, "01_");
	else
		rest = tree_skip_digits(text, "0123456789_");
	return rest && *rest == '\0';
}

/* [-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)? */
static bool tree_is_float(const char *text)
{
	const char *digits = "0123456789_";
	size_t whole, fraction = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, digits);
	if (whole > 0 && text[0] == '_')
		return false;
	text += whole;
	if (*text == '.') {
		fraction = strspn(text + 1, digits);
		text += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		text = tree_skip_digits(text, "0123456789");
	}
	return text && *text == '\0';
}

enum tree_type tree_scalar_type(const struct tree_node *node)
{
	if (node->is_text || strlen(node->text) != node->length)
		return TREE_STRING;
	if (tree_is_one_of(node, tree_nulls))
		return TREE_NULL;
	if (tree_is_one_of(node, tree_trues) || tree_is_one_of(node, tree_falses))
		return TREE_BOOL;
	if (tree_is_integer(node->text))
		return TREE_INTEGER;
	if (tree_is_float(node->text) || tree_is_one_of(node, tree_special_floats))
		return TREE_FLOAT;
	return TREE_STRING;
}

bool tree_scalar_bool(const struct tree_node *node)
{
	return tree_is_one_of(node, tree_trues);
}

const char *tree_describe(const struct tree_node *node)
{
	static const char *const names[] = {
		[TREE_NULL] = "null",    [TREE_BOOL] = "boolean",  [TREE_INTEGER] = "integer",
		[TREE_FLOAT] = "number", [TREE_STRING] = "string",
	};

	if (node->kind == TREE_MAPPING)
		return "object";
	if (node->kind == TREE_SEQUENCE)
		return "array";
	return names[tree_scalar_type(node)];
}

bool tree_is(const struct tree_node *node, const char *text)
{
	return node && node->kind == TREE_SCALAR && node->length == strlen(text) &&
	       memcmp(node->text, text, node->length) == 0;
}

const struct tree_node *tree_find(const struct tree_node *node, const char *key)
{
	if (!node || node->kind != TREE_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->count; i++) {
		const struct tree_node *value = node->children[i].value;

		if (!tree_is(node->children[i].key, key))
			continue;
		return value->kind == TREE_SCALAR && tree_scalar_type(value) == TREE_NULL ? NULL : value;
	}
	return NULL;
}
