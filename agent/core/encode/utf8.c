// SPDX-License-Identifier: Apache-2.0
#include "core/encode/utf8.h"

/* Well-formed sequences by lead byte (Unicode 15, table 3-7). Only the second byte's range ever differs. */
struct sequence {
	uint8_t length; /* 0: not a lead byte */
	uint8_t second_min, second_max;
};

static struct sequence sequence_of(uint8_t lead)
{
	if (lead < 0xC2)
		return (struct sequence){0};
	if (lead < 0xE0)
		return (struct sequence){2, 0x80, 0xBF};
	if (lead == 0xE0) /* lower ones are overlong */
		return (struct sequence){3, 0xA0, 0xBF};
	if (lead == 0xED) /* higher ones are surrogates */
		return (struct sequence){3, 0x80, 0x9F};
	if (lead < 0xF0)
		return (struct sequence){3, 0x80, 0xBF};
	if (lead == 0xF0) /* lower ones are overlong */
		return (struct sequence){4, 0x90, 0xBF};
	if (lead < 0xF4)
		return (struct sequence){4, 0x80, 0xBF};
	if (lead == 0xF4) /* higher ones are beyond U+10FFFF */
		return (struct sequence){4, 0x80, 0x8F};
	return (struct sequence){0};
}

size_t utf8_decode(const char *data, size_t length, uint32_t *ret_code_point)
{
	const uint8_t *bytes = (const uint8_t *)data;
	struct sequence sequence;
	uint32_t code_point;

	if (bytes[0] < 0x80) {
		*ret_code_point = bytes[0];
		return 1;
	}
	*ret_code_point = UTF8_INVALID;
	sequence = sequence_of(bytes[0]);
	if (sequence.length == 0)
		return 1;
	code_point = bytes[0] & (0x7Fu >> sequence.length);
	for (size_t at = 1; at < sequence.length; at++) {
		uint8_t minimum = at == 1 ? sequence.second_min : 0x80;
		uint8_t maximum = at == 1 ? sequence.second_max : 0xBF;

		if (at == length || bytes[at] < minimum || bytes[at] > maximum)
			return at;
		code_point = code_point << 6 | (bytes[at] & 0x3Fu);
	}
	*ret_code_point = code_point;
	return sequence.length;
}

/* How much of the text is valid, from its beginning. */
static size_t valid_length(struct bytes text)
{
	uint32_t code_point = 0;
	size_t at = 0;

	while (at < text.length) {
		size_t length = utf8_decode(text.data + at, text.length - at, &code_point);

		if (code_point == UTF8_INVALID)
			return at;
		at += length;
	}
	return at;
}

struct bytes utf8_repair(struct bytes text, struct buffer *buffer)
{
	size_t at = valid_length(text);

	if (at == text.length)
		return text;
	buffer_reset(buffer);
	buffer_append(buffer, text.data, at);
	while (at < text.length && !buffer->is_full) {
		uint32_t code_point;
		size_t length = utf8_decode(text.data + at, text.length - at, &code_point);

		if (code_point == UTF8_INVALID)
			buffer_append_literal(buffer, UTF8_REPLACEMENT);
		else
			buffer_append(buffer, text.data + at, length);
		at += length;
	}
	return (struct bytes){buffer->data, buffer->length};
}

void utf8_append(struct buffer *buffer, uint32_t code_point)
{
	if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point < 0xe000)) {
		buffer_append_literal(buffer, UTF8_REPLACEMENT);
		return;
	}
	if (code_point < 0x80) {
		buffer_append_byte(buffer, (char)code_point);
		return;
	}
	if (code_point < 0x800) {
		buffer_append_byte(buffer, (char)(0xc0 | code_point >> 6));
	} else if (code_point < 0x10000) {
		buffer_append_byte(buffer, (char)(0xe0 | code_point >> 12));
		buffer_append_byte(buffer, (char)(0x80 | (code_point >> 6 & 0x3f)));
	} else {
		buffer_append_byte(buffer, (char)(0xf0 | code_point >> 18));
		buffer_append_byte(buffer, (char)(0x80 | (code_point >> 12 & 0x3f)));
		buffer_append_byte(buffer, (char)(0x80 | (code_point >> 6 & 0x3f)));
	}
	buffer_append_byte(buffer, (char)(0x80 | (code_point & 0x3f)));
}
