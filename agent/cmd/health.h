/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a kubelet asks of the agent, or of the operator, over HTTP (--health-server-address), each with 200 or 503 and
 * the reason:
 *
 *   /startupz   the agent: the base sensor is attached, and what ran before is known; the operator: always
 *   /readyz     and all that is watched of the cluster has been listed once
 *   /livez      the loop turns: the one of the events, or the operator's
 *
 * and what Prometheus asks, /metrics.
 *
 * None of them asks the API server: one that is away makes nobody restart.
 */
struct buffer;
struct health;

struct health_options {
	const char *address;
	/* Writes /metrics, in the server's thread, until health_close(). */
	void (*write_metrics)(void *context, struct buffer *body);
	void *metrics_context;
	const char *not_started, *not_synced; /* why, with a newline; not copied, as the literals that they are */
};

/* 0 or -errno, with the reason logged. An empty address: *ret is NULL, which all functions accept. */
int health_open(const struct health_options *options, struct health **ret);
/* Each time that the loop turns, every 10 seconds at least. */
void health_beat(struct health *health);
void health_set_started(struct health *health);
void health_set_synced(struct health *health);
/* Returns NULL. */
struct health *health_close(struct health *health);
