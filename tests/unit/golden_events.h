/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The events behind tests/golden/NAME.json. */
#include "base/util.h"
#include "core/encode/event_json.h"

#define BYTES(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}
#define ALL_CAPABILITIES 0x1ffffffffffULL
#define START_NS 1707164450828208246ULL /* 2024-02-05T20:20:50.828208246Z */
#define UNSET_AUID UINT32_MAX

static const struct event_json_options golden_options = {
	.node_name = "n1",
	.cluster_name = "production",
	.host_namespaces = {4026531838u, 4026531839u, 4026531841u, 4026531836u, 4026531836u, 4026531840u, 4026531834u,
			    4026531834u, 4026531835u, 4026531837u},
};

/* A shell of root on the host: the parent of all. */
static const struct image golden_image = {
	.auid = UNSET_AUID,
	.cwd = BYTES("/"),
	.binary = BYTES("/bin/sh"),
};
static struct image shell_image = {
	.auid = 1000,
	.credentials = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 0, 0, 0},
	.namespaces = {4026531838u, 4026531839u, 4026531841u, 4026531836u, 4026531836u, 4026531840u, 4026531834u,
		       4026531834u, 4026531835u, 4026531837u},
	.cwd = BYTES("/home/user"),
	.binary = BYTES("/usr/bin/bash"),
};
static const struct process golden_process = {
	.pid = 100,
	.ktime_ns = 1000000001,
	.start_wall_ns = START_NS,
	.parent_ktime_ns = 1,
	.has_in_init_tree = true,
	.flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_ROOT_CWD | PROCESS_FLAG_CLONE,
};
static struct process shell = {
	.pid = 52698,
	.ktime_ns = 13548674300000,
	.start_wall_ns = START_NS - 828208246,
	.parent_pid = 1,
	.parent_ktime_ns = 90000000,
	.flags = PROCESS_FLAG_PROCFS,
	.image = &shell_image,
};
/* Never seen: nothing but its pid is known. */
static struct image nothing;
static struct process unknown = {
	.pid = 4711,
	.ktime_ns = 4200000000,
	.start_wall_ns = START_NS / 1000000000 * 1000000000,
	.parent_ktime_ns = 1,
	.flags = PROCESS_FLAG_UNKNOWN,
	.image = &nothing,
};

struct golden_event {
	const char *name;
	bool is_full; /* with credentials and namespaces */
	struct image image;
	struct process process;
	struct event event;
};

#define CHILD(more_flags) \
	{ \
		.pid = 52699, .ktime_ns = 13548674321337, .start_wall_ns = START_NS, .parent_pid = 52698, \
		.parent_ktime_ns = 13548674300000, .has_in_init_tree = true, \
		.flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE | (more_flags) \
	}
#define USER(euid, egid) \
	{ \
		1000, 1000, (euid), (egid), (euid), (egid), (euid), (egid), 0, 0, 0, 0 \
	}
#define EXEC(of) \
	{ \
		.type = EVENT_PROCESS_EXEC, .wall_ns = START_NS + 1754, .tid = 52699, .parent = (of) \
	}
#define EXIT(status) \
	{ \
		.type = EVENT_PROCESS_EXIT, .wall_ns = START_NS + 1171791754, .tid = 52699, .parent = &shell, \
		.exit_status = (status) \
	}

static char long_arguments[40960];

