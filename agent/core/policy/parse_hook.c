// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_hook.h"

#include <string.h>

#include "core/policy/parse_action.h"
#include "core/policy/parse_arg.h"
#include "core/policy/parse_list.h"
#include "core/policy/parse_selector.h"

#define HOOK_PATH_MAX 256
#define HOOK_SYMBOL_MAX 511 /* KSYM_NAME_LEN, linux/kallsyms.h */
#define HOOK_MESSAGE_MAX 256
#define HOOK_TAG_MAX 128
#define HOOK_TEXT_MIN 2 /* bytes of messages and tags */

static const struct hook_rules rules[HOOK_FAMILY_COUNT] = {
	[HOOK_KPROBE] = {"kprobes", POLICY_ARGS_MAX, POLICY_ARGS_MAX - 1, true, false},
	[HOOK_FENTRY] = {"fentries", POLICY_ARGS_MAX, POLICY_ARGS_MAX - 1, true, false},
	[HOOK_TRACEPOINT] = {"tracepoints", POLICY_TRACEPOINT_ARGS_MAX, ARG_TRACEPOINT_INDEX_MAX, false, true},
	[HOOK_LSM] = {"lsmhooks", POLICY_ARGS_MAX, POLICY_ARGS_MAX - 1, false, false},
	[HOOK_LOADER] = {"loader", 0, 0, false, false},
};

const struct hook_rules *hook_rules(enum hook_family family)
{
	return &rules[family];
}

bool parse_has_return(struct parse *parse, const struct place *place)
{
	const struct policy_hook *hook = parse->hook;

	if (!rules[hook->family].has_return)
		parse_error(parse, place, "remove it", "%s is not supported in %s", place->key,
			    rules[hook->family].section);
	else if (!hook->has_return)
		parse_error(parse, place, "write `return: true` and `returnArg` to the hook, or remove it",
			    "%s needs the returned value, which the hook does not report", place->key);
	return rules[hook->family].has_return && hook->has_return;
}

/* --- fields of several families ----------------------------------------------------------------------------------- */

/* Letters, digits, and what compilers put between: it becomes part of paths in tracefs. */
static bool hook_is_symbol(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= HOOK_SYMBOL_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-") == length &&
	       text[0] != '.' && text[0] != '-';
}

static void hook_read_symbol(struct parse *parse, const struct place *place, void *target)
{
	const char *text = parse_text(parse, place);

	if (!text || !*text) /* that it is empty is said by the caller, who knows what it is */
		return;
	if (!hook_is_symbol(text))
		parse_error(parse, place, "write the name of one",
			    "\"%s\" cannot be the name of a kernel function or "
			    "tracepoint",
			    text);
	parse_copy_text(parse, text, target);
}

static void hook_read_message(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	const char *text = parse_text(parse, place);
	size_t length = text ? strlen(text) : 0;

	if (length == 0)
		return;
	if (length < HOOK_TEXT_MIN) {
		parse_error(parse, place, "write at least 2 bytes", "message field is too short");
		return;
	}
	if (length > HOOK_MESSAGE_MAX)
		parse_warn(parse, place, "shorten it", "is longer than %d bytes: the rest is cut", HOOK_MESSAGE_MAX);
	parse_copy_text(parse, text, &hook->message);
	if (hook->message && length > HOOK_MESSAGE_MAX)
		hook->message[HOOK_MESSAGE_MAX] = '\0';
}

static void hook_read_tag(struct parse *parse, const struct place *place, struct policy_hook *hook)
{
	const char *text = parse_text(parse, place);
	char **tag = &hook->tags[hook->tag_count];

	if (!text)
		return;
	if (strlen(text) < HOOK_TEXT_MIN) {
		parse_error(parse, place, "write at least 2 bytes", "custom tag n%zu: too short", place->index);
		return;
	}
	if (strlen(text) > HOOK_TAG_MAX)
		parse_warn(parse, place, "shorten it", "is longer than %d bytes: the rest is cut", HOOK_TAG_MAX);
	*tag = strndup(text, HOOK_TAG_MAX);
	if (*tag)
		hook->tag_count++;
	else
		parse_no_memory(parse);
}

static void hook_read_tags(struct parse *parse, const struct place *place, void *target)
{
	if (!parse_is_list(parse, place))
		return;
	if (place->node->count > POLICY_TAGS_MAX) {
		parse_error(parse, place, "remove some", "tags field: too many tags: at most %d", POLICY_TAGS_MAX);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		hook_read_tag(parse, &item, target);
	}
}

