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
 * one line and does nothing to the terminal (see display.h).
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* What is shown of an event. Strings may be empty, which is as absent, and hold any bytes. */
struct compact_view {
	struct bytes event; /* its member in the JSON, such as "process_exec" */
	struct bytes time;  /* RFC 3339, UTC */
	struct bytes node_name;
	struct bytes namespace_name, pod_name;
	struct bytes binary, arguments;
	bool has_process;   /* without it, the event is about something else */
	bool has_sys_admin; /* CAP_SYS_ADMIN is among the effective capabilities */
	/* process_exit */
	struct bytes signal;
	uint32_t status;
};

struct compact_style {
	bool with_color;
	bool with_time;
};

/* Bytes that the view of a JSON line of `length` takes at most. */
#define COMPACT_LENGTH_MAX(length) (4 * (length) + 1024)

/* Appends the line with its newline; the caller looks at is_full. */
void compact_append(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style);
