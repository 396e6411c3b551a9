/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What --summary prints at the end. */
#include "cmd/losses.h"
#include "cmd/pipeline.h"

/* What was lost, and what the log did. */
struct summary_facts {
	struct losses losses;
	struct file_sink_stats sink;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
};

void summary_print(FILE *out, const struct pipeline *pipeline, const struct summary_facts *facts);
