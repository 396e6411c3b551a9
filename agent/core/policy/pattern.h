/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Regular expressions over names of functions: `pattern` of a generated_ftrace list.
 *
 * Authors write Go's syntax (https://github.com/google/re2/wiki/Syntax), and the C library matches POSIX extended
 * expressions (regex(7)). What both have means the same in both; what only one of them has, or has otherwise, is
 * refused with the reason, so that no pattern ever matches something else than was meant.
 */
#include <regex.h>
#include <stdbool.h>

#define PATTERN_MAX 512
#define PATTERN_REPEAT_MAX 1000 /* of all {n,m} multiplied: what an expression may grow to, as in Go */
#define PATTERN_WHY_MAX 160

struct pattern {
	regex_t regex;
};

/* 0, or -EINVAL with the reason in `why`. Accepted ones are given to pattern_done(). */
int pattern_compile(const char *text, struct pattern *ret, char why[PATTERN_WHY_MAX]);
void pattern_done(struct pattern *pattern);
/* Does the name contain what the pattern means? */
bool pattern_matches(const struct pattern *pattern, const char *name);
