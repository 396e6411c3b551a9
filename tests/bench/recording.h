/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A recording of the ring: records as the kernel's programs made them, one behind the other, gzipped. Each has its
 * length in its header. tests/bench/record.c makes one.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/event/record.h"

#define RECORDING_BYTES_MAX (16 << 20)
#define RECORDING_CGROUP 1 /* of all records: what the recording machine's was called is nobody's business */

struct recording {
	char *bytes; /* owned */
	size_t length;
	size_t count, event_count; /* records; those that make a line */
};

/* The record at `at`, where there must be a whole one. */
static inline struct wire_header *recording_at(const struct recording *recording, size_t at)
{
	struct wire_header *header = (void *)(recording->bytes + at);
	struct record record;

	if (recording->length - at < sizeof(*header) || record_decode(header, recording->length - at, &record) < 0)
		errx(2, "no record of version %d at %zu: make the recording anew (tests/bench/record.c)", WIRE_VERSION,
		     at);
	return header;
}

/* Ends the program if it cannot be read. */
static inline void recording_read(const char *path, struct recording *ret)
{
	gzFile file = gzopen(path, "rb");
	int length;

	*ret = (struct recording){.bytes = malloc(RECORDING_BYTES_MAX)};
	length = file && ret->bytes ? gzread(file, ret->bytes, RECORDING_BYTES_MAX) : -1;
	if (length <= 0 || length == RECORDING_BYTES_MAX)
		errx(2, "%s cannot be read, or is longer than %d bytes", path, RECORDING_BYTES_MAX);
	gzclose(file);
	ret->length = (size_t)length;
	for (size_t at = 0; at < ret->length;) {
		const struct wire_header *header = recording_at(ret, at);

		ret->count++;
		ret->event_count += header->type == WIRE_EXEC || header->type == WIRE_EXIT;
		at += header->length;
	}
}
