// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

/*
 * The base sensor: every fork, exec and exit on the machine, from tracepoints,
 * with all that an event says read here and now.
 *
 * Records are built inside a reservation of the ring, so nothing is copied
 * twice and no preemption can mix two of them. A reservation's size must be a constant: an
 * exec takes the smallest of three classes that its strings fit.
 */
#include "backup.h"
#include "cgroup.h"
#include "common.h"
#include "credentials.h"
#include "path.h"
#include "throttle.h"

static __always_inline __u32 task_ns_pid(struct task_struct *leader, __u32 *ret_ns_inum)
{
	struct pid *pid = READ(leader, thread_pid);
	__u32 level = READ(pid, level);
	struct upid upid = {};

	READ_BYTES(&upid, sizeof(upid), (void *)&pid->numbers + level * sizeof(upid));
	if (ret_ns_inum)
		*ret_ns_inum = BPF_CORE_READ(upid.ns, ns.inum);
	return upid.nr;
}

static __always_inline void task_read_parent(struct wire_task *out, struct task_struct *task)
{
	struct task_struct *parent = READ(task, real_parent);

	out->pid = READ(parent, tgid);
	out->ns_pid = 0;
	out->start_ns = READ(parent, group_leader, start_boottime);
}

static __always_inline void fork_write(struct wire_fork *record, struct task_struct *forker, struct task_struct *child,
				       __u64 cgroup_id)
{
	record->task.pid = READ(child, tgid);
	record->task.ns_pid = task_ns_pid(child, NULL);
	record->task.start_ns = READ(child, start_boottime);
	task_read_parent(&record->parent, child);
	record->forker.pid = READ(forker, tgid);
	record->forker.ns_pid = 0;
	record->forker.start_ns = READ(forker, group_leader, start_boottime);
	record->exec_count = READ(child, self_exec_id);
	record->reserved = 0;
	record->cgroup_id = cgroup_id;
	record->is_kernel_thread = !!(READ(child, flags) & PF_KTHREAD);
	record->is_late = 0;
}

/* True when the record is kept for later, if it is ever needed. */
static __always_inline int fork_hide(struct task_struct *forker, struct task_struct *child, __u64 cgroup_id, __u32 slot)
{
	struct wire_hidden *hidden = hidden_scratch_get(slot);

	if (!hidden || READ(child, flags) & PF_KTHREAD)
		return 0;
	record_begin(&hidden->fork.header, WIRE_FORK, sizeof(hidden->fork));
	fork_write(&hidden->fork, forker, child, cgroup_id);
	hidden->fork.is_late = 1;
	hidden->start_ns = hidden->fork.task.start_ns;
	hidden->is_known = 0;
	hidden->exec_length = 0;
	return throttle_hide(hidden->fork.task.pid, hidden, WIRE_FORK);
}

static __always_inline int fork_event(__u64 *ctx, const __u32 copy)
{
	struct task_struct *forker = (struct task_struct *)ctx[0], *child = (struct task_struct *)ctx[1];
	const __u32 slot = SCRATCH_COUNT * copy + SCRATCH_FORK;
	struct wire_task parent;
	struct wire_fork *record;
	__u64 cgroup;

	if (!backup_take(copy, WIRE_FORK, READ(child, start_boottime)))
		return 0;
	if (READ(child, pid) != READ(child, tgid))
		return 0; /* a thread */
	cgroup = cgroup_id_of(child, slot);
	if (config.throttle_events) {
		if (throttle_wants(cgroup) && fork_hide(forker, child, cgroup, slot))
			return 0;
		task_read_parent(&parent, child);
		hidden_reveal(parent.pid, parent.start_ns);
		hidden_reveal(READ(forker, tgid), READ(forker, group_leader, start_boottime));
	}
	record = RING_RESERVE(WIRE_FORK, sizeof(*record));
	if (!record)
		return 0;
	fork_write(record, forker, child, cgroup);
	RING_SUBMIT(record);
	return 0;
}

