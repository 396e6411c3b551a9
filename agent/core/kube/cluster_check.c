// SPDX-License-Identifier: Apache-2.0
#include "core/kube/cluster_check.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/util.h"

bool cluster_check_is_stale(const struct cluster_check_node *node, int64_t now_s)
{
	return node->reported_at_s && now_s - node->reported_at_s > CLUSTER_CHECK_STALE_S;
}

/* NULL: the agents' pods are as they should be. */
static const char *judge_pods(const struct cluster_check_daemonset *daemonset)
{
	if (!daemonset->is_there)
		return "there is no such DaemonSet; --namespace and --daemonset say where the agents are installed";
	if (!daemonset->is_observed)
		return "the DaemonSet has changed, and its controller has not seen that yet";
	if (!daemonset->desired)
		return "the DaemonSet selects no node: look at its nodeSelector and tolerations";
	if (daemonset->updated < daemonset->desired)
		return "an update of the agents is under way: kubectl rollout status says how far it is";
	return NULL;
}

/* Control characters become '?'. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* One whose agent reports, and says what it misses; NULL: there is none. */
static const struct cluster_check_node *find_trouble(const struct cluster_check_node *nodes, size_t count,
						     int64_t now_s)
{
	for (size_t i = 0; i < count; i++)
		if (*nodes[i].trouble && !cluster_check_is_stale(&nodes[i], now_s))
			return &nodes[i];
	return NULL;
}

bool cluster_check_judge(const struct cluster_check_daemonset *daemonset, const struct cluster_check_node *nodes,
			 size_t count, int64_t now_s, char *ret_reason, size_t size)
{
	const char *wrong = judge_pods(daemonset);
	const struct cluster_check_node *trouble = find_trouble(nodes, count, now_s);
	uint64_t observed = 0;

	for (size_t i = 0; i < count; i++)
		observed += !nodes[i].has_stopped && !cluster_check_is_stale(&nodes[i], now_s);
	if (wrong)
		snprintf(ret_reason, size, "%s", wrong);
	else if (trouble)
		snprintf(ret_reason, size, "node %s: %s", trouble->name, trouble->trouble);
	else if (daemonset->ready < daemonset->desired)
		snprintf(ret_reason, size,
			 "%" PRIu64 " of %" PRIu64 " agents are ready; the logs and events of the other pods say why",
			 daemonset->ready, daemonset->desired);
	else if (observed < daemonset->desired)
		snprintf(ret_reason, size,
			 "%" PRIu64 " of %" PRIu64
			 " nodes have reported in the last %d minutes that an agent runs; the others' logs say why",
			 observed, daemonset->desired, CLUSTER_CHECK_STALE_S / 60);
	else
		return true;
	make_printable(ret_reason);
	return false;
}

/* Why a node does not count, if it doesn't. */
static const char *remark_of(const struct cluster_check_node *node, int64_t now_s)
{
	if (node->has_stopped)
		return " stopped";
	return cluster_check_is_stale(node, now_s) ? " stale" : "";
}

static void print_age(char *text, size_t size, const struct cluster_check_node *node, int64_t now_s)
{
	const char *remark = remark_of(node, now_s);
	int64_t age_s = MAX(now_s - node->reported_at_s, 0);

	if (!node->reported_at_s)
		snprintf(text, size, "-%s", remark);
	else if (age_s < 120)
		snprintf(text, size, "%" PRId64 "s%s", age_s, remark);
	else
		snprintf(text, size, "%" PRId64 "m%s", age_s / 60, remark);
}

void cluster_check_print(struct buffer *buffer, const struct cluster_check_node *node, int64_t now_s)
{
	char line[CLUSTER_CHECK_LINE_MAX], age[48];

	if (node) {
		print_age(age, sizeof(age), node, now_s);
		snprintf(line, sizeof(line), "%-32s %-10s %-24s %-9s %s", node->name, node->version, node->kernel,
			 node->policies, age);
	} else {
		snprintf(line, sizeof(line), "%-32s %-10s %-24s %-9s %s", "NODE", "AGENT", "KERNEL", "POLICIES",
			 "REPORTED");
	}
	make_printable(line);
	buffer_append_cstring(buffer, line);
	buffer_append_byte(buffer, '\n');
}
