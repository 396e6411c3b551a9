/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lines from a file descriptor, or another source, of any bytes and up to a maximum length.
 *
 *     do {
 *             while (line_reader_take(&reader, &line))
 *                     ...;
 *             (all there is has been seen: a time to flush)
 *     } while ((r = line_reader_fill(&reader)) > 0);
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Waits for bytes: how many there are, 0 at the end, -errno. */
typedef ssize_t line_reader_source(void *context, char *data, size_t size);

struct line_reader {
	int fd; /* not owned; what is read without a source */
	line_reader_source *source;
	void *context;
	char *data; /* owned */
	size_t line_max, start, end, capacity;
	uint64_t number; /* of the line that was taken last, from 1 */
	bool is_at_end;
	bool is_skipping; /* in the rest of a line that was too long */
};

struct line {
	const char *data; /* without the newline; valid until the next fill */
	size_t length;
	bool is_too_long; /* this is its start only */
};

/* 0 or -ENOMEM. */
int line_reader_init(struct line_reader *reader, int fd, size_t line_max);
int line_reader_init_source(struct line_reader *reader, line_reader_source *source, void *context, size_t line_max);
/* Accepts a zeroed struct. */
void line_reader_done(struct line_reader *reader);

/* The next line of what has been read, if it is there whole. At the end of input a newline is not needed. */
bool line_reader_take(struct line_reader *reader, struct line *ret_line);
/* Reads once, waiting if need be, when nothing is left to take. 1: take again; 0: the end; -errno of reading. */
int line_reader_fill(struct line_reader *reader);
