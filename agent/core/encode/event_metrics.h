/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What Prometheus is told of events by pod, binary, hook and system call: as many samples as there are such. */
#include "core/encode/metrics_text.h"
#include "core/event/event_series.h"

const char *event_metrics_type(enum event_type type); /* "PROCESS_EXEC", ... */
/* `node_name` is a label of each. */
void event_metrics_add(struct metrics_text *text, struct event_series *series, const char *node_name);
