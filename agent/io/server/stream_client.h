/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The client of /v1/events (docs/api.md): a WebSocket by libwebsockets, whose messages are whole lines.
 *
 *     do {
 *             while (stream_client_take(stream, &line))
 *                     ...;
 *             (all there is has been seen: a time to flush)
 *     } while ((r = stream_client_fill(stream)) > 0);
 *
 * Nothing is read while lines are left to take, so a slow reader holds the agent up, which then counts what it loses.
 */
#include "io/sink/line_reader.h"

#define STREAM_CLIENT_LINE_MAX (64 * 1024) /* that of a message */
#define STREAM_CLIENT_CONNECT_S 10
#define STREAM_CLIENT_SILENCE_S 30
#define STREAM_CLIENT_ERROR_MAX 256

struct stream_client;

struct stream_client_options {
	const char *address;           /* the path of a unix socket, or HOST:PORT */
	const char *target;            /* path and query */
	uint16_t connect_s, silence_s; /* 0: as above */
};

/*
 * Connects, and waits until the agent has taken the stream up. 0, or -errno with the reason in ret_error: -EINVAL,
 * -ENAMETOOLONG: the address is none; -ELIBACC: there is no libwebsockets; -ECONNREFUSED: nobody takes it up, and
 * http_client_get_refusal() may know why.
 */
int stream_client_open(const struct stream_client_options *options, struct stream_client **ret,
		       char ret_error[static STREAM_CLIENT_ERROR_MAX]);
/* Accepts and returns NULL. */
struct stream_client *stream_client_close(struct stream_client *stream);

/* The next line, if it is there whole. */
bool stream_client_take(struct stream_client *stream, struct line *ret_line);
/*
 * Waits for more, a second at most and not beyond a signal. 1: take again; 0: the agent has closed the stream;
 * -ETIMEDOUT: it has been silent for too long; -EBADMSG: what came are no such lines.
 */
int stream_client_fill(struct stream_client *stream);
