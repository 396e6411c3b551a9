/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* /v1/events: what its query asks for, and the reader of the hub that it becomes (docs/api.md). */
#include "core/stream/event_hub.h"
#include "io/server/http_server.h"

struct event_stream_options {
	struct event_hub *hub;                 /* not owned */
	bool with_credentials;                 /* --enable-process-cred: filters may ask for them */
	const struct event_json_options *json; /* not owned; how events are printed, for cel_expression */
};

/* The options live as long as the server. */
struct http_stream event_stream(const struct event_stream_options *options);
