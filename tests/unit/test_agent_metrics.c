// SPDX-License-Identifier: Apache-2.0
#include "core/encode/agent_metrics.h"

#include "base/util.h"
#include "metrics_test.h"

#define TEXT(literal) ((char *)(literal)) /* the struct would own it, and nobody frees it here */

static struct agent_metrics make_metrics(void)
{
	return (struct agent_metrics){
		.node_name = "n1",
		.events = {[EVENT_PROCESS_EXEC] = 1, [EVENT_PROCESS_TRACEPOINT] = 26, [EVENT_PROCESS_LOADER] = 2},
		.flags = {[2] = 27},
		.records = {[WIRE_EXEC] = 28, [WIRE_LOADER] = 29, [WIRE_THROTTLE] = 36},
		.filtered = 98,
		.rate_limited = 97,
		.received = 3,
		.lost = {[WIRE_EXEC] = 4, [WIRE_LOADER] = 5},
		.missed = {[WIRE_FORK] = 6, [WIRE_HOOK] = 99},
		.throttled = {[WIRE_EXIT] = 37, [WIRE_HOOK] = 99},
		.throttles_ended = 38,
		.bad_records = 7,
		.out_of_memory = 8,
		.unknown_hooks = 9,
		.mismatched_hooks = 10,
		.unknown_processes = 11,
		.unknown_parents = 30,
		.cache = {.live = 12, .retired = 13, .evicted_live = 14, .evicted_retired = 15},
		.cache_capacity = 16,
		.log_lines = 17,
		.log_bytes = 18,
		.log_written_wall_ns = 31000000001,
		.log_lost = {{"closed pipe", 19}},
		.readers = {.readers = {{.sent = 31, .lost = 32, .filtered = 33}, {.sent = 1}},
			    .count = 2,
			    .gone = {.sent = 1, .lost = 2, .filtered = 3}},
		.pods = 20,
		.wait = {.held = 21, .incomplete = {[POD_WAIT_CAUSE_ROOM] = 22}, .waiting = 23},
		.deleted_pods_evicted = 32,
		.api_answers = {24, 0, 25},
		.watches = {{"pods", 33, 34, 35}},
	};
}

static void test_agent(void)
{
	static const char *const lines[] = {
		"trigon_build_info{version=\"1.2\",commit=\"abc\"} 1",
		"trigon_events_total{type=\"PROCESS_EXEC\",node_name=\"n1\"} 1",
		"trigon_events_total{type=\"PROCESS_EXIT\",node_name=\"n1\"} 0",
		"trigon_events_total{type=\"PROCESS_LOADER\",node_name=\"n1\"} 2",
		"trigon_flags_total{type=\"errorEnvs\"} 27",
		"trigon_flags_total{type=\"unknown\"} 0",
		"trigon_msg_op_total{msg_op=\"5\"} 28",
		"trigon_msg_op_total{msg_op=\"14\"} 26",
		"trigon_msg_op_total{msg_op=\"26\"} 29",
		"trigon_bpf_missed_events_total{msg_op=\"5\",error=\"ENOSPC\"} 4",
		"trigon_bpf_missed_events_total{msg_op=\"hook\",error=\"ENOSPC\"} 0",
		"trigon_observer_ringbuf_events_lost_total 9",
		"trigon_process_cache_misses_total{operation=\"get\"} 41",
		"trigon_process_cache_evictions_total 29",
		"trigon_events_filtered_total 98",
		"trigon_events_missing_process_info_total 11",
		"trigon_observer_ringbuf_events_received_total 3",
		"trigon_records_lost_total{stage=\"ring\",type=\"exec\"} 4",
		"trigon_records_lost_total{stage=\"ring\",type=\"cgroup\"} 0",
		"trigon_records_lost_total{stage=\"ring\",type=\"loader\"} 5",
		"trigon_records_lost_total{stage=\"preempted\",type=\"fork\"} 6",
		"trigon_records_lost_total{stage=\"throttle\",type=\"exec\"} 0",
		"trigon_records_lost_total{stage=\"throttle\",type=\"exit\"} 37",
		"trigon_msg_op_total{msg_op=\"27\"} 36",
		"trigon_cgroup_rate_total{type=\"throttle_start\"} 36",
		"trigon_cgroup_rate_total{type=\"throttle_stop\"} 38",
		"trigon_records_lost_total{stage=\"unreadable\",type=\"unknown\"} 7",
		"trigon_records_lost_total{stage=\"memory\",type=\"unknown\"} 8",
		"trigon_records_lost_total{stage=\"unknown_hook\",type=\"hook\"} 9",
		"trigon_records_lost_total{stage=\"mismatched_hook\",type=\"hook\"} 10",
		"trigon_process_cache_size 25",
		"trigon_process_cache_capacity 16",
		"trigon_process_cache_capacity_evictions_total{process=\"running\"} 14",
		"trigon_process_cache_capacity_evictions_total{process=\"ended\"} 15",
		NULL,
	};
	struct agent_metrics metrics = make_metrics();

	begin();
	metrics_add_build(&text, "trigon_build_info", "1.2", "abc");
	agent_metrics_add(&text, &metrics);
	check_lines(lines);
	check_form();
	CHECK(!strstr(written(), "stage=\"preempted\",type=\"hook\"")); /* not known here */
	CHECK(!strstr(written(), "export"));                            /* there is no log */
	CHECK(!strstr(written(), "pod"));                               /* nor a cluster */
	CHECK(strstr(written(), "trigon_events_total"));
	metrics.has_series = true;
	begin();
	agent_metrics_add(&text, &metrics);
	CHECK(!strstr(written(), "trigon_events_total")); /* told elsewhere */
}

