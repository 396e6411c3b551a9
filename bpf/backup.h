/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Copies of a program, for kernels that may preempt a process inside one.
 *
 * A tracing program is not entered on a CPU where it is being run already: a
 * guard against recursion. Where tracepoints are preemptible (7.x), the guard also turns
 * away every other process of that CPU until the preempted one goes on: under a burst of
 * forks, tens of percents of the events. So each program is attached BACKUP_COPIES times there, and
 * the first copy that is let in takes the event and marks it in the task's storage for
 * the others. An event is lost only if all copies are preempted on its CPU at that moment.
 *
 * The losses remain countable: each event is either turned away from the first
 * copy (the kernel counts that) or enters it; those that some copy took are `handled`. So
 * lost = turned away from the first + entered the first - handled.
 */
#include "common.h"

#define BACKUP_COPIES 4

struct backup_marks {
	__u64 last[WIRE_TYPE_MAX]; /* of the events taken, a number that its next event of that type does not have */
};

/* Made only where there are backups. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct backup_marks);
} backup_marks SEC(".maps");

/*
 * Is this event of the current task for this copy to take? Where the mark
 * cannot be read (no memory) it is, and the agent drops the doubled record.
 */
static __always_inline int backup_take(__u32 copy, __u32 type, __u64 number)
{
	struct backup_marks *marks;
	int is_taken;

	if (!config.has_backups)
		return 1;
	marks = bpf_task_storage_get(&backup_marks, (void *)bpf_get_current_task_btf(), 0,
				     BPF_LOCAL_STORAGE_GET_F_CREATE);
	is_taken = marks && marks->last[type] == number;
	if (marks)
		marks->last[type] = number;
	if (!is_taken)
		__sync_fetch_and_add(&shared.handled[type], 1);
	if (copy == 0)
		__sync_fetch_and_add(&shared.entered[type], 1);
	return !is_taken;
}

#define BACKUP_COPY(name, suffix, tracepoint, copy) \
	TRACEPOINT(tracepoint) \
	int trigon_##name##suffix(__u64 *ctx) \
	{ \
		return name##_event(ctx, copy); \
	}

/* The program trigon_NAME and its backups trigon_NAME_1 to _3, which run NAME_event(ctx, copy). */
#define BACKUP_PROGRAMS(name, tracepoint) \
	BACKUP_COPY(name, , tracepoint, 0) \
	BACKUP_COPY(name, _1, tracepoint, 1) \
	BACKUP_COPY(name, _2, tracepoint, 2) \
	BACKUP_COPY(name, _3, tracepoint, 3)
