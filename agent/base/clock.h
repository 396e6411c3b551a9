/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The three clocks that events refer to, in nanoseconds. They cannot fail on Linux. */
#include <stdint.h>

#define CLOCK_NS_PER_MS 1000000ULL
#define CLOCK_NS_PER_SECOND 1000000000ULL

uint64_t clock_monotonic_ns(void); /* does not advance while the machine sleeps; what bpf_ktime_get_ns() returns */
uint64_t clock_boottime_ns(void);  /* advances while it sleeps; task start times, /proc/PID/stat */
uint64_t clock_realtime_ns(void);  /* since 1970, UTC; may jump */
