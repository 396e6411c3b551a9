/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What tracker.c (records), tracker_hook.c (events of policies) and existing.c (the /proc scan) share. */
#include "core/process/tracker.h"

/* One found process and how the ring's records bear on it. */
struct existing {
	struct process *process; /* a reference */
	uint64_t seen_ktime_ns;
	bool is_superseded; /* an exec or fork record tells of it already */
};

struct image *tracker_new_image(struct tracker *tracker, const struct image *fields, struct bytes cwd,
				struct bytes filename, struct bytes argv);
void tracker_set_parent(const struct tracker *tracker, struct process *process, struct process *parent);
/* In the container's tree or not, once the container is known. */
void tracker_set_init_tree(struct process *process, const struct process *origin);
void tracker_free_existing(struct tracker *tracker);
void tracker_make_exec_event(const struct tracker *tracker, const struct process *process, struct event *ret_event);
uint64_t tracker_wall_time(const struct tracker *tracker, uint64_t ktime_ns);
/* Is `parent` an earlier incarnation of the process, before an exec? Accepts NULL. */
bool tracker_is_former_self(const struct process *parent, const struct process *process);
/* A process of which nothing but its identity is known, put into the cache; NULL without memory. */
struct process *tracker_new_unknown(struct tracker *tracker, const struct wire_task *task);
/* As tracker_handle(). */
int tracker_handle_hook(struct tracker *tracker, const struct record *record, struct event *ret_event);
int tracker_handle_loader(struct tracker *tracker, const struct record *record, struct event *ret_event);
