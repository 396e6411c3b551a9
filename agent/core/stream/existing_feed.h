/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tells readers of events, who ask for it when they come, of the processes that run already: as exec events with a mark
 * (`existing`, docs/api.md), by a walk of each reader's own over the process cache. What starts after the reader came
 * is not met by its walk, and what ends or executes something else before its turn has left it, so between walk and
 * events there is no gap and nothing double.
 *
 * A walk goes on in slices, one in each round of the event loop, as far as the reader's ring is less than half full: it
 * takes no room from events, and a reader that is slow is told later.
 */
#include "core/encode/event_json.h"
#include "core/encode/event_pods.h"
#include "core/process/tracker.h"
#include "core/stream/event_hub.h"

#define EXISTING_FEED_MAX 100000             /* that a reader is told of; the rest is counted */
#define EXISTING_FEED_SLICE 256              /* that are looked at in a round, for each reader */
#define EXISTING_FEED_PODS_NS 60000000000ULL /* how long a walk waits for the first list of pods */

struct existing_feed_options {
	struct tracker *tracker; /* borrowed, as all of these */
	struct event_hub *hub;
	const struct event_json_options *json;
	struct event_pods *pods; /* whose finder awaits nothing */
	struct buffer *line;     /* scratch, of EVENT_JSON_LINE_MAX bytes */
};

struct existing_feed {
	struct {
		struct process_walk walk;
		uint64_t sent, begun_ns;
	} readers[EVENT_HUB_READERS_MAX];
	uint32_t active; /* destinations with a walk that goes on, a bit each */
};

/* After event_hub_poll(). A zeroed feed is one. */
void existing_feed_change(struct existing_feed *feed, struct process_cache *cache,
			  const struct event_hub_changes *changes, uint64_t now_ns);
/* A slice of each walk. `are_pods_listed`: they are known, or there is no cluster. */
void existing_feed_continue(struct existing_feed *feed, const struct existing_feed_options *options,
			    const struct event_hub_facts *facts, bool are_pods_listed);
/* There are walks that go on. */
bool existing_feed_is_active(const struct existing_feed *feed);
/* Ends all walks, before the cache is gone. */
void existing_feed_end(struct existing_feed *feed, struct process_cache *cache);
