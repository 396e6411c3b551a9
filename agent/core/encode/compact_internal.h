/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What compact.c (the line, processes) and compact_hook.c (events of hooks) share. */
#include "core/encode/compact.h"

/* ANSI colours. */
#define COMPACT_RED "\x1b[31m"
#define COMPACT_GREEN "\x1b[32m"
#define COMPACT_YELLOW "\x1b[33m"
#define COMPACT_BLUE "\x1b[34m"
#define COMPACT_MAGENTA "\x1b[35m"
#define COMPACT_CYAN "\x1b[36m"

void compact_start_color(struct buffer *buffer, const struct compact_style *style, const char *color);
void compact_end_color(struct buffer *buffer, const struct compact_style *style);

/* What is particular about one type of event, or one function. */
struct compact_row {
	const char *name; /* of the event, or of the function */
	const char *emoji, *tag;
	/* Details begin with a space, if there are any. NULL: none */
	void (*append_details)(struct buffer *, const struct compact_view *, const struct compact_style *);
};

/* The rows of events of hooks, by their members in the JSON; NULL if it is none of these. */
const struct compact_row *compact_hook_row(const struct compact_view *view);

/* A line with the hash of the file that the event is about; nothing if there is none. */
void compact_append_hash(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style);

/* Stack traces, a line per frame; nothing if there are none. */
void compact_append_stacks(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style);
