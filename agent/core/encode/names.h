/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Numbers of the kernel by the names that events spell (tracingpolicy.md 11.3):
 * one table per kind, which ends where the interface does; larger numbers have no name.
 */
#include <stdbool.h>

#include "base/buffer.h"

enum name_kind {
	NAME_FAMILY,        /* AF_INET */
	NAME_SOCKET_TYPE,   /* SOCK_STREAM */
	NAME_PROTOCOL,      /* IPPROTO_TCP */
	NAME_TCP_STATE,     /* TCP_ESTABLISHED */
	NAME_BPF_PROG_TYPE, /* BPF_PROG_TYPE_KPROBE */
	NAME_BPF_MAP_TYPE,  /* BPF_MAP_TYPE_HASH */
	NAME_BPF_COMMAND,   /* BPF_PROG_LOAD */
	NAME_PERF_TYPE,     /* PERF_TYPE_TRACEPOINT */
	NAME_TAINT,         /* by bit number: TAINT_UNSIGNED_MODULE */
	NAME_ACTION,        /* by enum wire_action: KPROBE_ACTION_SIGKILL */
	NAME_KIND_COUNT,
};

const char *name_find(enum name_kind kind, uint64_t number); /* NULL: it has none */

/* The number of a name, exactly as spelled. */
bool name_parse(enum name_kind kind, const char *name, uint64_t *ret_number);

/* The name, or the number in decimal. */
void name_append(struct buffer *buffer, enum name_kind kind, uint64_t number);
