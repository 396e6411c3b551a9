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
struct policy_board;

/* Where the event loop's numbers are. */
struct metrics_sources {
	const struct pipeline *pipeline;
	const struct loss_sources *losses;
	struct pod_table *pods;        /* NULL: there is no cluster */
	const struct cluster *cluster; /* the same */
};

struct metrics *metrics_new(void);                     /* NULL: no memory */
struct metrics *metrics_free(struct metrics *metrics); /* returns NULL; as all of these it accepts NULL */
/* By the event loop's thread. */
void metrics_publish(struct metrics *metrics, const struct metrics_sources *sources);
/* The policies' board; NULL: it is gone once this returns, and nobody reads it any more. */
void metrics_set_board(struct metrics *metrics, struct policy_board *board);
/* Writes all there is of `context`, which is metrics, bounded by the body, from another thread. */
void metrics_write(void *context, struct buffer *body);
