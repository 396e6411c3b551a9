/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Does the subject contain one of some strings? A machine reads it byte by byte,
 * whatever the number of strings: the agent has made a table of what comes after what
 * (agent/core/policy/substring.h), so the time is that of the subject's length and nothing that a process puts
 * into a path makes it longer.
 *
 * As the walk of path.h, the scan is a global function of some steps that the caller repeats. Such a function can be
 * handed numbers only, and is verified without its callers, so the map that it reads is not an argument: it names
 * substring_set, and glue's call of the piece says which map the linker puts there (RELOCATION_PIECE_OF_MAP). Each set
 * has functions of its own.
 */
#include "slot.h"

#define SUBSTRING_STEPS 64
#define SUBSTRING_ROUNDS (SLOT_BUFFER_MAX / SUBSTRING_STEPS + 1)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, union substring_block);
} substring_set SEC(".maps");

static __always_inline const union substring_block *substring_block(__u32 index)
{
	return bpf_map_lookup_elem(&substring_set, &index);
}

/*
 * Some steps of the scan in one of this CPU's slots; 0 at its end. All branches but the loop's leave the function:
 * where two ways met again, the verifier would walk through what follows twice, in each step.
 */
__attribute__((noinline)) int substring_scan(__u32 index)
{
	struct slot *slot = slot_get(index);
	__u64 at, end;
	__u32 classes, row;

	if (!slot)
		return 0;
	at = slot->key.scan.at;
	end = slot->key.scan.end;
	classes = slot->key.scan.classes;
	row = slot->key.scan.row;
	for (int i = 0; i < SUBSTRING_STEPS; i++) {
		const union substring_block *block;
		__u32 byte, class;

		asm volatile("" : "+r"(at)); /* see BOUND */
		if (at >= end || at >= sizeof(*slot))
			return 0;
		byte = *((__u8 *)slot + at);
		block = substring_block(classes + byte / sizeof(block->classes));
		if (!block)
			return 0;
		class = block->classes[byte % sizeof(block->classes)];
		block = substring_block(row + class / SUBSTRING_BLOCK_ROWS);
		if (!block)
			return 0;
		row = block->next[class % SUBSTRING_BLOCK_ROWS];
		if (!row) {
			slot->key.scan.is_found = 1;
			return 0;
		}
		at++;
	}
	slot->key.scan.at = at;
	slot->key.scan.row = row;
	return 1;
}

/* 1 if the subject contains one of the strings of the call's map, else 0. */
PIECE(test_substring)
__u64 test_substring(struct slot *slot)
{
	const union substring_block *head = substring_block(0);
	__u32 classes;

	if (!head)
		return 0;
	classes = *(volatile const __u32 *)&head->classes_at; /* read once: the agent may replace the machine */
	slot->key.scan.classes = classes;
	slot->key.scan.row = classes + SUBSTRING_CLASS_BLOCKS;
	slot->key.scan.at = slot->subject_offset;
	slot->key.scan.end = slot->subject_offset + slot->subject_length;
	slot->key.scan.is_found = 0;
	for (int i = 0; i < SUBSTRING_ROUNDS; i++)
		if (!substring_scan(slot->index))
			break;
	return slot->key.scan.is_found;
}