static const struct parse_row ignore_rows[] = {
	{"callNotFound", parse_read_bool, offsetof(struct policy_hook, ignore_not_found), PARSE_OPTIONAL,
	 &parse_schema_bool, "true: where the kernel has no such function, the policy runs without this hook."},
};
static const struct parse_table ignore_table = PARSE_TABLE(ignore_rows);

static void hook_read_ignore(struct parse *parse, const struct place *place, void *target)
{
	parse_object(parse, place, &ignore_table, target);
}

/* --- adding to the policy ----------------------------------------------------------------------------------------- */

/* Takes the hook over. Room doubles whenever the number of hooks is a power of two. */
static void hook_append(struct parse *parse, const struct place *place, struct policy_hook *hook)
{
	struct policy *policy = parse->policy;
	struct policy_hook *hooks = policy->hooks;
	size_t count = policy->hook_count, functions = hook->function_count ? hook->function_count : 1;

	if (functions > POLICY_HOOKS_MAX - policy->function_count) {
		parse_error(parse, place, "split the policy", "the policy has more than %d hooks", POLICY_HOOKS_MAX);
		policy_hook_done(hook);
		return;
	}
	if ((count & (count - 1)) == 0) {
		hooks = reallocarray(policy->hooks, count ? 2 * count : 1, sizeof(*hooks));
		if (!hooks) {
			parse_no_memory(parse);
			policy_hook_done(hook);
			return;
		}
	}
	policy->hooks = hooks;
	policy->hooks[policy->hook_count++] = *hook;
	policy->function_count += functions;
	*hook = (struct policy_hook){0};
}

/* --- kprobes and fentries ----------------------------------------------------------------------------------------- */

/* A function, or the list of several: that is kept in parse->hook_list. */
static void kprobe_read_call(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	const char *text = parse_text(parse, place);

	if (!text || strncmp(text, PARSE_LIST_PREFIX, strlen(PARSE_LIST_PREFIX)) != 0) {
		hook_read_symbol(parse, place, &hook->name);
		if (text && !*text)
			parse_error(parse, place, "write a function's name, or list:NAME",
				    "Required value: call is empty");
		return;
	}
	text += strlen(PARSE_LIST_PREFIX);
	parse_copy_text(parse, text, &hook->name);
	parse->hook_list = parse_list_find(parse, place, text);
	parse->is_list_wrong = !parse->hook_list || parse->hook_list->is_wrong;
	if (parse->hook_list && parse_list_is_syscalls(parse->hook_list))
		hook->is_syscall = true;
}

static void kprobe_read_return_action(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	const char *text = parse_text(parse, place);
	int action = text && *text ? parse_action_find(text) : WIRE_ACTION_POST;

	if (!text || !*text)
		return;
	if (action != WIRE_ACTION_TRACKSOCK && action != WIRE_ACTION_UNTRACKSOCK)
		parse_error(parse, place, "omit it, or write TrackSock or UntrackSock",
			    "ReturnArgAction type '%s' unsupported; omit returnArgAction or use "
			    "'TrackSock'/'UntrackSock'",
			    text);
	else if (!parse->is_return_wrong && !(arg_type_info(hook->return_arg.type)->traits & ARG_IS_SOCK))
		parse_error(parse, place, "give returnArg `type: sock`, or remove it",
			    "ReturnArgAction '%s' needs a returnArg of type sock", text);
	else
		hook->return_arg_action = (enum wire_action)action;
}

/* RE2 of hook_is_symbol(). */
#define HOOK_SYMBOL "[A-Za-z0-9_$][A-Za-z0-9_.$-]*"
/* Of messages and tags: two bytes, which may be one character. */
#define HOOK_TEXT "(?s)..|[^\\x00-\\x7f]"

static const struct parse_schema symbol_schema = {
	.shape = PARSE_STRING, .minimum = 1, .maximum = HOOK_SYMBOL_MAX, .pattern = "^" HOOK_SYMBOL "$"};
static const struct parse_schema call_schema = {
	.shape = PARSE_STRING, .minimum = 1, .maximum = HOOK_SYMBOL_MAX, .pattern = "^(list:.*|" HOOK_SYMBOL ")$"};
static const struct parse_schema message_schema = {
	.shape = PARSE_STRING, .maximum = POLICY_STRING_MAX, .pattern = "^$|" HOOK_TEXT};