static void test_log_and_cluster(void)
{
	static const char *const lines[] = {
		"trigon_export_ratelimit_events_dropped_total 97",
		"trigon_events_exported_total 17",
		"trigon_events_exported_bytes_total 18",
		"trigon_events_last_exported_timestamp 31.000000001",
		"trigon_events_export_lost_total{reason=\"closed pipe\"} 19",
		"trigon_stream_readers 2",
		"trigon_stream_events_total{result=\"sent\"} 33",
		"trigon_stream_events_total{result=\"filtered\"} 36",
		"trigon_stream_events_total{result=\"lost\"} 34",
		"trigon_pods 20",
		"trigon_event_cache_entries 23",
		"trigon_event_cache_inserts_total 21",
		"trigon_event_cache_fetch_failures_total{entry_type=\"pod_info\",reason=\"timeout\"} 0",
		"trigon_event_cache_fetch_failures_total{entry_type=\"pod_info\",reason=\"no_room\"} 22",
		"trigon_watcher_events_total{watcher=\"pods\"} 33",
		"trigon_watcher_errors_total{watcher=\"pods\",error=\"object_skipped\"} 34",
		"trigon_watcher_errors_total{watcher=\"pods\",error=\"request_failed\"} 35",
		"trigon_watcher_delete_pod_cache_evictions_total 32",
		"trigon_kube_client_requests_total{code=\"none\"} 24",
		"trigon_kube_client_requests_total{code=\"2xx\"} 25",
		"trigon_kube_client_requests_total{code=\"5xx\"} 0",
		NULL,
	};
	struct agent_metrics metrics = make_metrics();

	metrics.has_log = metrics.has_cluster = true;
	begin();
	agent_metrics_add(&text, &metrics);
	check_lines(lines);
	check_form();
}

