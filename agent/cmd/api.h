/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's API (docs/api.md): its routes, and the servers that have all of them, on a unix socket
 * (--server-address) and on TCP (--http-address).
 *
 * The event loop leaves its numbers here once a second, and leaves it be while they are just being read: it waits for
 * nobody.
 */
#include "cmd/policy_board.h"

struct api;
struct cluster;
struct event_hub;
struct event_json_options;
struct health;
struct ledger;
struct pipeline;
struct pod_table;

struct api_options {
	const char *server_address, *http_address; /* "": none */
	const char *node_name, *cluster_name;      /* borrowed, as all of these; cluster_name may be NULL */
	const char *log_path;                      /* NULL: no log is written */
	bool with_credentials;                     /* --enable-process-cred */
	struct health *health;
	struct policy_board_handle *board;
	struct event_hub *hub;
	const struct event_json_options *json; /* how events are printed */
};

/* Where the event loop's numbers are. */
struct api_sources {
	const struct pipeline *pipeline;
	const struct ledger *ledger;
	struct pod_table *pods;        /* NULL: there is no cluster */
	const struct cluster *cluster; /* the same */
};

/*
 * 0 or -errno, with the reason logged. A unix socket that cannot be made is logged only: everything but those who ask
 * there works without.
 */
int api_open(const struct api_options *options, struct api **ret);
/* By the event loop's thread. */
void api_publish(struct api *api, const struct api_sources *sources);
/* Accepts and returns NULL. */
struct api *api_close(struct api *api);
