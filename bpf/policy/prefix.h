/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * A cheap question before a dear one. Most files differ from a prefix in the first component of their path
 * already, and from a whole path in the last one: compare that one name. To the first component it is a climb, which
 * reads no name on the way. Only what may match is walked, copied and looked up.
 *
 * All return 0: the path is none of those that are looked for; 1: it may be one.
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

/* Is the name in kernel memory, of so many bytes, one of the names? */
static __always_inline __u64 is_name_of(const struct path_names *names, __u64 name, __u32 length)
{
	__u64 word = 0;

	if (READ_BYTES(&word, sizeof(word), (void *)name))
		return 1;
	if (length < sizeof(word))
		word &= (1ull << (8 * (length & 7))) - 1;
	for (__u32 i = 0; i < PATH_NAMES_MAX; i++) {
		if (i >= names->count)
			break;
		if ((word & names->names[i].mask) == names->names[i].word &&
		    (!names->names[i].length || names->names[i].length == length))
			return 1;
	}
	return 0;
}

static __always_inline int may_be_any(const struct path_names *names)
{
	return *(volatile const __u32 *)&names->has_any;
}

/* --- the first component */

/* Of the root itself there is none, and no prefix matches it. */
static __always_inline __u64 top_matches(const struct climb *climb, const struct path_names *names)
{
	struct {
		__u32 hash, length;
		__u64 name;
	} qstr;
	struct dentry *dentry = (struct dentry *)climb->top;

	if (!dentry)
		return 0;
	if (READ_BYTES(&qstr, sizeof(qstr), &dentry->d_name))
		return 1;
	return is_name_of(names, qstr.name, qstr.length);
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

/* The current process's root. */
static __always_inline void climb_find_root(struct climb *climb)
{
	struct task_struct *task;
	struct fs_struct *fs;

	if (HAS_TYPED_TASK) {
		fs = READ(typed_task(), fs);
		climb->root_dentry = (__u64)READ(fs, root.dentry);
		climb->root_mount = (__u64)READ(fs, root.mnt);
		return;
	}
	task = current_task();
	fs = BPF_CORE_READ(task, fs);
	climb->root_dentry = (__u64)BPF_CORE_READ(fs, root.dentry);
	climb->root_mount = (__u64)BPF_CORE_READ(fs, root.mnt);
}

/* Does its path begin with one of the prefixes whose first components the names are? */
PIECE(file_may_begin)
__u64 file_may_begin(struct file *file, const struct path_names *names)
{
	struct dentry *dentry = READ(file, f_path.dentry), *mount_root;
	struct vfsmount *mnt = READ(file, f_path.mnt);
	struct climb climb = {0};

	if (may_be_any(names) || !dentry || !mnt)
		return 1;
	mount_root = READ(mnt, mnt_root);
	climb_find_root(&climb);
	for (int i = 0; i < CLIMB_STEPS; i++) {
		if ((__u64)dentry == climb.root_dentry && (__u64)mnt == climb.root_mount)
			return top_matches(&climb, names);
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
	climb.mount = (__u64)mnt - bpf_core_field_offset(struct mount, mnt);
	climb.root_mount -= bpf_core_field_offset(struct mount, mnt);
	return climb_mounts(&climb) ? top_matches(&climb, names) : 1;
}

/* --- the last component */

/* What is mounted has another name than its dentry's, and what has no directory has no path. */
static __always_inline __u64 end_matches(struct file *file, const struct path_names *names)
{
	struct dentry *dentry = READ(file, f_path.dentry);
	struct vfsmount *mnt = READ(file, f_path.mnt);

	if (!dentry || !mnt || dentry == READ(mnt, mnt_root) || dentry == READ(dentry, d_parent))
		return 1;
	return is_name_of(names, (__u64)READ(dentry, d_name.name), READ(dentry, d_name.len));
}

/* Is its path one of those whose last components the names are? */
PIECE(file_may_end)
__u64 file_may_end(struct file *file, const struct path_names *names)
{
	return may_be_any(names) ? 1 : end_matches(file, names);
}

/* The same of the binary of the current process, or of its parent (is_parent, a constant); typed: 5.11. */
PIECE(binary_may_end)
__u64 binary_may_end(const struct path_names *names, __u64 is_parent)
{
	struct task_struct *task = typed_task();
	struct mm_struct *mm;
	struct file *file;

	if (may_be_any(names))
		return 1;
	if (is_parent)
		task = READ(task, real_parent);
	mm = READ(task, mm);
	if (!mm)
		return 1;
	file = READ(mm, exe_file);
	return file ? end_matches(file, names) : 1;
}
