/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a policy becomes for one kernel: programs, value sets and attach points.
 * Made by compile.h, applied by io/bpf/policy_engine.h, told by explain.h. Points into the policy that it was made of.
 */
#include "core/policy/assembler.h"
#include "core/policy/hook_info.h"
#include "core/policy/kernel_view.h"
#include "core/policy/policy.h"

enum attach_means {
	ATTACH_FENTRY,
	ATTACH_FEXIT,
	ATTACH_FMOD_RET,
	ATTACH_LSM,
	ATTACH_RAW_TRACEPOINT, /* BTF-typed */
	ATTACH_TRACEPOINT,
	ATTACH_KPROBE,
	ATTACH_KRETPROBE,
	ATTACH_KPROBE_MULTI, /* to all functions of a list at once */
	ATTACH_KRETPROBE_MULTI,
	ATTACH_SYSCALL_ENTER, /* tracepoint syscalls/sys_enter_NAME in place of a kernel function */
	ATTACH_SYSCALL_EXIT,
	ATTACH_MEANS_COUNT,
};

const char *attach_means_name(enum attach_means means); /* "fentry" ... */

/* A value set in the kernel: which kind of map, and of which values. */
enum plan_map_kind {
	PLAN_MAP_STRINGS,      /* hash of struct string_key (bpf/policy/interface.h) */
	PLAN_MAP_LONG_STRINGS, /* hash of struct long_string_key */
	PLAN_MAP_PREFIXES,     /* LPM trie of struct prefix_key */
	PLAN_MAP_PATH_TOPS,    /* array of one struct path_names: the first components of PLAN_MAP_PREFIXES */
	PLAN_MAP_PATH_ENDS,    /* the same: the last components of PLAN_MAP_STRINGS */
	PLAN_MAP_POSTFIXES,    /* LPM trie of struct postfix_key */
	PLAN_MAP_SUBSTRINGS, /* array of union substring_block: a machine of substring.h, or two while it is replaced */
	PLAN_MAP_SUBSTRINGS_IGN_CASE, /* the same */
	PLAN_MAP_NETWORKS4,           /* LPM trie of struct network4_key */
	PLAN_MAP_NETWORKS6,           /* LPM trie of struct network6_key */
	PLAN_MAP_PORTS,               /* array of one bitmap of 65,536 bits */
	PLAN_MAP_NUMBERS,             /* hash of u64 */
	PLAN_MAP_PIDS,                /* hash of u32 */
	PLAN_MAP_PENDING,             /* hash by thread: what entry leaves for return; no values */
};

struct plan_map {
	enum plan_map_kind kind;
	const struct policy_values *values; /* of the policy; NULL: PLAN_MAP_PENDING */
	uint32_t value_bytes;               /* PLAN_MAP_PENDING: the longest record */
};

#define PLAN_MAPS_MAX 200 /* of one hook */
#define PLAN_FOLLOWS_MAX (2 * POLICY_SELECTORS_MAX)

struct plan_program {
	enum attach_means means;
	char target[128];       /* function, LSM hook, or event */
	char subsystem[64];     /* of tracepoints */
	uint32_t btf_id;        /* of the target, where BTF has it */
	uint32_t tracepoint_id; /* for perf_event_open() */
	struct assembler code;
};

enum {
	PLAN_PROGRAMS_MAX = 2
};

/*
 * One function, tracepoint or LSM hook, or several functions that one program serves: those that info->functions names,
 * in the order of the link's cookies. A list of the policy becomes one such hook, or one per function.
 */
struct plan_hook {
	const struct policy_hook *hook;
	char *name;             /* owned: as a policy writes it; of several functions, "list:NAME" */
	struct hook_info *info; /* owned until published */
	bool is_unserved;       /* skipped, for the kernel lacks every means of hooking the function */
	bool is_skipped;        /* the function is not there and ignore.callNotFound is set */
	bool has_slot;          /* records are built in a slot, for they have strings, paths or stacks */
	bool has_process_state; /* a filter asks what is recorded of processes (bpf/process_state.bpf.c) */
	uint32_t record_bytes;  /* of the fixed part */
	size_t program_count;
	struct plan_program programs[PLAN_PROGRAMS_MAX];
	size_t map_count;
	struct plan_map *maps; /* owned */
	/* filters with followChildren, each once: the loader gives them their bits (follow.h) */
	size_t follow_count;
	const struct policy_binary_filter *follows[PLAN_FOLLOWS_MAX];
};

struct plan {
	const struct policy *policy; /* not owned */
	size_t hook_count;           /* at most POLICY_HOOKS_MAX, and so many functions at most */
	struct plan_hook *hooks;     /* owned */
	bool is_scoped;              /* its programs ask whether the process is one that the policy is for */
};

size_t plan_hook_function_count(const struct plan_hook *hook); /* at least 1 */
size_t plan_function_count(const struct plan *plan);           /* of all hooks */
/* Are the two attached to the same place by the same means? */
bool plan_hook_is_same_target(const struct plan_hook *a, const struct plan_hook *b);
void plan_hook_done(struct plan_hook *hook); /* also what it owns; accepts a zeroed struct */
void plan_done(struct plan *plan);           /* accepts a zeroed struct */
/*
 * True if both have a program at the function's return, apart from the one at its begin, and these do the same with the
 * same record: they have one code and no value sets.
 */
bool plan_hook_is_same_return(const struct plan_hook *a, const struct plan_hook *b);
/* True if the two differ in their value sets at most: the programs of `old` can go on with the values of `new`. */
bool plan_hook_is_same_code(const struct plan_hook *old, const struct plan_hook *new);
