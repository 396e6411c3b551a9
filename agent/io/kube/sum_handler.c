// SPDX-License-Identifier: Apache-2.0
#include "io/kube/sum_handler.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"
#include "core/kube/timestamp.h"
#include "io/kube/node_object.h"
#include "io/kube/selector_object.h"

struct side {
	struct policy_sums *sums;
	uint64_t (*now_ns)(void);
	enum policy_sum_kind kind;
};

struct sum_handlers {
	struct side sides[POLICY_SUM_KIND_COUNT];
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* --- TracingNodes */

static enum policy_sum_state state_of(const char *name)
{
	static const char *const names[] = {
		[POLICY_SUM_LOADING] = "loading",       [POLICY_SUM_ENABLED] = "enabled",
		[POLICY_SUM_LOAD_ERROR] = "load_error", [POLICY_SUM_ERROR] = "error",
		[POLICY_SUM_SKIPPED] = "skipped",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum policy_sum_state)i;
	return POLICY_SUM_LOADING; /* a newer agent's word for something that does not run yet */
}

static enum policy_sum_mode mode_of(const char *name)
{
	static const char *const names[POLICY_SUM_MODE_COUNT] = {
		[POLICY_SUM_MODE_UNKNOWN] = "",
		[POLICY_SUM_MODE_ENFORCE] = "enforce",
		[POLICY_SUM_MODE_MONITOR] = "monitor",
		[POLICY_SUM_MODE_MONITOR_ONLY] = "monitor_only",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return (enum policy_sum_mode)i;
	return POLICY_SUM_MODE_UNKNOWN;
}

/* When the API server took what the agent wrote last: by whom fields are managed it says when. 0: it does not say. */
static int64_t written_at(const json_t *metadata)
{
	const json_t *managers = json_object_get(metadata, "managedFields"), *manager;
	int64_t time_s;
	size_t i;

	json_array_foreach(managers, i, manager)
	{
		if (strcmp(text_of(manager, "manager"), "trigon-agent") == 0 &&
		    timestamp_parse(text_of(manager, "time"), &time_s))
			return time_s;
	}
	return 0;
}

/* Others may change the object, its labels for instance: what only the agent changes is the mark. */
static struct policy_sum_sign sign_of(const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	const char *mark = text_of(json_object_get(object, "status"), "reportedAt");

	if (!*mark)
		mark = text_of(metadata, "resourceVersion"); /* an agent that does not tell the time */
	return (struct policy_sum_sign){
		.mark = hash_bytes(HASH_BEGIN, mark, strlen(mark)),
		.written_s = written_at(metadata),
	};
}

static int take_report(struct policy_sums *sums, const char *name, const json_t *object)
{
	const json_t *policies = json_object_get(json_object_get(object, "status"), "policies"), *policy;
	size_t count = json_array_size(policies), i;
	_cleanup_free_ struct policy_sum_report *reports = calloc(count + 1, sizeof(*reports));
	struct policy_sum_sign sign = sign_of(object);

	if (!reports)
		return -ENOMEM;
	json_array_foreach(policies, i, policy)
	{
		reports[i] = (struct policy_sum_report){
			.namespace = text_of(policy, "namespace"),
			.name = text_of(policy, "name"),
			.uid = text_of(policy, "uid"),
			.generation = json_integer_value(json_object_get(policy, "generation")),
			.state = state_of(text_of(policy, "state")),
			.mode = mode_of(text_of(policy, "mode")),
			.error = text_of(policy, "error"),
		};
	}
	return policy_sums_put_report(sums, name, &sign, reports, count);
}

/* --- Nodes */

/* One that does not say is taken for ready: nothing has said that it is not. */
static bool is_not_ready(const json_t *object)
{
	const json_t *conditions = json_object_get(json_object_get(object, "status"), "conditions"), *condition;
	size_t i;

	json_array_foreach(conditions, i, condition)
	{
		if (strcmp(text_of(condition, "type"), "Ready") == 0)
			return strcmp(text_of(condition, "status"), "True") != 0;
	}
	return false;
}

static int take_node(struct policy_sums *sums, const char *name, const json_t *object)
{
	struct kube_label_fields labels[POLICY_SUM_LABELS_MAX + 1];
	size_t count = node_object_labels(object, labels, ARRAY_SIZE(labels));
	const struct policy_sum_node node = {
		.labels = labels,
		.label_count = MIN(count, ARRAY_SIZE(labels)),
		.is_not_ready = is_not_ready(object),
	};

	return policy_sums_put_node(sums, name, &node);
}

/* --- policies */

uint64_t sum_hash_status(const json_t *status)
{
	char *text = status ? json_dumps(status, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	uint64_t hash = text ? hash_bytes(HASH_BEGIN, text, strlen(text)) : 0;

	free(text);
	return hash;
}

static struct policy_sum_condition condition_of(const json_t *status, const char *type)
{
	const json_t *conditions = json_object_get(status, "conditions"), *condition;
	struct policy_sum_condition taken = {0};
	size_t i;

	json_array_foreach(conditions, i, condition)
	{
		const char *since = text_of(condition, "lastTransitionTime");

		if (strcmp(text_of(condition, "type"), type) != 0 || strlen(since) > POLICY_SUM_TIME_MAX)
			continue;
		taken.is_known = *since;
		taken.is_true = strcmp(text_of(condition, "status"), "True") == 0;
		memcpy(taken.since, since, strlen(since) + 1);
	}
	return taken;
}

void sum_take_status(struct policy_sum_policy *policy, const json_t *status)
{
	uint64_t hash = sum_hash_status(status);

	policy->is_changed |= policy->stored != hash; /* ours, or somebody else has written it */
	policy->stored = hash;
	policy->ready = condition_of(status, "Ready");
	policy->degraded = condition_of(status, "Degraded");
}

static int take_policy(struct policy_sums *sums, const char *name, const json_t *object)
{
	const json_t *metadata = json_object_get(object, "metadata");
	_cleanup_(label_selector_done) struct label_selector selector = {0};
	struct policy_sum_policy *policy;
	int r = selector_object_read(json_object_get(json_object_get(object, "spec"), "nodeSelector"), &selector);

	r = policy_sums_put_policy(sums, text_of(metadata, "namespace"), name, text_of(metadata, "uid"),
				   json_integer_value(json_object_get(metadata, "generation")),
				   r < 0 ? NULL : &selector, &policy);
	if (r == 0)
		sum_take_status(policy, json_object_get(object, "status"));
	return r;
}

/* --- all */

static int put_object(const struct side *side, const char *name, const json_t *object)
{
	switch (side->kind) {
	case POLICY_SUM_KIND_REPORT:
		return take_report(side->sums, name, object);
	case POLICY_SUM_KIND_NODE:
		return take_node(side->sums, name, object);
	default:
		return take_policy(side->sums, name, object);
	}
}

static void remove_object(const struct side *side, const char *name, const json_t *object)
{
	const char *namespace = text_of(json_object_get(object, "metadata"), "namespace");

	if (side->kind == POLICY_SUM_KIND_REPORT)
		policy_sums_remove_report(side->sums, name);
	else if (side->kind == POLICY_SUM_KIND_NODE)
		policy_sums_remove_node(side->sums, name);
	else
		policy_sums_remove_policy(side->sums, namespace, name);
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	const struct side *side = context;
	const char *name = text_of(json_object_get(object, "metadata"), "name");
	int r = 0;

	if (!*name) {
		snprintf(ret_error, size, "metadata.name is missing");
		return -EINVAL;
	}
	policy_sums_set_time(side->sums, side->now_ns());
	if (change == KUBE_CHANGE_DELETE)
		remove_object(side, name, object);
	else
		r = put_object(side, name, object);
	if (r == -ENOSPC)
		snprintf(ret_error, size, "there is no room for more");
	return r;
}

static void begin_list(void *context)
{
	const struct side *side = context;

	policy_sums_begin_list(side->sums, side->kind);
}

static void end_list(void *context)
{
	const struct side *side = context;

	policy_sums_end_list(side->sums, side->kind);
}

struct kube_handler sum_handler(struct sum_handlers *handlers, enum policy_sum_kind kind)
{
	return (struct kube_handler){
		.context = &handlers->sides[kind],
		.begin_list = begin_list,
		.object = take_object,
		.end_list = end_list,
	};
}

struct sum_handlers *sum_handlers_new(struct policy_sums *sums, uint64_t (*now_ns)(void))
{
	struct sum_handlers *handlers = calloc(1, sizeof(*handlers));

	for (size_t i = 0; handlers && i < POLICY_SUM_KIND_COUNT; i++)
		handlers->sides[i] = (struct side){.sums = sums, .now_ns = now_ns, .kind = (enum policy_sum_kind)i};
	return handlers;
}

struct sum_handlers *sum_handlers_free(struct sum_handlers *handlers)
{
	free(handlers);
	return NULL;
}
