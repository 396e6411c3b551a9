/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The functions of a list, as the kernel knows them: those that a generator finds, and which ftrace can trace. */
#include "core/policy/kernel_view.h"
#include "core/policy/policy.h"

struct hook_list {
	size_t count; /* of those that were found; beyond POLICY_HOOKS_MAX they have no names */
	char **names; /* owned, and so is each: as policies write them */
};

void hook_list_done(struct hook_list *list); /* accepts a zeroed struct */
/*
 * The names that the hook's list has or its generator finds; those in alphabetical order and each once. 0; -ENOMEM; or
 * what the kernel view says, of which -ENOENT and -EACCES mean that tracefs cannot be read.
 */
int hook_list_find(const struct policy_hook *hook, const struct kernel_view *kernel, struct hook_list *ret);
/*
 * Which symbols name just one function that ftrace can trace, and come for the first time: is_unique[i] for symbols[i].
 * Same result.
 */
int hook_list_mark_traceable(char *const *symbols, size_t count, const struct kernel_view *kernel, bool *is_unique);
