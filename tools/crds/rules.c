// SPDX-License-Identifier: Apache-2.0
/* Rules of the tables of operators, types, actions and options. */
#include <stdlib.h>

#include "core/policy/operators.h"
#include "core/policy/parse_action.h"
#include "core/policy/parse_arg_filter.h"
#include "core/policy/parse_form.h"
#include "core/policy/parse_hook.h"
#include "tools/crds/crds.h"
#include "tools/crds/tables.h"
#include "tools/crds/text.h"
#include "tools/crds/yaml.h"

/* --- operators and types ------------------------------------------------------------------------------------------ */

#define EACH_FILTER(list) "!has(self.selectors) || self.selectors.all(s, !has(s." list ") || s." list ".all(f, "

/* An operator of two arguments, both of which it tests. */
static void write_two(int depth, const struct operator_sum *sum, const struct hook_rules *hook)
{
	struct text types = {0}, cel = {0}, message = {0};

	tables_add_types(&types, sum->traits, hook->has_tracepoint_args);
	text_add(&cel,
		 EACH_FILTER("matchArgs") "f.operator != '%s' || has(self.args) && has(f.args) && f.args.all(i, "
					  "i < size(self.args) && (self.args[i].type in [%s] || " IS_RESOLVED(
						  "self.args[i]") "))))",
		 sum->name, types.data);
	text_add(&message, "matchArgs: operator %s needs two args of type %s", sum->name, types.data);
	crds_write_rule(depth, cel.data, message.data);
}

/* Which operators go with which types. */
static void write_pairings(int depth, const struct hook_rules *hook)
{
	struct operator_sum sums[SUMS_MAX];
	size_t count = tables_operators(sums);
	struct text cel = {0};

	text_add(&cel, EACH_FILTER("matchArgs"));
	tables_add_arg_test(&cel, hook, "self");
	text_add(&cel, "))");
	crds_write_rule(depth, cel.data,
			"matchArgs: the operator needs an entry of args with the filter's index, and of a type that it "
			"tests: `trigon policy check` names the operators of a type");
	for (size_t i = 0; i < count; i++) {
		if (sums[i].row->arg_count == 2)
			write_two(depth, &sums[i], hook);
	}
	if (!hook->has_return)
		return;
	cel.length = 0;
	text_add(&cel, EACH_FILTER("matchReturnArgs"));
	tables_add_return_test(&cel, hook, "self");
	text_add(&cel, "))");
	crds_write_rule(
		depth, cel.data,
		"matchReturnArgs: the operator does not test the type of returnArg: `trigon policy check` names "
		"those that do");
}

/* That the i-th value is a number. A pattern would cost as much as the longest value; the order of strings and
 * conversions, which fail where the text is none, cost next to nothing. They know no bases, so of a number that begins
 * with a zero or with + only the first digits are looked at. */
static void add_number(struct text *cel, int i)
{
	text_add(cel,
		 "(f.values[%d] >= '1' ? f.values[%d] < ':' && uint(f.values[%d]) > 0u : f.values[%d] >= '+' && "
		 "(f.values[%d] < '08' || f.values[%d] >= '0:') && (f.values[%d] < '-1' || f.values[%d] >= '-:' || "
		 "int(f.values[%d]) < 0))",
		 i, i, i, i, i, i, i, i, i);
}

/* Equal takes four numbers, and any number of strings. Walking over all values would cost too much: four will do. */
static void write_number_values(int depth, const struct hook_rules *hook)
{
	struct operator_sum sums[SUMS_MAX];
	struct text names = {0}, types = {0}, what = {0}, cel = {0};
	size_t count = tables_operators(sums);

	for (size_t i = 0; i < count; i++) {
		if (sums[i].values_min == POLICY_NUMBERS_MAX && sums[i].values_max > POLICY_NUMBERS_MAX)
			text_add_name(&names, sums[i].name);
	}
	tables_add_types(&types, ARG_IS_STRING, hook->has_tracepoint_args);
	tables_add_unknown_types(&types);
	text_add(&what, "a.type in [%s] || " IS_RESOLVED("a"), types.data);
	text_add(&cel, EACH_FILTER("matchArgs") "!(f.operator in [%s]) || !has(f.values) || size(f.values) <= %d || ",
		 names.data, POLICY_NUMBERS_MAX);
	tables_add_of_arg(&cel, "self", "exists", what.data);
	text_add(&cel, "))");
	crds_write_rule(depth, cel.data,
			"matchArgs: selector does not support more than 4 values of numbers: consider using InMap or "
			"NotInMap operators");
	names.length = types.length = what.length = cel.length = 0;
	for (size_t i = 0; i < count; i++) {
		if (sums[i].has_other_readers) /* of which no schema knows which it is */
			text_add_name(&names, sums[i].name);
	}
	tables_add_types(&types, ARG_IS_INTEGER, hook->has_tracepoint_args);
	text_add(&what, "a.type in [%s] && !(" IS_RESOLVED("a") ")", types.data);
	text_add(&cel, EACH_FILTER("matchArgs") "!(f.operator in [%s]) || !has(f.values) || size(f.values) > %d || !(",
		 names.data, POLICY_NUMBERS_MAX);
	tables_add_of_arg(&cel, "self", "all", what.data);
	for (int i = 0; i < POLICY_NUMBERS_MAX; i++) {
		text_add(&cel, ") %s (size(f.values) <= %d || ", i ? "&&" : "|| (", i);
		add_number(&cel, i);
	}
	text_add(&cel, "))))");
	crds_write_rule(depth, cel.data, "matchArgs: values of integers are numbers");
}

