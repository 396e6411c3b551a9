// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_arg.h"

#include <string.h>

#include "core/config/suggest.h"
#include "core/policy/parse_hook.h"

#define ARG_SIZE_INDEX_MAX 15

static void arg_unknown_type(struct parse *parse, const struct place *place, const char *name)
{
	char remedy[SUGGEST_NAME_MAX + 32];
	struct suggestion near = {0};

	for (int i = 0; i < ARG_TYPE_COUNT; i++)
		suggest_offer(&near, name, strlen(name), arg_type_info((enum arg_type)i)->name);
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	parse_error(parse, place, near.name ? remedy : NULL, "Unsupported value: \"%s\": supported values: %s", name,
		    arg_type_names());
}

static void arg_read_type(struct parse *parse, const struct place *place, void *target)
{
	const char *name = parse_text(parse, place);
	enum arg_type *type = target;

	if (!name || arg_type_from_name(name, type))
		return;
	*type = ARG_TYPE_COUNT; /* nothing more is said of it */
	if (arg_type_is_known(name))
		parse_error(parse, place, "remove the argument, or wait for the version of Trigon that has it",
			    "type '%s' is not yet supported", name);
	else
		arg_unknown_type(parse, place, name);
}

static void arg_read_size_index(struct parse *parse, const struct place *place, void *target)
{
	uint64_t value;

	if (parse_number(parse, place, ARG_SIZE_INDEX_MAX, &value))
		*(uint32_t *)target = (uint32_t)value;
}

static void arg_read_source(struct parse *parse, const struct place *place, void *target)
{
	const char *text = parse_text(parse, place);

	(void)target;
	if (text && *text)
		parse_error(parse, place, "remove it; it belongs into `data`, which is not yet supported",
			    "standard argument is not allowed to have source configured, current value: '%s'", text);
}

/* All spellings, of which kprobes and lsmhooks lack some. */
static const char *arg_function_type(size_t i)
{
	enum arg_type type;
	const char *name;

	for (size_t at = 0; (name = arg_type_spelling(at, &type)); at++) {
		if (type != ARG_CONST_BUF && !arg_type_is_of_tracepoints(type) && i-- == 0)
			return name;
	}
	return NULL;
}

static const char *arg_return_type(size_t i)
{
	enum arg_type type;
	const char *name;

	for (size_t at = 0; (name = arg_type_spelling(at, &type)); at++) {
		if (type != ARG_NOP && type != ARG_CONST_BUF && !arg_type_is_of_tracepoints(type) && i-- == 0)
			return name;
	}
	return NULL;
}

static const char *arg_tracepoint_type(size_t i)
{
	enum arg_type type;
	const char *name;

	for (size_t at = 0; (name = arg_type_spelling(at, &type)); at++) {
		if (type != ARG_CONST_BUF && i-- == 0)
			return name;
	}
	return NULL;
}

static const struct parse_schema function_type_schema = {.shape = PARSE_STRING, .name = arg_function_type};
static const struct parse_schema return_type_schema = {.shape = PARSE_STRING, .name = arg_return_type};
static const struct parse_schema tracepoint_type_schema = {
	.shape = PARSE_STRING, .name = arg_tracepoint_type, .preset = "\"auto\""};
static const struct parse_schema function_index_schema = {.shape = PARSE_INTEGER, .maximum = POLICY_ARGS_MAX - 1};
static const struct parse_schema tracepoint_index_schema = {.shape = PARSE_INTEGER,
							    .maximum = ARG_TRACEPOINT_INDEX_MAX};
static const struct parse_schema size_index_schema = {.shape = PARSE_INTEGER, .maximum = ARG_SIZE_INDEX_MAX};

