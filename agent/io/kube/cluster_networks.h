/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The cluster's networks, which the operator publishes (ClusterNetwork `cluster` of trigon.dev): what ${PODCIDR} and
 * ${SERVICECIDR} stand for. Written by the thread of the Kubernetes client, read by the one that loads policies.
 *
 * At first they are to come, and who needs them waits. Then they are known; or it is known that they cannot be had for
 * now (cluster_networks_give_up()). What was known once stays so, whatever becomes of the object or of our right.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/kube/change.h"
#include "io/kube/handler.h"

#define CLUSTER_NETWORKS_NAME "cluster"
#define CLUSTER_NETWORKS_MAX 4096 /* of each kind */

enum cluster_network_kind {
	CLUSTER_NETWORK_PODS,
	CLUSTER_NETWORK_SERVICES,
	CLUSTER_NETWORK_KINDS,
};

struct cluster_networks;

int cluster_networks_new(struct cluster_networks **ret);                           /* 0 or -errno */
struct cluster_networks *cluster_networks_free(struct cluster_networks *networks); /* accepts and returns NULL */

/* --- by the thread of the client */

/* Of a reflector of ClusterNetworks; those of other names mean nothing to it. */
struct kube_handler cluster_networks_handler(struct cluster_networks *networks);
/* They are waited for no more; should they come, they count. */
void cluster_networks_give_up(struct cluster_networks *networks);
bool cluster_networks_are_decided(struct cluster_networks *networks); /* known, or given up */

/* --- by who loads policies */

/*
 * A copy of the networks of a kind, separated by blanks, for the caller to free; "" if the operator knows none. NULL:
 * they are not known, or there is no memory.
 */
char *cluster_networks_text(struct cluster_networks *networks, enum cluster_network_kind kind);
struct change *cluster_networks_change(struct cluster_networks *networks);