/* What a filter says without its argument. */
static void write_filter_rules(int depth)
{
	struct operator_sum sums[SUMS_MAX];
	struct text nothing = {0}, pair = {0}, cel = {0};
	size_t count = tables_operators(sums);

	for (size_t i = 0; i < count; i++) {
		if (sums[i].takes_nothing)
			text_add_name(&nothing, sums[i].name);
		if (sums[i].row->arg_count == 2)
			text_add_name(&pair, sums[i].name);
	}
	yaml_line(depth, "x-kubernetes-validations:");
	text_add(&cel, "self.operator in [%s] || has(self.values) && size(self.values) > 0", nothing.data);
	crds_write_rule(depth, cel.data, "Required value: values is empty");
	cel.length = 0;
	text_add(&cel,
		 "self.operator in [%s] ? has(self.args) && size(self.args) == 2 : "
		 "self.operator == 'CelExpr' || !has(self.args) || size(self.args) == 1",
		 pair.data);
	crds_write_rule(depth, cel.data,
			"CapabilitiesGained operator requires two args: the new and the old capability; others one");
	cel.length = 0;
	text_add(&cel, "self.operator != 'CelExpr' || has(self.values) && size(self.values) == 1");
	crds_write_rule(depth, cel.data, "values: operator CelExpr takes exactly one value");
}

/* --- actions ------------------------------------------------------------------------------------------------------ */

/* Where the socket of an action is. */
static void write_sockets(int depth, enum hook_family family, const char *actions)
{
	struct text cel = {0};

	crds_write_rule(depth,
			EACH_FILTER("matchActions") "!has(f.argSock) || f.argSock == 0 || has(self.args) && f.argSock "
						    "< size(self.args)))",
			"matchActions: wrong argSock value: it is a position in args, from 0");
	if (hook_rules(family)->has_return)
		crds_write_rule(depth,
				EACH_FILTER("matchReturnActions") "!has(f.argSock) || f.argSock == 0 || has(self.args) "
								  "&& f.argSock < "
								  "size(self.args)))",
				"matchReturnActions: wrong argSock value: it is a position in args, from 0");
	if (!*actions)
		return;
	text_add(&cel,
		 EACH_FILTER("matchActions") "!has(f.action) || !(f.action in [%s]) || has(self.args) && "
					     "(has(f.argSock) ? f.argSock : 0) < size(self.args) && "
					     "(self.args[has(f.argSock) ? f.argSock : 0].type in ['sock', 'socket'] "
					     "|| " IS_RESOLVED("self.args[has(f.argSock) ? f.argSock : 0]") ")))",
		 actions);
	crds_write_rule(depth, cel.data,
			"matchActions: argSock is the position in args of an argument of type sock or socket");
}

static void write_actions(int depth, enum hook_family family)
{
	struct action_names names = {0};
	struct text cel = {0}, message = {0};

	tables_list_actions(family, &names);
	if (names.refused.length) {
		text_add(&cel, EACH_FILTER("matchActions") "!has(f.action) || !(f.action in [%s])))",
			 names.refused.data);
		text_add(&message, "matchActions: %s are not supported in %s", names.refused.data,
			 hook_rules(family)->section);
		crds_write_rule(depth, cel.data, message.data);
	}
	cel.length = 0;
	if (hook_rules(family)->has_return) {
		text_add(&cel, EACH_FILTER("matchReturnActions") "!has(f.action) || !(f.action in [%s])))",
			 names.after.data);
		crds_write_rule(depth, cel.data,
				"matchReturnActions: an action that cannot come after the function has returned");
	}
	write_sockets(depth, family, names.socks.data);
}

/* Actions that name what would not be done, or is no deed. */
static void write_action_members(int depth, enum hook_family family)
{
	if (family == HOOK_KPROBE)
		crds_write_rule(depth,
				EACH_FILTER("matchActions") "!has(f.action) || f.action != 'Override' || "
							    "has(f.argError) && f.argError != 0))",
				"matchActions: Override needs an argError that is not 0, or the function runs");
	if (hook_rules(family)->has_return)
		crds_write_rule(
			depth,
			EACH_FILTER("matchReturnActions") "(!has(f.rateLimit) || f.rateLimit == '') && "
							  "(has(f.action) && f.action != 'Post' || "
							  "!(has(f.kernelStackTrace) && f.kernelStackTrace) && "
							  "!(has(f.userStackTrace) && f.userStackTrace))))",
			"matchReturnActions: rateLimit and stack traces belong to an action Post of matchActions");
}

