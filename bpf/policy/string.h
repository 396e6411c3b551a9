/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Strings and buffers, in the tail of a slot's record. `at` is a constant: where
 * the wire_value lies in the record. What the record has no more room for is flagged CUT,
 * what cannot be read ERROR and FAULT; both have length 0. All return 0.
 */
#include "slot.h"

static __always_inline void value_fault(struct wire_value *value)
{
	value->flags |= WIRE_VALUE_ERROR | WIRE_VALUE_FAULT;
}

/* Up to SLOT_VALUE_MAX - 1 bytes. */
static __always_inline __u64 value_read_string(struct slot *slot, struct wire_value *value, __u64 address)
{
	__u64 tail;
	char next = 0;
	long length;

	if (!slot_tail(slot, value, &tail))
		return 0;
	length = read_any_string(&slot->record[tail], SLOT_VALUE_MAX, address);
	if (length <= 0) {
		value_fault(value);
		return 0;
	}
	if (length == SLOT_VALUE_MAX && !read_any(&next, 1, address + SLOT_VALUE_MAX - 1) && next)
		value->flags |= WIRE_VALUE_CUT;
	slot_value_end(slot, value, tail, length - 1);
	value->extra = length - 1;
	return 0;
}

/* A C string in kernel or user memory. */
PIECE(put_string)
__u64 put_string(struct slot *slot, __u64 at, __u64 address)
{
	return value_read_string(slot, slot_value_begin(slot, at, WIRE_VALUE_BYTES), address);
}

PIECE(put_filename)
__u64 put_filename(struct slot *slot, __u64 at, struct filename *filename)
{
	struct wire_value *value = slot_value_begin(slot, at, WIRE_VALUE_BYTES);

	if (!is_readable(filename)) {
		value_fault(value);
		return 0;
	}
	return value_read_string(slot, value, (__u64)READ(filename, name));
}

/*
 * A tracepoint's __data_loc string. field_offset is a constant: where in ctx its
 * word lies, which is the string's own offset in ctx and, in the upper half, its size.
 */
PIECE(put_data_loc)
__u64 put_data_loc(struct slot *slot, __u64 at, void *ctx, __u64 field_offset)
{
	struct wire_value *value = slot_value_begin(slot, at, WIRE_VALUE_BYTES);
	__u32 word = 0;
	__u64 tail;
	long length;

	if (bpf_probe_read_kernel(&word, sizeof(word), ctx + field_offset)) {
		value_fault(value);
		return 0;
	}
	if (!slot_tail(slot, value, &tail))
		return 0;
	length = bpf_probe_read_kernel_str(&slot->record[tail], SLOT_VALUE_MAX, ctx + (word & 0xffff));
	if (length <= 0) {
		value_fault(value);
		return 0;
	}
	if (length > (word >> 16)) /* one without NUL */
		length = (word >> 16) + 1;
	slot_value_end(slot, value, tail, length - 1);
	value->extra = length - 1;
	return 0;
}

/*
 * A buffer of `size` bytes in kernel or user memory, of which up to `maximum`
 * are read (a constant: SLOT_VALUE_MAX or SLOT_BUFFER_MAX). CUT when that is not all.
 */
PIECE(put_char_buf)
__u64 put_char_buf(struct slot *slot, __u64 at, __u64 address, __u64 size, __u64 maximum)
{
	struct wire_value *value = slot_value_begin(slot, at, WIRE_VALUE_BYTES);
	__u64 done = 0, tail, chunk;

	value->extra = size;
	if (size > maximum) {
		value->flags |= WIRE_VALUE_CUT;
		size = maximum;
	}
	for (__u64 limit = SLOT_VALUE_MAX; limit <= SLOT_BUFFER_MAX; limit += SLOT_VALUE_MAX) {
		if (limit > maximum || done >= size || !slot_tail(slot, value, &tail))
			break;
		chunk = size - done;
		BOUND(chunk, SLOT_VALUE_MAX);
		if (read_any(&slot->record[tail], chunk, address + done)) {
			value->flags |= done ? WIRE_VALUE_CUT : WIRE_VALUE_ERROR | WIRE_VALUE_FAULT;
			break;
		}
		done += chunk;
		slot_value_end(slot, value, tail + chunk - done, done);
	}
	return 0;
}
