/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Prints JSON lines of events in the compact form on a stream, for `trigon
 * events` and for `trigon agent --print=compact`.
 */
#include <stdio.h>

#include "core/encode/compact.h"

struct compact_printer {
	struct compact_style style;
	struct buffer buffer; /* the line that is being put together */
};

/* When to use colours, for the option --color of the commands. */
enum compact_color {
	COMPACT_COLOR_AUTO, /* on a terminal that has them, unless NO_COLOR is set (no-color.org) */
	COMPACT_COLOR_ALWAYS,
	COMPACT_COLOR_NEVER,
};
bool compact_color_is_wanted(enum compact_color color, FILE *out);

/* `line_max`: bytes of the longest JSON line. 0 or -ENOMEM. */
int compact_printer_init(struct compact_printer *printer, size_t line_max, struct compact_style style);
/* Accepts a zeroed struct. */
void compact_printer_done(struct compact_printer *printer);

/* One line on `out`, not flushed. 0, -errno when it cannot be written, -E2BIG when the view is longer than `line_max`
 * allows. */
int compact_printer_print_view(struct compact_printer *printer, FILE *out, const struct compact_view *view);
/* Of a JSON line, its newline included or not; what it makes is left in `buffer`. 0, -E2BIG or -EINVAL: not an event.
 */
int compact_printer_make(struct compact_printer *printer, const char *line, size_t length);
/* compact_printer_print_view() of a JSON line. Also -EINVAL: not an event. */
int compact_printer_print(struct compact_printer *printer, FILE *out, const char *line, size_t length);
