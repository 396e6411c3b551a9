/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Files and paths, as the current process sees them: relative to its root
 * (path.h). `at` is a constant: where the wire_value lies in the slot's record. `extra` is the
 * inode's mode. A path cut at its beginning is flagged CUT; one that is empty is `/`, flagged EMPTY.
 * The inode_mode_x() are for tests of the file type, without walking.
 */
#include "../path.h"
#include "slot.h"
#include "task.h"

/* Copies the path that was walked into the record's tail. */
static __always_inline void value_take_path(struct slot *slot, struct wire_value *value)
{
	__u64 start = slot->scratch.start, tail, length;

	if (!slot_tail(slot, value, &tail))
		return;
	if (start >= WIRE_PATH_MAX) {
		if (slot->scratch.dentry != slot->scratch.root_dentry)
			value->flags |= WIRE_VALUE_EMPTY;
		slot->record[tail] = '/';
		slot_value_end(slot, value, tail, 1);
		return;
	}
	length = WIRE_PATH_MAX - start;
	BOUND(length, WIRE_PATH_MAX);
	READ_BYTES(&slot->record[tail], length, &slot->scratch.bytes[start & (WIRE_PATH_MAX - 1)]);
	slot_value_end(slot, value, tail, length);
}

static __always_inline __u64 value_error(struct wire_value *value)
{
	value->flags |= WIRE_VALUE_ERROR;
	return 0;
}

static __always_inline __u64 value_walk(struct slot *slot, __u64 at, struct dentry *dentry, struct vfsmount *mnt,
					__u16 mode)
{
	struct wire_value *value = slot_value_begin(slot, at, WIRE_VALUE_PATH);
	struct task_struct *task = current_task();

	if (!dentry || !mnt)
		return value_error(value);
	value->extra = mode;
	path_begin(&slot->scratch, dentry, mnt, BPF_CORE_READ(task, fs));
	if (path_finish(&slot->scratch, slot->index) == PATH_CUT)
		value->flags |= WIRE_VALUE_CUT;
	value_take_path(slot, value);
	return 0;
}

static __always_inline __u64 value_walk_file(struct slot *slot, __u64 at, struct file *file)
{
	return value_walk(slot, at, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt),
			  BPF_CORE_READ(file, f_inode, i_mode));
}

PIECE(put_file)
__u64 put_file(struct slot *slot, __u64 at, struct file *file)
{
	if (!is_readable(file))
		return value_error(slot_value_begin(slot, at, WIRE_VALUE_PATH));
	return value_walk_file(slot, at, file);
}

PIECE(put_path)
__u64 put_path(struct slot *slot, __u64 at, struct path *path)
{
	if (!is_readable(path))
		return value_error(slot_value_begin(slot, at, WIRE_VALUE_PATH));
	return value_walk(slot, at, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt),
			  BPF_CORE_READ(path, dentry, d_inode, i_mode));
}

PIECE(put_binprm)
__u64 put_binprm(struct slot *slot, __u64 at, struct linux_binprm *bprm)
{
	if (!is_readable(bprm))
		return value_error(slot_value_begin(slot, at, WIRE_VALUE_PATH));
	return value_walk_file(slot, at, BPF_CORE_READ(bprm, file));
}

/* A dentry does not say where it is mounted: its path from the file system's root. */
PIECE(put_dentry)
__u64 put_dentry(struct slot *slot, __u64 at, struct dentry *dentry)
{
	struct wire_value *value = slot_value_begin(slot, at, WIRE_VALUE_PATH);
	struct scratch *scratch = &slot->scratch;

	if (!is_readable(dentry))
		return value_error(value);
	value->extra = BPF_CORE_READ(dentry, d_inode, i_mode);
	scratch->start = WIRE_PATH_MAX;
	scratch->is_done = 0;
	scratch->dentry = (__u64)dentry;
	scratch->mount = 0;
	scratch->mount_root = 0;
	scratch->root_dentry = 0;
	scratch->root_mount = 0;
	if (path_finish(scratch, slot->index) == PATH_CUT)
		value->flags |= WIRE_VALUE_CUT;
	value_take_path(slot, value);
	return 0;
}

static __always_inline struct file *current_file(__u32 fd)
{
	struct task_struct *task = current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;

	if (fd < BPF_CORE_READ(table, max_fds))
		READ_BYTES(&file, sizeof(file), files + fd);
	return file;
}

/* A file descriptor of the current process; 1 if it has no such, and the event is to be dropped. */
PIECE(put_fd)
__u64 put_fd(struct slot *slot, __u64 at, __u64 fd)
{
	struct file *file = current_file(fd);

	if (!file) {
		value_error(slot_value_begin(slot, at, WIRE_VALUE_PATH));
		return 1;
	}
	return value_walk_file(slot, at, file);
}

PIECE(inode_mode_file)
__u64 inode_mode_file(struct file *file)
{
	return is_readable(file) ? READ(file, f_inode, i_mode) : 0;
}

PIECE(inode_mode_path)
__u64 inode_mode_path(struct path *path)
{
	return is_readable(path) ? READ(path, dentry, d_inode, i_mode) : 0;
}
