// SPDX-License-Identifier: Apache-2.0
/*
 * A line that is an expression, then any bytes as an event's line: what is read keeps the limits, its evaluation ends,
 * stays within the line, and says the same twice.
 */
#include <string.h>

#include "base/util.h"
#include "check.h"
#include "core/filter/event_cel.h"
#include "io/regex/re2.h"

static void evaluate(const struct event_cel *cel, const uint8_t *data, size_t size)
{
	_cleanup_(buffer_done) struct buffer scratch = {0};
	_cleanup_free_ char *line = malloc(size + !size); /* exactly: the sanitizer sees what is read behind it */
	size_t steps = EVENT_CEL_STEPS_MAX, taken = steps;
	bool is_match;

	check(line && buffer_init(&scratch, EVENT_CEL_SCRATCH_MAX) == 0);
	memcpy(line, data, size);
	is_match = event_cel_matches(cel, line, size, &scratch, &steps);
	taken -= steps;
	if (taken == 0 || steps == 0)
		return;
	steps = taken + 1; /* are enough, and one less is not */
	check(event_cel_matches(cel, line, size, &scratch, &steps) == is_match && steps == 1);
	steps = taken - 1;
	check(!event_cel_matches(cel, line, size, &scratch, &steps) && steps == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	struct event_cel_error error = {0};
	struct event_cel *cel = NULL;
	size_t length, regexes = 4;

	if (!end)
		return 0;
	length = (size_t)(end - data);
	if (event_cel_parse((const char *)data, length, &re2_engine, &regexes, &cel, &error) < 0) {
		check(*error.problem && error.column >= 1 && error.column <= length + 1);
		return 0;
	}
	check(event_cel_messages(cel) && regexes <= 4);
	evaluate(cel, end + 1, size - length - 1);
	event_cel_free(cel);
	return 0;
}
