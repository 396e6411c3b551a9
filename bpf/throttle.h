/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * --cgroup-rate: the rate of each cgroup's forks, execs and exits on each CPU. Where it is too high on one of them the
 * cgroup is throttled on all, until the agent, which looks once a second, finds it calm (wire.h: wire_throttled).
 *
 * What is suppressed is counted, and the process hidden (hidden.h). Nothing of this is there without the flag: the
 * programs' constants have the verifier remove the code, and the maps are not made.
 */
#include "hidden.h"
#include "scratch_map.h"

#define THROTTLE_RATES_MAX 4096
#define THROTTLE_ENDED_MAX 2048

struct throttle_rate {
	__u64 since_ns, count; /* the interval: its start, and events in it */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, THROTTLE_RATES_MAX);
	__type(key, __u64);
	__type(value, struct throttle_rate);
} throttle_rates SEC(".maps");

/* The throttled cgroups. The programs add them, the agent removes them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WIRE_THROTTLED_MAX);
	__type(key, __u64);
	__type(value, struct wire_throttled);
} throttled SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct wire_throttle_counts);
} throttle_counts SEC(".maps");

/* Hidden processes whose exit was suppressed, by pid: their start. Two last threads may both tell of it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, THROTTLE_ENDED_MAX);
	__type(key, __u32);
	__type(value, __u64);
} throttle_ended SEC(".maps");

/* Where a hidden process is put together; slots as in scratch_map.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_COUNT); /* times the number of copies, set before load */
	__type(key, __u32);
	__type(value, struct wire_hidden);
} hidden_scratch SEC(".maps");

/* Is this event of the cgroup, which is counted hereby, one too many? */
static __always_inline int throttle_is_over(__u64 cgroup_id, __u64 now_ns)
{
	struct throttle_rate *rate = bpf_map_lookup_elem(&throttle_rates, &cgroup_id);
	struct throttle_rate first = {.since_ns = now_ns, .count = 1};

	if (!rate) {
		bpf_map_update_elem(&throttle_rates, &cgroup_id, &first, BPF_ANY);
		return 0;
	}
	if (now_ns - rate->since_ns >= config.throttle_interval_ns) {
		rate->since_ns = now_ns;
		rate->count = 0;
	}
	rate->count++;
	return rate->count > config.throttle_events;
}

/* False when there is no room for one more, or the agent is still looking at what runs. */
static __always_inline int throttle_start(__u64 cgroup_id, __u64 now_ns)
{
	struct wire_throttled state = {.over_ns = now_ns};
	struct wire_throttle *record;

	if (!*(volatile __u32 *)&shared.may_throttle)
		return 0;
	if (bpf_map_update_elem(&throttled, &cgroup_id, &state, BPF_NOEXIST))
		return bpf_map_lookup_elem(&throttled, &cgroup_id) != NULL; /* another CPU was first */
	record = RING_RESERVE(WIRE_THROTTLE, sizeof(*record));
	if (!record)
		return 1;
	record->cgroup_id = cgroup_id;
	RING_SUBMIT(record);
	return 1;
}

/* Counts an event of the cgroup, 0: unknown. Is it to be suppressed? */
static __always_inline int throttle_wants(__u64 cgroup_id)
{
	__u64 now_ns = bpf_ktime_get_ns();
	struct wire_throttled *state;
	int is_over;

	if (!cgroup_id)
		return 0;
	is_over = throttle_is_over(cgroup_id, now_ns);
	state = bpf_map_lookup_elem(&throttled, &cgroup_id);
	if (!state)
		return is_over && throttle_start(cgroup_id, now_ns);
	if (is_over)
		*(volatile __u64 *)&state->over_ns = now_ns;
	return 1;
}

static __always_inline void throttle_count(__u32 type)
{
	__u32 zero = 0;
	struct wire_throttle_counts *counts = bpf_map_lookup_elem(&throttle_counts, &zero);

	if (counts)
		__sync_fetch_and_add(&counts->suppressed[type], 1); /* it may be preempted */
}

static __always_inline struct wire_hidden *hidden_scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&hidden_scratch, &slot);
}

/* Keeps what is told of the process later; an event of that type is suppressed. False when there is no room. */
static __always_inline int throttle_hide(__u32 pid, struct wire_hidden *hidden, __u32 type)
{
	if (bpf_map_update_elem(&hidden_processes, &pid, hidden, BPF_ANY))
		return 0;
	throttle_count(type);
	return 1;
}

/*
 * The exit of a process. True where it is suppressed: nothing of the process was told, and its cgroup is throttled. A
 * process that the agent knows is told of to the end.
 */
static __always_inline int throttle_exit(__u32 pid, __u64 start_ns, int is_wanted)
{
	struct wire_hidden *hidden = hidden_find(pid, start_ns);
	__u64 *ended;

	if (!hidden) {
		ended = bpf_map_lookup_elem(&throttle_ended, &pid);
		return ended && *ended == start_ns;
	}
	if (hidden->is_known || !is_wanted) {
		hidden_reveal(pid, start_ns);
		return 0;
	}
	bpf_map_update_elem(&throttle_ended, &pid, &start_ns, BPF_ANY);
	if (!bpf_map_delete_elem(&hidden_processes, &pid))
		throttle_count(WIRE_EXIT);
	return 1;
}