static const struct parse_schema tag_schema = {
	.shape = PARSE_STRING, .maximum = POLICY_STRING_MAX, .pattern = HOOK_TEXT};
static const struct parse_schema tags_schema = {.shape = PARSE_LIST, .maximum = POLICY_TAGS_MAX, .items = &tag_schema};
static const struct parse_schema ignore_schema = {.shape = PARSE_OBJECT, .table = &ignore_table};
static const struct parse_schema syscall_schema = {.shape = PARSE_BOOL, .preset = "true"};
static const struct parse_schema return_action_schema = {
	.shape = PARSE_STRING, .maximum = 16, .pattern = "^(?i:TrackSock|UntrackSock)?$"};

static const char args_help[] = "Arguments that events have and filters test.";
static const char message_help[] = "For the events; at least 2 bytes, cut after 256.";
static const char tags_help[] = "Tags for the events; each of at least 2 bytes, cut after 128.";
static const char selectors_help[] =
	"When to act, and how: the first whose filters all hold. Without selectors, each call is an event.";

/* The list that is called may change `syscall`; selectors test arguments and the returned value. */
static const struct parse_row kprobe_rows[] = {
	{"syscall", parse_read_bool, offsetof(struct policy_hook, is_syscall), PARSE_OPTIONAL, &syscall_schema,
	 "true: `call` is a system call, sys_NAME; false: a function of the kernel."},
	{"call", kprobe_read_call, 0, PARSE_REQUIRED, &call_schema, "The function, or list:NAME for those of a list."},
	{"return", parse_read_bool, offsetof(struct policy_hook, has_return), PARSE_OPTIONAL, &parse_schema_bool,
	 "true: the event is sent when the function returns, and has the returned value; returnArg says its type."},
	{"returnArg", parse_read_return_arg, 0, PARSE_OPTIONAL, &parse_return_arg_schema, "The returned value."},
	{"returnArgAction", kprobe_read_return_action, 0, PARSE_OPTIONAL, &return_action_schema,
	 "TrackSock or UntrackSock: whether the returned socket is this process's from now on."},
	{"args", parse_read_args, 0, PARSE_OPTIONAL, &parse_args_schema, args_help},
	{"data", NULL, 0, PARSE_NOT_YET, &parse_schema_objects, "Values beside the arguments."},
	{"ignore", hook_read_ignore, 0, PARSE_OPTIONAL, &ignore_schema, "What is no error."},
	{"message", hook_read_message, 0, PARSE_OPTIONAL, &message_schema, message_help},
	{"tags", hook_read_tags, 0, PARSE_OPTIONAL, &tags_schema, tags_help},
	{"selectors", parse_read_selectors, 0, PARSE_OPTIONAL, &parse_selectors_schema, selectors_help},
};
static const struct parse_table kprobe_table = PARSE_TABLE(kprobe_rows);

static bool kprobe_begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static void kprobe_check_return(struct parse *parse, const struct place *place, const struct policy_hook *hook)
{
	bool has_arg = hook->return_arg.position.line > 0;

	if (hook->has_return && !has_arg)
		parse_error(parse, place, "write returnArg, such as `returnArg: {index: 0, type: int}`",
			    "ReturnArg not specified with Return=true.");
	if (!hook->has_return && has_arg)
		parse_warn(parse, place, "write `return: true`, or remove returnArg",
			   "returnArg has no effect without return: true");
}

/* What depends on the function's name. */
static void kprobe_check_name(struct parse *parse, const struct place *place, const struct policy_hook *hook,
			      const char *name)
{
	bool is_security = kprobe_begins(name, "security_");

	if (!hook_is_symbol(name))
		return; /* reported */
	if (hook->is_syscall && !policy_is_syscall_name(name))
		parse_warn(parse, place, "write `syscall: false`; the default is true",
			   "%s is not the function of a system call: its arguments would be read from the wrong place",
			   name);
	if (!hook->is_syscall && !is_security && policy_hook_has_action(hook, WIRE_ACTION_OVERRIDE))
		parse_error(parse, place,
			    "write `syscall: true` if it is a system call, or hook its security_ function",
			    "override action can be used only with syscalls and security_ hooks: %s is neither", name);
}

