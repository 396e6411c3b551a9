/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Prometheus is told of an agent. A name is Tetragon's with another prefix where the thing is the same
 * (events.md, section 16).
 */
#include "core/encode/shared_metrics.h"
#include "core/event/event.h"
#include "core/kube/pod_wait.h"
#include "core/kube/scope_table.h"
#include "core/policy/status.h"
#include "core/process/cache.h"
#include "core/stream/event_hub.h"
#include "wire.h"

#define AGENT_METRICS_LOG_CAUSES_MAX 8
#define AGENT_METRICS_WATCHES_MAX 8

/* The numbers of one moment; all of them count from the start, but for those of what there is now. */
struct agent_metrics {
	const char *node_name;
	uint64_t events[EVENT_TYPE_COUNT];
	bool has_series;                   /* events are told apart further: event_metrics.h */
	uint64_t flags[32];                /* exec events with each flag, by its bit */
	uint64_t records[WIRE_TYPE_MAX];   /* that were understood */
	uint64_t filtered;                 /* of them: kept back by filters */
	uint64_t rate_limited;             /* and by --export-rate-limit */
	uint64_t received;                 /* records out of the ring */
	uint64_t lost[WIRE_TYPE_MAX];      /* records for which the ring had no room */
	uint64_t throttled[WIRE_TYPE_MAX]; /* events that --cgroup-rate suppressed */
	uint64_t throttles_ended;          /* of those that began */
	uint64_t missed[WIRE_TYPE_MAX];    /* events for which the kernel let no program run */
	/* records that were received and came to nothing */
	uint64_t bad_records, out_of_memory, unknown_hooks, mismatched_hooks;
	uint64_t unknown_processes, unknown_parents;
	struct process_cache_stats cache;
	uint64_t cache_capacity;

	bool has_log;
	uint64_t log_lines, log_bytes;
	uint64_t log_written_wall_ns; /* when the last of these; 0: never */
	struct {
		const char *name; /* NULL: no more */
		uint64_t lines;
	} log_lost[AGENT_METRICS_LOG_CAUSES_MAX];

	struct event_hub_stats readers;

	bool has_cluster; /* what follows is known */
	uint64_t pods, deleted_pods_evicted;
	struct pod_wait_stats wait;
	uint64_t api_answers[METRICS_ANSWERS_COUNT]; /* as in struct kube_client_stats */
	struct {
		const char *resource; /* NULL: no more */
		uint64_t objects, skipped, failures;
	} watches[AGENT_METRICS_WATCHES_MAX];
};

void agent_metrics_add(struct metrics_text *text, const struct agent_metrics *metrics);
/* `counts`: policies by state. */
void agent_metrics_add_policy_states(struct metrics_text *text, const uint64_t counts[POLICY_STATE_COUNT]);

/* Which cgroups policies with a namespace or selectors are for. */
void agent_metrics_add_scopes(struct metrics_text *text, const struct scope_stats *scopes);

/* Families with a sample of each policy, which is why they come last. */
enum agent_metrics_policy {
	AGENT_METRICS_POLICY_EVENTS,
	AGENT_METRICS_POLICY_LOST,
	AGENT_METRICS_POLICY_SUPPRESSED,
	AGENT_METRICS_POLICY_SIGNALS,
	AGENT_METRICS_POLICY_OVERRIDES,
	/* these are known where the agent may ask the kernel */
	AGENT_METRICS_POLICY_MISSED,
	AGENT_METRICS_POLICY_MEMORY,
	/* and these while it measures: kernel.bpf_stats_enabled */
	AGENT_METRICS_POLICY_RUNS,
	AGENT_METRICS_POLICY_SECONDS,
	AGENT_METRICS_POLICY_COUNT,
};

void agent_metrics_begin_policies(struct metrics_text *text, enum agent_metrics_policy which);
/* Nothing of a policy that does not run, or of which this is not known. `source` ("file", "cluster") tells two of one
 * name apart. */
void agent_metrics_add_policy(struct metrics_text *text, enum agent_metrics_policy which,
			      const struct policy_status *status, const char *source);
