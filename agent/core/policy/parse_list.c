// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_list.h"

#include <string.h>

#include "core/config/suggest.h"
#include "core/policy/pattern.h"

#define LISTS_MAX 128 /* bounds messages of all pairs of lists, too */
#define LIST_NAME_MAX 128
#define LIST_SYMBOL_MAX 511 /* KSYM_NAME_LEN, linux/kallsyms.h */

static const char *const list_types[] = {
	[PARSE_LIST_FUNCTIONS] = "",
	[PARSE_LIST_SYSCALLS] = "syscalls",
	[PARSE_LIST_GENERATED_SYSCALLS] = "generated_syscalls",
	[PARSE_LIST_GENERATED_FTRACE] = "generated_ftrace",
	NULL,
};

/* How the kernel's functions of an ABI begin, and how a list calls it. */
static const struct list_abi {
	const char *written; /* before sys_ */
	const char *prefix;  /* of the symbol */
	enum syscall_abi abi;
	bool is_arm32;
} list_abis[] = {
	{"x64/", "__x64_", SYSCALL_X64, false},         {"i386/", "__ia32_", SYSCALL_I386, false},
	{"arm64/", "__arm64_", SYSCALL_ARM64, false},   {"arm32/", "__arm64_", SYSCALL_ARM64, true},
	{"__x64_", "__x64_", SYSCALL_X64, false},       {"__ia32_", "__ia32_", SYSCALL_I386, false},
	{"__arm64_", "__arm64_", SYSCALL_ARM64, false},
};

static bool list_begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The ABI that a value names; NULL: none. */
static const struct list_abi *list_find_abi(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(list_abis); i++) {
		if (list_begins(text, list_abis[i].written))
			return &list_abis[i];
	}
	return NULL;
}

/* "x64/__x64_sys_read": the name without both. */
static const char *list_bare_name(const char *text)
{
	for (int i = 0; i < 2; i++) {
		const struct list_abi *abi = list_find_abi(text);

		text += abi ? strlen(abi->written) : 0;
	}
	return text;
}

static void list_read_syscall(struct parse *parse, struct parse_list_item *item, const char *text)
{
	const struct list_abi *abi = list_find_abi(text);
	const char *name = list_bare_name(text);
	char symbol[SUGGEST_NAME_MAX * 2];

	if (!list_begins(name, "sys_") || strlen(name) > SUGGEST_NAME_MAX) {
		parse_error(parse, &item->place, "write [ABI/]sys_NAME, with x64, i386, arm64 or arm32 as ABI",
			    "invalid syscall list element '%s'", text);
		return;
	}
	item->abi = abi ? abi->abi : syscall_abi_here();
	item->is_arm32 = abi && abi->is_arm32;
	snprintf(symbol, sizeof(symbol), "%s%s", abi ? abi->prefix : "", name);
	parse_copy_text(parse, symbol, &item->symbol);
}

/* True: a function that serves a system call. */
static bool list_is_syscall_symbol(const char *text)
{
	return list_begins(list_bare_name(text), "sys_") && list_begins(text, "__");
}

static void list_read_function(struct parse *parse, struct parse_list *list, struct parse_list_item *item,
			       const char *text)
{
	const char *first = list->items[0].symbol;

	if (!*text)
		parse_error(parse, &item->place, "write a function's name", "is empty");
	else if (first && list_is_syscall_symbol(first) != list_is_syscall_symbol(text))
		parse_error(parse, &item->place, "make two lists", "list '%s' mixes syscalls and functions: %s and %s",
			    list->name ? list->name : "", first, text);
	else
		parse_copy_text(parse, text, &item->symbol);
}

static void list_read_name(struct parse *parse, const struct place *place, void *target)
{
	struct parse_list *list = target;

	parse_read_text(parse, place, &list->name);
	if (list->name && strlen(list->name) > LIST_NAME_MAX)
		parse_error(parse, place, "shorten it", "is longer than %d bytes", LIST_NAME_MAX);
}

static void list_read_type(struct parse *parse, const struct place *place, void *target)
{
	struct parse_list *list = target;
	const char *text = parse_text(parse, place);
	int type;

	if (!text)
		return;
	type = parse_choice_of(parse, place, text, list_types);
	if (type < 0)
		list->is_wrong = true;
	else
		list->type = (enum parse_list_type)type;
}

