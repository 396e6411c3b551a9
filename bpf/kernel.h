/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The kernel types and fields that the programs read, nothing else. Offsets
 * and sizes here mean nothing: libbpf rewrites each access from the running kernel's BTF
 * (CO-RE), so the objects build alike on every machine. Types that changed carry
 * a suffix `___x` with the change that made it necessary.
 */
#include <linux/bpf.h>
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
	int level;
	kuid_t owner;
	kgid_t group;
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

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup_subsys_state;

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_subsys_state *subsys[1];
	struct cgroup_root *root;
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

struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	unsigned int i_nlink;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
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

struct file {
	struct path f_path;
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
	struct file *exe_file;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct filename {
	const char *name;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
};

struct thread_info {
	unsigned long flags; /* arm64: TIF_32BIT */
	__u32 status;        /* x86: TS_COMPAT */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	const struct cred *cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	__u64 parent_exec_id, self_exec_id;
	struct mm_struct *mm;
	struct css_set *cgroups;
};

struct in6_addr {
	__u8 bytes[16]; /* not the kernel's field: only ever read as a whole */
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num; /* the local port, in host order */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u32 sk_priority, sk_mark;
	__u16 sk_type, sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct skb_ext {
	__u8 offset[1]; /* of each extension, in units of eight bytes */
};

struct sec_path {
	int len, olen;
};

struct sk_buff {
	unsigned int len;
	__be16 protocol; /* of the link layer: ETH_P_* */
	__u8 active_extensions;
	__u32 hash, priority, mark;
	__u16 transport_header, network_header; /* from `head` */
	unsigned char *head;
	struct skb_ext *extensions;
};

struct module {
	char name[56];
	unsigned long taints;
};

/* Private to kernel/module. */
struct load_info {
	const char *name;
	struct module *mod;
	_Bool sig_ok;
};

struct bpf_prog_aux {
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	__u32 len; /* instructions */
	struct bpf_prog_aux *aux;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 key_size, value_size, max_entries;
	char name[16];
};

struct perf_event_attr {
	__u32 type;
	__u64 config;
	__u64 kprobe_func; /* user memory */
	__u64 probe_offset;
};

struct perf_event {
	struct perf_event_attr attr;
};

#pragma clang attribute pop

/* Numbers differ between configurations: taken from the running kernel's BTF. */
enum skb_ext_id {
	SKB_EXT_SEC_PATH,
};

/* Constants of the kernel that are not in its user-visible headers. */
#define PF_EXITING 0x00000004        /* include/linux/sched.h */
#define PF_KTHREAD 0x00200000        /* the same */
#define SIGNAL_GROUP_EXIT 0x00000004 /* include/linux/sched/signal.h */
#define PER_CLEAR_ON_SETID \
	0x00740000 /* include/uapi/linux/personality.h: READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | \
		      MMAP_PAGE_ZERO */
#define S_ISUID 0004000 /* include/uapi/linux/stat.h */
#define S_ISGID 0002000
#define S_IXGRP 0000010
#define AF_INET 2 /* include/linux/socket.h */
#define AF_INET6 10
#define ETH_P_IP 0x0800 /* include/uapi/linux/if_ether.h */
#define ETH_P_IPV6 0x86dd
#define PERF_TYPE_MAX 6      /* include/uapi/linux/perf_event.h */
#define SECURE_NOROOT_BIT 1u /* include/uapi/linux/securebits.h: issecure(SECURE_NOROOT) */
