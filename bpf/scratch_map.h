/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The base sensor's paths under construction, one per CPU and copy of a
 * program. Nobody else can be in it: tracepoint programs run with migration disabled, and
 * either preemption is too (before 7.0) or the kernel keeps a program from being entered
 * on a CPU where it was preempted (since 6.2, "bpf: Prevent bpf program recursion for raw
 * tracepoint probes"). That guard is per program, hence the slots.
 */
#include "scratch.h"

enum {
	SCRATCH_EXEC,
	SCRATCH_FORK,
	SCRATCH_COUNT, /* per copy; slot of a copy: SCRATCH_COUNT * copy + SCRATCH_x */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_COUNT); /* times the number of copies, set before load */
	__type(key, __u32);
	__type(value, struct scratch);
} scratch_map SEC(".maps");

static __always_inline struct scratch *scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&scratch_map, &slot);
}
