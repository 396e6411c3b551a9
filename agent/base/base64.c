// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"

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

static int value_of(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	if (digit == '+')
		return 62;
	return digit == '/' ? 63 : -1;
}

int base64_decode(const char *text, size_t length, char **ret_bytes, size_t *ret_length)
{
	_cleanup_free_ char *bytes = malloc(length / 4 * 3 + 4);
	size_t count = 0, digits = 0, padding = 0;
	uint32_t bits = 0;

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < length; i++) {
		int value;

		if (strchr(" \t\r\n", text[i]) && text[i])
			continue;
		if (text[i] == '=' && digits % 4 >= 2) {
			padding++;
			continue;
		}
		value = value_of(text[i]);
		if (value < 0 || padding)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
		if (++digits % 4 != 1)
			bytes[count++] = (char)(bits >> (8 - digits % 4 * 2) % 8);
	}
	if (digits % 4 == 1 || padding > 2 || (digits + padding) % 4)
		return -EINVAL;
	bytes[count] = '\0';
	*ret_bytes = TAKE_PTR(bytes);
	*ret_length = count;
	return 0;
}
