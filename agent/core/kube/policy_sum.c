// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"
#include "core/kube/name_pool.h"

#define TEXTS_MAX 65536
#define TEXT_BYTES_MAX (16u << 20)
#define KEY_MAX 512 /* namespace, a NUL, name: 63 and 253 bytes at most */

/* What a node says of a policy, in little room: there may be millions. */
struct report {
	uint64_t uid; /* a hash; 0: it does not say */
	uint32_t key; /* of the policy; reports of a node are sorted by it */
	uint32_t error;
	uint32_t generation;
	uint8_t state, mode;
};
_Static_assert(sizeof(struct report) == 24, "as the header says");

struct node {
	char *name;             /* owned */
	struct report *reports; /* owned */
	size_t count;
	bool has_report, has_node;
	uint32_t list_ids[2]; /* of the lists that had its report and its Node last */
};

struct policy_sums {
	struct name_pool *texts;
	struct node *nodes; /* owned, sorted by name */
	size_t node_count, node_capacity;
	struct policy_sum_policy **policies; /* owned, in no order */
	size_t policy_count;
	uint32_t list_ids[POLICY_SUM_KIND_COUNT];
	size_t report_count;
	uint64_t refused;
};

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

static uint32_t ref_key(struct policy_sums *sums, const char *namespace, const char *name)
{
	char key[KEY_MAX];
	size_t length = write_key(key, namespace, name);

	return length ? name_pool_ref(sums->texts, key, length) : NAME_POOL_NONE;
}

static uint64_t hash_uid(const char *uid)
{
	return *uid ? hash_bytes(HASH_BEGIN, uid, strlen(uid)) : 0;
}

/* --- what has changed */

static void mark(const struct policy_sums *sums, uint32_t key)
{
	struct policy_sum_policy *policy = name_pool_attached(sums->texts, key);

	if (policy)
		policy->is_changed = true;
}

static void mark_all(const struct policy_sums *sums)
{
	for (size_t i = 0; i < sums->policy_count; i++)
		sums->policies[i]->is_changed = true;
}

static bool is_counted(const struct node *node)
{
	return node->has_report && node->has_node;
}

/* Those of which one has something that the other has not. Both are sorted. */
static void mark_differences(const struct policy_sums *sums, const struct report *a, size_t a_count,
			     const struct report *b, size_t b_count)
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

/* --- nodes */

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

static struct node *find_node(const struct policy_sums *sums, const char *name)
{
	bool is_there;
	size_t at = node_place(sums, name, &is_there);

	return is_there ? &sums->nodes[at] : NULL;
}

static int make_room(struct policy_sums *sums)
{
	size_t capacity = MAX(2 * sums->node_capacity, (size_t)64);
	struct node *grown;

	if (sums->node_count < sums->node_capacity)
		return 0;
	grown = reallocarray(sums->nodes, capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	sums->nodes = grown;
	sums->node_capacity = capacity;
	return 0;
}

static int need_node(struct policy_sums *sums, const char *name, struct node **ret)
{
	bool is_there;
	size_t at = node_place(sums, name, &is_there);
	char *copy;

	*ret = &sums->nodes[at];
	if (is_there)
		return 0;
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
	sums->nodes[at] = (struct node){.name = copy};
	sums->node_count++;
	*ret = &sums->nodes[at];
	return 0;
}

static void drop_reports(struct policy_sums *sums, struct report *reports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		name_pool_unref(sums->texts, reports[i].key);
		name_pool_unref(sums->texts, reports[i].error);
	}
	free(reports);
}

static void forget_reports(struct policy_sums *sums, struct node *node)
{
	drop_reports(sums, node->reports, node->count);
	sums->report_count -= node->count;
	node->reports = NULL;
	node->count = 0;
	node->has_report = false;
}

/* Removes what has neither a report nor a Node. */
static void drop_if_empty(struct policy_sums *sums, struct node *node)
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
	const struct report *left = a, *right = b;

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
			struct report **ret, size_t *ret_count)
{
	struct report *taken = calloc(MIN(count, (size_t)POLICY_SUM_REPORTS_MAX) + 1, sizeof(*taken));
	size_t taken_count = 0;

	if (!taken)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		uint32_t key = taken_count < POLICY_SUM_REPORTS_MAX
				       ? ref_key(sums, reports[i].namespace, reports[i].name)
				       : NAME_POOL_NONE;

