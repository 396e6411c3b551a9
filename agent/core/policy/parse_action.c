// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_action.h"

#include <signal.h>
#include <string.h>
#include <strings.h>

#include "core/config/suggest.h"
#include "core/policy/parse_hook.h"
#include "core/policy/parse_value.h"

#define ACTION_SIGNAL_MAX 64
#define ACTION_ERROR_MAX 4095 /* MAX_ERRNO, linux/err.h */
#define NS_PER_SECOND 1000000000ULL

/* Fields that only some actions have. */
enum {
	HAS_RATE_LIMIT = 1 << 0,
	HAS_STACKS = 1 << 1,
	HAS_SIGNAL = 1 << 2,
	HAS_ERROR = 1 << 3,
	HAS_SOCK = 1 << 4,
};

#define FAMILY(name) (1u << HOOK_##name)

static const struct action_info {
	const char *name;
	bool is_supported;
	enum wire_action action;
	bool is_enforcement;
	uint32_t fields;
	uint32_t refused_in;    /* families */
	uint32_t no_effect_in;  /* families where it is accepted, and does nothing */
	bool is_refused_return; /* in matchReturnActions */
} actions[] = {
	{"Post", true, WIRE_ACTION_POST, false, HAS_RATE_LIMIT | HAS_STACKS, 0, 0, false},
	{"NoPost", true, WIRE_ACTION_NOPOST, false, 0, 0, 0, false},
	{"Sigkill", true, WIRE_ACTION_SIGKILL, true, 0, FAMILY(FENTRY), 0, false},
	{"Signal", true, WIRE_ACTION_SIGNAL, true, HAS_SIGNAL, FAMILY(FENTRY), 0, false},
	{"Override", true, WIRE_ACTION_OVERRIDE, true, HAS_ERROR, FAMILY(FENTRY), FAMILY(TRACEPOINT), true},
	{"TrackSock", true, WIRE_ACTION_TRACKSOCK, false, HAS_SOCK, FAMILY(LSM), 0, false},
	{"UntrackSock", true, WIRE_ACTION_UNTRACKSOCK, false, HAS_SOCK, FAMILY(LSM), 0, false},
	{.name = "GetUrl"},
	{.name = "DnsLookup"},
	{.name = "NotifyEnforcer"},
	{.name = "CleanupEnforcerNotification"},
	{.name = "Set"},
};

int parse_action_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (actions[i].is_supported && strcasecmp(actions[i].name, name) == 0)
			return (int)actions[i].action;
	}
	return -1;
}

/* An action while it is read. */
struct action_read {
	struct policy_action action;
	const struct action_info *info; /* NULL: none, which was reported */
	uint32_t given;                 /* HAS_* */
	bool has_scope;
};

static void action_read_name(struct parse *parse, const struct place *place, void *target)
{
	const char *names[ARRAY_SIZE(actions) + 1] = {0};
	struct action_read *read = target;
	int choice;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		names[i] = actions[i].name;
	choice = parse_choice(parse, place, names);
	read->info = choice < 0 ? NULL : &actions[choice];
	if (read->info && !read->info->is_supported) {
		parse_error(parse, place, "remove the action, or wait for the version of Trigon that has it",
			    "action %s is not yet supported", read->info->name);
		read->info = NULL;
	}
}

/* "5", "5s", "5m", "5h": nanoseconds. False: it is none of them. */
static bool action_parse_rate(const char *text, uint64_t *ret_ns)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value, factor = 1;
	bool is_negative;

	if (digits == 0 || digits > 9 || (text[digits] && text[digits + 1]) || (digits > 1 && text[0] == '0') ||
	    !value_parse_number(text, digits, &value, &is_negative))
		return false;
	switch (text[digits] | 0x20) {
	case 'h':
		factor = 3600;
		break;
	case 'm':
		factor = 60;
		break;
	case 's':
	case 0x20: /* nothing */
		break;
	default:
		return false;
	}
	return !__builtin_mul_overflow(value, factor * NS_PER_SECOND, ret_ns);
}

static void action_read_rate(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;
	const char *text = parse_text(parse, place);

	if (!text || !*text)
		return;
	read->given |= HAS_RATE_LIMIT;
	if (read->info && !(read->info->fields & HAS_RATE_LIMIT))
		parse_error(parse, place, "remove it, or write it to an action Post",
			    "rate limiting can only applied to post action (was applied to '%s')", read->info->name);
	else if (!action_parse_rate(text, &read->action.rate_limit_ns))
		parse_error(parse, place, "write a number of seconds, or one with s, m or h behind it: 5m",
			    "parseRateLimit: rateLimit value %s is invalid", text);
}

