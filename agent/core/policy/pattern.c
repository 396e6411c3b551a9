// SPDX-License-Identifier: Apache-2.0
#include "core/policy/pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Walks over an expression, one item at a time, and looks for what the two syntaxes don't share. */
struct walk {
	const char *text, *at;
	bool can_repeat; /* there is something before that a repetition may stand behind */
	uint64_t repeats;
	char *why;
};

static int refuse(const struct walk *walk, const char *what, int length, const char *remedy)
{
	snprintf(walk->why, PATTERN_WHY_MAX, "%s: \"%.*s\" at byte %zu: %s", what, length, walk->at,
		 (size_t)(walk->at - walk->text), remedy);
	return -EINVAL;
}

/* \d and its like, of which the C library has some, with meanings of its own. */
static int walk_escape(struct walk *walk)
{
	static const struct {
		char letter;
		const char *remedy;
	} known[] = {
		{'d', "write [0-9]"},
		{'D', "write [^0-9]"},
		{'w', "write [0-9A-Za-z_]"},
		{'W', "write [^0-9A-Za-z_]"},
		{'b', "write ^, $ or a bracket"},
		{'A', "write ^"},
		{'z', "write $"},
	};
	char next = walk->at[1];

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (next == known[i].letter)
			return refuse(walk, "class or assertion that is not supported", 2, known[i].remedy);
	if (!next)
		return refuse(walk, "nothing is escaped", 1, "write \\\\ for a backslash");
	if (isalnum((unsigned char)next) || strchr("<>`'", next))
		return refuse(walk, "escape that is not supported", 2, "only punctuation can be escaped");
	walk->at += 2;
	walk->can_repeat = true;
	return 0;
}

/* [...]: characters, ranges and [:classes:]. */
static int walk_bracket(struct walk *walk)
{
	const char *end = walk->at + 1;

	end += *end == '^';
	end += *end == ']';
	for (; *end && *end != ']'; end++) {
		if (*end == '\\') {
			walk->at = end;
			return refuse(walk, "escape in a bracket that is not supported", 2,
				      "put ] first and - last, they need none");
		}
		if (*end != '[' || (end[1] != ':' && end[1] != '.' && end[1] != '='))
			continue;
		if (end[1] != ':') {
			walk->at = end;
			return refuse(walk, "collation that is not supported", 2, "write the characters");
		}
		end = strstr(end + 2, ":]");
		if (!end)
			return refuse(walk, "class without an end", 1, "write such as [[:digit:]]");
		end++;
	}
	if (!*end)
		return refuse(walk, "bracket without an end", 1, "write [...]");
	walk->at = end + 1;
	walk->can_repeat = true;
	return 0;
}

static int walk_repetition(struct walk *walk)
{
	bool is_second = walk->at > walk->text && strchr("*+?}", walk->at[-1]) && !walk->can_repeat;

	if (is_second && *walk->at == '?')
		return refuse(walk, "non-greedy repetition that is not supported", 1,
			      "leave it out: whether a name matches is the same without");
	if (!walk->can_repeat)
		return refuse(walk, "nothing to repeat", 1, "write a character, class or group before it");
	walk->at++;
	walk->can_repeat = false;
	return 0;
}

/* {n}, {n,} or {n,m}: other forms are text in Go and errors here. */
static int walk_interval(struct walk *walk)
{
	char *end;
	unsigned long first, last;

	if (!isdigit((unsigned char)walk->at[1]))
		return refuse(walk, "repetition without a number", 1, "write {n}, {n,} or {n,m}, or \\{ for a brace");
	first = last = strtoul(walk->at + 1, &end, 10);
	if (*end == ',') {
		end++;
		if (isdigit((unsigned char)*end))
			last = strtoul(end, &end, 10);
	}
	if (*end != '}')
		return refuse(walk, "repetition without an end", 1, "write {n}, {n,} or {n,m}, or \\{ for a brace");
	last = last < first ? first : last; /* regcomp() says so */
	walk->repeats = last > PATTERN_REPEAT_MAX ? PATTERN_REPEAT_MAX + 1 : walk->repeats * (last ? last : 1);
	if (walk->repeats > PATTERN_REPEAT_MAX)
		return refuse(walk, "too many repetitions", 1, "1000 are supported, all of them multiplied");
	if (walk_repetition(walk) < 0)
		return -EINVAL;
	walk->at = end + 1;
	return 0;
}

static int walk_one(struct walk *walk)
{
	switch (*walk->at) {
	case '\\':
		return walk_escape(walk);
	case '[':
		return walk_bracket(walk);
	case '{':
		return walk_interval(walk);
	case '*':
	case '+':
	case '?':
		return walk_repetition(walk);
	case '(':
		if (walk->at[1] == '?')
			return refuse(walk, "group with flags or a name that is not supported", 2, "write (...)");
		walk->can_repeat = false;
		break;
	case '|':
	case '^':
	case '$':
		walk->can_repeat = false;
		break;
	default:
		walk->can_repeat = true;
	}
	walk->at++;
	return 0;
}

int pattern_compile(const char *text, struct pattern *ret, char why[PATTERN_WHY_MAX])
{
	struct walk walk = {.text = text, .at = text, .repeats = 1, .why = why};
	int r;

	if (strlen(text) > PATTERN_MAX) {
		snprintf(why, PATTERN_WHY_MAX, "longer than %d bytes", PATTERN_MAX);
		return -EINVAL;
	}
	while (*walk.at)
		if (walk_one(&walk) < 0)
			return -EINVAL;
	r = regcomp(&ret->regex, text, REG_EXTENDED | REG_NOSUB);
	if (r == 0)
		return 0;
	regerror(r, &ret->regex, why, PATTERN_WHY_MAX);
	return -EINVAL;
}

void pattern_done(struct pattern *pattern)
{
	regfree(&pattern->regex);
}

bool pattern_matches(const struct pattern *pattern, const char *name)
{
	return regexec(&pattern->regex, name, 0, NULL, 0) == 0;
}
