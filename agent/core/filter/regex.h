/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regular expressions, as filters need them: RE2's syntax and meaning, unanchored, in time linear in the text's
 * length. The engine is a C++ library, which only io/regex/ knows.
 */
#include <stdbool.h>
#include <stddef.h>

#include "core/process/process.h"

#define REGEX_PATTERN_MAX 4096 /* bytes */
#define REGEX_GROUPS_MAX 32    /* capture groups of a pattern */
#define REGEX_WHY_MAX 256

struct regex; /* the engine's */

/* Where a match or one of its groups is in the text; `begin` is REGEX_NO_GROUP for one that took no part. */
struct regex_span {
	size_t begin, end;
};
#define REGEX_NO_GROUP ((size_t)-1)

struct regex_engine {
	/* 0, -EINVAL with the reason in `why`, or -ENOMEM. */
	int (*compile)(const char *pattern, size_t length, struct regex **ret, char why[REGEX_WHY_MAX]);
	struct regex *(*free)(struct regex *regex); /* returns NULL; accepts NULL */
	/* 1 if it matches somewhere, else 0; -ENOMEM. */
	int (*matches)(const struct regex *regex, struct bytes text);
	size_t (*count_groups)(const struct regex *regex);
	size_t (*count_instructions)(const struct regex *regex); /* of its program, which may do all for each byte */
	/*
	 * The first match at or behind `from`: 1, with the whole of it in ret[0] and its groups behind that,
	 * count_groups() of them; 0: there is none; -ENOMEM.
	 */
	int (*find)(const struct regex *regex, struct bytes text, size_t from,
		    struct regex_span ret[REGEX_GROUPS_MAX + 1]);
};

#define REGEX_INSTRUCTIONS_OF_BYTE 16 /* take as long, at worst, as a byte of text that is just looked at 16 times */

/* What matching takes at worst, in bytes that are just looked at. */
static inline size_t regex_cost(const struct regex_engine *engine, const struct regex *regex, size_t length)
{
	return length * (1 + engine->count_instructions(regex) / REGEX_INSTRUCTIONS_OF_BYTE);
}
