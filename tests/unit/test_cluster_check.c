// SPDX-License-Identifier: Apache-2.0
#include "core/kube/cluster_check.h"

#include "base/util.h"
#include "test.h"

#define NOW 1000000

static const struct cluster_check_daemonset good = {
	.is_there = true, .is_observed = true, .desired = 2, .updated = 2, .ready = 2};

static const char *judge(struct cluster_check_daemonset daemonset, const struct cluster_check_node *nodes, size_t count)
{
	static char reason[256];

	reason[0] = '\0';
	return cluster_check_judge(&daemonset, nodes, count, NOW, reason, sizeof(reason)) ? "fine" : reason;
}

static void test_pods(void)
{
	const struct cluster_check_node nodes[2] = {{.reported_at_s = NOW}, {.reported_at_s = NOW}};
	struct cluster_check_daemonset bad;

	CHECK_STR(judge(good, nodes, 2), "fine");
	bad = good, bad.is_there = false;
	CHECK(strstr(judge(bad, nodes, 2), "no such DaemonSet"));
	bad = good, bad.is_observed = false;
	CHECK(strstr(judge(bad, nodes, 2), "not seen that yet"));
	bad = good, bad.desired = 0;
	CHECK(strstr(judge(bad, nodes, 2), "selects no node"));
	bad = good, bad.updated = 1;
	CHECK(strstr(judge(bad, nodes, 2), "update of the agents"));
	bad = good, bad.ready = 1;
	CHECK(strstr(judge(bad, nodes, 2), "1 of 2 agents are ready"));
}

static void test_nodes(void)
{
	struct cluster_check_node nodes[3] = {{.reported_at_s = NOW}, {.reported_at_s = NOW - CLUSTER_CHECK_STALE_S}};

	CHECK_STR(judge(good, nodes, 2), "fine");
	CHECK(strstr(judge(good, nodes, 1), "1 of 2 nodes have reported"));
	nodes[1].reported_at_s--;
	CHECK(strstr(judge(good, nodes, 2), "1 of 2 nodes have reported in the last 25 minutes"));
	nodes[1] = (struct cluster_check_node){.reported_at_s = NOW, .has_stopped = true};
	CHECK(strstr(judge(good, nodes, 2), "1 of 2 nodes have reported"));
	nodes[1].has_stopped = false;
	CHECK_STR(judge(good, nodes, 2), "fine");
	nodes[1].reported_at_s = 0; /* an agent that does not tell when */
	CHECK_STR(judge(good, nodes, 2), "fine");
	nodes[2].reported_at_s = 1; /* of a node that is selected no more */
	CHECK_STR(judge(good, nodes, 3), "fine");
}

/* What an agent misses is said rather than that its pod is not ready, unless it has long been silent. */
static void test_trouble(void)
{
	struct cluster_check_node nodes[2] = {{.reported_at_s = NOW},
					      {.name = "n2", .trouble = "pods: no\nright", .reported_at_s = NOW}};
	struct cluster_check_daemonset unready = good;

	CHECK_STR(judge(good, nodes, 2), "node n2: pods: no?right");
	unready.ready = 1;
	CHECK_STR(judge(unready, nodes, 2), "node n2: pods: no?right");
	nodes[1].reported_at_s = 1;
	CHECK(strstr(judge(unready, nodes, 2), "1 of 2 agents are ready"));
}

static void test_rows(void)
{
	struct cluster_check_node node = {
		.name = "n\n1", .version = "0.1.0", .kernel = "6.1.0", .policies = "1/2", .reported_at_s = NOW - 119};
	char bytes[1024];
	struct buffer buffer = {.data = bytes, .capacity = sizeof(bytes)};

	cluster_check_print(&buffer, NULL, NOW);
	cluster_check_print(&buffer, &node, NOW);
	node.reported_at_s = NOW - 3600;
	cluster_check_print(&buffer, &node, NOW);
	node.reported_at_s = 0;
	cluster_check_print(&buffer, &node, NOW);
	node.has_stopped = true;
	cluster_check_print(&buffer, &node, NOW);
	node.reported_at_s = NOW - 3600;
	cluster_check_print(&buffer, &node, NOW);
	node.reported_at_s = NOW;
	cluster_check_print(&buffer, &node, NOW);
	CHECK_BYTES(buffer.data, buffer.length,
		    "NODE                             AGENT      KERNEL                   POLICIES  REPORTED\n"
		    "n?1                              0.1.0      6.1.0                    1/2       119s\n"
		    "n?1                              0.1.0      6.1.0                    1/2       60m stale\n"
		    "n?1                              0.1.0      6.1.0                    1/2       -\n"
		    "n?1                              0.1.0      6.1.0                    1/2       - stopped\n"
		    "n?1                              0.1.0      6.1.0                    1/2       60m stopped\n"
		    "n?1                              0.1.0      6.1.0                    1/2       0s stopped\n");
}

int main(void)
{
	RUN(test_pods);
	RUN(test_nodes);
	RUN(test_trouble);
	RUN(test_rows);
	return test_end();
}
