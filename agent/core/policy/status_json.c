// SPDX-License-Identifier: Apache-2.0
#include "core/policy/status_json.h"

#include <string.h>

#include "core/encode/json.h"

static struct bytes string_of(const char *text)
{
	return text ? (struct bytes){text, strlen(text)} : (struct bytes){0};
}

/* --- a policy without its hooks */

static void add_counters(struct buffer *buffer, const struct wire_policy_counters *counters)
{
	json_field_u64(buffer, "events", counters->events);
	json_field_u64(buffer, "lost", counters->lost);
	json_field_u64(buffer, "suppressed", counters->suppressed);
	json_field_u64(buffer, "not_posted", counters->not_posted);
	json_field_u64(buffer, "signals", counters->signals);
	json_field_u64(buffer, "overrides", counters->overrides);
	json_field_u64(buffer, "monitored", counters->monitored);
	json_field_u64(buffer, "errors", counters->errors);
	json_field_u64(buffer, "stateless", counters->stateless);
}

static void add_fields(struct buffer *buffer, const struct policy_status *status)
{
	json_field_u64(buffer, "id", status->id);
	json_field_string(buffer, "name", string_of(status->name));
	json_field_string(buffer, "namespace", string_of(status->namespace));
	json_key(buffer, "state");
	json_plain_string(buffer, policy_state_name(status->state));
	json_key(buffer, "mode");
	json_plain_string(buffer, policy_mode_name(status->mode));
	json_field_string(buffer, "file", string_of(status->file));
	json_field_u64(buffer, "generation", status->generation);
	json_field_u64(buffer, "hook_count", policy_status_function_count(status));
	add_counters(buffer, &status->counters);
	if (status->is_measured) {
		json_field_u64(buffer, "missed", status->missed);
		json_field_u64(buffer, "kernel_memory_bytes", status->memory_bytes);
	}
	json_field_string(buffer, "error", string_of(status->error));
}

void status_json_begin(struct buffer *buffer)
{
	json_open(buffer, '[');
}

void status_json_add(struct buffer *buffer, const struct policy_status *status)
{
	json_open(buffer, '{');
	add_fields(buffer, status);
	json_close(buffer, '}');
}

void status_json_end(struct buffer *buffer)
{
	json_close(buffer, ']');
}

/* --- with its hooks */

static void add_program(struct buffer *buffer, const struct policy_status_program *program, bool is_timed)
{
	json_open(buffer, '{');
	json_key(buffer, "attached");
	json_plain_string(buffer, attach_means_name(program->means));
	json_field_string(buffer, "target", string_of(program->target));
	json_field_u64(buffer, "program_id", program->program_id);
	json_field_u64(buffer, "dispatcher_id", program->dispatcher_ids[0]);
	if (program->is_known) {
		json_field_u64(buffer, "instructions", program->instructions);
		json_field_u64(buffer, "kernel_memory_bytes", program->memory_bytes);
	}
	if (program->is_known && is_timed) {
		json_field_u64(buffer, "run_count", program->run_count);
		json_field_u64(buffer, "run_time_ns", program->run_time_ns);
	}
	json_close(buffer, '}');
}

static void add_hook(struct buffer *buffer, const struct policy_status_hook *hook, bool is_timed)
{
	json_open(buffer, '{');
	json_field_string(buffer, "path", string_of(hook->path));
	json_field_string(buffer, "name", string_of(hook->name));
	if (hook->function_count > 1)
		json_field_u64(buffer, "functions", hook->function_count);
	if (hook->is_skipped)
		json_field_bool(buffer, "is_skipped", true);
	json_key(buffer, "programs");
	json_open(buffer, '[');
	for (size_t i = 0; i < hook->program_count; i++)
		add_program(buffer, &hook->programs[i], is_timed);
	json_close(buffer, ']');
	json_field_u64(buffer, "maps", hook->map_count);
	json_field_u64(buffer, "map_bytes", hook->map_bytes);
	json_close(buffer, '}');
}

void status_json_show(struct buffer *buffer, const struct policy_status *status, bool is_timed)
{
	json_open(buffer, '{');
	add_fields(buffer, status);
	json_field_bool(buffer, "is_timed", is_timed);
	json_key(buffer, "hooks");
	json_open(buffer, '[');
	for (size_t i = 0; i < status->hook_count; i++)
		add_hook(buffer, &status->hooks[i], is_timed);
	json_close(buffer, ']');
	json_close(buffer, '}');
}

void status_json_error(struct buffer *buffer, const char *text)
{
	json_open(buffer, '{');
	json_key(buffer, "error");
	json_string(buffer, string_of(text));
	json_close(buffer, '}');
}
