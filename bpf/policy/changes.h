/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What filters ask the recorded states of processes (../process_state.bpf.c). `states` is the map of them: programs
 * that don't ask have none. The comparisons say PROCESS_SAME, _CHANGED or _UNKNOWN.
 */
#include "../process_state.h"
#include "piece.h"

/*
 * The current process's state, to be compared with; NULL: with nothing, and then *ret_answer says why. In the middle
 * of an execve(), and after one that was missed, there is nothing to compare: what is now is recorded.
 */
static __always_inline struct process_state *state_to_compare(void *states, struct task_struct *task, __u64 *ret_answer)
{
	struct process_state *state, new = {};
	__u64 exec_count;
	__u32 pid;

	*ret_answer = PROCESS_SAME;
	if (BPF_CORE_READ(task, flags) & (PF_KTHREAD | PF_EXITING))
		return NULL;
	state = process_state_find(states, task);
	if (!state) {
		pid = BPF_CORE_READ(task, tgid);
		process_record(&new, task);
		bpf_map_update_elem(states, &pid, &new, BPF_ANY); /* counted as unknown, also if there is no room */
		*ret_answer = PROCESS_UNKNOWN;
		return NULL;
	}
	exec_count = BPF_CORE_READ(task, self_exec_id);
	if (!state->exec_count || state->exec_count == exec_count)
		return state;
	state->exec_count = exec_count;
	process_record_namespaces(state, task);
	process_record_capabilities(state, task);
	return NULL;
}

/* Is one of the namespaces of `mask`, a constant, bits 1 << WIRE_NS_*, another than the recorded one? */
PIECE(namespaces_changed)
__u64 namespaces_changed(void *states, __u64 mask)
{
	struct task_struct *task = current_task();
	__u64 answer;
	struct process_state *state = state_to_compare(states, task, &answer);

	if (!state)
		return answer;
#pragma unroll
	for (int i = 0; i < WIRE_NS_COUNT; i++) {
		__u32 now;

		if (!(mask & (1ull << i)))
			continue;
		now = task_namespace(task, i);
		if (now && state->namespaces[i] && now != state->namespaces[i])
			return PROCESS_CHANGED;
	}
	return PROCESS_SAME;
}

/* Is one of the capabilities of `mask` in the set, a constant as in current_capabilities(), and was not, or was? */
PIECE(capabilities_changed)
__u64 capabilities_changed(void *states, __u64 set, __u64 mask)
{
	struct task_struct *task = current_task();
	__u64 answer;
	struct process_state *state = state_to_compare(states, task, &answer);

	if (!state)
		return answer;
	if (set >= PROCESS_CAPABILITY_SETS)
		return PROCESS_SAME;
	return (state->capabilities[set] ^ task_capabilities(task, set)) & mask ? PROCESS_CHANGED : PROCESS_SAME;
}

/* What is now is what later comparisons compare with. */
PIECE(namespaces_record)
__u64 namespaces_record(void *states)
{
	struct task_struct *task = current_task();
	struct process_state *state = process_state_find(states, task);

	if (state)
		process_record_namespaces(state, task);
	return 0;
}

PIECE(capabilities_record)
__u64 capabilities_record(void *states)
{
	struct task_struct *task = current_task();
	struct process_state *state = process_state_find(states, task);

	if (state)
		process_record_capabilities(state, task);
	return 0;
}

/* Has the process, or its parent (is_parent, a constant), the bit of a filter with followChildren? 1 or 0. */
PIECE(process_follows)
__u64 process_follows(void *states, struct process_shared *all, __u64 bit, __u64 is_parent)
{
	struct task_struct *task = current_task();
	struct process_state *state;

	if (is_parent)
		task = BPF_CORE_READ(task, real_parent);
	state = process_state_find(states, task);
	if (!state || bit >= FOLLOW_BITS)
		return 0;
	return state->follow_generation >= all->since[bit] && (state->follow >> bit & 1);
}
