// SPDX-License-Identifier: Apache-2.0
#include "core/encode/agent_metrics.h"

#include "base/util.h"

/* --- events and records */

static void add_events(struct metrics_text *text, const struct agent_metrics *metrics)
{
	static const char *const names[EVENT_TYPE_COUNT] = {
		[EVENT_PROCESS_EXEC] = "PROCESS_EXEC",     [EVENT_PROCESS_EXIT] = "PROCESS_EXIT",
		[EVENT_PROCESS_KPROBE] = "PROCESS_KPROBE", [EVENT_PROCESS_TRACEPOINT] = "PROCESS_TRACEPOINT",
		[EVENT_PROCESS_LSM] = "PROCESS_LSM",       [EVENT_PROCESS_LOADER] = "PROCESS_LOADER",
	};

	metrics_text_family(text, "trigon_events_total", METRICS_COUNTER, "Events, by type.");
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
		metrics_text_labelled(text, "type", names[i], metrics->events[i]);
	metrics_text_single(text, "trigon_events_filtered_total", METRICS_COUNTER, "Events that filters kept back.",
			    metrics->filtered);
	metrics_text_single(text, "trigon_events_missing_process_info_total", METRICS_COUNTER,
			    "Events of processes of whose start nothing is known.", metrics->unknown_processes);
	metrics_text_single(text, "trigon_observer_ringbuf_events_received_total", METRICS_COUNTER,
			    "Records read from the ring buffer.", metrics->received);
}

static void add_lost(struct metrics_text *text, const char *stage, const char *type, uint64_t count)
{
	const struct metrics_label labels[] = {metrics_label("stage", stage), metrics_label("type", type)};

	metrics_text_sample(text, labels, ARRAY_SIZE(labels), count);
}

static void add_losses(struct metrics_text *text, const struct agent_metrics *metrics)
{
	static const struct {
		enum wire_type type;
		const char *name;
	} types[] = {
		{WIRE_EXEC, "exec"},     {WIRE_FORK, "fork"}, {WIRE_EXIT, "exit"},
		{WIRE_CGROUP, "cgroup"}, {WIRE_HOOK, "hook"}, {WIRE_LOADER, "loader"},
	};

	metrics_text_family(text, "trigon_records_lost_total", METRICS_COUNTER,
			    "Records of the kernel that became no event, by where and of what. What policies lost for "
			    "want of memory is in trigon_policy_events_lost_total alone.");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		add_lost(text, "ring", types[i].name, metrics->lost[types[i].type]);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == WIRE_EXEC || types[i].type == WIRE_FORK || types[i].type == WIRE_EXIT)
			add_lost(text, "preempted", types[i].name, metrics->missed[types[i].type]);
	}
	add_lost(text, "unreadable", "unknown", metrics->bad_records);
	add_lost(text, "memory", "unknown", metrics->out_of_memory);
	add_lost(text, "unknown_hook", "hook", metrics->unknown_hooks);
	add_lost(text, "mismatched_hook", "hook", metrics->mismatched_hooks);
}

/* --- processes, log */

static void add_cache(struct metrics_text *text, const struct agent_metrics *metrics)
{
	const struct process_cache_stats *cache = &metrics->cache;

	metrics_text_single(text, "trigon_process_cache_size", METRICS_GAUGE,
			    "Processes that are remembered, those included that have just ended.",
			    cache->live + cache->retired);
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

static void add_cluster(struct metrics_text *text, const struct agent_metrics *metrics)
{
	if (!metrics->has_cluster)
		return;
	metrics_text_single(text, "trigon_pods", METRICS_GAUGE, "Pods of this node that are known.", metrics->pods);
	add_wait(text, &metrics->wait);
	metrics_add_requests(text, "trigon_kube_client_requests_total", metrics->api_answers);
}

void agent_metrics_add(struct metrics_text *text, const struct agent_metrics *metrics)
{
	add_events(text, metrics);
	add_losses(text, metrics);
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

void agent_metrics_begin_policies(struct metrics_text *text, enum agent_metrics_policy which)
{
	static const struct {
		const char *name, *help;
	} families[AGENT_METRICS_POLICY_COUNT] = {
		[AGENT_METRICS_POLICY_EVENTS] = {"trigon_policy_events_total", "Events of a policy."},
		[AGENT_METRICS_POLICY_LOST] = {"trigon_policy_events_lost_total",
					       "Events of a policy for which there was no room in the ring, or no "
					       "memory in the kernel."},
		[AGENT_METRICS_POLICY_SUPPRESSED] = {"trigon_policy_events_suppressed_total",
						     "Events that a policy's rate limits kept back."},
	};

	metrics_text_family(text, families[which].name, METRICS_COUNTER, families[which].help);
}

void agent_metrics_add_policy(struct metrics_text *text, enum agent_metrics_policy which,
			      const struct policy_status *status, const char *source)
{
	const struct metrics_label labels[] = {
		metrics_label("policy", status->name),
		metrics_label("policy_namespace", status->namespace),
		metrics_label("source", source),
	};
	const uint64_t counts[AGENT_METRICS_POLICY_COUNT] = {
		[AGENT_METRICS_POLICY_EVENTS] = status->counters.events,
		[AGENT_METRICS_POLICY_LOST] = status->counters.lost,
		[AGENT_METRICS_POLICY_SUPPRESSED] = status->counters.suppressed,
	};

	if (status->generation)
		metrics_text_sample(text, labels, ARRAY_SIZE(labels), counts[which]);
}
