/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an expression is made of: shared by its parser and by the machine that evaluates it. */
#include "core/filter/event_cel.h"

enum cel_base {
	CEL_OF_BOOL,
	CEL_OF_INT,
	CEL_OF_UINT,
	CEL_OF_STRING,
	CEL_OF_NULL,
	CEL_OF_LIST,
	CEL_OF_MAP,
	CEL_OF_OBJECT,
	CEL_OF_IP,
	CEL_OF_CIDR,
	CEL_OF_NOTHING, /* a type that expressions do not have */
};

struct cel_of {
	enum cel_base base;
	enum cel_base element;            /* of a list */
	bool is_nullable;                 /* a wrapped scalar */
	const struct event_field *object; /* of an object, or of a list's objects */
};

enum cel_do {
	CEL_DO_LITERAL,
	CEL_DO_LIST,     /* of literals and others: `args` */
	CEL_DO_MESSAGE,  /* `number`: which event */
	CEL_DO_VARIABLE, /* of exists() and all(): `number` is its level */
	CEL_DO_FIELD,    /* `field` of left */
	CEL_DO_HAS,      /* whether left has `field` */
	CEL_DO_INDEX,    /* left[right] */
	CEL_DO_NOT,
	CEL_DO_NEGATE,
	CEL_DO_AND,
	CEL_DO_OR,
	CEL_DO_CHOOSE, /* left ? right : third */
	CEL_DO_EQUAL,  /* the relations, in this order */
	CEL_DO_NOT_EQUAL,
	CEL_DO_LESS,
	CEL_DO_LESS_EQUAL,
	CEL_DO_GREATER,
	CEL_DO_GREATER_EQUAL,
	CEL_DO_IN,
	CEL_DO_ADD,
	CEL_DO_SUBTRACT,
	CEL_DO_MULTIPLY,
	CEL_DO_DIVIDE,
	CEL_DO_REMAINDER,
	CEL_DO_EXISTS, /* left: the list, right: the condition, `number`: the variable's level */
	CEL_DO_ALL,
	/* functions */
	CEL_DO_SIZE,
	CEL_DO_CONTAINS,
	CEL_DO_STARTS_WITH,
	CEL_DO_ENDS_WITH,
	CEL_DO_MATCHES, /* `regex` */
	CEL_DO_TO_INT,
	CEL_DO_TO_UINT,
	CEL_DO_TO_STRING,
	CEL_DO_IP,
	CEL_DO_IS_IP,
	CEL_DO_CIDR,
	CEL_DO_IS_CIDR,
	CEL_DO_CONTAINS_IP,
	CEL_DO_CONTAINS_CIDR,
	CEL_DO_FAMILY,
	CEL_DO_IS_LOOPBACK,
	CEL_DO_PREFIX_LENGTH,
};

#define CEL_NONE UINT16_MAX
#define CEL_LEVELS_MAX 4 /* of exists() and all() inside of each other */

struct cel_expr {
	enum cel_do what;
	struct cel_of type;
	uint16_t left, right, third; /* operands, as places in the expression, or CEL_NONE */
	uint16_t next;               /* of a list's elements, of which left is the first */
	uint64_t number;
	struct bytes text; /* a literal of type string, in event_cel.texts */
	const struct event_field *field;
	struct regex *regex; /* owned */
};

struct event_cel {
	const struct regex_engine *engine;
	uint32_t messages;
	bool uses_pods;
	char *texts; /* owned */
	uint16_t root;
	size_t count;
	struct cel_expr nodes[];
};
