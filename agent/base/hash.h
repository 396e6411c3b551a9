/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/. For look-ups and changes, not against those who want
 * collisions. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_BEGIN 0xcbf29ce484222325ull

/* Of what `hash` is of, HASH_BEGIN for nothing, and these bytes behind it. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 0x100000001b3ull;
	return hash;
}

/* For look-ups on the way of each event: a word at a time, some 5 ns for a path. A random `hash` to begin with makes
 * collisions hard to find. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static inline uint64_t hash_words(uint64_t hash, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint64_t word = length;

	for (; length >= sizeof(word); at += sizeof(word), length -= sizeof(word)) {
		hash = hash_word(hash, word);
		memcpy(&word, at, sizeof(word));
	}
	hash = hash_word(hash, word);
	word = 0;
	for (size_t i = 0; i < length; i++)
		word |= (uint64_t)at[i] << 8 * i;
	return hash_word(hash, word);
}
