/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parts of `trigon events` share: its options, and whether it is to end. */
#include <signal.h>

#include "cmd/events_filter.h"
#include "io/sink/compact_printer.h"

#define EVENTS_LINE_MAX (1 << 20)

enum events_output {
	EVENTS_OUTPUT_COMPACT,
	EVENTS_OUTPUT_JSON,
};

struct events_options {
	enum events_output output;
	enum compact_color color;
	bool with_timestamps, with_stacks, with_ima_hash, verify, follow, reconnect, existing;
	uint64_t reconnect_wait_ns;
	uint64_t since_ns; /* CLOCK_REALTIME; 0: all */
	char *since, *server_address;
	struct option_list files, include_fields, exclude_fields;
	struct events_filter_options filter;
};

/* Set by SIGINT and SIGTERM, where it reads without end. */
extern volatile sig_atomic_t events_is_interrupted;
