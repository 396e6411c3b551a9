// SPDX-License-Identifier: Apache-2.0
#include "cmd/startup_scan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "core/process/procfs_parse.h"
#include "io/procfs/own_cgroup.h"
#include "io/procfs/scan.h"

struct scan_context {
	struct tracker *tracker;
	uint64_t ns_per_tick;
	char own_cgroup[PATH_MAX]; /* "" if paths in /proc begin at the hierarchy's root */
	char cgroup[2 * PATH_MAX]; /* of one process */
};

static const struct {
	unsigned int missing; /* PROCFS_MISSING_* */
	uint32_t flag;
} scan_flags[] = {
	{PROCFS_MISSING_EXE, PROCESS_FLAG_ERROR_FILENAME},
	{PROCFS_MISSING_CMDLINE, PROCESS_FLAG_ERROR_ARGS},
	{PROCFS_MISSING_CWD, PROCESS_FLAG_ERROR_CWD},
	{PROCFS_MISSING_CGROUP, PROCESS_FLAG_ERROR_CGROUPS},
};

static uint32_t flags_of(const struct procfs_process *found)
{
	uint32_t flags = 0;

	if (found->is_cmdline_cut)
		flags |= PROCESS_FLAG_TRUNC_ARGS;
	if (found->cwd.length == 1 && found->cwd.data[0] == '/')
		flags |= PROCESS_FLAG_ROOT_CWD;
	if (found->is_kernel_thread)
		return flags | PROCESS_FLAG_NO_CWD; /* has neither binary nor arguments, and lacks nothing */
	for (size_t i = 0; i < ARRAY_SIZE(scan_flags); i++)
		if (found->missing & scan_flags[i].missing)
			flags |= scan_flags[i].flag;
	return flags;
}

/*
 * What filters expect to be there always. A kernel thread has no binary: its
 * name in brackets, as ps(1) shows it. A binary that cannot be read is called as the process was.
 */
static struct bytes binary_of(const struct procfs_process *found, char *name, size_t size)
{
	size_t first = found->cmdline.length ? strnlen(found->cmdline.data, found->cmdline.length) : 0;
	int length;

	if (found->exe.length)
		return found->exe;
	if (!found->is_kernel_thread && first)
		return (struct bytes){found->cmdline.data, first};
	length = snprintf(name, size, "[%.*s]", (int)found->comm.length, found->comm.data);
	return (struct bytes){name, MIN((size_t)length, size - 1)};
}

/* Its path from the hierarchy's root. */
static struct bytes cgroup_of(const struct procfs_process *found, struct scan_context *scan)
{
	const struct bytes own = {scan->own_cgroup, strlen(scan->own_cgroup)};

	if (!own.length || !found->cgroup.length)
		return found->cgroup;
	return procfs_join_cgroup(own, found->cgroup, scan->cgroup, sizeof(scan->cgroup));
}

static int take_process(const struct procfs_process *found, void *context)
{
	struct scan_context *scan = context;
	char name[80];
	struct tracker_existing existing = {
		.pid = found->pid,
		.parent_pid = found->ppid,
		.ns_pid = found->ns_pid,
		.start_boot_ns = found->start_ticks * scan->ns_per_tick,
		.seen_ktime_ns = clock_monotonic_ns(),
		.is_kernel_thread = found->is_kernel_thread,
		.flags = flags_of(found),
		.facts = {.auid = found->auid, .credentials = found->credentials},
		.cwd = found->cwd,
		.binary = binary_of(found, name, sizeof(name)),
		.argv = found->cmdline,
		.cgroup_path = cgroup_of(found, scan),
	};

	if (found->is_zombie)
		return 0; /* ended already: there is nothing left to tell of it */
	memcpy(existing.facts.namespaces, found->namespaces, sizeof(existing.facts.namespaces));
	return tracker_add_existing(scan->tracker, &existing);
}

int startup_scan(const char *procfs, struct tracker *tracker)
{
	long ticks = sysconf(_SC_CLK_TCK);
	struct scan_context scan = {
		.tracker = tracker,
		.ns_per_tick = CLOCK_NS_PER_SECOND / (uint64_t)(ticks > 0 ? ticks : 100),
	};
	int r;

	own_cgroup_find(procfs, scan.own_cgroup);
	r = procfs_scan(procfs, take_process, &scan);
	if (r < 0)
		return r;
	if (!tracker->existing_count)
		return -ESRCH; /* not even the agent itself: it is no /proc */
	tracker_end_scan(tracker);
	return 0;
}