static const char *const action_scopes[] = {
	[RATE_LIMIT_THREAD] = "thread",
	[RATE_LIMIT_PROCESS] = "process",
	[RATE_LIMIT_GLOBAL] = "global",
	NULL,
};

static void action_read_scope(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;
	const char *text = parse_text(parse, place);

	if (!text || !*text)
		return;
	read->has_scope = true;
	for (size_t i = 0; action_scopes[i]; i++) {
		if (strcmp(action_scopes[i], text) == 0) {
			read->action.rate_limit_scope = (enum rate_limit_scope)i;
			return;
		}
	}
	parse_error(parse, place, "write thread, process or global",
		    "parseRateLimit: rateLimitScope value %s is invalid", text);
}

static void action_read_stack(struct parse *parse, const struct place *place, bool *ret, struct action_read *read)
{
	parse_read_bool(parse, place, ret);
	if (!*ret)
		return;
	read->given |= HAS_STACKS;
	if (parse->hook->family == HOOK_LSM) {
		parse_error(parse, place, "remove it", "stacktrace actions are not supported");
	} else if (parse->hook->family == HOOK_TRACEPOINT) {
		parse_warn(parse, place, "remove it", "has no effect in tracepoints");
		*ret = false;
	}
}

static void action_read_kernel_stack(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;

	action_read_stack(parse, place, &read->action.kernel_stack, read);
}

static void action_read_user_stack(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;

	action_read_stack(parse, place, &read->action.user_stack, read);
}

static void action_read_signal(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;
	uint64_t number;

	read->given |= HAS_SIGNAL;
	if (!parse_number(parse, place, ACTION_SIGNAL_MAX, &number))
		return;
	if (number == 0)
		parse_error(parse, place, "write a number from 1 to 64", "Invalid value: 0: that is no signal");
	read->action.signal = (uint32_t)number;
}

/* An int32, negative mostly. */
static void action_read_error(struct parse *parse, const struct place *place, void *target)
{
	struct action_read *read = target;
	uint64_t magnitude;
	bool is_negative;

	read->given |= HAS_ERROR;
	read->action.error = -1; /* nothing more is said of a wrong one */
	if (place->node->kind != TREE_SCALAR || tree_scalar_type(place->node) != TREE_INTEGER) {
		parse_error(parse, place, "write a number without quotes, such as -1",
			    "must be of type integer: \"%s\"", tree_describe(place->node));
		return;
	}
	if (!value_parse_number(place->node->text, place->node->length, &magnitude, &is_negative) ||
	    magnitude > (uint64_t)INT32_MAX + is_negative) {
		parse_error(parse, place, "write an error number, such as -1",
			    "Invalid value: %s: does not fit into 32 bits", place->node->text);
		return;
	}
	read->action.error = (int32_t)(is_negative ? -(int64_t)magnitude : (int64_t)magnitude);
}

static void action_read_sock(struct parse *parse, const struct place *place, void *target)
{
	const struct policy_hook *hook = parse->hook;
	struct action_read *read = target;
	uint64_t position;

	read->given |= HAS_SOCK;
	if (!parse_number(parse, place, UINT32_MAX, &position))
		return;
	if (position > 0 && position >= hook->arg_count) /* 0 is as if it was not there */
		parse_error(parse, place, "write the position of a sock in the hook's `args`, from 0",
			    "wrong argSock value %llu, max(%zu)", (unsigned long long)position, hook->arg_count);
	else
		read->action.sock_arg = (uint8_t)position;
}

static void action_read_ima(struct parse *parse, const struct place *place, void *target)
{
	bool is_wanted = false;

	(void)target;
	parse_read_bool(parse, place, &is_wanted);
	if (is_wanted)
		parse_error(parse, place, "remove it, or wait for the version of Trigon that has it",
			    "imaHash is not yet supported");
}

static const char *action_name(size_t i)
{
	return i < ARRAY_SIZE(actions) ? actions[i].name : NULL;
}

static const char *action_scope(size_t i)
{
	return i == 0 ? "" : action_scopes[i - 1];
}

static const struct parse_schema action_name_schema = {.shape = PARSE_STRING, .name = action_name};
static const struct parse_schema action_rate_schema = {
	.shape = PARSE_STRING, .maximum = 16, .pattern = "^((0|[1-9][0-9]{0,8})[smhSMH]?)?$"};
static const struct parse_schema action_scope_schema = {.shape = PARSE_STRING, .name = action_scope};
static const struct parse_schema action_signal_schema = {
	.shape = PARSE_INTEGER, .minimum = 1, .maximum = ACTION_SIGNAL_MAX};
static const struct parse_schema action_error_schema = {
	.shape = PARSE_INTEGER, .minimum = INT32_MIN, .maximum = INT32_MAX};
