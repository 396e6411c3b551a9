/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Copies of a dispatcher, for kernels that may preempt a process inside one: what ../backup.h does for the
 * base sensor, for hooks, whose events have no number. All copies that a call runs see the same context, and
 * run in order, each once: a copy that meets its own mark, or that of a later one, or another context, is in
 * another call.
 *
 * Calls interrupt each other between two copies, so a task has several marks; those of a set take turns, and four
 * other calls of that set have to come between for the outer one's copies to take it twice.
 *
 * Not told apart: a call that no copy but the last ones were let into from the one before it by the same
 * task, if just these were turned away there. Such an event counts as missed.
 */
#include "piece.h"

#define MARK_SETS 4
#define MARKS 4 /* of a set */

struct call_mark {
	__u64 key;
	__u32 point; /* which attach point */
	__u32 seen;  /* its copies that ran: a bit each */
};

struct call_marks {
	struct call_mark marks[MARK_SETS][MARKS];
	__u32 next[MARK_SETS]; /* which mark of the set the next call takes */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct call_marks);
} call_marks SEC(".maps");

/* Is this call for this copy to handle? Where the mark cannot be read (no memory), it is the first one's. */
PIECE(backup_take)
__u64 backup_take(void *ctx, __u64 point, __u64 copy)
{
	struct call_marks *marks = bpf_task_storage_get(&call_marks, (void *)bpf_get_current_task_btf(), 0,
							BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct call_mark *mark;
	__u64 key, set;
	__u32 bit = 1u << copy;

	if (!marks)
		return copy == 0;
	key = (char *)ctx - (char *)marks; /* a number, which ctx itself is not to the verifier */
	set = ((key >> 4) ^ point) % MARK_SETS;
	for (int i = 0; i < MARKS; i++) {
		mark = &marks->marks[set][i];
		if (mark->key != key || mark->point != (__u32)point)
			continue;
		if (mark->seen < bit) {
			mark->seen |= bit;
			return 0;
		}
		mark->seen = bit;
		return 1;
	}
	mark = &marks->marks[set][marks->next[set]++ % MARKS];
	mark->key = key;
	mark->point = point;
	mark->seen = bit;
	return 1;
}
