// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)

/*
 * Keeps the states of processes, while a policy asks for them: an exec records namespaces and capabilities and looks
 * up the new binary among those of filters with followChildren, a fork hands all of it on, an exit forgets it.
 *
 * A bit of such a filter is set for good: the process's later binaries and its later children have it. What was set
 * before the bit was given to another filter, or before the filter lost a value, is told by the state's generation
 * (process_shared.since). A process that runs such a binary when the filter comes gets the bit at its next fork, which
 * is soon enough for its children; it matches by its binary itself.
 *
 * What a program misses harms one process. A fork: its state is made up for at the exec, from its parent as it is then,
 * or where somebody asks. An exec: at the next fork, by the count of execve() that the kernel keeps; until then the
 * process's sets are those from before. An exit: what it leaves is known by the start time, and overwritten by the
 * pid's next owner.
 *
 * Where programs can be preempted, and keep others out meanwhile, there are copies of each, as of the base sensor's
 * (backup.h). All of them run; what has been done already is not done again, so they need no marks.
 */
#include "process_state.h"
#include "path.h"

enum {
	WORK_EXEC,
	WORK_FORK,
	WORK_COUNT, /* per copy; area of a copy: WORK_COUNT * copy + WORK_x */
};

/* A binary's path under construction, as scratch_map.h says of the base sensor's. */
struct work {
	struct scratch scratch;
	struct string_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WORK_COUNT); /* times the number of copies, set before load */
	__type(key, __u32);
	__type(value, struct work);
} work_areas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* this and the flags are set before load, also for the next one */
	__type(key, __u32);
	__type(value, struct process_state);
} process_states SEC(".maps");

/* Which filters a binary is in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct string_key);
	__type(value, __u64);
} follow_binaries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct process_shared);
} process_shared_map SEC(".maps");

static __always_inline struct work *work_get(__u32 area)
{
	return bpf_map_lookup_elem(&work_areas, &area);
}

static __always_inline struct scratch *scratch_get(__u32 slot)
{
	struct work *work = work_get(slot);

	return work ? &work->scratch : NULL;
}

static __always_inline struct process_shared *shared_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&process_shared_map, &zero);
}

static __always_inline __u64 generation_now(struct process_shared *all)
{
	return *(volatile __u64 *)&all->generation;
}

/* --- filters with followChildren */

/* The bits of the filters that the task's binary is in. */
static __always_inline __u64 follow_of_binary(struct process_shared *all, struct task_struct *task, const __u32 area)
{
	struct work *work = work_get(area);
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	__u64 start, length, *bits;

	if (!work || !dentry || !mnt || !all->active)
		return 0;
	path_begin(&work->scratch, dentry, mnt, BPF_CORE_READ(task, fs));
	path_finish(&work->scratch, area);
	start = work->scratch.start;
	if (start >= WIRE_PATH_MAX || start < WIRE_PATH_MAX - STRING_KEY_MAX)
		return 0; /* none, or a longer one than any value */
	length = WIRE_PATH_MAX - start;
	BOUND(length, STRING_KEY_MAX);
	__builtin_memset(work->key.bytes, 0, sizeof(work->key.bytes));
	READ_BYTES(work->key.bytes, length, &work->scratch.bytes[start & (WIRE_PATH_MAX - 1)]);
	work->key.length = length;
	bits = bpf_map_lookup_elem(&follow_binaries, &work->key);
	return bits ? *bits : 0;
}

/* Of a state's bits, those that still are what they were. */
static __always_inline __u64 follow_valid(const struct process_shared *all, const struct process_state *state,
					  __u64 generation)
{
	__u64 follow = state->follow, from = state->follow_generation;

	if (!follow || from == generation)
		return follow;
	for (int i = 0; i < FOLLOW_BITS; i++) {
		__s64 is_stale = (__s64)(from - all->since[i]) >> 63;

		asm volatile("" : "+r"(is_stale)); /* no branch: the verifier would look at all combinations of them */
		follow &= ~(is_stale & (1ull << i));
	}
	return follow;
}

/* Have the bits been looked at since filters and binary have changed? */
static __always_inline int follow_is_current(const struct process_state *state, __u64 generation, __u64 exec_count)
{
	return state->follow_generation == generation && state->follow_exec_count == exec_count;
}

/* --- fork */

/* 0, or what is wrong: there is no room. All copies try, one counts. */
static __always_inline long state_put(struct process_shared *all, __u32 pid, const struct process_state *state,
				      const __u32 copy)
{
	long error = bpf_map_update_elem(&process_states, &pid, state, BPF_ANY);

	if (error && copy == 0)
		__sync_fetch_and_add(&all->full, 1);
	return error;
}

