/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What compile.c (a hook), compile_check.c (does it fit?) and compile_list.c (the functions of a list) share. */
#include "core/policy/compile.h"

/* What is said of a list as a whole: of thousands of functions, not once for each. */
struct list_notes {
	size_t left_out, mistyped;
	size_t no_syscalls; /* though the hook has `syscall: true`, which is the default */
	char first[512];    /* why the first one is left out */
};

struct compiler {
	const struct policy *policy;
	const struct kernel_view *kernel;
	struct report *report;
	struct report *warnings; /* of arguments' types: the same, unless errors go to one that nobody reads */
	struct plan *plan;
	struct list_notes *notes; /* NULL: it is no list */
};

/* One hook on its way. */
struct subject {
	const struct policy_hook *hook;
	struct plan_hook *plan; /* has its hook and name */
	char symbol[128];
	struct kernel_function function;
	struct kernel_tracepoint tracepoint;
};

bool compile_has_signals(const struct policy_hook *hook);
bool compile_has_return_copy(const struct policy_hook *hook);
/* The next of the plan's hooks; valid until the one after it. 0 or -ENOMEM. */
int compile_add_hook(struct compiler *compiler, const struct policy_hook *hook, const char *name,
		     struct plan_hook **ret);
void compile_drop_last_hook(struct compiler *compiler);
/* Looks the target up and compares it with the hook; may find that it is to be skipped. */
int compile_check_target(struct compiler *compiler, struct subject *subject);
/* What events need, and where records are built. 0 or -ENOMEM. */
int compile_make_info(struct compiler *compiler, struct subject *subject);
/* Entry and, where the result is wanted, return: two programs and what the one leaves for the other. */
int compile_pair(struct compiler *compiler, struct subject *subject, enum attach_means entry, enum attach_means exit);
/* All of a hook on one function, tracepoint or LSM hook. */
int compile_function(struct compiler *compiler, struct plan_hook *plan);
/* The hook's arguments against the target's. All of these report what is wrong: 0 or -EINVAL. */
int compile_check_args(struct compiler *compiler, const struct subject *subject);
/* Are they in registers, where kprobes see them? Those of system calls lie in memory, all of them. */
int compile_check_registers(struct compiler *compiler, const struct subject *subject);
/* What `auto` stands for, and filters that were read before that was known. */
int compile_check_derived(struct compiler *compiler, const struct subject *subject);
/* Filters that not every kernel can have. */
int compile_check_filters(struct compiler *compiler, const struct policy_hook *hook);
/* All hooks of a list, written or generated. */
int compile_list(struct compiler *compiler, const struct policy_hook *hook);
