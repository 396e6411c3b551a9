// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

void base64_append(struct buffer *buffer, const void *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *in = bytes;
	size_t room = (length + 2) / 3 * 4;
	char *out = buffer->data + buffer->length;

	if (room > buffer_room(buffer)) {
		buffer->is_full = true;
		return;
	}
	for (; length >= 3; length -= 3, in += 3, out += 4) {
		out[0] = digits[in[0] >> 2];
		out[1] = digits[(in[0] & 3) << 4 | in[1] >> 4];
		out[2] = digits[(in[1] & 15) << 2 | in[2] >> 6];
		out[3] = digits[in[2] & 63];
	}
	if (length) {
		uint8_t second = length == 2 ? in[1] : 0;

		out[0] = digits[in[0] >> 2];
		out[1] = digits[(in[0] & 3) << 4 | second >> 4];
		out[2] = length == 2 ? digits[(second & 15) << 2] : '=';
		out[3] = '=';
	}
	buffer->length += room;
}
