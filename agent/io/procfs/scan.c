// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "core/process/procfs_parse.h"
#include "io/file/read_file.h"

#define PROCFS_STAT_MAX 2048
#define PROCFS_STATUS_MAX 65536 /* its line Groups: may be long and stands before NStgid: and Cap*: */
#define PROCFS_CGROUP_MAX 65536 /* a dozen v1 hierarchies of up to 4096 bytes each */
#define PROCFS_AUID_UNSET UINT32_MAX
#define PROCFS_DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Buffers for one process at a time, allocated once per scan. */
struct procfs_scan {
	char stat[PROCFS_STAT_MAX];
	char status[PROCFS_STATUS_MAX];
	char cgroup[PROCFS_CGROUP_MAX];
	char cmdline[PROCFS_CMDLINE_MAX + 1]; /* one more tells that there is more */
	char exe[PATH_MAX + 16];              /* and " (deleted)" */
	char cwd[PATH_MAX + 16];
};

static const char *const procfs_namespace_links[NAMESPACE_COUNT] = {
	[NAMESPACE_UTS] = "ns/uts",
	[NAMESPACE_IPC] = "ns/ipc",
	[NAMESPACE_MNT] = "ns/mnt",
	[NAMESPACE_PID] = "ns/pid",
	[NAMESPACE_PID_FOR_CHILDREN] = "ns/pid_for_children",
	[NAMESPACE_NET] = "ns/net",
	[NAMESPACE_TIME] = "ns/time",
	[NAMESPACE_TIME_FOR_CHILDREN] = "ns/time_for_children",
	[NAMESPACE_CGROUP] = "ns/cgroup",
	[NAMESPACE_USER] = "ns/user",
};

static inline void procfs_closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* Up to `size` bytes of a file; the number or -errno. */
static ssize_t procfs_read(int directory, const char *name, char *data, size_t size)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : read_file(fd, data, size);
}

/* The target of a link; false when it cannot be read or does not fit. */
static bool procfs_read_link(int directory, const char *name, char *data, size_t size, struct bytes *ret)
{
	ssize_t length = readlinkat(directory, name, data, size);

	if (length < 0 || (size_t)length == size)
		return false;
	*ret = (struct bytes){.data = data, .length = (size_t)length};
	return true;
}

/* 0 when the process is there and is the leader of its group, or -errno. */
static int procfs_read_stat(struct procfs_scan *scan, int directory, struct procfs_process *process,
			    uint32_t *ret_thread_count)
{
	ssize_t length = procfs_read(directory, "stat", scan->stat, sizeof(scan->stat));
	struct procfs_stat stat;
	int r;

	if (length < 0)
		return (int)length;
	r = procfs_parse_stat(scan->stat, (size_t)length, &stat);
	if (r < 0)
		return r;
	process->pid = stat.pid;
	process->tgid = stat.pid;
	process->ppid = stat.ppid;
	process->comm = stat.comm;
	process->is_kernel_thread = stat.is_kernel_thread;
	process->is_zombie = stat.state == 'Z' && stat.thread_count <= 1;
	process->start_ticks = stat.start_ticks;
	*ret_thread_count = stat.state == 'Z' ? stat.thread_count : 0;
	return 0;
}

static void procfs_read_status(struct procfs_scan *scan, int directory, struct procfs_process *process)
{
	ssize_t length = procfs_read(directory, "status", scan->status, sizeof(scan->status));
	struct procfs_status status = {0};

	if (length < 0 || procfs_parse_status(scan->status, (size_t)length, &status) != PROCFS_STATUS_ALL)
		process->missing |= PROCFS_MISSING_STATUS;
	process->credentials = status.credentials;
	process->ns_pid = status.ns_pid;
	if (status.tgid)
		process->tgid = status.tgid;
}

static void procfs_read_auid(int directory, struct procfs_process *process)
{
	char text[16];
	ssize_t length = procfs_read(directory, "loginuid", text, sizeof(text));

	process->auid = PROCFS_AUID_UNSET;
	/* A kernel without audit has no such file, and nobody has a login uid then. */
	if (length != -ENOENT && (length < 0 || procfs_parse_u32(text, (size_t)length, &process->auid) < 0))
		process->missing |= PROCFS_MISSING_AUID;
}

static void procfs_read_cgroup(struct procfs_scan *scan, int directory, struct procfs_process *process)
{
	ssize_t length = procfs_read(directory, "cgroup", scan->cgroup, sizeof(scan->cgroup));

	if (length == -ENOENT) /* a kernel without cgroups */
		return;
	if (length < 0 || procfs_parse_cgroup(scan->cgroup, (size_t)length, &process->cgroup) < 0)
		process->missing |= PROCFS_MISSING_CGROUP;
}

static void procfs_read_cmdline(struct procfs_scan *scan, int directory, struct procfs_process *process)
{
	ssize_t length = procfs_read(directory, "cmdline", scan->cmdline, sizeof(scan->cmdline));

	if (length < 0) {
		process->missing |= PROCFS_MISSING_CMDLINE;
		return;
	}
	process->is_cmdline_cut = length > PROCFS_CMDLINE_MAX;
	process->cmdline = (struct bytes){scan->cmdline, MIN((size_t)length, (size_t)PROCFS_CMDLINE_MAX)};
}

