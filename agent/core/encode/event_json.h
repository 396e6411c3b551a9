/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One event as one line of JSON, as events.md sections 1 to 5 have it: field
 * names and order of Tetragon's export. Appends to a buffer; never fails, never
 * allocates.
 */
#include "base/buffer.h"
#include "core/encode/pod_finder.h"
#include "core/encode/symbolizer.h"
#include "core/event/event.h"

#define EVENT_JSON_LINE_MAX 32768 /* bytes with the newline: what log shippers take */

struct event_json_options {
	const char *node_name;                     /* NULL or "": omitted */
	const char *cluster_name;                  /* NULL or "": omitted */
	bool with_credentials;                     /* --enable-process-cred */
	bool with_namespaces;                      /* --enable-process-ns */
	uint32_t host_namespaces[NAMESPACE_COUNT]; /* of the host's pid 1, for is_host */
	bool with_stack_addresses;                 /* --expose-stack-addresses */
	const struct symbolizer *symbolizer;       /* for stack traces; NULL: none */
	const struct pod_finder *pods;             /* NULL: there is no cluster */
	struct object_cache *objects;              /* of these options; NULL: each is made anew */
	struct pod_splices *splices;               /* where pods are missing that are awaited; NULL: nobody waits */
};

/*
 * Appends the line with its newline. A line that would be longer than
 * EVENT_JSON_LINE_MAX has its arguments cut (the process's first, then the
 * parent's; then other strings; strings, paths, buffers and stacks of a hook's event keep at least half the
 * room) and the flag truncArgs set. Returns the number of bytes, 0 if
 * the buffer has less than EVENT_JSON_LINE_MAX room (nothing is appended then). With the pods that options->splices
 * tells of the line has no more than EVENT_JSON_LINE_MAX either.
 */
size_t event_json_encode(struct buffer *buffer, const struct event *event, const struct event_json_options *options);
/* The line `rate_limit_info`, for which there must be that room, too: events that --export-rate-limit kept back. */
void event_json_encode_rate_limit(struct buffer *buffer, uint64_t dropped, uint64_t wall_ns,
				  const struct event_json_options *options);
