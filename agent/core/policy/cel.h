/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Expressions of operator CelExpr: a small part of the Common Expression Language (github.com/google/cel-spec,
 * doc/langdef.md), which tests integer arguments. Parsed and type-checked here, made instructions of by glue_cel.c.
 *
 *     or       = and {"||" and}               bool
 *     and      = relation {"&&" relation}     bool
 *     relation = sum {OP sum}                 OP: == != < <= > >=; == and != of bools, too
 *     sum      = unary {("+" | "-") unary}
 *     unary    = {"!" | "-"} primary
 *     primary  = NUMBER | "true" | "false" | "argN" | FUNCTION "(" or {"," or} ")" | "(" or ")"
 *
 * Functions: int32(x) and uint32(x) convert integers and cut off what is too much; and(x, y), or(x, y), xor(x, y) and
 * not(x) work on their bits. Literals have 64 bits, with a sign unless `u` follows. Both operands are of the same type,
 * so a 32-bit argument is compared with int32(5). Arithmetic wraps around.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/types.h"

enum {
	CEL_TEXT_MAX = 4096,
	CEL_NODES_MAX = 256,
	CEL_DEPTH_MAX = 32,      /* of parentheses, functions and signs */
	CEL_TEMPORARIES_MAX = 8, /* values that wait while another one is computed: on the BPF stack */
};

enum cel_type {
	CEL_BOOL,
	CEL_INT32,
	CEL_UINT32,
	CEL_INT64,
	CEL_UINT64,
};

enum cel_kind {
	CEL_LITERAL,
	CEL_ARG,
	CEL_NOT,
	CEL_AND,
	CEL_OR,
	CEL_EQUAL, /* the relations, in this order */
	CEL_NOT_EQUAL,
	CEL_LESS,
	CEL_LESS_EQUAL,
	CEL_GREATER,
	CEL_GREATER_EQUAL,
	CEL_ADD,
	CEL_SUBTRACT,
	CEL_NEGATE,
	CEL_CONVERT, /* to the node's type */
	CEL_BIT_AND,
	CEL_BIT_OR,
	CEL_BIT_XOR,
	CEL_BIT_NOT,
};

struct cel_node {
	enum cel_kind kind;
	enum cel_type type;
	uint16_t left, right; /* operands, as places in the expression; unused ones are 0 */
	uint16_t temporaries; /* how many it needs */
	uint64_t value;       /* LITERAL: extended to 64 bits as its type says; ARG: the position in the hook's args */
};

struct cel_expression {
	char *text; /* owned; as it was written */
	size_t count;
	struct cel_node nodes[]; /* operands before what uses them; the last one is the whole, a bool */
};

/* What is wrong, and where: `column` counts the text's bytes from 1. An empty problem: it has been reported elsewhere.
 */
struct cel_error {
	size_t column;
	char problem[256], remedy[256];
};

/* The arguments that an expression can name. An argument of type ARG_TYPE_COUNT is wrong, which was reported. */
struct cel_args {
	const enum arg_type *types;
	size_t count;
};

/* 0, -ENOMEM, or -EINVAL with *ret_error filled. */
int cel_parse(const char *text, size_t length, const struct cel_args *args, struct cel_expression **ret,
	      struct cel_error *ret_error);
void cel_expression_free(struct cel_expression *expression); /* accepts NULL */

const struct cel_node *cel_root(const struct cel_expression *expression);
bool cel_is_relation(enum cel_kind kind);
bool cel_is_signed(enum cel_type type);
bool cel_uses_arg(const struct cel_expression *expression, size_t position);
