// SPDX-License-Identifier: Apache-2.0
#include "core/encode/agent_status.h"

#include "core/encode/json.h"

static struct bytes string_of(const char *text)
{
	return text ? (struct bytes){text, strlen(text)} : (struct bytes){0};
}

static const char *const event_names[EVENT_TYPE_COUNT] = {
	[EVENT_PROCESS_EXEC] = "process_exec",         [EVENT_PROCESS_EXIT] = "process_exit",
	[EVENT_PROCESS_KPROBE] = "process_kprobe",     [EVENT_PROCESS_TRACEPOINT] = "process_tracepoint",
	[EVENT_PROCESS_LSM] = "process_lsm",           [EVENT_PROCESS_LOADER] = "process_loader",
	[EVENT_PROCESS_THROTTLE] = "process_throttle",
};

/* A key that is not known when this is compiled. */
static void add_key(struct buffer *buffer, const char *name)
{
	json_plain_string(buffer, name);
	buffer_append_byte(buffer, ':');
}

static void add_agent(struct buffer *buffer, const struct agent_status *status)
{
	json_key(buffer, "version");
	json_string(buffer, string_of(status->version));
	json_key(buffer, "commit");
	json_string(buffer, string_of(status->commit));
	json_key(buffer, "node_name");
	json_string(buffer, string_of(status->node_name));
	json_key(buffer, "cluster_name");
	json_string(buffer, string_of(status->cluster_name));
	json_field_u64(buffer, "pid", (uint64_t)status->pid);
	json_key(buffer, "kernel");
	json_string(buffer, string_of(status->kernel));
	json_key(buffer, "arch");
	json_string(buffer, string_of(status->arch));
	json_field_timestamp(buffer, "started", status->started_ns);
	json_field_timestamp(buffer, "time", status->wall_ns);
	json_field_bool(buffer, "ready", status->reason.length == 0);
	json_key(buffer, "reason");
	json_string(buffer, status->reason);
}

static void add_events(struct buffer *buffer, const struct agent_status *status)
{
	json_key(buffer, "events");
	json_open(buffer, '{');
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++) {
		if (!status->events[i])
			continue;
		add_key(buffer, event_names[i]);
		json_quoted_u64(buffer, status->events[i]);
	}
	json_close(buffer, '}');
	json_field_quoted_u64(buffer, "filtered", status->ledger.filtered);
	json_field_quoted_u64(buffer, "rate_limited", status->ledger.rate_limited);
	json_field_quoted_u64(buffer, "waiting", status->ledger.waiting);
	ledger_json_append_losses(buffer, &status->ledger);
}

static void add_log(struct buffer *buffer, const struct agent_status *status)
{
	if (!status->log_path)
		return;
	json_key(buffer, "log");
	json_open(buffer, '{');
	json_key(buffer, "session");
	json_plain_string(buffer, status->ledger.session);
	json_key(buffer, "path");
	json_string(buffer, string_of(status->log_path));
	json_field_quoted_u64(buffer, "lines", status->ledger.lines);
	json_field_quoted_u64(buffer, "bytes", status->ledger.bytes);
	json_close(buffer, '}');
}

static void add_processes(struct buffer *buffer, const struct agent_status *status)
{
	json_key(buffer, "processes");
	json_open(buffer, '{');
	json_field_u64(buffer, "known", status->processes_known);
	json_field_u64(buffer, "maximum", status->processes_maximum);
	json_close(buffer, '}');
}

static void add_cluster(struct buffer *buffer, const struct agent_status *status)
{
	if (!status->has_cluster)
		return;
	json_key(buffer, "cluster");
	json_open(buffer, '{');
	json_field_bool(buffer, "synced", status->has_synced);
	json_field_u64(buffer, "pods", status->pods);
	json_close(buffer, '}');
}

static void add_readers(struct buffer *buffer, const struct event_hub_stats *stats)
{
	json_key(buffer, "readers");
	json_open(buffer, '[');
	for (size_t i = 0; i < stats->count; i++) {
		const struct event_reader_stats *reader = &stats->readers[i];

		json_open(buffer, '{');
		json_field_quoted_u64(buffer, "reader", reader->reader);
		json_field_timestamp(buffer, "since", reader->since_ns);
		json_field_quoted_u64(buffer, "sent", reader->sent);
		json_field_quoted_u64(buffer, "lost", reader->lost);
		json_field_quoted_u64(buffer, "filtered", reader->filtered);
		json_close(buffer, '}');
	}
	json_close(buffer, ']');
}

static void add_policies(struct buffer *buffer, const struct agent_status *status)
{
	json_key(buffer, "policies");
	json_open(buffer, '{');
	for (size_t i = 0; i < POLICY_STATE_COUNT; i++) {
		if (!status->policies[i])
			continue;
		add_key(buffer, policy_state_name((enum policy_state)i));
		buffer_append_u64(buffer, status->policies[i]);
	}
	json_close(buffer, '}');
}

static void add_scopes(struct buffer *buffer, const struct scope_stats *scopes)
{
	const struct scope_table_stats *stats = &scopes->table;

	if (!scopes->cgroups_max)
		return;
	json_key(buffer, "scopes");
	json_open(buffer, '{');
	json_field_u64(buffer, "cgroups", stats->cgroups);
	json_field_u64(buffer, "maximum", scopes->cgroups_max);
	json_field_u64(buffer, "undecided", stats->undecided);
	json_field_u64(buffer, "missing", stats->missing);
	json_field_quoted_u64(buffer, "refused", stats->refused);
	json_field_quoted_u64(buffer, "covered", stats->covered);
	json_field_quoted_u64(buffer, "containers", stats->containers);
	json_field_quoted_u64(buffer, "gap_max_ns", stats->gap_max_ns);
	json_field_quoted_u64(buffer, "gap_last_ns", stats->gap_last_ns);
	json_close(buffer, '}');
}

static void add_memory(struct buffer *buffer, const struct agent_status *status)
{
	json_key(buffer, "memory");
	json_open(buffer, '{');
	json_field_quoted_u64(buffer, "resident_bytes", status->resident_bytes);
	json_close(buffer, '}');
}

void agent_status_append(struct buffer *buffer, const struct agent_status *status)
{
	json_open(buffer, '{');
	add_agent(buffer, status);
	if (status->has_facts) {
		add_events(buffer, status);
		add_log(buffer, status);
	}
	add_policies(buffer, status);
	add_scopes(buffer, &status->scopes);
	if (status->has_facts) {
		add_processes(buffer, status);
		add_cluster(buffer, status);
		add_readers(buffer, &status->readers);
	}
	add_memory(buffer, status);
	json_close(buffer, '}');
}
