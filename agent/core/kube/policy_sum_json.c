// SPDX-License-Identifier: Apache-2.0
/* The status of a policy: policy_sum.h. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/encode/json.h"
#include "core/kube/policy_sum.h"

#define MESSAGE_MAX 1024

static struct bytes string_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void add_text(struct buffer *buffer, const char *text)
{
	json_string(buffer, string_of(text));
}

static void add_condition(struct buffer *buffer, const char *type, const struct policy_sum_policy *policy,
			  const struct policy_sum_condition *stored, bool is_true, const char *reason,
			  const char *message, uint64_t now_ns)
{
	json_open(buffer, '{');
	json_key(buffer, "type");
	json_plain_string(buffer, type);
	json_key(buffer, "status");
	json_plain_string(buffer, is_true ? "True" : "False");
	json_key(buffer, "observedGeneration");
	buffer_append_i64(buffer, policy->generation);
	json_key(buffer, "lastTransitionTime");
	if (stored->is_known && stored->is_true == is_true)
		add_text(buffer, stored->since);
	else
		json_timestamp(buffer, now_ns / CLOCK_NS_PER_SECOND * CLOCK_NS_PER_SECOND);
	json_key(buffer, "reason");
	json_plain_string(buffer, reason);
	json_key(buffer, "message");
	add_text(buffer, message);
	json_close(buffer, '}');
}

static void describe_since(int64_t written_s, char *text, size_t size)
{
	char quoted[64];
	struct buffer since = {.data = quoted, .capacity = sizeof(quoted)};

	json_timestamp(&since, (uint64_t)written_s * CLOCK_NS_PER_SECOND);
	snprintf(text, size, "its agent has not reported since %.*s: does it run?", (int)since.length - 2, quoted + 1);
}

/* What is wrong on a node. */
static void describe(const struct policy_sum_failure *failure, char *text, size_t size)
{
	if (failure->reason == POLICY_SUM_NODE_NOT_READY)
		snprintf(text, size, "the node is not ready, and its agent has not reported since");
	else if (failure->reason == POLICY_SUM_NO_REPORT && failure->written_s)
		describe_since(failure->written_s, text, size);
	else if (failure->reason == POLICY_SUM_NO_REPORT)
		snprintf(text, size, "its agent has not reported for %d minutes: does it run?",
			 POLICY_SUM_SILENT_S / 60);
	else
		snprintf(text, size, "%s", failure->error);
}

static const char *ready_reason(const struct policy_sum *sum)
{
	if (!sum->desired)
		return "NoNodes";
	if (sum->ready == sum->desired)
		return "Running";
	return sum->failed ? "NodesFailed" : sum->silent ? "NodesSilent" : "NodesPending";
}

static const char *no_nodes(const struct policy_sum *sum)
{
	if (sum->is_awaited)
		return sum->has_selector ? "no node that nodeSelector selects reports: does the agent run there?"
					 : "no node reports: does the agent run?";
	return sum->has_selector ? "nodeSelector selects no node" : "the cluster has no nodes";
}

/* What becomes of it, as far as it does not run; "": it runs on all nodes that should. */
static void describe_trouble(const struct policy_sum *sum, char *text, size_t size)
{
	size_t pending = sum->desired - sum->ready - sum->failed - sum->silent;
	char failure[POLICY_SUM_ERROR_MAX + 1];

	text[0] = '\0';
	if (sum->failure_count) {
		describe(&sum->failures[0], failure, sizeof(failure));
		snprintf(text, size, "%s: %s", sum->failures[0].node, failure);
	} else if (!sum->desired) {
		snprintf(text, size, "%s", no_nodes(sum));
	} else if (pending) {
		snprintf(text, size, "waiting for the report of %zu node%s: %s%s", pending, pending > 1 ? "s" : "",
			 sum->pending, pending > 1 ? ", ..." : "");
	}
}

static void write_ready(const struct policy_sum *sum, const char *trouble, char *text, size_t size)
{
	bool is_pending = *trouble && !sum->failure_count;

	if (!sum->desired)
		snprintf(text, size, "%s", trouble);
	else
		snprintf(text, size, "%zu of %zu nodes run it%s%s", sum->ready, sum->desired, is_pending ? "; " : "",
			 is_pending ? trouble : "");
}

static void write_degraded(const struct policy_sum *sum, const char *trouble, char *text, size_t size)
{
	if (sum->failed)
		snprintf(text, size, "%zu of %zu nodes cannot run it: %s", sum->failed, sum->desired, trouble);
	else if (sum->silent)
		snprintf(text, size, "%zu of %zu nodes are silent: %s", sum->silent, sum->desired, trouble);
	else
		text[0] = '\0';
}

