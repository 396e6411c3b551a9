/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which policies' scopes hold for which cgroup. A scope is a policy's namespace with its selectors of pods and
 * containers; a cgroup is one of a pod, of a container, or below that. Whose it is says its path, and its parent: what
 * is inside of a container's is that container's, whatever it is called.
 *
 * Tells each decision by `set` and `remove`; cgroups that it was never told of, and those outside of pods, are the
 * host's. The caller holds a lock over all calls; pod_table has its own.
 *
 * What there is no room for: pods and containers come first, and what is inside of a container goes without a place of
 * its own: what holds for the container holds there, too. Should there be more pods and containers than fit, they are
 * counted, and wanted again: see scope_table_wants_scan().
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
	size_t cgroups_max;
	/* Gives the kernel a cgroup's scopes. 0, -E2BIG: it has no room, or another -errno. */
	int (*set)(void *context, uint64_t id, const struct cgroup_scopes *scopes);
	void (*remove)(void *context, uint64_t id); /* also of one that the kernel does not have */
	/* Called before the first cgroup goes without a place of its own. */
	void (*overflow)(void *context);
	/* Asks the runtime. False: unknown. */
	bool (*identify)(void *context, const char *container_id, struct scope_container *ret);
	void *context;
};

struct scope_table_stats {
	size_t scopes, cgroups;
	size_t undecided;     /* of these: whose container's name, or pod, is not known */
	size_t missing;       /* cgroups of pods and containers without a place now: they are taken for the host's */
	uint64_t refused;     /* those that there have been */
	uint64_t covered;     /* cgroups inside of containers that went without a place */
	uint64_t failed;      /* changes that the kernel would not take */
	uint64_t containers;  /* that were seen coming, and decided on */
	uint64_t gap_sum_ns;  /* of these: the time from the cgroup's beginning to the decision */
	uint64_t gap_max_ns;  /* the longest one */
	uint64_t gap_last_ns; /* that of the last one */
};

/* With what only those know who follow cgroups. */
struct scope_stats {
	struct scope_table_stats table;
	size_t cgroups_max; /* 0: nobody follows any, since no policy has a scope */
	uint64_t lost;      /* cgroups that were not told of, and so found by a scan */
};

/* What `more` has counted comes on top of what *sum has; what there is now is that of `more`. */
void scope_stats_add(struct scope_stats *sum, const struct scope_stats *more);

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
/* What is not put between the two is deleted, if all were looked at. Parents come before what is in them. */
void scope_table_begin_scan(struct scope_table *table);
void scope_table_end_scan(struct scope_table *table, bool is_whole);
/* Something could not be done that may work by now: a scan would tell, but not too often. */
bool scope_table_wants_scan(const struct scope_table *table);

/* The pod is new, or has changed. */
void scope_table_pod_changed(struct scope_table *table, const struct kube_pod *pod);

struct scope_table_stats scope_table_read_stats(const struct scope_table *table);