/* What an argument may not be where it is. */
static void write_args(int depth, enum hook_family family)
{
	struct text buffers = {0}, cel = {0};

	tables_add_types(&buffers, ARG_HAS_SIZE, hook_rules(family)->has_tracepoint_args);
	text_add(&cel, "!has(self.args) || self.args.all(a, !has(a.returnCopy) || !a.returnCopy || !(a.type in [%s]))",
		 buffers.data);
	if (!hook_rules(family)->has_return)
		crds_write_rule(depth, cel.data, "args: returnCopy is not supported where there is no return");
	if (family == HOOK_TRACEPOINT)
		crds_write_rule(
			depth,
			"!has(self.raw) || !self.raw || !has(self.args) || self.args.all(a, a.type != 'data_loc')",
			"args: type 'data_loc' is invalid for raw tracepoints: it is a field of a tracepoint's format");
}

/* --- where they belong -------------------------------------------------------------------------------------------- */

static void write_options(int depth)
{
	struct text cel;
	const char *name, *pattern;

	yaml_line(depth, "x-kubernetes-validations:");
	for (size_t i = 0; (name = policy_option(i, &pattern)); i++) {
		struct text message = {0};

		cel.length = 0;
		text_add(&cel, "self.name != '%s' || self.value.matches('^(%s)$')", name, pattern);
		text_add(&message, "failed to set option %s: its value is one of %s", name, pattern);
		crds_write_rule(depth, cel.data, message.data);
	}
}

static bool write_hook(int depth, const struct parse_schema *schema)
{
	for (int family = 0; family < HOOK_LOADER; family++) {
		if (schema != parse_hooks_schemas[family].items)
			continue;
		write_pairings(depth, hook_rules((enum hook_family)family));
		write_number_values(depth, hook_rules((enum hook_family)family));
		write_actions(depth, (enum hook_family)family);
		write_action_members(depth, (enum hook_family)family);
		write_args(depth, (enum hook_family)family);
		return true;
	}
	return false;
}

static const struct parse_schema *spec_schema(void)
{
	const struct parse_table *table = policy_schema();
	size_t i = 0;

	while (strcmp(table->rows[i].name, "spec") != 0)
		i++;
	return table->rows[i].schema;
}

bool crds_write_rules(int depth, const struct parse_schema *schema, const struct crds_context *context)
{
	if (schema == &parse_arg_filter_schema) {
		write_filter_rules(depth);
	} else if (schema == &policy_option_schema) {
		write_options(depth);
	} else if (schema == spec_schema()) {
		crds_write_macro_rules(depth);
		if (context->is_namespaced) {
			crds_write_rule(depth, "!has(self.hostSelector)",
					"TracingPolicyNamespaced should have a null spec.hostSelector.");
			crds_write_rule(depth, "!has(self.loader) || !self.loader",
					"loader sensor does not implement policy filtering");
		}
	} else {
		return write_hook(depth, schema);
	}
	return true;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static bool has_same_form(const struct operator_sum *a, const struct operator_sum *b)
{
	return a->row->read == b->row->read && a->values_max == b->values_max && a->length_max == b->length_max;
}

static bool has_form(const struct operator_sum *sum)
{
	return !sum->takes_nothing && sum->traits && !sum->has_other_readers;
}

static void write_form(int depth, const struct operator_sum *sums, size_t at, size_t count,
		       const struct crds_context *context)
{
	char data[TEXT_MAX];
	struct buffer pattern = {.data = data, .capacity = sizeof(data) - 1};
	const struct operator_sum *sum = &sums[at];
	bool has_pattern = value_form(sum->row->read, &pattern);
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "^(%s%.*s)$",
		 sum->row->read == value_read_member && context->takes_lists ? "list:.+|" : "", (int)pattern.length,
		 data);
	yaml_indent(depth);
	fputs("- anyOf: [{properties: {operator: {not: {enum: [", stdout);
	for (size_t i = at; i < count; i++) {
		if (has_form(&sums[i]) && has_same_form(&sums[i], sum))
			printf("%s%s", i == at ? "" : ", ", sums[i].name);
	}
	fputs("]}}}}, {properties: {values: {", stdout);
	if (sum->values_max < POLICY_VALUES_MAX)
		printf("maxItems: %zu, ", sum->values_max);
	fputs("items: {", stdout);
	if (sum->length_max)
		printf("minLength: 1, maxLength: %zu", sum->length_max);
	else if (has_pattern)
		fputs("pattern: ", stdout);
	if (has_pattern && !sum->length_max)
		yaml_quote(text);
	puts("}}}}]");
}

/* Schemas, since rules that walk over values may cost too much: each is for operators other than these, or right. */
void crds_write_value_forms(int depth, const struct crds_context *context)
{
	struct operator_sum sums[SUMS_MAX];
	size_t count = tables_operators(sums);

	yaml_line(depth, "allOf:");
	for (size_t i = 0; i < count; i++) {
		bool is_done = !has_form(&sums[i]);

		for (size_t j = 0; j < i; j++)
			is_done |= has_form(&sums[j]) && has_same_form(&sums[j], &sums[i]);
		if (!is_done)
			write_form(depth, sums, i, count, context);
	}
}
