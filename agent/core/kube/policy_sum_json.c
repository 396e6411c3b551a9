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
	return sum->has_selector ? "no node that nodeSelector selects reports"
				 : "no node that should run it reports: does the agent run?";
}

static void write_degraded(const struct policy_sum *sum, const char *failure, char *text, size_t size)
{
	if (sum->failed)
		snprintf(text, size, "%zu of %zu nodes cannot run it: %s", sum->failed, sum->desired, failure);
	else if (sum->silent)
		snprintf(text, size, "%zu of %zu nodes are silent: %s", sum->silent, sum->desired, failure);
	else
		text[0] = '\0';
}

static void add_conditions(struct buffer *buffer, const struct policy_sum_policy *policy, const struct policy_sum *sum,
			   const char *failure, uint64_t now_ns)
{
	bool is_ready = sum->desired && sum->ready == sum->desired;
	const char *reason = sum->failed ? "NodesFailed" : sum->silent ? "NodesSilent" : "AsExpected";
	char message[MESSAGE_MAX];

	if (!sum->desired)
		snprintf(message, sizeof(message), "%s", no_nodes(sum));
	else
		snprintf(message, sizeof(message), "%zu of %zu nodes run it", sum->ready, sum->desired);
	json_key(buffer, "conditions");
	json_open(buffer, '[');
	add_condition(buffer, "Ready", policy, &policy->ready, is_ready, ready_reason(sum), message, now_ns);
	write_degraded(sum, failure, message, sizeof(message));
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
	char failure[MESSAGE_MAX] = "", text[POLICY_SUM_ERROR_MAX + 1];

	if (sum->failure_count) {
		describe(&sum->failures[0], text, sizeof(text));
		snprintf(failure, sizeof(failure), "%s: %s", sum->failures[0].node, text);
	}
	json_open(buffer, '{');
	json_key(buffer, "observedGeneration");
	buffer_append_i64(buffer, policy->generation);
	add_nodes(buffer, sum);
	json_field_string(buffer, "mode", string_of(modes[sum->mode]));
	json_field_string(buffer, "message", string_of(failure));
	add_failures(buffer, sum);
	add_conditions(buffer, policy, sum, failure, now_ns);
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
