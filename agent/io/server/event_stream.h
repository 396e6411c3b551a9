/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The client of /v1/events (docs/api.md): a WebSocket by libwebsockets, whose messages are whole lines.
 *
 *     do {
 *             while (event_stream_take(stream, &line))
 *                     ...;
 *             (all there is has been seen: a time to flush)
 *     } while ((r = event_stream_fill(stream)) > 0);
 *
 * Nothing is read while lines are left to take, so a slow reader holds the agent up, which then counts what it loses.
 */
#include "io/sink/line_reader.h"

#define EVENT_STREAM_LINE_MAX (64 * 1024) /* that of a message */
#define EVENT_STREAM_CONNECT_S 10
#define EVENT_STREAM_SILENCE_S 30
#define EVENT_STREAM_ERROR_MAX 256

struct event_stream;

/*
 * Connects, and waits until the agent has taken the stream up. `address`: the path of a unix socket, or HOST:PORT;
 * `target`: path and query. 0, or -errno with the reason in ret_error: -EINVAL, -ENAMETOOLONG: the address is none;
 * -ELIBACC: there is no libwebsockets; -ECONNREFUSED: nobody takes it up, and http_client_get() of the same target may
 * know why.
 */
int event_stream_open(const char *address, const char *target, struct event_stream **ret,
		      char ret_error[static EVENT_STREAM_ERROR_MAX]);
/* Accepts and returns NULL. */
struct event_stream *event_stream_close(struct event_stream *stream);

/* The next line, if it is there whole. */
bool event_stream_take(struct event_stream *stream, struct line *ret_line);
/*
 * Waits for more, a second at most and not beyond a signal. 1: take again; 0: the agent has closed the stream;
 * -ETIMEDOUT: it has been silent for EVENT_STREAM_SILENCE_S; -EBADMSG: what came are no such lines.
 */
int event_stream_fill(struct event_stream *stream);
