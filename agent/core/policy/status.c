// SPDX-License-Identifier: Apache-2.0
#include "core/policy/status.h"

#include <stdlib.h>

const char *policy_state_name(enum policy_state state)
{
	static const char *const names[POLICY_STATE_COUNT] = {
		[POLICY_STATE_ENABLED] = "enabled",
		[POLICY_STATE_LOAD_ERROR] = "load_error",
		[POLICY_STATE_ERROR] = "error",
		[POLICY_STATE_SKIPPED] = "skipped",
	};

	return names[state];
}

const char *policy_mode_name(enum policy_mode mode)
{
	static const char *const names[] = {
		[POLICY_MODE_ENFORCE] = "enforce",
		[POLICY_MODE_MONITOR] = "monitor",
		[POLICY_MODE_MONITOR_ONLY] = "monitor_only",
	};

	return names[mode];
}

size_t policy_status_function_count(const struct policy_status *status)
{
	size_t count = 0;

	for (size_t i = 0; i < status->hook_count; i++)
		count += status->hooks[i].function_count;
	return count;
}

void policy_status_done(struct policy_status *status)
{
	for (size_t i = 0; i < status->hook_count; i++) {
		free(status->hooks[i].path);
		free(status->hooks[i].name);
		free(status->hooks[i].map_ids);
	}
	free(status->hooks);
	free(status->name);
	free(status->namespace);
	free(status->file);
	free(status->error);
	*status = (struct policy_status){0};
}

void policy_status_sum(struct policy_status *status)
{
	uint64_t turned_away = status->turned_away_gone;

	status->memory_bytes = status->run_count = status->run_time_ns = 0;
	status->is_measured = true;
	for (size_t i = 0; i < status->hook_count; i++) {
		const struct policy_status_hook *hook = &status->hooks[i];

		status->memory_bytes += hook->map_bytes;
		for (size_t j = 0; j < hook->program_count; j++) {
			turned_away += hook->programs[j].turned_away;
			status->memory_bytes += hook->programs[j].memory_bytes;
			status->run_count += hook->programs[j].run_count;
			status->run_time_ns += hook->programs[j].run_time_ns;
			status->is_measured &= hook->programs[j].is_known;
		}
	}
	/* those that another copy took are not missed */
	if (turned_away > status->counters.rescued)
		status->missed = turned_away - status->counters.rescued;
	else
		status->missed = 0;
}
