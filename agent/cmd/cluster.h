/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent knows of its cluster: a thread of its own watches the API server, so that one that hangs delays
 * neither events nor policies. What it sees goes into the pod table and the policy objects.
 */
#include <stdbool.h>

struct cluster;
struct pod_table;
struct policy_objects;

struct cluster_options {
	const char *kubeconfig; /* "": we are in a pod */
	const char *node_name;
	bool with_policies;     /* --enable-tracing-policy-crd */
	struct pod_table *pods; /* not owned, as the next; outlive the cluster */
	struct policy_objects *objects;
};

/* 0 or -errno, with the reason logged. That the API server cannot be reached is no failure. */
int cluster_start(const struct cluster_options *options, struct cluster **ret);
/* Ends the thread; accepts and returns NULL. */
struct cluster *cluster_stop(struct cluster *cluster);
/* All that is watched has been listed once. */
bool cluster_has_synced(const struct cluster *cluster);
