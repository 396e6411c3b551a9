// SPDX-License-Identifier: Apache-2.0
#include "core/encode/agent_status.h"

#include "base/util.h"
#include "test.h"

static const struct agent_status nothing = {
	.version = "0.1.0",
	.commit = "abc",
	.node_name = "n\"1",
	.kernel = "6.1.0",
	.arch = "x86_64",
	.pid = 4711,
	.reason = {"not yet", 7},
	.resident_bytes = 7600000,
};

#define BEGIN(ready, reason) \
	"{\"version\":\"0.1.0\",\"commit\":\"abc\",\"node_name\":\"n\\\"1\",\"cluster_name\":\"\",\"pid\":4711," \
	"\"kernel\":\"6.1.0\",\"arch\":\"x86_64\",\"started\":\"1970-01-01T00:00:00Z\"," \
	"\"time\":\"1970-01-01T00:00:00Z\",\"ready\":" ready ",\"reason\":\"" reason "\","

static void check_status(const struct agent_status *status, const char *wanted)
{
	_cleanup_(buffer_done) struct buffer buffer = {0};

	CHECK_EQ(buffer_init(&buffer, 65536), 0);
	agent_status_append(&buffer, status);
	CHECK(!buffer.is_full);
	CHECK_BYTES(buffer.data, buffer.length, wanted);
}

/* What is not known yet is left out, and is not zero. */
static void test_no_facts(void)
{
	check_status(&nothing,
		     BEGIN("false", "not yet") "\"policies\":{},\"memory\":{\"resident_bytes\":\"7600000\"}}");
}

static void test_facts(void)
{
	struct agent_status status = nothing;

	status.reason = (struct bytes){0};
	status.has_facts = true;
	status.events[EVENT_PROCESS_EXEC] = 12;
	status.events[EVENT_PROCESS_LOADER] = 1;
	status.ledger.filtered = 3;
	status.ledger.waiting = 4;
	ledger_add_loss(&status.ledger, "ring", "exec", 5);
	status.policies[POLICY_STATE_LOAD_ERROR] = 2;
	status.processes_known = 6;
	status.processes_maximum = 7;
	status.readers.count = 1;
	status.readers.readers[0] = (struct event_reader_stats){.reader = 3, .sent = 4, .lost = 5, .filtered = 6};
	check_status(&status, BEGIN("true", "") "\"events\":{\"process_exec\":\"12\",\"process_loader\":\"1\"},"
						"\"filtered\":\"3\",\"rate_limited\":\"0\",\"waiting\":\"4\","
						"\"lost\":{\"ring\":{\"exec\":\"5\"}},\"policies\":{\"load_error\":2},"
						"\"processes\":{\"known\":6,\"maximum\":7},"
						"\"readers\":[{\"reader\":\"3\",\"since\":\"1970-01-01T00:00:00Z\","
						"\"sent\":\"4\",\"lost\":\"5\",\"filtered\":\"6\"}],"
						"\"memory\":{\"resident_bytes\":\"7600000\"}}");
}

static void test_log_and_cluster(void)
{
	struct agent_status status = nothing;

	status.has_facts = true;
	status.log_path = "/var/log/t";
	snprintf(status.ledger.session, sizeof(status.ledger.session), "%s", "0123456789abcdef");
	status.ledger.lines = 8;
	status.ledger.bytes = 9;
	status.has_cluster = true;
	status.pods = 10;
	check_status(&status,
		     BEGIN("false", "not yet") "\"events\":{},\"filtered\":\"0\",\"rate_limited\":\"0\","
					       "\"waiting\":\"0\",\"lost\":{},"
					       "\"log\":{\"session\":\"0123456789abcdef\",\"path\":\"/var/log/t\","
					       "\"lines\":\"8\",\"bytes\":\"9\"},\"policies\":{},"
					       "\"processes\":{\"known\":0,\"maximum\":0},"
					       "\"cluster\":{\"synced\":false,\"pods\":10},\"readers\":[],"
					       "\"memory\":{\"resident_bytes\":\"7600000\"}}");
}

static void test_scopes(void)
{
	struct agent_status status = nothing;

	status.scopes = (struct scope_stats){
		.table = {.cgroups = 1,
			  .undecided = 2,
			  .missing = 3,
			  .refused = 4,
			  .covered = 5,
			  .containers = 6,
			  .gap_max_ns = 7,
			  .gap_last_ns = 8},
		.cgroups_max = 9,
	};
	check_status(&status, BEGIN("false", "not yet") "\"policies\":{},\"scopes\":{\"cgroups\":1,\"maximum\":9,"
							"\"undecided\":2,\"missing\":3,\"refused\":\"4\","
							"\"covered\":\"5\",\"containers\":\"6\","
							"\"gap_max_ns\":\"7\",\"gap_last_ns\":\"8\"},"
							"\"memory\":{\"resident_bytes\":\"7600000\"}}");
}

int main(void)
{
	RUN(test_no_facts);
	RUN(test_facts);
	RUN(test_log_and_cluster);
	RUN(test_scopes);
	return test_end();
}
