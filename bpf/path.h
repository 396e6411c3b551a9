/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The path of a directory as its process sees it: from the dentry up to the
 * process's root, crossing mounts, written backwards into the scratch area. Deleted
 * directories keep their names; a directory outside the root (chroot) gets its path from
 * the host's root, as far as its mounts are connected.
 *
 * The walk is a global function, verified once and by itself, that takes
 * PATH_STEPS steps; the caller repeats it. So thousands of components cost the verifier
 * the analysis of a few dozen.
 */
#include "scratch.h"

#define PATH_STEPS 32
#define PATH_ROUNDS 66 /* 2,112 steps: 4,096 bytes of one-letter names and 64 mounts */

enum {
	PATH_OK,
	PATH_CUT,
	PATH_ERROR,
};

/* One step up; false when there is no further. */
static __always_inline int path_step(struct scratch *scratch)
{
	struct {
		__u64 parent;
		struct {
			__u32 hash, length;
			__u64 name;
		} qstr;
	} facts;
	struct dentry *dentry = (struct dentry *)scratch->dentry;
	__u32 start = scratch->start, length;

	if (scratch->dentry == scratch->root_dentry && scratch->mount == scratch->root_mount)
		return 0;
	if (scratch->dentry == scratch->mount_root) {
		struct mount *mount = (struct mount *)scratch->mount;
		struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

		if (parent == mount)
			return 0;
		scratch->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		scratch->mount = (__u64)parent;
		scratch->mount_root = (__u64)BPF_CORE_READ(parent, mnt.mnt_root);
		return 1;
	}
	facts.parent = (__u64)BPF_CORE_READ(dentry, d_parent);
	if (facts.parent == scratch->dentry)
		return 0;
	if (READ_BYTES(&facts.qstr, sizeof(facts.qstr), &dentry->d_name))
		return 0;
	length = facts.qstr.length & 0xff;
	if (start <= length || start > WIRE_PATH_MAX) {
		scratch->is_done = PATH_CUT + 1;
		return 0;
	}
	start = (start - length) & (WIRE_PATH_MAX - 1);
	READ_BYTES(&scratch->bytes[start], length, (void *)facts.qstr.name);
	start = (start - 1) & (WIRE_PATH_MAX - 1);
	scratch->bytes[start] = '/';
	scratch->start = start;
	scratch->dentry = facts.parent;
	return 1;
}

/* Some steps of the walk in one of this CPU's scratch areas. */
__attribute__((noinline)) int path_walk(__u32 slot)
{
	struct scratch *scratch = scratch_get(slot);

	if (!scratch)
		return 0;
	for (int i = 0; i < PATH_STEPS; i++) {
		if (path_step(scratch))
			continue;
		if (!scratch->is_done)
			scratch->is_done = PATH_OK + 1;
		return 0;
	}
	return 1;
}

/* Where a walk starts: a dentry inside a mount, and the root of the process that looks. */
static __always_inline void path_begin(struct scratch *scratch, struct dentry *dentry, struct vfsmount *mnt,
				       struct fs_struct *fs)
{
	scratch->start = WIRE_PATH_MAX;
	scratch->is_done = 0;
	scratch->dentry = (__u64)dentry;
	scratch->mount = (__u64)mnt - bpf_core_field_offset(struct mount, mnt);
	scratch->mount_root = (__u64)BPF_CORE_READ(mnt, mnt_root);
	scratch->root_dentry = (__u64)BPF_CORE_READ(fs, root.dentry);
	scratch->root_mount = (__u64)BPF_CORE_READ(fs, root.mnt) - bpf_core_field_offset(struct mount, mnt);
}

/* Walks from where path_begin() stood, to the end; PATH_*. An empty path is one with start == WIRE_PATH_MAX. */
static __always_inline int path_finish(struct scratch *scratch, __u32 slot)
{
	for (int i = 0; i < PATH_ROUNDS; i++)
		if (!path_walk(slot))
			break;
	return scratch->is_done == PATH_OK + 1 ? PATH_OK : PATH_CUT;
}

/* Leaves the path of task's working directory in scratch->bytes[scratch->start .. WIRE_PATH_MAX); PATH_*. */
static __always_inline int path_of_cwd(struct task_struct *task, struct scratch *scratch, __u32 slot)
{
	struct fs_struct *fs = READ(task, fs);
	struct vfsmount *mnt = BPF_CORE_READ(fs, pwd.mnt);

	path_begin(scratch, BPF_CORE_READ(fs, pwd.dentry), mnt, fs);
	if (!scratch->dentry || !mnt)
		return PATH_ERROR;
	if (path_finish(scratch, slot) == PATH_CUT)
		return PATH_CUT;
	if (scratch->start == WIRE_PATH_MAX) {
		scratch->start = WIRE_PATH_MAX - 1;
		scratch->bytes[WIRE_PATH_MAX - 1] = '/';
	}
	return PATH_OK;
}
