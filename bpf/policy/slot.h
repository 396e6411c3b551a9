/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Slots: per-CPU memory for records whose size is not known beforehand, and
 * for paths and keys under construction. Taken and given back by every program that needs
 * one, since programs interrupt each other. Never zeroed: what can be read must be written.
 */
#include "../scratch.h"
#include "piece.h"

struct slot {
	char record[SLOT_RECORD_MAX + SLOT_VALUE_MAX + 64]; /* room behind the end for alignment */
	__u32 length;                                       /* of the record so far, which is where the tail ends */
	__u32 index;
	/* The string or path under test: bytes of this slot, in the record or in scratch.bytes. Until the next
	   subject_x() or path. */
	__u32 subject_offset, subject_length;
	union {
		struct string_key string;
		struct prefix_key prefix;
		struct postfix_key postfix;
		struct substring_scan scan;
	} key;
	__u64 reversed[POSTFIX_KEY_MAX / 8];
	union {
		struct scratch scratch;
		struct long_string_key long_key; /* of a subject in the record */
	};
};

_Static_assert(sizeof(struct slot) <= 32768, "a per-CPU allocation cannot be larger");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOT_COUNT);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* Which slots of this CPU are taken: one bit each, or how many; never both in one kernel. */
struct slot_state {
	__u64 bits;
	__u64 depth;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot_state);
} slot_state SEC(".maps");

static __always_inline struct slot_state *slot_state_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&slot_state, &zero);
}

static __always_inline struct slot *slot_get(__u32 index)
{
	return bpf_map_lookup_elem(&slots, &index);
}

static __always_inline struct scratch *scratch_get(__u32 index)
{
	struct slot *slot = slot_get(index);

	return slot ? &slot->scratch : NULL;
}

static __always_inline struct slot *slot_begin(__u32 index, __u64 fixed_length)
{
	struct slot *slot = slot_get(index);

	if (!slot)
		return NULL;
	slot->index = index;
	slot->length = fixed_length;
	slot->subject_offset = 0;
	slot->subject_length = 0;
	return slot;
}

/*
 * Takes a slot of this CPU, where programs can be preempted or interrupted at any
 * time (from 5.12 on, which has the instructions for it). fixed_length: bytes of
 * wire_hook, values and fixed bodies, a multiple of eight; the tail starts there. NULL
 * when all are taken: that event is lost. Give it back on every way out.
 */
PIECE(slot_take_atomic)
struct slot *slot_take_atomic(__u64 fixed_length)
{
	struct slot_state *state = slot_state_get();

	if (!state)
		return NULL;
	for (__u32 i = 0; i < SLOT_COUNT; i++)
		if (!(__sync_fetch_and_or(&state->bits, 1ull << i) & (1ull << i)))
			return slot_begin(i, fixed_length);
	return NULL;
}

PIECE(slot_release_atomic)
__u64 slot_release_atomic(struct slot *slot)
{
	struct slot_state *state = slot_state_get();

	if (state)
		__sync_fetch_and_and(&state->bits, ~(1ull << (slot->index % SLOT_COUNT)));
	return 0;
}

/* The same before 5.12, where nothing but interrupts gets between: what is entered later ends earlier. */
PIECE(slot_take_counter)
struct slot *slot_take_counter(__u64 fixed_length)
{
	struct slot_state *state = slot_state_get();
	__u64 depth;

	if (!state)
		return NULL;
	depth = state->depth;
	if (depth >= SLOT_COUNT)
		return NULL;
	*(volatile __u64 *)&state->depth = depth + 1;
	return slot_begin(depth, fixed_length);
}

PIECE(slot_release_counter)
__u64 slot_release_counter(struct slot *slot)
{
	struct slot_state *state = slot_state_get();

	if (state)
		state->depth = slot->index;
	return 0;
}

#define VALUE_AT_MASK \
	511 /* beyond the last value; keeps the offset bounded should the verifier forget the constant \
	     */

_Static_assert(sizeof(struct wire_hook) + WIRE_VALUES_MAX * sizeof(struct wire_value) <= VALUE_AT_MASK + 1,
	       "VALUE_AT_MASK");

static __always_inline struct wire_value *slot_value(struct slot *slot, __u64 at)
{
	return (struct wire_value *)&slot->record[at & VALUE_AT_MASK];
}

/* An empty value of that kind. */
static __always_inline struct wire_value *slot_value_begin(struct slot *slot, __u64 at, __u16 kind)
{
	struct wire_value *value = slot_value(slot, at);

	value->kind = kind;
	value->flags = 0;
	value->length = 0;
	value->offset = 0;
	value->extra = 0;
	return value;
}

/* The value's bytes are record[tail .. tail + length), and the tail ends behind them. */
static __always_inline void slot_value_end(struct slot *slot, struct wire_value *value, __u64 tail, __u64 length)
{
	value->offset = tail;
	value->length = length;
	slot->length = tail + length;
}

/* Where the next value's bytes go: SLOT_VALUE_MAX are free there. False, and flagged, when the record is full. */
static __always_inline int slot_tail(struct slot *slot, struct wire_value *value, __u64 *ret_tail)
{
	__u64 tail = slot->length;

	asm volatile("" : "+r"(tail)); /* see BOUND */
	if (tail > SLOT_RECORD_MAX) {
		value->flags |= WIRE_VALUE_CUT;
		return 0;
	}
	*ret_tail = tail;
	return 1;
}
