/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a stream of events says of itself, between them: docs/api.md describes each field. */
#include <stdbool.h>

#include "base/buffer.h"

/* What became of the processes that ran when the reader came, as far as it has been told them. */
struct stream_existing {
	bool is_asked; /* else nothing is said of them */
	uint64_t sent, left_out;
	bool is_complete;
};

#define STREAM_JSON_MAX 1024 /* bytes of a record with its newline: two names of 253 are half of it */

struct stream_record {
	uint64_t reader;
	const char *session; /* NULL: nothing is said of the log */
	uint64_t lines, waiting;
	uint64_t sent, lost, filtered;
	struct stream_existing existing;
	bool has_ended;
	uint64_t wall_ns; /* CLOCK_REALTIME */
};

/* Appends the record with its newline. */
void stream_json_append(struct buffer *buffer, const struct stream_record *record, const char *node_name,
			const char *cluster_name);
