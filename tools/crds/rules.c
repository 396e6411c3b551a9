// SPDX-License-Identifier: Apache-2.0
/* Rules of the tables of operators, types, actions and options. */
#include <stdarg.h>
#include <stdlib.h>

#include "core/policy/operators.h"
#include "core/policy/parse_action.h"
#include "core/policy/parse_arg_filter.h"
#include "core/policy/parse_form.h"
#include "core/policy/parse_hook.h"
#include "tools/crds/crds.h"
#include "tools/crds/yaml.h"

#define TEXT_MAX 16384
#define NAMES_MAX 64

/* A CEL expression while it is put together. */
struct text {
	char data[TEXT_MAX];
	size_t length;
};

static void add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->data + text->length, TEXT_MAX - text->length, format, arguments);
	va_end(arguments);
	if (text->length >= TEXT_MAX)
		abort(); /* larger than any rule may be: raise TEXT_MAX */
}

static void add_name(struct text *text, const char *name)
{
	add(text, "%s'%s'", text->length ? ", " : "", name);
}

/* --- operators and types ------------------------------------------------------------------------------------------ */

/* What an operator's rows say together. */
struct operator_sum {
	const char *name;
	uint32_t traits;
	size_t values_min, values_max; /* of its rows */
	size_t length_max;             /* 0: its values have forms of their own */
	bool takes_nothing, has_other_readers;
	const struct operator_info *row; /* the first */
};

static size_t sum_operators(struct operator_sum sums[NAMES_MAX])
{
	const struct operator_info *row;
	size_t count = 0;

	for (size_t i = 0; (row = operator_row(i)); i++) {
		struct operator_sum *sum = count ? &sums[count - 1] : NULL;

		if (!sum || strcmp(sum->name, row->name) != 0) {
			if (count == NAMES_MAX)
				abort();
			sum = &sums[count++];
			*sum = (struct operator_sum){.name = row->name, .row = row, .values_min = row->values_max};
		}
		sum->traits |= row->traits;
		sum->values_min = MIN(sum->values_min, row->values_max);
		sum->values_max = row->values_max > sum->values_max ? row->values_max : sum->values_max;
		sum->length_max = row->length_max > sum->length_max ? row->length_max : sum->length_max;
		sum->takes_nothing = row->kind == VALUES_NONE;
		sum->has_other_readers |= row->read != sum->row->read;
	}
	return count;
}

/* Types that have one of the traits. What types could do that Trigon does not have yet is left to agents. */
static void add_types(struct text *text, uint32_t traits, bool in_tracepoints, bool with_unknown)
{
	enum arg_type type;
	const char *name;

	for (size_t i = 0; (name = arg_type_spelling(i, &type)); i++) {
		uint32_t has = type == ARG_TYPE_COUNT ? UINT32_MAX
			       : type == ARG_AUTO     ? ARG_IS_INTEGER | ARG_IN_TRACEPOINTS
						      : arg_type_info(type)->traits;

		if (type == ARG_CONST_BUF || (!in_tracepoints && arg_type_is_of_tracepoints(type)) ||
		    (in_tracepoints && !(has & ARG_IN_TRACEPOINTS)))
			continue;
		if (has & traits && (with_unknown || type != ARG_TYPE_COUNT))
			add_name(text, name);
	}
}

#define EACH_FILTER(list) "!has(self.selectors) || self.selectors.all(s, !has(s." list ") || s." list ".all(f, "

/* The filter `f` is of an argument `a` for which `what` holds: `one` is exists, or all, if several entries have its
 * index. Types are written once in a rule, since texts add up. */
#define OF_ARG(one, what) \
	"has(self.args) && (has(f.args) ? f.args.filter(i, i < size(self.args)).map(i, self.args[i]) : " \
	"self.args.filter(a, a.index == (has(f.index) ? f.index : 0)))." one "(a, " what ")"
#define IS_ONE_OF_TYPES "a.type in [%s] || has(a.resolve)"

