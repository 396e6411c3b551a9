/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An event as the user sees it, between the process cache (which makes it) and
 * the encoder (which prints it). Holds no references: valid while handled.
 */
#include <stdint.h>

#include "core/process/process.h"

enum event_type {
	EVENT_PROCESS_EXEC,
	EVENT_PROCESS_EXIT,
	EVENT_PROCESS_KPROBE,
	EVENT_PROCESS_TRACEPOINT,
	EVENT_PROCESS_LSM,
	EVENT_PROCESS_LOADER,
	EVENT_PROCESS_THROTTLE,
	EVENT_TYPE_COUNT,
};

struct hook_info;
struct record;

struct event {
	enum event_type type;
	uint64_t wall_ns; /* CLOCK_REALTIME of the kernel event */
	uint32_t tid;
	const struct process *process; /* never NULL; of EVENT_PROCESS_THROTTLE pid 0, which is not printed */
	const struct process *parent;  /* NULL for pid 0, and where nothing is known of the process of a hook's event */
	/* EVENT_PROCESS_EXEC */
	bool is_existing;                /* it is no news: the process ran when somebody asked, */
	const struct process *forked_by; /* and this one, which forked it, still does; NULL: none */
	/* EVENT_PROCESS_EXIT */
	uint32_t exit_status; /* as wait(2) reports: code << 8 | signal, 0x80 for a core dump */
	/* EVENT_PROCESS_THROTTLE */
	bool is_throttled;   /* from here on; else: not any more */
	struct bytes cgroup; /* its name; empty when unknown */
	/* the other types: never NULL */
	const struct record *record;  /* WIRE_HOOK, with as many values as the hook has; WIRE_LOADER */
	const struct hook_info *hook; /* valid until the next hook_table_collect() */
	uint32_t hook_function;       /* which of the hook's functions: hook_info_function() */
};

/* What filters say of processes is said of no other event. */
static inline bool event_has_process(const struct event *event)
{
	return event->type != EVENT_PROCESS_THROTTLE;
}
