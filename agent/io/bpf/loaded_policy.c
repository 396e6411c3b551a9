// SPDX-License-Identifier: Apache-2.0

/* What is known of a policy that runs (policy_engine.h). */
#include <bpf/bpf.h>

#include "io/bpf/policy_engine_internal.h"

const struct policy *loaded_policy_policy(const struct loaded_policy *loaded)
{
	return loaded->policy;
}

const struct plan *loaded_policy_plan(const struct loaded_policy *loaded)
{
	return &loaded->plan;
}

uint64_t loaded_policy_generation(const struct loaded_policy *loaded)
{
	return loaded->generation;
}

uint64_t loaded_policy_turned_away_gone(const struct loaded_policy *loaded)
{
	return loaded->turned_away_gone;
}

/* --- for other threads */

uint32_t loaded_policy_slot(const struct loaded_policy *loaded)
{
	return loaded->slot;
}

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.id : 0;
}

static uint32_t map_id(int fd)
{
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);

	return fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &size) == 0 ? info.id : 0;
}

void loaded_policy_program_ids(const struct loaded_policy *loaded, size_t hook,
			       struct loaded_program_ids ret[PLAN_PROGRAMS_MAX])
{
	const struct loaded_hook *loaded_hook = &loaded->hooks[hook];

	for (size_t i = 0; i < PLAN_PROGRAMS_MAX; i++) {
		ret[i] = (struct loaded_program_ids){.program = program_id(loaded_hook->program_fds[i])};
		for (int copy = 0; copy < ATTACH_POINT_COPIES; copy++)
			ret[i].dispatchers[copy] = program_id(loaded_hook->points[i].dispatcher_fds[copy]);
	}
}

size_t loaded_policy_map_count(const struct loaded_policy *loaded, size_t hook)
{
	return loaded->hooks[hook].map_count + loaded->plan.hooks[hook].program_count;
}

void loaded_policy_map_ids(const struct loaded_policy *loaded, size_t hook, uint32_t *ret_ids)
{
	const struct loaded_hook *loaded_hook = &loaded->hooks[hook];

	for (size_t i = 0; i < loaded_hook->map_count; i++)
		ret_ids[i] = map_id(loaded_hook->maps[i].fd);
	for (size_t i = 0; i < loaded->plan.hooks[hook].program_count; i++)
		ret_ids[loaded_hook->map_count + i] = map_id(loaded_hook->points[i].array_fd);
}
