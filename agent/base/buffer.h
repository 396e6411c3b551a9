/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A byte buffer with a fixed maximum that is appended to without checking each
 * step: what does not fit is dropped, `is_full` is set and stays set until the
 * buffer is reset or truncated. The caller asks once per record.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
	char *data;      /* owned; not NUL-terminated */
	size_t length;   /* bytes in use */
	size_t capacity; /* bytes allocated, the maximum */
	bool is_full;    /* something did not fit */
};

/* Allocates `capacity` bytes. 0 or -ENOMEM. */
int buffer_init(struct buffer *buffer, size_t capacity);
/* Frees; accepts a zeroed struct. */
void buffer_done(struct buffer *buffer);

static inline void buffer_reset(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->is_full = false;
}

/* Back to an earlier length, which must not exceed the present one. */
static inline void buffer_truncate(struct buffer *buffer, size_t length)
{
	buffer->length = length;
	buffer->is_full = false;
}

static inline size_t buffer_room(const struct buffer *buffer)
{
	return buffer->capacity - buffer->length;
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
	if (length > buffer_room(buffer)) {
		buffer->is_full = true;
		return;
	}
	memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
	if (buffer->length == buffer->capacity) {
		buffer->is_full = true;
		return;
	}
	buffer->data[buffer->length++] = byte;
}

/* A string literal, without its NUL. */
#define buffer_append_literal(buffer, literal) buffer_append((buffer), (literal), sizeof(literal) - 1)

static inline void buffer_append_cstring(struct buffer *buffer, const char *string)
{
	buffer_append(buffer, string, strlen(string));
}

/* Decimal digits. */
void buffer_append_u64(struct buffer *buffer, uint64_t value);
void buffer_append_i64(struct buffer *buffer, int64_t value);
