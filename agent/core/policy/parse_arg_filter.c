// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_arg_filter.h"

#include <errno.h>
#include <string.h>

#include "core/policy/operators.h"
#include "core/policy/parse_hook.h"

#define ARG_FILTER_TEXT_MAX 1024

enum {
	FIELD_INDEX,
	FIELD_ARGS,
	FIELD_OPERATOR,
	FIELD_VALUES,
};

/* Which argument it is of decides how an operator and its values are read: the fields are looked at by hand. */
static const struct parse_schema filter_position_schema = {.shape = PARSE_INTEGER,
							   .maximum = POLICY_TRACEPOINT_ARGS_MAX - 1};
static const struct parse_schema filter_positions_schema = {
	.shape = PARSE_LIST, .minimum = 1, .maximum = 2, .items = &filter_position_schema};
static const struct parse_schema filter_operator_schema = {.shape = PARSE_STRING, .name = operator_spelling};
static const struct parse_schema filter_values_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_VALUES_MAX, .items = &parse_schema_text};
static const struct parse_row arg_filter_rows[] = {
	[FIELD_INDEX] = {"index", NULL, 0, PARSE_OPTIONAL, &parse_schema_u32,
			 "Of the argument: the `index` of an entry of the hook's args."},
	[FIELD_ARGS] = {"args", NULL, 0, PARSE_OPTIONAL, &filter_positions_schema,
			"The same by position in the hook's args, from 0; two for CapabilitiesGained."},
	[FIELD_OPERATOR] = {"operator", NULL, 0, PARSE_REQUIRED, &filter_operator_schema,
			    "How the argument is compared. Which operators there are depends on its type."},
	[FIELD_VALUES] = {"values", NULL, 0, PARSE_OPTIONAL, &filter_values_schema,
			  "What it is compared with: one of these, or none of them if the operator begins with Not."},
};
static const struct parse_table arg_filter_table = PARSE_TABLE(arg_filter_rows);

/* `index`: that of a function's argument or of a tracepoint's field. */
static bool arg_filter_read_index(struct parse *parse, const struct place *place, const struct place *filter,
				  struct policy_arg_filter *ret)
{
	const struct policy_hook *hook = parse->hook;
	uint64_t index = 0;

	if (place->node && !parse_number(parse, place, UINT32_MAX, &index))
		return false;
	if (!place->node)
		parse_warn(parse, filter, "write the argument's `index`",
			   "has neither index nor args: index 0 is taken");
	for (size_t i = 0; i < hook->arg_count; i++) {
		if (hook->args[i].index == index) {
			ret->arg = (uint8_t)i;
			return true;
		}
	}
	parse_error(parse, place, "use the index of an entry of the hook's `args`, or add one",
		    "argFilter for unknown index: %llu", (unsigned long long)index);
	return false;
}

/* `args`: positions in the hook's args; one, or the two of CapabilitiesGained. */
static bool arg_filter_read_positions(struct parse *parse, const struct place *place, struct policy_arg_filter *ret,
				      size_t *ret_count)
{
	const struct policy_hook *hook = parse->hook;
	uint8_t positions[2] = {0};

	if (!parse_is_list(parse, place))
		return false;
	if (place->node->count == 0 || place->node->count > ARRAY_SIZE(positions)) {
		parse_error(parse, place, "write one position, or two for CapabilitiesGained",
			    "takes one or two arguments (%zu provided)", place->node->count);
		return false;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		uint64_t position;

		if (!parse_number(parse, &item, UINT32_MAX, &position))
			return false;
		if (position >= hook->arg_count) {
			parse_error(parse, &item, "positions in the hook's `args` count from 0",
				    "wrong ArgSelector.Arg value %llu, max(%zu)", (unsigned long long)position,
				    hook->arg_count);
			return false;
		}
		positions[i] = (uint8_t)position;
	}
	ret->arg = positions[0];
	ret->second_arg = positions[1];
	*ret_count = place->node->count;
	return true;
}

