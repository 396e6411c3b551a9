// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/decimal.h"

int buffer_init(struct buffer *buffer, size_t capacity)
{
	char *data = malloc(capacity ? capacity : 1);

	if (!data)
		return -ENOMEM;
	*buffer = (struct buffer){.data = data, .capacity = capacity};
	return 0;
}

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

void buffer_append_u64(struct buffer *buffer, uint64_t value)
{
	size_t length = decimal_length(value);

	if (length > buffer_room(buffer)) {
		buffer->is_full = true;
		return;
	}
	decimal_put(buffer->data + buffer->length, value, length);
	buffer->length += length;
}

void buffer_append_i64(struct buffer *buffer, int64_t value)
{
	if (value < 0) {
		buffer_append_byte(buffer, '-');
		buffer_append_u64(buffer, 0 - (uint64_t)value);
	} else {
		buffer_append_u64(buffer, (uint64_t)value);
	}
}
