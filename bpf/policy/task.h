/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The running task: who it is, and what filters ask about it.
 */
#include "../cgroup_id.h"
#include "../task_facts.h"
#include "piece.h"

#define PID_FAMILY 10 /* a process and nine ancestors */

static __always_inline __u32 task_pid(struct task_struct *task, __u64 is_in_namespace)
{
	return is_in_namespace ? task_namespace_pid(task, NULL) : (__u32)BPF_CORE_READ(task, tgid);
}

static __always_inline void task_read(struct wire_task *out, struct task_struct *task)
{
	out->pid = bpf_get_current_pid_tgid() >> 32;
	out->ns_pid = task_namespace_pid(task, NULL);
	out->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

static __always_inline __u64 task_cgroup_id(struct task_struct *task)
{
	if (config.cgroup_hierarchy == CGROUP_HIERARCHY_V2)
		return bpf_get_current_cgroup_id();
	return BPF_CORE_READ(cgroup_node(task), id);
}

/* The current process's pid; in_namespace is a constant: 0 the host's, 1 that in its own pid namespace. */
PIECE(current_pid)
__u64 current_pid(__u64 in_namespace)
{
	return task_pid(current_task(), in_namespace);
}

static __always_inline int pid_is_in(void *map, __u32 pid)
{
	return pid && bpf_map_lookup_elem(map, &pid);
}

/* Is the process in `map`, a hash map with __u32 keys? 1 or 0. */
PIECE(test_pid)
__u64 test_pid(void *map, __u64 in_namespace)
{
	return pid_is_in(map, task_pid(current_task(), in_namespace));
}

/* Is it, or one of its nine nearest ancestors? 1 or 0. */
PIECE(test_pid_family)
__u64 test_pid_family(void *map, __u64 in_namespace)
{
	struct task_struct *task = current_task();

	for (int i = 0; i < PID_FAMILY && task; i++) {
		if (pid_is_in(map, task_pid(task, in_namespace)))
			return 1;
		task = BPF_CORE_READ(task, real_parent);
	}
	return 0;
}

/* Is the current system call one of the 32-bit interface? asm/thread_info.h of each architecture. */
static __always_inline int is_compat_call(void)
{
#if defined(__TARGET_ARCH_arm64)
	return BPF_CORE_READ(current_task(), thread_info.flags) >> 22 & 1; /* TIF_32BIT */
#else
	return BPF_CORE_READ(current_task(), thread_info.status) & 2; /* TS_COMPAT */
#endif
}

/* A system call's number, marked where its meaning is that of the 32-bit interface. */
PIECE(get_syscall)
__u64 get_syscall(__u64 number)
{
	return is_compat_call() ? number | WIRE_SYSCALL_COMPAT : number;
}

/* The current capabilities of one set, a constant: 0 effective, 1 inheritable, 2 permitted. */
PIECE(current_capabilities)
__u64 current_capabilities(__u64 set)
{
	return task_capabilities(current_task(), set);
}

/* 1 if the process lives in another user namespace than the initial one. */
PIECE(current_is_in_user_namespace)
__u64 current_is_in_user_namespace(void)
{
	struct task_struct *task = current_task();

	return BPF_CORE_READ(task, cred, user_ns, level) > 0;
}

/* The number of the current namespace of one kind, WIRE_NS_*, a constant; 0: unknown, or the kernel has no such. */
PIECE(current_namespace)
__u64 current_namespace(__u64 kind)
{
	return task_namespace(current_task(), kind);
}
