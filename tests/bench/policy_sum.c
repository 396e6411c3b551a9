// SPDX-License-Identifier: Apache-2.0
/*
 * policy_sum: time and memory of the operator's sums for 5,000 nodes and 200 policies (docs/scale.md), every second one
 * of which has a nodeSelector; and what 20,000 nodes with 64 labels take.
 */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "core/kube/policy_sum.h"

#define NODES 5000
#define POLICIES 200
#define LABELS 25 /* of a node in a cloud */
#define NODES_MAX 20000
#define LABELS_MAX 64

static struct policy_sum_report reports[POLICIES];
static char names[POLICIES][16], keys[LABELS_MAX][48], values[LABELS_MAX][32];

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double used_mb(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd) / 1e6;
}

/* The first three labels are the node's alone, the others one of ten values. */
static int put_node(struct policy_sums *sums, int number, size_t count)
{
	struct kube_label_fields labels[LABELS_MAX];
	const struct policy_sum_node node = {.labels = labels, .label_count = count};
	char name[16];

	snprintf(name, sizeof(name), "node-%05d", number);
	for (size_t i = 0; i < count; i++) {
		snprintf(keys[i], sizeof(keys[i]), "feature.node.example.com/label-number-%zu", i);
		snprintf(values[i], sizeof(values[i]), "value-%d", i < 3 ? number + 100000 * (int)i : number % 10);
		labels[i].key = (struct bytes){keys[i], strlen(keys[i])};
		labels[i].value = (struct bytes){values[i], strlen(values[i])};
	}
	return policy_sums_put_node(sums, name, &node);
}

static int put_report(struct policy_sums *sums, int number)
{
	const struct policy_sum_sign sign = {.mark = 1};
	char name[16];

	snprintf(name, sizeof(name), "node-%05d", number);
	return policy_sums_put_report(sums, name, &sign, reports, POLICIES);
}

static int put_policies(struct policy_sums *sums)
{
	struct label_selector selector = {0};
	static const struct label_selector all;
	const char *value = "value-7";
	struct policy_sum_policy *policy;
	int r = label_selector_add(&selector, "feature.node.example.com/label-number-9", LABEL_NOT_IN, &value, 1);

	for (int i = 0; r == 0 && i < POLICIES; i++) {
		snprintf(names[i], sizeof(names[i]), "policy-%d", i);
		reports[i] = (struct policy_sum_report){.namespace = "",
							.name = names[i],
							.uid = "0ece7c9c-9eea-4f72-8e5c-2211a146468f",
							.generation = 1,
							.state = POLICY_SUM_ENABLED,
							.error = ""};
		r = policy_sums_put_policy(sums, "", names[i], reports[i].uid, 1, i % 2 ? &selector : &all, &policy);
	}
	label_selector_done(&selector);
	return r;
}

static int measure_sums(void)
{
	struct policy_sums *sums = policy_sums_new();
	double began = now_ms(), filled, summed, looked;
	struct policy_sum sum;
	size_t ready = 0;

	if (!sums || put_policies(sums) < 0)
		return 1;
	for (int i = 0; i < NODES; i++)
		if (put_node(sums, i, LABELS) < 0 || put_report(sums, i) < 0)
			return 1;
	filled = now_ms();
	for (size_t i = 0; i < policy_sums_count(sums); i++) {
		policy_sums_compute(sums, policy_sums_policy(sums, i), &sum);
		ready += sum.ready;
	}
	summed = now_ms();
	policy_sums_set_time(sums, 1);
	looked = now_ms();
	printf("%d nodes of %d labels, %d policies: taken in %.0f ms, %.1f MB of memory; all sums in %.0f ms (%zu "
	       "ready); a "
	       "look for silent nodes in %.2f ms\n",
	       NODES, LABELS, POLICIES, filled - began, used_mb(), summed - filled, ready, looked - summed);
	policy_sums_free(sums);
	return ready == (size_t)NODES * POLICIES * 19 / 20 ? 0 : 1;
}

static int measure_labels(void)
{
	struct policy_sums *sums = policy_sums_new();
	double began = now_ms(), before = used_mb();
	struct policy_sums_stats stats;

	for (int i = 0; i < NODES_MAX; i++)
		if (!sums || put_node(sums, i, LABELS_MAX) < 0)
			return 1;
	stats = policy_sums_stats(sums);
	printf("%d nodes of %d labels: taken in %.0f ms, %.1f MB of memory for %zu labels, %zu texts of %zu bytes, %zu "
	       "refused\n",
	       NODES_MAX, LABELS_MAX, now_ms() - began, used_mb() - before, stats.labels, stats.texts, stats.text_bytes,
	       (size_t)stats.refused);
	policy_sums_free(sums);
	return stats.refused ? 1 : 0;
}

int main(void)
{
	return measure_sums() || measure_labels();
}