BACKUP_PROGRAMS(fork, "sched_process_fork")

/*
 * What wait() will report. False when it is not known yet: before 5.18 it may
 * be the leader's code, which a leader that leaves at this instant has not set as long as it has its
 * memory; then it comes to this tracepoint after us and reports the exit itself.
 */
static __always_inline int exit_status(struct task_struct *task, struct signal_struct *signal, __u32 *ret_status)
{
	struct task_struct *leader = READ(task, group_leader);

	if (READ(signal, flags) & SIGNAL_GROUP_EXIT) {
		*ret_status = READ(signal, group_exit_code);
		return 1;
	}
	if (READ(task, pid) != READ(task, tgid) && READ(leader, mm))
		return 0;
	*ret_status = READ(leader, exit_code);
	return 1;
}

static __always_inline int exit_event(__u64 *ctx, const __u32 copy)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct signal_struct *signal = READ(task, signal);
	struct wire_exit *record;
	__u32 status;

	if (!backup_take(copy, WIRE_EXIT, 1))
		return 0;
	/* Two last threads that leave at once may both see 0 here: the agent drops the second record. */
	if (READ(signal, live.counter) != 0 || !exit_status(task, signal, &status))
		return 0;
	if (config.throttle_events && throttle_exit(READ(task, tgid), READ(task, group_leader, start_boottime),
						    throttle_wants(BPF_CORE_READ(cgroup_node(task), id))))
		return 0;
	record = RING_RESERVE(WIRE_EXIT, sizeof(*record));
	if (!record)
		return 0;
	record->task.pid = READ(task, tgid);
	record->task.ns_pid = 0;
	record->task.start_ns = READ(task, group_leader, start_boottime);
	record->status = status;
	record->is_kernel_thread = !!(READ(task, flags) & PF_KTHREAD);
	record->exec_count = READ(task, self_exec_id);
	record->reserved = 0;
	RING_SUBMIT(record);
	return 0;
}

BACKUP_PROGRAMS(exit, "sched_process_exit")

static __always_inline void exec_read_namespaces(struct wire_exec *record, struct task_struct *task,
						 const struct cred *cred)
{
	struct nsproxy *proxy = READ(task, nsproxy);

	record->namespaces[WIRE_NS_UTS] = READ(proxy, uts_ns, ns.inum);
	record->namespaces[WIRE_NS_IPC] = READ(proxy, ipc_ns, ns.inum);
	record->namespaces[WIRE_NS_MNT] = READ(proxy, mnt_ns, ns.inum);
	record->namespaces[WIRE_NS_PID_FOR_CHILDREN] = READ(proxy, pid_ns_for_children, ns.inum);
	record->namespaces[WIRE_NS_NET] = READ(proxy, net_ns, ns.inum);
	record->namespaces[WIRE_NS_TIME] = READ(proxy, time_ns, ns.inum);
	record->namespaces[WIRE_NS_TIME_FOR_CHILDREN] = READ(proxy, time_ns_for_children, ns.inum);
	record->namespaces[WIRE_NS_CGROUP] = READ(proxy, cgroup_ns, ns.inum);
	record->namespaces[WIRE_NS_USER] = READ(cred, user_ns, ns.inum);
}

/* Everything of fixed size. */
static __always_inline void exec_read_facts(struct wire_exec *record, struct task_struct *task,
					    struct linux_binprm *bprm)
{
	const struct cred *cred = READ(task, cred);
	struct file *file = READ(bprm, file);
	struct inode *inode = READ(file, f_inode);
	__u32 pid_namespace = 0;

