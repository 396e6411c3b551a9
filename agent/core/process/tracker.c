// SPDX-License-Identifier: Apache-2.0
#include "core/process/tracker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/filter/event_filter.h"
#include "core/filter/redaction.h"
#include "core/process/arguments.h"
#include "core/process/binary_path.h"
#include "core/process/tracker_internal.h"

_Static_assert((int)NAMESPACE_COUNT == WIRE_NS_COUNT && (int)NAMESPACE_USER == WIRE_NS_USER &&
		       (int)NAMESPACE_TIME == WIRE_NS_TIME,
	       "namespaces are in the order of the wire");

static struct process *new_root(void)
{
	struct process *root = process_new();
	const struct image fields = {.auid = UINT32_MAX};
	const struct bytes name = {"<kernel>", 8}, nothing = {"", 0};

	if (!root)
		return NULL;
	root->image = image_new(&fields, nothing, name, nothing);
	if (!root->image)
		return process_unref(root);
	root->flags = PROCESS_FLAG_PROCFS;
	root->ktime_ns = 1;
	root->parent_ktime_ns = 1;
	return root;
}

int tracker_init(struct tracker *tracker, size_t cache_maximum)
{
	int r;

	*tracker = (struct tracker){0};
	r = process_cache_init(&tracker->cache, cache_maximum);
	if (r < 0)
		return r;
	r = buffer_init(&tracker->text, ARGUMENTS_JOINED_MAX(WIRE_ARGS_MAX) + 2 * WIRE_PATH_MAX + 2);
	tracker->root = new_root();
	if (r < 0 || !tracker->root) {
		tracker_done(tracker);
		return -ENOMEM;
	}
	return 0;
}

void tracker_done(struct tracker *tracker)
{
	tracker_free_existing(tracker);
	process_cache_done(&tracker->cache);
	cgroup_table_done(&tracker->cgroups);
	buffer_done(&tracker->text);
	tracker->root = process_unref(tracker->root);
}

/* Makes the image from its parts; the arguments are joined in the tracker's scratch buffer. */
struct image *tracker_new_image(struct tracker *tracker, const struct image *fields, struct bytes cwd,
				struct bytes filename, struct bytes argv)
{
	struct buffer *text = &tracker->text;
	struct bytes binary, arguments;

	buffer_reset(text);
	binary_path_append(text, cwd, filename);
	binary = (struct bytes){text->data, text->length};
	arguments_append(text, argv);
	if (tracker->redactions)
		redactions_apply(tracker->redactions, binary, text, binary.length);
	arguments = (struct bytes){text->data + binary.length, text->length - binary.length};
	return image_new(fields, cwd, binary, arguments);
}

void tracker_set_parent(const struct tracker *tracker, struct process *process, struct process *parent)
{
	process->pid_sets = parent->pid_sets;
	if (tracker->filters)
		process->pid_sets |= event_filters_pid_sets(tracker->filters, process->pid);
	process->parent = process_ref(parent);
	process->parent_pid = parent->pid;
	process->parent_ktime_ns = parent->ktime_ns;
	process->forked_by = parent->pid == process->pid ? parent->forked_by : parent->pid;
}

static bool is_in_tree(const struct process *process)
{
	return process->flags & PROCESS_FLAG_IN_INIT_TREE;
}

/*
 * In the container's tree: its first process, or one that comes from the tree
 * of the same container. A nested container's process may come from the outer one's.
 */
void tracker_set_init_tree(struct process *process, const struct process *origin)
{
	if (process->docker[0] &&
	    (process->ns_pid == 1 || (is_in_tree(origin) && strcmp(origin->docker, process->docker) == 0)))
		process->flags |= PROCESS_FLAG_IN_INIT_TREE;
}

/*
 * The container of a cgroup; one whose path was lost is that of the origin, if it is in the same cgroup. What lies
 * deeper than the kernel side looks has been made by somebody inside, so that it is the origin's, too.
 */
static void set_container(struct tracker *tracker, struct process *process, const struct process *origin)
{
	uint64_t cgroup_id = process->cgroup_id;
	const struct cgroup *cgroup = cgroup_id ? cgroup_table_find(&tracker->cgroups, cgroup_id) : NULL;

	if (cgroup && !cgroup->is_cut) {
		memcpy(process->docker, cgroup->docker, sizeof(process->docker));
		process->pod_uid = cgroup->pod_uid;
	} else if (cgroup || (cgroup_id && origin->cgroup_id == cgroup_id)) {
		memcpy(process->docker, origin->docker, sizeof(process->docker));
		process->pod_uid = origin->pod_uid;
	} else {
		tracker->stats.unknown_cgroups++;
	}
	tracker_set_init_tree(process, origin);
}

