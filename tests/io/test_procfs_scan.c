// SPDX-License-Identifier: Apache-2.0
/* The scan of /proc: this machine's, and one made of plain files and links where everything is known. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/util.h"
#include "io/procfs/scan.h"
#include "folder.h"

static char folder[] = "/tmp/trigon-procfs-XXXXXX";

/* What one scan has seen of one process. */
struct wanted {
	uint32_t pid;
	int seen, total, kernel_threads;
	struct procfs_process process;
	char exe[256], cwd[256], comm[64], cgroup[256], cmdline[PROCFS_CMDLINE_MAX];
};

static void copy_text(char *text, size_t size, struct bytes bytes)
{
	size_t length = MIN(bytes.length, size - 1);

	if (length)
		memcpy(text, bytes.data, length);
	text[length] = '\0';
}

static int remember(const struct procfs_process *process, void *context)
{
	struct wanted *wanted = context;

	wanted->total++;
	wanted->kernel_threads += process->is_kernel_thread;
	if (process->pid != wanted->pid)
		return 0;
	wanted->seen++;
	wanted->process = *process;
	copy_text(wanted->exe, sizeof(wanted->exe), process->exe);
	copy_text(wanted->cwd, sizeof(wanted->cwd), process->cwd);
	copy_text(wanted->comm, sizeof(wanted->comm), process->comm);
	copy_text(wanted->cgroup, sizeof(wanted->cgroup), process->cgroup);
	copy_text(wanted->cmdline, sizeof(wanted->cmdline), process->cmdline);
	return 0;
}

/* The process `pid` as a scan of `procfs` shows it. */
static const struct wanted *scan_for(const char *procfs, pid_t pid)
{
	static struct wanted wanted;

	wanted = (struct wanted){.pid = (uint32_t)pid};
	CHECK_EQ(procfs_scan(procfs, remember, &wanted), 0);
	return &wanted;
}

static void test_self(void)
{
	const struct wanted *self = scan_for("/proc", getpid());
	char exe[256] = "", cwd[256] = "";

	CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK_EQ(self->seen, 1);
	CHECK_EQ(self->process.tgid, getpid());
	CHECK_EQ(self->process.ppid, getppid());
	CHECK_EQ(self->process.missing, 0);
	CHECK_EQ(self->process.credentials.euid, geteuid());
	CHECK_EQ(self->process.credentials.gid, getgid());
	CHECK_EQ(self->process.is_kernel_thread, false);
	CHECK(self->process.start_ticks > 0);
	CHECK(self->process.ns_pid > 0);
	for (size_t i = 0; i < NAMESPACE_COUNT; i++) {
		if (i != NAMESPACE_TIME && i != NAMESPACE_TIME_FOR_CHILDREN)
			CHECK(self->process.namespaces[i] > 0);
	}
	CHECK_STR(self->exe, exe);
	CHECK_STR(self->cwd, cwd);
	CHECK_EQ(self->cgroup[0], '/');
	CHECK(self->total >= 2);
}

