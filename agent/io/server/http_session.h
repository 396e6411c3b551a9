/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What http_server.c and websocket.c, which is a part of it, share. */
#include <pthread.h>
#include <stdatomic.h>

#include "core/process/process.h"
#include "io/server/http_server.h"
#include "io/server/listener.h"
#include "io/server/websockets_library.h"

#define HTTP_CHUNK_MAX HTTP_STREAM_MESSAGE_MAX /* of an answer, handed over at once; headers have room in it */
#define HTTP_ROUTES_MAX 8
#define HTTP_REQUEST_HEADERS_MAX 16384

/* A connection, from when it is accepted to its end. */
struct http_session {
	struct http_server *server;
	struct lws *wsi;
	void *body; /* owned; NULL: `bytes` is the route's */
	const char *bytes;
	size_t length, sent;
	bool is_refused; /* the connection ends with the answer */
	void *stream;    /* NULL: none */
	bool is_open;    /* the WebSocket is */
	size_t received; /* of what nobody has to say */
};

struct http_server {
	struct http_routes routes[HTTP_ROUTES_MAX];
	size_t count;
	const struct http_stream *stream;
	const char *name;
	bool is_for_browsers;
	lws_retry_bo_t idle;
	struct listener listener;
	int stop_fd;                       /* ends what waits for the first connection */
	struct lws_protocols protocols[2]; /* the second ends the list */
	_Atomic(struct lws_context *) lws;
	struct lws_vhost *vhost;
	struct lws *accepting; /* the listener, as libwebsockets has it */
	struct http_session *sessions[HTTP_CONNECTIONS_MAX];
	size_t connections;
	size_t waiting_bytes; /* of all answers, as far as they are not sent */
	uint8_t *chunk;       /* HTTP_CHUNK_MAX bytes, behind the room that libwebsockets wants; owned */
	atomic_bool is_ending;
	atomic_bool is_woken; /* and has not looked yet */
	bool has_thread;
	pthread_t thread;
};

extern _Atomic(const struct websockets_library *) http_library; /* the same for all servers */

#define HTTP_HEADER_MAX 512 /* of a header that we look at */
#define HTTP_FROM_ELSEWHERE \
	"ask for this by an IP address or as localhost: any other name could be that of a page elsewhere, which had " \
	"a " \
	"browser ask"

/* The header in `text`; an empty one if there is none, or it is too long to be a good one. */
struct bytes http_session_header(const struct http_session *session, enum lws_token_indexes token,
				 char text[HTTP_HEADER_MAX]);
/* Of a page elsewhere, which had its own name mean this machine. */
bool http_session_is_from_elsewhere(const struct http_session *session);
/* Sends an error of a request that wants a WebSocket: 1; negative: hang up. */
int http_session_refuse(struct http_session *session, unsigned int status, const char *text);

/* --- websocket.c, with what libwebsockets wants returned: negative: hang up */

int websocket_confirm(struct http_session *session); /* 1: it was refused */
/*
 * Why a request for the stream that asks for no WebSocket has none: a status and its text. A browser does not tell a
 * page why it was refused a WebSocket, so the page asks again in this way.
 */
unsigned int websocket_explain(struct http_session *session, char ret_error[HTTP_STREAM_ERROR_MAX]);
int websocket_begin(struct http_session *session);
int websocket_send(struct http_session *session);
int websocket_receive(struct http_session *session, size_t length);
void websocket_close(struct http_session *session); /* accepts one that is none */
/* Has all that have something to send do so. */
void websocket_wake_all(struct http_server *server);
bool websocket_is_any(const struct http_server *server);
