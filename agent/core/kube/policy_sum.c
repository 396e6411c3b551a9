// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"

#define TEXTS_MAX 65536
#define TEXT_BYTES_MAX (16u << 20)
#define LABEL_TEXTS_MAX (1u << 17) /* of 20,000 nodes with some that are theirs alone; the kubelet's have one */
#define KEY_MAX 512                /* namespace, a NUL, name: 63 and 253 bytes at most */

/* --- names */

/* NAMESPACE, a NUL, NAME: its length; 0: no such name can be. */
static size_t write_key(char *key, const char *namespace, const char *name)
{
	size_t namespace_length = strlen(namespace), length = strlen(name);

	if (namespace_length + 1 + length >= KEY_MAX)
		return 0;
	memcpy(key, namespace, namespace_length + 1);
	memcpy(key + namespace_length + 1, name, length);
	return namespace_length + 1 + length;
}

uint32_t policy_sums_ref_key(struct policy_sums *sums, const char *namespace, const char *name)
{
	char key[KEY_MAX];
	size_t length = write_key(key, namespace, name);

	return length ? name_pool_ref(sums->texts, key, length) : NAME_POOL_NONE;
}

uint64_t policy_sums_hash_uid(const char *uid)
{
	return *uid ? hash_bytes(HASH_BEGIN, uid, strlen(uid)) : 0;
}

void policy_sums_mark_all(const struct policy_sums *sums)
{
	for (size_t i = 0; i < sums->policy_count; i++)
		sums->policies[i]->is_changed = true;
}

/* --- lists */

void policy_sums_begin_list(struct policy_sums *sums, enum policy_sum_kind kind)
{
	sums->list_ids[kind]++;
	sums->is_listing[kind] = true;
}

void policy_sums_end_list(struct policy_sums *sums, enum policy_sum_kind kind)
{
	sums->is_listing[kind] = false;
	if (kind == POLICY_SUM_KIND_REPORT)
		policy_sums_date_found(sums);
	if (kind == POLICY_SUM_KIND_REPORT || kind == POLICY_SUM_KIND_NODE)
		policy_sums_sweep_nodes(sums, kind);
	else
		policy_sums_sweep_policies(sums, kind);
}

/* --- sums */

size_t policy_sums_count(const struct policy_sums *sums)
{
	return sums->policy_count;
}

struct policy_sum_policy *policy_sums_policy(const struct policy_sums *sums, size_t index)
{
	return sums->policies[index];
}

/* That nodes failed, or are silent, as they come; first the ones are named, then the others. */
struct failures {
	size_t count;
	struct policy_sum_failure named[POLICY_SUM_FAILURES_MAX];
};

static void add_failure(struct failures *failures, struct policy_sum_failure failure)
{
	if (failures->count < POLICY_SUM_FAILURES_MAX)
		failures->named[failures->count++] = failure;
}

static void add_silent(const struct known_node *node, struct policy_sum *sum, struct failures *silent)
{
	sum->silent++;
	add_failure(silent,
		    (struct policy_sum_failure){
			    .node = node->name,
			    .error = "",
			    .reason = policy_sums_is_away(node) ? POLICY_SUM_NODE_NOT_READY : POLICY_SUM_NO_REPORT,
			    .written_s = node->written_s,
		    });
}

static void add_ready(const struct known_report *report, struct policy_sum *sum)
{
	sum->ready++;
	if (sum->mode == POLICY_SUM_MODE_UNKNOWN)
		sum->mode = (enum policy_sum_mode)report->mode;
}

static void add_failed(const struct policy_sums *sums, const struct known_node *node, const struct known_report *report,
		       struct policy_sum *sum, struct failures *failed)
{
	sum->failed++;
	add_failure(failed, (struct policy_sum_failure){
				    .node = node->name,
				    .error = name_pool_text(sums->texts, report->error),
				    .reason = report->state == POLICY_SUM_ERROR ? POLICY_SUM_NOT_CHANGED
										: POLICY_SUM_NOT_LOADED,
			    });
}

