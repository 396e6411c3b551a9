/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent knows of its cluster: a thread of its own watches the API server, so that one that hangs delays
 * neither events nor policies. What it sees goes into the pod table, the policy objects, the node's labels
 * and the cluster's networks.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster;
struct cluster_networks;
struct kube_client_stats;
struct ledger;
struct own_node;
struct pod_table;
struct policy_board;
struct policy_objects;

struct cluster_options {
	const char *kubeconfig; /* "": we are in a pod */
	const char *node_name;  /* of its Node */
	bool with_policies;     /* --enable-tracing-policy-crd */
	struct pod_table *pods; /* not owned, as the next; outlive the cluster */
	struct policy_objects *objects;
	struct own_node *node;
	struct cluster_networks *networks;
};

/* What is told of this node, besides what cluster_options has. */
struct cluster_report_options {
	const char *node_name;
	uint32_t jitter_s; /* --tracing-node-jitter */
	struct policy_board *board;
	struct policy_objects *objects;
	const char *kernel_lacks; /* as of features_report() */
};

/* 0 or -errno, with the reason logged. That the API server cannot be reached is no failure. */
int cluster_start(const struct cluster_options *options, struct cluster **ret);
/* Ends the thread; accepts and returns NULL. */
struct cluster *cluster_stop(struct cluster *cluster);
/*
 * From now on the cluster is told what becomes of its policies on this node (io/kube/node_reporter.h). What the
 * options point at stays until cluster_end_report(), the texts until cluster_stop(). Without memory, or with a name
 * that no node can have, it says so and does nothing.
 */
void cluster_begin_report(struct cluster *cluster, const struct cluster_report_options *options);
/* Of the thread that began the report, now and then: what was lost (node_state.h). Accepts NULL. */
void cluster_leave_losses(struct cluster *cluster, const struct ledger *ledger);
/*
 * The last report, that the agent has stopped, is on its way when this returns; cluster_stop() waits for it, for half a
 * second from here at most. Accepts NULL, and one that does not report.
 */
void cluster_end_report(struct cluster *cluster);
/* All that is watched has been listed once. */
bool cluster_has_synced(const struct cluster *cluster);
/* Of one kind of objects that are watched, since the start. */
#define CLUSTER_WATCHES_MAX 5
struct cluster_watch {
	const char *resource;                /* "pods" */
	uint64_t objects, skipped, failures; /* as in struct kube_reflector_stats */
};
/* How many there are. */
size_t cluster_read_watches(const struct cluster *cluster, struct cluster_watch ret[CLUSTER_WATCHES_MAX]);
/* Of all calls to the API server. */
void cluster_read_client_stats(const struct cluster *cluster, struct kube_client_stats *ret);
