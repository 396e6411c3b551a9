// SPDX-License-Identifier: Apache-2.0
#include "core/stream/event_hub.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/encode/stream_json.h"

/* Room that events leave for a record, and records for the last one. */
#define RESERVE_OF_EVENT (2 * STREAM_JSON_MAX)
#define RESERVE_OF_RECORD STREAM_JSON_MAX

enum reader_state {
	READER_FREE,
	READER_TAKEN,   /* by a thread that fills it in */
	READER_JOINING, /* the loop does not know of it yet */
	READER_ACTIVE,
};

struct event_reader {
	struct event_hub *hub;
	_Atomic(enum reader_state) state;
	atomic_bool is_leaving; /* set by its thread, which does not touch it any more then */
	atomic_bool has_ended;  /* set by the loop behind the last record */
	struct event_reader_options options;
	char *ring;         /* owned; positions grow without end */
	atomic_size_t head; /* moved by the loop */
	atomic_size_t tail; /* moved by the thread */

	/* the loop's own */
	struct event_reader_stats stats;
	struct stream_existing existing;
	size_t woken_head; /* up to where the thread was told */
	uint64_t told_lost, told_ns;
	bool told_complete; /* of existing */
	uint64_t filter_ns; /* that its filters have taken since the last tick */
};

struct event_hub {
	struct event_hub_options options;
	pthread_mutex_t joining; /* by threads of readers only */
	atomic_bool is_asked, has_ended;
	struct event_reader readers[EVENT_HUB_READERS_MAX];

	/* the loop's own */
	uint32_t active; /* readers, a bit each */
	uint64_t last_number;
	struct event_reader_stats gone;
	struct buffer record; /* scratch */
};

_Static_assert((EVENT_HUB_RING_BYTES & (EVENT_HUB_RING_BYTES - 1)) == 0, "positions wrap");
_Static_assert(DESTINATION_LOG == 0, "readers follow the log");

static uint32_t readers_of(uint32_t destinations)
{
	return destinations >> 1;
}

static struct event_reader *reader_at(struct event_hub *hub, unsigned int destination)
{
	return &hub->readers[destination - 1];
}

static struct event_reader *first_of(struct event_hub *hub, uint32_t readers)
{
	return &hub->readers[__builtin_ctz(readers)];
}

struct event_hub *event_hub_new(const struct event_hub_options *options)
{
	struct event_hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return NULL;
	hub->options = *options;
	pthread_mutex_init(&hub->joining, NULL);
	for (size_t i = 0; i < EVENT_HUB_READERS_MAX; i++)
		hub->readers[i].hub = hub;
	if (buffer_init(&hub->record, STREAM_JSON_MAX) < 0)
		return event_hub_free(hub);
	return hub;
}

static void free_reader(struct event_reader *reader)
{
	event_filters_done(&reader->options.filters);
	field_masks_done(&reader->options.fields);
	free(reader->ring);
	reader->ring = NULL;
	atomic_store(&reader->state, READER_FREE);
}

struct event_hub *event_hub_free(struct event_hub *hub)
{
	if (!hub)
		return NULL;
	for (size_t i = 0; i < EVENT_HUB_READERS_MAX; i++)
		free_reader(&hub->readers[i]);
	pthread_mutex_destroy(&hub->joining);
	buffer_done(&hub->record);
	free(hub);
	return NULL;
}

/* --- by the threads of readers */

static void ask_loop(struct event_hub *hub)
{
	atomic_store(&hub->is_asked, true);
	hub->options.wake_loop(hub->options.context);
}

static struct event_reader *take_place(struct event_hub *hub)
{
	struct event_reader *found = NULL;

	pthread_mutex_lock(&hub->joining);
	for (size_t i = 0; !found && i < EVENT_HUB_READERS_MAX; i++)
		if (atomic_load(&hub->readers[i].state) == READER_FREE)
			found = &hub->readers[i];
	if (found)
		atomic_store(&found->state, READER_TAKEN);
	pthread_mutex_unlock(&hub->joining);
	return found;
}

