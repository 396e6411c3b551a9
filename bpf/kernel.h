/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The kernel types and fields that the programs read, nothing else. Offsets
 * and sizes here mean nothing: libbpf rewrites each access from the running kernel's BTF
 * (CO-RE), so the objects build alike on every machine. Types that changed carry
 * a suffix `___x` with the change that made it necessary.
 */
#include <linux/types.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct ns_common {
	unsigned int inum;
};

struct uid_gid_extent {
	__u32 first, lower_first, count;
};

/* Up to five extents lie inside the struct, more behind `forward`, sorted by `first`. */
struct uid_gid_map {
	__u32 nr_extents;
	union {
		struct uid_gid_extent extent[5];
		struct {
			struct uid_gid_extent *forward;
		};
	};
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct ns_common ns;
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct time_namespace {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

/*
 * A kernel_cap_t is eight bytes on every kernel: two u32 until 6.2, one u64
 * since ("capability: just use a 'u64' instead of a 'u32[2]' array").
 */
struct kernel_capabilities {
	__u64 bits;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t suid;
	kgid_t sgid;
	kuid_t euid;
	kgid_t egid;
	kuid_t fsuid;
	kgid_t fsgid;
	unsigned int securebits;
	struct kernel_capabilities cap_inheritable;
	struct kernel_capabilities cap_permitted;
	struct kernel_capabilities cap_effective;
	struct user_namespace *user_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct kernfs_node {
	const char *name;
	struct kernfs_node *parent;
	__u64 id;
};

/* `parent` became RCU-protected and was renamed in 6.15 ("kernfs: Use RCU to access kernfs_node::parent"). */
struct kernfs_node___rcu {
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path root, pwd;
};

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	unsigned int i_nlink;
};

struct file {
	struct inode *f_inode;
	const struct cred *f_cred;
};

struct linux_binprm {
	unsigned int execfd_creds : 1;
	struct file *file;
	unsigned int per_clear;
	const char *filename;
};

struct mm_struct {
	unsigned long arg_start, arg_end;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
};

struct task_struct {
	unsigned int flags;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	const struct cred *cred;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	__u64 parent_exec_id, self_exec_id;
	struct mm_struct *mm;
	struct css_set *cgroups;
};

#pragma clang attribute pop

/* Constants of the kernel that are not in its user-visible headers. */
#define PF_KTHREAD 0x00200000        /* include/linux/sched.h */
#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */
#define PER_CLEAR_ON_SETID \
	0x00740000 /* include/uapi/linux/personality.h: READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | \
		      MMAP_PAGE_ZERO */
#define S_ISUID 0004000 /* include/uapi/linux/stat.h */
#define S_ISGID 0002000
#define S_IXGRP 0000010
#define SECURE_NOROOT_BIT 1u /* include/uapi/linux/securebits.h: issecure(SECURE_NOROOT) */
