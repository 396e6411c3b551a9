/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Publishes the cluster's networks: ClusterNetwork `cluster` of trigon.dev, by server-side apply, which changes nothing
 * where the API server has just that. What the operator was given counts, and takes the place of what the cluster says.
 *
 * Each write reaches every agent, so there is one in NETWORK_WRITER_INTERVAL_MS at most: nodes come in bursts.
 */
#include "io/kube/network_collector.h"
#include "io/kube/transport.h"

#define NETWORK_WRITER_INTERVAL_MS 5000
#define NETWORK_WRITER_REFRESH_S 30      /* written again, without a change: somebody may have deleted or edited it */
#define NETWORK_WRITER_NETWORKS_MAX 4096 /* of a kind; CLUSTER_NETWORKS_MAX of agents */

struct network_writer_options {
	const struct network_collector *collector; /* not owned */
	/* --pod-cidr and --service-cidr; NULL or empty: what the cluster says. Not owned. */
	const struct network_set *given[NETWORK_SOURCE_COUNT];
	struct kube_transport transport;
	uint64_t (*now_ns)(void);
	uint32_t (*random)(void);
};

/* Since the start. */
struct network_writer_stats {
	uint64_t written;  /* also without a change */
	uint64_t failures; /* writes that failed, or could not be made */
};

struct network_writer;

int network_writer_new(const struct network_writer_options *options, struct network_writer **ret); /* 0 or -ENOMEM */
struct network_writer *network_writer_free(struct network_writer *writer); /* accepts and returns NULL */
/* Of the one that leads, when all is known: starts what is due. Returns when to call it again, of now_ns(). */
uint64_t network_writer_tick(struct network_writer *writer);
void network_writer_cancel(struct network_writer *writer); /* it leads no more */
struct network_writer_stats network_writer_stats(const struct network_writer *writer);
