/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Prometheus asks of the agent: /metrics beside the probes (health.h).
 *
 * The event loop leaves its numbers here once a second, and leaves it be while they are just being read: it waits for
 * nobody. It counts events by pod, binary and hook in a table that may be read at any time (event_series.h). Policies'
 * numbers come from the policies' board (policy_board.h), from memory that their programs count in, and from the
 * kernel, none of which concerns the event loop.
 */
#include <stdbool.h>

#include "base/buffer.h"

struct cluster;
struct event_series;
struct loss_sources;
struct metrics;
struct pipeline;
struct pod_table;
struct policy_board_handle;

/* Where the event loop's numbers are. */
struct metrics_sources {
	const struct pipeline *pipeline;
	const struct loss_sources *losses;
	struct pod_table *pods;        /* NULL: there is no cluster */
	const struct cluster *cluster; /* the same */
};

/*
 * `with_series`: events are told apart by these labels (EVENT_SERIES_*). The handle must live as long. NULL: no memory.
 */
struct metrics *metrics_new(struct policy_board_handle *board, bool with_series, unsigned int labels);
struct metrics *metrics_free(struct metrics *metrics); /* accepts and returns NULL */
/* Where the event loop counts its events; NULL: nowhere. */
struct event_series *metrics_series(struct metrics *metrics);
/* By the event loop's thread. */
void metrics_publish(struct metrics *metrics, const struct metrics_sources *sources);
/* Writes all there is of `context`, which is metrics, bounded by the body, from another thread. */
void metrics_write(void *context, struct buffer *body);
