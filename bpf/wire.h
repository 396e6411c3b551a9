/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What the BPF programs write and the agent reads: the ring's records and the
 * memory both sides share. Fixed-width types, explicit padding, little or big
 * endian as the machine. Both sides include this file; the decoder still
 * checks version, type, length and every offset of each record.
 */
#ifdef __bpf__
typedef __u8 wire_u8;
typedef __u16 wire_u16;
typedef __u32 wire_u32;
typedef __u64 wire_u64;
#else
#include <stdint.h>
typedef uint8_t wire_u8;
typedef uint16_t wire_u16;
typedef uint32_t wire_u32;
typedef uint64_t wire_u64;
#endif

#define WIRE_VERSION 1 /* bump with every change of a layout below */

enum wire_type {
	WIRE_EXEC = 1,
	WIRE_FORK = 2,
	WIRE_EXIT = 3,
	WIRE_CGROUP = 4,
	WIRE_TYPE_MAX = 16, /* room for counters, not a record */
};

#define WIRE_PATH_MAX 4096    /* PATH_MAX, linux/limits.h: longest working directory, binary, cgroup path */
#define WIRE_ARGS_MAX 32768   /* bytes of argv that are read; longer ones are cut and flagged */
#define WIRE_RECORD_MAX 65536 /* no record is longer */

/* Every record starts so. */
struct wire_header {
	wire_u8 version; /* WIRE_VERSION */
	wire_u8 type;    /* enum wire_type */
	wire_u16 reserved;
	wire_u32 length;   /* bytes in use, this header included; the reservation may be larger */
	wire_u64 ktime_ns; /* CLOCK_MONOTONIC */
};

/* A process in the cgroup hierarchy and in time; the same in exec, fork and exit. */
struct wire_task {
	wire_u32 pid;      /* thread group id in the initial pid namespace */
	wire_u32 ns_pid;   /* thread group id in the task's own pid namespace */
	wire_u64 start_ns; /* start of the thread group, CLOCK_BOOTTIME; 0: unknown */
};

enum {
	WIRE_EXEC_FIRST = 1 << 0, /* the first exec after a fork, as far as the kernel's exec counters tell */
	WIRE_EXEC_ARGS_CUT = 1 << 1,
	WIRE_EXEC_ARGS_ERROR = 1 << 2,     /* argv could not be read (swapped out) */
	WIRE_EXEC_FILENAME_ERROR = 1 << 3, /* the binary's name could not be read */
	WIRE_EXEC_CWD_ERROR = 1 << 4,      /* the working directory could not be read */
	WIRE_EXEC_CWD_CUT = 1 << 5,        /* too deep or too long: the innermost part is there */
	WIRE_EXEC_CGROUP_ERROR = 1 << 6,
	WIRE_EXEC_SETUID = 1 << 8,           /* the file's set-uid bit took effect */
	WIRE_EXEC_SETGID = 1 << 9,           /* the file's set-gid bit took effect */
	WIRE_EXEC_RAISED_FILE_CAP = 1 << 10, /* permitted capabilities gained from the file */
	WIRE_EXEC_RAISED_SETUID = 1 << 11,   /* became root by set-uid */
	WIRE_EXEC_RAISED_SETGID = 1 << 12,   /* became group root by set-gid */
};

enum {
	WIRE_NS_UTS,
	WIRE_NS_IPC,
	WIRE_NS_MNT,
	WIRE_NS_PID,
	WIRE_NS_PID_FOR_CHILDREN,
	WIRE_NS_NET,
	WIRE_NS_TIME,
	WIRE_NS_TIME_FOR_CHILDREN,
	WIRE_NS_CGROUP,
	WIRE_NS_USER,
	WIRE_NS_COUNT,
};

/* Ids are those of the initial user namespace. */
struct wire_credentials {
	wire_u32 uid, gid, suid, sgid, euid, egid, fsuid, fsgid;
	wire_u32 securebits;
	wire_u32 auid; /* login uid, 4294967295 when unset */
	wire_u64 inheritable, permitted, effective;
};

/* Followed by cwd, filename, argv (NUL after each argument), each with the length given, without padding. */
struct wire_exec {
	struct wire_header header;
	struct wire_task task;
	struct wire_task parent; /* real_parent; ns_pid unused */
	wire_u64 cgroup_id;
	wire_u32 flags; /* WIRE_EXEC_* */
	wire_u32 namespaces[WIRE_NS_COUNT];
	wire_u32 inode_links; /* of the binary */
	wire_u64 inode_number;
	struct wire_credentials credentials;
	wire_u32 cwd_length;
	wire_u32 filename_length; /* without NUL */
	wire_u32 args_length;
	wire_u32 exec_count; /* the kernel's count of this process's execs (self_exec_id): tells a doubled record */
};

struct wire_fork {
	struct wire_header header;
	struct wire_task task;
	struct wire_task parent;
	wire_u64 cgroup_id;
	wire_u32 is_kernel_thread;
	wire_u32 reserved;
};

struct wire_exit {
	struct wire_header header;
	struct wire_task task;
	wire_u32 status; /* as wait(2) reports it */
	wire_u32 is_kernel_thread;
};

/* The path of a cgroup, sent before the first record that carries its id. */
struct wire_cgroup {
	struct wire_header header;
	wire_u64 id;
	wire_u32 path_length; /* the path follows, from the hierarchy's root, with a leading slash */
	wire_u32 is_cut;
};

/*
 * Memory shared by mmap (the programs' .bss). The programs wake the reader when
 * at least wake_at bytes wait in the ring, once: they set it to WIRE_WAKE_NEVER, and
 * the reader sets it anew before it sleeps.
 */
#define WIRE_WAKE_NEVER 0xffffffffu

/* What the agent decides before it loads the programs (.rodata): constants for the verifier. */
struct wire_config {
	wire_u32 cgroup_hierarchy; /* CGROUP_HIERARCHY_*, bpf/cgroup.h */
	wire_u32 has_backups;      /* see bpf/backup.h */
};

struct wire_shared {
	wire_u32 wake_at;
	wire_u32 reserved;
	/* events that reached the first copy of the program, and events that some copy took; bpf/backup.h */
	wire_u64 entered[WIRE_TYPE_MAX], handled[WIRE_TYPE_MAX];
	wire_u64 lost[WIRE_TYPE_MAX]; /* records for which the ring had no room, by type */
};

_Static_assert(sizeof(struct wire_header) == 16, "wire_header");
_Static_assert(sizeof(struct wire_task) == 16, "wire_task");
_Static_assert(sizeof(struct wire_credentials) == 64, "wire_credentials");
_Static_assert(sizeof(struct wire_exec) == 16 + 16 + 16 + 8 + 4 + 40 + 4 + 8 + 64 + 16, "wire_exec");
_Static_assert(sizeof(struct wire_fork) == 16 + 16 + 16 + 8 + 8, "wire_fork");
_Static_assert(sizeof(struct wire_exit) == 16 + 16 + 8, "wire_exit");
_Static_assert(sizeof(struct wire_cgroup) == 16 + 16, "wire_cgroup");
