/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Tracked sockets: whose process a socket's events are, though they happen in
 * another one or in none. The sockets' addresses are the keys.
 */
#include "task.h"

/*
 * Before 6.1 ("bpf: Remove tracing program restriction on map types") the kernel
 * warns in its log of a map that is not preallocated when a kprobe or tracepoint uses it: there the
 * agent takes BPF_F_NO_PREALLOC away.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SOCK_OWNERS_MAX);
	__type(key, __u64);
	__type(value, struct sock_owner);
} sock_owners SEC(".maps");

/* Remembers the current process as the socket's owner; 1 if there is no room for one more. */
PIECE(sock_track)
__u64 sock_track(__u64 address)
{
	struct sock_owner owner = {};

	task_read(&owner.task, current_task());
	owner.tid = bpf_get_current_pid_tgid();
	return bpf_map_update_elem(&sock_owners, &address, &owner, BPF_ANY) != 0;
}

/* Forgets it; returns 0, also if it was not tracked. */
PIECE(sock_untrack)
__u64 sock_untrack(__u64 address)
{
	bpf_map_delete_elem(&sock_owners, &address);
	return 0;
}

/* Makes the event one of the socket's owner, if that is known; 1 then, else 0. After hook_begin(). */
PIECE(sock_owner)
__u64 sock_owner(struct wire_hook *record, __u64 address)
{
	const struct sock_owner *owner = bpf_map_lookup_elem(&sock_owners, &address);

	if (!owner)
		return 0;
	record->task = owner->task;
	record->tid = owner->tid;
	record->flags |= WIRE_HOOK_OWNER;
	return 1;
}
