/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a kubelet asks of the agent, or of the operator, over HTTP (--health-server-address; an agent's other addresses
 * have it, too), each with 200 or 503 and the reason:
 *
 *   /startupz   the agent: the base sensor is attached, and what ran before is known; the operator: always
 *   /readyz     and all that is watched of the cluster has been listed once
 *   /livez      the loop turns: the one of the events, or the operator's; also as /healthz
 *
 * and what Prometheus asks, /metrics.
 *
 * None of them asks the API server: one that is away makes nobody restart.
 */
#include "io/server/http_server.h"

struct health;

struct health_options {
	const char *address; /* "": none */
	/* Writes /metrics, in the server's thread, until health_close(). */
	void (*write_metrics)(void *context, struct buffer *body);
	void *metrics_context;
	const char *not_started, *not_synced; /* why, with a newline; not copied, as the literals that they are */
};

/* 0 or -errno, with the reason logged. Serves at once where there is an address. */
int health_open(const struct health_options *options, struct health **ret);
/* All that is served, for other servers, which must end before health_close(). */
struct http_routes health_routes(struct health *health);
/* Ready, or why not, as /readyz has it: the status. */
unsigned int health_read_ready(const struct health *health, struct buffer *body);
/* Each time that the loop turns, every 10 seconds at least. */
void health_beat(struct health *health); /* accepts NULL, as the next two */
void health_set_started(struct health *health);
void health_set_synced(struct health *health);
/* Accepts and returns NULL. */
struct health *health_close(struct health *health);
