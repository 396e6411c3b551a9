// SPDX-License-Identifier: Apache-2.0
#include "tools/crds/tables.h"

#include <stdlib.h>
#include <string.h>

#include "core/policy/parse_action.h"

size_t tables_operators(struct operator_sum sums[SUMS_MAX])
{
	const struct operator_info *row;
	size_t count = 0;

	for (size_t i = 0; (row = operator_row(i)); i++) {
		struct operator_sum *sum = count ? &sums[count - 1] : NULL;

		if (!sum || strcmp(sum->name, row->name) != 0) {
			if (count == SUMS_MAX)
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

/* Appends the names of all operators that test the types that the i-th does. False: an earlier one has them, or it
 * tests none. */
static bool add_group(struct text *text, const struct operator_sum *sums, size_t i, size_t count)
{
	if (!sums[i].traits)
		return false;
	for (size_t j = 0; j < i; j++) {
		if (sums[j].traits == sums[i].traits)
			return false;
	}
	for (size_t j = i; j < count; j++) {
		if (sums[j].traits == sums[i].traits)
			text_add_name(text, sums[j].name);
	}
	return true;
}

void tables_add_unknown_types(struct text *text)
{
	enum arg_type type;
	const char *name;

	for (size_t i = 0; (name = arg_type_spelling(i, &type)); i++) {
		if (type == ARG_TYPE_COUNT)
			text_add_name(text, name);
	}
}

void tables_add_types(struct text *text, uint32_t traits, bool in_tracepoints)
{
	enum arg_type type;
	const char *name;

	for (size_t i = 0; (name = arg_type_spelling(i, &type)); i++) {
		uint32_t has = type == ARG_AUTO ? ARG_IS_INTEGER | ARG_IN_TRACEPOINTS : 0;

		if (type == ARG_TYPE_COUNT || type == ARG_CONST_BUF ||
		    (!in_tracepoints && arg_type_is_of_tracepoints(type)))
			continue;
		has |= arg_type_info(type)->traits;
		if (has & traits && (!in_tracepoints || has & ARG_IN_TRACEPOINTS))
			text_add_name(text, name);
	}
}

/* The number of the group that the operator of `f` is in; -1: none. */
static void add_groups(struct text *text, const struct operator_sum *sums, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct text operators = {0};

		if (add_group(&operators, sums, i, count))
			text_add(text, "f.operator in [%s] ? %zu : ", operators.data, i);
	}
	text_add(text, "-1");
}

/* `type` is one of those that the operators of `group` test, which take so many arguments at most. What Trigon does not
 * have yet may be tested by any. */
static void add_types_of_group(struct text *text, const struct operator_sum *sums, size_t count, const char *type,
			       uint8_t arg_count, bool in_tracepoints)
{
	struct text unknown = {0};

	tables_add_unknown_types(&unknown);
	text_add(text, "%s in [%s] || (", type, unknown.data);
	for (size_t i = 0; i < count; i++) {
		struct text operators = {0}, types = {0};

		if (sums[i].row->arg_count > arg_count || !add_group(&operators, sums, i, count))
			continue;
		tables_add_types(&types, sums[i].traits, in_tracepoints);
		text_add(text, "group == %zu ? %s in [%s] : ", i, type, types.data);
	}
	text_add(text, "false)");
}

void tables_add_of_arg(struct text *text, const char *hook, const char *one, const char *what)
{
	text_add(text,
		 "has(%s.args) && (has(f.args) ? f.args.filter(i, i < size(%s.args)).map(i, %s.args[i]) : "
		 "%s.args.filter(a, a.index == (has(f.index) ? f.index : 0))).%s(a, %s)",
		 hook, hook, hook, hook, one, what);
}

/* The group comes first, since what is behind it is looked at for each argument: rules may not cost too much. */
void tables_add_arg_test(struct text *text, const struct hook_rules *rules, const char *hook)
{
	struct operator_sum sums[SUMS_MAX];
	size_t count = tables_operators(sums);
	struct text types = {0};

	text_add(text, "f.operator == 'CelExpr' || [");
	add_groups(text, sums, count);
	text_add(text, "].all(group, ");
	add_types_of_group(&types, sums, count, "a.type", 2, rules->has_tracepoint_args);
	text_add(&types, " || " IS_RESOLVED("a"));
	tables_add_of_arg(text, hook, "exists", types.data);
	text_add(text, ")");
}

void tables_add_return_test(struct text *text, const struct hook_rules *rules, const char *hook)
{
	struct operator_sum sums[SUMS_MAX];
	size_t count = tables_operators(sums);
	char type[64];

	snprintf(type, sizeof(type), "%s.returnArg.type", hook);
	text_add(text, "!has(%s.returnArg) || has(%s.returnArg.resolve) && %s.returnArg.resolve != '' || [", hook, hook,
		 hook);
	add_groups(text, sums, count);
	text_add(text, "].all(group, ");
	add_types_of_group(text, sums, count, type, 1, rules->has_tracepoint_args);
	text_add(text, ")");
}

void tables_list_actions(enum hook_family family, struct action_names *ret)
{
	struct parse_action_trait trait;
	const char *name;

	for (size_t i = 0; (name = parse_action_trait(i, &trait)); i++) {
		bool is_refused = trait.refused_in & 1u << family;

		if (is_refused)
			text_add_name(&ret->refused, name);
		if (is_refused || trait.is_refused_return)
			text_add_name(&ret->after, name);
		if (trait.needs_sock && !is_refused)
			text_add_name(&ret->socks, name);
	}
}
