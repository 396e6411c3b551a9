/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A policy as its author wrote it, checked and in order: what parse.h makes of
 * a document and compile.h makes programs of. Knows nothing of the running kernel.
 *
 * A policy owns all that it points at (policy_free()). Macros are merged in, lists are
 * expanded, numbers and addresses are parsed. Positions are kept for messages about the kernel.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/cel.h"
#include "core/policy/label_selector.h"
#include "core/policy/types.h"

/* The limits of the interface, or beyond them. */
enum {
	POLICY_SELECTORS_MAX = 5,
	POLICY_ARGS_MAX = 5, /* of functions; tracepoints: */
	POLICY_TRACEPOINT_ARGS_MAX = 10,
	POLICY_ARG_FILTERS_MAX = 5, /* per selector, matchArgs and matchReturnArgs each */
	POLICY_NUMBERS_MAX = 4,     /* values of Equal, Mask ... on numbers */
	POLICY_NAMES_MAX = 64,      /* of Protocol, Family, State */
	POLICY_NAMESPACE_FILTERS_MAX = 10,
	POLICY_CAPABILITY_FILTERS_MAX = 4,
	POLICY_PID_FILTERS_MAX = 4,
	POLICY_ACTIONS_MAX = 3,
	POLICY_TAGS_MAX = 16,
	POLICY_HOOKS_MAX = 4096,   /* after lists are expanded */
	POLICY_KPROBES_MAX = 256,  /* entries, in the API server: its rules may not cost more */
	POLICY_SECTION_MAX = 128,  /* of other sections */
	POLICY_VALUES_MAX = 65536, /* of one filter */
	POLICY_STRING_MAX = 4096,  /* Equal */
	POLICY_PREFIX_MAX = 256,
	POLICY_POSTFIX_MAX = 127,
	POLICY_SUBSTRING_MAX = 99,
	POLICY_SUBSTRINGS_MAX = 100, /* of one hook */
	POLICY_EXPRESSIONS_MAX = 8,  /* of one hook */
	POLICY_BINARY_MAX = 255,
};

struct policy_position {
	uint32_t line, column; /* from 1; 0: unknown */
};

enum policy_kind {
	POLICY_CLUSTER,
	POLICY_NAMESPACED,
};

enum policy_mode {
	POLICY_MODE_ENFORCE,
	POLICY_MODE_MONITOR,
	POLICY_MODE_MONITOR_ONLY, /* it has no enforcement action */
};

enum hook_family {
	HOOK_KPROBE,
	HOOK_FENTRY,
	HOOK_TRACEPOINT,
	HOOK_LSM,
	HOOK_LOADER,
	HOOK_FAMILY_COUNT,
};

enum filter_operator {
	OPERATOR_EQUAL,
	OPERATOR_NOT_EQUAL,
	OPERATOR_PREFIX,
	OPERATOR_NOT_PREFIX,
	OPERATOR_POSTFIX,
	OPERATOR_NOT_POSTFIX,
	OPERATOR_GREATER,
	OPERATOR_LESS,
	OPERATOR_MASK,
	OPERATOR_IN_RANGE,
	OPERATOR_NOT_IN_RANGE,
	OPERATOR_IN_MAP,
	OPERATOR_NOT_IN_MAP,
	OPERATOR_SADDR,
	OPERATOR_NOT_SADDR,
	OPERATOR_DADDR,
	OPERATOR_NOT_DADDR,
	OPERATOR_SPORT,
	OPERATOR_NOT_SPORT,
	OPERATOR_DPORT,
	OPERATOR_NOT_DPORT,
	OPERATOR_SPORT_PRIV,
	OPERATOR_NOT_SPORT_PRIV,
	OPERATOR_DPORT_PRIV,
	OPERATOR_NOT_DPORT_PRIV,
	OPERATOR_PROTOCOL,
	OPERATOR_FAMILY,
	OPERATOR_STATE,
	OPERATOR_FILE_TYPE,
	OPERATOR_NOT_FILE_TYPE,
	OPERATOR_CAPABILITIES_GAINED,
	OPERATOR_SUBSTRING,
	OPERATOR_SUBSTRING_IGN_CASE,
	OPERATOR_CEL_EXPR,
	OPERATOR_COUNT,
};

