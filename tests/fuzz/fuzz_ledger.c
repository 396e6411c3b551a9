// SPDX-License-Identifier: Apache-2.0
/*
 * A log as `trigon events --verify` reads it, made by anybody: each line a record of the loss ledger or none, and then
 * what the check makes of it.
 */
#include <string.h>

#include "check.h"
#include "io/sink/ledger_view.h"

static void report(void *context, const char *text)
{
	size_t *reports = context;

	check(strlen(text) > 0 && !strchr(text, '\n'));
	(*reports)++;
}

static void take_line(struct ledger_check *checker, const char *line, size_t length)
{
	struct ledger_entry entry;

	if (ledger_view_is_record(line, length) && ledger_view_parse(line, length, &entry) == 0) {
		check(strlen(entry.session) == LEDGER_SESSION_LENGTH && entry.sequence > 0);
		ledger_check_entry(checker, &entry, length);
	} else {
		ledger_check_line(checker, length);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size;
	size_t reports = 0, lines = 0;
	struct ledger_check checker = {.report = report, .context = &reports};

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((newline ? newline : end) - at);

		take_line(&checker, at, length);
		at += length + (newline != NULL);
		lines++;
	}
	ledger_check_end(&checker);
	check(checker.event_lines + checker.records == lines);
	/* whatever is missing, doubled or contradictory is said */
	check(checker.missing + checker.surplus + checker.contradictions == 0 || reports > 0);
	return 0;
}
