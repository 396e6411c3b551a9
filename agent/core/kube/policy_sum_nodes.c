// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* --- what has changed */

static void mark(const struct policy_sums *sums, uint32_t key)
{
	struct policy_sum_policy *policy = name_pool_attached(sums->texts, key);

	if (policy)
		policy->is_changed = true;
}

/* Those of which one has something that the other has not. Both are sorted. */
static void mark_differences(const struct policy_sums *sums, const struct known_report *a, size_t a_count,
			     const struct known_report *b, size_t b_count)
{
	size_t i = 0, j = 0;

	while (i < a_count || j < b_count) {
		if (j == b_count || (i < a_count && a[i].key < b[j].key)) {
			mark(sums, a[i++].key);
		} else if (i == a_count || b[j].key < a[i].key) {
			mark(sums, b[j++].key);
		} else {
			if (memcmp(&a[i], &b[j], sizeof(*a)) != 0)
				mark(sums, a[i].key);
			i++;
			j++;
		}
	}
}

/* --- nodes and their reports */

/* Where it is or would be. */
static size_t node_place(const struct policy_sums *sums, const char *name, bool *ret_is_there)
{
	size_t low = 0, high = sums->node_count;

	*ret_is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(sums->nodes[middle].name, name);

		if (order == 0) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct known_node *find_node(const struct policy_sums *sums, const char *name)
{
	bool is_there;
	size_t at = node_place(sums, name, &is_there);

	return is_there ? &sums->nodes[at] : NULL;
}

static int make_room(struct policy_sums *sums)
{
	size_t capacity = MAX(2 * sums->node_capacity, (size_t)64);
	struct known_node *grown;

	if (sums->node_count < sums->node_capacity)
		return 0;
	grown = reallocarray(sums->nodes, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	sums->nodes = grown;
	sums->node_capacity = capacity;
	return 0;
}

static int need_node(struct policy_sums *sums, const char *name, struct known_node **ret)
{
	bool is_there;
	size_t at = node_place(sums, name, &is_there);
	char *copy;

	if (is_there) {
		*ret = &sums->nodes[at];
		return 0;
	}
	if (sums->node_count == POLICY_SUM_NODES_MAX) {
		sums->refused++;
		return -ENOSPC;
	}
	copy = strdup(name);
	if (!copy || make_room(sums) < 0) {
		free(copy);
		return -ENOMEM;
	}
	memmove(&sums->nodes[at + 1], &sums->nodes[at], (sums->node_count - at) * sizeof(*sums->nodes));
	sums->nodes[at] = (struct known_node){.name = copy};
	sums->node_count++;
	*ret = &sums->nodes[at];
	return 0;
}

static void drop_reports(struct policy_sums *sums, struct known_report *reports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		name_pool_unref(sums->texts, reports[i].key);
		name_pool_unref(sums->texts, reports[i].error);
	}
	free(reports);
}

static void forget_reports(struct policy_sums *sums, struct known_node *node)
{
	drop_reports(sums, node->reports, node->count);
	sums->report_count -= node->count;
	node->reports = NULL;
	node->count = 0;
	node->has_report = false;
}

static void forget_labels(struct policy_sums *sums, struct known_node *node)
{
	sums->label_count -= node->labels.count;
	index_labels_done(sums->label_texts, &node->labels);
	node->has_node = false;
}

/* Removes what has neither a report nor a Node. */
static void drop_if_empty(struct policy_sums *sums, struct known_node *node)
{
	size_t at = (size_t)(node - sums->nodes);

	if (node->has_report || node->has_node)
		return;
	free(node->name);
	sums->node_count--;
	memmove(node, node + 1, (sums->node_count - at) * sizeof(*node));
}

static int compare_reports(const void *a, const void *b)
{
	const struct known_report *left = a, *right = b;

	return left->key < right->key ? -1 : left->key > right->key;
}

static uint32_t ref_error(struct policy_sums *sums, const char *error)
{
	size_t length = strlen(error);

	if (length > POLICY_SUM_ERROR_MAX) {
		length = POLICY_SUM_ERROR_MAX;
		while (length && ((uint8_t)error[length] & 0xc0) == 0x80)
			length--; /* not in the middle of a character of UTF-8 */
	}
	return length ? name_pool_ref(sums->texts, error, length) : NAME_POOL_NONE;
}

static int take_reports(struct policy_sums *sums, const struct policy_sum_report *reports, size_t count,
			struct known_report **ret, size_t *ret_count)
{
	struct known_report *taken = calloc(MIN(count, (size_t)POLICY_SUM_REPORTS_MAX) + 1, sizeof(*taken));
	size_t taken_count = 0;

	if (!taken)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		uint32_t key = taken_count < POLICY_SUM_REPORTS_MAX
				       ? policy_sums_ref_key(sums, reports[i].namespace, reports[i].name)
				       : NAME_POOL_NONE;

		if (!key) {
			sums->refused++;
			continue;
		}
		taken[taken_count++] = (struct known_report){
			.key = key,
			.uid = policy_sums_hash_uid(reports[i].uid),
			.error = ref_error(sums, reports[i].error),
			.generation = (uint32_t)reports[i].generation,
			.state = (uint8_t)reports[i].state,
			.mode = (uint8_t)reports[i].mode,
		};
	}
	qsort(taken, taken_count, sizeof(*taken), compare_reports);
	*ret = taken;
	*ret_count = taken_count;
	return 0;
}

