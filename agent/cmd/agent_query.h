/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What commands ask a running agent, over its API (docs/api.md). What goes wrong is said on standard error. */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define AGENT_QUERY_ADDRESS_HELP "The agent: the path of its socket, as its flag of this name gives it, or HOST:PORT"

/* The body of a good answer, which is the caller's to free; NULL: there is none. `command`: as messages begin. */
char *agent_query_text(const char *command, const char *address, const char *target, size_t *ret_length);
/* The same of JSON. */
json_t *agent_query(const char *command, const char *address, const char *target);
/* A member of an answer; "" if there is none. */
const char *agent_query_string(const json_t *object, const char *key);
/* Says why the agent gives no WebSocket at the target. Returns whether it says so. */
bool agent_query_refusal(const char *command, const char *address, const char *target);

/*
 * What the agent of this answer of /v1/status, on this machine, calls `path`; the caller's to free. NULL: no memory.
 */
char *agent_query_path(const json_t *status, const char *path);
/* Its log. NULL: it has no file, or no memory. */
char *agent_query_log_path(const json_t *status);

/* Percent-encodes what is not unreserved in RFC 3986; the caller's to free. NULL: no memory. */
char *agent_query_encode(const char *text);
