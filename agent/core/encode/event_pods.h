/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The pods of one event's process and parent, looked up once, when somebody asks: what filters decide by is what the
 * encoder prints, whatever becomes known in between.
 */
#include "core/encode/pod_finder.h"
#include "core/event/event.h"

struct event_pods {
	const struct pod_finder *finder; /* NULL: there is no cluster */
	const struct process *processes[POD_SPLICES_MAX];
	struct pod_place places[POD_SPLICES_MAX]; /* of process and parent; hold references */
	bool is_looked_up;
};

/* The event must live as long as they are asked. Accepts a zeroed struct, whose finder is set. */
void event_pods_begin(struct event_pods *pods, const struct event *event);
void event_pods_end(struct event_pods *pods);
/* Both places, valid until event_pods_end(). */
const struct pod_place *event_pods_look_up(struct event_pods *pods);
/* A pod_finder's find() with event_pods as context. */
void event_pods_find(void *context, const struct process *process, struct pod_place *ret);
