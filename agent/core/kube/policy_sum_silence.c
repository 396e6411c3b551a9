// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum_internal.h"

#include "base/clock.h"
#include "base/util.h"

#define AGE_MAX_S (1 << 20)                /* of a report: far beyond what makes silent, and no overflow */
#define LOOK_NS (10 * CLOCK_NS_PER_SECOND) /* between two looks at all nodes */

bool policy_sums_is_away(const struct known_node *node)
{
	return node->is_not_ready && !node->is_heard;
}

void policy_sums_look_at(struct policy_sums *sums, struct known_node *node)
{
	int64_t left_ns = node->heard_ns + (int64_t)(POLICY_SUM_SILENT_S * CLOCK_NS_PER_SECOND) - sums->now_ns;
	bool is_silent;

	node->is_lost |= left_ns <= 0;
	is_silent = policy_sums_is_counted(node) && (node->is_lost || policy_sums_is_away(node));
	if (is_silent != node->is_silent)
		policy_sums_mark_all(sums);
	node->is_silent = is_silent;
	if (policy_sums_is_counted(node) && !node->is_lost)
		sums->look_ns = MIN(sums->look_ns, sums->clock_ns + MAX((uint64_t)left_ns, LOOK_NS));
}

uint64_t policy_sums_set_time(struct policy_sums *sums, uint64_t now_ns)
{
	sums->now_ns += sums->is_deaf ? 0 : (int64_t)(now_ns - sums->clock_ns);
	sums->clock_ns = now_ns;
	if (now_ns < sums->look_ns)
		return sums->look_ns;
	sums->look_ns = now_ns + POLICY_SUM_SILENT_S * CLOCK_NS_PER_SECOND;
	for (size_t i = 0; i < sums->node_count; i++)
		policy_sums_look_at(sums, &sums->nodes[i]);
	return sums->look_ns;
}

void policy_sums_set_deaf(struct policy_sums *sums, bool is_deaf)
{
	sums->is_deaf = is_deaf;
}

void policy_sums_hear(struct policy_sums *sums, struct known_node *node, const struct policy_sum_sign *sign)
{
	bool is_new = !node->has_report;

	if (!is_new && node->mark == sign->mark)
		return;
	node->mark = sign->mark;
	node->written_s = sign->written_s;
	node->heard_ns = sums->now_ns;
	node->is_found = is_new && sums->is_listing[POLICY_SUM_KIND_REPORT];
	node->is_heard = !node->is_found;
	node->is_lost = false;
	sums->newest_s = MAX(sums->newest_s, sign->written_s);
}

void policy_sums_date_found(struct policy_sums *sums)
{
	for (size_t i = 0; i < sums->node_count; i++) {
		struct known_node *node = &sums->nodes[i];
		int64_t age_s = node->written_s ? MIN(sums->newest_s - node->written_s, (int64_t)AGE_MAX_S) : 0;

		if (!node->is_found)
			continue;
		node->is_found = false;
		node->heard_ns -= age_s * (int64_t)CLOCK_NS_PER_SECOND;
		policy_sums_look_at(sums, node);
	}
}
