/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What the agent's linker and the pieces (bpf/policy.bpf.c) agree on, beside
 * the records themselves (wire.h): memory that glue hands to pieces, the keys of the
 * maps that they look into, and formulas that glue may compute itself. Both sides include it.
 */
#include "wire.h"

/*
 * A slot is the memory in which a record of variable size is built, and starts
 * with that record: a pointer to a slot is one to the wire_hook. The tail may begin another
 * value as long as the record is not longer than SLOT_RECORD_MAX.
 */
#define SLOT_COUNT 3 /* per CPU */
#define SLOT_RECORD_MAX 20480
#define SLOT_VALUE_MAX 4096   /* bytes of one value in the tail; a buffer with maxData is several of them: */
#define SLOT_BUFFER_MAX 16384 /* the most that put_char_buf() takes */

/* Records that wait for the return of their function, at most; sizes of them are multiples of eight. */
#define PENDING_RECORD_MAX 4088
#define PENDING_MAX_MASK 4095

/* Addresses and ports under test: glue keeps one on its stack. As wire_sock: network order, host order. */
struct sock_view {
	wire_u16 family, type, protocol, state; /* 0 where the object has none */
	wire_u16 sport, dport;
	wire_u32 reserved;
	wire_u8 saddr[16], daddr[16];
};

/* What test_network() returns. */
enum {
	NETWORK_NOT_IN_SET,
	NETWORK_IN_SET,
	NETWORK_NO_ADDRESS, /* neither IPv4 nor IPv6 */
};

/* Keys of string sets, hash maps: zeroes behind the string. The long ones are dear: for sets that need them. */
#define STRING_KEY_MAX 256
#define LONG_STRING_KEY_MAX 4096

struct string_key {
	wire_u32 length;
	char bytes[STRING_KEY_MAX];
};

struct long_string_key {
	wire_u32 length;
	char bytes[LONG_STRING_KEY_MAX];
};

/* Keys of LPM tries; prefix_bits is eight times the length in bytes. */
#define POSTFIX_KEY_MAX 128

struct prefix_key {
	wire_u32 prefix_bits;
	char bytes[STRING_KEY_MAX];
};

struct postfix_key {
	wire_u32 prefix_bits;
	char bytes[POSTFIX_KEY_MAX]; /* last byte first */
};

struct network4_key {
	wire_u32 prefix_bits;
	wire_u8 address[4];
};

struct network6_key {
	wire_u32 prefix_bits;
	wire_u8 address[16];
};

/* Names, one of which a path's first or last component must be: a file with another one needs no further look. */
#define PATH_NAMES_MAX 16

struct path_names {
	wire_u32 has_any; /* a path without such a component, or more of them than there is room for: all may match */
	wire_u32 count;
	struct {
		wire_u64 word, mask; /* the name's first eight bytes, and which of them count */
		wire_u64 length;     /* of the name; 0: any, it goes on behind the mask */
	} names[PATH_NAMES_MAX];
};

/*
 * A machine that finds strings: block 0 says where it begins, with blocks of classes, a byte for
 * each of 256 bytes; then the rows. A row says, by the class of the byte that comes, in which block the next row
 * begins; 0: a string has been found. The first row is the one to start with. Classes beyond 16 are in the row's
 * further blocks.
 */
#define SUBSTRING_BLOCK_ROWS 16
#define SUBSTRING_CLASS_BLOCKS 4

union substring_block {
	wire_u32 classes_at; /* of block 0 */
	wire_u8 classes[256 / SUBSTRING_CLASS_BLOCKS];
	wire_u32 next[SUBSTRING_BLOCK_ROWS];
};

/* Where a scan is: bytes of the slot, and blocks. */
struct substring_scan {
	wire_u32 at, end;
	wire_u32 classes, row;
	wire_u32 is_found;
};

#define PORT_BITMAP_BYTES 8192 /* a set of numbers up to 65535: number N is bit N % 8 of byte N / 8 */

/*
 * The hash of a rate limit: starts as rate_begin() says, then takes in numbers,
 * each by   hash = (hash ^ number) * RATE_FACTOR; hash ^= hash >> 32;
 */
#define RATE_FACTOR 0x9e3779b97f4a7c15ull
#define RATE_BYTES_MAX 40 /* of each argument */
#define RATE_ENTRIES 4096 /* a power of two */

struct rate_entry {
	wire_u64 hash;
	wire_u64 time_ns; /* CLOCK_MONOTONIC, of the event that was let through; 0: never used */
};

/* Who tracks a socket; the key of the map is the socket's address. */
#define SOCK_OWNERS_MAX 32000