static void kprobe_take_functions(struct parse *parse, const struct place *place, const struct parse_list *list,
				  struct policy_hook *hook)
{
	hook->functions = calloc(list->count + 1, sizeof(*hook->functions));
	if (!hook->functions) {
		parse_no_memory(parse);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const char *symbol = list->items[i].symbol;

		if (!symbol)
			continue;
		parse_copy_text(parse, symbol, &hook->functions[hook->function_count]);
		if (!hook->functions[hook->function_count])
			return;
		hook->function_count++;
		kprobe_check_name(parse, place, hook, symbol);
	}
}

/* Takes the hook over. */
static void kprobe_add_list(struct parse *parse, const struct place *place, const struct parse_list *list,
			    struct policy_hook *hook)
{
	switch (list->type) {
	case PARSE_LIST_FUNCTIONS:
	case PARSE_LIST_SYSCALLS:
		if (list->count == 0)
			parse_error(parse, place, "add functions to the list", "list '%s' is empty", list->name);
		kprobe_take_functions(parse, place, list, hook);
		if (hook->function_count)
			hook_append(parse, place, hook);
		break;
	case PARSE_LIST_GENERATED_SYSCALLS:
		hook->generator = HOOK_ALL_SYSCALLS;
		hook_append(parse, place, hook);
		break;
	case PARSE_LIST_GENERATED_FTRACE:
		hook->generator = HOOK_MATCHING_FTRACE;
		parse_copy_text(parse, list->pattern, &hook->pattern);
		hook_append(parse, place, hook);
		break;
	}
}

static void kprobe_finish(struct parse *parse, const struct place *place, struct policy_hook *hook)
{
	kprobe_check_return(parse, place, hook);
	if (!hook->name || parse->is_list_wrong)
		return;
	if (parse->hook_list) {
		kprobe_add_list(parse, place, parse->hook_list, hook);
		return;
	}
	kprobe_check_name(parse, place, hook, hook->name);
	hook_append(parse, place, hook);
}

/* --- tracepoints -------------------------------------------------------------------------------------------------- */

static const struct parse_row tracepoint_rows[] = {
	{"subsystem", hook_read_symbol, offsetof(struct policy_hook, subsystem), PARSE_CHECKED, &symbol_schema,
	 "Such as sched."},
	{"event", hook_read_symbol, offsetof(struct policy_hook, name), PARSE_CHECKED, &symbol_schema,
	 "Such as sched_process_exec."},
	{"raw", parse_read_bool, offsetof(struct policy_hook, is_raw), PARSE_OPTIONAL, &parse_schema_bool,
	 "true: arguments are those of the raw tracepoint, as the kernel passes them."},
	{"args", parse_read_args, 0, PARSE_OPTIONAL, &parse_tracepoint_args_schema, args_help},
	{"message", hook_read_message, 0, PARSE_OPTIONAL, &message_schema, message_help},
	{"tags", hook_read_tags, 0, PARSE_OPTIONAL, &tags_schema, tags_help},
	{"selectors", parse_read_selectors, 0, PARSE_OPTIONAL, &parse_selectors_schema, selectors_help},
};
static const struct parse_table tracepoint_table = PARSE_TABLE(tracepoint_rows);

static void tracepoint_finish(struct parse *parse, const struct place *place, struct policy_hook *hook)
{
	if (!hook->subsystem)
		parse_error(parse, place, "write it as below /sys/kernel/tracing/events, such as `subsystem: sched`",
			    "Required value: tracepoint subsystem is empty");
	if (!hook->name)
		parse_error(parse, place, "write it as below its subsystem, such as `event: sched_process_exec`",
			    "Required value: tracepoint event is empty");
	hook_append(parse, place, hook);
}

/* --- lsmhooks ----------------------------------------------------------------------------------------------------- */

static void lsm_read_hook(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;
	char remedy[HOOK_SYMBOL_MAX + 64];
	const char *rest;

	hook_read_symbol(parse, place, &hook->name);
	if (!hook->name) {
		if (tree_is(place->node, ""))
			parse_error(parse, place, "write one such as file_open", "Required value: hook is empty");
		return;
	}
	rest = kprobe_begins(hook->name, "security_")  ? hook->name + strlen("security_")
	       : kprobe_begins(hook->name, "bpf_lsm_") ? hook->name + strlen("bpf_lsm_")
						       : NULL;
	if (!rest)
		return;
	snprintf(remedy, sizeof(remedy), "write %s", rest);
	parse_error(parse, place, remedy, "lsm hooks are written without their prefix");
}

