// SPDX-License-Identifier: Apache-2.0
#include "io/kube/sum_handler.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "send_object.h"

static struct policy_sums *sums;
static struct sum_handlers *handlers;
static uint64_t now_ns;

static uint64_t test_now(void)
{
	return now_ns;
}

static void begin(void)
{
	now_ns = 1000 * CLOCK_NS_PER_SECOND;
	sums = policy_sums_new();
	handlers = sum_handlers_new(sums, test_now);
}

static void end(void)
{
	sum_handlers_free(handlers);
	policy_sums_free(sums);
}

static int send(enum policy_sum_kind kind, enum kube_change change, const char *text)
{
	return send_object(sum_handler(handlers, kind), change, text);
}

static void put(enum policy_sum_kind kind, const char *text)
{
	CHECK_EQ(send(kind, KUBE_CHANGE_PUT, text), 0);
}

static struct policy_sum sum_up(void)
{
	struct policy_sum sum;

	policy_sums_compute(sums, policy_sums_find(sums, "", "p"), &sum);
	return sum;
}

/* `rest` is behind its generation. */
#define POLICY(rest) "{\"metadata\":{\"name\":\"p\",\"uid\":\"u\",\"generation\":" rest "}"

#define REPORT(name, extra, at) \
	"{\"metadata\":{\"name\":\"" name "\"" extra "},\"status\":{" at \
	"\"policies\":[{\"name\":\"p\",\"uid\":\"u\"," \
	"\"generation\":1,\"state\":\"enabled\"}]}}"

#define NODE(name, labels, ready) \
	"{\"metadata\":{\"name\":\"" name "\",\"labels\":" labels "},\"status\":{\"conditions\":[{\"type\":" \
	"\"DiskPressure\",\"status\":\"False\"}" ready "]}}"

static void test_selectors(void)
{
	static const struct {
		const char *text;
		size_t desired;
	} cases[] = {
		{POLICY("1,\"labels\":{}},\"spec\":{}"), 2},
		{POLICY("2},\"spec\":{\"nodeSelector\":null}"), 2},
		{POLICY("3},\"spec\":{\"nodeSelector\":{}}"), 2},
		{POLICY("4},\"spec\":{\"nodeSelector\":{\"matchLabels\":{\"zone\":\"a\"}}}"), 1},
		{POLICY("5},\"spec\":{\"nodeSelector\":{\"matchLabels\":{\"zone\":\"a\",\"x\":\"y\"}}}"), 0},
		{POLICY("6},\"spec\":{\"nodeSelector\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"NotIn\","
			"\"values\":[\"c\",\"a\"]}]}}"),
		 1},
		{POLICY("7},\"spec\":{\"nodeSelector\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":"
			"\"DoesNotExist\"}]}}"),
		 0},
		/* what is no selector is known to the nodes */
		{POLICY("8},\"spec\":{\"nodeSelector\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":"
			"\"In\"}]}}"),
		 2},
		{POLICY("9},\"spec\":{\"nodeSelector\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":"
			"\"Exists\",\"values\":[\"a\"]}]}}"),
		 2},
		{POLICY("10},\"spec\":{\"nodeSelector\":{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":"
			"\"Near\"}]}}"),
		 2},
		{POLICY("11},\"spec\":{\"nodeSelector\":{\"matchLabels\":{\"zone\":1}}}"), 2},
		{POLICY("12},\"spec\":{\"nodeSelector\":{\"matchLabels\":[]}}"), 2},
		{POLICY("13},\"spec\":{\"nodeSelector\":\"zone=a\"}"), 2},
	};
	begin();
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{\"zone\":\"a\"}", ""));
	put(POLICY_SUM_KIND_NODE, NODE("n2", "{\"zone\":\"b\"}", ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", "", ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n2", "", ""));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(POLICY_SUM_KIND_POLICY, cases[i].text);
		CHECK_EQ(sum_up().desired, cases[i].desired);
	}
	end();
}

#define P POLICY("1},\"spec\":{}")
#define READY(status) ",{\"type\":\"Ready\",\"status\":\"" status "\"}"