int event_hub_join(struct event_hub *hub, const struct event_reader_options *options, struct event_reader **ret)
{
	struct event_reader *reader;

	if (atomic_load(&hub->has_ended))
		return -ESHUTDOWN;
	reader = take_place(hub);
	if (!reader)
		return -EBUSY;
	reader->ring = malloc(EVENT_HUB_RING_BYTES);
	if (!reader->ring) {
		atomic_store(&reader->state, READER_FREE);
		return -ENOMEM;
	}
	reader->options = *options;
	reader->stats = (struct event_reader_stats){0};
	reader->woken_head = 0;
	reader->existing = (struct stream_existing){.is_asked = options->with_existing};
	reader->told_lost = reader->told_ns = reader->filter_ns = 0;
	reader->told_complete = false;
	atomic_store(&reader->head, 0);
	atomic_store(&reader->tail, 0);
	atomic_store(&reader->is_leaving, false);
	atomic_store(&reader->has_ended, false);
	atomic_store(&reader->state, READER_JOINING);
	ask_loop(hub);
	*ret = reader;
	return 0;
}

/* Of whole lines, in place. */
static size_t mask_lines(const struct field_masks *masks, char *lines, size_t length)
{
	size_t masked = 0, line;

	for (size_t at = 0; at < length; at += line) {
		line = (size_t)((const char *)memchr(lines + at, '\n', length - at) - (lines + at)) + 1;
		masked += field_masks_apply(masks, lines + at, line, lines + masked);
	}
	return masked;
}

size_t event_reader_read(struct event_reader *reader, char *ret, size_t size)
{
	size_t tail = atomic_load_explicit(&reader->tail, memory_order_relaxed);
	size_t length = atomic_load_explicit(&reader->head, memory_order_acquire) - tail;
	size_t at = tail % EVENT_HUB_RING_BYTES, first;
	bool is_cut = length > size;
	const char *newline;

	length = MIN(length, size);
	first = MIN(length, EVENT_HUB_RING_BYTES - at);
	memcpy(ret, reader->ring + at, first);
	memcpy(ret + first, reader->ring, length - first);
	if (is_cut) {
		newline = memrchr(ret, '\n', length);
		assert(newline);
		length = (size_t)(newline - ret) + 1;
	}
	atomic_store_explicit(&reader->tail, tail + length, memory_order_release);
	return field_masks_is_empty(&reader->options.fields) ? length
							     : mask_lines(&reader->options.fields, ret, length);
}

bool event_reader_is_over(const struct event_reader *reader)
{
	return atomic_load(&reader->has_ended) && atomic_load(&reader->head) == atomic_load(&reader->tail);
}

void event_reader_leave(struct event_reader *reader)
{
	struct event_hub *hub = reader->hub;

	atomic_store(&reader->is_leaving, true);
	ask_loop(hub);
}

/* --- the ring, by the event loop */

static void wake(struct event_reader *reader, size_t unread_bytes)
{
	size_t head = atomic_load_explicit(&reader->head, memory_order_relaxed);

	if (head - reader->woken_head < unread_bytes)
		return;
	reader->woken_head = head;
	reader->options.wake(reader->options.context);
}

static size_t used_bytes(const struct event_reader *reader)
{
	return atomic_load_explicit(&reader->head, memory_order_relaxed) -
	       atomic_load_explicit(&reader->tail, memory_order_acquire);
}

/* False if there is no room for the line and `reserve` bytes besides. */
static bool put_line(struct event_reader *reader, const char *line, size_t length, size_t reserve)
{
	size_t head = atomic_load_explicit(&reader->head, memory_order_relaxed);
	size_t at = head % EVENT_HUB_RING_BYTES;
	size_t first = MIN(length, EVENT_HUB_RING_BYTES - at);

	if (length + reserve > EVENT_HUB_RING_BYTES - used_bytes(reader))
		return false;
	memcpy(reader->ring + at, line, first);
	memcpy(reader->ring, line + first, length - first);
	atomic_store_explicit(&reader->head, head + length, memory_order_release);
	return true;
}

static void put_record(struct event_reader *reader, const struct event_hub_facts *facts, struct stream_record record)
{
	struct event_hub *hub = reader->hub;

	record.reader = reader->stats.reader;
	record.sent = reader->stats.sent;
	record.lost = reader->stats.lost;
	record.filtered = reader->stats.filtered;
	record.existing = reader->existing;
	record.wall_ns = facts->wall_ns;
	buffer_reset(&hub->record);
	stream_json_append(&hub->record, &record, hub->options.node_name, hub->options.cluster_name);
	if (!put_line(reader, hub->record.data, hub->record.length, record.has_ended ? 0 : RESERVE_OF_RECORD))
		return; /* at the next tick, then */
	reader->told_lost = record.lost;
	reader->told_complete = record.existing.is_complete;
	reader->told_ns = facts->now_ns;
	wake(reader, 1);
}

