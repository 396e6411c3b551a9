// SPDX-License-Identifier: Apache-2.0
#include "core/kube/node_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "test.h"

static struct buffer buffer;

static struct ledger ledger;

static const struct node_report head = {
	.node_name = "n1",
	.node_uid = "u",
	.kernel_release = "6.1",
	.kernel_machine = "x86_64",
	.kernel_lacks = "",
	.ledger = &ledger,
	.ready = 0,
	.wanted = 1,
	.now_ns = 3000 * CLOCK_NS_PER_SECOND + 500000000,
	.ready_since_ns = 1000 * CLOCK_NS_PER_SECOND,
	.degraded_since_ns = 2000 * CLOCK_NS_PER_SECOND,
};

static void write_report(const struct policy_status *status, bool is_loading, struct node_report_form form)
{
	const struct node_report_policy policy = {
		.status = status, .uid = "p", .generation = 4, .is_loading = is_loading};

	buffer_reset(&buffer);
	node_report_begin(&buffer, &head);
	node_report_add(&buffer, &policy, form);
	node_report_end(&buffer, &head, form);
}

#define BEGIN \
	"{\"apiVersion\":\"trigon.dev/v1alpha1\",\"kind\":\"TracingNode\",\"metadata\":{\"name\":\"n1\"," \
	"\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"u\"}]},\"status\":{" \
	"\"nodeName\":\"n1\",\"agentVersion\":\"" TRIGON_VERSION "\",\"kernel\":{\"release\":\"6.1\",\"machine\":" \
	"\"x86_64\"},\"policies\":["
#define END \
	"\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"1970-01-01T00:16:40Z\"," \
	"\"reason\":\"AgentRuns\",\"message\":\"the node is observed\"},{\"type\":\"Degraded\",\"status\":\"True\"," \
	"\"lastTransitionTime\":\"1970-01-01T00:33:20Z\",\"reason\":\"PoliciesNotReady\",\"message\":\"policies of " \
	"the " \
	"cluster do not run here as they are\"}]}}"
#define DROPS \
	"\"drops\":[{\"cause\":\"ring\",\"count\":3},{\"cause\":\"log\",\"count\":9}],\"reportedAt\":\"1970-01-01T00:" \
	"50:00.500Z\","

static void test_forms(void)
{
	struct policy_status_hook hooks[] = {
		{.program_count = 2, .programs = {{.means = ATTACH_KPROBE}, {.means = ATTACH_KRETPROBE}}},
		{.program_count = 1, .programs = {{.means = ATTACH_KPROBE, .run_time_ns = 9}}},
		{.is_skipped = true},
	};
	char name[] = "p", namespace[] = "team", error[] = "wrong";
	struct policy_status status = {
		.name = name,
		.namespace = namespace,
		.error = error,
		.state = POLICY_STATE_ERROR,
		.generation = 7, /* the agent's own count, which is nobody's business */
		.hooks = hooks,
		.hook_count = 3,
		.counters = {.events = 5, .lost = 1},
		.memory_bytes = 4096,
		.is_measured = true,
	};

#define POLICY "{\"namespace\":\"team\",\"name\":\"p\",\"uid\":\"p\",\"generation\":4,"
#define ATTACHED \
	"\"attached\":[{\"means\":\"kprobe\",\"hooks\":2},{\"means\":\"kretprobe\",\"hooks\":1}],\"skippedHooks\":1"
#define COUNTERS ",\"events\":5,\"lost\":1,\"kernelMemoryBytes\":4096,\"runTimeNanoseconds\":9"
	write_report(&status, false, (struct node_report_form){.has_counters = true});
	CHECK_BYTES(buffer.data, buffer.length,
		    BEGIN POLICY
		    "\"state\":\"error\",\"reason\":\"NotChanged\",\"error\":\"wrong\",\"mode\":\"enforce\"," ATTACHED
			    COUNTERS "}],\"policiesReady\":\"0/1\"," DROPS END);
	write_report(&status, true, (struct node_report_form){0});
	CHECK_BYTES(buffer.data, buffer.length,
		    BEGIN POLICY "\"state\":\"loading\",\"mode\":\"enforce\"," ATTACHED
				 "}],\"policiesReady\":\"0/1\"," END);
	write_report(&status, true, (struct node_report_form){.is_brief = true});
	CHECK_BYTES(buffer.data, buffer.length,
		    BEGIN POLICY "\"state\":\"loading\",\"mode\":\"enforce\"}],\"policiesReady\":\"0/1\"," END);
	status.state = POLICY_STATE_LOAD_ERROR;
	status.generation = 0;
	write_report(&status, false, (struct node_report_form){.has_counters = true});
	CHECK_BYTES(buffer.data, buffer.length,
		    BEGIN POLICY
		    "\"state\":\"load_error\",\"reason\":\"NotLoaded\",\"error\":\"wrong\"}],\"policiesReady\":"
		    "\"0/1\"," DROPS END);
	status.state = POLICY_STATE_SKIPPED; /* which is no error */
	status.error = NULL;
	write_report(&status, false, (struct node_report_form){0});
	CHECK_BYTES(buffer.data, buffer.length, BEGIN POLICY "\"state\":\"skipped\"}],\"policiesReady\":\"0/1\"," END);
}

