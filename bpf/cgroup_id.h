/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Which cgroup a task is in: that of the unified hierarchy, or of the controller
 * that the agent chose where there is no unified one.
 */
#include "common.h"

/* The numbers of config.cgroup_hierarchy (agent/io/bpf/base_sensor.h). */
enum cgroup_hierarchy {
	CGROUP_HIERARCHY_V2,
	CGROUP_HIERARCHY_MEMORY,
	CGROUP_HIERARCHY_PIDS,
	CGROUP_HIERARCHY_CPUSET,
};

/* The controllers' indices differ between kernels: taken from the running one's BTF. */
enum cgroup_subsys_id {
	cpuset_cgrp_id,
	memory_cgrp_id,
	pids_cgrp_id,
};

#define CGROUP_INDEX(id) \
	(bpf_core_enum_value_exists(enum cgroup_subsys_id, id) ? (__s64)bpf_core_enum_value(enum cgroup_subsys_id, id) \
							       : -1)

static __always_inline __s64 cgroup_subsystem(void)
{
	switch (config.cgroup_hierarchy) {
	case CGROUP_HIERARCHY_MEMORY:
		return CGROUP_INDEX(memory_cgrp_id);
	case CGROUP_HIERARCHY_PIDS:
		return CGROUP_INDEX(pids_cgrp_id);
	case CGROUP_HIERARCHY_CPUSET:
		return CGROUP_INDEX(cpuset_cgrp_id);
	default:
		return -1;
	}
}

static __always_inline struct kernfs_node *cgroup_node(struct task_struct *task)
{
	struct css_set *set = READ(task, cgroups);
	struct cgroup_subsys_state *state = NULL;
	__s64 index = cgroup_subsystem();

	if (index < 0)
		return BPF_CORE_READ(set, dfl_cgrp, kn);
	READ_BYTES(&state, sizeof(state), (void *)&set->subsys + index * sizeof(state));
	return BPF_CORE_READ(state, cgroup, kn);
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___rcu *rcu = (void *)node;

	if (bpf_core_field_exists(rcu->__parent))
		return BPF_CORE_READ(rcu, __parent);
	return BPF_CORE_READ(node, parent);
}
