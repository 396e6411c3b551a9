// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/util.h"
#include "core/kube/label_index.h"
#include "core/kube/name_pool.h"

#define TEXTS_MAX 65536
#define TEXT_BYTES_MAX (16u << 20)
#define LABEL_TEXTS_MAX (1u << 17)         /* of 20,000 nodes with some that are theirs alone; the kubelet's have one */
#define AGE_MAX_S (1 << 20)                /* of a report: far beyond what makes silent, and no overflow */
#define LOOK_NS (10 * CLOCK_NS_PER_SECOND) /* between two looks at all nodes */
#define KEY_MAX 512                        /* namespace, a NUL, name: 63 and 253 bytes at most */

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
	uint32_t list_ids[2]; /* of the lists that had its report and its Node last */
	bool has_report, has_node;
	bool is_found;     /* in a list that is being read: when its agent wrote is not known yet */
	bool is_not_ready; /* its Node */
	bool is_heard;     /* since then */
	bool is_lost;      /* no report for too long; until there is one */
	bool is_silent;    /* lost or away, as of the last look */
	uint64_t mark;     /* of the last report, and by the API server's clock: */
	int64_t written_s;
	int64_t heard_ns; /* by now_ns; may be negative */
	struct index_labels labels;
};

struct policy_sums {
	struct name_pool *texts, *label_texts;
	struct node *nodes; /* owned, sorted by name */
	size_t node_count, node_capacity;
	struct policy_sum_policy **policies; /* owned, in no order */
	size_t policy_count;
	uint32_t list_ids[POLICY_SUM_KIND_COUNT];
	bool is_listing[POLICY_SUM_KIND_COUNT];
	size_t report_count, label_count, selector_size;
	uint64_t refused;
	uint64_t clock_ns; /* as we are told; and without the time in which we were deaf: */
	int64_t now_ns;
	bool is_deaf;
	int64_t newest_s; /* of all reports' written_s */
	uint64_t look_ns; /* at all nodes, next */
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

/* --- silence */

static bool is_away(const struct node *node)
{
	return node->is_not_ready && !node->is_heard;
}

static void look_at(struct policy_sums *sums, struct node *node)
{
	int64_t left_ns = node->heard_ns + (int64_t)(POLICY_SUM_SILENT_S * CLOCK_NS_PER_SECOND) - sums->now_ns;
	bool is_silent;

	node->is_lost |= left_ns <= 0;
	is_silent = is_counted(node) && (node->is_lost || is_away(node));
	if (is_silent != node->is_silent)
		mark_all(sums);
	node->is_silent = is_silent;
	if (is_counted(node) && !node->is_lost)
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
		look_at(sums, &sums->nodes[i]);
	return sums->look_ns;
}

void policy_sums_set_deaf(struct policy_sums *sums, bool is_deaf)
{
	sums->is_deaf = is_deaf;
}

static void hear(struct policy_sums *sums, struct node *node, const struct policy_sum_sign *sign)
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

/* What was written before we came, by its age. */
static void date_found(struct policy_sums *sums)
{
	for (size_t i = 0; i < sums->node_count; i++) {
		struct node *node = &sums->nodes[i];
		int64_t age_s = node->written_s ? MIN(sums->newest_s - node->written_s, (int64_t)AGE_MAX_S) : 0;

		if (!node->is_found)
			continue;
		node->is_found = false;
		node->heard_ns -= age_s * (int64_t)CLOCK_NS_PER_SECOND;
		look_at(sums, node);
	}
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

static void forget_labels(struct policy_sums *sums, struct node *node)
{
	sums->label_count -= node->labels.count;
	index_labels_done(sums->label_texts, &node->labels);
	node->has_node = false;
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

int policy_sums_put_report(struct policy_sums *sums, const char *name, const struct policy_sum_sign *sign,
			   const struct policy_sum_report *reports, size_t count)
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
	hear(sums, node, sign);
	mark_differences(sums, node->reports, node->count, taken, taken_count);
	forget_reports(sums, node);
	node->reports = taken;
	node->count = taken_count;
	node->has_report = true;
	sums->report_count += taken_count;
	if (was_counted != is_counted(node))
		mark_all(sums);
	look_at(sums, node);
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
static void put_labels(struct policy_sums *sums, struct node *node, struct index_labels *labels)
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
	struct node *node;
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
	if (!had_node && node->has_report)
		mark_all(sums);
	look_at(sums, node);
	return 0;
}

static void remove_part(struct policy_sums *sums, struct node *node, enum policy_sum_kind kind)
{
	if (is_counted(node))
		mark_all(sums);
	if (kind == POLICY_SUM_KIND_REPORT) {
		forget_reports(sums, node);
	} else {
		forget_labels(sums, node);
		node->is_not_ready = false;
	}
	look_at(sums, node);
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

static void drop_selector(struct policy_sums *sums, struct policy_sum_policy *policy)
{
	sums->selector_size -= policy->selector_size;
	policy->selector_size = 0;
	policy->selector = index_selector_free(sums->label_texts, policy->selector);
	policy->is_selector_unknown = false;
}

static void set_selector(struct policy_sums *sums, struct policy_sum_policy *policy,
			 const struct label_selector *selector)
{
	size_t size = selector ? index_selector_size(selector) : 0;

	drop_selector(sums, policy);
	if (selector && !selector->count)
		return;
	if (selector && size <= POLICY_SUM_SELECTORS_MAX - sums->selector_size)
		policy->selector = index_selector_new(sums->label_texts, selector);
	policy->is_selector_unknown = !policy->selector;
	sums->refused += policy->is_selector_unknown;
	if (!policy->selector)
		return;
	policy->selector_size = size;
	sums->selector_size += size;
}

int policy_sums_put_policy(struct policy_sums *sums, const char *namespace, const char *name, const char *uid,
			   int64_t generation, const struct label_selector *selector, struct policy_sum_policy **ret)
{
	struct policy_sum_policy *policy = policy_sums_find(sums, namespace, name);
	bool is_other = !policy;
	int r = 0;

	if (strlen(uid) > POLICY_SUM_UID_MAX)
		return -EINVAL;
	if (!policy)
		r = add_policy(sums, namespace, name, &policy);
	if (r < 0)
		return r;
	is_other |= policy->generation != generation || strcmp(policy->uid, uid) != 0;
	if (is_other || policy->is_selector_unknown)
		set_selector(sums, policy, selector); /* which is part of what the generation is of */
	policy->is_changed |= is_other;
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
	drop_selector(sums, policy);
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
	sums->is_listing[kind] = true;
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
	sums->is_listing[kind] = false;
	if (kind == POLICY_SUM_KIND_REPORT)
		date_found(sums);
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

static void add_silent(const struct node *node, struct policy_sum *sum, struct failures *silent)
{
	sum->silent++;
	add_failure(silent, (struct policy_sum_failure){
				    .node = node->name,
				    .error = "",
				    .reason = is_away(node) ? POLICY_SUM_NODE_NOT_READY : POLICY_SUM_NO_REPORT,
				    .written_s = node->written_s,
			    });
}

static void add_report(const struct policy_sums *sums, const struct node *node, const struct report *report,
		       struct policy_sum *sum, struct failures *failed)
{
	if (report->state == POLICY_SUM_ENABLED) {
		sum->ready++;
		if (sum->mode == POLICY_SUM_MODE_UNKNOWN)
			sum->mode = (enum policy_sum_mode)report->mode;
	}
	if (report->state != POLICY_SUM_LOAD_ERROR && report->state != POLICY_SUM_ERROR)
		return;
	sum->failed++;
	add_failure(failed, (struct policy_sum_failure){
				    .node = node->name,
				    .error = name_pool_text(sums->texts, report->error),
				    .reason = report->state == POLICY_SUM_ERROR ? POLICY_SUM_NOT_CHANGED
										: POLICY_SUM_NOT_LOADED,
			    });
}

/* What the node says of the policy; NULL: nothing, or it is about another generation, which says nothing of this one.
 */
static const struct report *find_report(const struct node *node, const struct policy_sum_policy *policy, uint64_t uid)
{
	const struct report key = {.key = policy->key}, *report;

	report = bsearch(&key, node->reports, node->count, sizeof(key), compare_reports);
	if (!report || report->generation != (uint32_t)policy->generation || (report->uid && report->uid != uid))
		return NULL;
	return report;
}

static bool is_meant(const struct policy_sum_policy *policy, const struct node *node, const struct report *report)
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
	uint64_t uid = hash_uid(policy->uid);

	*ret = (struct policy_sum){.has_selector = policy->selector || policy->is_selector_unknown};
	for (size_t i = 0; i < sums->node_count; i++) {
		const struct node *node = &sums->nodes[i];
		const struct report *report;

		if (!is_counted(node))
			continue;
		report = find_report(node, policy, uid);
		if (!is_meant(policy, node, report))
			continue;
		ret->desired++;
		if (node->is_silent)
			add_silent(node, ret, &silent);
		else if (report)
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
