/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An event as the user sees it, between the process cache (which makes it) and
 * the encoder (which prints it). Holds no references: valid while handled.
 */
#include <stdint.h>

#include "core/process/process.h"

enum event_type {
	EVENT_PROCESS_EXEC,
	EVENT_PROCESS_EXIT,
	EVENT_TYPE_COUNT,
};

struct event {
	enum event_type type;
	uint64_t wall_ns; /* CLOCK_REALTIME of the kernel event */
	uint32_t tid;
	const struct process *process; /* never NULL */
	const struct process *parent;  /* never NULL but for pid 0 */
	/* EVENT_PROCESS_EXIT */
	uint32_t exit_status; /* as wait(2) reports: code << 8 | signal, 0x80 for a core dump */
};
