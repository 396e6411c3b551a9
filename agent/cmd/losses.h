/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was lost between the kernel and an event, since the start: one count for summary, metrics and the log's ledger.
 */
#include "core/encode/ledger_json.h"
#include "wire.h"

struct base_sensor;
struct loader;
struct pipeline;
struct policy_board;

struct losses {
	uint64_t ring[WIRE_TYPE_MAX];      /* records for which the ring had no room */
	uint64_t preempted[WIRE_TYPE_MAX]; /* events for which the kernel let no program run; of hooks: at the end only
					    */
	uint64_t throttled[WIRE_TYPE_MAX]; /* events that --cgroup-rate suppressed */
	uint64_t slots;                    /* hook records for which there was no memory */
	uint64_t unreadable, out_of_memory, unknown_hooks, mismatched_hooks; /* records that came to nothing */
};

/* Where the numbers are, and what they were at the last update. */
struct loss_sources {
	const struct pipeline *pipeline;
	const struct base_sensor *sensor;
	struct loader *loader;
	struct policy_board *board;              /* NULL: no policies, not yet or not any more */
	uint64_t policies_lost, policies_missed; /* what is known of them by now */
	struct losses now;
};

/* Once a second, and at the end: some are asked of the kernel. */
void losses_update(struct loss_sources *sources);
/* An event_log_source; `sources` is a struct loss_sources. */
void losses_fill_ledger(void *sources, struct ledger *ledger);
/* The ledger as it is now, whether there is a log or not; *ret is zeroed before. */
void losses_read_ledger(struct loss_sources *sources, struct ledger *ret);
/* The last numbers of all policies. */
void losses_end_policies(struct loss_sources *sources, uint64_t lost, uint64_t missed);
uint64_t losses_total(const struct losses *losses);
uint64_t losses_ring(const struct losses *losses);      /* of all types */
uint64_t losses_preempted(const struct losses *losses); /* the same */
uint64_t losses_throttled(const struct losses *losses); /* the same */
