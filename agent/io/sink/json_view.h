/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A line of an event log, ours or Tetragon's, parsed into what the compact form and the filters look at. */
#include <jansson.h>

#include "core/encode/compact.h"

#define JSON_VIEW_ERROR_MAX 256

struct json_view {
	json_t *root;                              /* owned: what `view` points into */
	struct compact_view view;                  /* its strings are NUL-terminated as well */
	struct compact_arg args[COMPACT_ARGS_MAX]; /* what it points into: as many as it says */
	struct compact_frame kernel_stack[COMPACT_FRAMES_MAX], user_stack[COMPACT_FRAMES_MAX];
};

/*
 * 0; -EINVAL when it is not a JSON object with an event in it, and then why in
 * ret_error, printable on a terminal. Free with json_view_done() whatever it returns.
 */
int json_view_parse(struct json_view *ret_view, const char *line, size_t length,
		    char ret_error[static JSON_VIEW_ERROR_MAX]);
/* Accepts a zeroed struct. */
void json_view_done(struct json_view *view);
