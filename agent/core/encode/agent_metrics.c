// SPDX-License-Identifier: Apache-2.0
#include "core/encode/agent_metrics.h"

#include "base/util.h"
#include "core/encode/event_metrics.h"
#include "core/process/flags.h"

/* --- events */

static void add_event_types(struct metrics_text *text, const struct agent_metrics *metrics)
{
	metrics_text_family(text, "trigon_events_total", METRICS_COUNTER, "Events, by type.");
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
		const struct metrics_label labels[] = {metrics_label("type", event_metrics_type((enum event_type)i)),
						       metrics_label("node_name", metrics->node_name)};

		metrics_text_sample(text, labels, ARRAY_SIZE(labels), metrics->events[i]);
	}
}

static void add_events(struct metrics_text *text, const struct agent_metrics *metrics)
{
	if (!metrics->has_series)
		add_event_types(text, metrics);
	metrics_text_single(text, "trigon_events_filtered_total", METRICS_COUNTER, "Events that filters kept back.",
			    metrics->filtered);
	metrics_text_single(text, "trigon_events_missing_process_info_total", METRICS_COUNTER,
			    "Events of processes of whose start nothing is known.", metrics->unknown_processes);
	metrics_text_family(text, "trigon_flags_total", METRICS_COUNTER, "Exec events, by flag.");
	for (unsigned int i = 0; flags_name(i); i++)
		metrics_text_labelled(text, "type", flags_name(i), metrics->flags[i]);
}

/* --- records; numbers of messages are Tetragon's */

static void add_received(struct metrics_text *text, const struct agent_metrics *metrics)
{
	const struct {
		const char *op;
		uint64_t count;
	} messages[] = {
		{"5", metrics->records[WIRE_EXEC]},
		{"7", metrics->records[WIRE_EXIT]},
		{"13", metrics->events[EVENT_PROCESS_KPROBE]},
		{"14", metrics->events[EVENT_PROCESS_TRACEPOINT]},
		{"16", metrics->events[EVENT_PROCESS_LSM]},
		{"23", metrics->records[WIRE_FORK]},
		{"25", metrics->records[WIRE_CGROUP]},
		{"26", metrics->records[WIRE_LOADER]},
		{"27", metrics->records[WIRE_THROTTLE]},
	};

	metrics_text_single(text, "trigon_observer_ringbuf_events_received_total", METRICS_COUNTER,
			    "Records read from the ring buffer.", metrics->received);
	metrics_text_family(text, "trigon_msg_op_total", METRICS_COUNTER,
			    "Records of the kernel, by what they tell of: 5 exec, 7 exit, 13 kprobe, 14 tracepoint, "
			    "16 LSM hook, 23 fork, 25 cgroup, 26 mapping, 27 throttled cgroup.");
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		metrics_text_labelled(text, "msg_op", messages[i].op, messages[i].count);
}

/* The ring does not know of which kind a hook was. */
static void add_missed(struct metrics_text *text, const struct agent_metrics *metrics)
{
	static const struct {
		enum wire_type type;
		const char *op;
	} types[] = {
		{WIRE_EXEC, "5"},    {WIRE_EXIT, "7"},      {WIRE_FORK, "23"},   {WIRE_CGROUP, "25"},
		{WIRE_LOADER, "26"}, {WIRE_THROTTLE, "27"}, {WIRE_HOOK, "hook"},
	};
	uint64_t sum = 0;

	metrics_text_family(text, "trigon_bpf_missed_events_total", METRICS_COUNTER,
			    "Records for which the ring buffer had no room, by what they would have told of.");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct metrics_label labels[] = {metrics_label("msg_op", types[i].op),
						       metrics_label("error", "ENOSPC")};

		metrics_text_sample(text, labels, ARRAY_SIZE(labels), metrics->lost[types[i].type]);
		sum += metrics->lost[types[i].type];
	}
	metrics_text_single(text, "trigon_observer_ringbuf_events_lost_total", METRICS_COUNTER,
			    "Records for which the ring buffer had no room.", sum);
}

