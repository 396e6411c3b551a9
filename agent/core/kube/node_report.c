// SPDX-License-Identifier: Apache-2.0
#include "core/kube/node_report.h"

#include <string.h>

#include "base/clock.h"
#include "core/encode/json.h"

static struct bytes string_of(const char *text)
{
	return text ? (struct bytes){text, strlen(text)} : (struct bytes){0};
}

/* --- the object */

static void add_owner(struct buffer *buffer, const struct node_report *report)
{
	json_key(buffer, "ownerReferences");
	json_open(buffer, '[');
	json_open(buffer, '{');
	json_key(buffer, "apiVersion");
	json_plain_string(buffer, "v1");
	json_key(buffer, "kind");
	json_plain_string(buffer, "Node");
	json_field_string(buffer, "name", string_of(report->node_name));
	json_field_string(buffer, "uid", string_of(report->node_uid));
	json_close(buffer, '}');
	json_close(buffer, ']');
}

void node_report_begin(struct buffer *buffer, const struct node_report *report)
{
	json_open(buffer, '{');
	json_key(buffer, "apiVersion");
	json_plain_string(buffer, "trigon.dev/v1alpha1");
	json_key(buffer, "kind");
	json_plain_string(buffer, "TracingNode");
	json_key(buffer, "metadata");
	json_open(buffer, '{');
	json_field_string(buffer, "name", string_of(report->node_name));
	if (report->node_uid)
		add_owner(buffer, report);
	json_close(buffer, '}');
	json_key(buffer, "status");
	json_open(buffer, '{');
	json_field_string(buffer, "nodeName", string_of(report->node_name));
	json_key(buffer, "agentVersion");
	json_plain_string(buffer, TRIGON_VERSION);
	json_key(buffer, "kernel");
	json_open(buffer, '{');
	json_field_string(buffer, "release", string_of(report->kernel_release));
	json_field_string(buffer, "machine", string_of(report->kernel_machine));
	json_field_string(buffer, "lacks", string_of(report->kernel_lacks));
	json_close(buffer, '}');
	json_key(buffer, "policies");
	json_open(buffer, '[');
}

/* --- a policy */

static void add_attached(struct buffer *buffer, const struct policy_status *status)
{
	uint64_t counts[ATTACH_MEANS_COUNT] = {0};
	uint64_t skipped = 0;

	for (size_t i = 0; i < status->hook_count; i++) {
		const struct policy_status_hook *hook = &status->hooks[i];

		skipped += hook->is_skipped;
		for (size_t j = 0; j < hook->program_count; j++)
			if ((size_t)hook->programs[j].means < ATTACH_MEANS_COUNT)
				counts[hook->programs[j].means]++;
	}
	json_key(buffer, "attached");
	json_open(buffer, '[');
	for (size_t i = 0; i < ATTACH_MEANS_COUNT; i++) {
		if (!counts[i])
			continue;
		json_open(buffer, '{');
		json_key(buffer, "means");
		json_plain_string(buffer, attach_means_name((enum attach_means)i));
		json_field_u64(buffer, "hooks", counts[i]);
		json_close(buffer, '}');
	}
	json_close(buffer, ']');
	if (skipped)
		json_field_u64(buffer, "skippedHooks", skipped);
}

static void add_counters(struct buffer *buffer, const struct policy_status *status)
{
	uint64_t run_time_ns = 0;

	for (size_t i = 0; i < status->hook_count; i++)
		for (size_t j = 0; j < status->hooks[i].program_count; j++)
			run_time_ns += status->hooks[i].programs[j].run_time_ns;
	json_field_u64(buffer, "events", status->counters.events);
	json_field_u64(buffer, "lost", status->counters.lost);
	if (status->is_measured)
		json_field_u64(buffer, "kernelMemoryBytes", status->memory_bytes);
	if (run_time_ns)
		json_field_u64(buffer, "runTimeNanoseconds", run_time_ns);
}

static void add_error(struct buffer *buffer, const struct policy_status *status, struct node_report_form form)
{
	size_t maximum = form.is_brief ? NODE_REPORT_ERROR_BRIEF : NODE_REPORT_ERROR_MAX;

	json_key(buffer, "reason");
	json_plain_string(buffer, status->state == POLICY_STATE_ERROR ? "NotChanged" : "NotLoaded");
	json_field_string(buffer, "error", json_cut(string_of(status->error), maximum));
}