static void list_read_values(struct parse *parse, const struct place *place, void *target)
{
	struct parse_list *list = target;

	if (!parse_is_list(parse, place) || place->node->count == 0 || list->is_wrong)
		return;
	if (list->type == PARSE_LIST_GENERATED_SYSCALLS || list->type == PARSE_LIST_GENERATED_FTRACE) {
		parse_error(parse, place, "remove them: the kernel's own are taken",
			    "error generated list '%s' has values", list->name ? list->name : "");
		return;
	}
	list->values = *place;
	list->items = calloc(place->node->count, sizeof(*list->items));
	if (!list->items) {
		parse_no_memory(parse);
		return;
	}
	list->count = place->node->count;
	for (size_t i = 0; i < list->count; i++) {
		struct parse_list_item *item = &list->items[i];
		const char *text;

		item->place = parse_item(place, i);
		item->place.parent = &list->values;
		text = parse_text(parse, &item->place);
		if (text && list->type == PARSE_LIST_SYSCALLS)
			list_read_syscall(parse, item, text);
		else if (text)
			list_read_function(parse, list, item, text);
	}
}

static void list_read_pattern(struct parse *parse, const struct place *place, void *target)
{
	struct parse_list *list = target;
	char why[PATTERN_WHY_MAX];
	struct pattern pattern;

	parse_read_text(parse, place, &list->pattern);
	if (!list->pattern)
		return;
	if (pattern_compile(list->pattern, &pattern, why) < 0)
		parse_error(parse, place, "write a regular expression that Go and POSIX have alike",
			    "invalid pattern: %s", why);
	else
		pattern_done(&pattern);
}

static void list_read_validated(struct parse *parse, const struct place *place, void *target)
{
	bool is_validated = false;

	(void)target;
	parse_read_bool(parse, place, &is_validated);
	if (is_validated)
		parse_warn(parse, place, "remove it", "is an internal mark and has no effect");
}

static const struct parse_schema list_name_schema = {.shape = PARSE_STRING, .minimum = 1, .maximum = LIST_NAME_MAX};
static const struct parse_schema list_type_schema = {.shape = PARSE_STRING, .names = list_types};
static const struct parse_schema list_value_schema = {.shape = PARSE_STRING, .minimum = 1, .maximum = LIST_SYMBOL_MAX};
static const struct parse_schema list_values_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_HOOKS_MAX, .items = &list_value_schema};
static const struct parse_schema list_pattern_schema = {.shape = PARSE_STRING, .maximum = PATTERN_MAX};

static const struct parse_row list_rows[] = {
	{"name", list_read_name, 0, PARSE_REQUIRED, &list_name_schema, "What list:NAME refers to."},
	{"type", list_read_type, 0, PARSE_OPTIONAL, &list_type_schema,
	 "What it has: functions (\"\"), syscalls; or what each kernel says: generated_syscalls, generated_ftrace."},
	{"values", list_read_values, 0, PARSE_OPTIONAL, &list_values_schema,
	 "Functions, or system calls: [ABI/]sys_NAME, where ABI is x64, i386, arm64 or arm32."},
	{"pattern", list_read_pattern, 0, PARSE_OPTIONAL, &list_pattern_schema,
	 "generated_ftrace: a regular expression of functions' names."},
	{"validated", list_read_validated, 0, PARSE_OPTIONAL, &parse_schema_bool, "An internal mark, without effect."},
};
static const struct parse_table list_table = PARSE_TABLE(list_rows);

static void list_check(struct parse *parse, const struct parse_list *list)
{
	if (list->type == PARSE_LIST_GENERATED_FTRACE && !list->pattern)
		parse_error(parse, &list->place, "write `pattern`, a regular expression of function names",
			    "error generated ftrace list '%s' must specify pattern", list->name);
	if (list->type != PARSE_LIST_GENERATED_FTRACE && list->pattern)
		parse_warn(parse, &list->place, "remove `pattern`, or use type generated_ftrace",
			   "the pattern has no effect");
	for (const struct parse_list *other = parse->lists; other < list; other++) {
		if (other->name && strcmp(other->name, list->name) == 0)
			parse_error(parse, &list->place, "rename one of them", "a list '%s' exists already",
				    list->name);
	}
}

void parse_read_lists(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	if (!parse_is_list(parse, place) || place->node->count == 0)
		return;
	if (place->node->count > LISTS_MAX) {
		parse_error(parse, place, NULL, "no more than %d lists supported (%zu provided)", LISTS_MAX,
			    place->node->count);
		return;
	}
	parse->lists = calloc(place->node->count, sizeof(*parse->lists));
	if (!parse->lists) {
		parse_no_memory(parse);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		struct parse_list *list = &parse->lists[parse->list_count++];
		size_t errors = parse->report->error_count;

		list->place = parse_item(place, i);
		parse_object(parse, &list->place, &list_table, list);
		if (list->name && !list->is_wrong)
			list_check(parse, list);
		list->is_wrong = parse->report->error_count > errors;
	}
}