static void write_pairing(int depth, const char *operators, uint32_t traits, uint8_t arg_count,
			  const struct hook_rules *hook)
{
	struct text types = {0}, known = {0}, cel = {0}, message = {0};

	add_types(&types, traits, hook->has_tracepoint_args, true);
	add_types(&known, traits, hook->has_tracepoint_args, false);
	if (arg_count == 2)
		add(&cel,
		    EACH_FILTER("matchArgs") "!(f.operator in [%s]) || has(self.args) && has(f.args) && f.args.all(i, "
					     "i < size(self.args) && (self.args[i].type in [%s] || "
					     "has(self.args[i].resolve)))))",
		    operators, types.data);
	else
		add(&cel, EACH_FILTER("matchArgs") "!(f.operator in [%s]) || " OF_ARG("exists", IS_ONE_OF_TYPES) "))",
		    operators, types.data);
	add(&message, "matchArgs: operator %s needs an entry of args with the filter's index, and of type %s",
	    operators, known.data);
	crds_write_rule(depth, cel.data, message.data);
	if (!hook->has_return || arg_count == 2)
		return;
	cel.length = 0;
	add(&cel,
	    "!has(self.returnArg) || has(self.returnArg.resolve) || self.returnArg.type in [%s] || (" EACH_FILTER(
		    "matchReturnArgs") "!(f.operator in [%s]))))",
	    types.data, operators);
	message.length = 0;
	add(&message, "matchReturnArgs: operator %s needs a returnArg of type %s", operators, known.data);
	crds_write_rule(depth, cel.data, message.data);
}

/* A rule for all operators that test the same types. */
static void write_pairings(int depth, const struct hook_rules *hook)
{
	struct operator_sum sums[NAMES_MAX];
	size_t count = sum_operators(sums);
	struct text blind = {0}, cel = {0}, message = {0};

	for (size_t i = 0; i < count; i++) {
		struct text names = {0};
		bool is_done = !sums[i].traits;

		if (!sums[i].traits || sums[i].row->arg_count != 1)
			add_name(&blind, sums[i].name);
		for (size_t j = 0; j < i; j++)
			is_done |= sums[j].traits == sums[i].traits;
		for (size_t j = i; !is_done && j < count; j++) {
			if (sums[j].traits == sums[i].traits)
				add_name(&names, sums[j].name);
		}
		if (!is_done)
			write_pairing(depth, names.data, sums[i].traits, sums[i].row->arg_count, hook);
	}
	if (!hook->has_return)
		return;
	add(&cel, EACH_FILTER("matchReturnArgs") "!(f.operator in [%s])))", blind.data);
	add(&message, "matchReturnArgs: operator %s does not see the returned value", blind.data);
	crds_write_rule(depth, cel.data, message.data);
}

/* Equal takes four numbers, and any number of strings. Walking over all values would cost too much: four will do. */
static void write_number_values(int depth, const struct hook_rules *hook)
{
	struct operator_sum sums[NAMES_MAX];
	struct text names = {0}, types = {0}, cel = {0};
	size_t count = sum_operators(sums);

	for (size_t i = 0; i < count; i++) {
		if (sums[i].values_min == POLICY_NUMBERS_MAX && sums[i].values_max > POLICY_NUMBERS_MAX)
			add_name(&names, sums[i].name);
	}
	add_types(&types, ARG_IS_STRING, hook->has_tracepoint_args, true);
	add(&cel,
	    EACH_FILTER("matchArgs") "!(f.operator in [%s]) || !has(f.values) || size(f.values) <= %d || " OF_ARG(
		    "exists", IS_ONE_OF_TYPES) "))",
	    names.data, POLICY_NUMBERS_MAX, types.data);
	crds_write_rule(depth, cel.data,
			"matchArgs: selector does not support more than 4 values of numbers: consider using InMap or "
			"NotInMap operators");
	types.length = cel.length = 0;
	add_types(&types, ARG_IS_INTEGER, hook->has_tracepoint_args, false);
	add(&cel,
	    EACH_FILTER("matchArgs") "!(f.operator in [%s]) || !has(f.values) || size(f.values) > %d || !(" OF_ARG(
		    "all", "a.type in [%s] && !has(a.resolve)") ")",
	    names.data, POLICY_NUMBERS_MAX, types.data);
	for (int i = 0; i < POLICY_NUMBERS_MAX; i++)
		add(&cel, "%s size(f.values) <= %d || f.values[%d] >= '+' && f.values[%d] < ':'",
		    i ? ") && (" : " || (", i, i, i);
	add(&cel, ")))");
	crds_write_rule(depth, cel.data, "matchArgs: values of integers are numbers");
}

