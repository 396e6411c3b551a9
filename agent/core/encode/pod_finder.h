/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the encoder learns whose pod a process is in, and says where a pod is missing that may become known yet. */
#include "core/kube/pod.h"

enum pod_state {
	POD_STATE_NONE, /* no pod: nothing is printed */
	POD_STATE_FOUND,
	POD_STATE_AWAITED, /* nothing is printed, but room is left: see struct pod_splices */
};

struct pod_place {
	enum pod_state state;
	struct kube_pod *pod;                   /* FOUND: a reference, of the asker */
	const struct kube_container *container; /* FOUND: in the pod; NULL: its status does not have it */
	bool is_sandbox;                        /* FOUND: nor ever will */
};

struct pod_finder {
	/* Asked once for each process that is in a container, for each event. */
	void (*find)(void *context, const struct process *process, struct pod_place *ret);
	void *context;
};

/* In a container, and known: of an unknown process nothing is printed. Accepts NULL. */
static inline bool pod_finder_concerns(const struct process *process)
{
	return process && process->docker[0] && !(process->flags & PROCESS_FLAG_UNKNOWN);
}

/* The `pod` objects that a line lacks: they go in at these offsets, each with at most POD_JSON_MAX bytes, for which
 * there is room. */
#define POD_SPLICES_MAX 2 /* of process and parent */

struct pod_splice {
	const struct process *process;
	size_t at; /* from the start of the line */
};

struct pod_splices {
	struct pod_splice items[POD_SPLICES_MAX];
	size_t count;
};
