// SPDX-License-Identifier: Apache-2.0
#include "core/config/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"

#define SUGGEST_PART_MIN 3 /* letters from which a part of a name counts */

/* The optimal string alignment distance, three rows at a time. */
size_t suggest_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][SUGGEST_NAME_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2];

	if (a_length > SUGGEST_NAME_MAX || b_length > SUGGEST_NAME_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = MIN(MIN(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[b_length];
}

/* Whether `name` is the beginning of `candidate` or of what follows one of its dashes. */
static bool suggest_is_part(const char *name, size_t length, const char *candidate)
{
	if (length < SUGGEST_PART_MIN)
		return false;
	for (const char *word = candidate; word; word = strchr(word, '-')) {
		word += *word == '-';
		if (strncmp(word, name, length) == 0)
			return true;
	}
	return false;
}

void suggest_offer(struct suggestion *suggestion, const char *name, size_t length, const char *candidate)
{
	size_t candidate_length = strlen(candidate);
	size_t distance = suggest_distance(name, length, candidate, candidate_length);

	if (distance > MAX((size_t)1, candidate_length / 3)) {
		if (!suggest_is_part(name, length, candidate))
			return;
		/* Behind every real misspelling, the shorter completion first. */
		distance = SUGGEST_NAME_MAX + candidate_length;
	}
	if (!suggestion->name || distance < suggestion->distance)
		*suggestion = (struct suggestion){.name = candidate, .distance = distance};
}
