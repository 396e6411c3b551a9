// SPDX-License-Identifier: Apache-2.0
#include "core/event/hook_record.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/* How the memory that a value refers to is measured. */
static const struct {
	bool has_memory;
	size_t size;    /* of the struct; 0: as long as the value says */
	size_t unit;    /* its length is a multiple */
	size_t maximum; /* of its length; 0: the record's */
} kinds[WIRE_VALUE_KIND_COUNT] = {
	[WIRE_VALUE_NONE] = {.has_memory = false},
	[WIRE_VALUE_NUMBER] = {.has_memory = false},
	[WIRE_VALUE_BYTES] = {.has_memory = true, .unit = 1},
	[WIRE_VALUE_PATH] = {.has_memory = true, .unit = 1, .maximum = WIRE_PATH_MAX},
	[WIRE_VALUE_SOCK] = {.has_memory = true, .size = sizeof(struct wire_sock)},
	[WIRE_VALUE_SKB] = {.has_memory = true, .size = sizeof(struct wire_skb)},
	[WIRE_VALUE_SOCKADDR] = {.has_memory = true, .size = sizeof(struct wire_sockaddr)},
	[WIRE_VALUE_CRED] = {.has_memory = true, .size = sizeof(struct wire_cred)},
	[WIRE_VALUE_USER_NS] = {.has_memory = true, .size = sizeof(struct wire_user_ns)},
	[WIRE_VALUE_MODULE] = {.has_memory = true, .size = sizeof(struct wire_module)},
	[WIRE_VALUE_BPF_PROG] = {.has_memory = true, .size = sizeof(struct wire_bpf_prog)},
	[WIRE_VALUE_BPF_MAP] = {.has_memory = true, .size = sizeof(struct wire_bpf_map)},
	[WIRE_VALUE_PERF_EVENT] = {.has_memory = true, .size = sizeof(struct wire_perf_event)},
	[WIRE_VALUE_NUMBERS] = {.has_memory = true, .unit = sizeof(uint64_t), .maximum = HOOK_NUMBERS_BYTES_MAX},
};

/* `length` bytes at `offset`, which must lie behind the fixed part and the values. Nothing is asked of no bytes. */
static int take(struct bytes record, size_t start, uint64_t offset, uint64_t length, struct bytes *ret)
{
	*ret = (struct bytes){"", 0};
	if (!length)
		return 0;
	if (offset < start || offset > record.length || length > record.length - offset)
		return -EBADMSG;
	*ret = (struct bytes){record.data + offset, length};
	return 0;
}

static int decode_value(struct bytes record, size_t start, const struct wire_value *wire, struct hook_value *ret)
{
	size_t length;

	*ret = (struct hook_value){.bytes = {"", 0}};
	if (wire->kind >= WIRE_VALUE_KIND_COUNT)
		return -EBADMSG;
	ret->kind = wire->kind;
	ret->flags = wire->flags;
	ret->extra = wire->extra;
	if (wire->flags & WIRE_VALUE_ERROR)
		return 0;
	if (!kinds[wire->kind].has_memory) {
		ret->number = wire->number;
		return 0;
	}
	length = kinds[wire->kind].size;
	if (!length) {
		length = wire->length;
		if (length % kinds[wire->kind].unit ||
		    (kinds[wire->kind].maximum && length > kinds[wire->kind].maximum))
			return -EBADMSG;
	}
	return take(record, start, wire->offset, length, &ret->bytes);
}

static int take_stack(struct bytes record, size_t start, uint32_t offset, uint32_t length, struct bytes *ret)
{
	if (length % sizeof(uint64_t) || length > HOOK_STACK_FRAMES_MAX * sizeof(uint64_t))
		return -EBADMSG;
	return take(record, start, offset, length, ret);
}

int hook_values_decode(struct bytes record, const struct wire_hook *hook, struct hook_values *ret)
{
	size_t start = sizeof(*hook) + hook->value_count * sizeof(struct wire_value);
	int r;

	if (hook->value_count > WIRE_VALUES_MAX || start > record.length)
		return -EBADMSG;
	if (hook->action > WIRE_ACTION_UNTRACKSOCK || hook->return_action > WIRE_ACTION_UNTRACKSOCK)
		return -EBADMSG;
	for (size_t i = 0; i < hook->value_count; i++) {
		struct wire_value wire;

		memcpy(&wire, record.data + sizeof(*hook) + i * sizeof(wire), sizeof(wire));
		r = decode_value(record, start, &wire, &ret->values[i]);
		if (r < 0)
			return r;
	}
	ret->count = hook->value_count;
	r = take_stack(record, start, hook->kernel_stack_offset, hook->kernel_stack_length, &ret->kernel_stack);
	if (r < 0)
		return r;
	return take_stack(record, start, hook->user_stack_offset, hook->user_stack_length, &ret->user_stack);
}

bool hook_value_is(const struct hook_value *value, enum wire_value_kind kind)
{
	return value->kind == kind && !(value->flags & (WIRE_VALUE_ERROR | WIRE_VALUE_FAULT));
}

void hook_value_copy(const struct hook_value *value, void *ret, size_t size)
{
	if (value->bytes.length == size)
		memcpy(ret, value->bytes.data, size);
	else
		memset(ret, 0, size);
}

uint64_t hook_number_at(struct bytes numbers, size_t at)
{
	uint64_t number = 0;

	if (at < numbers.length / sizeof(number))
		memcpy(&number, numbers.data + at * sizeof(number), sizeof(number));
	return number;
}