#define ARG_ROWS(index_need, index_schema, type_need, type_schema) \
	{ \
		{"index", \
		 parse_read_u32, \
		 offsetof(struct policy_arg, index), \
		 (index_need), \
		 (index_schema), \
		 "Which argument, from 0; of a tracepoint: which field of its format, the common ones counted."}, \
			{"type",      arg_read_type, offsetof(struct policy_arg, type), \
			 (type_need), (type_schema), "What it is; with it, which operators can test it."}, \
			{"label",        parse_read_text,    offsetof(struct policy_arg, label), \
			 PARSE_OPTIONAL, &parse_schema_text, "For the events."}, \
			{"sizeArgIndex", \
			 arg_read_size_index, \
			 offsetof(struct policy_arg, size_arg_index), \
			 PARSE_OPTIONAL, \
			 &size_index_schema, \
			 "Of a buffer: which argument holds its size, counted from 1."}, \
			{"returnCopy",   parse_read_bool,    offsetof(struct policy_arg, return_copy), \
			 PARSE_OPTIONAL, &parse_schema_bool, "true: the buffer is read when the function returns."}, \
			{"maxData",      parse_read_bool,    offsetof(struct policy_arg, max_data), \
			 PARSE_OPTIONAL, &parse_schema_bool, "true: as much of the buffer as there is room for."}, \
			{"source", arg_read_source, 0, PARSE_OPTIONAL, &parse_schema_text, "For entries of `data`."}, \
			{"resolve", \
			 NULL, \
			 0, \
			 PARSE_NOT_YET, \
			 &parse_schema_text, \
			 "A member below the argument: a.b[0].c."}, \
			{"btfType", NULL, 0, PARSE_NOT_YET, &parse_schema_text, "The struct that `resolve` begins in."}, \
			{"btfTypeModule", \
			 NULL, \
			 0, \
			 PARSE_NOT_YET, \
			 &parse_schema_text, \
			 "The kernel module that defines btfType."}, \
	}

static const struct parse_row arg_rows[] =
	ARG_ROWS(PARSE_REQUIRED, &function_index_schema, PARSE_CHECKED, &function_type_schema);
static const struct parse_table arg_table = PARSE_TABLE(arg_rows);
static const struct parse_row tracepoint_arg_rows[] =
	ARG_ROWS(PARSE_REQUIRED, &tracepoint_index_schema, PARSE_OPTIONAL, &tracepoint_type_schema);
static const struct parse_table tracepoint_arg_table = PARSE_TABLE(tracepoint_arg_rows);
static const struct parse_row return_arg_rows[] =
	ARG_ROWS(PARSE_OPTIONAL, &parse_schema_u32, PARSE_CHECKED, &return_type_schema);
static const struct parse_table return_arg_table = PARSE_TABLE(return_arg_rows);

static const struct parse_rule arg_rules[] = {
	{"!has(self.source) || self.source == ''", "standard argument is not allowed to have source configured"},
	{"self.type != 'char_buf' || !has(self.maxData) || !self.maxData || !has(self.returnCopy) || !self.returnCopy",
	 "maxData cannot be combined with returnCopy"},
	{NULL, NULL},
};
static const struct parse_schema arg_schema = {.shape = PARSE_OBJECT, .table = &arg_table, .rules = arg_rules};
static const struct parse_schema tracepoint_arg_schema = {
	.shape = PARSE_OBJECT, .table = &tracepoint_arg_table, .rules = arg_rules};
static const struct parse_rule return_arg_rules[] = {
	{"!has(self.source) || self.source == ''", "standard argument is not allowed to have source configured"},
	{NULL, NULL},
};

const struct parse_schema parse_args_schema = {.shape = PARSE_LIST, .maximum = POLICY_ARGS_MAX, .items = &arg_schema};
const struct parse_schema parse_tracepoint_args_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_TRACEPOINT_ARGS_MAX, .items = &tracepoint_arg_schema};
const struct parse_schema parse_return_arg_schema = {
	.shape = PARSE_OBJECT, .table = &return_arg_table, .rules = return_arg_rules};

/* The types that not every family has. True if this one is wrong here, which is reported. */
static bool arg_is_wrong_here(struct parse *parse, const struct place *place, enum arg_type type,
			      const struct hook_rules *rules)
{
	if (type == ARG_CONST_BUF) {
		parse_error(parse, place, "leave the type out: arrays of a tracepoint's format are recognised",
			    "const_buf type cannot be user-defined");
		return true;
	}
	if (type == ARG_DATA_LOC && parse->hook->is_raw) {
		parse_error(parse, place, "read a pointer with `type: string`, or leave `raw: true` out",
			    "type 'data_loc' is invalid for raw tracepoints: it is a field of a tracepoint's format");
		return true;
	}
	if (rules->has_tracepoint_args || !arg_type_is_of_tracepoints(type))
		return false;
	parse_error(parse, place,
		    type == ARG_AUTO ? "give the argument a type, such as `type: int`; auto is what it is without one"
				     : "use another type; this one is for tracepoints",
		    "type '%s' is invalid for %s", arg_type_info(type)->name, rules->section);
	return true;
}