/* The state of the parent, which is the current process, made if there is none; NULL: there is no room. */
static __always_inline struct process_state *parent_state(struct process_shared *all, struct task_struct *parent,
							  const __u32 copy)
{
	struct process_state *state = process_state_find(&process_states, parent), new = {};

	if (state)
		return state;
	process_record(&new, parent);
	if (state_put(all, BPF_CORE_READ(parent, tgid), &new, copy))
		return NULL;
	__sync_fetch_and_add(&all->late, 1);
	return process_state_find(&process_states, parent);
}

static __always_inline int fork_event(__u64 *ctx, const __u32 copy)
{
	struct task_struct *parent = (struct task_struct *)ctx[0], *child = (struct task_struct *)ctx[1];
	struct process_shared *all = shared_get();
	__u64 generation, exec_count = BPF_CORE_READ(parent, self_exec_id);
	__u32 pid = BPF_CORE_READ(child, tgid);
	struct process_state *state, new;

	if (!all || (__u32)BPF_CORE_READ(child, pid) != pid || !process_has_state(parent) || !process_has_state(child))
		return 0; /* a thread is its process */
	state = process_state_find(&process_states, child);
	if (state && !state->start_slack_ns)
		return 0; /* by an earlier copy */
	generation = generation_now(all);
	state = parent_state(all, parent, copy);
	if (!state)
		return 0;
	if (!follow_is_current(state, generation, exec_count)) {
		state->follow = follow_valid(all, state, generation) |
				follow_of_binary(all, parent, WORK_COUNT * copy + WORK_FORK);
		state->follow_exec_count = exec_count;
		state->follow_generation = generation;
	}
	new = *state;
	new.start_ns = process_start(child);
	new.start_slack_ns = 0;
	state_put(all, pid, &new, copy);
	return 0;
}

/* --- exec */

/* The parent of a process of which no fork was seen; NULL: one of the kernel's own helpers, which has a thread of it.
 */
static __always_inline struct task_struct *exec_parent(struct task_struct *task)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	return process_has_state(parent) ? parent : NULL;
}

/* What it has from the parent. */
static __always_inline __u64 follow_of_parent(struct process_shared *all, struct task_struct *parent, __u64 generation)
{
	struct process_state *state = parent ? process_state_find(&process_states, parent) : NULL;

	return state ? follow_valid(all, state, generation) : 0;
}

static __always_inline int exec_event(__u64 *ctx, const __u32 copy)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct process_shared *all = shared_get();
	__u64 generation, exec_count = BPF_CORE_READ(task, self_exec_id);
	struct process_state *state, new = {};
	struct task_struct *parent = NULL;

	if (!all)
		return 0;
	generation = generation_now(all);
	state = process_state_find(&process_states, task);
	if (state && follow_is_current(state, generation, exec_count) && state->exec_count == exec_count)
		return 0; /* by an earlier copy */
	process_record(&new, task);
	if (!state)
		parent = exec_parent(task);
	new.follow = state ? follow_valid(all, state, generation) : follow_of_parent(all, parent, generation);
	new.follow |= follow_of_binary(all, task, WORK_COUNT * copy + WORK_EXEC);
	new.follow_exec_count = exec_count;
	new.follow_generation = generation;
	if (!state_put(all, BPF_CORE_READ(task, tgid), &new, copy) && parent)
		__sync_fetch_and_add(&all->late, 1);
	return 0;
}

/* --- exit */

static __always_inline int exit_event(__u64 *ctx, const __u32 copy)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	__u32 pid = BPF_CORE_READ(task, tgid);

	(void)copy;
	if (BPF_CORE_READ(task, signal, live.counter) == 0) /* the last thread */
		bpf_map_delete_elem(&process_states, &pid); /* gone already is as good */
	return 0;
}

#define COPY(name, suffix, tracepoint, copy) \
	SEC("raw_tp/" tracepoint) \
	int state_##name##suffix(__u64 *ctx) \
	{ \
		return name##_event(ctx, copy); \
	}

#define PROGRAMS(name, tracepoint) \
	COPY(name, , tracepoint, 0) \
	COPY(name, _1, tracepoint, 1) \
	COPY(name, _2, tracepoint, 2) \
	COPY(name, _3, tracepoint, 3)

PROGRAMS(fork, "sched_process_fork")
PROGRAMS(exec, "sched_process_exec")
PROGRAMS(exit, "sched_process_exit")

const char process_state_license[] SEC("license") = "Dual BSD/GPL";
