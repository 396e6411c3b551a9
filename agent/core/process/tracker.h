/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From kernel records to events: keeps the process cache and the cgroup table
 * true, and gives every event its process and parent. Pure: the clock's offsets and the
 * findings of the /proc scan are handed in.
 *
 * At start the order is: attach; scan /proc and tracker_add_existing() each
 * process; tracker_end_scan(); look at every record that is in the ring already with
 * tracker_supersede(); report the remaining ones with tracker_next_existing(); from then on
 * tracker_handle() each record. So a process that started during the scan is reported once,
 * by its exec record and not from /proc.
 */
#include "base/buffer.h"
#include "core/event/event.h"
#include "core/event/record.h"
#include "core/process/cache.h"
#include "core/process/cgroup_table.h"

struct event_filters;
struct hook_table;
struct redactions;

struct tracker_stats {
	uint64_t records[WIRE_TYPE_MAX];
	uint64_t existing;          /* reported from /proc */
	uint64_t unknown_processes; /* never seen before their exit or their first event of a hook */
	uint64_t unknown_parents;   /* parents never seen */
	uint64_t missed_forks;      /* execs whose fork was not seen */
	uint64_t duplicates;        /* records of an event that another record told of already */
	uint64_t unknown_cgroups;   /* execs and forks in a cgroup whose path was lost */
	uint64_t out_of_memory;     /* records dropped for want of memory */
	uint64_t unknown_hooks;     /* records dropped since nobody knows the hook (any more) */
	uint64_t mismatched_hooks;  /* records dropped since they are not of the form that their hook has */
};

struct tracker {
	struct process_cache cache;
	struct cgroup_table cgroups;
	struct process *root; /* pid 0, the parent of what has none */
	struct buffer text;   /* scratch for strings */
	/* CLOCK_REALTIME minus CLOCK_MONOTONIC; the caller renews it now and then */
	int64_t wall_minus_monotonic_ns;
	int64_t wall_minus_boot_ns;
	/* processes found by the scan, sorted by start; freed after the last was reported */
	struct existing *existing;
	size_t existing_count, existing_capacity, existing_at;
	struct tracker_stats stats;
	/* Set by the caller after tracker_init(), not owned. */
	const struct hook_table *hooks;      /* NULL: there are no hooks */
	const struct event_filters *filters; /* whose pid sets processes inherit; NULL: none */
	struct redactions *redactions;       /* of arguments; NULL: none */
};

/* A process as /proc shows it. Strings are copied. */
struct tracker_existing {
	uint32_t pid, parent_pid, ns_pid;
	uint64_t start_boot_ns; /* rounded to a clock tick */
	uint64_t seen_ktime_ns; /* CLOCK_MONOTONIC just after it was read */
	bool is_kernel_thread;
	uint32_t flags;     /* PROCESS_FLAG_*, besides PROCESS_FLAG_PROCFS */
	struct image facts; /* all but its strings */
	struct bytes cwd, binary, argv, cgroup_path;
};

int tracker_init(struct tracker *tracker, size_t cache_maximum); /* 0 or -ENOMEM */
void tracker_done(struct tracker *tracker);

int tracker_add_existing(struct tracker *tracker, const struct tracker_existing *existing); /* 0 or -ENOMEM */
void tracker_end_scan(struct tracker *tracker);
void tracker_supersede(struct tracker *tracker, const struct record *record);
/* True and an exec event for the next process that was there before; false after the last. */
bool tracker_next_existing(struct tracker *tracker, struct event *ret_event);

/*
 * Takes one record in. 1 and an event to report, valid until the next call; 0 if there is
 * none; -ENOMEM when the record was dropped (and counted). *ret_forgotten_cgroup is an id whose path
 * must be sent again if it is met again, 0 if none.
 */
int tracker_handle(struct tracker *tracker, const struct record *record, struct event *ret_event,
		   uint64_t *ret_forgotten_cgroup);

/*
 * True and an exec event, marked, for a live process of the cache; false if it is none to tell of: a kernel thread, or
 * unknown.
 */
bool tracker_tell_existing(const struct tracker *tracker, const struct process *process, struct event *ret_event);
/* Of a cgroup that is throttled from here on, or not any more; valid until the next tracker_handle(). */
void tracker_throttle_event(const struct tracker *tracker, uint64_t cgroup_id, bool is_throttled, uint64_t wall_ns,
			    struct event *ret_event);

/* True for a WIRE_LOADER record of a program whose exec record has not been handled: it tells of another way. */
bool tracker_awaits_exec(const struct tracker *tracker, const struct record *record);