void node_report_add(struct buffer *buffer, const struct node_report_policy *policy, struct node_report_form form)
{
	const struct policy_status *status = policy->status;

	json_open(buffer, '{');
	json_field_string(buffer, "namespace", string_of(status->namespace));
	json_field_string(buffer, "name", string_of(status->name));
	json_field_string(buffer, "uid", string_of(policy->uid));
	json_key(buffer, "generation");
	buffer_append_i64(buffer, policy->generation);
	json_key(buffer, "state");
	json_plain_string(buffer, policy->is_loading ? "loading" : policy_state_name(status->state));
	if ((status->state == POLICY_STATE_LOAD_ERROR || status->state == POLICY_STATE_ERROR) && !policy->is_loading)
		add_error(buffer, status, form);
	if (status->generation) {
		json_key(buffer, "mode");
		json_plain_string(buffer, policy_mode_name(status->mode));
		if (!form.is_brief)
			add_attached(buffer, status);
		if (form.has_counters)
			add_counters(buffer, status);
	}
	json_close(buffer, '}');
}

/* --- the node */

static void add_condition(struct buffer *buffer, const char *type, bool status, uint64_t since_ns, const char *reason,
			  const char *message)
{
	json_open(buffer, '{');
	json_key(buffer, "type");
	json_plain_string(buffer, type);
	json_key(buffer, "status");
	json_plain_string(buffer, status ? "True" : "False");
	json_field_timestamp(buffer, "lastTransitionTime", since_ns / CLOCK_NS_PER_SECOND * CLOCK_NS_PER_SECOND);
	json_key(buffer, "reason");
	json_plain_string(buffer, reason);
	json_key(buffer, "message");
	json_string(buffer, json_cut(string_of(message), NODE_REPORT_ERROR_MAX));
	json_close(buffer, '}');
}

static void add_conditions(struct buffer *buffer, const struct node_report *report)
{
	static const struct {
		const char *reason, *message;
	} states[] = {
		[NODE_REPORT_RUNS] = {"AgentRuns", "the node is observed"},
		[NODE_REPORT_STOPPED] = {"AgentStopped", "the agent has ended, and nothing is observed"},
		[NODE_REPORT_MISSES_RIGHT] = {"RightMissing", NULL},
		[NODE_REPORT_MISSES_KIND] = {"KindMissing", NULL},
		[NODE_REPORT_MISSES_LIST] = {"NotListed", NULL},
	};
	const char *message = states[report->state].message;
	bool is_degraded = report->ready < report->wanted;

	json_key(buffer, "conditions");
	json_open(buffer, '[');
	add_condition(buffer, "Ready", report->state == NODE_REPORT_RUNS, report->ready_since_ns,
		      states[report->state].reason, message ? message : report->trouble);
	add_condition(buffer, "Degraded", is_degraded, report->degraded_since_ns,
		      is_degraded ? "PoliciesNotReady" : "AsExpected",
		      is_degraded ? "policies of the cluster do not run here as they are" : "");
	json_close(buffer, ']');
}

/* The stages of the ledger, each once: the rows of one stand together. */
static void add_drops(struct buffer *buffer, const struct ledger *ledger)
{
	const char *cause = "";

	if (!ledger->loss_count)
		return;
	json_key(buffer, "drops");
	json_open(buffer, '[');
	for (size_t i = 0; i < ledger->loss_count; i++) {
		if (strcmp(ledger->losses[i].stage, cause) == 0)
			continue;
		cause = ledger->losses[i].stage;
		json_open(buffer, '{');
		json_key(buffer, "cause");
		json_plain_string(buffer, cause);
		json_field_u64(buffer, "count", ledger_lost(ledger, cause));
		json_close(buffer, '}');
	}
	json_close(buffer, ']');
}

void node_report_end(struct buffer *buffer, const struct node_report *report, struct node_report_form form)
{
	json_close(buffer, ']');
	json_key(buffer, "policiesReady");
	json_open(buffer, '"');
	buffer_append_u64(buffer, report->ready);
	buffer_append_byte(buffer, '/');
	buffer_append_u64(buffer, report->wanted);
	buffer_append_byte(buffer, '"');
	if (form.has_counters)
		add_drops(buffer, report->ledger);
	if (form.has_counters)
		json_field_timestamp(buffer, "reportedAt", report->now_ns);
	add_conditions(buffer, report);
	json_close(buffer, '}');
	json_close(buffer, '}');
}
