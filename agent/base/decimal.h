/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Decimal digits, two at a time. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_LENGTH_MAX 20 /* 18446744073709551615 */

extern const char decimal_pairs[200]; /* 00 to 99 */

/* How many digits `value` has. */
static inline size_t decimal_length(uint64_t value)
{
	size_t length = 1;

	for (; value >= 10000; value /= 10000)
		length += 4;
	return length + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* Writes the last `count` digits of `value`, with leading zeros. */
static inline void decimal_put(char *at, uint64_t value, size_t count)
{
	for (; count >= 2; value /= 100) {
		count -= 2;
		memcpy(at + count, decimal_pairs + 2 * (value % 100), 2);
	}
	if (count)
		at[0] = (char)('0' + value % 10);
}
