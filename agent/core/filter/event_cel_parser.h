/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of the parser of expressions share. */
#include "base/util.h"
#include "core/filter/event_cel_tree.h"

enum cel_token_kind {
	CEL_TOKEN_END,
	CEL_TOKEN_NUMBER,
	CEL_TOKEN_NAME,
	CEL_TOKEN_TEXT, /* with its quotes; `is_raw` as behind r */
	CEL_TOKEN_SIGN, /* all else: one or two characters */
};

struct cel_token {
	enum cel_token_kind kind;
	const char *text;
	size_t length;
	bool is_raw;
};

struct cel_variable {
	const char *name;
	size_t length;
	struct cel_of type;
};

struct cel_parser {
	const char *begin, *at, *end; /* at: behind the token */
	struct cel_token token;       /* the one that comes next */
	struct event_cel_error *error;
	bool is_wrong, is_out_of_memory; /* nothing that follows is of interest */
	unsigned int depth;
	struct cel_variable variables[CEL_LEVELS_MAX];
	size_t level;
	struct buffer texts; /* cel->texts */
	size_t *regexes_left;
	struct event_cel *cel; /* with room for EVENT_CEL_NODES_MAX */
};

#define CEL_WRONG 0 /* some node's place, so that callers can go on */

extern const char *const cel_base_names[];

/* The first error counts. Returns CEL_WRONG; `remedy` may be NULL. */
uint16_t cel_fail(struct cel_parser *parser, const char *at, const char *remedy, const char *problem, ...)
	PRINTF_LIKE(4, 5);
uint16_t cel_fail_memory(struct cel_parser *parser);
/* The next token is not what can be there. */
uint16_t cel_fail_unexpected(struct cel_parser *parser, const char *wanted);
/* Bytes of a name in messages. */
int cel_shown(size_t length);

void cel_advance(struct cel_parser *parser);
bool cel_token_is(const struct cel_token *token, const char *text);
bool cel_is_next(const struct cel_parser *parser, const char *text);
/* True, and it is gone, if it comes next. */
bool cel_take(struct cel_parser *parser, const char *text);
void cel_expect(struct cel_parser *parser, const char *text, const char *wanted);

struct cel_of cel_of(enum cel_base base);
struct cel_of cel_type_of(struct cel_parser *parser, uint16_t node);
/* Of a list's elements. */
struct cel_of cel_element_type(struct cel_of list);
bool cel_is_number(enum cel_base base);
void cel_check_base(struct cel_parser *parser, uint16_t node, enum cel_base wanted, const char *name, const char *at);
struct cel_expr *cel_node_at(struct cel_parser *parser, uint16_t node);
uint16_t cel_add_operation(struct cel_parser *parser, enum cel_do what, enum cel_base type, uint16_t left,
			   uint16_t right, const char *at);

uint16_t cel_parse_expression(struct cel_parser *parser);
/* The name and its parenthesis are gone; `receiver` is what stands before the dot, CEL_NONE where it is no method. */
uint16_t cel_parse_call(struct cel_parser *parser, uint16_t receiver, const struct cel_token *name);
/* has(x.y): the parenthesis is gone. */
uint16_t cel_parse_has(struct cel_parser *parser, const struct cel_token *name);
/* list.exists(v, condition), list.all(v, condition): the parenthesis is gone. */
uint16_t cel_parse_macro(struct cel_parser *parser, uint16_t list, const struct cel_token *name);
