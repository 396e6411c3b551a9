/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keeps this node's TracingNode in the cluster as the agent is: writes it by server-side apply when something has
 * changed, after a pause of random length, so that the nodes of a cluster do not write together; from time to time for
 * the counters; and again after failures. What is missing is said once.
 *
 * Used by the thread of its transport only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "io/kube/transport.h"

enum {
	NODE_REPORTER_SETTLE_MS = 500,     /* after a change, more may come: before the random pause */
	NODE_REPORTER_INTERVAL_MS = 10000, /* between two writes, at least */
	NODE_REPORTER_REFRESH_S = 600,     /* at most so long between writes, for the counters, and a random part of: */
	NODE_REPORTER_REFRESH_SPREAD_S = 120,
	NODE_REPORTER_PAUSE_MIN_MS = 1000,
	NODE_REPORTER_AWAY_MAX_MS = 30000,     /* when there is no answer, or the server is in trouble */
	NODE_REPORTER_REFUSED_MAX_MS = 300000, /* when the answer is no: the right or the kind is missing */
	NODE_REPORTER_PATH_MAX = 512,
};

/* What is to be told. */
struct node_reporter_source {
	void *context;
	uint64_t (*version)(void *context); /* another one: something may have changed; not asked when it ends */
	/*
	 * Writes the object. `node_uid` may be NULL. Without `has_counters`, what always changes is left out: two texts
	 * that differ are a change. 0 or -errno. The buffer is the caller's to free.
	 */
	int (*write)(void *context, const char *node_uid, bool has_counters, struct buffer *ret);
};

struct node_reporter_options {
	const char *node_name; /* copied; a DNS name in lower case */
	uint32_t jitter_ms;    /* after a change, up to that */
	struct kube_transport transport;
	struct node_reporter_source source;
	uint64_t (*now_ns)(void); /* clock_monotonic_ns() */
	uint32_t (*random)(void);
};

struct node_reporter_stats {
	uint64_t written, failures;
	uint64_t bytes; /* of what was written */
};

struct node_reporter;

/* 0, -EINVAL: no node can have this name; -ENOMEM. */
int node_reporter_new(const struct node_reporter_options *options, struct node_reporter **ret);
struct node_reporter *node_reporter_free(struct node_reporter *reporter); /* accepts and returns NULL */
/* The Node of this name, as somebody watches it, has this uid, so that nobody needs to ask; "": it is not known. */
void node_reporter_set_node(struct node_reporter *reporter, const char *uid);
/* Starts what is due. When there is something to do next, in the clock of now_ns(). */
uint64_t node_reporter_tick(struct node_reporter *reporter);
/*
 * From now on tick() writes once more, at once, and then no more; nothing at all if nothing has been written, or the
 * last write failed.
 */
void node_reporter_end(struct node_reporter *reporter);
bool node_reporter_has_ended(const struct node_reporter *reporter);
struct node_reporter_stats node_reporter_stats(const struct node_reporter *reporter);