static void arg_filter_unknown_operator(struct parse *parse, const struct place *place, const char *name)
{
	char all[ARG_FILTER_TEXT_MAX], remedy[ARG_FILTER_TEXT_MAX];
	const char *near = operator_suggest(name);

	operator_list(ARG_TYPE_COUNT, all, sizeof(all));
	if (near)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near);
	parse_error(parse, place, near ? remedy : NULL, "Unsupported value: \"%s\": supported values: %s", name, all);
}

/* What the reference says of an operator that the type does not take. */
static void arg_filter_say_mismatch(struct parse *parse, const struct place *place, const char *remedy,
				    const struct operator_info *info, const struct arg_type_info *type)
{
	const uint32_t networks = ARG_IS_SOCK | ARG_IS_SKB | ARG_IS_SOCKADDR;

	if (type->traits & ARG_IS_SOCKADDR)
		parse_error(parse, place, remedy,
			    "sockaddr only supports [not]saddr, [not]sport[priv], and family, not operator %s",
			    info->name);
	else if (type->traits & networks)
		parse_error(parse, place, remedy,
			    "MatchArgs type sock, socket, skb, sockaddr and net_device do not support operator %s: "
			    "type %s",
			    info->name, type->name);
	else if (info->traits & networks)
		parse_error(parse, place, remedy,
			    "sock/socket/skb/sockaddr/sockaddr_un operators specified for "
			    "non-sock/socket/skb/sockaddr/sockaddr_un type: %s for type %s",
			    info->name, type->name);
	else if (info->traits == ARG_HAS_FILE_TYPE)
		parse_error(parse, place, remedy, "FileType operators specified for non-file/path type: %s for type %s",
			    info->name, type->name);
	else
		parse_error(parse, place, remedy, "operator %s does not support type %s", info->name, type->name);
}

static void arg_filter_wrong_operator(struct parse *parse, const struct place *place, const struct operator_info *info,
				      enum arg_type type)
{
	const struct arg_type_info *type_info = arg_type_info(type);
	char fitting[ARG_FILTER_TEXT_MAX], remedy[ARG_FILTER_TEXT_MAX + 64];

	operator_list(type, fitting, sizeof(fitting));
	if (!fitting[0]) {
		parse_error(parse, place, "remove the filter: arguments of this type cannot be tested",
			    "MatchArgs type %s unsupported", type_info->name);
		return;
	}
	if (type == ARG_AUTO)
		snprintf(remedy, sizeof(remedy), "give the argument a type; for auto there are %s", fitting);
	else
		snprintf(remedy, sizeof(remedy), "operators for type %s are %s", type_info->name, fitting);
	arg_filter_say_mismatch(parse, place, remedy, info, type_info);
}

/* The row for operator and type; NULL: there is none, which is reported. */
static const struct operator_info *arg_filter_read_operator(struct parse *parse, const struct place *place,
							    enum arg_type type)
{
	const char *name = parse_text(parse, place);
	const struct operator_info *info, *any;

	if (!name)
		return NULL;
	any = operator_find_any(name);
	info = operator_find(name, type);
	if (!any)
		arg_filter_unknown_operator(parse, place, name);
	else if (any->operator== OPERATOR_CEL_EXPR)
		parse_error(parse, place, "write it in matchArgs, where it sees the hook's arguments",
			    "operator %s does not see the returned value", name);
	else if (!info)
		arg_filter_wrong_operator(parse, place, any, type);
	return info;
}

/* Two capability sets for an operator that takes two, one argument for the others. */
static bool arg_filter_check_count(struct parse *parse, const struct place *place, const struct operator_info *info,
				   const struct policy_arg_filter *filter, size_t count)
{
	if (info->arg_count == count &&
	    (count == 1 || arg_type_info(parse->hook->args[filter->second_arg].type)->traits & info->traits))
		return true;
	if (info->arg_count == 2)
		parse_error(parse, place, "write `args: [0, 1]`, both of a capability type",
			    "CapabilitiesGained operator requires two args: the new and the old capability");
	else
		parse_error(parse, place, "write one position", "operator %s takes one argument", info->name);
	return false;
}

