/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of a cgroup id: its path and the container in it. The kernel
 * side sends each path once (bpf/cgroup.h); the table is bounded, and what it drops is told to the
 * caller so that the kernel side sends it again.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/process/process.h"

#define CGROUP_TABLE_MAX 4096 /* above the kernel side's 2,048 ids */

struct cgroup {
	uint64_t id;
	char docker[32]; /* as in struct process */
	struct pod_uid pod_uid;
	bool is_cut; /* its first names are not known, and so neither is the container: others may stand inside of it */
	struct cgroup *hash_next;
	struct cgroup *older, *newer;
	size_t path_length;
	char path[]; /* from the hierarchy's root; not NUL-terminated */
};

struct cgroup_table {
	struct cgroup *buckets[1024];
	struct cgroup *oldest, *newest;
	size_t count;
	uint64_t evicted;
};

void cgroup_table_done(struct cgroup_table *table);
/* NULL if unknown. Valid until the next cgroup_table_add(). */
const struct cgroup *cgroup_table_find(const struct cgroup_table *table, uint64_t id);
/* The last component of its path; `/` of the root. */
struct bytes cgroup_name(const struct cgroup *cgroup);
/*
 * Learns or replaces a path. 0 or -ENOMEM; *ret_evicted_id is the id
 * that was dropped to make room, 0 if none.
 */
int cgroup_table_add(struct cgroup_table *table, uint64_t id, struct bytes path, bool is_cut, uint64_t *ret_evicted_id);
