/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The texts of /proc/PID, parsed; pure. Input is any bytes, possibly cut off
 * where the reader's buffer ended; results point into it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/process/process.h"

/* /proc/PID/stat, proc(5) */
struct procfs_stat {
	uint32_t pid, ppid;
	struct bytes comm; /* may hold spaces, parentheses, newlines */
	char state;        /* 'Z': zombie */
	bool is_kernel_thread;
	uint32_t thread_count;
	uint64_t start_ticks; /* since boot, CLOCK_BOOTTIME, in units of sysconf(_SC_CLK_TCK) */
};

/* 0 or -EINVAL. */
int procfs_parse_stat(const char *data, size_t length, struct procfs_stat *ret);

/* The lines of /proc/PID/status that were there and well-formed. */
enum {
	PROCFS_STATUS_TGID = 1 << 0,
	PROCFS_STATUS_UIDS = 1 << 1,
	PROCFS_STATUS_GIDS = 1 << 2,
	PROCFS_STATUS_NS_TGID = 1 << 3,
	PROCFS_STATUS_INHERITABLE = 1 << 4,
	PROCFS_STATUS_PERMITTED = 1 << 5,
	PROCFS_STATUS_EFFECTIVE = 1 << 6,
	PROCFS_STATUS_ALL = (1 << 7) - 1,
};

struct procfs_status {
	uint32_t tgid;
	uint32_t ns_pid;                /* in the innermost pid namespace: the last number of NStgid */
	struct credentials credentials; /* securebits is not in /proc: 0 */
};

/* Fills what it finds, zero otherwise; returns PROCFS_STATUS_*. */
unsigned int procfs_parse_status(const char *data, size_t length, struct procfs_status *ret);

/*
 * The path in /proc/PID/cgroup that says most about the process: of the v1
 * hierarchies memory, pids, cpuset, name=systemd in this order, else the v2 one, else any. Without
 * the kernel's " (deleted)". 0, or -ENOENT when there is none.
 */
int procfs_parse_cgroup(const char *data, size_t length, struct bytes *ret);

/*
 * The path of a cgroup from the root of its hierarchy, where /proc/PID/cgroup shows it from the cgroup `own` on, the
 * root of the reader's cgroup namespace: "/../x" is beside that. In `buffer`; cut if it does not fit.
 */
struct bytes procfs_join_cgroup(struct bytes own, struct bytes path, char *buffer, size_t size);

/* The target of a link in /proc/PID/ns: "uts:[4026531838]". 0 or -EINVAL. */
int procfs_parse_namespace(const char *data, size_t length, uint32_t *ret);

/* A decimal number that fills all of the text but for one newline at its end. 0 or -EINVAL. */
int procfs_parse_u32(const char *data, size_t length, uint32_t *ret);

/* Cuts " (deleted)" off the end; whether it was there. */
bool procfs_strip_deleted(struct bytes *path);
