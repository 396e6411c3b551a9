/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The hooks of a policy's new generation: which of the old one's they go on with, and the programs, maps and attach
 * points that are made for the others. policy_engine.c decides when; nothing here runs before it switches.
 */
#include "core/policy/report.h"
#include "io/bpf/policy_engine_internal.h"

/* What is being made, and what it takes the place of. */
struct change {
	struct policy_engine *engine;
	const struct kernel_view *kernel; /* as the policy is compiled for it: not all is policy_engine_kernel()'s */
	struct loaded_policy *old, *new;  /* old: NULL for a new policy */
	int *reused;        /* owned: for each new hook the old one whose attach points it takes; -1: none */
	bool *is_same_code; /* owned: and whose programs and maps */
	struct report *report;
	struct policy_apply_result result;
	size_t left_out;       /* of generated lists: functions that the kernel refuses */
	bool is_multi_refused; /* the kernel takes no program for all functions of a list */
};

void policy_hook_init(struct loaded_hook *hook); /* empty, with all fds -1 */
/* Pairs each new hook with an old one on the same target; of several, with one that has the same code if there is. */
void policy_hooks_match(struct change *change);
/* All hooks of the new generation; 0, or -errno with the reasons in the report: policy_hooks_undo() then. */
int policy_hooks_make(struct change *change);
/* A failed change leaves no trace: the old generation's programs were never touched. */
void policy_hooks_undo(struct change *change);
/* From where its dispatchers find them as generation `index`. */
void policy_hook_remove_programs(const struct loaded_hook *hook, const struct plan_hook *plan, uint32_t index);
/* Frees what is the hook's alone: attach points and code may have come from its predecessor, or gone to its successor.
 */
void policy_hook_drop(const struct policy_engine *engine, struct loaded_policy *owner, size_t index, bool has_points,
		      bool has_code);
