/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Processes of which records were suppressed (throttle.h), and what the agent is to be told of them before the first
 * record that is about them: their fork, unless the agent knows the process, and their last exec. So a process is known
 * by the time an event names it, and one that lives and ends unnoticed costs the ring nothing.
 *
 * What there is no room for here is not suppressed. The records are told of outside of the counts of suppressed
 * events: they make none.
 */
#include "common.h"

/* By pid. Made only with --cgroup-rate; preallocated, for programs of all types on all kernels. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct wire_hidden);
} hidden_processes SEC(".maps");

/* NULL: the agent knows all of it. What an earlier process of this pid has left is forgotten. */
static __always_inline struct wire_hidden *hidden_find(__u32 pid, __u64 start_ns)
{
	struct wire_hidden *hidden = bpf_map_lookup_elem(&hidden_processes, &pid);

	if (!hidden || hidden->start_ns == start_ns)
		return hidden;
	bpf_map_delete_elem(&hidden_processes, &pid);
	return NULL;
}

/* False when the ring had no room: it is tried again with the next record. */
static __always_inline int hidden_send(struct wire_hidden *hidden)
{
	__u64 length = hidden->exec_length;

	if (!hidden->is_known && bpf_ringbuf_output(&ring, &hidden->fork, sizeof(hidden->fork), ring_wakeup()))
		return 0;
	BOUND(length, sizeof(hidden->exec));
	return !length || !bpf_ringbuf_output(&ring, hidden->exec, length, ring_wakeup());
}

static __always_inline void hidden_show(__u32 pid, struct wire_hidden *hidden)
{
	if (hidden_send(hidden))
		bpf_map_delete_elem(&hidden_processes, &pid);
}

/*
 * Tells the agent of a process, and before of its parent and whose copy it is, if they are hidden: ahead of a record
 * that names it. A global function: verified once, for all its callers.
 */
__attribute__((noinline)) int hidden_reveal(__u32 pid, __u64 start_ns)
{
	struct wire_hidden *hidden, *parent, *forker;

	if (!config.throttle_events)
		return 0; /* the map is not there */
	hidden = hidden_find(pid, start_ns);
	if (!hidden)
		return 0;
	parent = hidden->is_known ? NULL : hidden_find(hidden->fork.parent.pid, hidden->fork.parent.start_ns);
	if (parent)
		hidden_show(hidden->fork.parent.pid, parent);
	forker = hidden->is_known ? NULL : hidden_find(hidden->fork.forker.pid, hidden->fork.forker.start_ns);
	if (forker) /* another one with CLONE_PARENT */
		hidden_show(hidden->fork.forker.pid, forker);
	hidden_show(pid, hidden);
	return 1;
}