struct sock_owner {
	struct wire_task task;
	wire_u32 tid;
	wire_u32 reserved;
};

/*
 * What is recorded of each process while a policy asks for it (../process_state.bpf.c); the key of the map is the pid.
 */
enum {
	PROCESS_CAPABILITY_SETS = 3, /* effective, inheritable, permitted: enum of policy_capability_filter */
};

struct process_state {
	wire_u64 start_ns;       /* of the thread group, CLOCK_BOOTTIME, known up to */
	wire_u64 start_slack_ns; /* as much later: /proc tells clock ticks. 0: exact */
	wire_u64 exec_count;     /* the process's count of execve() when the sets below were recorded; 0: unknown */
	wire_u64 capabilities[PROCESS_CAPABILITY_SETS];
	wire_u32 namespaces[WIRE_NS_COUNT]; /* 0: unknown */
	/* filters with followChildren that the process, or an ancestor, has matched: a bit each, and as of when */
	wire_u64 follow;
	wire_u64 follow_generation;
	wire_u64 follow_exec_count; /* its execve() whose binary has been looked up; 0: none has */
};

#define FOLLOW_BITS 64

/* What states and filters share, one for all: the agent writes the first three, programs and agent add to the others.
 */
struct process_shared {
	wire_u64 generation;         /* of the filters with followChildren: each change of them is a new one */
	wire_u64 active;             /* bits that filters have */
	wire_u64 since[FOLLOW_BITS]; /* the generation from which on a bit has its meaning: older ones are another's */
	wire_u64 full;               /* states that there was no room for */
	wire_u64 late;               /* states that were not there when they were to be: of events that were missed */
};

/* What the pieces that compare say. */
enum {
	PROCESS_SAME,
	PROCESS_CHANGED,
	PROCESS_UNKNOWN, /* there was no state: it is recorded now */
};

/*
 * Which scopes hold for a cgroup of a pod (../scope.bpf.c); the key of the map is the cgroup's id. A scope is a
 * policy's namespace and selectors; several policies may have the same one.
 *
 * The mark is no cgroup's. Its first word is 0 until the map has had no room for a cgroup inside of a pod's, or the
 * agent has taken one out to make room: from then on a cgroup that is not there may be inside of one that is, whose
 * scopes hold. Pods and containers come first, so only what is deeper is found that way, which takes longer.
 */
#define SCOPE_MARK 0   /* kernfs gives ids from 1 */
#define SCOPES_MAX 256 /* at a time, on a node */
#define SCOPE_WORDS (SCOPES_MAX / 64)

struct cgroup_scopes {
	wire_u64 words[SCOPE_WORDS]; /* bit N of all: scope N */
};

enum {
	SCOPE_CGROUP_MADE,
	SCOPE_CGROUP_GONE, /* without a path: SCOPE_GONE_BYTES */
};

#define SCOPE_PATH_MAX 1024 /* TRACE_CGROUP_PATH_LEN, kernel/cgroup/cgroup.c: the kernel cuts what is longer */
#define SCOPE_RING_BYTES (256 << 10)

/* What the agent is told, by a ring of its own. */
struct scope_record {
	wire_u64 time_ns; /* CLOCK_MONOTONIC */
	wire_u64 id, parent;
	wire_u32 type; /* SCOPE_CGROUP_* */
	wire_u32 path_length;
	char path[SCOPE_PATH_MAX];
};

#define SCOPE_GONE_BYTES 32

struct scope_counters {
	wire_u64 lost; /* records that the ring had no room for */
	wire_u64 full; /* cgroups that the map had no room for */
};

_Static_assert(sizeof(struct cgroup_scopes) == 32, "cgroup_scopes");
_Static_assert(sizeof(struct scope_record) == SCOPE_GONE_BYTES + SCOPE_PATH_MAX, "scope_record");
_Static_assert(sizeof(struct process_state) == 112, "process_state");
_Static_assert(sizeof(struct process_shared) == 16 + 8 * FOLLOW_BITS + 16, "process_shared");
_Static_assert(sizeof(struct sock_view) == 48, "sock_view");
_Static_assert(sizeof(struct string_key) == 260, "string_key");
_Static_assert(sizeof(struct long_string_key) == 4100, "long_string_key");
_Static_assert(sizeof(struct prefix_key) == 260, "prefix_key");
_Static_assert(sizeof(struct postfix_key) == 132, "postfix_key");
_Static_assert(sizeof(union substring_block) == 64, "substring_block");
_Static_assert(sizeof(struct network4_key) == 8, "network4_key");
_Static_assert(sizeof(struct network6_key) == 20, "network6_key");
_Static_assert(sizeof(struct sock_owner) == 24, "sock_owner");
