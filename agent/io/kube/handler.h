/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a reflector (reflector.h) does with the objects that it sees: a seam between the watch and
 * those who keep pods, policies, nodes. All calls come from the thread of the Kubernetes client.
 *
 * The mark-and-sweep of a list is the handler's: whatever was not put between begin_list() and end_list() is gone.
 * A list that fails half-way is followed by another begin_list(), without end_list(): nothing may be swept then.
 */
#include <jansson.h>

enum kube_change {
	KUBE_CHANGE_PUT,    /* new or changed; also objects that have not changed, after a reconnect */
	KUBE_CHANGE_DELETE, /* the object's last state */
};

struct kube_handler {
	void *context;
	void (*begin_list)(void *context);
	/*
	 * The object as the API server sent it, of which the reflector has checked nothing; valid during the call.
	 * 0, or -EINVAL with a text of up to `size` bytes in ret_error that says which field is wrong: the
	 * object is skipped, counted and named in the agent's log. -ENOMEM is the same.
	 */
	int (*object)(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size);
	void (*end_list)(void *context);
};
