// SPDX-License-Identifier: Apache-2.0
#include "core/filter/rate_limit.h"

#include "base/util.h"

#define MINUTE_NS 60000000000ULL

void rate_limit_init(struct rate_limit *limit, uint64_t events_per_minute, uint64_t now_ns)
{
	*limit = (struct rate_limit){.credit_ns = MINUTE_NS, .filled_ns = now_ns, .told_ns = now_ns};
	/* more than one each nanosecond is no limit */
	if (events_per_minute <= MINUTE_NS)
		limit->cost_ns = MINUTE_NS / events_per_minute;
}

bool rate_limit_take(struct rate_limit *limit, uint64_t now_ns)
{
	limit->credit_ns = MIN(MINUTE_NS, limit->credit_ns + MIN(MINUTE_NS, now_ns - limit->filled_ns));
	limit->filled_ns = now_ns;
	if (limit->credit_ns >= limit->cost_ns) {
		limit->credit_ns -= limit->cost_ns;
		return true;
	}
	limit->untold++;
	limit->dropped++;
	return false;
}

uint64_t rate_limit_tell(struct rate_limit *limit, uint64_t now_ns, bool is_end)
{
	uint64_t untold = limit->untold;

	if (!is_end && now_ns - limit->told_ns < MINUTE_NS)
		return 0;
	limit->told_ns = now_ns;
	limit->untold = 0;
	return untold;
}