static void add_lost(struct metrics_text *text, const char *stage, const char *type, uint64_t count)
{
	const struct metrics_label labels[] = {metrics_label("stage", stage), metrics_label("type", type)};

	metrics_text_sample(text, labels, ARRAY_SIZE(labels), count);
}

static bool is_base(enum wire_type type)
{
	return type == WIRE_EXEC || type == WIRE_FORK || type == WIRE_EXIT;
}

static void add_losses(struct metrics_text *text, const struct agent_metrics *metrics)
{
	static const struct {
		enum wire_type type;
		const char *name;
	} types[] = {
		{WIRE_EXEC, "exec"}, {WIRE_FORK, "fork"},     {WIRE_EXIT, "exit"},         {WIRE_CGROUP, "cgroup"},
		{WIRE_HOOK, "hook"}, {WIRE_LOADER, "loader"}, {WIRE_THROTTLE, "throttle"},
	};

	metrics_text_family(text, "trigon_records_lost_total", METRICS_COUNTER,
			    "Records of the kernel that became no event, by where and of what. What policies lost for "
			    "want of memory is in trigon_policy_events_lost_total alone.");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		add_lost(text, "ring", types[i].name, metrics->lost[types[i].type]);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (is_base(types[i].type))
			add_lost(text, "preempted", types[i].name, metrics->missed[types[i].type]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (is_base(types[i].type))
			add_lost(text, "throttle", types[i].name, metrics->throttled[types[i].type]);
	}
	add_lost(text, "unreadable", "unknown", metrics->bad_records);
	add_lost(text, "memory", "unknown", metrics->out_of_memory);
	add_lost(text, "unknown_hook", "hook", metrics->unknown_hooks);
	add_lost(text, "mismatched_hook", "hook", metrics->mismatched_hooks);
}

static void add_throttles(struct metrics_text *text, const struct agent_metrics *metrics)
{
	metrics_text_family(text, "trigon_cgroup_rate_total", METRICS_COUNTER,
			    "How often --cgroup-rate began to throttle a cgroup, and ended it.");
	metrics_text_labelled(text, "type", "throttle_start", metrics->records[WIRE_THROTTLE]);
	metrics_text_labelled(text, "type", "throttle_stop", metrics->throttles_ended);
}

/* --- processes, log */

static void add_cache(struct metrics_text *text, const struct agent_metrics *metrics)
{
	const struct process_cache_stats *cache = &metrics->cache;

	metrics_text_single(text, "trigon_process_cache_size", METRICS_GAUGE,
			    "Processes that are remembered, those included that have just ended.",
			    cache->live + cache->retired);
	metrics_text_family(text, "trigon_process_cache_misses_total", METRICS_COUNTER,
			    "Processes that were looked for and not known, for an event or as a parent.");
	metrics_text_labelled(text, "operation", "get", metrics->unknown_processes + metrics->unknown_parents);
	metrics_text_single(text, "trigon_process_cache_evictions_total", METRICS_COUNTER,
			    "Processes that were forgotten for want of room.",
			    cache->evicted_live + cache->evicted_retired);
	metrics_text_single(text, "trigon_process_cache_capacity", METRICS_GAUGE, "How many there may be.",
			    metrics->cache_capacity);
	metrics_text_family(text, "trigon_process_cache_capacity_evictions_total", METRICS_COUNTER,
			    "Processes that were forgotten for want of room: still running, or just ended.");
	metrics_text_labelled(text, "process", "running", cache->evicted_live);
	metrics_text_labelled(text, "process", "ended", cache->evicted_retired);
}

