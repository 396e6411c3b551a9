/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the two sides of HTTP say in their heads, as far as we look at it ourselves. */
#include <stdbool.h>
#include <stddef.h>

#include "core/process/process.h"

#define HTTP_HEAD_MAX 8192 /* bytes of a response's status line and headers */

/*
 * Whether a `Host` header names this machine by an IP address or as `localhost`, with or without a port. A page in a
 * browser that had its own name resolve to a loopback address (DNS rebinding) sends that name.
 */
bool http_host_is_plain(struct bytes host);
/* Whether an `Origin` header is of what the `Host` header names: "http://localhost:8080" and "localhost:8080". */
bool http_origin_is_host(struct bytes origin, struct bytes host);

struct http_response {
	unsigned int status;
	size_t head_length; /* what follows is the body */
	size_t body_length;
};

/* 0; -EAGAIN: the head is not all there yet; -EPROTO: it is none, or without a Content-Length. */
int http_response_parse(struct bytes text, struct http_response *ret);
