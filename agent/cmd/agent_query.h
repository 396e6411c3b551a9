/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What commands ask a running agent, over its API (docs/api.md). What goes wrong is said on standard error. */
#include <jansson.h>
#include <stddef.h>

#define AGENT_QUERY_ADDRESS_HELP "The agent: the path of its socket, as its flag of this name gives it, or HOST:PORT"

/* The body of a good answer, which is the caller's to free; NULL: there is none. `command`: as messages begin. */
char *agent_query_text(const char *command, const char *address, const char *target, size_t *ret_length);
/* The same of JSON. */
json_t *agent_query(const char *command, const char *address, const char *target);

/* Percent-encodes what is not unreserved in RFC 3986; the caller's to free. NULL: no memory. */
char *agent_query_encode(const char *text);
