// SPDX-License-Identifier: Apache-2.0

/*
 * Processes that were there before the agent: collected from the /proc scan,
 * linked to their parents, and reported once each in the order they started.
 * And those that are there when somebody asks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/container_id.h"
#include "core/process/tracker_internal.h"

void tracker_free_existing(struct tracker *tracker)
{
	for (size_t i = 0; i < tracker->existing_count; i++)
		process_unref(tracker->existing[i].process);
	free(tracker->existing);
	tracker->existing = NULL;
	tracker->existing_count = tracker->existing_capacity = tracker->existing_at = 0;
}

static int reserve(struct tracker *tracker)
{
	size_t capacity = MAX(tracker->existing_capacity * 2, 256u);
	struct existing *grown;

	if (tracker->existing_count < tracker->existing_capacity)
		return 0;
	grown = realloc(tracker->existing, capacity * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	tracker->existing = grown;
	tracker->existing_capacity = capacity;
	return 0;
}

int tracker_add_existing(struct tracker *tracker, const struct tracker_existing *found)
{
	struct process *process;

	if (reserve(tracker) < 0)
		return -ENOMEM;
	process = process_new();
	if (!process)
		return -ENOMEM;
	process->image = tracker_new_image(tracker, &found->facts, found->cwd, found->binary, found->argv);
	if (!process->image) {
		process_unref(process);
		return -ENOMEM;
	}
	container_id_from_cgroup(found->cgroup_path, process->docker, &process->pod_uid);
	process->pid = found->pid;
	process->ns_pid = found->ns_pid;
	process->flags = PROCESS_FLAG_PROCFS | found->flags;
	process->start_boot_ns = process->ktime_ns = found->start_boot_ns;
	process->start_wall_ns = found->start_boot_ns + (uint64_t)tracker->wall_minus_boot_ns;
	process->parent_pid = found->parent_pid; /* linked by tracker_end_scan() */
	process->is_kernel_thread = found->is_kernel_thread;
	tracker->existing[tracker->existing_count++] =
		(struct existing){.process = process, .seen_ktime_ns = found->seen_ktime_ns};
	return 0;
}

static int compare_start(const void *a, const void *b)
{
	const struct process *left = ((const struct existing *)a)->process;
	const struct process *right = ((const struct existing *)b)->process;

	if (left->start_boot_ns != right->start_boot_ns)
		return left->start_boot_ns < right->start_boot_ns ? -1 : 1;
	return left->pid < right->pid ? -1 : left->pid > right->pid;
}

static int compare_pid(const void *a, const void *b)
{
	const struct process *left = *(struct process *const *)a, *right = *(struct process *const *)b;

	return left->pid < right->pid ? -1 : left->pid > right->pid;
}

/* Parents are looked up by pid alone, which is unambiguous within one scan. */
static struct process **sort_by_pid(const struct tracker *tracker)
{
	struct process **by_pid = calloc(tracker->existing_count + 1, sizeof(struct process *));

	for (size_t i = 0; by_pid && i < tracker->existing_count; i++)
		by_pid[i] = tracker->existing[i].process;
	if (by_pid)
		qsort(by_pid, tracker->existing_count, sizeof(struct process *), compare_pid);
	return by_pid;
}

static struct process *find_by_pid(struct process **by_pid, size_t count, uint32_t pid)
{
	struct process key = {.pid = pid}, *wanted = &key, **found;

	found = by_pid ? bsearch(&wanted, by_pid, count, sizeof(struct process *), compare_pid) : NULL;
	return found ? *found : NULL;
}

void tracker_end_scan(struct tracker *tracker)
{
	struct process **by_pid = sort_by_pid(tracker);

	if (tracker->existing_count)
		qsort(tracker->existing, tracker->existing_count, sizeof(*tracker->existing), compare_start);
	for (size_t i = 0; i < tracker->existing_count; i++) {
		struct process *process = tracker->existing[i].process;
		struct process *parent = find_by_pid(by_pid, tracker->existing_count, process->parent_pid);

		/* a parent started first: what claims otherwise took over a reused pid */
		if (!parent || compare_start(&(struct existing){.process = parent}, &tracker->existing[i]) >= 0)
			parent = tracker->root;
		tracker_set_parent(tracker, process, parent);
		tracker_set_init_tree(process, parent);
		process->has_in_init_tree = true;
		process_cache_add(&tracker->cache, process_ref(process));
	}
	free(by_pid);
}

static const struct wire_task *started_task(const struct record *record)
{
	switch (record->type) {
	case WIRE_EXEC:
		return &record->exec.task;
	case WIRE_FORK:
		return &record->fork.task;
	default:
		return NULL;
	}
}

void tracker_supersede(struct tracker *tracker, const struct record *record)
{
	const struct wire_task *task = started_task(record);
	struct process *process;

	if (!task)
		return;
	process = process_cache_find(&tracker->cache, task->pid, task->start_ns);
	if (!process)
		return;
	for (size_t i = 0; i < tracker->existing_count; i++) {
		struct existing *existing = &tracker->existing[i];

		if (existing->process != process || existing->seen_ktime_ns < record->ktime_ns)
			continue;
		/* what the scan saw is the record's own result */
		existing->is_superseded = true;
		process->flags |= PROCESS_FLAG_UNKNOWN;
	}
}

bool tracker_next_existing(struct tracker *tracker, struct event *ret_event)
{
	while (tracker->existing_at < tracker->existing_count) {
		struct existing existing = tracker->existing[tracker->existing_at++];

		if (existing.is_superseded)
			continue;
		tracker->stats.existing++;
		tracker_make_exec_event(tracker, existing.process, ret_event);
		return true;
	}
	tracker_free_existing(tracker);
	return false;
}

/* Of kernel threads nobody tells the end; of what is unknown there is nothing to tell. */
static bool is_told(const struct process *process)
{
	return !process->is_kernel_thread && !(process->flags & PROCESS_FLAG_UNKNOWN);
}

/* A start from /proc is that of its clock tick. */
static const struct process *find_forker(const struct tracker *tracker, const struct process *process)
{
	uint64_t latest_ns = process->start_boot_ns + (process->is_exact_start ? 0 : PROCESS_TICK_NS - 1);
	const struct process *forker = process_cache_find_at(&tracker->cache, process->forked_by, latest_ns);

	return forker && !forker->is_exited && is_told(forker) ? forker : NULL;
}

bool tracker_tell_existing(const struct tracker *tracker, const struct process *process, struct event *ret_event)
{
	if (!is_told(process))
		return false;
	tracker_make_exec_event(tracker, process, ret_event);
	ret_event->is_existing = true;
	ret_event->forked_by = find_forker(tracker, process);
	return true;
}
