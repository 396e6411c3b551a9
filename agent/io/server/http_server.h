/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small HTTP server by libwebsockets, in a thread of its own, for what a kubelet or Prometheus asks: GET and HEAD of
 * a few fixed paths, with answers that are made at once. It answers whatever the other threads wait for.
 *
 * At most HTTP_CONNECTIONS_MAX connections at a time, others wait in the kernel's queue; each is given
 * HTTP_TIMEOUT_S to say what it wants, and as long to say something more.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define HTTP_CONNECTIONS_MAX 32
#define HTTP_TIMEOUT_S 5
#define HTTP_BODY_MAX (1536 * 1024) /* memory that no answer has used yet is none */
#define HTTP_ERROR_MAX 256

struct http_route {
	const char *path; /* "/livez"; without a query */
	const char *type; /* of the body: "text/plain" */
	/* Appends the body, and returns the status; called in the server's thread. */
	unsigned int (*answer)(void *context, struct buffer *body);
};

struct http_server;

struct http_server_options {
	const char *address; /* HOST:PORT, or :PORT for all addresses; [::1]:PORT; port 0: any free one */
	const struct http_route *routes;
	size_t count;
	void *context;
};

/*
 * 0 or -errno, with a text in `ret_error` (HTTP_ERROR_MAX bytes) that says what is wrong. `routes` and `context` must
 * live as long as the server. Serves once the call returns.
 */
int http_server_open(const struct http_server_options *options, struct http_server **ret, char *ret_error);
/* The port that it listens on. */
unsigned int http_server_port(const struct http_server *server);
/* Hangs up and ends the thread, within a second. Accepts and returns NULL. */
struct http_server *http_server_close(struct http_server *server);