/* True if there are not too many values, in the filter and in the hook. */
static bool arg_filter_check_values(struct parse *parse, const struct place *place, const struct operator_info *info,
				    size_t count)
{
	if (info->operator== OPERATOR_SUBSTRING || info->operator== OPERATOR_SUBSTRING_IGN_CASE) {
		parse->substring_count += count;
		if (parse->substring_count <= POLICY_SUBSTRINGS_MAX)
			return true;
		parse_error(parse, place, "use several hooks on the same function",
			    "more than %d values of SubString and SubStringIgnCase in one hook (%zu with these)",
			    POLICY_SUBSTRINGS_MAX, parse->substring_count);
		return false;
	}
	if (count <= info->values_max)
		return true;
	parse_error(parse, place, "use InMap or NotInMap for integers, several selectors otherwise",
		    "selector does not support more than %zu values: consider using InMap or NotInMap operators",
		    info->values_max);
	return false;
}

static void arg_filter_read_values(struct parse *parse, const struct place *place, enum arg_type type,
				   const struct operator_info *info, struct policy_arg_filter *filter)
{
	const struct value_context context = {parse, type, info, &filter->values};
	size_t count = place->node ? place->node->count : 0;

	filter->values.kind = info->kind;
	if (place->node && !parse_is_list(parse, place))
		return;
	if (info->kind == VALUES_NONE) {
		if (count > 0)
			parse_warn(parse, place, "remove them", "operator %s takes no values", info->name);
		return;
	}
	if (count == 0) {
		parse_error(parse, place, "write what the argument is compared with",
			    "Required value: values is empty");
		return;
	}
	if (!arg_filter_check_values(parse, place, info, count))
		return;
	for (size_t i = 0; i < count && !parse->is_out_of_memory && !parse->has_too_many_values; i++) {
		const struct place item = parse_item(place, i);

		info->read(&context, &item);
	}
}

/* Operator and values, when it is known of which type the argument is. `count` is that of arguments. */
static void arg_filter_read_test(struct parse *parse, const struct place *filter, struct place fields[PARSE_ROWS_MAX],
				 enum arg_type type, size_t count, struct policy_arg_filter *ret)
{
	const struct operator_info *info;

	if (!fields[FIELD_OPERATOR].node)
		return; /* reported */
	info = arg_filter_read_operator(parse, &fields[FIELD_OPERATOR], type);
	if (!info || !arg_filter_check_count(parse, filter, info, ret, count))
		return;
	ret->operator= info->operator;
	arg_filter_read_values(parse, &fields[FIELD_VALUES], type, info, ret);
}

/* --- CelExpr */

static int arg_filter_parse_expression(struct parse *parse, const struct place *place, struct policy_arg_filter *ret)
{
	enum arg_type types[POLICY_TRACEPOINT_ARGS_MAX];
	const struct cel_args args = {.types = types, .count = parse->hook->arg_count};
	struct cel_error error = {0};
	int r;

	for (size_t i = 0; i < args.count; i++)
		types[i] = parse->wrong_args & 1u << i ? ARG_TYPE_COUNT : parse->hook->args[i].type;
	r = cel_parse(place->node->text, place->node->length, &args, &ret->values.expression, &error);
	if (r == -ENOMEM)
		parse_no_memory(parse);
	else if (r < 0 && *error.problem)
		parse_error(parse, place, *error.remedy ? error.remedy : NULL, "column %zu of the expression: %s",
			    error.column, error.problem);
	return r;
}

/* Its one value names the arguments that it tests. */
static void arg_filter_read_expression(struct parse *parse, struct place fields[PARSE_ROWS_MAX],
				       struct policy_arg_filter *ret)
{
	const struct place *values = &fields[FIELD_VALUES];
	size_t count = values->node ? values->node->count : 0;
	struct place item;