static pid_t start(void (*child)(void))
{
	int ready[2];
	char byte;
	pid_t pid;

	CHECK(pipe2(ready, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		child();
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	CHECK(read(ready[0], &byte, 1) == 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void child_odd_name(void)
{
	prctl(PR_SET_NAME, "a) S 1\n(b");
}

static void child_deleted_directory(void)
{
	char gone[64];

	snprintf(gone, sizeof(gone), "%s/gone", folder);
	if (mkdir(gone, 0700) < 0 || chdir(gone) < 0 || rmdir(gone) < 0)
		_exit(1);
}

static void test_children(void)
{
	const struct wanted *wanted;
	char gone[64];
	pid_t pid;

	pid = start(child_odd_name);
	wanted = scan_for("/proc", pid);
	CHECK_EQ(wanted->seen, 1);
	CHECK_STR(wanted->comm, "a) S 1\n(b");
	CHECK_EQ(wanted->process.ppid, getpid());
	end(pid);

	pid = start(child_deleted_directory);
	wanted = scan_for("/proc", pid);
	snprintf(gone, sizeof(gone), "%s/gone", folder);
	CHECK(wanted->process.is_cwd_deleted);
	CHECK_STR(wanted->cwd, gone);
	CHECK(!wanted->process.is_exe_deleted);
	end(pid);
}

static void test_zombie(void)
{
	const struct wanted *wanted;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	wanted = scan_for("/proc", pid);
	CHECK_EQ(wanted->seen, 1);
	CHECK(wanted->process.is_zombie);
	CHECK_EQ(wanted->process.missing, 0);
	CHECK_STR(wanted->exe, "");
	end(pid);
	CHECK_EQ(scan_for("/proc", pid)->seen, 0);
}

static void *thread_stays(void *pipe_end)
{
	char stat[512], name[64];
	int leader;

	/* Says that it is ready once the leader is a zombie. */
	snprintf(name, sizeof(name), "/proc/%d/stat", getpid());
	do {
		leader = open(name, O_RDONLY | O_CLOEXEC);
		memset(stat, 0, sizeof(stat));
		if (read(leader, stat, sizeof(stat) - 1) <= 0)
			_exit(1);
		close(leader);
		sched_yield();
	} while (!strstr(stat, ") Z "));
	if (write(*(int *)pipe_end, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
	return NULL;
}

static void test_leader_left(void)
{
	const struct wanted *wanted;
	char exe[256] = "", byte;
	static int ends[2];
	pthread_t thread;
	pid_t pid;

	CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0);
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		pthread_create(&thread, NULL, thread_stays, &ends[1]);
		pthread_exit(NULL);
	}
	CHECK(read(ends[0], &byte, 1) == 1);
	wanted = scan_for("/proc", pid);
	CHECK_EQ(wanted->seen, 1);
	CHECK(!wanted->process.is_zombie);
	CHECK_EQ(wanted->process.missing, 0);
	CHECK_EQ(wanted->process.tgid, pid);
	CHECK_STR(wanted->exe, exe);
	CHECK(wanted->process.namespaces[NAMESPACE_MNT] > 0);
	CHECK_EQ(wanted->process.ns_pid, scan_for("/proc", pid)->process.ns_pid);
	end(pid);
	close(ends[0]);
	close(ends[1]);
}

/* --- a /proc of our own -------------------------------------------------------------------------------------- */

static void make_file(const char *name, const char *content, size_t length)
{
	_cleanup_close_ int fd = -1;
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, content, length) == (ssize_t)length);
}

static void make_link(const char *name, const char *target)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(symlink(target, path) == 0);
}

static void make_folder(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	CHECK(mkdir(path, 0700) == 0);
}

#define MADE_STATUS \
	"Name:\tx\nTgid:\t77\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nNStgid:\t77\t9\nCapInh:\t0000000000000001\n" \
	"CapPrm:\t0000000000000003\nCapEff:\t0000000000000002\n"

static void make_process(void)
{
	static char arguments[PROCFS_CMDLINE_MAX + 100];

	memset(arguments, 'a', sizeof(arguments));
	make_folder("77");
	make_folder("77/ns");
	make_folder("self");
	make_folder("77x");
	make_file("77/stat", "77 (x) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 123 0\n", 54);
	make_file("77/status", MADE_STATUS, strlen(MADE_STATUS));
	make_file("77/cgroup", "4:memory:/m\n0::/u\n", 18);
	make_file("77/loginuid", "1000", 4);
	make_file("77/cmdline", arguments, sizeof(arguments));
	make_link("77/exe", "/bin/x (deleted)");
	make_link("77/cwd", "/w");
	make_link("77/ns/uts", "uts:[11]");
	make_link("77/ns/user", "user:[12]");
}

static void test_made_process(void)
{
	const struct wanted *wanted;

	make_process();
	wanted = scan_for(folder, 77);
	CHECK_EQ(wanted->total, 1);
	CHECK_EQ(wanted->seen, 1);
	CHECK_EQ(wanted->process.missing, 0);
	CHECK_EQ(wanted->process.ppid, 1);
	CHECK_EQ(wanted->process.ns_pid, 9);
	CHECK_EQ(wanted->process.auid, 1000);
	CHECK_EQ(wanted->process.start_ticks, 123);
	CHECK_EQ(wanted->process.credentials.fsgid, 8);
	CHECK_EQ(wanted->process.credentials.inheritable, 1);
	CHECK_EQ(wanted->process.credentials.effective, 2);
	CHECK_EQ(wanted->process.credentials.permitted, 3);
	CHECK_EQ(wanted->process.namespaces[NAMESPACE_UTS], 11);
	CHECK_EQ(wanted->process.namespaces[NAMESPACE_USER], 12);
	CHECK_EQ(wanted->process.namespaces[NAMESPACE_NET], 0);
	CHECK(wanted->process.is_exe_deleted);
	CHECK(wanted->process.is_cmdline_cut);
	CHECK_EQ(wanted->process.cmdline.length, PROCFS_CMDLINE_MAX);
	CHECK_STR(wanted->exe, "/bin/x");
	CHECK_STR(wanted->cwd, "/w");
	CHECK_STR(wanted->cgroup, "/m");
}

static void test_made_process_is_broken(void)
{
	static const struct {
		const char *file, *content;
		unsigned int missing;
	} cases[] = {
		{"77/loginuid", "x", PROCFS_MISSING_AUID},
		{"77/status", "Tgid:\t77\n", PROCFS_MISSING_STATUS},
		{"77/cgroup", "", PROCFS_MISSING_CGROUP},
		{"77/ns/net", "", PROCFS_MISSING_NAMESPACES}, /* a file, not a link */
	};
	unsigned int missing = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		missing |= cases[i].missing;
		make_file(cases[i].file, cases[i].content, strlen(cases[i].content));
		CHECK_EQ(scan_for(folder, 77)->process.missing, missing);
	}
	CHECK_EQ(scan_for(folder, 77)->process.auid, 4294967295);
	make_file("77/stat", "77", 2);
	CHECK_EQ(scan_for(folder, 77)->total, 0);
}

