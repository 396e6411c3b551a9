/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Trigon knows of a process. Two objects:
 *
 *  - `struct image`: what one execve() gave it (binary, arguments, working
 *    directory, credentials, namespaces). Immutable once built, but for what filters
 *    note of it, and shared by reference count with every child that forks and does not exec.
 *  - `struct process`: one incarnation, that is one exec or one fork, of a
 *    process. Its identity is pid and start time; a later exec of the same
 *    process is a new incarnation whose parent is the earlier one.
 *
 * Strings are pointer and length: they come from the kernel and may hold any
 * byte, also invalid UTF-8. All times are in nanoseconds.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes from outside; not NUL-terminated, not necessarily UTF-8. */
struct bytes {
	const char *data;
	size_t length;
};

#define POD_UID_LENGTH 16

/* Of a Kubernetes pod, see pod_uid.h; zeros: none. */
struct pod_uid {
	uint8_t bytes[POD_UID_LENGTH];
};

/* Order as printed in JSON. */
enum namespace_kind {
	NAMESPACE_UTS,
	NAMESPACE_IPC,
	NAMESPACE_MNT,
	NAMESPACE_PID,
	NAMESPACE_PID_FOR_CHILDREN,
	NAMESPACE_NET,
	NAMESPACE_TIME,
	NAMESPACE_TIME_FOR_CHILDREN,
	NAMESPACE_CGROUP,
	NAMESPACE_USER,
	NAMESPACE_COUNT,
};

struct credentials {
	uint32_t uid, gid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t securebits;                        /* SECBIT_*, linux/securebits.h */
	uint64_t permitted, effective, inheritable; /* bit n is capability n */
};

/* What the binary's mode and file capabilities did at exec. */
enum {
	BINARY_SETUID = 1 << 0,          /* set-uid bit took effect: the effective uid is credentials.euid */
	BINARY_SETGID = 1 << 1,          /* set-gid bit took effect: the effective gid is credentials.egid */
	BINARY_RAISED_FILE_CAP = 1 << 2, /* PRIVILEGES_RAISED_EXEC_FILE_CAP */
	BINARY_RAISED_SETUID = 1 << 3,   /* PRIVILEGES_RAISED_EXEC_FILE_SETUID: became root */
	BINARY_RAISED_SETGID = 1 << 4,   /* PRIVILEGES_RAISED_EXEC_FILE_SETGID: became group root */
	BINARY_UNLINKED = 1 << 5,        /* the file has no name any more: inode and links are valid */
};

/* events.md 4.1: one bit per flag string, lowest bit printed first. */
enum process_flag {
	PROCESS_FLAG_EXECVE = 1 << 0,
	PROCESS_FLAG_PROCFS = 1 << 1,
	PROCESS_FLAG_ERROR_ENVS = 1 << 2,
	PROCESS_FLAG_TRUNC_ARGS = 1 << 3,
	PROCESS_FLAG_MISS = 1 << 4,
	PROCESS_FLAG_ERROR_FILENAME = 1 << 5,
	PROCESS_FLAG_ERROR_ARGS = 1 << 6,
	PROCESS_FLAG_NO_CWD = 1 << 7,
	PROCESS_FLAG_ROOT_CWD = 1 << 8,
	PROCESS_FLAG_ERROR_CWD = 1 << 9,
	PROCESS_FLAG_CLONE = 1 << 10,
	PROCESS_FLAG_ERROR_CGROUP_NAME = 1 << 11,
	PROCESS_FLAG_ERROR_CGROUP_ID = 1 << 12,
	PROCESS_FLAG_ERROR_CGROUP_SUBSYS_CGRP = 1 << 13,
	PROCESS_FLAG_ERROR_CGROUP_SUBSYS = 1 << 14,
	PROCESS_FLAG_ERROR_CGROUPS = 1 << 15,
	PROCESS_FLAG_ERROR_PATH_RESOLUTION_CWD = 1 << 16,
	PROCESS_FLAG_DATA_FILENAME = 1 << 17,
	PROCESS_FLAG_DATA_ARGS = 1 << 18,
	PROCESS_FLAG_IN_INIT_TREE = 1 << 19,
	PROCESS_FLAG_UNKNOWN = 1 << 20, /* never seen: printed alone */
};

struct image {
	uint32_t ref_count;
	uint32_t auid; /* login uid; 4294967295: unset */
	struct credentials credentials;
	uint32_t namespaces[NAMESPACE_COUNT]; /* inode numbers; 0: the kernel has no such namespace */
	uint32_t binary_flags;                /* BINARY_* */
	uint32_t inode_links;
	uint64_t inode_number;
	/* core/filter/event_filter.h: a bit for each of its tests of binary or arguments; which were made, and which
	 * hold */
	uint64_t tested, test_results;
	struct bytes cwd;       /* empty when unknown */
	struct bytes binary;    /* absolute path where that can be told */
	struct bytes arguments; /* argv[1..] as the JSON shows them (see arguments.h) */
				/* the strings' bytes follow in the same allocation */
};

struct process {
	uint32_t ref_count;
	uint32_t pid;           /* thread group id in the host's pid namespace */
	uint32_t ns_pid;        /* the same in the process's own pid namespace; 0: unknown */
	uint32_t flags;         /* PROCESS_FLAG_* */
	uint64_t ktime_ns;      /* CLOCK_MONOTONIC of the exec or clone; part of exec_id */
	uint64_t start_boot_ns; /* start of the thread group, CLOCK_BOOTTIME; with pid the identity */
	uint64_t start_wall_ns; /* CLOCK_REALTIME of ktime_ns */
	/* exec_id of the parent; pid 0 and ktime 1 where there is none */
	uint64_t parent_ktime_ns;
	uint32_t parent_pid;
	uint32_t forked_by;    /* pid of the process that forked it, whatever it has executed since */
	bool has_in_init_tree; /* print in_init_tree */
	bool is_forked;        /* born by fork, no exec since */
	bool is_exact_start;   /* start_boot_ns is exact, not rounded to a clock tick as /proc has it */
	bool is_exited;
	bool is_gone; /* out of the cache */
	bool is_kernel_thread;
	char docker[32];        /* first 31 characters of the container id, or "" */
	struct pod_uid pod_uid; /* from the cgroup's path; none without a container */
	struct image *image;    /* never NULL */
	struct process *parent; /* a reference; NULL once out of the cache */
	uint64_t cgroup_id;
	uint32_t exec_count;    /* the kernel's count of this process's execs; 0: not known */
	uint64_t pid_sets;      /* core/filter/event_filter.h: the filters' pid_set that it descends from, a bit each */
	uint64_t retired_at_ns; /* when it exited or was replaced by an exec, CLOCK_MONOTONIC */
	/* owned by process_cache */
	struct process *hash_next;
	struct process *list_previous, *list_next;
	struct process *age_previous, *age_next;
};

/*
 * A new image with a reference count of 1 that holds copies of the three
 * strings; everything else is copied from `fields`. NULL without memory.
 */
struct image *image_new(const struct image *fields, struct bytes cwd, struct bytes binary, struct bytes arguments);
struct image *image_ref(struct image *image);
struct image *image_unref(struct image *image); /* returns NULL */
size_t image_size(const struct image *image);   /* bytes allocated */
