/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What ran before the agent: one pass over /proc, one callback per process
 * (thread group). Every file of a process is opened below one descriptor of its
 * directory, which stays with that process even when the pid is used again.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/process/process.h"

#define PROCFS_CMDLINE_MAX 32768 /* bytes of argv; longer ones are cut */

/* What could not be read or understood, and is zero or empty. */
enum {
	PROCFS_MISSING_STATUS = 1 << 0, /* credentials or ns_pid, all or some */
	PROCFS_MISSING_EXE = 1 << 1,
	PROCFS_MISSING_CMDLINE = 1 << 2,
	PROCFS_MISSING_CWD = 1 << 3,
	PROCFS_MISSING_NAMESPACES = 1 << 4, /* those that the kernel has; one that it lacks is just 0 */
	PROCFS_MISSING_CGROUP = 1 << 5,
	PROCFS_MISSING_AUID = 1 << 6, /* and auid is 4294967295 */
};

/* Strings are valid during the callback. A kernel thread has neither exe, cmdline nor cwd, a zombie none of them
 * either. */
struct procfs_process {
	uint32_t pid, ppid, tgid;
	uint32_t ns_pid; /* 0: unknown */
	uint32_t auid;   /* 4294967295: unset */
	bool is_kernel_thread;
	bool is_zombie; /* ended, and not waited for yet; its other threads are gone too */
	bool is_exe_deleted, is_cwd_deleted;
	bool is_cmdline_cut;
	uint64_t start_ticks;           /* since boot (CLOCK_BOOTTIME), in units of sysconf(_SC_CLK_TCK) */
	struct credentials credentials; /* securebits 0: not in /proc */
	uint32_t namespaces[NAMESPACE_COUNT];
	unsigned int missing; /* PROCFS_MISSING_* */
	struct bytes comm;    /* up to 15 bytes, kernel threads more */
	struct bytes exe;     /* without " (deleted)" */
	struct bytes cmdline; /* argv, each argument with its NUL (the last may lack it) */
	struct bytes cwd;     /* without " (deleted)" */
	struct bytes cgroup;  /* path as in /proc/PID/cgroup */
};

/* 0 goes on; anything else ends the scan, which returns it. */
typedef int procfs_callback(const struct procfs_process *process, void *context);

/*
 * `procfs` is "/proc", or where the host's is mounted. A process that ends
 * meanwhile is left out. 0, -errno when the directory cannot be read, -ENOMEM, or
 * what the callback returned.
 */
int procfs_scan(const char *procfs, procfs_callback *callback, void *context);

enum {
	PROCFS_OWN_NAMESPACES = 1, /* those of pid 1 cannot be read: these are our own */
};

/*
 * The host's namespaces: those of pid 1. 0, PROCFS_OWN_NAMESPACES, or -errno
 * when /proc/self cannot be read either.
 */
int procfs_host_namespaces(const char *procfs, uint32_t ret[NAMESPACE_COUNT]);
