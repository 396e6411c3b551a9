/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The data flow behind the ring: record -> tracker -> filters -> JSON -> field filters -> log file, the terminal where
 * asked, and, without field filters, those who read events as they come. In a cluster lines may wait between JSON and
 * log for what is known of their pod. Counts what goes through and what is lost on the way.
 */
#include <limits.h>
#include <stdbool.h>

#include "cmd/agent_options.h"
#include "cmd/event_log.h"
#include "cmd/node_name.h"
#include "core/encode/event_json.h"
#include "core/filter/event_filter.h"
#include "core/filter/field_mask.h"
#include "core/filter/rate_limit.h"
#include "core/kube/pod_wait.h"
#include "core/process/tracker.h"
#include "core/stream/event_hub.h"
#include "core/stream/existing_feed.h"
#include "io/sink/compact_printer.h"

struct base_sensor;
struct event_series;
struct pod_table;

struct pipeline_stats {
	uint64_t events[EVENT_TYPE_COUNT];
	uint64_t bad_records;      /* that the decoder refused */
	uint64_t existing;         /* exec events from the /proc scan, also in events[] */
	uint64_t filtered;         /* that --export-allowlist and --export-denylist kept back, also in events[] */
	uint64_t flags[32];        /* exec events with each flag, by its bit */
	uint64_t throttles_ended;  /* also in events[] */
	uint64_t rate_limit_infos; /* events that tell of what --export-rate-limit kept back */
};

struct pipeline {
	struct tracker tracker;
	struct buffer line;
	struct event_json_options json;
	struct event_log *log; /* NULL: none */
	enum agent_print print;
	struct file_sink
		*printed; /* standard output, whose reader must not hold up the log; NULL: nothing is printed */
	struct compact_printer printer;
	struct base_sensor *sensor; /* not owned */
	struct pod_wait *wait;      /* NULL: there is no cluster */
	struct pod_splices splices; /* of the line just encoded */
	struct rate_limit limit;
	struct event_filters *filters;    /* not owned; empty: there are none */
	const struct field_masks *fields; /* the same */
	struct buffer masked;             /* a line as these leave it; allocated where there are any */
	struct event_pods pods;           /* of the event in hand */
	struct pod_finder pods_finder;    /* gives the encoder these */
	struct event_hub *hub;            /* not owned */
	bool has_readers;                 /* in the hub, as of the last poll */
	struct existing_feed feed;        /* of those who want to know what runs already */
	struct event_series *series;      /* not owned; NULL: events are counted by type only */
	char node_name[NODE_NAME_SIZE];   /* in events */
	char root[PATH_MAX];              /* the host's root directory, for the runtime's files */
	struct pipeline_stats stats;
};

/* 0 or -errno, said on standard error. Opens the log. Options and hub must live as long as the pipeline, which must
 * stay in its place. */
int pipeline_init(struct pipeline *pipeline, struct agent_options *options, struct event_hub *hub);
/* Also ends the log; *ret_sink are its last counts. */
void pipeline_done(struct pipeline *pipeline, struct file_sink_stats *ret_sink);

/* Gives events the pods of this table, which must live as long as the pipeline. 0 or -ENOMEM. */
int pipeline_use_pods(struct pipeline *pipeline, struct pod_table *table);

/* One record of the ring; a ring_callback with the pipeline as context. */
void pipeline_take_record(void *context, const void *bytes, size_t length);
/* A file that was mapped; a loader_callback. False while the exec of its process is not known yet. */
bool pipeline_take_mapping(void *context, const void *bytes, size_t length, bool must_take);
/* Lets the tracker know that a record tells of a process that /proc showed too; a ring_callback. */
void pipeline_peek_record(void *context, const void *bytes, size_t length);
/* A cgroup is not throttled any more; the context is the pipeline. */
void pipeline_end_throttle(void *context, uint64_t cgroup_id);
/* Reports what ran before. */
void pipeline_report_existing(struct pipeline *pipeline);
/* Takes up those who read events, and lets go those who have left. Between batches, and when the hub asks. */
void pipeline_poll_readers(struct pipeline *pipeline);
/* While this is true, it is to be polled again within milliseconds. */
bool pipeline_is_feeding(const struct pipeline *pipeline);
/* After each batch; also while lines are held, a few times a second. */
void pipeline_flush(struct pipeline *pipeline);
bool pipeline_is_holding(const struct pipeline *pipeline);
/* After the last record: held lines go out as they are, and streams end. */
void pipeline_end(struct pipeline *pipeline);
/* For SIGHUP: the log was renamed by somebody. */
void pipeline_reopen_log(struct pipeline *pipeline);
/* What became of all events, for the log's ledger. */
void pipeline_add_to_ledger(const struct pipeline *pipeline, struct ledger *ledger);
/* About once a second: clocks, the log's file, streams, expiry. */
void pipeline_tick(struct pipeline *pipeline);
