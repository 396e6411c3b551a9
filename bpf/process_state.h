/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The states of processes: found, and recorded. policy/interface.h has the structs, process_state.bpf.c the programs
 * that keep them, policy/changes.h what asks them.
 */
#include "policy/interface.h"
#include "task_facts.h"

static __always_inline __u64 process_start(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime);
}

/* Kernel threads have no state. */
static __always_inline int process_has_state(struct task_struct *task)
{
	return !(BPF_CORE_READ(task, flags) & PF_KTHREAD);
}

/* The state of task's process in `states`; NULL if there is none. One of an earlier process of this pid is none. */
static __always_inline struct process_state *process_state_find(void *states, struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct process_state *state = bpf_map_lookup_elem(states, &pid);

	if (!state || process_start(task) - state->start_ns > state->start_slack_ns)
		return NULL;
	return state;
}

static __always_inline void process_record_namespaces(struct process_state *state, struct task_struct *task)
{
#pragma unroll
	for (int i = 0; i < WIRE_NS_COUNT; i++)
		state->namespaces[i] = task_namespace(task, i);
}

static __always_inline void process_record_capabilities(struct process_state *state, struct task_struct *task)
{
#pragma unroll
	for (int i = 0; i < PROCESS_CAPABILITY_SETS; i++)
		state->capabilities[i] = task_capabilities(task, i);
}

/* All but the bits. */
static __always_inline void process_record(struct process_state *state, struct task_struct *task)
{
	state->start_ns = process_start(task);
	state->start_slack_ns = 0;
	state->exec_count = BPF_CORE_READ(task, self_exec_id);
	process_record_namespaces(state, task);
	process_record_capabilities(state, task);
}
