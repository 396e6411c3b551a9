/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes JSON into a buffer, append-only: no tree, no allocation, no
 * whitespace. It keeps no state of its own: whether a comma is due is read off
 * the last byte written, which is one of `{ [ :` (or a newline, or nothing)
 * before the first member of something, and never otherwise, as strings end
 * with a quote. What does not fit is the buffer's business (`is_full`).
 *
 *     json_open(buffer, '{');
 *     json_field_u64(buffer, "pid", 1);
 *     json_key(buffer, "flags");
 *     json_string(buffer, flags);
 *     json_close(buffer, '}');
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* A comma, unless what comes is the first of its object, array, field or line. */
static inline void json_comma(struct buffer *buffer)
{
	char last = buffer->length ? buffer->data[buffer->length - 1] : '\n';

	if (last != '{' && last != '[' && last != ':' && last != '\n')
		buffer_append_byte(buffer, ',');
}

/* `text` is a key with a comma before and a colon behind it. Use json_key(). */
static inline void json_append_key(struct buffer *buffer, const char *text, size_t length)
{
	char last = buffer->length ? buffer->data[buffer->length - 1] : '\n';

	/* two calls: where `length` is a constant, both copy a constant number of bytes */
	if (last == '{' || last == '\n')
		buffer_append(buffer, text + 1, length - 1);
	else
		buffer_append(buffer, text, length);
}

/* The key, a string literal that needs no escaping; a value must follow. */
#define json_key(buffer, name) json_append_key((buffer), ",\"" name "\":", sizeof(",\"" name "\":") - 1)

/* '{' or '[', as a field's value or as an element. */
static inline void json_open(struct buffer *buffer, char bracket)
{
	json_comma(buffer);
	buffer_append_byte(buffer, bracket);
}

static inline void json_close(struct buffer *buffer, char bracket)
{
	buffer_append_byte(buffer, bracket);
}

/* A quoted string whose bytes need no escaping, such as a name from a table: as a value or as an element. */
static inline void json_plain_string(struct buffer *buffer, const char *string)
{
	json_comma(buffer);
	buffer_append_byte(buffer, '"');
	buffer_append_cstring(buffer, string);
	buffer_append_byte(buffer, '"');
}

/*
 * A quoted string from any bytes. Escapes `"`, `\` and control characters
 * (DEL is none here, and there is no HTML escaping); every maximal invalid
 * subpart of UTF-8 becomes one U+FFFD.
 */
void json_string(struct buffer *buffer, struct bytes string);

/* How many bytes json_string() writes between the quotes. */
size_t json_escaped_length(struct bytes string);

/* The longest beginning of `string` that takes at most `maximum` bytes between the quotes; never splits a character. */
struct bytes json_cut(struct bytes string, size_t maximum);

/* A quoted RFC 3339 time in UTC with 0, 3, 6 or 9 digits of fraction. */
void json_timestamp(struct buffer *buffer, uint64_t wall_ns);

static inline void json_bool(struct buffer *buffer, bool value)
{
	buffer_append_cstring(buffer, value ? "true" : "false");
}

/* A 64-bit number, which protobuf's JSON quotes. */
static inline void json_quoted_u64(struct buffer *buffer, uint64_t value)
{
	buffer_append_byte(buffer, '"');
	buffer_append_u64(buffer, value);
	buffer_append_byte(buffer, '"');
}

/* A whole field, present whatever its value. */
#define json_field_u64(buffer, name, value) (json_key(buffer, name), buffer_append_u64((buffer), (value)))
#define json_field_quoted_u64(buffer, name, value) (json_key(buffer, name), json_quoted_u64((buffer), (value)))
#define json_field_bool(buffer, name, value) (json_key(buffer, name), json_bool((buffer), (value)))
#define json_field_timestamp(buffer, name, wall_ns) (json_key(buffer, name), json_timestamp((buffer), (wall_ns)))

/* A string field, left out when empty. `string` is evaluated twice. */
#define json_field_string(buffer, name, string) \
	((string).length ? (json_key(buffer, name), json_string((buffer), (string))) : (void)0)