static void arg_check_buffer(struct parse *parse, const struct place *place, const struct policy_arg *arg,
			     const struct hook_rules *rules)
{
	const char *name = arg_type_info(arg->type)->name;
	bool has_size = arg_type_info(arg->type)->traits & ARG_HAS_SIZE;

	if (!has_size && arg->type != ARG_AUTO && (arg->size_arg_index || arg->return_copy || arg->max_data))
		parse_warn(parse, place, "remove them, or use type char_buf",
			   "sizeArgIndex, returnCopy and maxData have no effect on type '%s'", name);
	if (has_size && arg->return_copy && arg->max_data)
		parse_error(parse, place, "remove one of them", "maxData cannot be combined with returnCopy");
	if (has_size && arg->return_copy && !rules->has_return)
		parse_error(parse, place, "give the position of the argument that holds the size as sizeArgIndex",
			    "returnCopy is not supported in %s, which know of no return", rules->section);
	if (has_size && !arg->size_arg_index && !arg->return_copy)
		parse_warn(parse, place,
			   "give the position of the argument that holds the size, counted from 1, as sizeArgIndex",
			   "has neither sizeArgIndex nor returnCopy: nothing of the buffer is read");
}

static void arg_check_index(struct parse *parse, const struct place *place, const struct policy_arg *arg,
			    const struct hook_rules *rules)
{
	const struct policy_hook *hook = parse->hook;

	if (hook->is_raw && arg->index >= POLICY_ARGS_MAX)
		parse_error(parse, place, NULL,
			    "raw tracepoint %s/%s can read up to 5 arguments, but index %u was requested in args[%zu]",
			    hook->subsystem ? hook->subsystem : "", hook->name ? hook->name : "", arg->index,
			    place->index);
	else if (arg->index > rules->index_max)
		parse_error(parse, place, NULL, "error add arg: ArgType %s Index %u out of bounds: the largest is %u",
			    arg_type_info(arg->type)->name, arg->index, rules->index_max);
}

/* What the parts say together. */
static void arg_check(struct parse *parse, const struct place *place, struct policy_arg *arg)
{
	const struct hook_rules *rules = hook_rules(parse->hook->family);

	if (arg->type == ARG_TYPE_COUNT || arg_is_wrong_here(parse, place, arg->type, rules)) {
		arg->type = ARG_NOP;
		parse->wrong_args |= 1u << place->index;
		return;
	}
	arg_check_index(parse, place, arg, rules);
	arg_check_buffer(parse, place, arg, rules);
	if (rules->has_tracepoint_args && !(arg_type_info(arg->type)->traits & ARG_IN_TRACEPOINTS)) {
		parse_warn(parse, place, "use another type, or nop",
			   "type '%s' is not decoded in tracepoints: the argument is left out of the event",
			   arg_type_info(arg->type)->name);
		arg->type = ARG_NOP;
	}
}

void parse_read_args(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	const struct hook_rules *rules = hook_rules(hook->family);
	const struct parse_table *table = rules->has_tracepoint_args ? &tracepoint_arg_table : &arg_table;
	uint32_t maximum = rules->args_max;

	if (!parse_is_list(parse, place))
		return;
	if (place->node->count > maximum)
		parse_error(parse, place, "remove some; several entries may watch the same function",
			    "too many arguments, max %u: args(%zu) data(0)", maximum, place->node->count);
	for (size_t i = 0; i < MIN(place->node->count, (size_t)maximum); i++) {
		const struct place item = parse_item(place, i);
		struct policy_arg *arg = &hook->args[hook->arg_count++];

		arg->position = item.node->position;
		parse_object(parse, &item, table, arg);
		arg_check(parse, &item, arg);
	}
}

void parse_read_return_arg(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	struct policy_arg *arg = &hook->return_arg;

	arg->position = place->node->position;
	parse_object(parse, place, &return_arg_table, arg);
	if (arg->size_arg_index) /* which is known at entry, and not where a program of its own sees the return */
		parse_warn(parse, place, "remove sizeArgIndex", "sizeArgIndex has no effect in returnArg");
	arg->size_arg_index = 0;
	if (arg->type == ARG_NOP)
		parse_error(parse, place, "give it a type, such as `type: int`", "type 'nop' is invalid for returnArg");
	else if (arg->type != ARG_TYPE_COUNT && !arg_is_wrong_here(parse, place, arg->type, hook_rules(hook->family)))
		return;
	arg->type = ARG_NOP;
	parse->is_return_wrong = true;
}
