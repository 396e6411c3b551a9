// SPDX-License-Identifier: Apache-2.0
#include "core/stream/existing_feed.h"

_Static_assert(DESTINATION_LOG == 0, "readers follow the log");

static unsigned int index_of(uint32_t destinations)
{
	return (unsigned int)__builtin_ctz(destinations) - 1;
}

static void begin_walk(struct existing_feed *feed, struct process_cache *cache, unsigned int index, uint64_t now_ns)
{
	process_cache_begin_walk(cache, &feed->readers[index].walk);
	feed->readers[index].sent = 0;
	feed->readers[index].begun_ns = now_ns;
	feed->active |= DESTINATION_BIT(index + 1);
}

static void end_walk(struct existing_feed *feed, struct process_cache *cache, unsigned int index)
{
	process_cache_end_walk(cache, &feed->readers[index].walk);
	feed->active &= ~DESTINATION_BIT(index + 1);
}

void existing_feed_change(struct existing_feed *feed, struct process_cache *cache,
			  const struct event_hub_changes *changes, uint64_t now_ns)
{
	for (uint32_t left = changes->left & feed->active; left; left &= left - 1)
		end_walk(feed, cache, index_of(left));
	for (uint32_t come = changes->existing; come; come &= come - 1)
		begin_walk(feed, cache, index_of(come), now_ns);
}

static void tell(struct existing_feed *feed, const struct existing_feed_options *options, unsigned int index,
		 const struct event *event)
{
	unsigned int destination = index + 1;

	if (!event_hub_wants(options->hub, destination, event, options->pods))
		return;
	if (feed->readers[index].sent == EXISTING_FEED_MAX) {
		event_hub_leave_out_existing(options->hub, destination);
		return;
	}
	buffer_reset(options->line);
	if (!event_json_encode(options->line, event, options->json))
		return;
	event_hub_put_existing(options->hub, destination, options->line->data, options->line->length);
	feed->readers[index].sent++;
}

static void continue_walk(struct existing_feed *feed, const struct existing_feed_options *options, unsigned int index,
			  const struct event_hub_facts *facts)
{
	for (size_t i = 0; i < EXISTING_FEED_SLICE && event_hub_has_room(options->hub, index + 1); i++) {
		const struct process *process = process_cache_walk(&feed->readers[index].walk);
		struct event event;

		if (!process) {
			end_walk(feed, &options->tracker->cache, index);
			event_hub_end_existing(options->hub, index + 1, facts);
			return;
		}
		if (!tracker_tell_existing(options->tracker, process, &event))
			continue;
		event_pods_begin(options->pods, &event);
		tell(feed, options, index, &event);
		event_pods_end(options->pods);
	}
}

void existing_feed_continue(struct existing_feed *feed, const struct existing_feed_options *options,
			    const struct event_hub_facts *facts, bool are_pods_listed)
{
	for (uint32_t active = feed->active; active; active &= active - 1) {
		unsigned int index = index_of(active);

		if (are_pods_listed || facts->now_ns >= feed->readers[index].begun_ns + EXISTING_FEED_PODS_NS)
			continue_walk(feed, options, index, facts);
	}
	event_hub_flush(options->hub);
}

bool existing_feed_is_active(const struct existing_feed *feed)
{
	return feed->active;
}

void existing_feed_end(struct existing_feed *feed, struct process_cache *cache)
{
	for (uint32_t active = feed->active; active; active &= active - 1)
		end_walk(feed, cache, index_of(active));
}
