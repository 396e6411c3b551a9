/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What entry leaves for return, where a hook takes two programs (kprobes, tracepoints of system calls): the record as
 * far as it is built, by thread and by which of the hook's functions it is. Each such hook has a map of its own.
 */
#include "slot.h"

/*
 * One of the hook's functions may call another, in the same thread. Not by the thread's number: inside execve() that of
 * one which is no leader changes.
 */
static __always_inline __u64 pending_key(__u64 function)
{
	return function << 48 | (bpf_get_current_task() & 0xffffffffffff);
}

/*
 * Keeps the slot's record, whose length must not exceed `maximum`, the map's value size. 0, or 1: an event is lost, for
 * it is too long, or there is no room, or it has taken the place of one whose return nobody has seen.
 */
PIECE(pending_store)
__u64 pending_store(struct slot *slot, void *map, __u64 maximum, __u64 function)
{
	struct wire_hook *record = (struct wire_hook *)slot->record;
	__u64 key = pending_key(function);

	if (slot->length > maximum)
		return 1;
	record->header.length = slot->length;
	if (!bpf_map_update_elem(map, &key, slot->record, BPF_NOEXIST))
		return 0;
	bpf_map_update_elem(map, &key, slot->record, BPF_ANY);
	return 1;
}

/* Puts the record of the thread and the function back into a slot. 0, or 1: there is none. */
PIECE(pending_take)
__u64 pending_take(struct slot *slot, void *map, __u64 maximum, __u64 function)
{
	struct wire_hook *record = (struct wire_hook *)slot->record;
	__u64 key = pending_key(function);
	void *held = bpf_map_lookup_elem(map, &key);

	if (!held || bpf_probe_read_kernel(slot->record, maximum & (PENDING_MAX_MASK), held))
		return 1;
	slot->length = record->header.length;
	bpf_map_delete_elem(map, &key);
	return 0;
}
