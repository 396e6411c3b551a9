/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * A cheap question before a dear one. Most files differ from a prefix in the
 * first component of their path already: climb to it, without reading a name on the way, and compare that
 * one name. Only what may match is walked, copied and looked up.
 */
#include "file.h"

#define CLIMB_STEPS 24 /* within the file's own mount */
#define CROSS_STEPS 16 /* from there on, mounts included */

/* Where the climb is, as plain numbers. */
struct climb {
	__u64 dentry, mount, mount_root;
	__u64 root_dentry, root_mount;
	__u64 top; /* the dentry below the one where it is */
};

/* Is the first component one of those that the prefixes begin with? */
static __always_inline __u64 top_matches(const struct climb *climb, const struct path_tops *tops)
{
	struct {
		__u32 hash, length;
		__u64 name;
	} qstr;
	struct dentry *dentry = (struct dentry *)climb->top;
	__u64 word = 0;

	if (!dentry)
		return 0; /* the root itself */
	if (READ_BYTES(&qstr, sizeof(qstr), &dentry->d_name) || READ_BYTES(&word, sizeof(word), (void *)qstr.name))
		return 1;
	if (qstr.length < sizeof(word))
		word &= (1ull << (8 * (qstr.length & 7))) - 1;
	for (__u32 i = 0; i < PATH_TOPS_MAX; i++) {
		if (i >= tops->count)
			break;
		if ((word & tops->tops[i].mask) == tops->tops[i].word &&
		    (!tops->tops[i].length || tops->tops[i].length == qstr.length))
			return 1;
	}
	return 0;
}

/* Up over mounts to the process's root. 1: there; 0: not met. */
static __always_inline int climb_mounts(struct climb *climb)
{
	for (int i = 0; i < CROSS_STEPS; i++) {
		struct dentry *dentry = (struct dentry *)climb->dentry;

		if (climb->dentry == climb->root_dentry && climb->mount == climb->root_mount)
			return 1;
		if (climb->dentry == climb->mount_root) {
			struct mount *mount = (struct mount *)climb->mount, *parent = BPF_CORE_READ(mount, mnt_parent);

			if (parent == mount)
				return 0;
			climb->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
			climb->mount = (__u64)parent;
			climb->mount_root = (__u64)BPF_CORE_READ(parent, mnt.mnt_root);
			continue;
		}
		climb->top = climb->dentry;
		climb->dentry = (__u64)BPF_CORE_READ(dentry, d_parent);
	}
	return 0;
}

/* 0: the file's path begins with none of the prefixes; 1: it may. */
PIECE(file_may_begin)
__u64 file_may_begin(struct file *file, const struct path_tops *tops)
{
	struct task_struct *task = current_task();
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct dentry *dentry = READ(file, f_path.dentry), *mount_root;
	struct vfsmount *mnt = READ(file, f_path.mnt);
	struct climb climb = {0};

	if (*(volatile const __u32 *)&tops->has_any || !dentry || !mnt)
		return 1;
	mount_root = READ(mnt, mnt_root);
	climb.root_dentry = (__u64)BPF_CORE_READ(fs, root.dentry);
	climb.root_mount = (__u64)BPF_CORE_READ(fs, root.mnt);
	for (int i = 0; i < CLIMB_STEPS; i++) {
		if ((__u64)dentry == climb.root_dentry && (__u64)mnt == climb.root_mount)
			return top_matches(&climb, tops);
		if (dentry == mount_root)
			break;
		climb.top = (__u64)dentry;
		dentry = READ(dentry, d_parent);
		if (!dentry)
			return 1;
	}
	/* from here on over mounts, whose structs are not typed */
	climb.dentry = (__u64)dentry;
	climb.mount_root = (__u64)mount_root;
	climb.mount = (__u64)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	climb.root_mount -= bpf_core_field_offset(struct mount, mnt);
	return climb_mounts(&climb) ? top_matches(&climb, tops) : 1;
}