static struct golden_event golden_events[] = {
	{
		.name = "throttle-start",
		.event = {.type = EVENT_PROCESS_THROTTLE,
			  .wall_ns = START_NS + 1754,
			  .is_throttled = true,
			  .cgroup = BYTES("session-429.scope")},
	},
	{
		.name = "throttle-stop",
		.event = {.type = EVENT_PROCESS_THROTTLE, .wall_ns = START_NS + 1754, .cgroup = BYTES("a b")},
	},
	{
		.name = "exec-minimal",
		.image = {.auid = UNSET_AUID, .binary = BYTES("/usr/bin/true")},
		.process = CHILD(PROCESS_FLAG_NO_CWD),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-init",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/sbin/init")},
		.process = {.pid = 1,
			    .ktime_ns = 90000000,
			    .start_wall_ns = START_NS,
			    .parent_ktime_ns = 1,
			    .flags = PROCESS_FLAG_PROCFS | PROCESS_FLAG_ROOT_CWD},
		.event = EXEC(NULL),
	},
	{
		.name = "exec-tmp",
		.image = {.auid = 1000,
			  .credentials = USER(1000, 1000),
			  .cwd = BYTES("/tmp"),
			  .binary = BYTES("/tmp/nc"),
			  .arguments = BYTES("ebpf.io 1234")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		/* a container of Kubernetes, all options, no namespaces of time, every capability and securebit */
		.name = "exec-full",
		.is_full = true,
		.image = {.auid = UNSET_AUID,
			  .credentials = {.securebits = 0x1ff,
					  .permitted = ALL_CAPABILITIES | 1ULL << 41,
					  .effective = 0xa80425fb,
					  .inheritable = 0},
			  .namespaces = {4026532606u, 4026532607u, 4026532604u, 4026532608u, 4026532608u, 4026531840u,
					 0, 0, 4026532609u, 4026531837u},
			  .cwd = BYTES("/"),
			  .binary = BYTES("/usr/bin/curl"),
			  .arguments = BYTES("-H \"Accept: text/html\" https://ebpf.io/?a=1&b=<2>")},
		.process = {.pid = 52699,
			    .ktime_ns = 13548674321337,
			    .start_wall_ns = START_NS,
			    .parent_pid = 52698,
			    .parent_ktime_ns = 13548674300000,
			    .has_in_init_tree = true,
			    .flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_ROOT_CWD | PROCESS_FLAG_CLONE |
				     PROCESS_FLAG_IN_INIT_TREE,
			    .docker = "551e161c47d8ff0eb665438a7bcd5b4"},
		.event = EXEC(&shell),
	},
	{
		.name = "exec-setuid",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = USER(0, 1000),
			  .binary_flags = BINARY_SETUID | BINARY_RAISED_SETUID,
			  .cwd = BYTES("/home/user"),
			  .binary = BYTES("/usr/bin/sudo"),
			  .arguments = BYTES("id")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-setgid",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = USER(1000, 5),
			  .binary_flags = BINARY_SETGID,
			  .cwd = BYTES("/home/user"),
			  .binary = BYTES("/usr/bin/wall"),
			  .arguments = BYTES("hello")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-file-caps",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 1 << 13, 1 << 13, 0},
			  .binary_flags = BINARY_RAISED_FILE_CAP,
			  .cwd = BYTES("/home/user"),
			  .binary = BYTES("/usr/bin/ping"),
			  .arguments = BYTES("ebpf.io")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		/* without the option the same event has nothing of it */
		.name = "exec-file-caps-plain",
		.image = {.auid = 1000,
			  .credentials = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 0, 1 << 13, 1 << 13, 0},
			  .binary_flags = BINARY_RAISED_FILE_CAP,
			  .cwd = BYTES("/home/user"),
			  .binary = BYTES("/usr/bin/ping"),
			  .arguments = BYTES("ebpf.io")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-memfd",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = USER(1000, 1000),
			  .binary_flags = BINARY_UNLINKED,
			  .inode_number = 45021,
			  .cwd = BYTES("/home/user"),
			  .binary = BYTES("/proc/self/fd/3")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-everything-raised",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = USER(0, 0),
			  .binary_flags = BINARY_SETUID | BINARY_SETGID | BINARY_RAISED_FILE_CAP |
					  BINARY_RAISED_SETUID | BINARY_RAISED_SETGID | BINARY_UNLINKED,
			  .inode_number = UINT64_MAX,
			  .inode_links = 2,
			  .cwd = BYTES("/"),
			  .binary = BYTES("/x")},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-escapes",
		.image = {.auid = UNSET_AUID,
			  .cwd = BYTES("/tmp/new\nline"),
			  .binary = BYTES("/tmp/quote\"back\\slash\x7f"),
			  .arguments = BYTES("\x1b[31mred\x1b[0m \t\b\f\r\x01 \xC3\xA9 \xF0\x9F\x9A\x80 </&>")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-invalid-utf8",
		.image = {.auid = UNSET_AUID,
			  .cwd = BYTES("/tmp/\xFF"),
			  .binary = BYTES("/tmp/\xC0\xAF\xED\xA0\x80"),
			  .arguments = BYTES("cut\xE2\x82 over\xF4\x90\x80\x80 end\xF0\x9F")},
		.process = CHILD(0),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-long-arguments", /* 40 KiB, with characters of three bytes: see golden_prepare() */
		.image = {.auid = UNSET_AUID,
			  .cwd = BYTES("/"),
			  .binary = BYTES("/bin/echo"),
			  .arguments = {long_arguments, sizeof(long_arguments)}},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD | PROCESS_FLAG_DATA_ARGS),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-unknown-parent",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/true")},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD),
		.event = EXEC(&unknown),
	},
	{
		.name = "exit-zero",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/true")},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD),
		.event = EXIT(0),
	},
	{
		.name = "exit-code",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/false")},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD),
		.event = EXIT(255 << 8),
	},
	{
		/* a core dump; and an exit has no binary_properties */
		.name = "exit-signal",
		.is_full = true,
		.image = {.auid = 1000,
			  .credentials = USER(0, 1000),
			  .binary_flags = BINARY_SETUID | BINARY_RAISED_SETUID,
			  .cwd = BYTES("/"),
			  .binary = BYTES("/usr/bin/sudo")},
		.process = CHILD(PROCESS_FLAG_ROOT_CWD),
		.event = EXIT(11 | 0x80),
	},
	{
		/* forked and never executed anything: no flags, the image of its parent */
		.name = "exit-forked",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/usr/bin/python3")},
		.process = {.pid = 52699,
			    .ktime_ns = 13548674321337,
			    .start_wall_ns = START_NS,
			    .parent_pid = 52698,
			    .parent_ktime_ns = 13548674300000,
			    .has_in_init_tree = true},
		.event = EXIT(36),
	},
	{
		.name = "exit-unknown",
		.process = {.pid = 52699, .ktime_ns = 1, .flags = PROCESS_FLAG_UNKNOWN},
		.event = EXIT(9),
	},
};

/* Puts together what an initialiser cannot. */
static inline void golden_prepare(void)
{
	for (size_t i = 0; i < sizeof(long_arguments); i++)
		long_arguments[i] = "abc \xE2\x82\xAC\n"[i % 8];
	for (size_t i = 0; i < ARRAY_SIZE(golden_events); i++) {
		golden_events[i].process.image = &golden_events[i].image;
		golden_events[i].event.process = &golden_events[i].process;
	}
}