static const struct parse_rule lsm_hook_rules[] = {
	{"!self.startsWith('security_') && !self.startsWith('bpf_lsm_')", "lsm hooks are written without their prefix"},
	{NULL, NULL},
};
static const struct parse_schema lsm_hook_schema = {.shape = PARSE_STRING,
						    .minimum = 1,
						    .maximum = HOOK_SYMBOL_MAX,
						    .pattern = "^" HOOK_SYMBOL "$",
						    .rules = lsm_hook_rules};
static const struct parse_row lsm_rows[] = {
	{"hook", lsm_read_hook, 0, PARSE_REQUIRED, &lsm_hook_schema, "Without prefix, such as file_open."},
	{"args", parse_read_args, 0, PARSE_OPTIONAL, &parse_args_schema, args_help},
	{"message", hook_read_message, 0, PARSE_OPTIONAL, &message_schema, message_help},
	{"tags", hook_read_tags, 0, PARSE_OPTIONAL, &tags_schema, tags_help},
	{"selectors", parse_read_selectors, 0, PARSE_OPTIONAL, &parse_selectors_schema, selectors_help},
};
static const struct parse_table lsm_table = PARSE_TABLE(lsm_rows);

static void lsm_finish(struct parse *parse, const struct place *place, struct policy_hook *hook)
{
	if (hook->name)
		hook_append(parse, place, hook);
}

/* --- what the API server is told of it ------------------------------------------------------------------------ */

#define SELECTORS_ALL(what) "!has(self.selectors) || self.selectors.all(s, " what ")"
#define LACKS(field) "(!has(s." field ") || size(s." field ") == 0)"

/* The sum of what all filters of a list add, with matchArgs' name in `list`. */
#define SUM_OF(list, what) "self.selectors.map(s, has(s." list ") ? s." list ".map(f, " what ").sum() : 0).sum()"
#define SUBSTRINGS_OF(list) \
	SUM_OF(list, "f.operator in ['SubString', 'SubStringIgnCase'] && has(f.values) ? size(f.values) : 0")
#define SUBSTRINGS_MESSAGE \
	"matchArgs, matchReturnArgs: more than 100 values of SubString and SubStringIgnCase in one hook"
#define EXPRESSIONS_RULE \
	{ \
		"!has(self.selectors) || " SUM_OF("matchArgs", "f.operator == 'CelExpr' ? 1 : 0") " <= 8", \
			"matchArgs: more than 8 expressions in one hook: values of operator CelExpr" \
	}
#define SUBSTRINGS_RULE \
	{ \
		"!has(self.selectors) || " SUBSTRINGS_OF("matchArgs") " <= 100", SUBSTRINGS_MESSAGE \
	}
_Static_assert(POLICY_SUBSTRINGS_MAX == 100 && POLICY_EXPRESSIONS_MAX == 8, "rules have these");

static const struct parse_rule kprobe_rules[] = {
	EXPRESSIONS_RULE,
	{"!has(self.selectors) || " SUBSTRINGS_OF("matchArgs") " + " SUBSTRINGS_OF("matchReturnArgs") " <= 100",
	 SUBSTRINGS_MESSAGE},
	{"!has(self.__return__) || !self.__return__ || has(self.returnArg)",
	 "ReturnArg not specified with Return=true."},
	{"has(self.__return__) && self.__return__ || (" SELECTORS_ALL(
		 LACKS("matchReturnArgs") " && " LACKS("matchReturnActions")) ")",
	 "matchReturnArgs and matchReturnActions need `return: true` and returnArg"},
	{"!has(self.returnArgAction) || self.returnArgAction == '' || has(self.returnArg) && self.returnArg.type in "
	 "['sock', 'socket']",
	 "returnArgAction needs a returnArg of type sock"},
	{"self.syscall || self.call.startsWith('security_') || self.call.startsWith('list:') || " SELECTORS_ALL(
		 "!has(s.matchActions) || s.matchActions.all(a, !has(a.action) || a.action != 'Override')"),
	 "override action can be used only with syscalls and security_ hooks"},
	{NULL, NULL},
};
#define NO_RETURN_RULE \
	{ \
		SELECTORS_ALL(LACKS("matchReturnArgs") " && " LACKS("matchReturnActions")), \
			"matchReturnArgs and matchReturnActions are for kprobes and fentries" \
	}
