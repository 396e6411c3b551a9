/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * A task's cgroup is sent as a 64-bit id; the id's path goes ahead of it in a
 * record of its own, the first time that the id is met. So an event costs a hash
 * look-up instead of walking and copying the same path again.
 */
#include "cgroup_id.h"
#include "scratch_map.h"

#define CGROUP_DEPTH_MAX 24 /* Kubernetes in systemd slices has 5, kind 8 */

/* Ids whose path was sent; evicted ones are sent again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, __u64);
	__type(value, __u8);
} cgroups_sent SEC(".maps");

/* Writes the cgroup's path backwards into bytes[start .. WIRE_PATH_MAX); false when something is missing at the top. */
static __always_inline int cgroup_write_path(struct scratch *scratch, struct kernfs_node *node)
{
	char *name = &scratch->bytes[WIRE_PATH_MAX]; /* 256 bytes behind the path */
	__u32 start = WIRE_PATH_MAX;
	int is_whole = 0;

	for (int i = 0; i < CGROUP_DEPTH_MAX; i++) {
		struct kernfs_node *parent = kernfs_parent(node);
		long length;

		if (!parent) {
			is_whole = 1;
			break;
		}
		length = bpf_probe_read_kernel_str(name, 256, BPF_CORE_READ(node, name));
		if (length < 1 || length > 256 || start <= length)
			break;
		start = (start - (length - 1)) & (WIRE_PATH_MAX - 1);
		READ_BYTES(&scratch->bytes[start], (length - 1) & 0xff, name);
		start = (start - 1) & (WIRE_PATH_MAX - 1);
		scratch->bytes[start] = '/';
		node = parent;
	}
	if (start == WIRE_PATH_MAX) { /* the hierarchy's root */
		start--;
		scratch->bytes[WIRE_PATH_MAX - 1] = '/';
	}
	scratch->start = start;
	return is_whole;
}

static __always_inline int cgroup_output(struct scratch *scratch, __u64 id, int is_whole, __u32 length,
					 const __u32 path_max)
{
	struct wire_cgroup *record = RING_RESERVE(WIRE_CGROUP, sizeof(*record) + path_max);

	if (!record)
		return 0;
	BOUND(length, path_max);
	READ_BYTES(record + 1, length, &scratch->bytes[scratch->start & (WIRE_PATH_MAX - 1)]);
	record->header.length = sizeof(*record) + length;
	record->id = id;
	record->path_length = length;
	record->is_cut = !is_whole;
	RING_SUBMIT(record);
	return 1;
}

/*
 * Sends the path of a cgroup; what the ring has no room for is tried again at the
 * next event. A global function: verified once, for all its callers.
 */
__attribute__((noinline)) int cgroup_send(__u64 node, __u64 id, __u32 slot)
{
	struct scratch *scratch = scratch_get(slot);
	int is_whole, is_sent;
	__u32 length;
	__u8 sent = 1;

	if (!scratch)
		return 0;
	is_whole = cgroup_write_path(scratch, (struct kernfs_node *)node);
	length = WIRE_PATH_MAX - scratch->start;
	if (length <= 256)
		is_sent = cgroup_output(scratch, id, is_whole, length, 256);
	else
		is_sent = cgroup_output(scratch, id, is_whole, length, WIRE_PATH_MAX);
	if (is_sent)
		bpf_map_update_elem(&cgroups_sent, &id, &sent, BPF_ANY);
	return is_sent;
}

/* The id of task's cgroup, 0 when there is none; its path is on its way. */
static __always_inline __u64 cgroup_id_of(struct task_struct *task, __u32 slot)
{
	struct kernfs_node *node = cgroup_node(task);
	__u64 id = BPF_CORE_READ(node, id);

	if (id && !bpf_map_lookup_elem(&cgroups_sent, &id))
		cgroup_send((__u64)node, id, slot);
	return id;
}
