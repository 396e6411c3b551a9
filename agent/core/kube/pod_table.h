/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The node's pods, found by UID and by container id. The thread of the Kubernetes client writes, that of the events
 * reads; a mutex inside is held for a look-up or a change, never longer.
 *
 * A deleted pod stays to be found, as its last events come after its end. The 1,024 that were deleted or found last are
 * kept.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kube/pod.h"

#define POD_TABLE_MAX 8192              /* pods that are there */
#define POD_TABLE_BYTES_MAX (32u << 20) /* of these and the deleted ones */
#define POD_TABLE_DELETED_MAX 1024

struct pod_table;

struct pod_table_stats {
	size_t pods, deleted;
	size_t bytes;     /* all memory of the table and its pods */
	uint64_t changes; /* pods added, changed, deleted */
	uint64_t refused; /* for want of room */
	uint64_t evicted; /* deleted ones that made room */
};

struct pod_table *pod_table_new(void);
struct pod_table *pod_table_free(struct pod_table *table); /* returns NULL; accepts NULL */

/*
 * Adds or replaces a pod, which is the table's from then on, whatever the result. 1 if that is a change; 0 if the pod
 * was there just so; -ENOSPC if there is no room, and it is counted.
 */
int pod_table_put(struct pod_table *table, struct kube_pod *pod);
void pod_table_delete(struct pod_table *table, const struct pod_uid *uid);
/* What is not put between the two is deleted; a list that begins anew forgets what came before. */
void pod_table_begin_list(struct pod_table *table);
void pod_table_end_list(struct pod_table *table);

/*
 * Has `watcher` called with each pod that is new or has changed, by the thread that puts it; NULL ends that, and when
 * it has returned, none is being called any more.
 */
typedef void (*pod_watcher)(void *context, const struct kube_pod *pod);
void pod_table_watch(struct pod_table *table, pod_watcher watcher, void *context);

/* Grows with each change; takes no lock. */
uint64_t pod_table_version(const struct pod_table *table);
/* Whether a first list is in; takes no lock. */
bool pod_table_is_listed(const struct pod_table *table);

/*
 * The pod with this UID or, if there is none or `uid` is zeros, with this container: a reference, NULL if unknown.
 * `docker` is the beginning of a container's id, as in struct process. *ret_container is that one in the pod, NULL if
 * the pod's status does not have it (yet).
 */
struct kube_pod *pod_table_find(struct pod_table *table, const struct pod_uid *uid, const char *docker,
				const struct kube_container **ret_container);

void pod_table_read_stats(struct pod_table *table, struct pod_table_stats *ret);
