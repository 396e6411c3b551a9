/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pauses between tries of what fails: twice as long each time, and a random part of that, so that many who
 * fail together do not come back together. "Exponential Backoff And Jitter" (full jitter), AWS Architecture Blog.
 */
#include <stdint.h>

/* After so many failures in a row, at least 1: a part, by any `random` number, of min_ms << (failures - 1), or of
 * max_ms. */
uint64_t kube_backoff_ns(unsigned int failures, uint32_t min_ms, uint32_t max_ms, uint32_t random);
