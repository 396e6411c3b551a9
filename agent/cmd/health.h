/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a kubelet asks of the agent, over HTTP (--health-server-address), each with 200 or 503 and the reason:
 *
 *   /startupz   the base sensor is attached, and what ran before is known
 *   /readyz     and all that is watched of the cluster has been listed once
 *   /livez      the event loop turns
 *
 * and what Prometheus asks, /metrics (metrics.h).
 *
 * None of them asks the API server: one that is away makes no agent restart.
 */
#include <stdbool.h>

struct health;
struct metrics;

/* 0 or -errno, with the reason logged. An empty address: *ret is NULL, which all functions accept. */
int health_open(const char *address, struct health **ret);
/* Each time that the event loop turns, about once a second at least. */
void health_beat(struct health *health);
void health_set_started(struct health *health);
void health_set_synced(struct health *health);
/* For numbers to be left there; until health_close(). NULL if nobody can ask. */
struct metrics *health_metrics(struct health *health);
/* Returns NULL. */
struct health *health_close(struct health *health);