	record->task.pid = READ(task, tgid);
	record->task.start_ns = READ(task, group_leader, start_boottime);
	record->task.ns_pid = task_ns_pid(task, &pid_namespace);
	task_read_parent(&record->parent, task);
	exec_read_namespaces(record, task, cred);
	record->namespaces[WIRE_NS_PID] = pid_namespace;
	record->inode_links = READ(inode, i_nlink);
	record->inode_number = READ(inode, i_ino);
	record->exec_count = READ(task, self_exec_id);
	credentials_read(&record->credentials, task, cred);
	record->flags |= credentials_raised(bprm, file, cred, &record->credentials);
	if (READ(task, self_exec_id) == READ(task, parent_exec_id) + 1)
		record->flags |= WIRE_EXEC_FIRST;
}

/* What is known before the reservation, and chooses its size. */
struct exec_plan {
	struct task_struct *task;
	struct linux_binprm *bprm;
	__u64 cgroup_id;
	__u64 args;
	__u32 args_length;
	__u32 cwd_start, cwd_length;
	__u32 flags;
};

/*
 * Fills all of the record but its header's begin; behind it there is room for strings of the given lengths (constants).
 * False when the binary's name needs more and is not to be cut (a constant, too). Neither is told by what is in memory,
 * which might be anything to the verifier: it would go on to the other sizes from each.
 */
static __always_inline int exec_write(struct wire_exec *record, struct exec_plan *plan, struct scratch *scratch,
				      const __u32 cwd_max, const __u32 filename_max, const __u32 args_max,
				      const int may_cut)
{
	__u64 cwd = plan->cwd_length, args = plan->args_length, name = 0;
	struct linux_binprm *bprm = plan->bprm; /* READ() relocates every step of its chain */
	char *data = (char *)(record + 1);
	long result;

	record->flags = plan->flags;
	record->cgroup_id = plan->cgroup_id;
	BOUND(cwd, cwd_max);
	READ_BYTES(data, cwd, &scratch->bytes[plan->cwd_start & (WIRE_PATH_MAX - 1)]);
	result = bpf_probe_read_kernel_str(data + cwd, filename_max, READ(bprm, filename));
	if (result == filename_max && filename_max < WIRE_PATH_MAX) {
		if (!may_cut)
			return 0;
		record->flags |= WIRE_EXEC_FILENAME_ERROR;
	}
	if (result > 0)
		name = result - 1; /* without its NUL */
	else
		record->flags |= WIRE_EXEC_FILENAME_ERROR;
	BOUND(name, filename_max);
	BOUND(args, args_max);
	if (bpf_probe_read_user(data + cwd + name, args, (void *)plan->args)) {
		record->flags |= WIRE_EXEC_ARGS_ERROR;
		args = 0;
	}
	exec_read_facts(record, plan->task, bprm);
	record->cwd_length = cwd;
	record->filename_length = name;
	record->args_length = args;
	record->header.length = sizeof(*record) + cwd + name + args;
	return 1;
}

/* Builds and sends the record. False when it needs more room. */
static __always_inline int exec_send(struct exec_plan *plan, struct scratch *scratch, const __u32 cwd_max,
				     const __u32 filename_max, const __u32 args_max)
{
	struct wire_exec *record = RING_RESERVE(WIRE_EXEC, sizeof(*record) + cwd_max + filename_max + args_max);

	if (!record)
		return 1;
	if (!exec_write(record, plan, scratch, cwd_max, filename_max, args_max, 0)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		return 0;
	}
	RING_SUBMIT(record);
	return 1;
}

/* For the one size that a hidden process's record has. */
static __always_inline void exec_plan_cut(struct exec_plan *plan)
{
	plan->flags |= WIRE_EXEC_SUPPRESSED;
	if (plan->cwd_length > WIRE_HIDDEN_CWD_MAX) {
		plan->flags |= WIRE_EXEC_CWD_CUT;
		plan->cwd_length = WIRE_HIDDEN_CWD_MAX;
		plan->cwd_start = WIRE_PATH_MAX - WIRE_HIDDEN_CWD_MAX;
	}
	if (plan->args_length > WIRE_HIDDEN_ARGS_MAX) {
		plan->flags |= WIRE_EXEC_ARGS_CUT;
		plan->args_length = WIRE_HIDDEN_ARGS_MAX;
	}
}

