/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What a reflector does with a handler: objects, as texts in JSON, and lists of them. */
#include <poll.h>

#include "../unit/test.h"
#include "io/kube/change.h"
#include "io/kube/handler.h"

static char error[256]; /* what the handler said of the last object */

static int send_object(struct kube_handler handler, enum kube_change change, const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	int r;

	CHECK(object);
	error[0] = '\0';
	r = handler.object(handler.context, change, object, error, sizeof(error));
	json_decref(object);
	return r;
}

/* A list of one object, or, with NULL, of none. */
static inline void send_list(struct kube_handler handler, const char *text)
{
	handler.begin_list(handler.context);
	if (text)
		CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, text), 0);
	handler.end_list(handler.context);
}

static inline bool has_changed(const struct change *change)
{
	struct pollfd polled = {.fd = change->fd, .events = POLLIN};
	bool is_readable = poll(&polled, 1, 0) == 1;

	change_drain(change);
	return is_readable;
}
