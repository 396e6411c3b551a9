/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Strict UTF-8 decoding of bytes from outside: overlong forms, surrogates and
 * code points beyond U+10FFFF are invalid.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/process/process.h"

#define UTF8_INVALID UINT32_MAX
#define UTF8_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/*
 * Decodes the code point at `data`; `length` must not be 0. Returns how many
 * bytes it takes. For invalid input the code point is UTF8_INVALID and the
 * return value the length of the maximal subpart (Unicode 15, section 3.9,
 * "U+FFFD Substitution of Maximal Subparts"): one U+FFFD stands for it.
 */
size_t utf8_decode(const char *data, size_t length, uint32_t *ret_code_point);

/* Appends the code point, U+FFFD for one that is none. */
void utf8_append(struct buffer *buffer, uint32_t code_point);

/*
 * The text as it is if it is valid; else what JSON has of it, with U+FFFD for what is invalid, in `buffer`, which is
 * reset. What does not fit there is left out.
 */
struct bytes utf8_repair(struct bytes text, struct buffer *buffer);
