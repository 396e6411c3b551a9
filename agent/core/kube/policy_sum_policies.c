// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct policy_sum_policy *policy_sums_find(struct policy_sums *sums, const char *namespace, const char *name)
{
	uint32_t key = policy_sums_ref_key(sums, namespace, name);
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
	policy->key = policy_sums_ref_key(sums, namespace, name);
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

void policy_sums_sweep_policies(struct policy_sums *sums, enum policy_sum_kind kind)
{
	for (size_t i = sums->policy_count; i-- > 0;)
		if (kind_of(sums->policies[i]->namespace) == kind && sums->policies[i]->list_id != sums->list_ids[kind])
			remove_policy_at(sums, i);
}
