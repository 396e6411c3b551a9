// SPDX-License-Identifier: Apache-2.0
#include "io/regex/re2.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>

#include <re2/re2.h>

/* Of a pattern: its program, and the states that are cached while it runs. What takes more is refused, or slower. */
#define RE2_MEMORY_MAX (1 << 20)

struct regex {
	RE2 re2;

	regex(re2::StringPiece pattern, const RE2::Options &options) : re2(pattern, options)
	{
	}
};

static int refuse(char *why, const char *reason)
{
	snprintf(why, REGEX_WHY_MAX, "%s", reason);
	return -EINVAL;
}

static int compile_pattern(re2::StringPiece pattern, struct regex **ret, char *why)
{
	RE2::Options options(RE2::Quiet);

	options.set_max_mem(RE2_MEMORY_MAX);
	std::unique_ptr<struct regex> regex(new struct regex(pattern, options));
	if (!regex->re2.ok())
		return refuse(why, regex->re2.error().c_str());
	if (regex->re2.NumberOfCapturingGroups() > REGEX_GROUPS_MAX)
		return refuse(why, "more than 32 capture groups");
	*ret = regex.release();
	return 0;
}

static int re2_compile(const char *pattern, size_t length, struct regex **ret, char *why)
{
	if (length > REGEX_PATTERN_MAX)
		return refuse(why, "longer than 4096 bytes");
	try {
		return compile_pattern(re2::StringPiece(pattern, length), ret, why);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
}

static struct regex *re2_free(struct regex *regex)
{
	delete regex;
	return nullptr;
}

static int re2_matches(const struct regex *regex, struct bytes text)
{
	try {
		return RE2::PartialMatch(re2::StringPiece(text.data, text.length), regex->re2);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
}

static size_t re2_count_groups(const struct regex *regex)
{
	return (size_t)regex->re2.NumberOfCapturingGroups();
}

static size_t re2_count_instructions(const struct regex *regex)
{
	return (size_t)regex->re2.ProgramSize();
}

static int re2_find(const struct regex *regex, struct bytes text, size_t from, struct regex_span *ret)
{
	re2::StringPiece groups[REGEX_GROUPS_MAX + 1];
	int count = regex->re2.NumberOfCapturingGroups() + 1;

	try {
		if (!regex->re2.Match(re2::StringPiece(text.data, text.length), from, text.length, RE2::UNANCHORED,
				      groups, count))
			return 0;
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	for (int i = 0; i < count; i++) {
		size_t begin = groups[i].data() ? (size_t)(groups[i].data() - text.data) : REGEX_NO_GROUP;

		ret[i] = {begin, begin + groups[i].size()};
	}
	return 1;
}

extern "C" const struct regex_engine re2_engine = {
	re2_compile, re2_free, re2_matches, re2_count_groups, re2_count_instructions, re2_find,
};
