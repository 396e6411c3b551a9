/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Families that agent and operator both have, with names of their own. */
#include "core/encode/metrics_text.h"

#define METRICS_ANSWERS_COUNT 6

void metrics_add_build(struct metrics_text *text, const char *name, const char *version, const char *commit);
/* Requests to the API server, `answers` as in struct kube_client_stats. */
void metrics_add_requests(struct metrics_text *text, const char *name, const uint64_t answers[METRICS_ANSWERS_COUNT]);
