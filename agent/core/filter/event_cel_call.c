// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/filter/event_cel_parser.h"

#define OPERANDS_MAX 2

enum call_form {
	CALL_FUNCTION = 1, /* f(x) */
	CALL_METHOD = 2,   /* x.f() */
};

#define OF_ANY CEL_OF_NOTHING

static const struct function {
	const char *name;
	unsigned int forms;
	enum cel_do what;
	size_t operands;                           /* with that before the dot */
	enum cel_base operand_types[OPERANDS_MAX]; /* OF_ANY: see check_operands() */
	enum cel_base type;
} functions[] = {
	{"size", CALL_FUNCTION | CALL_METHOD, CEL_DO_SIZE, 1, {OF_ANY}, CEL_OF_INT},
	{"contains", CALL_METHOD, CEL_DO_CONTAINS, 2, {CEL_OF_STRING, CEL_OF_STRING}, CEL_OF_BOOL},
	{"startsWith", CALL_METHOD, CEL_DO_STARTS_WITH, 2, {CEL_OF_STRING, CEL_OF_STRING}, CEL_OF_BOOL},
	{"endsWith", CALL_METHOD, CEL_DO_ENDS_WITH, 2, {CEL_OF_STRING, CEL_OF_STRING}, CEL_OF_BOOL},
	{"matches", CALL_FUNCTION | CALL_METHOD, CEL_DO_MATCHES, 2, {CEL_OF_STRING, CEL_OF_STRING}, CEL_OF_BOOL},
	{"int", CALL_FUNCTION, CEL_DO_TO_INT, 1, {OF_ANY}, CEL_OF_INT},
	{"uint", CALL_FUNCTION, CEL_DO_TO_UINT, 1, {OF_ANY}, CEL_OF_UINT},
	{"string", CALL_FUNCTION, CEL_DO_TO_STRING, 1, {OF_ANY}, CEL_OF_STRING},
	{"ip", CALL_FUNCTION, CEL_DO_IP, 1, {CEL_OF_STRING}, CEL_OF_IP},
	{"isIP", CALL_FUNCTION, CEL_DO_IS_IP, 1, {CEL_OF_STRING}, CEL_OF_BOOL},
	{"cidr", CALL_FUNCTION, CEL_DO_CIDR, 1, {CEL_OF_STRING}, CEL_OF_CIDR},
	{"isCIDR", CALL_FUNCTION, CEL_DO_IS_CIDR, 1, {CEL_OF_STRING}, CEL_OF_BOOL},
	{"containsIP", CALL_METHOD, CEL_DO_CONTAINS_IP, 2, {CEL_OF_CIDR, OF_ANY}, CEL_OF_BOOL},
	{"containsCIDR", CALL_METHOD, CEL_DO_CONTAINS_CIDR, 2, {CEL_OF_CIDR, OF_ANY}, CEL_OF_BOOL},
	{"family", CALL_METHOD, CEL_DO_FAMILY, 1, {CEL_OF_IP}, CEL_OF_INT},
	{"isLoopback", CALL_METHOD, CEL_DO_IS_LOOPBACK, 1, {CEL_OF_IP}, CEL_OF_BOOL},
	{"prefixLength", CALL_METHOD, CEL_DO_PREFIX_LENGTH, 1, {CEL_OF_CIDR}, CEL_OF_INT},
};

static bool may_be(enum cel_do what, enum cel_base base)
{
	switch (what) {
	case CEL_DO_SIZE:
		return base == CEL_OF_STRING || base == CEL_OF_LIST || base == CEL_OF_MAP;
	case CEL_DO_CONTAINS_IP:
		return base == CEL_OF_IP || base == CEL_OF_STRING;
	case CEL_DO_CONTAINS_CIDR:
		return base == CEL_OF_CIDR || base == CEL_OF_STRING;
	case CEL_DO_TO_STRING:
		return cel_is_number(base) || base == CEL_OF_BOOL || base == CEL_OF_STRING;
	default:
		return cel_is_number(base);
	}
}

static void check_operands(struct cel_parser *parser, const struct function *function, const uint16_t *operands,
			   const char *at)
{
	char name[32];

	snprintf(name, sizeof(name), "%s()", function->name);
	for (size_t i = 0; i < function->operands; i++) {
		enum cel_base base = cel_type_of(parser, operands[i]).base;

		if (function->operand_types[i] != OF_ANY)
			cel_check_base(parser, operands[i], function->operand_types[i], name, at);
		else if (!may_be(function->what, base))
			cel_fail(parser, at, NULL, "%s does not take %s", name, cel_base_names[base]);
	}
}

