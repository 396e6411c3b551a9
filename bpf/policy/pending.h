/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What entry leaves for return, where a hook takes two programs (kprobes, tracepoints
 * of system calls): the record as far as it is built, by thread. Each such hook has a map of its own.
 */
#include "slot.h"

/* Keeps the slot's record, whose length must not exceed `maximum`, the map's value size. 0, or 1: too long, or no room.
 */
PIECE(pending_store)
__u64 pending_store(struct slot *slot, void *map, __u64 maximum)
{
	struct wire_hook *record = (struct wire_hook *)slot->record;
	__u64 thread = bpf_get_current_pid_tgid();

	if (slot->length > maximum)
		return 1;
	record->header.length = slot->length;
	return bpf_map_update_elem(map, &thread, slot->record, BPF_ANY) != 0;
}

/* Puts the thread's record back into a slot. 0, or 1: there is none. */
PIECE(pending_take)
__u64 pending_take(struct slot *slot, void *map, __u64 maximum)
{
	struct wire_hook *record = (struct wire_hook *)slot->record;
	__u64 thread = bpf_get_current_pid_tgid();
	void *held = bpf_map_lookup_elem(map, &thread);

	if (!held || bpf_probe_read_kernel(slot->record, maximum & (PENDING_MAX_MASK), held))
		return 1;
	slot->length = record->header.length;
	bpf_map_delete_elem(map, &thread);
	return 0;
}