static const struct parse_schema action_sock_schema = {.shape = PARSE_INTEGER,
						       .maximum = POLICY_TRACEPOINT_ARGS_MAX - 1};

/* All fields beyond `action` may come without effect: what an action does not have is said. */
static const struct parse_row action_rows[] = {
	{"action", action_read_name, 0, PARSE_OPTIONAL, &action_name_schema, "What to do; Post if it is missing."},
	{"rateLimit", action_read_rate, 0, PARSE_OPTIONAL, &action_rate_schema,
	 "Post: equal events within this time are one: 5 or 5s, 5m, 5h."},
	{"rateLimitScope", action_read_scope, 0, PARSE_OPTIONAL, &action_scope_schema,
	 "Whose events count as equal: those of a thread, of a process or of all."},
	{"kernelStackTrace", action_read_kernel_stack, 0, PARSE_OPTIONAL, &parse_schema_bool,
	 "Post: with the kernel's stack."},
	{"userStackTrace", action_read_user_stack, 0, PARSE_OPTIONAL, &parse_schema_bool,
	 "Post: with the process's stack."},
	{"argSig", action_read_signal, 0, PARSE_OPTIONAL, &action_signal_schema, "Signal: its number."},
	{"argError", action_read_error, 0, PARSE_OPTIONAL, &action_error_schema,
	 "Override: what the function returns, such as -1."},
	{"argSock", action_read_sock, 0, PARSE_OPTIONAL, &action_sock_schema,
	 "TrackSock, UntrackSock: position of the socket in the hook's args, from 0."},
	{"imaHash", action_read_ima, 0, PARSE_OPTIONAL, &parse_schema_bool, "Post: with the file's hash by IMA."},
	{"argUrl", NULL, 0, PARSE_NOT_YET, &parse_schema_text, "GetUrl: its target."},
	{"argFqdn", NULL, 0, PARSE_NOT_YET, &parse_schema_text, "DnsLookup: the name."},
	{"argIndex", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Set: which argument."},
	{"argValue", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Set: to what."},
	{"argRegs", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Override of uprobes: registers."},
	{"argNewSymbol", NULL, 0, PARSE_NOT_YET, &parse_schema_text, "Override of uprobes: a function."},
	{"argNewAddr", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Override of uprobes: an address."},
	{"argNewOffset", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Override of uprobes: an offset."},
};
static const struct parse_table action_table = PARSE_TABLE(action_rows);

static void action_check_fields(struct parse *parse, const struct place *place, bool is_return,
				const struct action_read *read)
{
	static const char *const names[] = {"rateLimit", "a stack trace", "argSig", "argError", "argSock"};
	uint32_t idle = read->given & ~read->info->fields & ~HAS_RATE_LIMIT;
	uint32_t early = is_return ? read->given & read->info->fields & (HAS_RATE_LIMIT | HAS_STACKS) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (idle & 1u << i)
			parse_warn(parse, place, "remove it", "%s has no effect on action %s", names[i],
				   read->info->name);
		if (early & 1u << i)
			parse_error(parse, place, "move it to an action Post of matchActions",
				    "%s is not for matchReturnActions, which are taken when the event is made",
				    names[i]);
	}
	if (read->has_scope && !(read->given & HAS_RATE_LIMIT))
		parse_warn(parse, place, "write rateLimit, too, or remove it",
			   "rateLimitScope has no effect without rateLimit");
}

/* fmod_ret programs leave a function out by returning something else than 0; an LSM hook's 0 is a verdict. */
static void action_check_error(struct parse *parse, const struct place *place, struct action_read *read)
{
	bool is_lsm = parse->hook->family == HOOK_LSM, is_given = read->given & HAS_ERROR;

	if (read->action.error == 0 && !is_lsm) {
		parse_error(parse, place, "write an error number as argError, such as -1 (EPERM)",
			    "argError is %s, with which the function runs as if it had not been overridden",
			    is_given ? "0" : "missing, that is 0");
	} else if (!is_given) {
		parse_warn(parse, place, "write an error number as argError, such as -1 (EPERM), or 0 if this is meant",
			   "argError is missing: 0 is taken, with which the hook allows what it is asked for");
	} else if (read->action.error > 0 || read->action.error < -ACTION_ERROR_MAX) {
		parse_warn(parse, place, is_lsm ? "write a number from -4095 to 0" : "write a number from -4095 to -1",
			   "argError %d is no error number: -1 is taken", read->action.error);
		read->action.error = -1;
	}
}

/* The numbers that actions come with. */
static void action_check_numbers(struct parse *parse, const struct place *place, struct action_read *read)
{
	const struct policy_hook *hook = parse->hook;

	if (read->info->action == WIRE_ACTION_SIGKILL)
		read->action.signal = SIGKILL;
	if (read->info->action == WIRE_ACTION_SIGNAL && !(read->given & HAS_SIGNAL))
		parse_error(parse, place, "write argSig, a number from 1 to 64", "Required value: argSig is missing");
	if (read->info->action == WIRE_ACTION_OVERRIDE)
		action_check_error(parse, place, read);
	if (read->info->fields & HAS_SOCK && read->action.sock_arg < hook->arg_count &&
	    !(parse->wrong_args & 1u << read->action.sock_arg) &&
	    !(arg_type_info(hook->args[read->action.sock_arg].type)->traits & ARG_IS_SOCK))
		parse_error(parse, place, "point argSock at an argument of type sock or socket, by position in `args`",
			    "action %s needs a socket, and args[%u] is of type %s", read->info->name,
			    read->action.sock_arg, arg_type_info(hook->args[read->action.sock_arg].type)->name);
	if (read->info->fields & HAS_SOCK && hook->arg_count == 0)
		parse_error(parse, place, "add the socket to the hook's `args`",
			    "action %s needs a socket, and the hook "
			    "has no arguments",
			    read->info->name);
}

/* Whether the family has the action; otherwise that is reported. */
static bool action_is_for_family(struct parse *parse, const struct place *place, const struct action_info *info)
{
	uint32_t family = 1u << parse->hook->family;

	if (info->refused_in & family && parse->hook->family == HOOK_FENTRY)
		parse_error(parse, place, "use kprobes", "enforcement is not supported for fentry yet");
	else if (info->refused_in & family)
		parse_error(parse, place, "remove it", "%s action is not supported", info->name);
	else if (info->no_effect_in & family)
		parse_warn(parse, place, "remove it", "action %s has no effect in %s", info->name,
			   hook_rules(parse->hook->family)->section);
	else
		return true;
	return false;
}

/* Reads one action; false if it is wrong or without effect. */
static bool action_read(struct parse *parse, const struct place *place, bool is_return, struct policy_action *ret)
{
	struct action_read read = {.action.position = place->node->position, .info = &actions[0]};

	parse_object(parse, place, &action_table, &read);
	if (!read.info || !action_is_for_family(parse, place, read.info))
		return false;
	if (is_return && read.info->is_refused_return) {
		parse_error(parse, place, "move it to matchActions",
			    "action %s cannot come after the function has returned", read.info->name);
		return false;
	}
	action_check_fields(parse, place, is_return, &read);
	action_check_numbers(parse, place, &read);
	read.action.action = read.info->action;
	if (read.info->is_enforcement && !is_return)
		parse->has_enforcement = true;
	if (read.info->is_enforcement && is_return)
		parse->has_return_enforcement = true;
	*ret = read.action;
	return true;
}

static void action_read_list(struct parse *parse, const struct place *place, bool is_return, struct policy_action *ret,
			     size_t *ret_count)
{
	if (!parse_is_list(parse, place))
		return;
	if (place->node->count > POLICY_ACTIONS_MAX) {
		parse_error(parse, place, "remove some",
			    "only 3 actions are support for selector (current number of values is %zu)",
			    place->node->count);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		if (action_read(parse, &item, is_return, &ret[*ret_count]))
			++*ret_count;
	}
}

void parse_read_actions(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	action_read_list(parse, place, false, selector->actions, &selector->action_count);
}

void parse_read_return_actions(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	if (place->node->count > 0 && !parse_has_return(parse, place))
		return;
	action_read_list(parse, place, true, selector->return_actions, &selector->return_action_count);
}

/* --- what the API server is told of it ------------------------------------------------------------------------ */

static const struct parse_rule action_rules[] = {
	{"!has(self.rateLimit) || self.rateLimit == '' || !has(self.action) || self.action == 'Post'",
	 "rate limiting can only applied to post action: rateLimit needs action Post"},
	{"!has(self.action) || self.action != 'Signal' || has(self.argSig)", "Required value: argSig is missing"},
	{NULL, NULL},
};
static const struct parse_schema action_schema = {.shape = PARSE_OBJECT, .table = &action_table, .rules = action_rules};
const struct parse_schema parse_actions_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_ACTIONS_MAX, .items = &action_schema};

const char *parse_action_trait(size_t i, struct parse_action_trait *ret)
{
	if (i >= ARRAY_SIZE(actions))
		return NULL;
	*ret = (struct parse_action_trait){
		.refused_in = actions[i].refused_in,
		.is_refused_return = actions[i].is_refused_return,
		.needs_sock = actions[i].fields & HAS_SOCK,
	};
	return actions[i].name;
}