static int stop(const struct procfs_process *process, void *context)
{
	(void)process;
	++*(int *)context;
	return -ECANCELED;
}

static void test_results(void)
{
	int calls = 0;

	CHECK_EQ(procfs_scan("/nonexistent", stop, &calls), -ENOENT);
	CHECK_EQ(calls, 0);
	CHECK_EQ(procfs_scan("/proc", stop, &calls), -ECANCELED);
	CHECK_EQ(calls, 1);
}

static void test_host_namespaces(void)
{
	uint32_t of_host[NAMESPACE_COUNT] = {0}, own[NAMESPACE_COUNT] = {0};
	char target[64];
	/* Root is not enough: pid 1 may have a capability that a container's root lacks. */
	bool is_readable = readlink("/proc/1/ns/pid", target, sizeof(target)) > 0;

	CHECK_EQ(procfs_host_namespaces("/proc", of_host), is_readable ? 0 : PROCFS_OWN_NAMESPACES);
	CHECK(of_host[NAMESPACE_PID] > 0);
	CHECK_EQ(procfs_host_namespaces(folder, own), PROCFS_OWN_NAMESPACES);
	CHECK_EQ(own[NAMESPACE_PID], scan_for("/proc", getpid())->process.namespaces[NAMESPACE_PID]);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	RUN(test_self);
	RUN(test_children);
	RUN(test_zombie);
	RUN(test_leader_left);
	RUN(test_made_process);
	RUN(test_made_process_is_broken);
	RUN(test_results);
	RUN(test_host_namespaces);
	folder_remove(folder);
	return test_end();
}
