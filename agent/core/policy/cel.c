// SPDX-License-Identifier: Apache-2.0
#include "core/policy/cel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/cel_letters.h"

#define SHOWN 64 /* bytes of a name in messages */

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_NAME,
	TOKEN_SIGN, /* all else: one or two characters */
};

struct token {
	enum token_kind kind;
	const char *text;
	size_t length;
};

struct parser {
	const char *begin, *at, *end; /* at: behind the token */
	struct token token;           /* the one that comes next */
	const struct cel_args *args;
	struct cel_error *error;
	bool is_wrong; /* the error is filled: nothing that follows is of interest */
	unsigned depth;
	size_t count;
	struct cel_node nodes[CEL_NODES_MAX];
};

static const char *const type_names[] = {
	[CEL_BOOL] = "bool",   [CEL_INT32] = "int32",   [CEL_UINT32] = "uint32",
	[CEL_INT64] = "int64", [CEL_UINT64] = "uint64",
};

static uint16_t parse_or(struct parser *parser);

/* --- errors */

/* The first one counts. Returns the place of some node, so that callers can go on. */
static uint16_t fail(struct parser *parser, const char *at, const char *remedy, const char *problem, ...)
	PRINTF_LIKE(4, 5);
static uint16_t fail(struct parser *parser, const char *at, const char *remedy, const char *problem, ...)
{
	va_list arguments;

	if (parser->is_wrong)
		return 0;
	parser->is_wrong = true;
	parser->error->column = (size_t)(at - parser->begin) + 1;
	snprintf(parser->error->remedy, sizeof(parser->error->remedy), "%s", remedy ? remedy : "");
	va_start(arguments, problem);
	vsnprintf(parser->error->problem, sizeof(parser->error->problem), problem, arguments);
	va_end(arguments);
	return 0;
}

/* --- tokens */