static void add_log(struct metrics_text *text, const struct agent_metrics *metrics)
{
	if (!metrics->has_log)
		return;
	metrics_text_single(text, "trigon_events_exported_total", METRICS_COUNTER,
			    "Lines written to the log: events, and the records of its loss ledger.",
			    metrics->log_lines);
	metrics_text_single(text, "trigon_events_exported_bytes_total", METRICS_COUNTER, "Bytes written to the log.",
			    metrics->log_bytes);
	metrics_text_family(text, "trigon_events_last_exported_timestamp", METRICS_GAUGE,
			    "When a line was written to the log last, in seconds since 1970; 0: never.");
	metrics_text_seconds(text, NULL, 0, metrics->log_written_wall_ns);
	metrics_text_single(text, "trigon_export_ratelimit_events_dropped_total", METRICS_COUNTER,
			    "Events that the rate limit kept back.", metrics->rate_limited);
	metrics_text_family(text, "trigon_events_export_lost_total", METRICS_COUNTER,
			    "Events that could not be written to the log, by reason.");
	for (size_t i = 0; i < AGENT_METRICS_LOG_CAUSES_MAX && metrics->log_lost[i].name; i++)
		metrics_text_labelled(text, "reason", metrics->log_lost[i].name, metrics->log_lost[i].lines);
}

/* --- readers of events */

static void add_readers(struct metrics_text *text, const struct event_hub_stats *stats)
{
	struct event_reader_stats sum = stats->gone;

	for (size_t i = 0; i < stats->count; i++) {
		sum.sent += stats->readers[i].sent;
		sum.lost += stats->readers[i].lost;
		sum.filtered += stats->readers[i].filtered;
	}
	metrics_text_single(text, "trigon_stream_readers", METRICS_GAUGE, "Who reads events as they come.",
			    stats->count);
	metrics_text_family(
		text, "trigon_stream_events_total", METRICS_COUNTER,
		"Events for these readers, each counted for itself: sent, kept back by its filters, or lost "
		"since it was too slow.");
	metrics_text_labelled(text, "result", "sent", sum.sent);
	metrics_text_labelled(text, "result", "filtered", sum.filtered);
	metrics_text_labelled(text, "result", "lost", sum.lost);
}

/* --- the cluster */

static void add_wait(struct metrics_text *text, const struct pod_wait_stats *wait)
{
	static const char *const causes[POD_WAIT_CAUSE_COUNT] = {
		[POD_WAIT_CAUSE_TIME] = "timeout",
		[POD_WAIT_CAUSE_VAIN] = "not_waited_again",
		[POD_WAIT_CAUSE_ROOM] = "no_room",
		[POD_WAIT_CAUSE_END] = "agent_ended",
	};

	metrics_text_single(text, "trigon_event_cache_entries", METRICS_GAUGE,
			    "Events that wait for their container's name now.", wait->waiting);
	metrics_text_single(text, "trigon_event_cache_inserts_total", METRICS_COUNTER,
			    "Events that had to wait for their container's name.", wait->held);
	metrics_text_family(text, "trigon_event_cache_fetch_failures_total", METRICS_COUNTER,
			    "Events that went out without their container's name, by reason.");
	for (size_t i = 0; i < POD_WAIT_CAUSE_COUNT; i++) {
		const struct metrics_label labels[] = {metrics_label("entry_type", "pod_info"),
						       metrics_label("reason", causes[i])};

		metrics_text_sample(text, labels, ARRAY_SIZE(labels), wait->incomplete[i]);
	}
}

static void add_watch_error(struct metrics_text *text, const char *watcher, const char *error, uint64_t count)
{
	const struct metrics_label labels[] = {metrics_label("watcher", watcher), metrics_label("error", error)};

	metrics_text_sample(text, labels, ARRAY_SIZE(labels), count);
}