void tracker_make_exec_event(const struct tracker *tracker, const struct process *process, struct event *ret_event)
{
	*ret_event = (struct event){
		.type = EVENT_PROCESS_EXEC,
		.wall_ns = process->start_wall_ns,
		.tid = process->pid,
		.process = process,
		.parent = process->parent ? process->parent : tracker->root,
	};
}

uint64_t tracker_wall_time(const struct tracker *tracker, uint64_t ktime_ns)
{
	return ktime_ns + (uint64_t)tracker->wall_minus_monotonic_ns;
}

struct process *tracker_new_unknown(struct tracker *tracker, const struct wire_task *task)
{
	struct process *process = process_new();
	const struct image fields = {.auid = UINT32_MAX};
	const struct bytes nothing = {"", 0};

	if (!process)
		return NULL;
	process->image = image_new(&fields, nothing, nothing, nothing);
	if (!process->image)
		return process_unref(process);
	process->pid = task->pid;
	process->flags = PROCESS_FLAG_UNKNOWN;
	process->start_boot_ns = process->ktime_ns = task->start_ns;
	process->start_wall_ns = task->start_ns + (uint64_t)tracker->wall_minus_boot_ns;
	process->is_exact_start = true;
	tracker_set_parent(tracker, process, tracker->root);
	process_cache_add(&tracker->cache, process);
	return process;
}

/* Never NULL but without memory: an unknown parent is made up from its identity. */
static struct process *find_parent(struct tracker *tracker, const struct wire_task *task)
{
	struct process *parent;

	if (task->pid == 0)
		return tracker->root;
	parent = process_cache_find(&tracker->cache, task->pid, task->start_ns);
	if (parent)
		return parent;
	tracker->stats.unknown_parents++;
	return tracker_new_unknown(tracker, task);
}

bool tracker_is_former_self(const struct process *parent, const struct process *process)
{
	return parent && parent->pid == process->pid && parent->start_boot_ns == process->start_boot_ns;
}

/*
 * As it was at the fork, of which a hidden child's record tells late. A parent that is not known by then has ended
 * hidden itself: its exit will not come.
 */
static struct process *parent_of_fork(struct tracker *tracker, const struct record *record,
				      const struct wire_task *task)
{
	struct process *parent = process_cache_find(&tracker->cache, task->pid, task->start_ns);

	if (!parent) {
		parent = find_parent(tracker, task);
		if (parent && parent != tracker->root && record->fork.is_late)
			process_cache_retire(&tracker->cache, parent, record->ktime_ns);
		return parent;
	}
	while (parent->ktime_ns > record->ktime_ns && tracker_is_former_self(parent->parent, parent))
		parent = parent->parent;
	return parent;
}

static struct process *new_from_record(struct tracker *tracker, const struct record *record,
				       const struct wire_task *task, uint64_t cgroup_id)
{
	struct process *process = process_new();

	if (!process)
		return NULL;
	process->pid = task->pid;
	process->ns_pid = task->ns_pid;
	process->start_boot_ns = task->start_ns;
	process->is_exact_start = true;
	process->ktime_ns = record->ktime_ns;
	process->start_wall_ns = tracker_wall_time(tracker, record->ktime_ns);
	process->cgroup_id = cgroup_id;
	process->has_in_init_tree = true;
	return process;
}

/* By the kernel's count of its execs: has a record of one been lost? Then it was told of as what it ran before. */
static uint32_t check_exec_count(struct process *process, uint32_t exec_count)
{
	if (!exec_count || !process->exec_count || process->exec_count == exec_count)
		return 0;
	process->flags |= PROCESS_FLAG_MISS;
	return PROCESS_FLAG_MISS;
}

/* Whose copy the child is; its parent is another process with CLONE_PARENT. */
static struct process *forker_of(struct tracker *tracker, const struct record *record, struct process *parent)
{
	const struct wire_task *forker = &record->fork.forker;

	if (!forker->pid ||
	    (forker->pid == record->fork.parent.pid && forker->start_ns == record->fork.parent.start_ns))
		return parent;
	return parent_of_fork(tracker, record, forker);
}

