// SPDX-License-Identifier: Apache-2.0
/* policy_sum: time and memory of the operator's sums for 5,000 nodes and 200 policies (docs/scale.md). */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "core/kube/policy_sum.h"

#define NODES 5000
#define POLICIES 200

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(void)
{
	static struct policy_sum_report reports[POLICIES];
	static char names[POLICIES][16];
	struct policy_sums *sums = policy_sums_new();
	struct policy_sum_policy *policy;
	struct policy_sum sum;
	size_t ready = 0;
	double began = now_ms(), filled, summed;
	char node[16];

	if (!sums)
		return 1;
	for (int i = 0; i < POLICIES; i++) {
		snprintf(names[i], sizeof(names[i]), "policy-%d", i);
		reports[i] = (struct policy_sum_report){.namespace = "",
							.name = names[i],
							.uid = "0ece7c9c-9eea-4f72-8e5c-2211a146468f",
							.generation = 1,
							.state = POLICY_SUM_ENABLED,
							.error = ""};
		if (policy_sums_put_policy(sums, "", names[i], reports[i].uid, 1, &policy) < 0)
			return 1;
	}
	for (int i = 0; i < NODES; i++) {
		snprintf(node, sizeof(node), "node-%d", i);
		if (policy_sums_put_node(sums, node) < 0 || policy_sums_put_report(sums, node, reports, POLICIES) < 0)
			return 1;
	}
	filled = now_ms();
	for (size_t i = 0; i < policy_sums_count(sums); i++) {
		policy_sums_compute(sums, policy_sums_policy(sums, i), &sum);
		ready += sum.ready;
	}
	summed = now_ms();
	printf("%d nodes, %d policies: taken in %.0f ms, %.1f MB of memory; all sums in %.0f ms (%zu ready)\n", NODES,
	       POLICIES, filled - began, (double)(mallinfo2().uordblks + mallinfo2().hblkhd) / 1e6, summed - filled,
	       ready);
	policy_sums_free(sums);
	return ready == (size_t)NODES * POLICIES ? 0 : 1;
}
