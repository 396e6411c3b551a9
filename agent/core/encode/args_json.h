/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The values of a hook's event as the JSON objects of `args` and `return`
 * (tracingpolicy.md 11.2): one row per argument type says which member it gives and
 * what prints it.
 */
#include "base/buffer.h"
#include "core/event/hook_record.h"
#include "core/policy/hook_info.h"

/* How much of strings, paths and buffers is printed, so that a line stays below its limit. */
struct args_json {
	bool is_limited;
	size_t value_max; /* bytes between the quotes of one */
};

/*
 * Appends the value as an element of an array: nothing for type `nop`, one
 * object per number for an array of numbers, else one object. A value that could not be read or is not what its
 * type has is an error_arg. A buffer that is cut becomes a truncated_bytes_arg.
 */
void args_json_append(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
		      const struct args_json *how);

/* True if that appends nothing. */
bool args_json_is_empty(const struct hook_arg_info *info, const struct hook_value *value);

/* Appends the value as one object, whatever its type: of `return`. */
void args_json_append_object(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
			     const struct args_json *how);

/* What `value_max` concerns: the bytes between the quotes when nothing is cut. 0 for other values. */
size_t args_json_length(const struct hook_arg_info *info, const struct hook_value *value);

/* What the objects of all values take at most besides that, beyond what they take under a value_max of 0. */
#define ARGS_JSON_SLACK (WIRE_VALUES_MAX * (sizeof(",\"bytes_arg\":\"\"") - 1))