int policy_sums_put_report(struct policy_sums *sums, const char *name, const struct policy_sum_sign *sign,
			   const struct policy_sum_report *reports, size_t count)
{
	struct known_report *taken;
	size_t taken_count;
	struct known_node *node;
	bool was_counted;
	int r = need_node(sums, name, &node);

	if (r < 0)
		return r;
	node->list_ids[POLICY_SUM_KIND_REPORT] = sums->list_ids[POLICY_SUM_KIND_REPORT];
	r = take_reports(sums, reports, count, &taken, &taken_count);
	if (r < 0) {
		drop_if_empty(sums, node);
		return r;
	}
	was_counted = policy_sums_is_counted(node);
	policy_sums_hear(sums, node, sign);
	mark_differences(sums, node->reports, node->count, taken, taken_count);
	forget_reports(sums, node);
	node->reports = taken;
	node->count = taken_count;
	node->has_report = true;
	sums->report_count += taken_count;
	if (was_counted != policy_sums_is_counted(node))
		policy_sums_mark_all(sums);
	policy_sums_look_at(sums, node);
	return 0;
}

/* Those for which the node counts now and did not, or did and does not. */
static void mark_selectors(const struct policy_sums *sums, const struct index_labels *before,
			   const struct index_labels *after)
{
	for (size_t i = 0; i < sums->policy_count; i++) {
		struct policy_sum_policy *policy = sums->policies[i];

		if (policy->selector &&
		    index_selector_ask(policy->selector, before) != index_selector_ask(policy->selector, after))
			policy->is_changed = true;
	}
}

/* Takes the labels over. */
static void put_labels(struct policy_sums *sums, struct known_node *node, struct index_labels *labels)
{
	if (node->has_node && !index_labels_is_equal(&node->labels, labels))
		mark_selectors(sums, &node->labels, labels);
	if (labels->is_cut && !node->labels.is_cut)
		sums->refused++;
	forget_labels(sums, node);
	node->labels = *labels;
	sums->label_count += labels->count;
}

int policy_sums_put_node(struct policy_sums *sums, const char *name, const struct policy_sum_node *taken)
{
	struct index_labels labels;
	struct known_node *node;
	bool had_node;
	int r = need_node(sums, name, &node);

	if (r < 0)
		return r;
	node->list_ids[POLICY_SUM_KIND_NODE] = sums->list_ids[POLICY_SUM_KIND_NODE];
	r = index_labels_set(sums->label_texts, taken->labels, taken->label_count, POLICY_SUM_LABELS_MAX, &labels);
	if (r < 0) {
		drop_if_empty(sums, node);
		return r;
	}
	had_node = node->has_node;
	put_labels(sums, node, &labels);
	node->has_node = true;
	if (taken->is_not_ready && !node->is_not_ready)
		node->is_heard = false;
	node->is_not_ready = taken->is_not_ready;
	if (!had_node)
		policy_sums_mark_all(
			sums); /* also without a report: the first Node that is selected makes a difference */
	policy_sums_look_at(sums, node);
	return 0;
}

static void remove_part(struct policy_sums *sums, struct known_node *node, enum policy_sum_kind kind)
{
	if (node->has_node)
		policy_sums_mark_all(sums);
	if (kind == POLICY_SUM_KIND_REPORT) {
		forget_reports(sums, node);
	} else {
		forget_labels(sums, node);
		node->is_not_ready = false;
	}
	policy_sums_look_at(sums, node);
	drop_if_empty(sums, node);
}

void policy_sums_remove_report(struct policy_sums *sums, const char *name)
{
	struct known_node *node = find_node(sums, name);

	if (node && node->has_report)
		remove_part(sums, node, POLICY_SUM_KIND_REPORT);
}

void policy_sums_remove_node(struct policy_sums *sums, const char *name)
{
	struct known_node *node = find_node(sums, name);

	if (node && node->has_node)
		remove_part(sums, node, POLICY_SUM_KIND_NODE);
}

const struct known_report *policy_sums_find_report(const struct known_node *node,
						   const struct policy_sum_policy *policy, uint64_t uid)
{
	const struct known_report key = {.key = policy->key}, *report;

	report = bsearch(&key, node->reports, node->count, sizeof(key), compare_reports);
	if (!report || report->generation != (uint32_t)policy->generation || (report->uid && report->uid != uid))
		return NULL;
	return report;
}

void policy_sums_sweep_nodes(struct policy_sums *sums, enum policy_sum_kind kind)
{
	for (size_t i = sums->node_count; i-- > 0;) {
		struct known_node *node = &sums->nodes[i];
		bool has = kind == POLICY_SUM_KIND_REPORT ? node->has_report : node->has_node;

		if (has && node->list_ids[kind] != sums->list_ids[kind])
			remove_part(sums, node, kind);
	}
}
