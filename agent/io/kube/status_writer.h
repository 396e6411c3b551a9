/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes the sums of policies (core/kube/policy_sum.h) into their status, by server-side apply: what differs from the
 * status that the cluster has, a few at a time, each policy now and then, first the one that has waited for longest.
 * Used by the thread of its transport only.
 */
#include "core/kube/policy_sum.h"
#include "io/kube/transport.h"

enum {
	STATUS_WRITER_CALLS_MAX = 4,
	STATUS_WRITER_SETTLE_MS = 500,    /* after a change of a sum, more will come; and as much again at random */
	STATUS_WRITER_INTERVAL_MS = 5000, /* between two writes of a policy's; and a random fifth */
	STATUS_WRITER_PACE_MS = 50,       /* between two writes of any: 20 a second */
	STATUS_WRITER_PAUSE_MIN_MS = 1000,
	STATUS_WRITER_PAUSE_MAX_MS = 60000,
	STATUS_WRITER_ABSENT_TRIES = 3,
	STATUS_WRITER_ABSENT_MS = 30000, /* pause of all, where the CRDs know of no status */
};

struct status_writer_options {
	struct policy_sums *sums; /* not owned */
	struct kube_transport transport;
	uint64_t (*now_ns)(void);  /* clock_monotonic_ns() */
	uint64_t (*wall_ns)(void); /* clock_realtime_ns() */
	uint32_t (*random)(void);
};

struct status_writer_stats {
	uint64_t computed, written, failures;
	uint64_t retries; /* writes of what could not be written before */
	uint64_t bytes;   /* of what was written */
	size_t waiting;   /* policies now whose sum may have changed, or is being written */
};

struct status_writer;

int status_writer_new(const struct status_writer_options *options, struct status_writer **ret); /* 0 or -ENOMEM */
struct status_writer *status_writer_free(struct status_writer *writer); /* accepts and returns NULL */
/* Starts what is due. When there is something to do next; UINT64_MAX: changes or answers come first. */
uint64_t status_writer_tick(struct status_writer *writer);
void status_writer_cancel(struct status_writer *writer); /* what is under way */
/* Goes over all policies. */
struct status_writer_stats status_writer_stats(const struct status_writer *writer);