/* What a filter says without its argument. */
static void write_filter_rules(int depth)
{
	struct operator_sum sums[NAMES_MAX];
	struct text nothing = {0}, pair = {0}, cel = {0};
	size_t count = sum_operators(sums);

	for (size_t i = 0; i < count; i++) {
		if (sums[i].takes_nothing)
			add_name(&nothing, sums[i].name);
		if (sums[i].row->arg_count == 2)
			add_name(&pair, sums[i].name);
	}
	yaml_line(depth, "x-kubernetes-validations:");
	add(&cel, "self.operator in [%s] || has(self.values) && size(self.values) > 0", nothing.data);
	crds_write_rule(depth, cel.data, "Required value: values is empty");
	cel.length = 0;
	add(&cel,
	    "self.operator in [%s] ? has(self.args) && size(self.args) == 2 : "
	    "self.operator == 'CelExpr' || !has(self.args) || size(self.args) == 1",
	    pair.data);
	crds_write_rule(depth, cel.data,
			"CapabilitiesGained operator requires two args: the new and the old capability; others one");
	cel.length = 0;
	add(&cel, "self.operator != 'CelExpr' || has(self.values) && size(self.values) == 1");
	crds_write_rule(depth, cel.data, "operator CelExpr takes exactly one value");
}

/* --- actions ------------------------------------------------------------------------------------------------------ */

static void write_actions(int depth, enum hook_family family)
{
	struct text refused = {0}, after = {0}, socks = {0}, cel = {0}, message = {0};
	struct parse_action_trait trait;
	const char *name;

	for (size_t i = 0; (name = parse_action_trait(i, &trait)); i++) {
		if (trait.refused_in & 1u << family)
			add_name(&refused, name);
		if (trait.is_refused_return)
			add_name(&after, name);
		if (trait.needs_sock)
			add_name(&socks, name);
	}
	if (refused.length) {
		add(&cel, EACH_FILTER("matchActions") "!has(f.action) || !(f.action in [%s])))", refused.data);
		add(&message, "matchActions: %s are not supported in %s", refused.data, hook_rules(family)->section);
		crds_write_rule(depth, cel.data, message.data);
	}
	cel.length = 0;
	if (hook_rules(family)->has_return) {
		add(&cel, EACH_FILTER("matchReturnActions") "!has(f.action) || !(f.action in [%s%s%s])))", after.data,
		    refused.length ? ", " : "", refused.data);
		crds_write_rule(depth, cel.data,
				"matchReturnActions: an action that cannot come after the function has returned");
	}
	cel.length = 0;
	add(&cel,
	    EACH_FILTER("matchActions") "!has(f.action) || !(f.action in [%s]) || has(self.args) && "
					"(has(f.argSock) ? f.argSock : 0) < size(self.args) && "
					"(self.args[has(f.argSock) ? f.argSock : 0].type in ['sock', 'socket'] || "
					"has(self.args[has(f.argSock) ? f.argSock : 0].resolve))))",
	    socks.data);
	if (family != HOOK_LSM)
		crds_write_rule(depth, cel.data,
				"matchActions: argSock is the position in args of an argument of type sock or socket");
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
			EACH_FILTER("matchReturnActions") "!has(f.rateLimit) && "
							  "!(has(f.kernelStackTrace) && f.kernelStackTrace) && "
							  "!(has(f.userStackTrace) && f.userStackTrace)))",
			"matchReturnActions: rateLimit and stack traces belong to an action Post of matchActions");
}

/* What an argument may not be where it is. */
static void write_args(int depth, enum hook_family family)
{
	if (!hook_rules(family)->has_return)
		crds_write_rule(depth, "!has(self.args) || self.args.all(a, !has(a.returnCopy) || !a.returnCopy)",
				"args: returnCopy is not supported where there is no return");
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
		add(&cel, "self.name != '%s' || self.value.matches('^(%s)$')", name, pattern);
		add(&message, "failed to set option %s: its value is one of %s", name, pattern);
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

static void write_form(int depth, const struct operator_sum *sums, size_t at, size_t count)
{
	char data[TEXT_MAX];
	struct buffer pattern = {.data = data, .capacity = sizeof(data) - 1};
	const struct operator_sum *sum = &sums[at];
	bool has_pattern = value_form(sum->row->read, &pattern);
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "^(%.*s)$", (int)pattern.length, data);
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
void crds_write_value_forms(int depth)
{
	struct operator_sum sums[NAMES_MAX];
	size_t count = sum_operators(sums);

	yaml_line(depth, "allOf:");
	for (size_t i = 0; i < count; i++) {
		bool is_done = !has_form(&sums[i]);

		for (size_t j = 0; j < i; j++)
			is_done |= has_form(&sums[j]) && has_same_form(&sums[j], &sums[i]);
		if (!is_done)
			write_form(depth, sums, i, count);
	}
}
