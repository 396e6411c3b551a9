/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What a task's namespaces and capabilities are. Tasks are plain numbers to the verifier here: all reads are helper
 * calls, so a program of any type may ask about any task.
 */
#include "read.h"

#include "wire.h"

/* The id of task's thread group in its own pid namespace, 0 if it has none; the namespace's number. */
static __always_inline __u32 task_namespace_pid(struct task_struct *task, __u32 *ret_inum)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u64 level = BPF_CORE_READ(pid, level);
	struct upid upid = {};

	READ_BYTES(&upid, sizeof(upid), (void *)&pid->numbers + level * sizeof(upid));
	if (ret_inum)
		*ret_inum = BPF_CORE_READ(upid.ns, ns.inum);
	return upid.nr;
}

/* The number of its namespace of one kind, WIRE_NS_*, a constant; 0: unknown, or the kernel has no such. */
static __always_inline __u32 task_namespace(struct task_struct *task, __u64 kind)
{
	struct nsproxy *proxy = BPF_CORE_READ(task, nsproxy);
	__u32 pid_inum = 0;

	switch (kind) {
	case WIRE_NS_UTS:
		return BPF_CORE_READ(proxy, uts_ns, ns.inum);
	case WIRE_NS_IPC:
		return BPF_CORE_READ(proxy, ipc_ns, ns.inum);
	case WIRE_NS_MNT:
		return BPF_CORE_READ(proxy, mnt_ns, ns.inum);
	case WIRE_NS_PID:
		task_namespace_pid(task, &pid_inum);
		return pid_inum;
	case WIRE_NS_PID_FOR_CHILDREN:
		return BPF_CORE_READ(proxy, pid_ns_for_children, ns.inum);
	case WIRE_NS_NET:
		return BPF_CORE_READ(proxy, net_ns, ns.inum);
	case WIRE_NS_TIME:
		return bpf_core_field_exists(proxy->time_ns) ? BPF_CORE_READ(proxy, time_ns, ns.inum) : 0;
	case WIRE_NS_TIME_FOR_CHILDREN:
		return bpf_core_field_exists(proxy->time_ns) ? BPF_CORE_READ(proxy, time_ns_for_children, ns.inum) : 0;
	case WIRE_NS_CGROUP:
		return BPF_CORE_READ(proxy, cgroup_ns, ns.inum);
	case WIRE_NS_USER:
		return BPF_CORE_READ(task, cred, user_ns, ns.inum);
	default:
		return 0;
	}
}

/* Its capabilities of one set, a constant: 0 effective, 1 inheritable, 2 permitted. */
static __always_inline __u64 task_capabilities(struct task_struct *task, __u64 set)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	const void *source = &cred->cap_effective;
	__u64 bits = 0;

	if (set == 1)
		source = &cred->cap_inheritable;
	else if (set == 2)
		source = &cred->cap_permitted;
	READ_BYTES(&bits, sizeof(bits), source);
	return bits;
}
