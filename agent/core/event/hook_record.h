/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The values of a hook's record (struct wire_hook), checked: each with its
 * kind, its flags and the piece of the record that it refers to. They point into the
 * record and live as long.
 */
#include "core/process/process.h"
#include "wire.h"

/* Bytes of one WIRE_VALUE_NUMBERS; arrays of tracepoints are shorter (tracingpolicy.md 11.2). */
#define HOOK_NUMBERS_BYTES_MAX 1024
#define HOOK_STACK_FRAMES_MAX 127 /* PERF_MAX_STACK_DEPTH */

struct hook_value {
	enum wire_value_kind kind;
	uint32_t flags;  /* WIRE_VALUE_* */
	uint64_t number; /* WIRE_VALUE_NUMBER */
	uint64_t extra;  /* as wire_value's */
	/*
	 * Of the other kinds: the text, the buffer or the struct. Not aligned:
	 * structs and numbers are copied out, see hook_value_copy(). Empty with WIRE_VALUE_ERROR.
	 */
	struct bytes bytes;
};

struct hook_values {
	size_t count;
	struct hook_value values[WIRE_VALUES_MAX];
	struct bytes kernel_stack, user_stack; /* 64-bit addresses, innermost first; not aligned */
};

/* `record` are all bytes of the record, `hook` is its fixed part. 0, or -EBADMSG (`ret` may be half filled then). */
int hook_values_decode(struct bytes record, const struct wire_hook *hook, struct hook_values *ret);

/* True if it was read and is of that kind. */
bool hook_value_is(const struct hook_value *value, enum wire_value_kind kind);

/* Copies the struct of `size` bytes out; zeroes if the value has none of that size. */
void hook_value_copy(const struct hook_value *value, void *ret, size_t size);

/* Number `at` of a stack or of WIRE_VALUE_NUMBERS; 0 behind the last. */
uint64_t hook_number_at(struct bytes numbers, size_t at);
