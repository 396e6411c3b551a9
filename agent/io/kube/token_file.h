/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The bearer token of a service account, from a file that the kubelet writes anew long before the token's end
 * (kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin, "Bound service account tokens").
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define TOKEN_FILE_AGE_NS (60 * CLOCK_NS_PER_SECOND) /* the file is read again by whoever asks after this time */

/* All zero is one that has read nothing. */
struct token_file {
	char *text;       /* owned; what the file held without the space at its end, NULL before the first time */
	uint64_t read_ns; /* when it was read, or tried; 0: to be read again */
	bool is_missed;   /* it could not be read, and that was said */
};

/*
 * The token in the file `path`, whose own it stays until the next call, read again when it is older than
 * TOKEN_FILE_AGE_NS at `now_ns` (CLOCK_MONOTONIC). A file that cannot be read is logged once, and the token read before
 * it is used: it may still be good. NULL if there was none.
 */
const char *token_file_get(struct token_file *token, const char *path, uint64_t now_ns);
/* The next token_file_get() reads the file: the server has refused the token. */
void token_file_expire(struct token_file *token);
void token_file_done(struct token_file *token);
