// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_metrics.h"

#include "core/policy/hook_info.h"
#include "metrics_test.h"

#define TEXT(literal) ((char *)(literal)) /* the struct would own it, and nobody frees it here */

static void count(struct event_series *series, const char *binary, enum event_type type, const struct hook_info *hook)
{
	struct image image = {.binary = {binary, strlen(binary)}};
	struct process process = {.image = &image};
	const struct event event = {.type = type, .process = &process, .hook = hook};

	event_series_count(series, &event);
}

static void test_hooks(void)
{
	static const char *const lines[] = {
		"trigon_events_total{type=\"PROCESS_EXEC\",namespace=\"\",workload=\"\",pod=\"\",binary=\"/bin/"
		"\\\"a\\\"\",node_name=\"n1\"} 1",
		"trigon_policy_events_total{policy=\"p\",hook=\"kprobe:tcp_close\",namespace=\"\",workload=\"\",pod="
		"\"\",binary=\"/bin/b\","
		"node_name=\"n1\"} 1",
		"trigon_policy_events_total{policy=\"p\",hook=\"lsm:bprm_check_security\",namespace=\"\",workload=\"\","
		"pod=\"\",binary=\"/bin/b\","
		"node_name=\"n1\"} 1",
		"trigon_policy_events_total{policy=\"p\",hook=\"tracepoint:syscalls/sys_enter_chroot\","
		"namespace=\"\",workload=\"\",pod=\"\",binary=\"/bin/b\",node_name=\"n1\"} 1",
		"trigon_syscalls_total{syscall=\"chroot\",namespace=\"\",workload=\"\",pod=\"\",binary=\"/bin/"
		"b\",node_name=\"n1\"} 1",
		"trigon_event_metrics_overflow_total{metric=\"events\"} 0",
		NULL,
	};
	const struct hook_info kprobe = {.policy_name = TEXT("p"), .function_name = TEXT("tcp_close")};
	const struct hook_info lsm = {.policy_name = TEXT("p"), .function_name = TEXT("bprm_check_security")};
	const struct hook_info tracepoint = {
		.policy_name = TEXT("p"), .subsystem = TEXT("syscalls"), .event = TEXT("sys_enter_chroot")};
	struct event_series *series = event_series_new(EVENT_SERIES_BINARY);

	count(series, "/bin/\"a\"", EVENT_PROCESS_EXEC, NULL);
	count(series, "/bin/b", EVENT_PROCESS_KPROBE, &kprobe);
	count(series, "/bin/b", EVENT_PROCESS_LSM, &lsm);
	count(series, "/bin/b", EVENT_PROCESS_TRACEPOINT, &tracepoint);
	begin();
	event_metrics_add(&text, series, "n1");
	check_lines(lines);
	check_form();
	event_series_free(series);
}

int main(void)
{
	RUN(test_hooks);
	return test_end();
}
