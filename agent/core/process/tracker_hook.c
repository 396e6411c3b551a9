// SPDX-License-Identifier: Apache-2.0

/* Events of policies: who did it, and which hook tells of it. */
#include <errno.h>

#include "core/policy/hook_info.h"
#include "core/process/tracker_internal.h"

static const enum event_type event_types[HOOK_FAMILY_COUNT] = {
	[HOOK_KPROBE] = EVENT_PROCESS_KPROBE,         [HOOK_FENTRY] = EVENT_PROCESS_KPROBE,
	[HOOK_TRACEPOINT] = EVENT_PROCESS_TRACEPOINT, [HOOK_LSM] = EVENT_PROCESS_LSM,
	[HOOK_LOADER] = EVENT_PROCESS_LOADER,
};

/* NULL, and counted, when there is no such hook. */
static const struct hook_info *find_hook(struct tracker *tracker, uint32_t number)
{
	const struct hook_info *info = tracker->hooks ? hook_table_find(tracker->hooks, number) : NULL;

	if (!info)
		tracker->stats.unknown_hooks++;
	return info;
}

/* Never NULL but without memory. */
static struct process *find_process(struct tracker *tracker, const struct wire_task *task)
{
	struct process *process;

	if (task->pid == 0) /* the idle task: what softirqs do falls to it */
		return tracker->root;
	process = process_cache_find(&tracker->cache, task->pid, task->start_ns);
	if (process)
		return process;
	tracker->stats.unknown_processes++;
	return tracker_new_unknown(tracker, task);
}

/* NULL where there is none, or none that is known. */
static const struct process *parent_of(const struct tracker *tracker, const struct process *process)
{
	const struct process *parent = process->parent ? process->parent : tracker->root;

	if (process == tracker->root || (process->flags & PROCESS_FLAG_UNKNOWN && parent == tracker->root))
		return NULL;
	return parent;
}

static int make_event(struct tracker *tracker, const struct record *record, const struct hook_info *hook,
		      const struct wire_task *task, uint32_t tid, struct event *ret_event)
{
	const struct process *process = find_process(tracker, task);

	if (!process)
		return -ENOMEM;
	*ret_event = (struct event){
		.type = event_types[hook->family],
		.wall_ns = tracker_wall_time(tracker, record->ktime_ns),
		.tid = tid,
		.process = process,
		.parent = parent_of(tracker, process),
		.record = record,
		.hook = hook,
	};
	return 1;
}

int tracker_handle_hook(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	const struct hook_info *hook = find_hook(tracker, record->hook.hook);

	if (!hook)
		return 0;
	if (hook->family == HOOK_LOADER || record->values.count != hook->arg_count + hook->has_return) {
		tracker->stats.mismatched_hooks++;
		return 0;
	}
	return make_event(tracker, record, hook, &record->hook.task, record->hook.tid, ret_event);
}

int tracker_handle_loader(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	const struct hook_info *hook = find_hook(tracker, record->loader.hook);

	if (!hook)
		return 0;
	if (hook->family != HOOK_LOADER) {
		tracker->stats.mismatched_hooks++;
		return 0;
	}
	return make_event(tracker, record, hook, &record->loader.task, record->loader.tid, ret_event);
}
