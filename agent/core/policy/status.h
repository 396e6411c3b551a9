/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an agent tells of a policy: `trigon policy list` and `show`, and the API. A plain struct that
 * owns what it points at; made by cmd/policy_board.h, told by status_json.h.
 */
#include "core/policy/plan.h"

enum policy_state {
	POLICY_STATE_ENABLED,
	POLICY_STATE_LOAD_ERROR, /* never loaded */
	POLICY_STATE_ERROR,      /* an older version of it runs */
	POLICY_STATE_SKIPPED,    /* its nodeSelector does not select this node */
	POLICY_STATE_COUNT,
};

const char *policy_state_name(enum policy_state state); /* "enabled", "load_error", ... */
const char *policy_mode_name(enum policy_mode mode);    /* "enforce", "monitor", "monitor_only" */

#define POLICY_STATUS_COPIES_MAX 3 /* io/bpf/attach_point.h */

/* A program of a hook, with the dispatcher that calls it (io/bpf/policy_engine.h). */
struct policy_status_program {
	enum attach_means means;
	char target[128];
	/* the kernel's; 0: unknown. Of the dispatcher's copies the first is told of, and the cost of all. */
	uint32_t program_id, dispatcher_ids[POLICY_STATUS_COPIES_MAX];
	/* live: filled in when somebody asks */
	bool is_known;
	uint32_t instructions;           /* as the kernel has them, pieces included */
	uint64_t run_count, run_time_ns; /* of the first copy, of all; while kernel.bpf_stats_enabled is 1 */
	uint64_t turned_away;            /* calls that met the first dispatcher running on their CPU */
	uint64_t memory_bytes;           /* of program and dispatchers */
};

struct policy_status_hook {
	char *path;            /* "spec.kprobes[0]" */
	char *name;            /* function, LSM hook, subsystem/event, or "list:NAME" */
	size_t function_count; /* of a list that one program serves; else 1 */
	bool is_skipped;
	size_t program_count, map_count;
	struct policy_status_program programs[PLAN_PROGRAMS_MAX];
	uint32_t *map_ids;  /* of its value sets, and of its dispatchers' program arrays; 0: unknown */
	uint64_t map_bytes; /* live */
};

struct policy_status {
	uint64_t id;            /* from 1, in the order in which policies came */
	char *name, *namespace; /* namespace: NULL: of the cluster */
	char *file;
	uint64_t content; /* hash of what `file` said when this became of it; 0: unknown */
	char *error;      /* what was wrong with it last; NULL: nothing */
	enum policy_state state;
	enum policy_mode mode;
	uint64_t generation;       /* 0: none runs */
	uint32_t slot;             /* of its counters; where generation is not 0 */
	uint64_t turned_away_gone; /* what hooks of earlier generations, which are no more, had turned away */
	size_t hook_count;
	struct policy_status_hook *hooks;
	/* live */
	struct wire_policy_counters counters;
	uint64_t missed; /* events for which the kernel let no program run */
	uint64_t memory_bytes;
	uint64_t run_count, run_time_ns; /* of its programs since they were loaded, while the kernel measures */
	bool is_measured;                /* `missed` and these are known */
};

size_t policy_status_function_count(const struct policy_status *status); /* of all hooks */
void policy_status_done(struct policy_status *status);                   /* accepts a zeroed struct */
/* Adds its hooks' live numbers up. */
void policy_status_sum(struct policy_status *status);