static void test_policies(void)
{
	static const char *const lines[] = {
		"trigon_tracingpolicy_loaded{state=\"enabled\"} 2",
		"trigon_tracingpolicy_loaded{state=\"load_error\"} 0",
		"trigon_policy_events_sent_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 5",
		"trigon_policy_events_sent_total{policy=\"a\\\"\",policy_namespace=\"n\",source=\"cluster\"} 5",
		"trigon_policy_events_lost_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 6",
		"trigon_policy_events_suppressed_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 7",
		"trigon_policy_signals_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 8",
		"trigon_policy_overrides_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 9",
		"trigon_missed_prog_probes_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 10",
		"trigon_tracingpolicy_kernel_memory_bytes{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 11",
		"trigon_overhead_program_runs_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} 12",
		"trigon_overhead_program_seconds_total{policy=\"a\\\"\",policy_namespace=\"\",source=\"file\"} "
		"1.300000000",
		NULL,
	};
	const uint64_t states[POLICY_STATE_COUNT] = {[POLICY_STATE_ENABLED] = 2, [POLICY_STATE_ERROR] = 1};
	struct policy_status status = {
		.name = TEXT("a\""),
		.generation = 1,
		.counters = {.events = 5, .lost = 6, .suppressed = 7, .signals = 8, .overrides = 9},
		.missed = 10,
		.memory_bytes = 11,
		.run_count = 12,
		.run_time_ns = 1300000000,
		.is_measured = true,
	};

	begin();
	agent_metrics_add_policy_states(&text, states);
	for (int i = 0; i < AGENT_METRICS_POLICY_COUNT; i++) {
		agent_metrics_begin_policies(&text, (enum agent_metrics_policy)i);
		status.namespace = NULL;
		agent_metrics_add_policy(&text, (enum agent_metrics_policy)i, &status, "file");
		status.namespace = TEXT("n");
		agent_metrics_add_policy(&text, (enum agent_metrics_policy)i, &status, "cluster");
	}
	check_lines(lines);
	check_form();
}

static void test_scopes(void)
{
	static const char *const lines[] = {
		"trigon_policy_scope_cgroups 1",
		"trigon_policy_scope_cgroups_capacity 2",
		"trigon_policy_scope_cgroups_undecided 3",
		"trigon_policy_scope_cgroups_missing 4",
		"trigon_policy_scope_cgroups_refused_total{cgroup=\"container\"} 5",
		"trigon_policy_scope_cgroups_refused_total{cgroup=\"inside\"} 6",
		"trigon_policy_scope_errors_total{error=\"not_told\"} 7",
		"trigon_policy_scope_errors_total{error=\"not_taken\"} 8",
		"trigon_policy_scope_containers_total 9",
		"trigon_policy_scope_gap_seconds_total 1.000085000",
		"trigon_policy_scope_gap_max_seconds 0.000085000",
		NULL,
	};
	const struct scope_stats scopes = {
		.table = {.cgroups = 1,
			  .undecided = 3,
			  .missing = 4,
			  .refused = 5,
			  .covered = 6,
			  .failed = 8,
			  .containers = 9,
			  .gap_sum_ns = 1000085000,
			  .gap_max_ns = 85000},
		.cgroups_max = 2,
		.lost = 7,
	};

	begin();
	agent_metrics_add_scopes(&text, &scopes);
	check_lines(lines);
	check_form();
}

static void test_policy_that_is_not_measured(void)
{
	const struct policy_status status = {.name = TEXT("a"), .generation = 1, .memory_bytes = 11};

	begin();
	agent_metrics_begin_policies(&text, AGENT_METRICS_POLICY_MEMORY);
	agent_metrics_add_policy(&text, AGENT_METRICS_POLICY_MEMORY, &status, "file");
	CHECK(!strstr(written(), "policy=\"a\""));
}

/* Of several files with one name one runs; the others would be the same series again. */
static void test_policy_that_does_not_run(void)
{
	const struct policy_status status = {.name = TEXT("a"), .counters = {.events = 5}};

	begin();
	agent_metrics_begin_policies(&text, AGENT_METRICS_POLICY_EVENTS);
	agent_metrics_add_policy(&text, AGENT_METRICS_POLICY_EVENTS, &status, "file");
	CHECK(!strstr(written(), "policy=\"a\""));
}

int main(void)
{
	RUN(test_agent);
	RUN(test_log_and_cluster);
	RUN(test_policies);
	RUN(test_scopes);
	RUN(test_policy_that_is_not_measured);
	RUN(test_policy_that_does_not_run);
	return test_end();
}