static void advance(struct parser *parser)
{
	const char *at = parser->at;

	while (at < parser->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	parser->token = (struct token){.kind = TOKEN_END, .text = at};
	if (at < parser->end && (cel_is_digit(*at) || cel_is_letter(*at))) {
		parser->token.kind = cel_is_digit(*at) ? TOKEN_NUMBER : TOKEN_NAME;
		while (at < parser->end && (cel_is_digit(*at) || cel_is_letter(*at)))
			at++;
	} else if (at < parser->end) {
		parser->token.kind = TOKEN_SIGN;
		at += cel_sign_length(at, parser->end);
	}
	parser->token.length = (size_t)(at - parser->token.text);
	parser->at = at;
}

static bool is_token(const struct parser *parser, const char *text)
{
	return parser->token.kind != TOKEN_END && parser->token.length == strlen(text) &&
	       memcmp(parser->token.text, text, parser->token.length) == 0;
}

/* True, and it is gone, if it comes next. */
static bool take(struct parser *parser, const char *text)
{
	if (!is_token(parser, text))
		return false;
	advance(parser);
	return true;
}

/* What the language has and this part of it has not. */
static const struct {
	const char *token, *what, *remedy;
} refused[] = {
	{"*", "operator *", "write sums"},
	{"/", "operator /", "use another operator in matchArgs"},
	{"%", "operator %", "and(x, 7u) is the rest of a division by 8"},
	{"?", "the conditional operator ?:", "write a && b || !a && c"},
	{"in", "operator in", "write x == 1 || x == 2"},
	{".", "access to fields and methods", "name a whole argument: arg0"},
	{"[", "lists and indices", "write x == 1 || x == 2"},
	{"{", "maps", "leave them out"},
	{"\"", "text", "use Equal, Prefix, Postfix or SubString in matchArgs"},
	{"'", "text", "use Equal, Prefix, Postfix or SubString in matchArgs"},
	{"null", "null", "leave it out"},
	{"&", "operator &", "write && for conditions, and(x, y) for bits"},
	{"|", "operator |", "write || for conditions, or(x, y) for bits"},
	{"^", "operator ^", "write xor(x, y)"},
	{"~", "operator ~", "write not(x)"},
	{"=", "operator =", "write =="},
};

/* The next token is not what can be there. */
static uint16_t fail_unexpected(struct parser *parser, const char *wanted)
{
	const struct token *token = &parser->token;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (is_token(parser, refused[i].token))
			return fail(parser, token->text, refused[i].remedy, "not supported: %s", refused[i].what);
	if (token->kind == TOKEN_END)
		return fail(parser, token->text, NULL, "it ends where %s is missing", wanted);
	if ((unsigned char)*token->text <= ' ' || (unsigned char)*token->text >= 0x7f)
		return fail(parser, token->text, NULL, "character 0x%02x is in the place of %s",
			    (unsigned char)*token->text, wanted);
	return fail(parser, token->text, NULL, "%.*s is in the place of %s", (int)MIN(token->length, (size_t)SHOWN),
		    token->text, wanted);
}

/* --- nodes */

static uint16_t add_node(struct parser *parser, struct cel_node node, const char *at)
{
	if (parser->is_wrong)
		return 0;
	if (node.temporaries > CEL_TEMPORARIES_MAX)
		return fail(parser, at, "put what is in parentheses on the left",
			    "more than %d values wait for those on their right", CEL_TEMPORARIES_MAX);
	if (parser->count == CEL_NODES_MAX)
		return fail(parser, at, "use several expressions: all of a selector have to hold",
			    "more than %d operators and operands", CEL_NODES_MAX);
	parser->nodes[parser->count] = node;
	return (uint16_t)parser->count++;
}

static uint16_t add_literal(struct parser *parser, enum cel_type type, uint64_t value, const char *at)
{
	return add_node(parser, (struct cel_node){.kind = CEL_LITERAL, .type = type, .value = value}, at);
}

static uint16_t add_unary(struct parser *parser, enum cel_kind kind, enum cel_type type, uint16_t operand,
			  const char *at)
{
	return add_node(
		parser,
		(struct cel_node){
			.kind = kind, .type = type, .left = operand, .temporaries = parser->nodes[operand].temporaries},
		at);
}

static uint16_t add_binary(struct parser *parser, enum cel_kind kind, enum cel_type type, uint16_t left, uint16_t right,
			   const char *at)
{
	uint16_t first = parser->nodes[left].temporaries, second = parser->nodes[right].temporaries;

	/* of conditions none waits; a literal is an instruction's operand */
	if (kind != CEL_AND && kind != CEL_OR && parser->nodes[right].kind != CEL_LITERAL)
		second++;
	return add_node(
		parser,
		(struct cel_node){
			.kind = kind, .type = type, .left = left, .right = right, .temporaries = MAX(first, second)},
		at);
}

/* --- types */

static enum cel_type type_of(const struct parser *parser, uint16_t node)
{
	return parser->nodes[node].type;
}

bool cel_is_signed(enum cel_type type)
{
	return type == CEL_INT32 || type == CEL_INT64;
}

bool cel_is_relation(enum cel_kind kind)
{
	return kind >= CEL_EQUAL && kind <= CEL_GREATER_EQUAL;
}

static bool is_32_bits(enum cel_type type)
{
	return type == CEL_INT32 || type == CEL_UINT32;
}

static void check_bool(struct parser *parser, uint16_t node, const char *name, const char *at)
{
	if (type_of(parser, node) != CEL_BOOL)
		fail(parser, at, "compare it with something, as in arg0 != int32(0)", "%s wants a bool, not %s", name,
		     type_names[type_of(parser, node)]);
}

static void check_integer(struct parser *parser, uint16_t node, const char *name, const char *at)
{
	if (type_of(parser, node) == CEL_BOOL)
		fail(parser, at, "conditions are joined by &&, ||, !", "%s wants an integer, not a bool", name);
}

/* How to make two integers of different types one type. */
static const char *mixture_remedy(const struct parser *parser, uint16_t left, uint16_t right)
{
	enum cel_type a = type_of(parser, left), b = type_of(parser, right);

	if (a == CEL_BOOL || b == CEL_BOOL)
		return "compare integers with integers, bools with bools";
	if (a == CEL_INT32 || b == CEL_INT32)
		return "convert the other one: int32(5), as a literal has 64 bits";
	if (is_32_bits(a) || is_32_bits(b))
		return "convert the other one: uint32(5), as a literal has 64 bits";
	if (parser->nodes[left].kind == CEL_LITERAL || parser->nodes[right].kind == CEL_LITERAL)
		return "a literal of type uint64 ends with u, as in 5u, one of int64 does not";
	return "give both arguments one type";
}

static void check_same(struct parser *parser, uint16_t left, uint16_t right, const char *name, const char *at)
{
	if (type_of(parser, left) != type_of(parser, right))
		fail(parser, at, mixture_remedy(parser, left, right), "%s has %s on its left and %s on its right", name,
		     type_names[type_of(parser, left)], type_names[type_of(parser, right)]);
}

/* --- literals */

static int digit_of(char c)
{
	if (cel_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static uint16_t fail_number(struct parser *parser, const struct token *token)
{
	return fail(parser, token->text, "write 12, 0x1f, or 12u for a number without sign",
		    "%.*s is not an integer of 64 bits", (int)MIN(token->length, (size_t)SHOWN), token->text);
}

/* A number, behind a minus if is_negative. */
static uint16_t parse_number(struct parser *parser, bool is_negative)
{
	const struct token token = parser->token;
	const char *at = token.text, *end = at + token.length;
	bool is_unsigned = (end[-1] | 0x20) == 'u', is_hex = token.length > 2 && *at == '0' && (at[1] | 0x20) == 'x';
	uint64_t value = 0, limit = is_unsigned ? UINT64_MAX : (uint64_t)INT64_MAX + is_negative;
	unsigned base = is_hex ? 16 : 10;

	at += is_hex ? 2 : 0;
	end -= is_unsigned;
	if (at == end)
		return fail_number(parser, &token);
	for (; at < end; at++) {
		unsigned digit = (unsigned)digit_of(*at);

		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return fail_number(parser, &token);
	}
	if (value > limit)
		return fail_number(parser, &token);
	advance(parser);
	if (is_token(parser, "."))
		return fail(parser, token.text, "use integers", "numbers with a fraction are not supported");
	if (is_negative && is_unsigned)
		return fail(parser, token.text, "leave the u out", "a number with u has no minus");
	return add_literal(parser, is_unsigned ? CEL_UINT64 : CEL_INT64, is_negative ? 0 - value : value, token.text);
}

/* --- arguments and functions */

static bool convert_arg_type(enum arg_type type, enum cel_type *ret)
{
	switch (type) {
	case ARG_INT:
	case ARG_INT32:
		*ret = CEL_INT32;
		return true;
	case ARG_UINT32:
		*ret = CEL_UINT32;
		return true;
	case ARG_INT64:
		*ret = CEL_INT64;
		return true;
	case ARG_UINT64:
		*ret = CEL_UINT64;
		return true;
	default:
		return false;
	}
}

/* The number in argN; SIZE_MAX if that is not its form. */
static size_t arg_position(const struct token *token)
{
	size_t position = 0;

	if (token->length < 4 || token->length > 6 || memcmp(token->text, "arg", 3) != 0 ||
	    (token->text[3] == '0' && token->length > 4))
		return SIZE_MAX;
	for (size_t i = 3; i < token->length; i++) {
		if (!cel_is_digit(token->text[i]))
			return SIZE_MAX;
		position = position * 10 + (size_t)(token->text[i] - '0');
	}
	return position;
}

static uint16_t parse_arg(struct parser *parser, const struct token *token)
{
	size_t position = arg_position(token);
	struct cel_node node = {.kind = CEL_ARG, .value = position};
	enum arg_type type;

	if (position == SIZE_MAX)
		return fail(parser, token->text, "arguments are arg0, arg1 ...: the entries of the hook's `args`",
			    "there is no %.*s", (int)MIN(token->length, (size_t)SHOWN), token->text);
	if (position >= parser->args->count)
		return fail(parser, token->text, "arg0 is the first entry of the hook's `args`",
			    "there is no arg%zu: the hook has %zu args", position, parser->args->count);
	type = parser->args->types[position];
	if (type == ARG_TYPE_COUNT)
		return fail(parser, token->text, NULL, "%s", "");
	if (!convert_arg_type(type, &node.type))
		return fail(parser, token->text, "arguments of type int, int32, uint32, int64 and uint64 can be used",
			    "arg%zu is of type %s, which expressions don't have", position, arg_type_info(type)->name);
	return add_node(parser, node, token->text);
}

static uint16_t convert_literal(struct parser *parser, uint16_t operand, enum cel_type type, const char *at)
{
	struct cel_node *literal = &parser->nodes[operand];
	bool is_negative = literal->type == CEL_INT64 && (int64_t)literal->value < 0;
	uint64_t limit = type == CEL_UINT32 ? UINT32_MAX : INT32_MAX;

	if (is_negative ? type == CEL_UINT32 || (int64_t)literal->value < INT32_MIN : literal->value > limit)
		return fail(parser, at, "compare numbers of 64 bits, or correct it", "%s cannot hold %s%" PRIu64,
			    type_names[type], is_negative ? "-" : "",
			    is_negative ? 0 - literal->value : literal->value);
	literal->type = type;
	return operand;
}

static uint16_t make_conversion(struct parser *parser, const uint16_t *operands, enum cel_type type, const char *name,
				const char *at)
{
	check_integer(parser, operands[0], name, at);
	if (!parser->is_wrong && parser->nodes[operands[0]].kind == CEL_LITERAL &&
	    !is_32_bits(type_of(parser, operands[0])))
		return convert_literal(parser, operands[0], type, at);
	return add_unary(parser, CEL_CONVERT, type, operands[0], at);
}

static const struct function {
	const char *name;
	enum cel_kind kind;
	enum cel_type type; /* of CEL_CONVERT */
	size_t operands;
} functions[] = {
	{"int32", CEL_CONVERT, CEL_INT32, 1}, {"uint32", CEL_CONVERT, CEL_UINT32, 1}, {"and", CEL_BIT_AND, CEL_BOOL, 2},
	{"or", CEL_BIT_OR, CEL_BOOL, 2},      {"xor", CEL_BIT_XOR, CEL_BOOL, 2},      {"not", CEL_BIT_NOT, CEL_BOOL, 1},
};

static uint16_t make_call(struct parser *parser, const struct function *function, const uint16_t *operands,
			  const char *at)
{
	char name[16];

	snprintf(name, sizeof(name), "%s()", function->name);
	if (function->kind == CEL_CONVERT)
		return make_conversion(parser, operands, function->type, name, at);
	for (size_t i = 0; i < function->operands; i++)
		check_integer(parser, operands[i], name, at);
	if (function->operands == 1)
		return add_unary(parser, function->kind, type_of(parser, operands[0]), operands[0], at);
	check_same(parser, operands[0], operands[1], name, at);
	return add_binary(parser, function->kind, type_of(parser, operands[0]), operands[0], operands[1], at);
}

/* The name and its parenthesis are gone. */
static uint16_t parse_call(struct parser *parser, const struct token *name)
{
	const struct function *function = NULL;
	uint16_t operands[2] = {0};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == name->length &&
		    memcmp(functions[i].name, name->text, name->length) == 0)
			function = &functions[i];
	if (!function)
		return fail(parser, name->text, "there are int32(), uint32(), and(), or(), xor(), not()",
			    "function %.*s() is not supported", (int)MIN(name->length, (size_t)SHOWN), name->text);
	if (!is_token(parser, ")")) {
		do {
			uint16_t operand = parse_or(parser);

			if (count < ARRAY_SIZE(operands))
				operands[count] = operand;
			count++;
		} while (!parser->is_wrong && take(parser, ","));
	}
	if (!parser->is_wrong && !take(parser, ")"))
		return fail_unexpected(parser, "a parenthesis )");
	if (count != function->operands)
		return fail(parser, name->text, NULL, "%s() takes %zu value%s, not %zu", function->name,
			    function->operands, function->operands == 1 ? "" : "s", count);
	return make_call(parser, function, operands, name->text);
}

/* --- the grammar */

static uint16_t parse_name(struct parser *parser)
{
	const struct token name = parser->token;

	if (is_token(parser, "null") || is_token(parser, "in"))
		return fail_unexpected(parser, "a value");
	advance(parser);
	if (take(parser, "("))
		return parse_call(parser, &name);
	if (is_token(parser, "\"") || is_token(parser, "'")) /* r"raw", b"bytes" */
		return fail_unexpected(parser, "a value");
	if (name.length == 4 && memcmp(name.text, "true", 4) == 0)
		return add_literal(parser, CEL_BOOL, true, name.text);
	if (name.length == 5 && memcmp(name.text, "false", 5) == 0)
		return add_literal(parser, CEL_BOOL, false, name.text);
	return parse_arg(parser, &name);
}

static uint16_t parse_primary(struct parser *parser)
{
	uint16_t node;

	if (parser->token.kind == TOKEN_NUMBER)
		return parse_number(parser, false);
	if (parser->token.kind == TOKEN_NAME)
		return parse_name(parser);
	if (!take(parser, "("))
		return fail_unexpected(parser, "a value");
	node = parse_or(parser);
	if (!parser->is_wrong && !take(parser, ")"))
		return fail_unexpected(parser, "a parenthesis )");
	return node;
}

static uint16_t parse_unary(struct parser *parser);

static uint16_t parse_minus(struct parser *parser, const char *at)
{
	uint16_t operand;

	if (parser->token.kind == TOKEN_NUMBER)
		return parse_number(parser, true);
	operand = parse_unary(parser);
	check_integer(parser, operand, "-", at);
	if (!cel_is_signed(type_of(parser, operand)))
		fail(parser, at, "write 0u - x, if it is to wrap around", "- wants a number with sign, not %s",
		     type_names[type_of(parser, operand)]);
	return add_unary(parser, CEL_NEGATE, type_of(parser, operand), operand, at);
}

static uint16_t parse_unary(struct parser *parser)
{
	const char *at = parser->token.text;
	uint16_t node;

	if (++parser->depth > CEL_DEPTH_MAX)
		return fail(parser, at, "use several expressions: all of a selector have to hold",
			    "nested deeper than %d levels", CEL_DEPTH_MAX);
	if (take(parser, "!")) {
		node = parse_unary(parser);
		check_bool(parser, node, "!", at);
		node = add_unary(parser, CEL_NOT, CEL_BOOL, node, at);
	} else if (take(parser, "-")) {
		node = parse_minus(parser, at);
	} else {
		node = parse_primary(parser);
	}
	parser->depth--;
	return node;
}

static uint16_t parse_sum(struct parser *parser)
{
	uint16_t left = parse_unary(parser);

	while (!parser->is_wrong && (is_token(parser, "+") || is_token(parser, "-"))) {
		const char *at = parser->token.text, *name = *at == '+' ? "+" : "-";
		uint16_t right;

		advance(parser);
		right = parse_unary(parser);
		check_integer(parser, left, name, at);
		check_integer(parser, right, name, at);
		check_same(parser, left, right, name, at);
		left = add_binary(parser, *at == '+' ? CEL_ADD : CEL_SUBTRACT, type_of(parser, left), left, right, at);
	}
	return left;
}

/* The relation that comes next; NULL: none. */
static const char *next_relation(const struct parser *parser, enum cel_kind *ret)
{
	static const char *const names[] = {"==", "!=", "<", "<=", ">", ">="}; /* as enum cel_kind has them */

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*ret = (enum cel_kind)(CEL_EQUAL + i);
		if (is_token(parser, names[i]))
			return names[i];
	}
	return NULL;
}

static uint16_t parse_relation(struct parser *parser)
{
	uint16_t left = parse_sum(parser), right;
	enum cel_kind kind;
	const char *name;

	while (!parser->is_wrong && (name = next_relation(parser, &kind))) {
		const char *at = parser->token.text;

		advance(parser);
		right = parse_sum(parser);
		check_same(parser, left, right, name, at);
		if (kind >= CEL_LESS)
			check_integer(parser, left, name, at);
		left = add_binary(parser, kind, CEL_BOOL, left, right, at);
	}
	return left;
}

/* Conditions joined by the operator. */
static uint16_t parse_joined(struct parser *parser, const char *name, enum cel_kind kind,
			     uint16_t (*parse)(struct parser *parser))
{
	uint16_t left = parse(parser), right;

	while (!parser->is_wrong && is_token(parser, name)) {
		const char *at = parser->token.text;

		advance(parser);
		right = parse(parser);
		check_bool(parser, left, name, at);
		check_bool(parser, right, name, at);
		left = add_binary(parser, kind, CEL_BOOL, left, right, at);
	}
	return left;
}

static uint16_t parse_and(struct parser *parser)
{
	return parse_joined(parser, "&&", CEL_AND, parse_relation);
}

static uint16_t parse_or(struct parser *parser)
{
	return parse_joined(parser, "||", CEL_OR, parse_and);
}

/* --- the expression */

static void parse_whole(struct parser *parser)
{
	uint16_t root;

	if (parser->end - parser->begin > CEL_TEXT_MAX) {
		fail(parser, parser->begin, "use several expressions: all of a selector have to hold",
		     "longer than %d bytes", CEL_TEXT_MAX);
		return;
	}
	advance(parser);
	root = parse_or(parser);
	if (!parser->is_wrong && parser->token.kind != TOKEN_END)
		fail_unexpected(parser, "an operator");
	if (!parser->is_wrong && type_of(parser, root) != CEL_BOOL)
		fail(parser, parser->begin, "compare it with something, as in arg0 != int32(0)",
		     "the result is %s, not bool", type_names[type_of(parser, root)]);
}

int cel_parse(const char *text, size_t length, const struct cel_args *args, struct cel_expression **ret,
	      struct cel_error *ret_error)
{
	_cleanup_free_ struct parser *parser = calloc(1, sizeof(*parser));
	struct cel_expression *expression;

	if (!parser)
		return -ENOMEM;
	parser->begin = parser->at = text;
	parser->end = text + length;
	parser->args = args;
	parser->error = ret_error;
	parse_whole(parser);
	if (parser->is_wrong)
		return -EINVAL;
	expression = calloc(1, sizeof(*expression) + parser->count * sizeof(*expression->nodes));
	if (!expression)
		return -ENOMEM;
	expression->text = strndup(text, length);
	if (!expression->text) {
		free(expression);
		return -ENOMEM;
	}
	expression->count = parser->count;
	memcpy(expression->nodes, parser->nodes, parser->count * sizeof(*expression->nodes));
	*ret = expression;
	return 0;
}

void cel_expression_free(struct cel_expression *expression)
{
	if (!expression)
		return;
	free(expression->text);
	free(expression);
}

const struct cel_node *cel_root(const struct cel_expression *expression)
{
	return &expression->nodes[expression->count - 1];
}

bool cel_uses_arg(const struct cel_expression *expression, size_t position)
{
	for (size_t i = 0; i < expression->count; i++)
		if (expression->nodes[i].kind == CEL_ARG && expression->nodes[i].value == position)
			return true;
	return false;
}