/* `report` may be NULL. */
static void add_report(const struct policy_sums *sums, const struct known_node *node, const struct known_report *report,
		       struct policy_sum *sum, struct failures *failed)
{
	if (report && report->state == POLICY_SUM_ENABLED)
		add_ready(report, sum);
	else if (report && (report->state == POLICY_SUM_LOAD_ERROR || report->state == POLICY_SUM_ERROR))
		add_failed(sums, node, report, sum, failed);
	else if (!sum->pending)
		sum->pending = node->name;
}

static bool is_meant(const struct policy_sum_policy *policy, const struct known_node *node,
		     const struct known_report *report)
{
	enum index_answer answer = INDEX_SELECTED;

	if (policy->selector)
		answer = index_selector_ask(policy->selector, &node->labels);
	if (answer == INDEX_UNKNOWN || policy->is_selector_unknown)
		return !report || report->state != POLICY_SUM_SKIPPED;
	return answer == INDEX_SELECTED;
}

void policy_sums_compute(const struct policy_sums *sums, const struct policy_sum_policy *policy, struct policy_sum *ret)
{
	struct failures failed = {0}, silent = {0};
	uint64_t uid = policy_sums_hash_uid(policy->uid);

	*ret = (struct policy_sum){.has_selector = policy->selector || policy->is_selector_unknown};
	for (size_t i = 0; i < sums->node_count; i++) {
		const struct known_node *node = &sums->nodes[i];
		const struct known_report *report;

		if (!node->has_node)
			continue;
		report = node->has_report ? policy_sums_find_report(node, policy, uid) : NULL;
		if (!is_meant(policy, node, report))
			continue;
		ret->is_awaited |= !node->has_report;
		ret->desired += node->has_report;
		if (node->is_silent)
			add_silent(node, ret, &silent);
		else if (node->has_report)
			add_report(sums, node, report, ret, &failed);
	}
	for (size_t i = 0; i < silent.count; i++)
		add_failure(&failed, silent.named[i]);
	ret->failure_count = failed.count;
	memcpy(ret->failures, failed.named, sizeof(ret->failures));
}

struct policy_sums_stats policy_sums_stats(const struct policy_sums *sums)
{
	struct name_pool_stats texts = name_pool_stats(sums->texts), labels = name_pool_stats(sums->label_texts);
	size_t silent = 0;

	for (size_t i = 0; i < sums->node_count; i++)
		silent += sums->nodes[i].is_silent;
	return (struct policy_sums_stats){
		.nodes = sums->node_count,
		.reports = sums->report_count,
		.policies = sums->policy_count,
		.labels = sums->label_count,
		.silent = silent,
		.texts = texts.count + labels.count,
		.text_bytes = texts.bytes + labels.bytes,
		.refused = sums->refused + texts.refused + labels.refused,
	};
}

/* --- begin and end */

struct policy_sums *policy_sums_new(void)
{
	struct policy_sums *sums = calloc(1, sizeof(*sums));

	if (!sums)
		return NULL;
	sums->texts = name_pool_new(TEXTS_MAX, TEXT_BYTES_MAX);
	sums->label_texts = name_pool_new(LABEL_TEXTS_MAX, TEXT_BYTES_MAX);
	return sums->texts && sums->label_texts ? sums : policy_sums_free(sums);
}

struct policy_sums *policy_sums_free(struct policy_sums *sums)
{
	if (!sums)
		return NULL;
	for (size_t i = 0; i < sums->node_count; i++) {
		free(sums->nodes[i].reports);
		free(sums->nodes[i].labels.labels);
		free(sums->nodes[i].name);
	}
	for (size_t i = 0; i < sums->policy_count; i++) {
		free(sums->policies[i]->selector);
		free(sums->policies[i]);
	}
	free(sums->nodes);
	free(sums->policies);
	name_pool_free(sums->texts);
	name_pool_free(sums->label_texts);
	free(sums);
	return NULL;
}
