/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The event log: lines to a file (io/sink/file_sink.h), its rotation (io/sink/log_archive.h), and the loss ledger
 * (core/encode/ledger_json.h) between them, which is written
 *
 *  - at the start and at the end;
 *  - each `ledger_interval_ns`, and a second after anything was lost;
 *  - as the last line of a file that is rotated and as the first one of the next.
 */
#include "core/encode/ledger_json.h"
#include "io/sink/file_sink.h"

struct event_log;

struct event_log_options {
	struct file_sink_options sink;
	uint64_t max_bytes;            /* of a file, some 64 KiB at least: a record and a line must fit; 0: no limit */
	uint64_t rotation_interval_ns; /* 0: none. A file without events is not rotated */
	uint32_t max_backups;          /* 0: all are kept */
	bool compress;
	uint64_t ledger_interval_ns;
	const char *node_name, *cluster_name; /* NULL or "": left out; borrowed */
};

/* Fills in events, waiting, losses (but those of stage "log") and policies. */
typedef void event_log_source(void *context, struct ledger *ledger);

/* 0 or -errno, logged. Copies what is not said to be borrowed. */
int event_log_open(const struct event_log_options *options, struct event_log **ret);
/* Before the first event, with which the first record comes: the log of an agent that could not start stays as it was.
 */
void event_log_begin(struct event_log *log, event_log_source *source, void *context);

/* Copies one line with its newline, at most EVENT_JSON_LINE_MAX bytes. */
void event_log_append(struct event_log *log, const char *line, size_t length);
/* After each drained batch. */
void event_log_flush(struct event_log *log);
/* About once a second: looks after the file, and whether a rotation or a record is due. */
void event_log_tick(struct event_log *log, uint64_t now_ns);
/* For SIGHUP: somebody has renamed the file. Opens the path anew. */
void event_log_reopen(struct event_log *log);

/* What a record would say now, but for sequence, reason and previous. */
void event_log_read_ledger(const struct event_log *log, struct ledger *ret);
/* What a reader of the log sees of this agent: its name in records, and how many lines it has, those that wait to be
 * written included. */
const char *event_log_session(const struct event_log *log);
uint64_t event_log_lines(const struct event_log *log);
void event_log_get_stats(const struct event_log *log, struct file_sink_stats *ret);
/* Writes the last record. Accepts and returns NULL; `ret_stats` may be NULL. */
struct event_log *event_log_close(struct event_log *log, struct file_sink_stats *ret_stats);
