// SPDX-License-Identifier: Apache-2.0
#include "core/encode/address.h"

#define FAMILY_INET 2 /* AF_INET and AF_INET6, linux/socket.h */
#define FAMILY_INET6 10
#define GROUPS 8

static void append_ipv4(struct buffer *buffer, const uint8_t *address)
{
	for (size_t i = 0; i < 4; i++) {
		if (i)
			buffer_append_byte(buffer, '.');
		buffer_append_u64(buffer, address[i]);
	}
}

static uint32_t group_of(const uint8_t *address, size_t group)
{
	return (uint32_t)address[2 * group] << 8 | address[2 * group + 1];
}

/* Up to four hexadecimal digits without leading zeros. */
static void append_group(struct buffer *buffer, uint32_t group)
{
	unsigned int digits = group > 0xfff ? 4 : group > 0xff ? 3 : group > 0xf ? 2 : 1;

	while (digits--)
		buffer_append_byte(buffer, "0123456789abcdef"[group >> (4 * digits) & 15]);
}

/* The longest run of groups that are zero, the first of equals; a single one is not shortened. */
static size_t find_zeros(const uint8_t *address, size_t *ret_start)
{
	size_t longest = 1, start = GROUPS;

	for (size_t at = 0, length; at < GROUPS; at += length + 1) {
		for (length = 0; at + length < GROUPS && group_of(address, at + length) == 0;)
			length++;
		if (length > longest) {
			longest = length;
			start = at;
		}
	}
	*ret_start = start;
	return start < GROUPS ? longest : 0;
}

static void append_ipv6(struct buffer *buffer, const uint8_t *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	size_t start, zeros = find_zeros(address, &start);

	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		buffer_append_literal(buffer, "::ffff:");
		append_ipv4(buffer, address + sizeof(mapped));
		return;
	}
	for (size_t at = 0; at < GROUPS; at++) {
		if (at == start) {
			buffer_append_literal(buffer, "::");
			at += zeros - 1;
			continue;
		}
		if (at && at != start + zeros)
			buffer_append_byte(buffer, ':');
		append_group(buffer, group_of(address, at));
	}
}

void address_append(struct buffer *buffer, uint32_t family, const uint8_t address[static 16])
{
	if (family == FAMILY_INET)
		append_ipv4(buffer, address);
	else if (family == FAMILY_INET6)
		append_ipv6(buffer, address);
	else
		buffer_append_literal(buffer, "invalid IP");
}