		if (!key) {
			sums->refused++;
			continue;
		}
		taken[taken_count++] = (struct report){
			.key = key,
			.uid = hash_uid(reports[i].uid),
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

int policy_sums_put_report(struct policy_sums *sums, const char *name, const struct policy_sum_report *reports,
			   size_t count)
{
	struct report *taken;
	size_t taken_count;
	struct node *node;
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
	was_counted = is_counted(node);
	mark_differences(sums, node->reports, node->count, taken, taken_count);
	forget_reports(sums, node);
	node->reports = taken;
	node->count = taken_count;
	node->has_report = true;
	sums->report_count += taken_count;
	if (was_counted != is_counted(node))
		mark_all(sums);
	return 0;
}

int policy_sums_put_node(struct policy_sums *sums, const char *name)
{
	struct node *node;
	int r = need_node(sums, name, &node);

	if (r < 0)
		return r;
	node->list_ids[POLICY_SUM_KIND_NODE] = sums->list_ids[POLICY_SUM_KIND_NODE];
	if (!node->has_node && node->has_report)
		mark_all(sums);
	node->has_node = true;
	return 0;
}

static void remove_part(struct policy_sums *sums, struct node *node, enum policy_sum_kind kind)
{
	if (is_counted(node))
		mark_all(sums);
	if (kind == POLICY_SUM_KIND_REPORT)
		forget_reports(sums, node);
	else
		node->has_node = false;
	drop_if_empty(sums, node);
}

void policy_sums_remove_report(struct policy_sums *sums, const char *name)
{
	struct node *node = find_node(sums, name);

	if (node && node->has_report)
		remove_part(sums, node, POLICY_SUM_KIND_REPORT);
}

void policy_sums_remove_node(struct policy_sums *sums, const char *name)
{
	struct node *node = find_node(sums, name);

	if (node && node->has_node)
		remove_part(sums, node, POLICY_SUM_KIND_NODE);
}

/* --- policies */

struct policy_sum_policy *policy_sums_find(struct policy_sums *sums, const char *namespace, const char *name)
{
	uint32_t key = ref_key(sums, namespace, name);
	struct policy_sum_policy *policy = key ? name_pool_attached(sums->texts, key) : NULL;

	name_pool_unref(sums->texts, key);
	return policy;
}

static int add_policy(struct policy_sums *sums, const char *namespace, const char *name, struct policy_sum_policy **ret)
{
	struct policy_sum_policy **grown, *policy;

	if (sums->policy_count == POLICY_SUM_POLICIES_MAX) {
		sums->refused++;
		return -ENOSPC;
	}
	grown = reallocarray(sums->policies, sums->policy_count + 1, sizeof(struct policy_sum_policy *));
	if (!grown)
		return -ENOMEM;
	sums->policies = grown;
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return -ENOMEM;
	policy->key = ref_key(sums, namespace, name);
	if (!policy->key) {
		free(policy);
		return -ENOSPC;
	}
	policy->namespace = name_pool_text(sums->texts, policy->key);
	policy->name = policy->namespace + strlen(namespace) + 1;
	name_pool_attach(sums->texts, policy->key, policy);
	sums->policies[sums->policy_count++] = policy;
	*ret = policy;
	return 0;
}

static enum policy_sum_kind kind_of(const char *namespace)
{
	return *namespace ? POLICY_SUM_KIND_NAMESPACED : POLICY_SUM_KIND_POLICY;
}

int policy_sums_put_policy(struct policy_sums *sums, const char *namespace, const char *name, const char *uid,
			   int64_t generation, struct policy_sum_policy **ret)
{
	struct policy_sum_policy *policy = policy_sums_find(sums, namespace, name);
	int r = 0;

	if (strlen(uid) > POLICY_SUM_UID_MAX)
		return -EINVAL;
	if (!policy)
		r = add_policy(sums, namespace, name, &policy);
	if (r < 0)
		return r;
	policy->is_changed |= policy->generation != generation || strcmp(policy->uid, uid) != 0;
	memcpy(policy->uid, uid, strlen(uid) + 1);
	policy->generation = generation;
	policy->list_id = sums->list_ids[kind_of(namespace)];
	*ret = policy;
	return 0;
}

static void remove_policy_at(struct policy_sums *sums, size_t at)
{
	struct policy_sum_policy *policy = sums->policies[at];

	name_pool_attach(sums->texts, policy->key, NULL);
	name_pool_unref(sums->texts, policy->key);
	free(policy);
	sums->policies[at] = sums->policies[--sums->policy_count];
}

void policy_sums_remove_policy(struct policy_sums *sums, const char *namespace, const char *name)
{
	const struct policy_sum_policy *policy = policy_sums_find(sums, namespace, name);

	for (size_t i = 0; policy && i < sums->policy_count; i++) {
		if (sums->policies[i] != policy)
			continue;
		remove_policy_at(sums, i);
		return;
	}
}

/* --- lists */

void policy_sums_begin_list(struct policy_sums *sums, enum policy_sum_kind kind)
{
	sums->list_ids[kind]++;
}

static void sweep_nodes(struct policy_sums *sums, enum policy_sum_kind kind)
{
	for (size_t i = sums->node_count; i-- > 0;) {
		struct node *node = &sums->nodes[i];
		bool has = kind == POLICY_SUM_KIND_REPORT ? node->has_report : node->has_node;

		if (has && node->list_ids[kind] != sums->list_ids[kind])
			remove_part(sums, node, kind);
	}
}

static void sweep_policies(struct policy_sums *sums, enum policy_sum_kind kind)
{
	for (size_t i = sums->policy_count; i-- > 0;)
		if (kind_of(sums->policies[i]->namespace) == kind && sums->policies[i]->list_id != sums->list_ids[kind])
			remove_policy_at(sums, i);
}

void policy_sums_end_list(struct policy_sums *sums, enum policy_sum_kind kind)
{
	if (kind == POLICY_SUM_KIND_REPORT || kind == POLICY_SUM_KIND_NODE)
		sweep_nodes(sums, kind);
	else
		sweep_policies(sums, kind);
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

static void add_report(const struct policy_sums *sums, const struct node *node, const struct report *report,
		       struct policy_sum *sum)
{
	if (report->state == POLICY_SUM_SKIPPED) {
		sum->desired--;
		return;
	}
	if (report->state == POLICY_SUM_ENABLED) {
		sum->ready++;
		if (sum->mode == POLICY_SUM_MODE_UNKNOWN)
			sum->mode = (enum policy_sum_mode)report->mode;
		return;
	}
	if (report->state == POLICY_SUM_LOADING)
		return;
	sum->failed++;
	if (sum->failure_count == POLICY_SUM_FAILURES_MAX)
		return;
	sum->failures[sum->failure_count++] = (struct policy_sum_failure){
		.node = node->name,
		.error = name_pool_text(sums->texts, report->error),
		.runs_older = report->state == POLICY_SUM_ERROR,
	};
}

void policy_sums_compute(const struct policy_sums *sums, const struct policy_sum_policy *policy, struct policy_sum *ret)
{
	const struct report key = {.key = policy->key};
	uint64_t uid = hash_uid(policy->uid);

	*ret = (struct policy_sum){0};
	for (size_t i = 0; i < sums->node_count; i++) {
		const struct node *node = &sums->nodes[i];
		const struct report *report;

		if (!is_counted(node))
			continue;
		ret->desired++;
		report = bsearch(&key, node->reports, node->count, sizeof(key), compare_reports);
		/* what it says of an older generation says nothing of this one */
		if (report && report->generation == (uint32_t)policy->generation &&
		    (!report->uid || report->uid == uid))
			add_report(sums, node, report, ret);
	}
}

struct policy_sums_stats policy_sums_stats(const struct policy_sums *sums)
{
	struct name_pool_stats texts = name_pool_stats(sums->texts);

	return (struct policy_sums_stats){
		.nodes = sums->node_count,
		.reports = sums->report_count,
		.policies = sums->policy_count,
		.texts = texts.count,
		.text_bytes = texts.bytes,
		.refused = sums->refused + texts.refused,
	};
}

/* --- begin and end */

struct policy_sums *policy_sums_new(void)
{
	struct policy_sums *sums = calloc(1, sizeof(*sums));

	if (!sums)
		return NULL;
	sums->texts = name_pool_new(TEXTS_MAX, TEXT_BYTES_MAX);
	if (!sums->texts) {
		free(sums);
		return NULL;
	}
	return sums;
}

struct policy_sums *policy_sums_free(struct policy_sums *sums)
{
	if (!sums)
		return NULL;
	for (size_t i = 0; i < sums->node_count; i++) {
		free(sums->nodes[i].reports);
		free(sums->nodes[i].name);
	}
	for (size_t i = 0; i < sums->policy_count; i++)
		free(sums->policies[i]);
	free(sums->nodes);
	free(sums->policies);
	name_pool_free(sums->texts);
	free(sums);
	return NULL;
}
