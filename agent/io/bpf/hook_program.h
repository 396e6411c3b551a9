/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Loads and attaches single programs of a plan: the part of the policy engine that knows the kernel's calls. */
#include "core/policy/plan.h"
#include "io/bpf/pieces.h"

/* An fd or -errno. The verifier's log goes to the debug log. */
int hook_program_load(const struct pieces *pieces, const struct plan_program *plan, const struct assembler *code,
		      const struct link_values *values);
/* Attaches a loaded program where the plan's program belongs. The link's fd or -errno. */
int hook_program_attach(const struct plan_hook *hook, const struct plan_program *plan, int program_fd);
/* Two places for programs of this kind, or -errno. */
int hook_program_array_new(void);
/*
 * Waits until no program runs that was entered before: MEMBARRIER_CMD_GLOBAL is
 * synchronize_rcu() (kernel/sched/membarrier.c), and programs run inside RCU. Where it is refused
 * (nohz_full), a time far longer than any program.
 */
void program_wait(void);
