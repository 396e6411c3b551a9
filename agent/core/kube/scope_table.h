/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which policies' scopes hold for which cgroup. A scope is a policy's namespace with its selectors of pods and
 * containers; a cgroup is one of a pod, of a container, or below that. Whose it is says its path, and its parent: what
 * is inside of a container's is that container's, whatever it is called.
 *
 * Tells each decision by `set` and `remove`; cgroups that it was never told of, and those outside of pods, are the
 * host's. The caller holds a lock over all calls; pod_table has its own.
 */
#include "core/kube/pod_table.h"
#include "core/policy/label_selector.h"
#include "policy/interface.h"

#define SCOPE_CGROUPS_MAX 16384

/* What the runtime says of a container that the pod's status does not have yet. */
struct scope_container {
	bool is_sandbox; /* the pod's own, in no status */
	char name[64];   /* a DNS label of at most 63 */
};

struct scope_table_options {
	struct pod_table *pods; /* not owned */
	uint64_t (*now_ns)(void);
	/* Gives the kernel a cgroup's scopes. */
	void (*set)(void *context, uint64_t id, const struct cgroup_scopes *scopes);
	void (*remove)(void *context, uint64_t id);
	/* Asks the runtime. False: unknown. */
	bool (*identify)(void *context, const char *container_id, struct scope_container *ret);
	void *context;
};

struct scope_table_stats {
	size_t scopes, cgroups;
	size_t undecided;     /* containers whose name, or pod, is not known */
	uint64_t refused;     /* cgroups for want of room: none of their processes is in a scope */
	uint64_t containers;  /* that were seen coming, and decided on */
	uint64_t gap_max_ns;  /* of these: the longest time from the cgroup's beginning to the decision */
	uint64_t gap_last_ns; /* and of the last one */
};

struct scope_table;

int scope_table_new(const struct scope_table_options *options, struct scope_table **ret); /* 0 or -ENOMEM */
struct scope_table *scope_table_free(struct scope_table *table);                          /* accepts and returns NULL */

/*
 * A policy's scope gets a number, below SCOPES_MAX; one that is there already has the same. `namespace` is NULL: any.
 * -ENOSPC: there are too many; -ENOMEM.
 */
int scope_table_add(struct scope_table *table, const char *namespace, const struct label_selector *pod,
		    const struct label_selector *container);
void scope_table_remove(struct scope_table *table, int scope); /* one of its users goes */

/*
 * A cgroup is there: `made_ns`, of now_ns(), is when it came, 0: it is older than that. Does no harm twice. Those that
 * are of no pod are not kept.
 */
void scope_table_put_cgroup(struct scope_table *table, uint64_t id, uint64_t parent, struct bytes path,
			    uint64_t made_ns);
void scope_table_delete_cgroup(struct scope_table *table, uint64_t id);
/* What is not put between the two is deleted. Parents come before what is in them. */
void scope_table_begin_scan(struct scope_table *table);
void scope_table_end_scan(struct scope_table *table);

/* The pod is new, or has changed. */
void scope_table_pod_changed(struct scope_table *table, const struct kube_pod *pod);

struct scope_table_stats scope_table_read_stats(const struct scope_table *table);
