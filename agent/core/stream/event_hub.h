/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Between the event loop and those who read events as they come: each reader has a ring of bytes that the loop fills
 * with lines and the reader's thread empties, without a lock. What has no room there is lost for this reader alone, and
 * counted. Between the events stand records of the stream (core/encode/stream_json.h).
 *
 * A reader is the thread's from event_hub_join() to event_reader_leave(); what it filters and counts is the loop's,
 * which takes it up, and gives its place away, when it comes by (event_hub_poll()).
 */
#include "core/filter/destinations.h"
#include "core/filter/field_mask.h"

#define EVENT_HUB_READERS_MAX (DESTINATIONS_MAX - 1)
#define EVENT_HUB_RING_BYTES (1u << 20) /* of each reader, allocated when it comes */
#define EVENT_HUB_WAKE_BYTES \
	(EVENT_HUB_RING_BYTES / 4)         /* a reader is woken before the end of a batch that is so large */
#define EVENT_HUB_RECORD_NS 10000000000ULL /* between records */
#define EVENT_HUB_FILTER_NS 200000000ULL   /* that the filters of all readers may take between two ticks */

struct event_hub;
struct event_reader;

struct event_hub_options {
	const char *node_name, *cluster_name; /* borrowed; may be NULL */
	uint64_t (*now_ns)(void);             /* CLOCK_MONOTONIC */
	void (*wake_loop)(void *context);     /* there is something to poll for; from any thread */
	void *context;
};

struct event_hub *event_hub_new(const struct event_hub_options *options); /* NULL without memory */
/* All readers have left. Accepts and returns NULL. */
struct event_hub *event_hub_free(struct event_hub *hub);

/* --- by the threads of readers */

struct event_reader_options {
	struct event_filters filters; /* taken over by event_hub_join(), if that succeeds, */
	struct field_masks fields;    /* and so are these, which the thread applies as it reads */
	bool with_existing;           /* it wants to know what runs already, see existing_feed.h */
	void (*wake)(void *context);  /* there is something to read; by the event loop, which must not wait */
	void *context;
};

/* 0; -EBUSY: there are as many as there may be; -ESHUTDOWN: the agent ends; -ENOMEM. */
int event_hub_join(struct event_hub *hub, const struct event_reader_options *options, struct event_reader **ret);
/* Takes whole lines, `size` bytes at most, which must be enough for any line; 0: there are none now. */
size_t event_reader_read(struct event_reader *reader, char *ret, size_t size);
/* All has been read, and nothing will follow. */
bool event_reader_is_over(const struct event_reader *reader);
/* Nobody reads any more; `wake` is called no more once the loop knows. */
void event_reader_leave(struct event_reader *reader);

/* --- by the event loop */

/* What the first record of a stream tells of the log. */
struct event_hub_facts {
	const char *session; /* NULL: there is no log */
	uint64_t lines;      /* that it has */
	uint64_t waiting;    /* events that wait for their container's name */
	uint64_t now_ns, wall_ns;
};

struct event_hub_changes {
	uint32_t left;      /* destinations that are no more, a bit each; may be taken again */
	uint32_t added;     /* new ones */
	uint32_t added_all; /* of these: they want all events, also those that are held just now */
	uint32_t existing;  /* of these: they are to be told of the processes that there are */
};

/* Somebody came or went since the last poll. Costs next to nothing. */
bool event_hub_is_asked(struct event_hub *hub);
void event_hub_poll(struct event_hub *hub, const struct event_hub_facts *facts, struct event_hub_changes *ret);
bool event_hub_has_readers(const struct event_hub *hub);
/*
 * Adds the readers that want the event to its destinations. `pods` are of the event. It is lost for a reader whose
 * filters take too long: see event_filters.steps_max, and EVENT_HUB_FILTER_NS, of which each has the same share.
 */
void event_hub_decide(struct event_hub *hub, const struct event *event, struct event_pods *pods,
		      struct destinations *destinations);
/* What was pending: whether the reader wants it. */
bool event_hub_settle(struct event_hub *hub, unsigned int destination, const struct filter_pending *pending,
		      const struct filter_found *found);
/* --- processes that ran when the reader came, which are not lost, but wait for room; these are for existing_feed.c */

/* For one of these processes, and as much again and more for events; and time for the reader's filters. */
bool event_hub_has_room(const struct event_hub *hub, unsigned int destination);
/* Whether the reader's filters let it pass, while there is room; nothing may be awaited of its pods. What they cannot
 * tell is left out. */
bool event_hub_wants(struct event_hub *hub, unsigned int destination, const struct event *event,
		     struct event_pods *pods);
/* Where there is room. */
void event_hub_put_existing(struct event_hub *hub, unsigned int destination, const char *line, size_t length);
/* One that the reader wants is not told. */
void event_hub_leave_out_existing(struct event_hub *hub, unsigned int destination);
void event_hub_end_existing(struct event_hub *hub, unsigned int destination, const struct event_hub_facts *facts);

/* --- events again */

/* Copies a line with its newline for those of `to` that are readers. */
void event_hub_put(struct event_hub *hub, uint32_t to, const char *line, size_t length);
/* After a batch of events: wakes those for whom there were any. */
void event_hub_flush(struct event_hub *hub);
/* About once a second: records that are due, and time for filters. */
void event_hub_tick(struct event_hub *hub, uint64_t now_ns, uint64_t wall_ns);
/* The last record of all. Who joins from now on is refused. */
void event_hub_end(struct event_hub *hub, const struct event_hub_facts *facts);

struct event_reader_stats {
	uint64_t reader, since_ns; /* its number, from 1; CLOCK_REALTIME */
	uint64_t sent, lost, filtered;
};

struct event_hub_stats {
	struct event_reader_stats readers[EVENT_HUB_READERS_MAX]; /* those that are there */
	size_t count;
	struct event_reader_stats gone; /* the sums of those that were; `reader`: how many */
};

void event_hub_read_stats(const struct event_hub *hub, struct event_hub_stats *ret);