/* What the values of a filter are; by operator and type. */
enum values_kind {
	VALUES_NONE,
	VALUES_NUMBERS, /* first..last inclusive; one number: first == last. Also families, states, ports, masks, file
			   types (S_IFMT) */
	VALUES_STRINGS,
	VALUES_NETWORKS,
	VALUES_EXPRESSION, /* one */
};

struct policy_number {
	uint64_t first, last; /* sign-extended to 64 bits where the type is signed */
};

struct policy_string {
	char *bytes; /* owned; NUL-terminated beyond its length */
	uint32_t length;
};

struct policy_network {
	uint8_t address[16]; /* network order; 4 bytes where is_ipv6 is false; host bits cleared */
	uint8_t prefix_length;
	bool is_ipv6;
};

struct policy_values {
	enum values_kind kind;
	size_t count;
	size_t further; /* InMap, NotInMap: numbers of ranges beyond the first one of each */
	union {
		struct policy_number *numbers;
		struct policy_string *strings;
		struct policy_network *networks;
		struct cel_expression *expression;
	};
};

/* One entry of matchArgs or matchReturnArgs. */
struct policy_arg_filter {
	struct policy_position position;
	enum filter_operator operator;
	uint8_t arg;        /* position in hook->args; unused in matchReturnArgs and by OPERATOR_CEL_EXPR */
	uint8_t second_arg; /* OPERATOR_CAPABILITIES_GAINED: `arg` is the old set, this the new one */
	struct policy_values values;
};

struct policy_pid_filter {
	struct policy_position position;
	bool is_negative, is_namespace_pid, follow_forks;
	struct policy_values values;
};

struct policy_binary_filter { /* matchBinaries, matchParentBinaries */
	struct policy_position position;
	bool is_set;                   /* false: there is no such filter */
	enum filter_operator operator; /* EQUAL (In), NOT_EQUAL (NotIn), PREFIX ... NOT_POSTFIX */
	bool follow_children;
	struct policy_values values;
};

struct policy_namespace_filter {
	struct policy_position position;
	bool is_negative;
	uint8_t namespace;           /* WIRE_NS_* */
	bool has_host;               /* one of the values is `host_ns` */
	struct policy_values values; /* inode numbers */
};

struct policy_capability_filter { /* matchCapabilities, matchCapabilityChanges */
	struct policy_position position;
	enum {
		CAPABILITY_EFFECTIVE,
		CAPABILITY_INHERITABLE,
		CAPABILITY_PERMITTED
	} set;
	bool is_negative;
	bool is_namespace_capability;
	uint64_t mask;
};

struct policy_namespace_change {
	struct policy_position position;
	bool is_set, is_negative;
	uint32_t mask; /* bits 1 << WIRE_NS_* */
};

enum rate_limit_scope {
	RATE_LIMIT_THREAD,
	RATE_LIMIT_PROCESS,
	RATE_LIMIT_GLOBAL,
};

struct policy_action {
	struct policy_position position;
	enum wire_action action;
	uint64_t rate_limit_ns; /* 0: none */
	enum rate_limit_scope rate_limit_scope;
	bool kernel_stack, user_stack;
	uint32_t signal;  /* WIRE_ACTION_SIGNAL; 9 for SIGKILL */
	int32_t error;    /* WIRE_ACTION_OVERRIDE */
	uint8_t sock_arg; /* TRACKSOCK, UNTRACKSOCK: position in hook->args */
};

struct policy_selector {
	struct policy_position position;
	char *label; /* NULL: none */
	size_t arg_count, return_arg_count, pid_count, namespace_count, capability_count, capability_change_count;
	size_t action_count, return_action_count;
	struct policy_arg_filter args[POLICY_ARG_FILTERS_MAX], return_args[POLICY_ARG_FILTERS_MAX];
	struct policy_pid_filter pids[POLICY_PID_FILTERS_MAX];
	struct policy_binary_filter binaries, parent_binaries;
	struct policy_namespace_filter namespaces[POLICY_NAMESPACE_FILTERS_MAX];
	struct policy_namespace_change namespace_changes;
	struct policy_capability_filter capabilities[POLICY_CAPABILITY_FILTERS_MAX],
		capability_changes[POLICY_CAPABILITY_FILTERS_MAX];
	struct policy_action actions[POLICY_ACTIONS_MAX], return_actions[POLICY_ACTIONS_MAX];
};