/* --- who is there */

static bool wants_all(const struct event_reader *reader)
{
	return event_filters_is_empty(&reader->options.filters);
}

/* What is held is from before, and may be of a process that it is told of as it is now. */
static bool wants_held(const struct event_reader *reader)
{
	return wants_all(reader) && !reader->options.with_existing;
}

static void begin_reader(struct event_reader *reader, const struct event_hub_facts *facts)
{
	const struct stream_record first = {
		.session = facts->session,
		.lines = facts->lines,
		.waiting = facts->session && !wants_held(reader) ? facts->waiting : 0,
	};

	reader->stats.reader = ++reader->hub->last_number;
	reader->stats.since_ns = facts->wall_ns;
	atomic_store(&reader->state, READER_ACTIVE);
	put_record(reader, facts, first);
}

static void end_reader(struct event_hub *hub, struct event_reader *reader)
{
	hub->gone.reader++;
	hub->gone.sent += reader->stats.sent;
	hub->gone.lost += reader->stats.lost;
	hub->gone.filtered += reader->stats.filtered;
	free_reader(reader);
}

bool event_hub_is_asked(struct event_hub *hub)
{
	return atomic_load_explicit(&hub->is_asked, memory_order_relaxed);
}

static void poll_reader(struct event_hub *hub, unsigned int index, const struct event_hub_facts *facts,
			struct event_hub_changes *changes)
{
	struct event_reader *reader = &hub->readers[index];
	enum reader_state state = atomic_load(&reader->state);
	uint32_t destination = DESTINATION_BIT(index + 1);

	if (state != READER_JOINING && state != READER_ACTIVE)
		return;
	if (atomic_load(&reader->is_leaving)) {
		changes->left |= destination;
		hub->active &= ~(1u << index);
		if (state == READER_ACTIVE)
			end_reader(hub, reader);
		else
			free_reader(reader);
	} else if (state == READER_JOINING) {
		changes->added |= destination;
		changes->added_all |= wants_held(reader) ? destination : 0;
		changes->existing |= reader->options.with_existing ? destination : 0;
		hub->active |= 1u << index;
		begin_reader(reader, facts);
	}
}

void event_hub_poll(struct event_hub *hub, const struct event_hub_facts *facts, struct event_hub_changes *ret)
{
	*ret = (struct event_hub_changes){0};
	atomic_store(&hub->is_asked, false);
	for (unsigned int i = 0; i < EVENT_HUB_READERS_MAX; i++)
		poll_reader(hub, i, facts, ret);
}

bool event_hub_has_readers(const struct event_hub *hub)
{
	return hub->active;
}

/* --- events */

static bool has_time(const struct event_reader *reader)
{
	return reader->filter_ns * (unsigned int)__builtin_popcount(reader->hub->active) < EVENT_HUB_FILTER_NS;
}

static enum filter_verdict decide(struct event_reader *reader, const struct event *event, struct event_pods *pods,
				  struct filter_pending *ret_pending)
{
	enum filter_verdict verdict;
	uint64_t start_ns;

	if (wants_all(reader))
		return FILTER_PASS;
	if (!has_time(reader))
		return FILTER_TOO_COSTLY;
	start_ns = reader->hub->options.now_ns();
	verdict = event_filters_decide(&reader->options.filters, event, pods, ret_pending);
	reader->filter_ns += reader->hub->options.now_ns() - start_ns;
	return verdict;
}

/* The same of what was pending. */
static enum filter_verdict settle(struct event_reader *reader, const struct filter_pending *pending,
				  const struct filter_found *found)
{
	enum filter_verdict verdict;
	uint64_t start_ns;

	if (!has_time(reader))
		return FILTER_TOO_COSTLY;
	start_ns = reader->hub->options.now_ns();
	verdict = event_filters_settle(&reader->options.filters, pending, found);
	reader->filter_ns += reader->hub->options.now_ns() - start_ns;
	return verdict;
}

static void count_kept_back(struct event_reader *reader, enum filter_verdict verdict)
{
	reader->stats.filtered += verdict == FILTER_DROP;
	reader->stats.lost += verdict == FILTER_TOO_COSTLY;
}

