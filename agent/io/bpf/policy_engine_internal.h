/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What policy_engine.c changes and loaded_policy.c tells of. */
#include "io/bpf/attach_point.h"
#include "io/bpf/policy_engine.h"
#include "io/bpf/policy_processes.h"
#include "io/bpf/policy_scopes.h"
#include "io/bpf/shared_memory.h"

struct policy_engine {
	struct kernel_types *types;
	struct pieces *pieces;
	struct hook_table *hooks;     /* not owned, nor the next */
	const atomic_bool *is_ending; /* NULL: never */
	struct shared_memory states, counters;
	int shared_fds[SHARED_MAP_COUNT];
	bool hides_processes;              /* the base sensor, some: bpf/hidden.h */
	struct loaded_policy *socket_ends; /* NULL: no policy tracks sockets */
	size_t socket_trackers;            /* policies that do */
	struct policy_processes processes;
	struct policy_scopes scopes;
	bool is_slot_used[WIRE_POLICIES_MAX];
};

struct loaded_map {
	int fd;
	size_t capacity; /* entries */
};

#define EARLIER_MAX 4 /* generations whose calls have not returned yet, of one hook */

/* A hook of a loaded policy. */
struct loaded_hook {
	struct attach_point points[PLAN_PROGRAMS_MAX];
	int program_fds[PLAN_PROGRAMS_MAX];
	struct loaded_map *maps; /* owned */
	size_t map_count;
	uint32_t number; /* in the hook table */
	/* numbers of earlier generations, which records that wait for the return may have (policy_pending.h) */
	uint32_t earlier[EARLIER_MAX];
	size_t earlier_count;
	bool is_pending_shared; /* those records are another generation's, too */
};

struct loaded_policy {
	struct policy *policy; /* owned */
	struct plan plan;
	struct loaded_hook *hooks; /* owned, plan.hook_count of them */
	uint32_t slot;             /* in policy_states and policy_counters */
	uint64_t active;           /* which of the generations runs */
	uint64_t generation;
	uint64_t turned_away_gone; /* of its attach points, and its predecessors', that are no more */
	struct policy_processes_share processes;
	int scope; /* SCOPE_NONE: it is for all processes */
};