void parse_lists_done(struct parse *parse)
{
	for (size_t i = 0; i < parse->list_count; i++) {
		struct parse_list *list = &parse->lists[i];

		for (size_t j = 0; j < list->count; j++)
			free(list->items[j].symbol);
		free(list->items);
		free(list->name);
		free(list->pattern);
	}
	free(parse->lists);
	parse->lists = NULL;
	parse->list_count = 0;
}

const struct parse_list *parse_list_find(struct parse *parse, const struct place *place, const char *name)
{
	struct suggestion near = {0};
	char remedy[SUGGEST_NAME_MAX + 32];

	for (size_t i = 0; i < parse->list_count; i++) {
		if (!parse->lists[i].name)
			continue;
		if (strcmp(parse->lists[i].name, name) == 0)
			return &parse->lists[i];
		suggest_offer(&near, name, strlen(name), parse->lists[i].name);
	}
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	else
		snprintf(remedy, sizeof(remedy), "define it in spec.lists");
	parse_error(parse, place, remedy, "error list '%s' not found", name);
	return NULL;
}

static void list_add_generated(const struct value_context *context, const struct place *place)
{
	size_t at = 0;
	uint64_t number;

	while (syscall_number_next(syscall_abi_here(), &at, &number)) {
		if (!value_add_number(context->parse, place, context->values, number, number))
			return;
	}
}

static void list_add_items(const struct value_context *context, const struct parse_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct parse_list_item *item = &list->items[i];
		uint64_t number;

		if (!item->symbol)
			continue;
		if (item->is_arm32)
			parse_error(context->parse, &item->place, NULL,
				    "numbers of arm32 system calls are not yet supported");
		else if (!syscall_number(list_bare_name(item->symbol) + strlen("sys_"), item->abi, &number))
			parse_error(context->parse, &item->place, NULL, "there is no system call %s", item->symbol);
		else if (!value_add_number(context->parse, &item->place, context->values, number, number))
			return;
	}
}

void parse_list_add_numbers(const struct value_context *context, const struct place *place, const char *name)
{
	const struct parse_list *list;

	if (context->parse->hook->family != HOOK_TRACEPOINT) {
		parse_error(context->parse, place, "write the values themselves: lists work in tracepoints only",
			    "failed list values loading is not supported");
		return;
	}
	list = parse_list_find(context->parse, place, name);
	if (!list || list->is_wrong)
		return;
	if (!parse_list_is_syscalls(list))
		parse_error(context->parse, place, "give the list `type: syscalls`",
			    "error list '%s' is not syscall type", name);
	else if (context->type != ARG_SYSCALL64)
		parse_error(context->parse, place, "give the argument `type: syscall64`",
			    "error list '%s' argument type is not syscall64", name);
	else if (list->type == PARSE_LIST_GENERATED_SYSCALLS)
		list_add_generated(context, place);
	else
		list_add_items(context, list);
}

/* --- what the API server is told of it ------------------------------------------------------------------------ */

static const struct parse_rule list_rules[] = {
	{"!has(self.type) || !self.type.startsWith('generated_') || !has(self.values) || size(self.values) == 0",
	 "error generated list has values"},
	{"!has(self.type) || self.type != 'generated_ftrace' || has(self.pattern) && self.pattern != ''",
	 "error generated ftrace list must specify pattern"},
	/* what cannot be compiled is an error of the rule, which refuses */
	{"!has(self.pattern) || ''.matches(self.pattern) in [true, false]", "invalid pattern"},
	{NULL, NULL},
};
/* list_read_syscall(), and what list_read_function() says of functions of both kinds in one list. */
static const char list_forms[] =
	"[{anyOf: [{properties: {type: {not: {enum: [syscalls]}}}, required: [type]}, {not: {required: [type]}}, "
	"{properties: {values: {items: {pattern: '^((x64|i386|arm64|arm32)/|__(x64|ia32|arm64)_){0,2}sys_'}}}}]}, "
	"{anyOf: [{properties: {type: {not: {enum: ['']}}}, required: [type]}, "
	"{properties: {values: {items: {pattern: '^__(x64|ia32|arm64)_sys_'}}}}, "
	"{properties: {values: {items: {not: {pattern: '^__(x64|ia32|arm64)_sys_'}}}}}]}]";
static const struct parse_schema list_schema = {
	.shape = PARSE_OBJECT, .table = &list_table, .rules = list_rules, .also = list_forms};
const struct parse_schema parse_lists_schema = {
	.shape = PARSE_LIST, .maximum = LISTS_MAX, .items = &list_schema, .key = "name"};
