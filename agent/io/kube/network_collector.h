/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The networks that a cluster's objects name: spec.podCIDRs of Nodes, spec.cidrs of ServiceCIDRs. Of the thread of the
 * Kubernetes client.
 */
#include "core/kube/network_set.h"
#include "io/kube/handler.h"

#define NETWORK_OWNERS_MAX 20000 /* objects of each kind; policy_sums has as many nodes */
#define NETWORKS_OF_ONE_MAX 8    /* of an object */

enum network_source {
	NETWORK_SOURCE_NODES,
	NETWORK_SOURCE_SERVICE_CIDRS,
	NETWORK_SOURCE_COUNT,
};

struct network_collector;

struct network_collector *network_collector_new(void); /* NULL: no memory */
struct network_collector *network_collector_free(struct network_collector *collector);

struct kube_handler network_collector_handler(struct network_collector *collector, enum network_source source);
/* Grows with each change. */
uint64_t network_collector_version(const struct network_collector *collector);
/* All networks of a source, as few as they can be. 0, -ENOMEM, or -ENOSPC: there are too many. */
int network_collector_read(const struct network_collector *collector, enum network_source source,
			   struct network_set *ret);
