/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What the BPF programs write and the agent reads: the ring's records and the
 * memory both sides share. Fixed-width types, explicit padding, little or big
 * endian as the machine. Both sides include this file; the decoder still
 * checks version, type, length and every offset of each record.
 */
#ifdef __bpf__
#include <linux/types.h>
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

#define WIRE_VERSION 3 /* bump with every change of a layout below */

enum wire_type {
	WIRE_EXEC = 1,
	WIRE_FORK = 2,
	WIRE_EXIT = 3,
	WIRE_CGROUP = 4,
	WIRE_HOOK = 5,      /* an event of a policy's hook */
	WIRE_LOADER = 6,    /* a file with a build id was mapped executable */
	WIRE_THROTTLE = 7,  /* a cgroup is throttled from here on: --cgroup-rate */
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
	WIRE_EXEC_SUPPRESSED = 1 << 7,       /* no event: it is told late, for what comes next; bpf/hidden.h */
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
	struct wire_task parent; /* real_parent; ns_pid unused */
	struct wire_task forker; /* whose copy it is: another one with CLONE_PARENT; ns_pid unused */
	wire_u64 cgroup_id;
	wire_u32 exec_count; /* of the forker, as in struct wire_exec */
	wire_u32 reserved;
	wire_u32 is_kernel_thread;
	wire_u32 is_late; /* as WIRE_EXEC_SUPPRESSED: a parent of which nothing was told has ended */
};

struct wire_exit {
	struct wire_header header;
	struct wire_task task;
	wire_u32 status; /* as wait(2) reports it */
	wire_u32 is_kernel_thread;
	wire_u32 exec_count; /* as in struct wire_exec: tells that an exec record was lost */
	wire_u32 reserved;
};

/* The path of a cgroup, sent before the first record that carries its id. */
struct wire_cgroup {
	struct wire_header header;
	wire_u64 id;
	wire_u32 path_length; /* the path follows, from the hierarchy's root, with a leading slash */
	wire_u32 is_cut;
};

/* What is kept of a process that is not told of, in map `hidden_processes`; the key is its pid. */
#define WIRE_HIDDEN_CWD_MAX 128 /* as the smallest class of exec records; what is longer is cut, and flagged */
#define WIRE_HIDDEN_FILENAME_MAX 256
#define WIRE_HIDDEN_ARGS_MAX 384
#define WIRE_HIDDEN_EXEC_MAX \
	(sizeof(struct wire_exec) + WIRE_HIDDEN_CWD_MAX + WIRE_HIDDEN_FILENAME_MAX + WIRE_HIDDEN_ARGS_MAX)

struct wire_hidden {
	wire_u64 start_ns;
	wire_u32 is_known;     /* the agent has a record of the process from before */
	wire_u32 exec_length;  /* bytes of the record; 0: no exec was suppressed */
	struct wire_fork fork; /* unless is_known */
	char exec[WIRE_HIDDEN_EXEC_MAX];
};

struct wire_throttle {
	struct wire_header header;
	wire_u64 cgroup_id;
};

/*
 * An event of a hook that a policy names. value_count values follow it: first the hook's arguments
 * in the policy's order (also those of type `nop`, as WIRE_VALUE_NONE), then the returned value if
 * the hook reports one. Behind them is what they refer to.
 */
struct wire_hook {
	struct wire_header header;
	struct wire_task task; /* whose event it is: the current process, or the owner of a tracked socket */
	wire_u32 tid;          /* the thread, in the initial pid namespace */
	wire_u32 hook;         /* the agent's number of the loaded hook */
	wire_u64 cgroup_id;
	wire_u8 action;        /* enum wire_action: the last one that was taken */
	wire_u8 return_action; /* same, of the selectors on the returned value */
	wire_u8 value_count;
	wire_u8 selector;             /* the one that matched */
	wire_u32 flags;               /* WIRE_HOOK_* */
	wire_u32 kernel_stack_offset; /* from the record's start: 64-bit addresses, innermost first */
	wire_u32 kernel_stack_length; /* bytes, 0 if there is none */
	wire_u32 user_stack_offset;
	wire_u32 user_stack_length;
};

#define WIRE_VALUES_MAX 12 /* arguments of a tracepoint, or five and a returned value */

enum {
	WIRE_HOOK_OWNER = 1 << 0, /* `task` is a tracked socket's owner, not the current process */
};

/* What the selectors did; enum KprobeAction of the event interface has the same names. */
enum wire_action {
	WIRE_ACTION_POST,
	WIRE_ACTION_NOPOST,
	WIRE_ACTION_SIGKILL,
	WIRE_ACTION_SIGNAL,
	WIRE_ACTION_OVERRIDE,
	WIRE_ACTION_TRACKSOCK,
	WIRE_ACTION_UNTRACKSOCK,
};

