/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What this process uses, of /proc/self and getrusage(2), as Prometheus is told of it. */
#include "core/encode/shared_metrics.h"

/* All but `started_wall_ns`; what cannot be read is 0. */
void own_usage_read(struct metrics_process *ret);
/* Resident bytes now; 0 when it cannot be told. */
uint64_t own_usage_resident_bytes(void);
