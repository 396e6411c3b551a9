// SPDX-License-Identifier: Apache-2.0
#include "core/encode/operator_metrics.h"

#include "base/util.h"
#include "metrics_test.h"

static struct operator_metrics make_metrics(void)
{
	return (struct operator_metrics){
		.leads = true,
		.sums = {.nodes = 1,
			 .reports = 2,
			 .policies = 3,
			 .labels = 4,
			 .silent = 5,
			 .texts = 6,
			 .text_bytes = 7,
			 .refused = 8},
		.statuses = {.queue = 9, .computed = 10, .written = 11, .bytes = 12, .failures = 13, .retries = 14},
		.networks = {.written = 23, .failures = 24},
		.api_answers = {15, 0, 16},
		.watches = {{"nodes", true, 17, 18, 19}, {"tracingnodes", false, 20, 21, 22}},
	};
}

static void test_leader(void)
{
	static const char *const lines[] = {
		"trigon_operator_build_info{version=\"1.2\",commit=\"abc\"} 1",
		"trigon_operator_leader 1",
		"trigon_operator_nodes 1",
		"trigon_operator_policy_reports 2",
		"trigon_operator_policies 3",
		"trigon_operator_node_labels 4",
		"trigon_operator_nodes_silent 5",
		"trigon_operator_texts 6",
		"trigon_operator_text_bytes 7",
		"trigon_operator_refused_total 8",
		"trigon_operator_status_queue 9",
		"trigon_operator_status_sums_total 10",
		"trigon_operator_status_writes_total 11",
		"trigon_operator_status_written_bytes_total 12",
		"trigon_operator_status_failures_total 13",
		"trigon_operator_status_retries_total 14",
		"trigon_operator_network_writes_total 23",
		"trigon_operator_network_failures_total 24",
		"trigon_operator_kube_client_requests_total{code=\"none\"} 15",
		"trigon_operator_kube_client_requests_total{code=\"2xx\"} 16",
		"trigon_operator_watch_synced{resource=\"nodes\"} 1",
		"trigon_operator_watch_objects_total{resource=\"nodes\"} 17",
		"trigon_operator_watch_skipped_total{resource=\"nodes\"} 18",
		"trigon_operator_watch_failures_total{resource=\"nodes\"} 19",
		"trigon_operator_watch_synced{resource=\"tracingnodes\"} 0",
		"trigon_operator_watch_failures_total{resource=\"tracingnodes\"} 22",
		NULL,
	};
	const struct operator_metrics metrics = make_metrics();

	begin();
	metrics_add_build(&text, "trigon_operator_build_info", "1.2", "abc");
	operator_metrics_add(&text, &metrics);
	check_lines(lines);
	check_form();
	CHECK_EQ(text.left_out, 0);
}

/* Another replica writes: what this one would have to write is no queue. */
static void test_follower(void)
{
	static const char *const lines[] = {
		"trigon_operator_leader 0",
		"trigon_operator_status_queue 0",
		"trigon_operator_policies 3",
		NULL,
	};
	struct operator_metrics metrics = make_metrics();

	metrics.leads = false;
	begin();
	operator_metrics_add(&text, &metrics);
	check_lines(lines);
	check_form();
}

static void test_process(void)
{
	static const char *const lines[] = {
		"process_cpu_seconds_total 1.000000002",
		"process_start_time_seconds 3.000000000",
		"process_resident_memory_bytes 4",
		"process_open_fds 6",
		"process_max_fds 7",
		NULL,
	};
	const struct metrics_process process = {
		.cpu_ns = 1000000002,
		.started_wall_ns = 3000000000,
		.resident_bytes = 4,
		.open_fds = 6,
		.max_fds = 7,
	};

	begin();
	metrics_add_process(&text, &process);
	check_lines(lines);
	check_form();
	CHECK(!strstr(written(), "process_virtual_memory_bytes")); /* not known */
}

int main(void)
{
	RUN(test_process);
	RUN(test_leader);
	RUN(test_follower);
	return test_end();
}
