// SPDX-License-Identifier: Apache-2.0
#include "core/policy/pattern.h"

#include <string.h>

#include "test.h"

static void test_matches(void)
{
	static const struct {
		const char *pattern, *name;
		bool is_match;
	} cases[] = {
		{"^security_.*_permission$", "security_file_permission", true},
		{"^security_.*_permission$", "security_file_permissions", false},
		{"^security_.*_permission$", "x_security_file_permission", false},
		{"vfs", "do_vfs_ioctl", true},
		{"", "anything", true},
		{"^(vfs|ksys)_(read|write)v?$", "ksys_write", true},
		{"^(vfs|ksys)_(read|write)v?$", "vfs_writev", true},
		{"^(vfs|ksys)_(read|write)v?$", "vfs_open", false},
		{"^a{2,3}$", "aa", true},
		{"^a{2,3}$", "aaaa", false},
		{"^a{2}$", "aaa", false},
		{"^a{2,}$", "aaaaa", true},
		{"x\\.isra\\.0", "x.isra.0", true},
		{"x\\.isra\\.0", "xyisra.0", false},
		{"\\{\\[", "a{[", true},
		{"^[[:alpha:]_]+$", "vfs_read", true},
		{"^[[:alpha:]_]+$", "vfs_read2", false},
		{"^[]a]+$", "]a", true},
		{"^[^]a]$", "]", false},
		{"^[a-c_]+$", "abc_", true},
		{"()a", "a", true},
		{"a|", "b", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[PATTERN_WHY_MAX] = "";
		struct pattern pattern;

		CHECK_EQ(pattern_compile(cases[i].pattern, &pattern, why), 0);
		CHECK_STR(why, "");
		if (*why)
			continue;
		CHECK_EQ(pattern_matches(&pattern, cases[i].name), cases[i].is_match);
		pattern_done(&pattern);
	}
}

/* What Go has and POSIX lacks, or has otherwise; and what neither takes. */
static void test_refused(void)
{
	static const struct {
		const char *pattern, *why;
	} cases[] = {
		{"sys_\\d+", "class or assertion that is not supported: \"\\d\" at byte 4: write [0-9]"},
		{"\\w", "class or assertion that is not supported: \"\\w\" at byte 0: write [0-9A-Za-z_]"},
		{"\\bvfs", "class or assertion that is not supported: \"\\b\" at byte 0: write ^, $ or a bracket"},
		{"\\pL", "escape that is not supported: \"\\p\" at byte 0: only punctuation can be escaped"},
		{"(a)\\1", "escape that is not supported: \"\\1\" at byte 3: only punctuation can be escaped"},
		{"\\<vfs", "escape that is not supported: \"\\<\" at byte 0: only punctuation can be escaped"},
		{"a\\", "nothing is escaped: \"\\\" at byte 1: write \\\\ for a backslash"},
		{"(?i)VFS", "group with flags or a name that is not supported: \"(?\" at byte 0: write (...)"},
		{"vfs.*?", "non-greedy repetition that is not supported: \"?\" at byte 5: leave it out: whether a name "
			   "matches is the same without"},
		{"a{2}?", "non-greedy repetition that is not supported: \"?\" at byte 4: leave it out: whether a name "
			  "matches is the same without"},
		{"a**", "nothing to repeat: \"*\" at byte 2: write a character, class or group before it"},
		{"*vfs", "nothing to repeat: \"*\" at byte 0: write a character, class or group before it"},
		{"a|+", "nothing to repeat: \"+\" at byte 2: write a character, class or group before it"},
		{"(?a)", "group with flags or a name that is not supported: \"(?\" at byte 0: write (...)"},
		{"[\\d]",
		 "escape in a bracket that is not supported: \"\\d\" at byte 1: put ] first and - last, they need "
		 "none"},
		{"[[.a.]]", "collation that is not supported: \"[.\" at byte 1: write the characters"},
		{"[[:word:]]", "Invalid character class name"},
		{"[a", "bracket without an end: \"[\" at byte 0: write [...]"},
		{"[[:alpha", "class without an end: \"[\" at byte 0: write such as [[:digit:]]"},
		{"(a", "Unmatched ( or \\("},
		{"a{x}", "repetition without a number: \"{\" at byte 1: write {n}, {n,} or {n,m}, or \\{ for a brace"},
		{"a{,3}", "repetition without a number: \"{\" at byte 1: write {n}, {n,} or {n,m}, or \\{ for a brace"},
		{"a{3", "repetition without an end: \"{\" at byte 1: write {n}, {n,} or {n,m}, or \\{ for a brace"},
		{"a{3,2}", "Invalid content of \\{\\}"},
		{"a{1001}", "too many repetitions: \"{\" at byte 1: 1000 are supported, all of them multiplied"},
		{"((a{40}){40})", "too many repetitions: \"{\" at byte 8: 1000 are supported, all of them multiplied"},
		{"a{99999999999999999999}",
		 "too many repetitions: \"{\" at byte 1: 1000 are supported, all of them multiplied"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[PATTERN_WHY_MAX] = "";
		struct pattern pattern;

		CHECK(pattern_compile(cases[i].pattern, &pattern, why) < 0);
		CHECK_STR(why, cases[i].why);
	}
}

static void test_length(void)
{
	char text[PATTERN_MAX + 2], why[PATTERN_WHY_MAX] = "";
	struct pattern pattern;

	memset(text, 'a', sizeof(text));
	text[PATTERN_MAX] = '\0';
	CHECK_EQ(pattern_compile(text, &pattern, why), 0);
	pattern_done(&pattern);
	text[PATTERN_MAX] = 'a';
	text[PATTERN_MAX + 1] = '\0';
	CHECK(pattern_compile(text, &pattern, why) < 0);
	CHECK_STR(why, "longer than 512 bytes");
}

int main(void)
{
	RUN(test_matches);
	RUN(test_refused);
	RUN(test_length);
	return test_end();
}