enum wire_value_kind {
	WIRE_VALUE_NONE,
	WIRE_VALUE_NUMBER, /* number: sign- or zero-extended to 64 bits as its type says */
	WIRE_VALUE_BYTES,  /* offset, length: a string without NUL, or a buffer; extra: its full length in the kernel */
	WIRE_VALUE_PATH,   /* offset, length: the path; extra: inode mode (stat.h) */
	WIRE_VALUE_SOCK,   /* offset: struct wire_sock */
	WIRE_VALUE_SKB,    /* offset: struct wire_skb */
	WIRE_VALUE_SOCKADDR,   /* offset: struct wire_sockaddr */
	WIRE_VALUE_CRED,       /* offset: struct wire_cred */
	WIRE_VALUE_USER_NS,    /* offset: struct wire_user_ns */
	WIRE_VALUE_MODULE,     /* offset: struct wire_module */
	WIRE_VALUE_BPF_PROG,   /* offset: struct wire_bpf_prog */
	WIRE_VALUE_BPF_MAP,    /* offset: struct wire_bpf_map */
	WIRE_VALUE_PERF_EVENT, /* offset: struct wire_perf_event */
	WIRE_VALUE_NUMBERS,    /* offset, length: an array of 64-bit numbers */
	WIRE_VALUE_KIND_COUNT,
};

enum {
	WIRE_VALUE_ERROR = 1 << 0, /* it could not be read; the rest is zero */
	WIRE_VALUE_CUT = 1 << 1,   /* BYTES: longer than what is here. PATH: unresolved components */
	WIRE_VALUE_FAULT = 1 << 2, /* BYTES: the memory was not there */
	WIRE_VALUE_EMPTY = 1 << 3, /* PATH: it has none (an anonymous inode); `/` stands in its place */
};

struct wire_value {
	wire_u16 kind;  /* enum wire_value_kind */
	wire_u16 flags; /* WIRE_VALUE_* */
	wire_u32 length;
	union {
		wire_u64 number;
		wire_u64 offset; /* from the record's start */
	};
	wire_u64 extra;
};

/* Addresses: 4 or 16 bytes in network order, by family. Ports are in host order. */
/* Marks the number of a system call that is one of the 32-bit interface; tracingpolicy.md 11.2. */
#define WIRE_SYSCALL_COMPAT (1ull << 31)

struct wire_sock {
	wire_u16 family, type, protocol;
	wire_u16 state; /* TCP_* */
	wire_u32 mark, priority;
	wire_u8 saddr[16], daddr[16];
	wire_u16 sport, dport;
	wire_u32 reserved;
	wire_u64 cookie; /* the kernel's address of the socket */
};

struct wire_skb {
	wire_u32 hash, length, priority, mark;
	wire_u8 saddr[16], daddr[16];
	wire_u16 sport, dport;
	wire_u16 protocol; /* IPPROTO_* */
	wire_u16 family;
	wire_u32 sec_path_len, sec_path_olen;
};

struct wire_sockaddr {
	wire_u16 family, port;
	wire_u32 reserved;
	wire_u8 addr[16];
};

struct wire_user_ns {
	wire_u32 level, uid, gid, inum;
};

struct wire_cred {
	struct wire_credentials credentials; /* auid unused */
	struct wire_user_ns user_ns;
};

struct wire_module {
	wire_u64 taints; /* bits: linux/panic.h TAINT_* */
	wire_u32 has_signature_ok, signature_ok;
	char name[64]; /* MODULE_NAME_LEN; NUL-padded, like the other names */
};

struct wire_bpf_prog {
	wire_u32 type, instruction_count;
	char name[16]; /* BPF_OBJ_NAME_LEN */
};

struct wire_bpf_map {
	wire_u32 type, key_size, value_size, max_entries;
	char name[16];
};

struct wire_perf_event {
	wire_u32 type, reserved;
	wire_u64 config, probe_offset;
	char kprobe_func[64];
};

/* Made by the agent from a perf record (io/bpf/loader.h). Followed by the path and the build id, without padding. */
struct wire_loader {
	struct wire_header header;
	struct wire_task task; /* pid alone: perf tells no more */
	wire_u32 tid;
	wire_u32 hook;    /* the agent's number of the policy's loader */
	wire_u64 exec_ns; /* CLOCK_MONOTONIC, in the process's last execve() before, ahead of its exec record; 0:
			     unknown */
	wire_u32 flags;   /* WIRE_VALUE_CUT: of the path */
	wire_u32 path_length;
	wire_u32 build_id_length; /* at most 20 */
	wire_u32 reserved;
};

