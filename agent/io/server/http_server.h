/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small HTTP server by libwebsockets, in a thread of its own: GET and HEAD, with answers that are made at once or
 * are there already. It answers whatever the other threads wait for.
 *
 * At most HTTP_CONNECTIONS_MAX connections at a time, others wait in the kernel's queue; each is given
 * HTTP_TIMEOUT_S to say what it wants, as long to take a part of the answer, and as long to say something more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define HTTP_CONNECTIONS_MAX 32
#define HTTP_TIMEOUT_S 5
#define HTTP_BODY_MAX (4u << 20)     /* memory that no answer has used yet is none */
#define HTTP_WAITING_MAX (16u << 20) /* of answers that clients have not taken yet; short ones go beyond */
#define HTTP_ERROR_MAX 256

struct http_header {
	const char *name; /* in lower case, with its colon: "cache-control:" */
	const char *value;
};

struct http_route {
	const char *path; /* "/livez"; without a query */
	const char *type; /* of the body: "text/plain" */
	bool has_below;   /* the path ends with a slash, and all below is meant, too */
	/*
	 * Appends the body, and returns the status; called in the server's thread. `below` is what follows the path,
	 * percent-decoded, and "" but for has_below. NULL: the body is `bytes`.
	 */
	unsigned int (*answer)(void *context, const char *below, struct buffer *body);
	const void *bytes;
	size_t length;
	const struct http_header *headers; /* besides the usual ones, ended by one without a name; NULL: none */
};

/* Routes with one context; all of it must live as long as the server. */
struct http_routes {
	const struct http_route *items;
	size_t count;
	void *context;
};

#define HTTP_ARGUMENTS_MAX 64 /* of a query */
#define HTTP_STREAM_MESSAGE_MAX 65536
#define HTTP_STREAM_ERROR_MAX 1024
#define HTTP_STREAM_PING_S 20   /* a WebSocket of whose client nothing is heard is asked */
#define HTTP_STREAM_HANGUP_S 60 /* and ends */

/* Who asks for a stream, valid during the call. */
struct http_stream_request {
	const char *const *arguments; /* of the query, "NAME=VALUE", percent-decoded */
	size_t count;
	/* For who makes the stream: there is more to read. From any thread, until the stream is closed; never waits. */
	void (*wake)(void *wake_context);
	void *wake_context;
};

/* A WebSocket that sends, and has nothing to receive. All is called in the server's thread. */
struct http_stream {
	const char *path;
	/* 0, or the status of an answer with the text in ret_error (HTTP_STREAM_ERROR_MAX bytes). */
	unsigned int (*open)(void *context, const struct http_stream_request *request, void **ret_stream,
			     char *ret_error);
	/* The next message, `size` bytes of UTF-8 at most; 0: there is none now. */
	size_t (*read)(void *stream, char *ret, size_t size);
	/* Nothing will follow: the connection ends with "going away". */
	bool (*is_over)(const void *stream);
	void (*close)(void *stream);
	void *context;
};

struct http_server;

struct http_server_options {
	const char *address; /* HOST:PORT, or :PORT for all addresses; [::1]:PORT; port 0: any free one; or NULL */
	/*
	 * The path of a unix socket, which only the agent's user can open. The library is loaded at the first
	 * connection then; what fails is logged as of `name`.
	 */
	const char *path;
	const char *name;     /* the option: "--server-address" */
	bool is_for_browsers; /* refuse what only a page elsewhere can have sent (docs/api.md) */
	const struct http_routes *routes;
	size_t count;
	const struct http_stream *stream;        /* NULL: none; lives as long as the server, as what routes point at */
	uint16_t stream_ping_s, stream_hangup_s; /* 0: as above */
};

/*
 * 0 or -errno, with a text in `ret_error` (HTTP_ERROR_MAX bytes) that says what is wrong; -EADDRINUSE: another agent
 * or program has the address. `routes` are copied but for what they point at. Serves once the call returns.
 */
int http_server_open(const struct http_server_options *options, struct http_server **ret, char *ret_error);
/* The port that it listens on. */
unsigned int http_server_port(const struct http_server *server);
/*
 * Hangs up and ends the thread, within a second; streams that are over get two to be read to their end. Accepts and
 * returns NULL.
 */
struct http_server *http_server_close(struct http_server *server);