static void test_node_not_ready(void)
{
	begin();
	put(POLICY_SUM_KIND_POLICY, P);
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", "", "\"reportedAt\":\"a\","));
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", ""));
	CHECK_EQ(sum_up().ready, 1);
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", READY("Unknown")));
	CHECK_EQ(sum_up().silent, 1);
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", READY("True")));
	CHECK_EQ(sum_up().ready, 1);
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", READY("False")));
	CHECK_EQ(sum_up().silent, 1);
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", "", "\"reportedAt\":\"b\","));
	CHECK_EQ(sum_up().ready, 1);
	end();
}

/* The agent's own time is its sign of life; of those that tell none, any change of the object is. */
static void test_signs(void)
{
	begin();
	put(POLICY_SUM_KIND_POLICY, P);
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", ""));
	put(POLICY_SUM_KIND_NODE, NODE("n2", "{}", ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", ",\"resourceVersion\":\"1\"", "\"reportedAt\":\"a\","));
	put(POLICY_SUM_KIND_REPORT, REPORT("n2", ",\"resourceVersion\":\"1\"", ""));
	now_ns += 1000 * CLOCK_NS_PER_SECOND;
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", ",\"resourceVersion\":\"2\"", "\"reportedAt\":\"a\","));
	put(POLICY_SUM_KIND_REPORT, REPORT("n2", ",\"resourceVersion\":\"2\"", ""));
	now_ns += 1000 * CLOCK_NS_PER_SECOND;
	policy_sums_set_time(sums, now_ns);
	CHECK_EQ(sum_up().silent, 1);
	CHECK_STR(sum_up().failures[0].node, "n1");
	end();
}

#define WRITTEN(manager, time) \
	",\"managedFields\":[{\"manager\":\"kubectl\",\"time\":\"2026-11-28T09:00:00Z\"}," \
	"{\"manager\":\"" manager "\",\"time\":\"" time "\"}]"

/* What is found at the start is judged by the API server's times, whoever else has written meanwhile. */
static void test_found(void)
{
	struct kube_handler handler;

	begin();
	put(POLICY_SUM_KIND_POLICY, P);
	handler = sum_handler(handlers, POLICY_SUM_KIND_REPORT);
	handler.begin_list(handler.context);
	put(POLICY_SUM_KIND_REPORT, REPORT("n1", WRITTEN("trigon-agent", "2026-11-28T05:00:00Z"), ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n2", WRITTEN("trigon-agent", "2026-11-28T05:26:00Z"), ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n3", WRITTEN("another", "2026-11-28T05:00:00Z"), ""));
	put(POLICY_SUM_KIND_REPORT, REPORT("n4", WRITTEN("trigon-agent", "yesterday"), ""));
	handler.end_list(handler.context);
	put(POLICY_SUM_KIND_NODE, NODE("n1", "{}", ""));
	put(POLICY_SUM_KIND_NODE, NODE("n2", "{}", ""));
	put(POLICY_SUM_KIND_NODE, NODE("n3", "{}", ""));
	put(POLICY_SUM_KIND_NODE, NODE("n4", "{}", ""));
	CHECK_EQ(sum_up().silent, 1);
	CHECK_STR(sum_up().failures[0].node, "n1");
	end();
}

static void test_nonsense(void)
{
	begin();
	for (int kind = 0; kind < POLICY_SUM_KIND_COUNT; kind++) {
		CHECK_EQ(send((enum policy_sum_kind)kind, KUBE_CHANGE_PUT, "{\"metadata\":[]}"), -EINVAL);
		CHECK(strstr(error, "metadata.name is missing"));
		put((enum policy_sum_kind)kind,
		    "{\"metadata\":{\"name\":\"p\",\"labels\":7,\"managedFields\":{}},\"spec\":[],"
		    "\"status\":{\"conditions\":9,\"policies\":[1,{},null]}}");
		CHECK_EQ(send((enum policy_sum_kind)kind, KUBE_CHANGE_DELETE, "{\"metadata\":{\"name\":\"p\"}}"), 0);
	}
	CHECK_EQ(policy_sums_stats(sums).nodes + policy_sums_stats(sums).policies, 0);
	end();
}

int main(void)
{
	RUN(test_selectors);
	RUN(test_node_not_ready);
	RUN(test_signs);
	RUN(test_found);
	RUN(test_nonsense);
	return test_end();
}
