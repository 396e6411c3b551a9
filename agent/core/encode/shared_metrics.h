/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Families that agent and operator both have, with names of their own or those that every program's have. */
#include "core/encode/metrics_text.h"

#define METRICS_ANSWERS_COUNT 6

/* Of the process itself; what is 0 is not known. */
struct metrics_process {
	uint64_t cpu_ns, started_wall_ns;
	uint64_t resident_bytes, virtual_bytes;
	uint64_t open_fds, max_fds, threads;
};

void metrics_add_build(struct metrics_text *text, const char *name, const char *version, const char *commit);
/* Requests to the API server, `answers` as in struct kube_client_stats. */
void metrics_add_requests(struct metrics_text *text, const char *name, const uint64_t answers[METRICS_ANSWERS_COUNT]);
void metrics_add_process(struct metrics_text *text, const struct metrics_process *process);