void event_hub_decide(struct event_hub *hub, const struct event *event, struct event_pods *pods,
		      struct destinations *destinations)
{
	for (uint32_t left = hub->active; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);
		struct event_reader *reader = &hub->readers[i];
		enum filter_verdict verdict = decide(reader, event, pods, &destinations->verdicts[i + 1]);

		destinations_add(destinations, i + 1, verdict);
		count_kept_back(reader, verdict);
	}
}

bool event_hub_settle(struct event_hub *hub, unsigned int destination, const struct filter_pending *pending,
		      const struct filter_found *found)
{
	struct event_reader *reader = reader_at(hub, destination);
	enum filter_verdict verdict = settle(reader, pending, found);

	count_kept_back(reader, verdict);
	return verdict == FILTER_PASS;
}

/* --- processes that ran when the reader came */

bool event_hub_has_room(const struct event_hub *hub, unsigned int destination)
{
	const struct event_reader *reader = &hub->readers[destination - 1];

	return used_bytes(reader) + EVENT_JSON_LINE_MAX <= EVENT_HUB_RING_BYTES / 2 && has_time(reader);
}

bool event_hub_wants(struct event_hub *hub, unsigned int destination, const struct event *event,
		     struct event_pods *pods)
{
	struct event_reader *reader = reader_at(hub, destination);
	struct filter_pending pending;
	enum filter_verdict verdict = decide(reader, event, pods, &pending);

	reader->existing.left_out += verdict == FILTER_TOO_COSTLY;
	return verdict == FILTER_PASS;
}

void event_hub_put_existing(struct event_hub *hub, unsigned int destination, const char *line, size_t length)
{
	struct event_reader *reader = reader_at(hub, destination);
	bool is_put = put_line(reader, line, length, RESERVE_OF_EVENT);

	assert(is_put);
	reader->existing.sent++;
	wake(reader, EVENT_HUB_WAKE_BYTES);
}

void event_hub_leave_out_existing(struct event_hub *hub, unsigned int destination)
{
	reader_at(hub, destination)->existing.left_out++;
}

void event_hub_end_existing(struct event_hub *hub, unsigned int destination, const struct event_hub_facts *facts)
{
	struct event_reader *reader = reader_at(hub, destination);

	reader->existing.is_complete = true;
	put_record(reader, facts, (struct stream_record){0});
}

/* --- events again */

void event_hub_put(struct event_hub *hub, uint32_t to, const char *line, size_t length)
{
	for (uint32_t left = readers_of(to) & hub->active; left; left &= left - 1) {
		struct event_reader *reader = first_of(hub, left);

		if (put_line(reader, line, length, RESERVE_OF_EVENT))
			reader->stats.sent++;
		else
			reader->stats.lost++;
		wake(reader, EVENT_HUB_WAKE_BYTES);
	}
}

void event_hub_flush(struct event_hub *hub)
{
	for (uint32_t left = hub->active; left; left &= left - 1)
		wake(first_of(hub, left), 1);
}

void event_hub_tick(struct event_hub *hub, uint64_t now_ns, uint64_t wall_ns)
{
	const struct event_hub_facts facts = {.now_ns = now_ns, .wall_ns = wall_ns};
	for (uint32_t left = hub->active; left; left &= left - 1) {
		struct event_reader *reader = first_of(hub, left);

		reader->filter_ns = 0;
		if (reader->stats.lost != reader->told_lost || reader->existing.is_complete != reader->told_complete ||
		    now_ns >= reader->told_ns + EVENT_HUB_RECORD_NS)
			put_record(reader, &facts, (struct stream_record){0});
	}
}

void event_hub_end(struct event_hub *hub, const struct event_hub_facts *facts)
{
	struct event_hub_changes changes;
	atomic_store(&hub->has_ended, true);
	event_hub_poll(hub, facts, &changes);
	for (uint32_t left = hub->active; left; left &= left - 1) {
		struct event_reader *reader = first_of(hub, left);

		put_record(reader, facts, (struct stream_record){.has_ended = true});
		atomic_store(&reader->has_ended, true);
		reader->options.wake(reader->options.context);
	}
}

void event_hub_read_stats(const struct event_hub *hub, struct event_hub_stats *ret)
{
	*ret = (struct event_hub_stats){.gone = hub->gone};
	for (uint32_t left = hub->active; left; left &= left - 1)
		ret->readers[ret->count++] = hub->readers[__builtin_ctz(left)].stats;
}
