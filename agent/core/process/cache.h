/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The processes that are alive, and for a grace time those that have exited or
 * were replaced by an exec of their own.
 *
 * Keyed by pid and start time, so a reused pid never meets its predecessor. Bounded
 * by number: when full, the oldest retired process goes first, then the live one that was
 * longest without an event; both are counted. A process holds a reference to its
 * parent until it leaves the cache, so the parent can always be printed.
 */
#include "core/process/process.h"

#define PROCESS_CACHE_GRACE_NS (30 * 1000000000ull)
#define PROCESS_CACHE_RETIRED_SHARE 16 /* at most 1/16 of the maximum is kept retired */
#define PROCESS_TICK_NS 10000000ull    /* USER_HZ is 100: the precision of start times in /proc */

struct process_cache_stats {
	uint64_t live, retired;   /* now */
	uint64_t evicted_live;    /* lost while alive: their later events are marked unknown */
	uint64_t evicted_retired; /* lost before their grace time was over */
};

/*
 * Over the processes that are alive, in the order in which they came into the cache, while that changes: each that was
 * there when the walk began is met once, unless it is gone before its turn.
 */
struct process_walk {
	struct process *next, *last; /* NULL: it is over */
	struct process_walk *other;  /* of the same cache */
};

struct process_cache {
	struct process **buckets;
	size_t bucket_count; /* a power of two */
	size_t maximum;
	struct process *live_first, *live_last;       /* least recently used first */
	struct process *retired_first, *retired_last; /* oldest first */
	struct process *age_first, *age_last;         /* the live ones again, in the order in which they came */
	struct process_walk *walks;
	struct process_cache_stats stats;
};

int process_cache_init(struct process_cache *cache, size_t maximum); /* 0 or -ENOMEM */
void process_cache_done(struct process_cache *cache);

/*
 * The newest incarnation with that identity, NULL if there is none. A
 * process known from /proc, whose start time is rounded, matches within a clock tick and
 * learns the exact time. Counts as use.
 */
struct process *process_cache_find(struct process_cache *cache, uint32_t pid, uint64_t start_ns);
/* The newest incarnation of the process that had the pid then (CLOCK_BOOTTIME); NULL: none is known. No use. */
struct process *process_cache_find_at(const struct process_cache *cache, uint32_t pid, uint64_t boot_ns);
/* Takes over the caller's reference. Makes room by evicting. */
void process_cache_add(struct process_cache *cache, struct process *process);
/* The process exited: it stays findable during the grace time. */
void process_cache_retire(struct process_cache *cache, struct process *process, uint64_t now_ns);
/* `process` made way for another incarnation: no longer findable, resolvable as a parent during the grace time. */
void process_cache_replace(struct process_cache *cache, struct process *process, uint64_t now_ns);
/* The walk must stay in its place until it is ended. */
void process_cache_begin_walk(struct process_cache *cache, struct process_walk *walk);
/* The next one; NULL: that was all. */
struct process *process_cache_walk(struct process_walk *walk);
void process_cache_end_walk(struct process_cache *cache, struct process_walk *walk);
/* Out of the cache at once. */
void process_cache_remove(struct process_cache *cache, struct process *process);
/* Lets go of what retired more than the grace time ago. */
void process_cache_expire(struct process_cache *cache, uint64_t now_ns);

struct process *process_new(void); /* zeroed, one reference; NULL without memory */
struct process *process_ref(struct process *process);
struct process *process_unref(struct process *process); /* returns NULL */