	for (int field = FIELD_INDEX; field <= FIELD_ARGS; field++)
		if (fields[field].node)
			parse_warn(parse, &fields[field], "remove it",
				   "has no effect: the expression names its arguments");
	if (values->node && !parse_is_list(parse, values))
		return;
	if (count != 1) {
		parse_error(parse, values, "write one, as in [\"arg0 == int32(5)\"]",
			    "operator CelExpr takes exactly one value (%zu provided)", count);
		return;
	}
	if (++parse->expression_count > POLICY_EXPRESSIONS_MAX) {
		parse_error(parse, values, "join some by && or ||", "more than %d expressions in one hook",
			    POLICY_EXPRESSIONS_MAX);
		return;
	}
	item = parse_item(values, 0);
	if (!parse_is_string(parse, &item) || arg_filter_parse_expression(parse, &item, ret) < 0)
		return;
	ret->operator= OPERATOR_CEL_EXPR;
	ret->values.kind = VALUES_EXPRESSION;
	ret->values.count = 1;
}

/* --- entries */

/* The fields of an entry, by the table; false if there is no telling what they are. */
static bool arg_filter_collect(struct parse *parse, const struct place *place, struct place fields[PARSE_ROWS_MAX])
{
	if (!parse_collect(parse, place, &arg_filter_table, fields))
		return false;
	if (!fields[FIELD_OPERATOR].node)
		parse_error(parse, &fields[FIELD_OPERATOR], NULL, "Required value: operator is missing");
	return true;
}

static void arg_filter_read(struct parse *parse, const struct place *place, struct policy_arg_filter *ret)
{
	struct place fields[PARSE_ROWS_MAX];
	size_t count = 1;
	bool is_ok;

	ret->position = place->node->position;
	if (!arg_filter_collect(parse, place, fields))
		return;
	if (fields[FIELD_OPERATOR].node && tree_is(fields[FIELD_OPERATOR].node, operator_name(OPERATOR_CEL_EXPR))) {
		arg_filter_read_expression(parse, fields, ret);
		return;
	}
	if (fields[FIELD_ARGS].node)
		is_ok = arg_filter_read_positions(parse, &fields[FIELD_ARGS], ret, &count);
	else
		is_ok = arg_filter_read_index(parse, &fields[FIELD_INDEX], place, ret);
	if (is_ok && !(parse->wrong_args & 1u << ret->arg))
		arg_filter_read_test(parse, place, fields, parse->hook->args[ret->arg].type, count, ret);
}

static void arg_filter_read_return(struct parse *parse, const struct place *place, struct policy_arg_filter *ret)
{
	struct place fields[PARSE_ROWS_MAX];
	uint64_t index = 0;

	ret->position = place->node->position;
	if (!arg_filter_collect(parse, place, fields))
		return;
	if (fields[FIELD_INDEX].node && parse_number(parse, &fields[FIELD_INDEX], UINT32_MAX, &index) && index > 0)
		parse_warn(parse, &fields[FIELD_INDEX], "remove it", "has no effect: it is the returned value");
	if (fields[FIELD_ARGS].node)
		parse_warn(parse, &fields[FIELD_ARGS], "remove it", "has no effect: it is the returned value");
	if (!parse->is_return_wrong)
		arg_filter_read_test(parse, place, fields, parse->hook->return_arg.type, 1, ret);
}

/* True if it is a list that is not too long. */
static bool arg_filter_is_list(struct parse *parse, const struct place *place)
{
	if (!parse_is_list(parse, place))
		return false;
	if (place->node->count <= POLICY_ARG_FILTERS_MAX)
		return true;
	parse_error(parse, place, "remove some", "parseMatchArgs: supports up to %d filters (%zu provided)",
		    POLICY_ARG_FILTERS_MAX, place->node->count);
	return false;
}

void parse_read_match_args(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	if (!arg_filter_is_list(parse, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		arg_filter_read(parse, &item, &selector->args[selector->arg_count++]);
	}
}

void parse_read_match_return_args(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	if (!arg_filter_is_list(parse, place) || place->node->count == 0)
		return;
	if (!parse_has_return(parse, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		arg_filter_read_return(parse, &item, &selector->return_args[selector->return_arg_count++]);
	}
}

/* --- what the API server is told of it ------------------------------------------------------------------------ */

const struct parse_schema parse_arg_filter_schema = {.shape = PARSE_OBJECT, .table = &arg_filter_table};
const struct parse_schema parse_match_args_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_ARG_FILTERS_MAX, .items = &parse_arg_filter_schema};
