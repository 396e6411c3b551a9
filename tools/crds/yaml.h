/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lines of YAML on standard output, indented. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"

static inline void yaml_indent(int depth)
{
	for (int i = 0; i < depth; i++)
		fputs("  ", stdout);
}

/* A string as JSON has it, which is YAML, too. The texts are ours: ASCII, and no control characters. */
static inline void yaml_quote(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('"');
}

#define yaml_line(depth, ...) (yaml_indent(depth), printf(__VA_ARGS__), (void)putchar('\n'))

static inline void yaml_text(int depth, const char *key, const char *text)
{
	yaml_indent(depth);
	printf("%s: ", key);
	yaml_quote(text);
	putchar('\n');
}
