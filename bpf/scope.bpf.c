// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

/*
 * Which scopes of policies hold for which cgroup, while a policy has one: the agent writes the map (scope_sensor.h);
 * here a new cgroup takes over from its parent what holds there, before a process can enter it: the kernel calls this
 * tracepoint before it shows the directory to anybody. So what is known of a pod holds for its containers from their
 * first instruction on. The agent is told of each, and decides on what is the container's own.
 *
 * A cgroup that is in the map is in a pod; all others are the host's, unless there was no room (policy/interface.h).
 *
 * Where programs can be preempted, and keep others out meanwhile, there are copies of each, as of the base sensor's
 * (backup.h). All of them run: what has been done already may be done twice.
 */
#include "cgroup_id.h"

#include "policy/interface.h"

#define EEXIST 17 /* asm-generic/errno-base.h */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* this and the flags are set before load */
	__type(key, __u64);
	__type(value, struct cgroup_scopes);
} cgroup_scopes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SCOPE_RING_BYTES);
} scope_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scope_counters);
} scope_counters_map SEC(".maps");

static __always_inline struct scope_counters *counters_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scope_counters_map, &zero);
}

/* Is it of the hierarchy by which containers are told apart? */
static __always_inline int is_of_hierarchy(struct cgroup *cgroup)
{
	struct cgroup_subsys_state *state = NULL;
	__s64 index = cgroup_subsystem();

	if (index < 0)
		return BPF_CORE_READ(cgroup, root, hierarchy_id) ==
		       0; /* cgroup_init_early(): that of v2 is the first */
	bpf_probe_read_kernel(&state, sizeof(state), (void *)&cgroup->subsys + index * sizeof(state));
	return state != NULL;
}

/* The agent, which sleeps until then, is to know at once. */
static __always_inline void tell_made(struct scope_counters *counters, __u64 id, __u64 parent, const char *path)
{
	struct scope_record *record = bpf_ringbuf_reserve(&scope_ring, sizeof(*record), 0);
	long length;

	if (!record) {
		__sync_fetch_and_add(&counters->lost, 1);
		return;
	}
	record->time_ns = bpf_ktime_get_ns();
	record->id = id;
	record->parent = parent;
	record->type = SCOPE_CGROUP_MADE;
	length = bpf_probe_read_kernel_str(record->path, sizeof(record->path), path);
	record->path_length = length > 0 ? length - 1 : 0;
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

/* Also of those that are not in the map: the agent may be about to put them there. */
static __always_inline void tell_gone(struct scope_counters *counters, __u64 id)
{
	struct scope_record *record = bpf_ringbuf_reserve(&scope_ring, SCOPE_GONE_BYTES, 0);

	if (!record) {
		__sync_fetch_and_add(&counters->lost, 1);
		return;
	}
	record->time_ns = bpf_ktime_get_ns();
	record->id = id;
	record->parent = 0;
	record->type = SCOPE_CGROUP_GONE;
	record->path_length = 0;
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

/* Before a process can enter what the map has no room for. */
static __always_inline void note_full(struct scope_counters *counters)
{
	__u64 key = SCOPE_MARK;
	struct cgroup_scopes *mark = bpf_map_lookup_elem(&cgroup_scopes, &key);

	if (mark)
		mark->words[0] = 1;
	__sync_fetch_and_add(&counters->full, 1);
}

static __always_inline int mkdir_event(__u64 *ctx)
{
	struct cgroup *cgroup = (struct cgroup *)ctx[0];
	const char *path = (const char *)ctx[1];
	struct scope_counters *counters = counters_get();
	struct kernfs_node *node, *above_node;
	struct cgroup_scopes *above, here;
	__u64 id, parent;

	if (!counters || !is_of_hierarchy(cgroup))
		return 0;
	node = BPF_CORE_READ(cgroup, kn);
	above_node = kernfs_parent(node);
	id = BPF_CORE_READ(node, id);
	parent = BPF_CORE_READ(above_node, id);
	above = bpf_map_lookup_elem(&cgroup_scopes, &parent);
	if (above) {
		long error;

		here = *above;
		error = bpf_map_update_elem(&cgroup_scopes, &id, &here, BPF_NOEXIST);
		if (error && error != -EEXIST)
			note_full(counters);
	}
	tell_made(counters, id, parent, path);
	return 0;
}

static __always_inline int rmdir_event(__u64 *ctx)
{
	struct cgroup *cgroup = (struct cgroup *)ctx[0];
	struct scope_counters *counters = counters_get();
	__u64 id;

	if (!counters || !is_of_hierarchy(cgroup))
		return 0;
	id = BPF_CORE_READ(cgroup, kn, id);
	bpf_map_delete_elem(&cgroup_scopes, &id);
	tell_gone(counters, id);
	return 0;
}

#define COPY(name, suffix, tracepoint) \
	SEC("raw_tp/" tracepoint) \
	int scope_##name##suffix(__u64 *ctx) \
	{ \
		return name##_event(ctx); \
	}

#define PROGRAMS(name, tracepoint) \
	COPY(name, , tracepoint) \
	COPY(name, _1, tracepoint) \
	COPY(name, _2, tracepoint) \
	COPY(name, _3, tracepoint)

PROGRAMS(mkdir, "cgroup_mkdir")
PROGRAMS(rmdir, "cgroup_rmdir")

const char scope_license[] SEC("license") = "Dual BSD/GPL";
