/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* "Did you mean": the nearest of some known names. */
#include <stddef.h>

#define SUGGEST_NAME_MAX 64 /* longer names are never near */

/* Insertions, deletions, substitutions and swaps of neighbours between the two; SIZE_MAX if one is too long. */
size_t suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length);

struct suggestion {
	const char *name; /* NULL: none near enough so far */
	size_t distance;
};

/*
 * Offers `candidate`, remembered if it is nearer to `name` than all before and
 * near enough: a third of its letters differ, or `name` is its beginning or one of its
 * words between dashes.
 */
void suggest_offer(struct suggestion *suggestion, const char *name, size_t length, const char *candidate);