static int add_child(struct tracker *tracker, const struct record *record, struct process *parent)
{
	const struct wire_fork *fork = &record->fork;
	struct process *forker = forker_of(tracker, record, parent), *child, *known;
	uint32_t missed = 0;

	if (!forker)
		return -ENOMEM;
	if (!fork->is_late) /* else it may have become another program since */
		missed = check_exec_count(forker, fork->exec_count);
	child = new_from_record(tracker, record, &fork->task, fork->cgroup_id);
	if (!child)
		return -ENOMEM;
	child->is_forked = true;
	child->is_kernel_thread = fork->is_kernel_thread;
	child->exec_count = fork->exec_count;
	child->image = image_ref(forker->image);
	child->flags = (forker->flags & PROCESS_FLAG_UNKNOWN) | missed;
	tracker_set_parent(tracker, child, parent);
	child->pid_sets |= forker->pid_sets;
	set_container(tracker, child, forker);
	known = process_cache_find(&tracker->cache, fork->task.pid, fork->task.start_ns);
	if (known)
		process_cache_remove(&tracker->cache, known);
	process_cache_add(&tracker->cache, child);
	return 0;
}

static int handle_fork(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	const struct wire_fork *fork = &record->fork;
	struct process *parent, *known;
	int r;

	(void)ret_event;
	/* the scan may have met the child as well: the record knows more */
	known = process_cache_find(&tracker->cache, fork->task.pid, fork->task.start_ns);
	if (known && !(known->flags & PROCESS_FLAG_PROCFS)) {
		tracker->stats.duplicates++;
		return 0;
	}
	parent = parent_of_fork(tracker, record, &fork->parent);
	if (!parent)
		return -ENOMEM;
	process_ref(parent); /* a forker that is made up may push it out of the cache */
	r = add_child(tracker, record, parent);
	process_unref(parent);
	return r;
}

static const struct {
	uint32_t wire, flag;
} exec_flags[] =
	{
		{WIRE_EXEC_ARGS_CUT, PROCESS_FLAG_TRUNC_ARGS},
		{WIRE_EXEC_ARGS_ERROR, PROCESS_FLAG_ERROR_ARGS},
		{WIRE_EXEC_FILENAME_ERROR, PROCESS_FLAG_ERROR_FILENAME},
		{WIRE_EXEC_CWD_ERROR, PROCESS_FLAG_ERROR_CWD},
		{WIRE_EXEC_CWD_CUT, PROCESS_FLAG_ERROR_PATH_RESOLUTION_CWD},
		{WIRE_EXEC_CGROUP_ERROR, PROCESS_FLAG_ERROR_CGROUP_ID},
},
  binary_flags[] = {
	  {WIRE_EXEC_SETUID, BINARY_SETUID},
	  {WIRE_EXEC_SETGID, BINARY_SETGID},
	  {WIRE_EXEC_RAISED_FILE_CAP, BINARY_RAISED_FILE_CAP},
	  {WIRE_EXEC_RAISED_SETUID, BINARY_RAISED_SETUID},
	  {WIRE_EXEC_RAISED_SETGID, BINARY_RAISED_SETGID},
};

static struct image *image_from_exec(struct tracker *tracker, const struct record *record)
{
	const struct wire_exec *exec = &record->exec;
	struct image fields = {
		.auid = exec->credentials.auid,
		.credentials = record_credentials(&exec->credentials),
		.inode_number = exec->inode_number,
		.inode_links = exec->inode_links,
		.binary_flags = exec->inode_links == 0 && exec->inode_number ? BINARY_UNLINKED : 0,
	};

	memcpy(fields.namespaces, exec->namespaces, sizeof(fields.namespaces));
	for (size_t i = 0; i < ARRAY_SIZE(binary_flags); i++)
		if (exec->flags & binary_flags[i].wire)
			fields.binary_flags |= binary_flags[i].flag;
	return tracker_new_image(tracker, &fields, record->cwd, record->filename, record->args);
}

static uint32_t flags_from_exec(const struct record *record)
{
	uint32_t flags = PROCESS_FLAG_EXECVE;

	for (size_t i = 0; i < ARRAY_SIZE(exec_flags); i++)
		if (record->exec.flags & exec_flags[i].wire)
			flags |= exec_flags[i].flag;
	if (record->cwd.length == 1 && record->cwd.data[0] == '/')
		flags |= PROCESS_FLAG_ROOT_CWD;
	return flags;
}

/*
 * Decides of which process the new incarnation is a child: of its forking
 * parent after a fork, of its own former self otherwise. `earlier` is the incarnation known
 * so far, or NULL.
 */
static struct process *parent_of_exec(struct tracker *tracker, const struct wire_exec *exec, struct process *earlier,
				      uint32_t *flags)
{
	if (earlier && earlier->is_forked) {
		*flags |= PROCESS_FLAG_CLONE;
		return earlier->parent ? earlier->parent : tracker->root;
	}
	if (earlier && !(earlier->flags & PROCESS_FLAG_UNKNOWN))
		return earlier;
	if (exec->flags & WIRE_EXEC_FIRST)
		*flags |= PROCESS_FLAG_CLONE;
	tracker->stats.missed_forks++;
	*flags |= PROCESS_FLAG_MISS;
	return find_parent(tracker, &exec->parent);
}

