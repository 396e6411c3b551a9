/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where an event goes: the log, and whoever reads events as they come (core/stream/event_hub.h). */
#include "core/filter/event_filter.h"

#define DESTINATIONS_MAX 9
#define DESTINATION_LOG 0 /* and standard output */
#define DESTINATION_BIT(destination) (1u << (destination))

struct destinations {
	uint32_t to;      /* those that get it, a bit each; unless their filters say no when they know: */
	uint32_t pending; /* some of these */
	struct filter_pending verdicts[DESTINATIONS_MAX]; /* of the pending ones: what is to be settled */
};

static inline void destinations_add(struct destinations *destinations, unsigned int destination,
				    enum filter_verdict verdict)
{
	if (verdict == FILTER_PASS || verdict == FILTER_PENDING)
		destinations->to |= DESTINATION_BIT(destination);
	if (verdict == FILTER_PENDING)
		destinations->pending |= DESTINATION_BIT(destination);
}
