/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Asks a running agent: one GET, one answer. */
#include <stddef.h>

#define HTTP_CLIENT_BODY_MAX (8u << 20) /* bytes */
#define HTTP_CLIENT_TIMEOUT_MS 10000    /* an answer about thousands of hooks may take a second */

struct http_client_answer {
	unsigned int status;
	char *body; /* owned, NUL-terminated behind its length */
	size_t length;
};

/*
 * `address`: the path of a unix socket, or HOST:PORT; `target`: path and query, percent-encoded where it must be. 0, or
 * -errno: -ENOENT and -ECONNREFUSED: no agent listens there; -EACCES; -ETIMEDOUT: no answer within
 * HTTP_CLIENT_TIMEOUT_MS; -EMSGSIZE: it is too long; -EPROTO: what answers is no agent; -EINVAL, -ENAMETOOLONG: the
 * address is none.
 */
int http_client_get(const char *address, const char *target, struct http_client_answer *ret);
void http_client_answer_done(struct http_client_answer *answer);
