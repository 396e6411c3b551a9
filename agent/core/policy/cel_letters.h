/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What words and signs of CEL are made of (cel-spec, langdef.md): for expressions of policies, which the kernel
 * evaluates (cel.h), and of event filters (core/filter/event_cel.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"

static inline bool cel_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool cel_is_letter(char c)
{
	return c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Of the sign at `at`, before `end`. */
static inline size_t cel_sign_length(const char *at, const char *end)
{
	static const char *const signs[] = {"&&", "||", "==", "!=", "<=", ">="};

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (end - at >= 2 && memcmp(at, signs[i], 2) == 0)
			return 2;
	return 1;
}
