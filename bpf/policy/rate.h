/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Rate limits: an event is suppressed if one with the same hash was let through
 * less than an interval ago. Glue makes the hash of the hook, the scope and the arguments, by
 * these pieces or itself (interface.h has the formula).
 */
#include "slot.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RATE_ENTRIES);
	__type(key, __u32);
	__type(value, struct rate_entry);
} rates SEC(".maps");

enum {
	RATE_SCOPE_THREAD,
	RATE_SCOPE_PROCESS,
	RATE_SCOPE_GLOBAL,
};

static __always_inline __u64 rate_take_in(__u64 hash, __u64 number)
{
	hash = (hash ^ number) * RATE_FACTOR;
	return hash ^ (hash >> 32);
}

static __always_inline __u64 rate_take_bytes(__u64 hash, const void *memory, __u64 length)
{
	__u64 words[RATE_BYTES_MAX / 8] = {};

	BOUND(length, RATE_BYTES_MAX);
	READ_BYTES(words, length, memory);
	hash = rate_take_in(hash, length);
	for (__u32 i = 0; i < RATE_BYTES_MAX / 8; i++)
		hash = rate_take_in(hash, words[i]);
	return hash;
}

/* The hash to begin with, of the hook's number and the scope (constants): hook, then tid, pid or 0, starting from 0. */
PIECE(rate_begin)
__u64 rate_begin(__u64 hook, __u64 scope)
{
	__u64 ids = bpf_get_current_pid_tgid(), id = 0;

	if (scope == RATE_SCOPE_THREAD)
		id = ids & 0xffffffff;
	else if (scope == RATE_SCOPE_PROCESS)
		id = ids >> 32;
	return rate_take_in(rate_take_in(0, hook), id);
}

PIECE(rate_mix)
__u64 rate_mix(__u64 hash, __u64 number)
{
	return rate_take_in(hash, number);
}

/* Takes in the first RATE_BYTES_MAX bytes of a body: its length, then five 64-bit words, the missing ones zero. */
PIECE(rate_mix_bytes)
__u64 rate_mix_bytes(__u64 hash, const void *memory, __u64 length)
{
	return rate_take_bytes(hash, memory, length);
}

/* Same with the value at `at`, a constant, whose bytes lie in the slot's tail. */
PIECE(rate_mix_value)
__u64 rate_mix_value(struct slot *slot, __u64 at, __u64 hash)
{
	const struct wire_value *value = slot_value(slot, at);
	__u64 offset = value->offset;

	BOUND(offset, sizeof(slot->record) - 1);
	return rate_take_bytes(hash, &slot->record[offset], value->length);
}

/*
 * May the event go? Remembers it then. Direct-mapped: of two hashes that share an
 * entry the later takes it, so an event too many may go, never one too few. For that, entries are
 * read in the opposite order of writing, since others write at the same time.
 */
PIECE(rate_allow)
__u64 rate_allow(__u64 hash, __u64 interval_ns)
{
	__u32 index = hash % RATE_ENTRIES;
	volatile struct rate_entry *entry = bpf_map_lookup_elem(&rates, &index);
	__u64 now = bpf_ktime_get_ns(), time;

	if (!entry)
		return 1;
	time = entry->time_ns;
	if (time && entry->hash == hash && now - time < interval_ns)
		return 0;
	entry->hash = hash;
	entry->time_ns = now;
	return 1;
}
