/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether an event log is complete, by the records of its loss ledger (core/encode/ledger_json.h): each says how many
 * lines and bytes its agent had written before, so what is between two of them can be counted. Feed it each line, in
 * order, across rotated files.
 */
#include <stdbool.h>
#include <stddef.h>

#include "core/encode/ledger_json.h"

#define LEDGER_CHECK_SEEN 64 /* sessions that are remembered */

/* What a record says, as far as it can be compared. */
struct ledger_entry {
	char session[LEDGER_SESSION_LENGTH + 1];
	uint64_t sequence;
	enum ledger_reason reason;
	uint64_t lines, bytes, events, waiting, filtered, rate_limited;
	uint64_t lost, lost_log, lost_throttle; /* all, and of stages "log" and "throttle" */
	struct ledger_previous previous;
};

/* Says what is wrong, in one line without newline. */
typedef void ledger_check_report(void *context, const char *text);

struct ledger_check {
	ledger_check_report *report;
	void *context;
	struct ledger_entry last; /* the record before */
	bool has_last;
	char seen[LEDGER_CHECK_SEEN][LEDGER_SESSION_LENGTH + 1]; /* the last sessions, in no order */
	uint64_t line_length;                                    /* of that record */
	uint64_t lines_since, bytes_since;                       /* what came behind it */
	uint64_t number;                                         /* of lines so far */
	/* results */
	uint64_t sessions, records, event_lines;
	uint64_t missing;                /* lines */
	uint64_t surplus;                /* lines that are there twice, or from elsewhere */
	uint64_t unproven;               /* lines that no record is about */
	uint64_t lost;                   /* events that the ledger itself tells were lost */
	uint64_t throttled;              /* of them: by --cgroup-rate */
	uint64_t filtered, rate_limited; /* events that were kept back, which is no loss */
	uint64_t killed;                 /* events that waited in agents that were killed */
	uint64_t contradictions;
};

/* A line that is no record; `length` without its newline. */
void ledger_check_line(struct ledger_check *check, size_t length);
void ledger_check_entry(struct ledger_check *check, const struct ledger_entry *entry, size_t length);
/* After the last line. */
void ledger_check_end(struct ledger_check *check);
/* Nothing is missing, and nothing was lost. */
bool ledger_check_is_complete(const struct ledger_check *check);
