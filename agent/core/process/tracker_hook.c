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

/* Clocks are read one after the other, and start times from /proc are rounded: so exact it need not be. */
static uint64_t boot_time(const struct tracker *tracker, uint64_t ktime_ns)
{
	return ktime_ns + (uint64_t)(tracker->wall_minus_monotonic_ns - tracker->wall_minus_boot_ns) + PROCESS_TICK_NS;
}

/*
 * Whose mapping it is, by pid and time alone. A program's first mappings
 * happen inside execve(), ahead of the exec record: so it is the first incarnation behind
 * exec_ns. Where that is unknown, the last one that had begun.
 */
static struct process *find_mapper(struct tracker *tracker, const struct record *record)
{
	uint64_t boot_ns = boot_time(tracker, record->ktime_ns), exec_ns = record->loader.exec_ns;
	struct wire_task task = record->loader.task;
	struct process *process = process_cache_find_at(&tracker->cache, task.pid, boot_ns);

	if (!process) {
		task.start_ns = boot_ns;
		return find_process(tracker, &task);
	}
	while (tracker_is_former_self(process->parent, process) &&
	       (exec_ns ? process->parent->ktime_ns > exec_ns : process->ktime_ns > record->ktime_ns))
		process = process->parent;
	return process;
}

bool tracker_awaits_exec(const struct tracker *tracker, const struct record *record)
{
	uint64_t boot_ns = boot_time(tracker, record->ktime_ns);
	const struct process *process = process_cache_find_at(&tracker->cache, record->loader.task.pid, boot_ns);

	return record->loader.exec_ns && (!process || process->ktime_ns <= record->loader.exec_ns);
}

static int make_event(struct tracker *tracker, const struct record *record, const struct hook_info *hook,
		      uint32_t number, const struct process *process, uint32_t tid, struct event *ret_event)
{
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
		.hook_function = hook_table_function(tracker->hooks, number),
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
	return make_event(tracker, record, hook, record->hook.hook, find_process(tracker, &record->hook.task),
			  record->hook.tid, ret_event);
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
	return make_event(tracker, record, hook, record->loader.hook, find_mapper(tracker, record), record->loader.tid,
			  ret_event);
}
