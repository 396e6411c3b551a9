/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Tests of strings and paths: first a subject is chosen, then tested against any
 * number of sets. All return 1 or 0.
 */
#include "file.h"

/*
 * Makes the value at `at`, a constant, the subject; 0 if it has none: it could not
 * be read, the record had no room for any of it, or it is an empty path. That no operator matches, not even a negative
 * one.
 */
PIECE(subject_value)
__u64 subject_value(struct slot *slot, __u64 at)
{
	const struct wire_value *value = slot_value(slot, at);

	if (value->flags & (WIRE_VALUE_ERROR | WIRE_VALUE_EMPTY))
		return 0;
	if (value->flags & WIRE_VALUE_CUT && !value->offset)
		return 0;
	slot->subject_offset = value->offset;
	slot->subject_length = value->length;
	return 1;
}

/*
 * Makes the path of the current process's binary the subject, or of its parent's
 * (is_parent, a constant), as that process sees it; 0 if it has none (kernel threads). It lies in
 * the scratch area: the next path overwrites it. test_equal_long() says 0 to it.
 */
PIECE(subject_binary)
__u64 subject_binary(struct slot *slot, __u64 is_parent)
{
	struct scratch *scratch = &slot->scratch;
	struct task_struct *task = current_task();
	struct dentry *dentry;
	struct vfsmount *mnt;
	struct file *file;

	if (is_parent)
		task = BPF_CORE_READ(task, real_parent);
	file = BPF_CORE_READ(task, mm, exe_file);
	dentry = BPF_CORE_READ(file, f_path.dentry);
	mnt = BPF_CORE_READ(file, f_path.mnt);
	if (!dentry || !mnt)
		return 0;
	path_begin(scratch, dentry, mnt, BPF_CORE_READ(task, fs));
	path_finish(scratch, slot->index);
	if (scratch->start >= WIRE_PATH_MAX)
		return 0;
	slot->subject_offset = __builtin_offsetof(struct slot, scratch.bytes) + scratch->start;
	slot->subject_length = WIRE_PATH_MAX - scratch->start;
	return 1;
}

/* Reads `length` bytes of the subject from byte `from` on. */
static __always_inline void subject_copy(struct slot *slot, void *target, __u64 length, __u64 from)
{
	__u64 offset = slot->subject_offset + from;

	BOUND(offset, sizeof(*slot) - 1);
	READ_BYTES(target, length, (char *)slot + offset);
}

/* Is it in `map`, a hash map of struct string_key? Up to STRING_KEY_MAX bytes. */
PIECE(test_equal)
__u64 test_equal(struct slot *slot, void *map)
{
	struct string_key *key = &slot->key.string;
	__u64 length = slot->subject_length;

	if (length > STRING_KEY_MAX)
		return 0;
	__builtin_memset(key->bytes, 0, sizeof(key->bytes));
	BOUND(length, STRING_KEY_MAX);
	subject_copy(slot, key->bytes, length, 0);
	key->length = length;
	return bpf_map_lookup_elem(map, key) != NULL;
}

/* Is it in `map`, a hash map of struct long_string_key? Up to LONG_STRING_KEY_MAX bytes; kernels from 5.11 on. */
PIECE(test_equal_long)
__u64 test_equal_long(struct slot *slot, void *map)
{
	struct long_string_key *key = &slot->long_key;
	__u64 length = slot->subject_length;

	if (length > LONG_STRING_KEY_MAX || slot->subject_offset >= sizeof(slot->record))
		return 0;
	READ_BYTES(key->bytes, sizeof(key->bytes), NULL); /* zeroes it: that cannot be read */
	BOUND(length, LONG_STRING_KEY_MAX);
	subject_copy(slot, key->bytes, length, 0);
	key->length = length;
	return bpf_map_lookup_elem(map, key) != NULL;
}

/* Does it start with a string of `map`, an LPM trie of struct prefix_key? */
PIECE(test_prefix)
__u64 test_prefix(struct slot *slot, void *map)
{
	struct prefix_key *key = &slot->key.prefix;
	__u64 length = slot->subject_length;

	BOUND(length, STRING_KEY_MAX);
	subject_copy(slot, key->bytes, length, 0);
	key->prefix_bits = length * 8;
	return bpf_map_lookup_elem(map, key) != NULL;
}

/* Does it end with a string of `map`, an LPM trie of struct postfix_key? */
PIECE(test_postfix)
__u64 test_postfix(struct slot *slot, void *map)
{
	struct postfix_key *key = &slot->key.postfix;
	__u64 length = slot->subject_length, gap;
	__u64 *words = slot->reversed;

	BOUND(length, POSTFIX_KEY_MAX);
	gap = POSTFIX_KEY_MAX - length;
	BOUND(gap, POSTFIX_KEY_MAX);
	subject_copy(slot, (char *)words + gap, length, slot->subject_length - length);
#pragma unroll
	for (int i = 0; i < POSTFIX_KEY_MAX / 8; i++)
		words[i] = __builtin_bswap64(words[i]);
#pragma unroll
	for (int i = 0; i < POSTFIX_KEY_MAX / 8; i++)
		__builtin_memcpy(&key->bytes[i * 8], &words[POSTFIX_KEY_MAX / 8 - 1 - i], 8);
	key->prefix_bits = length * 8;
	return bpf_map_lookup_elem(map, key) != NULL;
}
