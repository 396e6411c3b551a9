// SPDX-License-Identifier: Apache-2.0
#include "core/event/ledger_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

static void ledger_check_say(const struct ledger_check *check, const char *format, ...) PRINTF_LIKE(2, 3);

static void ledger_check_say(const struct ledger_check *check, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check->report(check->context, text);
}

/* `wanted` lines should have come since the last record. */
static void ledger_check_count(struct ledger_check *check, uint64_t wanted, const char *until)
{
	uint64_t got = check->lines_since;

	if (got < wanted) {
		check->missing += wanted - got;
		ledger_check_say(check,
				 "line %" PRIu64 ": %" PRIu64 " lines are missing between record %" PRIu64
				 " of session %s and %s",
				 check->number, wanted - got, check->last.sequence, check->last.session, until);
	} else if (got > wanted) {
		check->surplus += got - wanted;
		ledger_check_say(check,
				 "line %" PRIu64 ": %" PRIu64 " lines too many between record %" PRIu64
				 " of session %s and %s",
				 check->number, got - wanted, check->last.sequence, check->last.session, until);
	}
}

static void ledger_check_contradict(struct ledger_check *check, const char *what, uint64_t sequence)
{
	check->contradictions++;
	ledger_check_say(check, "line %" PRIu64 ": record %" PRIu64 ": %s", check->number, sequence, what);
}

/* The next record of the same agent. */
static void ledger_check_next(struct ledger_check *check, const struct ledger_entry *entry)
{
	uint64_t lines = check->last.lines + 1, bytes = check->last.bytes + check->line_length + 1;

	if (entry->sequence <= check->last.sequence || entry->lines < lines) {
		ledger_check_contradict(
			check, "it is here again, or out of order: are the files given from old to new, each once?",
			entry->sequence);
		return;
	}
	/* records that are missing are lines that are missing */
	ledger_check_count(check, entry->lines - lines, "the next record");
	if (entry->lines - lines == check->lines_since && entry->bytes - bytes != check->bytes_since)
		ledger_check_contradict(check,
					"the lines before it are not as long as they were when they were written",
					entry->sequence);
}

/* What the agent had made of its events. */
static void ledger_check_balance(struct ledger_check *check, const struct ledger_entry *entry)
{
	uint64_t event_lines = entry->lines - (entry->sequence - 1);

	if (entry->events != event_lines + entry->waiting + entry->filtered + entry->rate_limited + entry->lost_log)
		ledger_check_contradict(
			check,
			"its events are not the sum of lines, those that wait or were kept back, and losses of the log",
			entry->sequence);
}

/* The session before, of which the last record is not there: killed, or its end is missing. */
static void ledger_check_tail(struct ledger_check *check, const struct ledger_previous *previous)
{
	uint64_t recorded = check->last.lines + 1 + check->last.lost_log;

	ledger_check_count(check, previous->lines > recorded ? previous->lines - recorded : 0,
			   previous->has_ended ? "its end" : "its end, as it was killed");
	check->killed += previous->waiting;
	if (previous->waiting)
		ledger_check_say(check, "line %" PRIu64 ": %" PRIu64 " events waited in session %s when it was killed",
				 check->number, previous->waiting, previous->session);
}

/* No record is about what came behind the last one. */
static void ledger_check_leave(struct ledger_check *check)
{
	check->unproven += check->lines_since;
	if (!check->has_last)
		return;
	check->lost += check->last.lost;
	check->throttled += check->last.lost_throttle;
	check->filtered += check->last.filtered;
	check->rate_limited += check->last.rate_limited;
}

/* Whole sessions between the last one that is here and this one. */
static void ledger_check_absent(struct ledger_check *check, const struct ledger_previous *previous)
{
	check->missing += MAX(previous->lines, 1u);
	ledger_check_say(check, "line %" PRIu64 ": session %s, which wrote %" PRIu64 " lines before this, is not here",
			 check->number, previous->session, previous->lines);
}

static bool ledger_check_has_seen(const struct ledger_check *check, const char *session)
{
	for (size_t i = 0; i < LEDGER_CHECK_SEEN; i++)
		if (strcmp(check->seen[i], session) == 0)
			return true;
	return false;
}

/* The first record that is seen of an agent, or since that of another one, which writes the log as well. */
static void ledger_check_begin(struct ledger_check *check, const struct ledger_entry *entry)
{
	const struct ledger_previous *previous = &entry->previous;
	bool is_known = check->has_last && strcmp(previous->session, check->last.session) == 0;
	bool is_back = ledger_check_has_seen(check, entry->session);

	if (!is_back)
		memcpy(check->seen[check->sessions++ % LEDGER_CHECK_SEEN], entry->session, sizeof(check->seen[0]));
	if (is_known && check->last.reason != LEDGER_END) {
		ledger_check_tail(check, previous);
		check->lines_since = 0;
	} else if (!is_known && check->has_last && *previous->session &&
		   !ledger_check_has_seen(check, previous->session)) {
		ledger_check_absent(check, previous);
	}
	ledger_check_leave(check);
	if (entry->sequence > 1 && check->has_last && !is_back)
		check->missing += entry->sequence - 1; /* at least: a hole, and not just a beginning that is gone */
	if (entry->sequence > 1 && !is_back)
		ledger_check_say(
			check, "line %" PRIu64 ": session %s began before this: records 1 to %" PRIu64 " are not here",
			check->number, entry->session, entry->sequence - 1);
}

void ledger_check_line(struct ledger_check *check, size_t length)
{
	check->number++;
	check->event_lines++;
	check->lines_since++;
	check->bytes_since += length + 1;
}

void ledger_check_entry(struct ledger_check *check, const struct ledger_entry *entry, size_t length)
{
	check->number++;
	check->records++;
	if (check->has_last && strcmp(check->last.session, entry->session) == 0)
		ledger_check_next(check, entry);
	else
		ledger_check_begin(check, entry);
	ledger_check_balance(check, entry);
	check->last = *entry;
	check->has_last = true;
	check->line_length = length;
	check->lines_since = check->bytes_since = 0;
}

void ledger_check_end(struct ledger_check *check)
{
	ledger_check_leave(check);
	check->lines_since = 0;
}

bool ledger_check_is_complete(const struct ledger_check *check)
{
	return check->missing == 0 && check->surplus == 0 && check->lost == 0 && check->killed == 0 &&
	       check->contradictions == 0;
}