/* True when the record is kept for later, if it is ever needed. */
static __always_inline int exec_hide(struct exec_plan plan, struct scratch *scratch, __u32 slot)
{
	struct wire_hidden *hidden = hidden_scratch_get(slot), *known;
	struct task_struct *task = plan.task;
	struct wire_exec *record;
	__u32 pid = READ(task, tgid);
	__u64 start_ns = READ(task, group_leader, start_boottime);

	if (!hidden)
		return 0;
	known = hidden_find(pid, start_ns);
	hidden->is_known = !known || known->is_known;
	if (known)
		hidden->fork = known->fork;
	hidden->start_ns = start_ns;
	exec_plan_cut(&plan);
	record = (struct wire_exec *)hidden->exec;
	record_begin(&record->header, WIRE_EXEC, 0);
	exec_write(record, &plan, scratch, WIRE_HIDDEN_CWD_MAX, WIRE_HIDDEN_FILENAME_MAX, WIRE_HIDDEN_ARGS_MAX, 1);
	hidden->exec_length = record->header.length;
	return throttle_hide(pid, hidden, WIRE_EXEC);
}

/* True when the record is not to be sent. */
static __always_inline int exec_throttle(struct exec_plan *plan, struct scratch *scratch, __u32 slot)
{
	struct task_struct *task = plan->task;

	if (throttle_wants(plan->cgroup_id) && exec_hide(*plan, scratch, slot))
		return 1;
	hidden_reveal(READ(task, tgid), READ(task, group_leader, start_boottime));
	return 0;
}

static __always_inline void exec_plan_cwd(struct exec_plan *plan, struct scratch *scratch, __u32 slot)
{
	int result = path_of_cwd(plan->task, scratch, slot);

	if (result == PATH_ERROR) {
		plan->flags |= WIRE_EXEC_CWD_ERROR;
		return;
	}
	if (result == PATH_CUT)
		plan->flags |= WIRE_EXEC_CWD_CUT;
	plan->cwd_start = scratch->start;
	if (plan->cwd_start < WIRE_PATH_MAX)
		plan->cwd_length = WIRE_PATH_MAX - plan->cwd_start;
}

static __always_inline int exec_event(__u64 *ctx, const __u32 copy)
{
	struct exec_plan plan = {
		.task = (struct task_struct *)ctx[0],
		.bprm = (struct linux_binprm *)ctx[2],
	};
	const __u32 slot = SCRATCH_COUNT * copy + SCRATCH_EXEC;
	struct scratch *scratch = scratch_get(slot);
	struct task_struct *task = plan.task;
	struct mm_struct *mm = READ(task, mm);
	__u64 length;

	if (!scratch || !backup_take(copy, WIRE_EXEC, READ(task, self_exec_id)))
		return 0;
	plan.cgroup_id = cgroup_id_of(task, slot);
	if (!plan.cgroup_id)
		plan.flags |= WIRE_EXEC_CGROUP_ERROR;
	exec_plan_cwd(&plan, scratch, slot);
	plan.args = READ(mm, arg_start);
	length = READ(mm, arg_end) - plan.args;
	if (length > WIRE_ARGS_MAX) {
		length = WIRE_ARGS_MAX;
		plan.flags |= WIRE_EXEC_ARGS_CUT;
	}
	plan.args_length = length;
	if (config.throttle_events && exec_throttle(&plan, scratch, slot))
		return 0;

	if (plan.cwd_length <= 128 && length <= 384 && exec_send(&plan, scratch, 128, 256, 384))
		return 0;
	if (plan.cwd_length <= 512 && length <= 4096 && exec_send(&plan, scratch, 512, 512, 4096))
		return 0;
	exec_send(&plan, scratch, WIRE_PATH_MAX, WIRE_PATH_MAX, WIRE_ARGS_MAX);
	return 0;
}

BACKUP_PROGRAMS(exec, "sched_process_exec")

const char sensor_license[] SEC("license") = "Dual BSD/GPL";