static void add_conditions(struct buffer *buffer, const struct policy_sum_policy *policy, const struct policy_sum *sum,
			   const char *trouble, uint64_t now_ns)
{
	bool is_ready = sum->desired && sum->ready == sum->desired;
	const char *reason = sum->failed ? "NodesFailed" : sum->silent ? "NodesSilent" : "AsExpected";
	char message[MESSAGE_MAX];

	write_ready(sum, trouble, message, sizeof(message));
	json_key(buffer, "conditions");
	json_open(buffer, '[');
	add_condition(buffer, "Ready", policy, &policy->ready, is_ready, ready_reason(sum), message, now_ns);
	write_degraded(sum, trouble, message, sizeof(message));
	add_condition(buffer, "Degraded", policy, &policy->degraded, sum->failed || sum->silent, reason, message,
		      now_ns);
	json_close(buffer, ']');
}

static void add_failures(struct buffer *buffer, const struct policy_sum *sum)
{
	static const char *const reasons[] = {
		[POLICY_SUM_NOT_LOADED] = "NotLoaded",
		[POLICY_SUM_NOT_CHANGED] = "NotChanged",
		[POLICY_SUM_NO_REPORT] = "NoReport",
		[POLICY_SUM_NODE_NOT_READY] = "NodeNotReady",
	};
	char text[MESSAGE_MAX];

	if (!sum->failure_count)
		return;
	json_key(buffer, "failures");
	json_open(buffer, '[');
	for (size_t i = 0; i < sum->failure_count; i++) {
		const struct policy_sum_failure *failure = &sum->failures[i];

		json_open(buffer, '{');
		json_key(buffer, "node");
		add_text(buffer, failure->node);
		json_key(buffer, "reason");
		json_plain_string(buffer, reasons[failure->reason]);
		json_key(buffer, "message");
		describe(failure, text, sizeof(text));
		add_text(buffer, text);
		json_close(buffer, '}');
	}
	json_close(buffer, ']');
}

static void add_nodes(struct buffer *buffer, const struct policy_sum *sum)
{
	json_key(buffer, "ready");
	json_open(buffer, '"');
	buffer_append_u64(buffer, sum->ready);
	buffer_append_byte(buffer, '/');
	buffer_append_u64(buffer, sum->desired);
	buffer_append_byte(buffer, '"');
	json_key(buffer, "nodes");
	json_open(buffer, '{');
	json_field_u64(buffer, "desired", sum->desired);
	json_field_u64(buffer, "ready", sum->ready);
	json_field_u64(buffer, "failed", sum->failed);
	if (sum->silent)
		json_field_u64(buffer, "silent", sum->silent);
	json_close(buffer, '}');
}

void policy_sum_write_status(struct buffer *buffer, const struct policy_sum_policy *policy,
			     const struct policy_sum *sum, uint64_t now_ns)
{
	static const char *const modes[POLICY_SUM_MODE_COUNT] = {
		[POLICY_SUM_MODE_UNKNOWN] = "",
		[POLICY_SUM_MODE_ENFORCE] = "enforce",
		[POLICY_SUM_MODE_MONITOR] = "monitor",
		[POLICY_SUM_MODE_MONITOR_ONLY] = "monitor_only",
	};
	char trouble[MESSAGE_MAX];

	describe_trouble(sum, trouble, sizeof(trouble));
	json_open(buffer, '{');
	json_key(buffer, "observedGeneration");
	buffer_append_i64(buffer, policy->generation);
	add_nodes(buffer, sum);
	json_field_string(buffer, "mode", string_of(modes[sum->mode]));
	json_field_string(buffer, "message", string_of(trouble));
	add_failures(buffer, sum);
	add_conditions(buffer, policy, sum, trouble, now_ns);
	json_close(buffer, '}');
}

void policy_sum_write_object(struct buffer *buffer, const struct policy_sum_policy *policy, const struct buffer *status)
{
	json_open(buffer, '{');
	json_key(buffer, "apiVersion");
	json_plain_string(buffer, "cilium.io/v1alpha1");
	json_key(buffer, "kind");
	json_plain_string(buffer, *policy->namespace ? "TracingPolicyNamespaced" : "TracingPolicy");
	json_key(buffer, "metadata");
	json_open(buffer, '{');
	json_field_string(buffer, "name", string_of(policy->name));
	json_field_string(buffer, "namespace", string_of(policy->namespace));
	json_field_string(buffer, "uid", string_of(policy->uid)); /* another one of that name is not meant */
	json_close(buffer, '}');
	json_key(buffer, "status");
	buffer_append(buffer, status->data, status->length);
	json_close(buffer, '}');
}
