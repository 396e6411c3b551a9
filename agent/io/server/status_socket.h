/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Questions to a running agent, over a unix stream socket that only its user may open: one line of request,
 * one answer, then the end of the connection. A thread of its own, so that nothing else ever waits for a client.
 */
#include <stddef.h>

#define STATUS_SOCKET_DEFAULT "/run/trigon/trigon.sock"
#define STATUS_REQUEST_MAX 512       /* bytes, without the newline */
#define STATUS_ANSWER_MAX (4u << 20) /* bytes */
#define STATUS_CONNECTIONS_MAX 8     /* more wait until one ends */
#define STATUS_TIMEOUT_MS 2000       /* for the request, and as long for the answer */

struct status_socket;

/* Called by the socket's thread: the answer, malloc'd, with its length; NULL: no memory. `request` is a C string. */
typedef char *(*status_answer)(void *context, const char *request, size_t *ret_length);

/*
 * Makes the socket, and its directory if there is none. 0, -EADDRINUSE: another agent that runs has it,
 * -ENAMETOOLONG, or -errno. `context` must outlive it.
 */
int status_socket_open(const char *path, status_answer answer, void *context, struct status_socket **ret);
/* Ends the thread and removes the socket; accepts and returns NULL. */
struct status_socket *status_socket_close(struct status_socket *server);

/*
 * The other side: asks, and waits for the answer, 10 s at most. 0, or -errno: -ENOENT and -ECONNREFUSED: no agent
 * listens there; -EACCES; -ETIMEDOUT; -EMSGSIZE: an answer beyond STATUS_ANSWER_MAX. *ret is NUL-terminated, and the
 * caller's to free.
 */
int status_socket_ask(const char *path, const char *request, char **ret, size_t *ret_length);