/* What a policy's programs count, in map `policy_counters`, which the agent maps into its memory. */
struct wire_policy_counters {
	wire_u64 events;     /* sent */
	wire_u64 lost;       /* the ring was full, or no slot was free */
	wire_u64 suppressed; /* by a rate limit */
	wire_u64 signals, overrides;
	wire_u64 errors;     /* a helper failed: a signal that was not sent, a socket that is not tracked */
	wire_u64 monitored;  /* signals and overrides left out, for the policy's mode is `monitor` */
	wire_u64 not_posted; /* by action NoPost */
	wire_u64 rescued;    /* calls that a later copy of the dispatcher took; policy/backup.h */
	wire_u64 stateless;  /* comparisons with a process's exec of which nothing was recorded; policy/changes.h */
};

/* What the agent tells a policy's programs while they run: one store each, in map `policy_states`. */
struct wire_policy_state {
	wire_u64 active; /* index of the generation's programs, 0 or 1; more: none runs */
	wire_u64 mode;   /* enum policy_mode; 0: enforce */
};

#define WIRE_POLICIES_MAX 1024 /* at the same time; entries of policy_states and policy_counters */

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
	wire_u64 throttle_events;  /* --cgroup-rate: of a cgroup on a CPU in the interval; 0: there is none */
	wire_u64 throttle_interval_ns;
};

#define WIRE_THROTTLED_MAX 1024 /* cgroups at the same time; others are not throttled */

/* A throttled cgroup, in map `throttled`; the key is its id. */
struct wire_throttled {
	wire_u64 over_ns; /* CLOCK_MONOTONIC, of the last event that was one too many */
};

/* Of each CPU, in map `throttle_counts`. */
struct wire_throttle_counts {
	wire_u64 suppressed[WIRE_TYPE_MAX]; /* records that were not sent, by type */
};

struct wire_shared {
	wire_u32 wake_at;
	wire_u32 may_throttle; /* the agent has found all processes that ran before: it learns of others by records
				  alone */
	/* events that reached the first copy of the program, and events that some copy took; bpf/backup.h */
	wire_u64 entered[WIRE_TYPE_MAX], handled[WIRE_TYPE_MAX];
	wire_u64 lost[WIRE_TYPE_MAX]; /* records for which the ring had no room, by type */
};

_Static_assert(sizeof(struct wire_header) == 16, "wire_header");
_Static_assert(sizeof(struct wire_task) == 16, "wire_task");
_Static_assert(sizeof(struct wire_credentials) == 64, "wire_credentials");
_Static_assert(sizeof(struct wire_exec) == 16 + 16 + 16 + 8 + 4 + 40 + 4 + 8 + 64 + 16, "wire_exec");
_Static_assert(sizeof(struct wire_fork) == 16 + 16 + 16 + 16 + 8 + 8 + 8, "wire_fork");
_Static_assert(sizeof(struct wire_exit) == 16 + 16 + 8 + 8, "wire_exit");
_Static_assert(sizeof(struct wire_cgroup) == 16 + 16, "wire_cgroup");
_Static_assert(sizeof(struct wire_hidden) == 16 + 88 + 192 + 768, "wire_hidden");
_Static_assert(sizeof(struct wire_throttle) == 16 + 8, "wire_throttle");
_Static_assert(sizeof(struct wire_hook) == 16 + 16 + 8 + 8 + 4 + 4 + 16, "wire_hook");
_Static_assert(sizeof(struct wire_value) == 24, "wire_value");
_Static_assert(sizeof(struct wire_sock) == 16 + 32 + 8 + 8, "wire_sock");
_Static_assert(sizeof(struct wire_skb) == 16 + 32 + 8 + 8, "wire_skb");
_Static_assert(sizeof(struct wire_sockaddr) == 24, "wire_sockaddr");
_Static_assert(sizeof(struct wire_cred) == 64 + 16, "wire_cred");
_Static_assert(sizeof(struct wire_module) == 16 + 64, "wire_module");
_Static_assert(sizeof(struct wire_bpf_prog) == 24, "wire_bpf_prog");
_Static_assert(sizeof(struct wire_bpf_map) == 32, "wire_bpf_map");
_Static_assert(sizeof(struct wire_perf_event) == 88, "wire_perf_event");
_Static_assert(sizeof(struct wire_policy_counters) == 80, "wire_policy_counters");
_Static_assert(sizeof(struct wire_loader) == 16 + 16 + 8 + 8 + 16, "wire_loader");
