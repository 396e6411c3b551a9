/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The event log: whole lines, batched, appended to a file, a FIFO or standard
 * output, with one write(2) per batch so that two agents can share a file.
 *
 * Nothing that happens to the target ends the agent or tears a line. What
 * cannot be written stays in the batch and is tried again at each tick; what does
 * not fit any more is lost and counted by its cause. A trouble is logged when it
 * begins and when it ends, not per line.
 *
 *  - full disk, size limit, I/O error: the half-written line is taken back;
 *  - removed or renamed (rotation): opened anew, made if need be;
 *  - cut to zero by somebody else (copytruncate): O_APPEND goes on at the new end;
 *  - found ending in mid-line (an agent was killed): a newline comes first;
 *  - pipe or socket whose reader is slow: at most FILE_SINK_WAIT_MS of waiting
 *    per flush; whose reader is gone: standard output stays lost, a FIFO is opened again.
 *
 * The program must ignore SIGPIPE and SIGXFSZ. Not thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FILE_SINK_BATCH_BYTES (128 * 1024)
#define FILE_SINK_WAIT_MS 100           /* a flush waits so long for a slow reader, once until it has caught up */
#define FILE_SINK_CHECK_NS 500000000ULL /* ticks that come faster are ignored */

struct file_sink;

struct file_sink_options {
	const char *path; /* "-": standard output; not "" */
	mode_t mode;      /* of a newly made file, whatever the umask */
	const char *flag; /* for messages: "--export-filename" */
};

enum file_sink_cause {
	FILE_SINK_CAUSE_NONE,
	FILE_SINK_CAUSE_WRITE_ERROR, /* full disk, limit, I/O error */
	FILE_SINK_CAUSE_CLOSED_PIPE, /* nobody reads any more */
	FILE_SINK_CAUSE_NOT_OPEN,    /* vanished and cannot be made again */
	FILE_SINK_CAUSE_SLOW_READER,
	FILE_SINK_CAUSE_COUNT,
};

struct file_sink_stats {
	uint64_t lines_written, bytes_written;
	uint64_t lines_lost[FILE_SINK_CAUSE_COUNT]; /* by cause */
	uint64_t lines_pending, bytes_pending;      /* in the batch */
	enum file_sink_cause trouble;               /* at present */
	uint64_t opened;                            /* how often the path was opened, from 1 */
};

/* "write error" and so on, for summaries. */
const char *file_sink_cause_name(enum file_sink_cause cause);

/*
 * Opens the target. 0 or -errno; an error has been logged with the flag's name
 * and a remedy, so the caller just ends. Copies what `options` points to.
 */
int file_sink_open(const struct file_sink_options *options, struct file_sink **ret);

/* Copies one line with its newline, 1 to FILE_SINK_BATCH_BYTES bytes; flushes first when it would not fit. */
void file_sink_append(struct file_sink *sink, const char *line, size_t length);

/* The same, but false where append would count the line as lost. For lines that can be made again. */
bool file_sink_offer(struct file_sink *sink, const char *line, size_t length);

/* How large the open file will be with the batch; 0 where it is no regular file, or standard output. */
uint64_t file_sink_size(const struct file_sink *sink);

/* For who has renamed the file: writes the batch to it, and goes on with a new one at the path. */
void file_sink_renew(struct file_sink *sink);

/* Writes the batch. Call after each drained batch of events; cheap when there is nothing to do. */
void file_sink_flush(struct file_sink *sink);

/* Call about once a second, with CLOCK_MONOTONIC: looks after the path and tries again what failed. */
void file_sink_tick(struct file_sink *sink, uint64_t now_ns);

void file_sink_get_stats(const struct file_sink *sink, struct file_sink_stats *ret);

/* Tries a last time, counts the rest as lost (`ret_stats` may be NULL) and frees. Accepts NULL. Returns NULL. */
struct file_sink *file_sink_close(struct file_sink *sink, struct file_sink_stats *ret_stats);