static void add_watches(struct metrics_text *text, const struct agent_metrics *metrics)
{
	size_t count = 0;

	while (count < AGENT_METRICS_WATCHES_MAX && metrics->watches[count].resource)
		count++;
	metrics_text_family(text, "trigon_watcher_events_total", METRICS_COUNTER,
			    "Objects of the API server that were listed, or have changed.");
	for (size_t i = 0; i < count; i++)
		metrics_text_labelled(text, "watcher", metrics->watches[i].resource, metrics->watches[i].objects);
	metrics_text_family(text, "trigon_watcher_errors_total", METRICS_COUNTER,
			    "Lists and watches that failed or broke off, and objects that could not be read or kept.");
	for (size_t i = 0; i < count; i++) {
		add_watch_error(text, metrics->watches[i].resource, "request_failed", metrics->watches[i].failures);
		add_watch_error(text, metrics->watches[i].resource, "object_skipped", metrics->watches[i].skipped);
	}
	metrics_text_single(text, "trigon_watcher_delete_pod_cache_evictions_total", METRICS_COUNTER,
			    "Deleted pods that were forgotten for want of room.", metrics->deleted_pods_evicted);
}

static void add_cluster(struct metrics_text *text, const struct agent_metrics *metrics)
{
	if (!metrics->has_cluster)
		return;
	metrics_text_single(text, "trigon_pods", METRICS_GAUGE, "Pods of this node that are known.", metrics->pods);
	add_wait(text, &metrics->wait);
	add_watches(text, metrics);
	metrics_add_requests(text, "trigon_kube_client_requests_total", metrics->api_answers);
}

void agent_metrics_add(struct metrics_text *text, const struct agent_metrics *metrics)
{
	add_events(text, metrics);
	add_received(text, metrics);
	add_missed(text, metrics);
	add_losses(text, metrics);
	add_throttles(text, metrics);
	add_cache(text, metrics);
	add_log(text, metrics);
	add_readers(text, &metrics->readers);
	add_cluster(text, metrics);
}

/* --- policies */

void agent_metrics_add_policy_states(struct metrics_text *text, const uint64_t counts[POLICY_STATE_COUNT])
{
	metrics_text_family(text, "trigon_tracingpolicy_loaded", METRICS_GAUGE, "Policies, by state.");
	for (size_t i = 0; i < POLICY_STATE_COUNT; i++)
		metrics_text_labelled(text, "state", policy_state_name((enum policy_state)i), counts[i]);
}

static void add_gap(struct metrics_text *text, const struct scope_table_stats *stats)
{
	metrics_text_single(text, "trigon_policy_scope_containers_total", METRICS_COUNTER,
			    "Containers that started, and of which it became known which policies are for them.",
			    stats->containers);
	metrics_text_family(text, "trigon_policy_scope_gap_seconds_total", METRICS_COUNTER,
			    "Time from their cgroups' beginning until that was known.");
	metrics_text_seconds(text, NULL, 0, stats->gap_sum_ns);
	metrics_text_family(text, "trigon_policy_scope_gap_max_seconds", METRICS_GAUGE,
			    "The longest of these times since the agent started.");
	metrics_text_seconds(text, NULL, 0, stats->gap_max_ns);
}

void agent_metrics_add_scopes(struct metrics_text *text, const struct scope_stats *scopes)
{
	const struct scope_table_stats *stats = &scopes->table;

	metrics_text_single(text, "trigon_policy_scope_cgroups", METRICS_GAUGE,
			    "Cgroups of pods, while a policy has a namespace or selectors.", stats->cgroups);
	metrics_text_single(text, "trigon_policy_scope_cgroups_capacity", METRICS_GAUGE,
			    "How many there may be; 0: no policy has any.", scopes->cgroups_max);
	metrics_text_single(text, "trigon_policy_scope_cgroups_undecided", METRICS_GAUGE,
			    "Those whose pod, or container's name, is not known yet.", stats->undecided);
	metrics_text_single(text, "trigon_policy_scope_cgroups_missing", METRICS_GAUGE,
			    "Cgroups of pods and containers without a place: they are taken for the host's.",
			    stats->missing);
	metrics_text_family(text, "trigon_policy_scope_cgroups_refused_total", METRICS_COUNTER,
			    "Cgroups for which there was no place: of pods and containers, which were taken for the "
			    "host's, and inside of containers, for which holds what does for these.");
	metrics_text_labelled(text, "cgroup", "container", stats->refused);
	metrics_text_labelled(text, "cgroup", "inside", stats->covered);
	metrics_text_family(text, "trigon_policy_scope_errors_total", METRICS_COUNTER,
			    "New cgroups that were not told of, and changes that the kernel did not take; all are "
			    "looked at again.");
	metrics_text_labelled(text, "error", "not_told", scopes->lost);
	metrics_text_labelled(text, "error", "not_taken", stats->failed);
	add_gap(text, stats);
}

