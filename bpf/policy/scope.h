/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Whether a policy is for the running process: which scopes hold for its cgroup (../scope.bpf.c).
 */
#include "task.h"

/* `scopes`: hash of struct cgroup_scopes. is_host, a constant: also for processes outside of pods. 1 or 0. */
PIECE(is_in_scope)
__u64 is_in_scope(void *scopes, __u64 scope, __u64 is_host)
{
	__u64 id = task_cgroup_id(current_task());
	const struct cgroup_scopes *here = bpf_map_lookup_elem(scopes, &id);

	if (!here)
		return is_host;
	if (scope >= SCOPES_MAX)
		return 0;
	return here->words[scope / 64] >> (scope % 64) & 1;
}