/* The inode numbers of those that the kernel has. 0, or -errno of one that it has and does not show. */
static int procfs_read_namespaces(int directory, uint32_t ret[NAMESPACE_COUNT])
{
	int result = 0;

	for (size_t i = 0; i < NAMESPACE_COUNT; i++) {
		char target[64];
		struct bytes link;

		ret[i] = 0;
		errno = EINVAL;
		if (procfs_read_link(directory, procfs_namespace_links[i], target, sizeof(target), &link) &&
		    procfs_parse_namespace(link.data, link.length, &ret[i]) == 0)
			continue;
		if (errno != ENOENT)
			result = -errno;
	}
	return result;
}

/* What belongs to the memory and the files of the process, which a zombie leader has not any more. */
static void procfs_read_links(struct procfs_scan *scan, int directory, struct procfs_process *process)
{
	if (procfs_read_link(directory, "exe", scan->exe, sizeof(scan->exe), &process->exe))
		process->is_exe_deleted = procfs_strip_deleted(&process->exe);
	else
		process->missing |= PROCFS_MISSING_EXE;
	if (procfs_read_link(directory, "cwd", scan->cwd, sizeof(scan->cwd), &process->cwd))
		process->is_cwd_deleted = procfs_strip_deleted(&process->cwd);
	else
		process->missing |= PROCFS_MISSING_CWD;
	procfs_read_cmdline(scan, directory, process);
}

/* A directory of a thread other than `pid`, or -1. */
static int procfs_open_thread(int directory, uint32_t pid)
{
	_cleanup_(procfs_closedirp) DIR *tasks = NULL;
	int tasks_fd = openat(directory, "task", PROCFS_DIRECTORY);
	const struct dirent *entry;
	uint32_t tid;

	if (tasks_fd < 0)
		return -1;
	tasks = fdopendir(tasks_fd);
	if (!tasks) {
		close(tasks_fd);
		return -1;
	}
	while ((entry = readdir(tasks))) {
		if (procfs_parse_u32(entry->d_name, strlen(entry->d_name), &tid) == 0 && tid != pid)
			return openat(tasks_fd, entry->d_name, PROCFS_DIRECTORY);
	}
	return -1;
}

/* Everything but what stat says. */
static void procfs_read_rest(struct procfs_scan *scan, int directory, struct procfs_process *process,
			     uint32_t thread_count)
{
	/* The leader has left and others run on: a thread still shows what they share. */
	_cleanup_close_ int thread = thread_count > 1 ? procfs_open_thread(directory, process->pid) : -1;
	int source = thread >= 0 ? thread : directory;

	procfs_read_status(scan, source, process);
	procfs_read_auid(source, process);
	procfs_read_cgroup(scan, source, process);
	/* A zombie has left its namespaces, all but that of its user and pid; what is left is told as it is. */
	if (procfs_read_namespaces(source, process->namespaces) < 0)
		process->missing |= PROCFS_MISSING_NAMESPACES;
	if (!process->is_kernel_thread && !process->is_zombie)
		procfs_read_links(scan, source, process);
}

/* One process. The callback's result, or 0 when the process is gone. */
static int procfs_scan_one(struct procfs_scan *scan, int root, const char *name, procfs_callback *callback,
			   void *context)
{
	_cleanup_close_ int directory = openat(root, name, PROCFS_DIRECTORY);
	struct procfs_process process = {0};
	uint32_t thread_count = 0;
	char probe;

	if (directory < 0 || procfs_read_stat(scan, directory, &process, &thread_count) < 0)
		return 0;
	procfs_read_rest(scan, directory, &process, thread_count);
	/* What is missing may be so because the process has ended: then nothing can be read here any more. */
	if (process.missing && procfs_read(directory, "stat", &probe, 1) < 0)
		return 0;
	return callback(&process, context);
}

int procfs_scan(const char *procfs, procfs_callback *callback, void *context)
{
	_cleanup_(procfs_closedirp) DIR *root = opendir(procfs);
	_cleanup_free_ struct procfs_scan *scan = NULL;
	const struct dirent *entry;
	uint32_t pid;
	int r;

	if (!root)
		return -errno;
	scan = malloc(sizeof(*scan));
	if (!scan)
		return -ENOMEM;
	for (;;) {
		errno = 0;
		entry = readdir(root);
		if (!entry)
			return -errno;
		if (procfs_parse_u32(entry->d_name, strlen(entry->d_name), &pid) < 0)
			continue;
		r = procfs_scan_one(scan, dirfd(root), entry->d_name, callback, context);
		if (r != 0)
			return r;
	}
}

/* The namespaces of PROCFS/`who`. 0 or -errno. */
static int procfs_namespaces_of(const char *procfs, const char *who, uint32_t ret[NAMESPACE_COUNT])
{
	_cleanup_close_ int root = open(procfs, PROCFS_DIRECTORY);
	_cleanup_close_ int directory = root < 0 ? -1 : openat(root, who, PROCFS_DIRECTORY);
	uint32_t namespaces[NAMESPACE_COUNT];
	int r;

	if (directory < 0)
		return -errno;
	r = procfs_read_namespaces(directory, namespaces);
	if (r < 0)
		return r;
	if (!namespaces[NAMESPACE_MNT]) /* every kernel has these: not a /proc/PID */
		return -ENOENT;
	memcpy(ret, namespaces, sizeof(namespaces));
	return 0;
}

int procfs_host_namespaces(const char *procfs, uint32_t ret[NAMESPACE_COUNT])
{
	int r;

	if (procfs_namespaces_of(procfs, "1", ret) == 0)
		return 0;
	r = procfs_namespaces_of("/proc", "self", ret);
	return r < 0 ? r : PROCFS_OWN_NAMESPACES;
}
