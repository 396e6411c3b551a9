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

static void add_conditions(struct buffer *buffer, const struct policy_sum_policy *policy, const struct policy_sum *sum,
			   const char *failure, uint64_t now_ns)
{
	bool is_ready = sum->desired && sum->ready == sum->desired;
	const char *reason = is_ready        ? "Running"
			     : !sum->desired ? "NoNodes"
			     : sum->failed   ? "NodesFailed"
					     : "NodesPending";
	char message[MESSAGE_MAX];

	if (!sum->desired)
		snprintf(message, sizeof(message), "no node that should run it reports: does the agent run?");
	else
		snprintf(message, sizeof(message), "%zu of %zu nodes run it", sum->ready, sum->desired);
	json_key(buffer, "conditions");
	json_open(buffer, '[');
	add_condition(buffer, "Ready", policy, &policy->ready, is_ready, reason, message, now_ns);
	if (sum->failed)
		snprintf(message, sizeof(message), "%zu of %zu nodes cannot run it: %s", sum->failed, sum->desired,
			 failure);
	add_condition(buffer, "Degraded", policy, &policy->degraded, sum->failed,
		      sum->failed ? "NodesFailed" : "AsExpected", sum->failed ? message : "", now_ns);
	json_close(buffer, ']');
}

static void add_failures(struct buffer *buffer, const struct policy_sum *sum)
{
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
		json_plain_string(buffer, failure->runs_older ? "NotChanged" : "NotLoaded");
		json_key(buffer, "message");
		add_text(buffer, failure->error);
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
	char failure[MESSAGE_MAX] = "";

	if (sum->failure_count)
		snprintf(failure, sizeof(failure), "%s: %s", sum->failures[0].node, sum->failures[0].error);
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
