/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An event as one line for people (events.md section 15):
 *
 *     🚀 process default/xwing /usr/bin/curl https://ebpf.io
 *     💥 exit    n1 /usr/bin/sleep 9 SIGKILL
 *
 * Rows of a table say what each type of event looks like; a type without a row
 * is shown by its name. Whatever a process put into its strings, the line is
 * one line and does nothing to the terminal (see display.h). A file's hash and stack traces
 * follow on lines of their own.
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* An argument of a hook, as far as lines show it. What it does not have is empty. */
struct compact_arg {
	struct bytes text; /* a string, a path, the name of a program or a map, or what a perf event probes */
	struct bytes type; /* of a program, a map or a perf event; of a system call its ABI */
	bool has_number;
	int64_t number;   /* an integer; a system call's number */
	int64_t sizes[3]; /* a program's instructions; a map's sizes of key and value and number of entries */
	struct bytes protocol, saddr, daddr; /* a socket or packet */
	uint32_t sport, dport;
};

struct compact_frame {
	uint64_t address; /* 0: not shown */
	uint64_t offset;
	struct bytes symbol, module;
};

#define COMPACT_ARGS_MAX 32 /* more are not looked at; arrays of tracepoints count one by one */
#define COMPACT_FRAMES_MAX 127

/* What is shown of an event. Strings may be empty, which is as absent, and hold any bytes. */
struct compact_view {
	struct bytes event; /* its member in the JSON, such as "process_exec" */
	struct bytes time;  /* RFC 3339, UTC */
	struct bytes node_name;
	struct bytes namespace_name, pod_name, container_name;
	struct bytes binary, arguments;
	bool has_process;   /* without it, the event is about something else */
	bool is_existing;   /* the process ran already: no news */
	bool has_sys_admin; /* CAP_SYS_ADMIN is among the effective capabilities */
	/* process_exit */
	struct bytes signal;
	uint32_t status;
	struct bytes type, cgroup; /* process_throttle */
	/* events of hooks */
	struct bytes policy_name;
	struct bytes function_name;         /* process_kprobe, process_lsm */
	struct bytes ima_hash;              /* process_lsm */
	struct bytes subsystem, tracepoint; /* process_tracepoint */
	struct bytes path, build_id;        /* process_loader; the latter in base64 */
	const struct compact_arg *args;
	size_t arg_count;
	const struct compact_frame *kernel_stack, *user_stack;
	size_t kernel_stack_count, user_stack_count;
};

struct compact_style {
	bool with_color;
	bool with_time;
	bool without_stacks, without_ima_hash;
};

/* Bytes that the view of a JSON line of `length` takes at most. */
#define COMPACT_LENGTH_MAX(length) (4 * (length) + 1024)

/* Appends the line (and those of hash and stacks) with its newline; the caller looks at is_full. */
void compact_append(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style);
