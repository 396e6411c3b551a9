/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Puts hook records together as the kernel programs do: the fixed part and the
 * values at the front, behind them what the values refer to. Offsets are odd on purpose.
 */
#include <string.h>

#include "core/event/record.h"

#define HOOK_MAKER_MAX 65536

struct hook_maker {
	struct wire_hook hook;
	struct wire_value values[WIRE_VALUES_MAX];
	char tail[HOOK_MAKER_MAX];
	size_t tail_length;
	char bytes[HOOK_MAKER_MAX + 1024]; /* hook_maker_finish() */
};

/* How far the tail is from the front while nobody knows how many values there will be: room for all. */
#define HOOK_MAKER_TAIL (sizeof(struct wire_hook) + WIRE_VALUES_MAX * sizeof(struct wire_value) + 1)

static inline void hook_maker_init(struct hook_maker *maker, uint32_t number, uint32_t pid, uint64_t start_ns)
{
	memset(maker, 0, sizeof(*maker));
	maker->hook = (struct wire_hook){
		.header = {.version = WIRE_VERSION, .type = WIRE_HOOK, .ktime_ns = 1000},
		.task = {.pid = pid, .ns_pid = pid, .start_ns = start_ns},
		.tid = pid + 1,
		.hook = number,
	};
}

static inline uint32_t hook_maker_store(struct hook_maker *maker, const void *memory, size_t length)
{
	size_t at = maker->tail_length;

	if (length)
		memcpy(maker->tail + at, memory, length);
	maker->tail_length += length;
	return (uint32_t)(HOOK_MAKER_TAIL + at);
}

static inline struct wire_value *hook_maker_add(struct hook_maker *maker, enum wire_value_kind kind)
{
	struct wire_value *value = &maker->values[maker->hook.value_count++];

	value->kind = (uint16_t)kind;
	return value;
}

static inline void hook_maker_number(struct hook_maker *maker, uint64_t number)
{
	hook_maker_add(maker, WIRE_VALUE_NUMBER)->number = number;
}

static inline struct wire_value *hook_maker_memory(struct hook_maker *maker, enum wire_value_kind kind,
						   const void *memory, size_t length)
{
	struct wire_value *value = hook_maker_add(maker, kind);

	value->offset = hook_maker_store(maker, memory, length);
	value->length = (uint32_t)length;
	return value;
}

static inline struct wire_value *hook_maker_text(struct hook_maker *maker, enum wire_value_kind kind, const char *text)
{
	return hook_maker_memory(maker, kind, text, strlen(text));
}

/* Sets the length; the record is in maker->bytes. Returns its length. */
static inline size_t hook_maker_finish(struct hook_maker *maker)
{
	size_t length = HOOK_MAKER_TAIL + maker->tail_length;

	maker->hook.header.length = (uint32_t)length;
	memset(maker->bytes, 0, HOOK_MAKER_TAIL);
	memcpy(maker->bytes, &maker->hook, sizeof(maker->hook));
	memcpy(maker->bytes + sizeof(maker->hook), maker->values, sizeof(maker->values));
	memcpy(maker->bytes + HOOK_MAKER_TAIL, maker->tail, maker->tail_length);
	return length;
}
