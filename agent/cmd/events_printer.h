/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lines of JSON, from wherever `trigon events` has them, onto standard output: chosen, and in the form that is wanted.
 */
#include "cmd/events.h"
#include "core/filter/field_mask.h"
#include "io/sink/line_reader.h"

struct events_printer {
	const struct events_options *options;
	struct events_filter filter;
	struct compact_printer compact;
	struct field_masks masks;
	char *masked; /* owned, EVENTS_LINE_MAX bytes: a line as these leave it */
	uint64_t broken, lines;
	int write_error;    /* -errno: standard output takes no more */
	bool is_incomplete; /* events are missing, which has been said */
};

/* 0, -EINVAL with ret_error, -ENOMEM. Free with _done() whatever it returns. */
int events_printer_init(struct events_printer *printer, const struct events_options *options,
			struct option_error *ret_error);
/* Accepts a zeroed struct. */
void events_printer_done(struct events_printer *printer);

/*
 * A line of a log: `number` in the file `name`, NULL for standard input. One that is no event is reported. 0, or -errno
 * when the output cannot be written, which is in write_error as well.
 */
int events_printer_take(struct events_printer *printer, const struct line *line, const char *name, uint64_t number);
/* The same of an event that an agent has chosen. */
int events_printer_take_chosen(struct events_printer *printer, const struct line *line, uint64_t number);
int events_printer_flush(struct events_printer *printer);

/* Says that events are missing. */
void events_printer_miss(struct events_printer *printer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Sums up; `result` is what reading ended with, and has been said. The exit code. */
int events_printer_finish(struct events_printer *printer, int result);