static const struct parse_rule tracepoint_rules[] = {
	EXPRESSIONS_RULE,
	SUBSTRINGS_RULE,
	NO_RETURN_RULE,
	{"!has(self.raw) || !self.raw || !has(self.args) || self.args.all(a, a.index < 5)",
	 "args: raw tracepoint can read up to 5 arguments: index is 0 to 4"},
	{NULL, NULL},
};
static const struct parse_rule lsm_rules[] = {
	EXPRESSIONS_RULE,
	SUBSTRINGS_RULE,
	NO_RETURN_RULE,
	{SELECTORS_ALL(
		 "!has(s.matchActions) || s.matchActions.all(a, (!has(a.kernelStackTrace) || !a.kernelStackTrace) && "
		 "(!has(a.userStackTrace) || !a.userStackTrace))"),
	 "matchActions: stacktrace actions are not supported: kernelStackTrace, userStackTrace"},
	{NULL, NULL},
};

static const struct parse_schema hook_schemas[HOOK_FAMILY_COUNT] = {
	[HOOK_KPROBE] = {.shape = PARSE_OBJECT, .table = &kprobe_table, .rules = kprobe_rules},
	[HOOK_FENTRY] = {.shape = PARSE_OBJECT, .table = &kprobe_table, .rules = kprobe_rules},
	[HOOK_TRACEPOINT] = {.shape = PARSE_OBJECT, .table = &tracepoint_table, .rules = tracepoint_rules},
	[HOOK_LSM] = {.shape = PARSE_OBJECT, .table = &lsm_table, .rules = lsm_rules},
};

#define HOOKS_OF(family, most) [family] = {.shape = PARSE_LIST, .maximum = (most), .items = &hook_schemas[family]}
const struct parse_schema parse_hooks_schemas[HOOK_FAMILY_COUNT] = {
	HOOKS_OF(HOOK_KPROBE, POLICY_KPROBES_MAX),
	HOOKS_OF(HOOK_FENTRY, POLICY_SECTION_MAX),
	HOOKS_OF(HOOK_TRACEPOINT, POLICY_SECTION_MAX),
	HOOKS_OF(HOOK_LSM, POLICY_SECTION_MAX),
};

/* --- sections ----------------------------------------------------------------------------------------------------- */

static void hook_read(struct parse *parse, const struct place *place, enum hook_family family)
{
	static const struct hook_reader {
		const struct parse_table *table;
		void (*finish)(struct parse *parse, const struct place *place, struct policy_hook *hook);
	} readers[HOOK_FAMILY_COUNT] = {
		[HOOK_KPROBE] = {&kprobe_table, kprobe_finish},
		[HOOK_FENTRY] = {&kprobe_table, kprobe_finish},
		[HOOK_TRACEPOINT] = {&tracepoint_table, tracepoint_finish},
		[HOOK_LSM] = {&lsm_table, lsm_finish},
	};
	struct policy_hook hook = {
		.position = place->node->position,
		.family = family,
		.is_syscall = family == HOOK_KPROBE || family == HOOK_FENTRY, /* as the schema has it */
	};
	char path[HOOK_PATH_MAX];

	parse_path(place, path, sizeof(path));
	parse_copy_text(parse, path, &hook.path);
	parse->hook = &hook;
	parse->hook_list = NULL;
	parse->is_list_wrong = false;
	parse->wrong_args = 0;
	parse->substring_count = 0;
	parse->expression_count = 0;
	parse->is_return_wrong = false;
	parse_object(parse, place, readers[family].table, &hook);
	if (place->node->kind == TREE_MAPPING)
		readers[family].finish(parse, place, &hook);
	policy_hook_done(&hook);
	parse->hook = NULL;
}

static void hook_read_section(struct parse *parse, const struct place *place, enum hook_family family)
{
	if (!parse_is_list(parse, place))
		return;
	if (place->node->count > POLICY_HOOKS_MAX) {
		parse_error(parse, place, "split the policy", "the policy has more than %d hooks", POLICY_HOOKS_MAX);
		return;
	}
	for (size_t i = 0; i < place->node->count && !parse->is_out_of_memory; i++) {
		const struct place item = parse_item(place, i);

		hook_read(parse, &item, family);
	}
}

void parse_read_kprobes(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	hook_read_section(parse, place, HOOK_KPROBE);
}

void parse_read_fentries(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	hook_read_section(parse, place, HOOK_FENTRY);
}

void parse_read_tracepoints(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	hook_read_section(parse, place, HOOK_TRACEPOINT);
}

void parse_read_lsmhooks(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	hook_read_section(parse, place, HOOK_LSM);
}
