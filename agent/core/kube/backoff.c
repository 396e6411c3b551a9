// SPDX-License-Identifier: Apache-2.0
#include "core/kube/backoff.h"

#include "base/clock.h"
#include "base/util.h"

uint64_t kube_backoff_ns(unsigned int failures, uint32_t min_ms, uint32_t max_ms, uint32_t random)
{
	uint64_t limit_ms = min_ms;

	for (unsigned int i = 1; i < failures && limit_ms < max_ms; i++)
		limit_ms *= 2;
	limit_ms = MIN(limit_ms, (uint64_t)max_ms);
	return random % limit_ms * CLOCK_NS_PER_MS;
}