static void test_stopped(void)
{
	struct node_report stopped = head;

	stopped.state = NODE_REPORT_STOPPED;
	buffer_reset(&buffer);
	node_report_end(&buffer, &stopped, (struct node_report_form){0});
	buffer_append_byte(&buffer, '\0');
	CHECK(strstr(buffer.data, "{\"type\":\"Ready\",\"status\":\"False\",\"lastTransitionTime\":"
				  "\"1970-01-01T00:16:40Z\",\"reason\":\"AgentStopped\","));
}

static void test_trouble(void)
{
	static const struct {
		enum node_report_state state;
		const char *reason;
	} cases[] = {
		{NODE_REPORT_MISSES_RIGHT, "RightMissing"},
		{NODE_REPORT_MISSES_KIND, "KindMissing"},
		{NODE_REPORT_MISSES_LIST, "NotListed"},
	};
	struct node_report report = head;
	char wanted[256];

	report.trouble = "pods: not \"yours\"";
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		report.state = cases[i].state;
		snprintf(wanted, sizeof(wanted),
			 "{\"type\":\"Ready\",\"status\":\"False\",\"lastTransitionTime\":\"1970-01-01T00:16:40Z\","
			 "\"reason\":\"%s\",\"message\":\"pods: not \\\"yours\\\"\"}",
			 cases[i].reason);
		buffer_reset(&buffer);
		node_report_end(&buffer, &report, (struct node_report_form){0});
		buffer_append_byte(&buffer, '\0');
		CHECK(strstr(buffer.data, wanted));
	}
}

static void test_kernel(void)
{
	struct node_report report = head;

	report.kernel_lacks = "LSM programs: \"bpf\"";
	buffer_reset(&buffer);
	node_report_begin(&buffer, &report);
	buffer_append_byte(&buffer, '\0');
	CHECK(strstr(buffer.data, "\"machine\":\"x86_64\",\"lacks\":\"LSM programs: \\\"bpf\\\"\"}"));
}

/* In brief, what 1,024 policies with the longest names and errors come to has room. */
static void test_brief_fits(void)
{
	char name[254], namespace[64], error[5000], uid[] = "0ece7c9c-9eea-4f72-8e5c-2211a146468f";
	struct policy_status status = {.name = name,
				       .namespace = namespace,
				       .error = error,
				       .state = POLICY_STATE_ERROR,
				       .generation = 1,
				       .counters = {.events = UINT64_MAX, .lost = UINT64_MAX},
				       .memory_bytes = UINT64_MAX,
				       .is_measured = true};
	const struct node_report_policy policy = {.status = &status, .uid = uid, .generation = INT64_MAX};
	const struct node_report_form form = {.is_brief = true, .has_counters = true};

	memset(name, 'n', sizeof(name) - 1);
	memset(namespace, 'n', sizeof(namespace) - 1);
	memset(error, '"', sizeof(error) - 1);
	name[sizeof(name) - 1] = namespace[sizeof(namespace) - 1] = error[sizeof(error) - 1] = '\0';
	buffer_reset(&buffer);
	node_report_begin(&buffer, &head);
	for (int i = 0; i < 1024; i++)
		node_report_add(&buffer, &policy, form);
	node_report_end(&buffer, &head, form);
	CHECK(!buffer.is_full);
	CHECK(buffer.length > 512 << 10);
}

int main(void)
{
	buffer_init(&buffer, NODE_REPORT_MAX);
	ledger_add_loss(&ledger, "ring", "exec", 1);
	ledger_add_loss(&ledger, "ring", "hook", 2);
	ledger_add_loss(&ledger, "decoder", "unreadable", 0);
	ledger_add_loss(&ledger, "log", "write_error", 9);
	RUN(test_forms);
	RUN(test_stopped);
	RUN(test_trouble);
	RUN(test_kernel);
	RUN(test_brief_fits);
	buffer_done(&buffer);
	return test_end();
}
