/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A document of YAML or JSON as a tree: mappings, sequences and scalars, each
 * with its place in the file. Bounded in depth and size; made by io/policy/yaml.h or by hand, read by parse.h.
 *
 * The tree owns its nodes (tree_free()). A node may be the child of several others, where the file
 * has aliases, but never of itself. Everything a document's nodes would be if each alias were a copy counts.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/policy.h"

enum {
	TREE_DEPTH_MAX = 32,
	TREE_NODES_MAX = 100000, /* with aliases expanded */
	TREE_KEYS_MAX = 1024,    /* of one mapping */
};

enum tree_kind {
	TREE_SCALAR,
	TREE_SEQUENCE,
	TREE_MAPPING,
};

/* What a scalar is by the rules of YAML 1.1, as Kubernetes reads it. */
enum tree_type {
	TREE_NULL,
	TREE_BOOL,
	TREE_INTEGER,
	TREE_FLOAT,
	TREE_STRING,
};

struct tree_node;

struct tree_child {
	const struct tree_node *key; /* a scalar; NULL in sequences */
	const struct tree_node *value;
};

struct tree_node {
	enum tree_kind kind;
	bool is_text; /* a scalar in quotes, of a block or tagged !!str: a string whatever it looks like */
	struct policy_position position;
	uint32_t height;      /* 1: a scalar, or nothing in it */
	uint32_t weight;      /* nodes, itself included, aliases expanded */
	size_t length, count; /* bytes of text; children */
	char *text;           /* scalars: owned, NUL-terminated beyond its length */
	struct tree_child *children;
	struct tree_node *next_owned; /* of the tree */
};

struct tree {
	struct tree_node *root; /* NULL: an empty document */
	struct tree_node *owned;
};

struct tree *tree_new(void); /* NULL: no memory */
struct tree *tree_free(struct tree *tree);

/* A node that belongs to the tree and is not yet in anything. NULL: no memory. `text` is copied. */
struct tree_node *tree_add_scalar(struct tree *tree, const char *text, size_t length, bool is_text,
				  struct policy_position position);
struct tree_node *tree_add(struct tree *tree, enum tree_kind kind, struct policy_position position);

/*
 * Puts a finished node into a sequence (key NULL) or a mapping. -EEXIST: the mapping
 * has the key; -E2BIG: too many nodes or keys; -ELOOP: too deep; -ENOMEM.
 */
int tree_append(struct tree_node *parent, const struct tree_node *key, const struct tree_node *value);

/* A scalar's type. */
enum tree_type tree_scalar_type(const struct tree_node *node);
/* The value of a scalar of type TREE_BOOL. */
bool tree_scalar_bool(const struct tree_node *node);
/* "a mapping", "a list", "null", "a string" ...: for messages. */
const char *tree_describe(const struct tree_node *node);
/* The value of a key; NULL if the node is no mapping, has no such key or the value is null. */
const struct tree_node *tree_find(const struct tree_node *node, const char *key);
/* A text that equals the scalar's; false for other kinds of nodes. */
bool tree_is(const struct tree_node *node, const char *text);
