/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * --export-rate-limit: a bucket that holds the events of a minute, and is filled up again at that rate. What it kept
 * back is told once a minute.
 */
#include <stdbool.h>
#include <stdint.h>

#define RATE_LIMIT_NONE UINT64_MAX

struct rate_limit {
	uint64_t cost_ns;   /* of an event; 0: there is no limit */
	uint64_t credit_ns; /* in the bucket, at most a minute */
	uint64_t filled_ns; /* when that was; CLOCK_MONOTONIC as all of these */
	uint64_t told_ns;
	uint64_t untold;  /* events that were kept back since */
	uint64_t dropped; /* in all */
};

/* `events_per_minute`: RATE_LIMIT_NONE for no limit; never 0. */
void rate_limit_init(struct rate_limit *limit, uint64_t events_per_minute, uint64_t now_ns);
static inline bool rate_limit_is_set(const struct rate_limit *limit)
{
	return limit->cost_ns > 0;
}
/* May an event be exported now? Counts it if not. */
bool rate_limit_take(struct rate_limit *limit, uint64_t now_ns);
/* How many events were kept back since the last time, if that was a minute ago or more or `is_end`; else 0. */
uint64_t rate_limit_tell(struct rate_limit *limit, uint64_t now_ns, bool is_end);
