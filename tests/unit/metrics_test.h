/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was written of metrics: its lines, and whether all of it is as Prometheus takes it. */
#include "core/encode/metrics_text.h"
#include "test.h"

static char bytes[64 * 1024];
static struct buffer buffer;
static struct metrics_text text;

static inline void begin(void)
{
	buffer = (struct buffer){.data = bytes, .capacity = sizeof(bytes) - 1};
	metrics_text_begin(&text, &buffer);
}

static inline const char *written(void)
{
	bytes[buffer.length] = '\0';
	return bytes;
}

static inline bool has_line(const char *line)
{
	const char *found = strstr(written(), line);

	return found && (found == bytes || found[-1] == '\n') && found[strlen(line)] == '\n';
}

static inline void check_lines(const char *const *lines)
{
	for (; *lines; lines++) {
		if (!has_line(*lines))
			printf("no line: %s\n", *lines);
		CHECK(has_line(*lines));
	}
}

/* Every family begins once, with HELP and TYPE, before its samples; what ends in _total and nothing else is a counter.
 */
static inline void check_form(void)
{
	char copy[sizeof(bytes)], family[128] = "", type[16], name[128], seen[8192] = "";
	char *rest = copy, *line;

	memcpy(copy, written(), buffer.length + 1);
	while ((line = strsep(&rest, "\n")) && *line) {
		if (sscanf(line, "# HELP %127s", family) == 1) {
			char mark[132];

			snprintf(mark, sizeof(mark), "<%s>", family);
			CHECK(!strstr(seen, mark));
			snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s", mark);
			line = strsep(&rest, "\n");
			CHECK_EQ(sscanf(line, "# TYPE %127s %15s", name, type), 2);
			CHECK_STR(name, family);
			CHECK_STR(type, strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0 ? "counter"
													   : "gauge");
			continue;
		}
		CHECK_EQ(sscanf(line, "%127[a-z_]", name), 1);
		CHECK_STR(name, family);
	}
}
