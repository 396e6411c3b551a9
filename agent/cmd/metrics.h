/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Prometheus asks of the agent: /metrics beside the probes (health.h).
 *
 * The event loop leaves its numbers here once a second, and leaves it be while they are just being read: it waits for
 * nobody. Policies' numbers come from the policies' board (policy_board.h) and from memory that their programs count
 * in, neither of which concerns the event loop.
 */
#include "base/buffer.h"

struct cluster;
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

/* NULL: no memory. The handle must live as long. */
struct metrics *metrics_new(struct policy_board_handle *board);
struct metrics *metrics_free(struct metrics *metrics); /* accepts and returns NULL */
/* By the event loop's thread. */
void metrics_publish(struct metrics *metrics, const struct metrics_sources *sources);
/* Writes all there is of `context`, which is metrics, bounded by the body, from another thread. */
void metrics_write(void *context, struct buffer *body);
