/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Whether a policy is for the running process: which scopes hold for its cgroup (../scope.bpf.c).
 */
#include "task.h"

#define SCOPE_DEPTH_MAX 32 /* Kubernetes in systemd slices has 5 levels, kind 8 */

static __always_inline __u64 has_scope(const struct cgroup_scopes *scopes, __u64 scope)
{
	return scope < SCOPES_MAX ? scopes->words[scope / 64] >> (scope % 64) & 1 : 0;
}

/*
 * The map has had no room: the nearest cgroup above that it has, decides. What is deeper than this goes is taken for
 * all that policies are for: nobody else nests so, but who hides.
 */
static __always_inline __u64 is_in_scope_above(void *scopes, __u64 scope, __u64 is_host)
{
	struct kernfs_node *node = cgroup_node(current_task());

	for (int i = 0; i < SCOPE_DEPTH_MAX; i++) {
		const struct cgroup_scopes *above;
		__u64 id;

		node = kernfs_parent(node);
		if (!node)
			return is_host;
		id = BPF_CORE_READ(node, id);
		above = bpf_map_lookup_elem(scopes, &id);
		if (above)
			return has_scope(above, scope);
	}
	return 1;
}

/* `scopes`: hash of struct cgroup_scopes. is_host, a constant: also for processes outside of pods. 1 or 0. */
PIECE(is_in_scope)
__u64 is_in_scope(void *scopes, __u64 scope, __u64 is_host)
{
	__u64 id = task_cgroup_id(current_task());
	const struct cgroup_scopes *here = bpf_map_lookup_elem(scopes, &id), *mark;

	if (here)
		return has_scope(here, scope);
	id = SCOPE_MARK;
	mark = bpf_map_lookup_elem(scopes, &id);
	return mark && mark->words[0] ? is_in_scope_above(scopes, scope, is_host) : is_host;
}