void agent_metrics_begin_policies(struct metrics_text *text, enum agent_metrics_policy which)
{
	static const struct {
		const char *name, *help;
	} families[AGENT_METRICS_POLICY_COUNT] = {
		[AGENT_METRICS_POLICY_EVENTS] = {"trigon_policy_events_sent_total",
						 "Events that the kernel sent for a policy."},
		[AGENT_METRICS_POLICY_LOST] = {"trigon_policy_events_lost_total",
					       "Events of a policy for which there was no room in the ring, or no "
					       "memory in the kernel."},
		[AGENT_METRICS_POLICY_SUPPRESSED] = {"trigon_policy_events_suppressed_total",
						     "Events that a policy's rate limits kept back."},
		[AGENT_METRICS_POLICY_SIGNALS] = {"trigon_policy_signals_total", "Signals that a policy sent."},
		[AGENT_METRICS_POLICY_OVERRIDES] = {"trigon_policy_overrides_total",
						    "Calls whose result a policy replaced."},
		[AGENT_METRICS_POLICY_MISSED] = {"trigon_missed_prog_probes_total",
						 "Events for which the kernel let no program of the policy run."},
		[AGENT_METRICS_POLICY_MEMORY] = {"trigon_tracingpolicy_kernel_memory_bytes",
						 "Kernel memory of a policy's programs and maps."},
		[AGENT_METRICS_POLICY_RUNS] = {"trigon_overhead_program_runs_total",
					       "Runs of a policy's programs while kernel.bpf_stats_enabled is 1."},
		[AGENT_METRICS_POLICY_SECONDS] = {"trigon_overhead_program_seconds_total",
						  "Time in a policy's programs while kernel.bpf_stats_enabled is 1."},
	};

	metrics_text_family(text, families[which].name,
			    which == AGENT_METRICS_POLICY_MEMORY ? METRICS_GAUGE : METRICS_COUNTER,
			    families[which].help);
}

/* False: it is not known. */
static bool read_policy(const struct policy_status *status, enum agent_metrics_policy which, uint64_t *ret)
{
	const uint64_t counts[AGENT_METRICS_POLICY_COUNT] = {
		[AGENT_METRICS_POLICY_EVENTS] = status->counters.events,
		[AGENT_METRICS_POLICY_LOST] = status->counters.lost,
		[AGENT_METRICS_POLICY_SUPPRESSED] = status->counters.suppressed,
		[AGENT_METRICS_POLICY_SIGNALS] = status->counters.signals,
		[AGENT_METRICS_POLICY_OVERRIDES] = status->counters.overrides,
		[AGENT_METRICS_POLICY_MISSED] = status->missed,
		[AGENT_METRICS_POLICY_MEMORY] = status->memory_bytes,
		[AGENT_METRICS_POLICY_RUNS] = status->run_count,
		[AGENT_METRICS_POLICY_SECONDS] = status->run_time_ns,
	};

	*ret = counts[which];
	return status->generation && (which < AGENT_METRICS_POLICY_MISSED || status->is_measured);
}

void agent_metrics_add_policy(struct metrics_text *text, enum agent_metrics_policy which,
			      const struct policy_status *status, const char *source)
{
	const struct metrics_label labels[] = {
		metrics_label("policy", status->name),
		metrics_label("policy_namespace", status->namespace),
		metrics_label("source", source),
	};
	uint64_t value;

	if (!read_policy(status, which, &value))
		return;
	if (which == AGENT_METRICS_POLICY_SECONDS)
		metrics_text_seconds(text, labels, ARRAY_SIZE(labels), value);
	else
		metrics_text_sample(text, labels, ARRAY_SIZE(labels), value);
}