static int handle_exec(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	const struct wire_exec *exec = &record->exec;
	struct process *earlier, *parent, *process, *origin;

	earlier = process_cache_find(&tracker->cache, exec->task.pid, exec->task.start_ns);
	if (earlier && exec->exec_count && earlier->exec_count == exec->exec_count) {
		tracker->stats.duplicates++;
		return 0;
	}
	process = new_from_record(tracker, record, &exec->task, exec->cgroup_id);
	if (!process)
		return -ENOMEM;
	process->exec_count = exec->exec_count;
	process->image = image_from_exec(tracker, record);
	process->flags = flags_from_exec(record);
	process_ref(earlier);
	parent = process->image ? parent_of_exec(tracker, exec, earlier, &process->flags) : NULL;
	if (!parent) {
		process_unref(earlier);
		process_unref(process);
		return -ENOMEM;
	}
	tracker_set_parent(tracker, process, parent);
	origin = earlier ? earlier : parent;
	set_container(tracker, process, origin);
	if (earlier && parent == earlier)
		process_cache_replace(&tracker->cache, earlier, record->ktime_ns);
	else if (earlier)
		process_cache_remove(&tracker->cache, earlier);
	process_unref(earlier);
	process_cache_add(&tracker->cache, process);
	tracker_make_exec_event(tracker, process, ret_event);
	return !(exec->flags & WIRE_EXEC_SUPPRESSED);
}

static int handle_exit(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	const struct wire_exit *exit = &record->exit;
	struct process *process = process_cache_find(&tracker->cache, exit->task.pid, exit->task.start_ns);

	if (process && process->is_exited) {
		tracker->stats.duplicates++;
		return 0;
	}
	if (!process) {
		if (exit->is_kernel_thread)
			return 0;
		tracker->stats.unknown_processes++;
		process = tracker_new_unknown(tracker, &exit->task);
		if (!process)
			return -ENOMEM;
	}
	check_exec_count(process, exit->exec_count);
	*ret_event = (struct event){
		.type = EVENT_PROCESS_EXIT,
		.wall_ns = tracker_wall_time(tracker, record->ktime_ns),
		.tid = process->pid,
		.process = process,
		.parent = process->parent ? process->parent : tracker->root,
		.exit_status = exit->status,
	};
	process_cache_retire(&tracker->cache, process, record->ktime_ns);
	return !exit->is_kernel_thread;
}

void tracker_throttle_event(const struct tracker *tracker, uint64_t cgroup_id, bool is_throttled, uint64_t wall_ns,
			    struct event *ret_event)
{
	const struct cgroup *cgroup = cgroup_table_find(&tracker->cgroups, cgroup_id);

	*ret_event = (struct event){
		.type = EVENT_PROCESS_THROTTLE,
		.wall_ns = wall_ns,
		.process = tracker->root,
		.is_throttled = is_throttled,
		.cgroup = cgroup ? cgroup_name(cgroup) : (struct bytes){"", 0},
	};
}

static int handle_throttle(struct tracker *tracker, const struct record *record, struct event *ret_event)
{
	tracker_throttle_event(tracker, record->throttle.cgroup_id, true, tracker_wall_time(tracker, record->ktime_ns),
			       ret_event);
	return 1;
}

static int handle_cgroup(struct tracker *tracker, const struct record *record, uint64_t *ret_forgotten)
{
	return cgroup_table_add(&tracker->cgroups, record->cgroup.id, record->path, record->cgroup.is_cut,
				ret_forgotten);
}

int tracker_handle(struct tracker *tracker, const struct record *record, struct event *ret_event,
		   uint64_t *ret_forgotten_cgroup)
{
	static int (*const handlers[WIRE_TYPE_MAX])(struct tracker *, const struct record *, struct event *) = {
		[WIRE_EXEC] = handle_exec,
		[WIRE_FORK] = handle_fork,
		[WIRE_EXIT] = handle_exit,
		[WIRE_HOOK] = tracker_handle_hook,
		[WIRE_LOADER] = tracker_handle_loader,
		[WIRE_THROTTLE] = handle_throttle,
	};
	int r;

	*ret_forgotten_cgroup = 0;
	tracker->stats.records[record->type]++;
	process_cache_expire(&tracker->cache, record->ktime_ns);
	if (record->type == WIRE_CGROUP)
		r = handle_cgroup(tracker, record, ret_forgotten_cgroup);
	else
		r = handlers[record->type](tracker, record, ret_event);
	if (r == -ENOMEM)
		tracker->stats.out_of_memory++;
	return r;
}
