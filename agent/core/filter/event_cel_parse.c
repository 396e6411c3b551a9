// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/config/suggest.h"
#include "core/encode/utf8.h"
#include "core/filter/event_cel_parser.h"
#include "core/policy/cel_letters.h"

const char *const cel_base_names[] = {
	[CEL_OF_BOOL] = "bool",
	[CEL_OF_INT] = "int",
	[CEL_OF_UINT] = "uint",
	[CEL_OF_STRING] = "string",
	[CEL_OF_NULL] = "null",
	[CEL_OF_LIST] = "list",
	[CEL_OF_MAP] = "map",
	[CEL_OF_OBJECT] = "object",
	[CEL_OF_IP] = "IP",
	[CEL_OF_CIDR] = "CIDR",
	[CEL_OF_NOTHING] = "bytes or timestamp",
};

/* --- nodes and types */

struct cel_of cel_of(enum cel_base base)
{
	return (struct cel_of){.base = base};
}

struct cel_expr *cel_node_at(struct cel_parser *parser, uint16_t node)
{
	return &parser->cel->nodes[node];
}

struct cel_of cel_type_of(struct cel_parser *parser, uint16_t node)
{
	return cel_node_at(parser, node)->type;
}

static uint16_t add(struct cel_parser *parser, struct cel_expr node, const char *at)
{
	if (parser->is_wrong)
		return CEL_WRONG;
	if (parser->cel->count == EVENT_CEL_NODES_MAX)
		return cel_fail(parser, at, "write several expressions: one of them must hold",
				"more than %d operators and operands", EVENT_CEL_NODES_MAX);
	node.next = CEL_NONE;
	parser->cel->nodes[parser->cel->count] = node;
	return (uint16_t)parser->cel->count++;
}

uint16_t cel_add_operation(struct cel_parser *parser, enum cel_do what, enum cel_base type, uint16_t left,
			   uint16_t right, const char *at)
{
	return add(
		parser,
		(struct cel_expr){.what = what, .type = cel_of(type), .left = left, .right = right, .third = CEL_NONE},
		at);
}

bool cel_is_number(enum cel_base base)
{
	return base == CEL_OF_INT || base == CEL_OF_UINT;
}

void cel_check_base(struct cel_parser *parser, uint16_t node, enum cel_base wanted, const char *name, const char *at)
{
	enum cel_base base = cel_type_of(parser, node).base;

	if (base != wanted)
		cel_fail(parser, at, wanted == CEL_OF_BOOL ? "compare it with something" : NULL, "%s wants %s, not %s",
			 name, cel_base_names[wanted], cel_base_names[base]);
}

static void check_same(struct cel_parser *parser, uint16_t left, uint16_t right, const char *name, const char *at)
{
	enum cel_base a = cel_type_of(parser, left).base, b = cel_type_of(parser, right).base;

	if (a == b)
		return;
	cel_fail(parser, at,
		 cel_is_number(a) && cel_is_number(b)
			 ? "numbers without sign are written with u, as in 5u, or converted by uint()"
			 : "compare values of one type",
		 "%s has %s on its left and %s on its right", name, cel_base_names[a], cel_base_names[b]);
}

/* --- literals */

