/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What --summary prints at the end. */
#include "cmd/pipeline.h"
#include "wire.h"

/* A copy of the kernel side's loss counters and what the log did. */
struct summary_facts {
	uint64_t lost[WIRE_TYPE_MAX];
	uint64_t missed[WIRE_TYPE_MAX]; /* see base_sensor_missed(); of hooks: loaded_policy_missed() */
	uint64_t slots_lost;            /* hook records for which there was no memory */
	struct file_sink_stats sink;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
};

void summary_print(FILE *out, const struct pipeline *pipeline, const struct summary_facts *facts);