struct policy_arg {
	struct policy_position position;
	enum arg_type type;
	uint32_t index;
	char *label;             /* NULL: none */
	uint32_t size_arg_index; /* 1-based as written; 0: none */
	bool return_copy, max_data;
};

/* Functions that only the kernel can name: `call: list:NAME` of a generated list. */
enum hook_generator {
	HOOK_NOT_GENERATED,
	HOOK_ALL_SYSCALLS,    /* generated_syscalls */
	HOOK_MATCHING_FTRACE, /* generated_ftrace: those that `pattern` matches, a regular expression */
};

/* One function, tracepoint or LSM hook; or all functions of a list. */
struct policy_hook {
	struct policy_position position;
	enum hook_family family;
	char *path; /* "spec.kprobes[0]", for messages */
	char *name; /* function, LSM hook without prefix, or the tracepoint's event; as the policy wrote it, but a
		       syscall's without its architecture prefix stays so: compile.h adds it. Of a list: the list's */
	size_t function_count; /* `call: list:NAME`: its functions, as `name` would have them */
	char **functions;      /* owned, and so is each */
	enum hook_generator generator;
	char *pattern;   /* HOOK_MATCHING_FTRACE; else NULL */
	char *subsystem; /* tracepoints only */
	bool is_raw;     /* tracepoints only */
	bool is_syscall;
	bool has_return;
	bool ignore_not_found;              /* ignore.callNotFound */
	struct policy_arg return_arg;       /* its type, where has_return */
	enum wire_action return_arg_action; /* WIRE_ACTION_TRACKSOCK, _UNTRACKSOCK or _POST (none) */
	char *message;                      /* NULL: none; raw: not yet escaped, at most 256 bytes */
	size_t tag_count;
	char *tags[POLICY_TAGS_MAX];
	size_t arg_count;
	struct policy_arg args[POLICY_TRACEPOINT_ARGS_MAX];
	size_t selector_count;
	struct policy_selector *selectors; /* owned */
};

/* Whose processes a policy is for; tracingpolicy.md section 4. */
struct policy_scope {
	bool has_host; /* hostSelector: {} */
	struct label_selector pod, container;
};

struct policy {
	struct policy_position position;
	enum policy_kind kind;
	char *name;
	char *namespace; /* POLICY_NAMESPACED; else NULL */
	enum policy_mode mode;
	bool disable_kprobe_multi;
	bool has_loader;
	struct policy_scope scope;
	struct label_selector node; /* nodeSelector: for whoever loads policies of a cluster */
	enum hook_family family;    /* of all its hooks */
	size_t hook_count;
	struct policy_hook *hooks; /* owned */
	size_t function_count;     /* of all hooks: functions, tracepoints, LSM hooks; a generated list counts as one */
};

static inline bool policy_hook_is_list(const struct policy_hook *hook)
{
	return hook->function_count || hook->generator != HOOK_NOT_GENERATED;
}

/* Is it for some processes only? Not if nothing is said, nor if all three selectors are {}. */
bool policy_is_scoped(const struct policy *policy);
/* Does one of the hook's selectors have it in matchActions? */
bool policy_hook_has_action(const struct policy_hook *hook, enum wire_action action);
/* Is it the name of a system call's function, with or without the prefix of an architecture? */
bool policy_is_syscall_name(const char *name);
/* Is it the function of a 32-bit system call of x86? Its arguments are in other registers. */
bool policy_is_ia32_name(const char *name);

void policy_free(struct policy *policy); /* accepts NULL; frees the struct as well */

/* Both leave the struct empty and accept an empty one. */
void policy_values_done(struct policy_values *values);
void policy_hook_done(struct policy_hook *hook);
