/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/. For look-ups and changes, not against those who want
 * collisions. */
#include <stddef.h>
#include <stdint.h>

#define HASH_BEGIN 0xcbf29ce484222325ull

/* Of what `hash` is of, HASH_BEGIN for nothing, and these bytes behind it. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ull;
	return hash;
}
