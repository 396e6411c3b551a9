/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which scopes of policies hold for which cgroup, in the kernel (bpf/scope.bpf.c): there from the first policy with a
 * scope to the last, and neither programs nor memory at other times.
 *
 * A thread of its own is told of new cgroups, so that nothing else that the agent does delays a decision; it and the
 * thread of the Kubernetes client, which brings pods, decide (core/kube/scope_table.h) under a lock.
 */
#include "core/kube/scope_table.h"
#include "io/bpf/base_sensor.h"

struct scope_sensor;

struct scope_sensor_options {
	const char *btf_path; /* "": the running kernel's own */
	const char *procfs;   /* the host's: its 1/root is the host's root directory */
	enum cgroup_hierarchy hierarchy;
	bool has_map_allocator, has_preemptible_tracepoints; /* struct kernel_features */
	struct pod_table *pods;                              /* not owned; it has no other watcher */
};

/* Attaches, then looks at the cgroups that are there. 0, or -errno, with what it is about in the log. */
int scope_sensor_open(const struct scope_sensor_options *options, struct scope_sensor **ret);
struct scope_sensor *scope_sensor_close(struct scope_sensor *sensor); /* accepts and returns NULL */

int scope_sensor_fd(const struct scope_sensor *sensor); /* SHARED_MAP_SCOPES */

/* scope_table_add() and _remove(). */
int scope_sensor_add(struct scope_sensor *sensor, const char *namespace, const struct label_selector *pod,
		     const struct label_selector *container);
void scope_sensor_remove(struct scope_sensor *sensor, int scope);

void scope_sensor_read_stats(struct scope_sensor *sensor, struct scope_stats *ret);
/* From time to time: warns in the log of what could not be done since the last call. */
void scope_sensor_check(struct scope_sensor *sensor);