static int digit_of(char c)
{
	if (cel_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static uint16_t fail_number(struct cel_parser *parser, const struct cel_token *token)
{
	return cel_fail(parser, token->text, "write 12, 0x1f, or 12u for a number without sign",
			"%.*s is not an integer of 64 bits", cel_shown(token->length), token->text);
}

/* A number, behind a minus if is_negative. */
static uint16_t parse_number(struct cel_parser *parser, bool is_negative)
{
	const struct cel_token token = parser->token;
	const char *at = token.text, *end = at + token.length;
	bool is_unsigned = (end[-1] | 0x20) == 'u', is_hex = token.length > 2 && *at == '0' && (at[1] | 0x20) == 'x';
	uint64_t value = 0, limit = is_unsigned ? UINT64_MAX : (uint64_t)INT64_MAX + is_negative;
	unsigned int base = is_hex ? 16 : 10;

	at += is_hex ? 2 : 0;
	end -= is_unsigned;
	if (at == end)
		return fail_number(parser, &token);
	for (; at < end; at++) {
		unsigned int digit = (unsigned int)digit_of(*at);

		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return fail_number(parser, &token);
	}
	if (value > limit || (is_negative && is_unsigned))
		return fail_number(parser, &token);
	cel_advance(parser);
	if (cel_is_next(parser, "."))
		return cel_fail(parser, token.text, "use integers", "numbers with a fraction are not supported");
	return add(parser,
		   (struct cel_expr){.what = CEL_DO_LITERAL,
				     .type = cel_of(is_unsigned ? CEL_OF_UINT : CEL_OF_INT),
				     .number = is_negative ? 0 - value : value},
		   token.text);
}

/* What stands behind a backslash at `at`; returns how many bytes of the text that is, 0: no escape. */
static size_t append_escape(struct buffer *texts, const char *at, const char *end)
{
	static const char names[] = "\"\\'`?nrtabfv", values[] = "\"\\'`?\n\r\t\a\b\f\v";
	const char *name = memchr(names, *at, sizeof(names) - 1);
	size_t digits = *at == 'x' ? 2 : *at == 'u' ? 4 : 0;
	uint32_t code = 0;

	if (name)
		buffer_append_byte(texts, values[name - names]);
	if (name || !digits || (size_t)(end - at) <= digits)
		return name ? 1 : 0;
	for (size_t i = 1; i <= digits; i++) {
		int digit = digit_of(at[i]);

		if (digit > 15)
			return 0;
		code = code << 4 | (uint32_t)digit;
	}
	utf8_append(texts, code);
	return 1 + digits;
}

static uint16_t parse_text(struct cel_parser *parser)
{
	const struct cel_token token = parser->token;
	const char *at = token.text + 1, *end = token.text + token.length - 1;
	struct buffer *texts = &parser->texts;
	size_t start = texts->length;

	while (at < end) {
		size_t taken;

		if (*at != '\\' || token.is_raw) {
			buffer_append_byte(texts, *at++);
			continue;
		}
		taken = append_escape(texts, at + 1, end);
		if (!taken)
			return cel_fail(parser, at,
					"write r\"...\" for a text without escapes, or \\\\ for a backslash",
					"not an escape sequence");
		at += 1 + taken;
	}
	cel_advance(parser);
	return add(parser,
		   (struct cel_expr){.what = CEL_DO_LITERAL,
				     .type = cel_of(CEL_OF_STRING),
				     .text = {texts->data + start, texts->length - start}},
		   token.text);
}

/* --- fields */

static struct cel_of type_of_field(const struct event_field *field)
{
	static const enum cel_base bases[] = {
		[EVENT_VALUE_STRING] = CEL_OF_STRING, [EVENT_VALUE_BOOL] = CEL_OF_BOOL,
		[EVENT_VALUE_INT] = CEL_OF_INT,       [EVENT_VALUE_UINT] = CEL_OF_UINT,
		[EVENT_VALUE_TIME] = CEL_OF_NOTHING,  [EVENT_VALUE_BYTES] = CEL_OF_NOTHING,
	};

	switch (field->kind) {
	case EVENT_FIELD_LIST:
		return (struct cel_of){.base = CEL_OF_LIST,
				       .element = field->fields ? CEL_OF_OBJECT : bases[field->value],
				       .object = field->fields ? field : NULL};
	case EVENT_FIELD_MAP:
		return cel_of(CEL_OF_MAP);
	case EVENT_FIELD_OBJECT:
		return (struct cel_of){.base = CEL_OF_OBJECT, .object = field};
	default:
		return (struct cel_of){.base = bases[field->value], .is_nullable = field->is_nullable};
	}
}

static uint16_t fail_field(struct cel_parser *parser, const struct event_field *object, const struct cel_token *name)
{
	struct suggestion near = {0};
	char remedy[128] = "";

	for (size_t i = 0; i < object->count; i++)
		suggest_offer(&near, name->text, name->length, object->fields[i].name);
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	return cel_fail(parser, name->text, remedy, "%s has no field %.*s", object->name, cel_shown(name->length),
			name->text);
}

/* In CEL names are those of the messages: there is no camelCase. */
static const struct event_field *find_field(const struct event_field *object, const struct cel_token *name)
{
	for (size_t i = 0; i < object->count; i++)
		if (cel_token_is(name, object->fields[i].name))
			return &object->fields[i];
	return NULL;
}

static uint16_t parse_field(struct cel_parser *parser, uint16_t left, const struct cel_token *name)
{
	struct cel_of type = cel_type_of(parser, left);
	const struct event_field *field;

	if (type.base != CEL_OF_OBJECT)
		return cel_fail(parser, name->text,
				type.base == CEL_OF_MAP ? "write [\"NAME\"] for a map's value" : NULL,
				"%s has no field %.*s", cel_base_names[type.base], cel_shown(name->length), name->text);
	field = find_field(type.object, name);
	if (!field)
		return fail_field(parser, type.object, name);
	parser->cel->uses_pods |= strcmp(field->name, "pod") == 0;
	return add(parser,
		   (struct cel_expr){.what = CEL_DO_FIELD,
				     .type = type_of_field(field),
				     .left = left,
				     .right = CEL_NONE,
				     .third = CEL_NONE,
				     .field = field},
		   name->text);
}

struct cel_of cel_element_type(struct cel_of list)
{
	if (list.element == CEL_OF_OBJECT)
		return (struct cel_of){.base = CEL_OF_OBJECT, .object = list.object};
	return cel_of(list.element);
}

static uint16_t parse_index(struct cel_parser *parser, uint16_t left, const char *at)
{
	struct cel_of type = cel_type_of(parser, left);
	uint16_t index = cel_parse_expression(parser);

	cel_expect(parser, "]", "]");
	if (type.base == CEL_OF_MAP)
		cel_check_base(parser, index, CEL_OF_STRING, "a map's key", at);
	else if (type.base == CEL_OF_LIST)
		cel_check_base(parser, index, CEL_OF_INT, "a list's index", at);
	else
		cel_fail(parser, at, NULL, "%s has no elements", cel_base_names[type.base]);
	return add(parser,
		   (struct cel_expr){.what = CEL_DO_INDEX,
				     .type = type.base == CEL_OF_MAP ? cel_of(CEL_OF_STRING) : cel_element_type(type),
				     .left = left,
				     .right = index,
				     .third = CEL_NONE},
		   at);
}

/* --- the grammar */

static uint16_t parse_list(struct cel_parser *parser, const char *at)
{
	uint16_t list = cel_add_operation(parser, CEL_DO_LIST, CEL_OF_LIST, CEL_NONE, CEL_NONE, at), last = CEL_NONE;

	while (!parser->is_wrong && !cel_is_next(parser, "]")) {
		const char *begin = parser->token.text;
		uint16_t element = cel_parse_expression(parser);

		if (parser->is_wrong)
			return CEL_WRONG;
		if (cel_type_of(parser, element).base > CEL_OF_STRING)
			return cel_fail(parser, begin, NULL, "a list's elements are numbers, strings or bools, not %s",
					cel_base_names[cel_type_of(parser, element).base]);
		if (last == CEL_NONE) {
			cel_node_at(parser, list)->left = element;
			cel_node_at(parser, list)->type.element = cel_type_of(parser, element).base;
		} else {
			check_same(parser, last, element, "the list", begin);
			cel_node_at(parser, last)->next = element;
		}
		last = element;
		if (!cel_take(parser, ","))
			break;
	}
	cel_expect(parser, "]", "]");
	if (!parser->is_wrong && last == CEL_NONE)
		return cel_fail(parser, at, "leave it out", "an empty list");
	return list;
}

static uint16_t find_variable(struct cel_parser *parser, const struct cel_token *name)
{
	for (size_t level = parser->level; level > 0; level--) {
		const struct cel_variable *variable = &parser->variables[level - 1];

		if (variable->length == name->length && memcmp(variable->name, name->text, name->length) == 0)
			return add(
				parser,
				(struct cel_expr){.what = CEL_DO_VARIABLE, .type = variable->type, .number = level - 1},
				name->text);
	}
	return CEL_NONE;
}

static uint16_t parse_variable(struct cel_parser *parser, const struct cel_token *name)
{
	uint16_t variable = find_variable(parser, name);
	struct suggestion near = {0};
	char remedy[128] = "variables are the events: process_exec, process_kprobe ...";

	if (variable != CEL_NONE)
		return variable;
	for (uint32_t i = 0; i < EVENT_MESSAGE_COUNT; i++) {
		suggest_offer(&near, name->text, name->length, event_messages[i].name);
		if (!cel_token_is(name, event_messages[i].name))
			continue;
		parser->cel->messages |= 1u << i;
		return add(parser,
			   (struct cel_expr){.what = CEL_DO_MESSAGE,
					     .type = {.base = CEL_OF_OBJECT, .object = &event_messages[i]},
					     .number = i},
			   name->text);
	}
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	return cel_fail(parser, name->text, remedy, "there is no %.*s", cel_shown(name->length), name->text);
}

static uint16_t parse_name(struct cel_parser *parser)
{
	const struct cel_token name = parser->token;

	cel_advance(parser);
	if (cel_token_is(&name, "true") || cel_token_is(&name, "false"))
		return add(parser,
			   (struct cel_expr){.what = CEL_DO_LITERAL,
					     .type = cel_of(CEL_OF_BOOL),
					     .number = cel_token_is(&name, "true")},
			   name.text);
	if (cel_token_is(&name, "null"))
		return add(parser, (struct cel_expr){.what = CEL_DO_LITERAL, .type = cel_of(CEL_OF_NULL)}, name.text);
	if (!cel_take(parser, "("))
		return parse_variable(parser, &name);
	if (cel_token_is(&name, "has"))
		return cel_parse_has(parser, &name);
	return cel_parse_call(parser, CEL_NONE, &name);
}

static uint16_t parse_primary(struct cel_parser *parser)
{
	const char *at = parser->token.text;
	uint16_t node;

	if (parser->is_wrong)
		return CEL_WRONG;
	if (parser->token.kind == CEL_TOKEN_NUMBER)
		return parse_number(parser, false);
	if (parser->token.kind == CEL_TOKEN_TEXT)
		return parse_text(parser);
	if (parser->token.kind == CEL_TOKEN_NAME && !cel_is_next(parser, "in"))
		return parse_name(parser);
	if (cel_take(parser, "["))
		return parse_list(parser, at);
	if (!cel_take(parser, "("))
		return cel_fail_unexpected(parser, "a value");
	node = cel_parse_expression(parser);
	cel_expect(parser, ")", "a parenthesis )");
	return node;
}

static uint16_t parse_dot(struct cel_parser *parser, uint16_t left)
{
	const struct cel_token name = parser->token;

	if (name.kind != CEL_TOKEN_NAME)
		return cel_fail_unexpected(parser, "a name");
	cel_advance(parser);
	if (!cel_take(parser, "("))
		return parse_field(parser, left, &name);
	if (cel_token_is(&name, "exists") || cel_token_is(&name, "all"))
		return cel_parse_macro(parser, left, &name);
	return cel_parse_call(parser, left, &name);
}

static uint16_t parse_member(struct cel_parser *parser)
{
	uint16_t node = parse_primary(parser);

	while (!parser->is_wrong) {
		const char *at = parser->token.text;

		if (cel_take(parser, "."))
			node = parse_dot(parser, node);
		else if (cel_take(parser, "["))
			node = parse_index(parser, node, at);
		else
			break;
	}
	return node;
}

static uint16_t parse_unary(struct cel_parser *parser)
{
	const char *at = parser->token.text;
	uint16_t node;

	if (++parser->depth > EVENT_CEL_DEPTH_MAX)
		return cel_fail(parser, at, "write several expressions: one of them must hold",
				"nested deeper than %d levels", EVENT_CEL_DEPTH_MAX);
	if (cel_take(parser, "!")) {
		node = parse_unary(parser);
		cel_check_base(parser, node, CEL_OF_BOOL, "!", at);
		node = cel_add_operation(parser, CEL_DO_NOT, CEL_OF_BOOL, node, CEL_NONE, at);
	} else if (cel_take(parser, "-")) {
		if (parser->token.kind == CEL_TOKEN_NUMBER) {
			node = parse_number(parser, true);
		} else {
			node = parse_unary(parser);
			cel_check_base(parser, node, CEL_OF_INT, "-", at);
			node = cel_add_operation(parser, CEL_DO_NEGATE, CEL_OF_INT, node, CEL_NONE, at);
		}
	} else {
		node = parse_member(parser);
	}
	parser->depth--;
	return node;
}

struct operator_row {
	const char *name;
	enum cel_do what;
};

/* The operator of `rows` that comes next, which is gone then; NULL: none. */
static const struct operator_row *take_operator(struct cel_parser *parser, const struct operator_row *rows,
						size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (cel_take(parser, rows[i].name))
			return &rows[i];
	return NULL;
}

static uint16_t add_arithmetic(struct cel_parser *parser, const struct operator_row *row, uint16_t left, uint16_t right,
			       const char *at)
{
	enum cel_base type = cel_type_of(parser, left).base;

	check_same(parser, left, right, row->name, at);
	if (!cel_is_number(type) && !(type == CEL_OF_STRING && row->what == CEL_DO_ADD))
		cel_fail(parser, at, NULL, "%s does not take %s", row->name, cel_base_names[type]);
	return cel_add_operation(parser, row->what, type, left, right, at);
}

static uint16_t parse_product(struct cel_parser *parser)
{
	static const struct operator_row rows[] = {
		{"*", CEL_DO_MULTIPLY}, {"/", CEL_DO_DIVIDE}, {"%", CEL_DO_REMAINDER}};
	uint16_t left = parse_unary(parser);
	const char *at = parser->token.text;
	const struct operator_row *row;

	while ((row = take_operator(parser, rows, ARRAY_SIZE(rows)))) {
		left = add_arithmetic(parser, row, left, parse_unary(parser), at);
		at = parser->token.text;
	}
	return left;
}

static uint16_t parse_sum(struct cel_parser *parser)
{
	static const struct operator_row rows[] = {{"+", CEL_DO_ADD}, {"-", CEL_DO_SUBTRACT}};
	uint16_t left = parse_product(parser);
	const char *at = parser->token.text;
	const struct operator_row *row;

	while ((row = take_operator(parser, rows, ARRAY_SIZE(rows)))) {
		left = add_arithmetic(parser, row, left, parse_product(parser), at);
		at = parser->token.text;
	}
	return left;
}

static bool may_be_null(struct cel_of type)
{
	return type.is_nullable || type.base == CEL_OF_OBJECT || type.base == CEL_OF_NULL;
}

static void check_equality(struct cel_parser *parser, const char *name, uint16_t left, uint16_t right, const char *at)
{
	struct cel_of a = cel_type_of(parser, left), b = cel_type_of(parser, right);

	if (a.base == CEL_OF_NULL || b.base == CEL_OF_NULL) {
		if (!may_be_null(a) || !may_be_null(b))
			cel_fail(parser, at, "ask has() whether a field is there", "%s is never null",
				 cel_base_names[a.base == CEL_OF_NULL ? b.base : a.base]);
		return;
	}
	check_same(parser, left, right, name, at);
	if (a.base == CEL_OF_NOTHING || a.base == CEL_OF_LIST || a.base == CEL_OF_MAP || a.base == CEL_OF_OBJECT)
		cel_fail(parser, at, "compare what is in them", "%s does not take %s", name, cel_base_names[a.base]);
}

static void check_order(struct cel_parser *parser, const char *name, uint16_t left, uint16_t right, const char *at)
{
	enum cel_base base = cel_type_of(parser, left).base;

	check_same(parser, left, right, name, at);
	if (!cel_is_number(base) && base != CEL_OF_STRING)
		cel_fail(parser, at, NULL, "%s does not take %s", name, cel_base_names[base]);
}

static void check_in(struct cel_parser *parser, uint16_t left, uint16_t right, const char *at)
{
	struct cel_of list = cel_type_of(parser, right);
	enum cel_base element = list.base == CEL_OF_MAP ? CEL_OF_STRING : list.element;

	if (list.base != CEL_OF_LIST && list.base != CEL_OF_MAP)
		cel_fail(parser, at, "write x in [1, 2]", "in wants a list or a map on its right, not %s",
			 cel_base_names[list.base]);
	else if (element == CEL_OF_OBJECT)
		cel_fail(parser, at, "write list.exists(x, x.name == \"a\")", "in does not look into objects");
	else
		cel_check_base(parser, left, element, "in", at);
}

static uint16_t parse_relation(struct cel_parser *parser)
{
	static const struct operator_row rows[] = {
		{"==", CEL_DO_EQUAL},  {"!=", CEL_DO_NOT_EQUAL},     {"<", CEL_DO_LESS}, {"<=", CEL_DO_LESS_EQUAL},
		{">", CEL_DO_GREATER}, {">=", CEL_DO_GREATER_EQUAL}, {"in", CEL_DO_IN},
	};
	uint16_t left = parse_sum(parser), right;
	const char *at = parser->token.text;
	const struct operator_row *row;

	while ((row = take_operator(parser, rows, ARRAY_SIZE(rows)))) {
		right = parse_sum(parser);
		if (row->what == CEL_DO_IN)
			check_in(parser, left, right, at);
		else if (row->what <= CEL_DO_NOT_EQUAL)
			check_equality(parser, row->name, left, right, at);
		else
			check_order(parser, row->name, left, right, at);
		left = cel_add_operation(parser, row->what, CEL_OF_BOOL, left, right, at);
		at = parser->token.text;
	}
	return left;
}

/* Conditions joined by the operator. */
static uint16_t parse_joined(struct cel_parser *parser, const char *name, enum cel_do what,
			     uint16_t (*parse)(struct cel_parser *parser))
{
	uint16_t left = parse(parser), right;
	const char *at = parser->token.text;

	while (cel_take(parser, name)) {
		right = parse(parser);
		cel_check_base(parser, left, CEL_OF_BOOL, name, at);
		cel_check_base(parser, right, CEL_OF_BOOL, name, at);
		left = cel_add_operation(parser, what, CEL_OF_BOOL, left, right, at);
		at = parser->token.text;
	}
	return left;
}

static uint16_t parse_and(struct cel_parser *parser)
{
	return parse_joined(parser, "&&", CEL_DO_AND, parse_relation);
}

static uint16_t parse_or(struct cel_parser *parser)
{
	return parse_joined(parser, "||", CEL_DO_OR, parse_and);
}

static uint16_t parse_choice(struct cel_parser *parser, uint16_t condition, const char *at)
{
	uint16_t yes = parse_or(parser), no, choice;

	cel_expect(parser, ":", ":");
	no = cel_parse_expression(parser);
	cel_check_base(parser, condition, CEL_OF_BOOL, "?:", at);
	check_same(parser, yes, no, "?:", at);
	if (!parser->is_wrong && cel_type_of(parser, yes).base > CEL_OF_STRING)
		return cel_fail(parser, at, NULL, "?: does not choose between %ss",
				cel_base_names[cel_type_of(parser, yes).base]);
	choice = cel_add_operation(parser, CEL_DO_CHOOSE, cel_type_of(parser, yes).base, condition, yes, at);
	if (parser->is_wrong)
		return CEL_WRONG;
	cel_node_at(parser, choice)->third = no;
	cel_node_at(parser, choice)->type.is_nullable =
		cel_type_of(parser, yes).is_nullable || cel_type_of(parser, no).is_nullable;
	return choice;
}

uint16_t cel_parse_expression(struct cel_parser *parser)
{
	const char *at = parser->token.text;
	uint16_t node;

	if (++parser->depth > EVENT_CEL_DEPTH_MAX)
		return cel_fail(parser, at, "write several expressions: one of them must hold",
				"nested deeper than %d levels", EVENT_CEL_DEPTH_MAX);
	node = parse_or(parser);
	at = parser->token.text;
	if (cel_take(parser, "?"))
		node = parse_choice(parser, node, at);
	parser->depth--;
	return node;
}

/* --- the expression */

static void parse_whole(struct cel_parser *parser)
{
	if (parser->end - parser->begin > EVENT_CEL_TEXT_MAX) {
		cel_fail(parser, parser->begin, "write several expressions: one of them must hold",
			 "longer than %d bytes", EVENT_CEL_TEXT_MAX);
		return;
	}
	cel_advance(parser);
	parser->cel->root = cel_parse_expression(parser);
	if (!parser->is_wrong && parser->token.kind != CEL_TOKEN_END)
		cel_fail_unexpected(parser, "an operator");
	cel_check_base(parser, parser->cel->root, CEL_OF_BOOL, "an expression", parser->begin);
	if (!parser->cel->messages)
		cel_fail(parser, parser->begin, "write process_exec.process.binary == \"/bin/sh\"",
			 "it names no event");
}

static struct event_cel *shrink(struct event_cel *cel)
{
	struct event_cel *small = realloc(cel, sizeof(*cel) + cel->count * sizeof(*cel->nodes));

	return small ? small : cel;
}

int event_cel_parse(const char *text, size_t length, const struct regex_engine *engine, size_t *regexes_left,
		    struct event_cel **ret, struct event_cel_error *ret_error)
{
	struct cel_parser parser = {
		.begin = text, .at = text, .end = text + length, .error = ret_error, .regexes_left = regexes_left};

	parser.cel = calloc(1, sizeof(*parser.cel) + EVENT_CEL_NODES_MAX * sizeof(*parser.cel->nodes));
	if (!parser.cel)
		return -ENOMEM;
	parser.cel->engine = engine;
	parser.cel->texts = malloc(length + 1);
	parser.texts = (struct buffer){.data = parser.cel->texts, .capacity = length + 1};
	if (parser.cel->texts)
		parse_whole(&parser);
	else
		cel_fail_memory(&parser);
	if (parser.is_wrong) {
		event_cel_free(parser.cel);
		return parser.is_out_of_memory ? -ENOMEM : -EINVAL;
	}
	*ret = shrink(parser.cel);
	return 0;
}

struct event_cel *event_cel_free(struct event_cel *cel)
{
	if (!cel)
		return NULL;
	for (size_t i = 0; i < cel->count; i++)
		cel->engine->free(cel->nodes[i].regex);
	free(cel->texts);
	free(cel);
	return NULL;
}

uint32_t event_cel_messages(const struct event_cel *cel)
{
	return cel->messages;
}

bool event_cel_uses_pods(const struct event_cel *cel)
{
	return cel->uses_pods;
}