static void compile_regex(struct cel_parser *parser, uint16_t call, uint16_t pattern, const char *at)
{
	struct bytes text = cel_node_at(parser, pattern)->text;
	char why[REGEX_WHY_MAX] = "";
	int r;

	if (parser->is_wrong)
		return;
	if (cel_node_at(parser, pattern)->what != CEL_DO_LITERAL) {
		cel_fail(parser, at, "write it between quotes",
			 "matches() wants a regular expression that is a literal");
		return;
	}
	if (*parser->regexes_left == 0) {
		cel_fail(parser, at, "write one expression for several: a|b", "there are too many regular expressions");
		return;
	}
	--*parser->regexes_left;
	r = parser->cel->engine->compile(text.data, text.length, &cel_node_at(parser, call)->regex, why);
	if (r == -ENOMEM)
		cel_fail_memory(parser);
	else if (r < 0)
		cel_fail(parser, at, "write a regular expression of RE2", "not a regular expression: %s", why);
}

/* The name and its parenthesis are gone; `receiver` is CEL_NONE where it is no method. */
uint16_t cel_parse_call(struct cel_parser *parser, uint16_t receiver, const struct cel_token *name)
{
	enum call_form form = receiver == CEL_NONE ? CALL_FUNCTION : CALL_METHOD;
	uint16_t operands[OPERANDS_MAX] = {receiver, CEL_NONE}, call;
	size_t count = receiver != CEL_NONE;
	const struct function *function = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (functions[i].forms & form && cel_token_is(name, functions[i].name))
			function = &functions[i];
	if (!function)
		return cel_fail(parser, name->text, NULL, "there is no %s %.*s()",
				form == CALL_METHOD ? "method" : "function", cel_shown(name->length), name->text);
	while (!parser->is_wrong && !cel_is_next(parser, ")")) {
		uint16_t operand = cel_parse_expression(parser);

		if (count < OPERANDS_MAX)
			operands[count] = operand;
		count++;
		if (!cel_take(parser, ","))
			break;
	}
	cel_expect(parser, ")", "a parenthesis )");
	if (!parser->is_wrong && count != function->operands)
		return cel_fail(parser, name->text, NULL, "%s() has a wrong number of values", function->name);
	if (parser->is_wrong)
		return CEL_WRONG;
	check_operands(parser, function, operands, name->text);
	call = cel_add_operation(parser, function->what, function->type, operands[0], operands[1], name->text);
	if (function->what == CEL_DO_MATCHES)
		compile_regex(parser, call, operands[1], name->text);
	return call;
}

/* has(x.y): the parenthesis is gone. */
uint16_t cel_parse_has(struct cel_parser *parser, const struct cel_token *name)
{
	uint16_t field = cel_parse_expression(parser);

	cel_expect(parser, ")", "a parenthesis )");
	if (parser->is_wrong)
		return CEL_WRONG;
	if (cel_node_at(parser, field)->what != CEL_DO_FIELD)
		return cel_fail(parser, name->text, "write has(process_exec.process.pod)", "has() wants a field");
	cel_node_at(parser, field)->what = CEL_DO_HAS;
	cel_node_at(parser, field)->type = cel_of(CEL_OF_BOOL);
	return field;
}

/* list.exists(v, condition), list.all(v, condition): the parenthesis is gone. */
uint16_t cel_parse_macro(struct cel_parser *parser, uint16_t list, const struct cel_token *name)
{
	struct cel_of type = cel_type_of(parser, list);
	struct cel_token variable = parser->token;
	uint16_t condition, macro;

	if (parser->is_wrong)
		return CEL_WRONG;
	if (type.base != CEL_OF_LIST)
		return cel_fail(parser, name->text, NULL, "%.*s() wants a list, not %s", (int)name->length, name->text,
				cel_base_names[type.base]);
	if (parser->level == CEL_LEVELS_MAX)
		return cel_fail(parser, name->text, NULL, "exists() and all() are nested deeper than %d levels",
				CEL_LEVELS_MAX);
	if (variable.kind != CEL_TOKEN_NAME)
		return cel_fail_unexpected(parser, "a variable's name");
	cel_advance(parser);
	cel_expect(parser, ",", "a comma");
	parser->variables[parser->level++] =
		(struct cel_variable){.name = variable.text, .length = variable.length, .type = cel_element_type(type)};
	condition = cel_parse_expression(parser);
	parser->level--;
	cel_expect(parser, ")", "a parenthesis )");
	cel_check_base(parser, condition, CEL_OF_BOOL, "the condition", name->text);
	macro = cel_add_operation(parser, cel_token_is(name, "all") ? CEL_DO_ALL : CEL_DO_EXISTS, CEL_OF_BOOL, list,
				  condition, name->text);
	if (!parser->is_wrong)
		cel_node_at(parser, macro)->number = parser->level;
	return macro;
}
