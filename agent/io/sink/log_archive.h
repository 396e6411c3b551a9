/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The rotated files of a log: DIR/trigon.log becomes DIR/trigon-2026-11-28T09-15-00.000.log, the time in UTC, which are
 * the names of lumberjack (https://github.com/natefinch/lumberjack), so of Tetragon's logs, too.
 *
 * Renaming is done at once; what takes longer, compressing and removing the oldest, by a thread of its own at low
 * priority. It goes by what is in the directory, so what an agent left undone the next one does. A compressed file
 * appears under its name when it is complete. A failure leaves the file as it is, is logged when it begins, and is
 * tried again at the next rotation.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_ARCHIVE_FILES_MAX 4096 /* in the directory; those beyond are left alone */

struct log_archive;

struct log_archive_options {
	const char *path;     /* of the log */
	uint32_t max_backups; /* rotated files that are kept; 0: all */
	bool compress;        /* with gzip, as NAME.gz */
};

struct log_archive_stats {
	uint64_t rotated, compressed, removed;
	uint64_t failures; /* of compressing and removing */
};

/* 0 or -errno. Starts the thread, which looks after the files that are there. Copies the path. */
int log_archive_open(const struct log_archive_options *options, struct log_archive **ret);

/*
 * Gives the log its new name, so that nothing is at `path` any more. `wall_ns` is CLOCK_REALTIME; where that name is
 * taken, the next free millisecond counts. 0 or -errno; then the log is where it was.
 */
int log_archive_rotate(struct log_archive *archive, uint64_t wall_ns);

struct log_archive_names {
	char **items; /* owned, and each item: paths, the oldest first */
	size_t count;
};

/* The rotated files of a log, compressed ones as well; of one that is there in both forms the plain one. 0 or -errno.
 */
int log_archive_find(const char *path, struct log_archive_names *ret);
/* Accepts a zeroed struct. */
void log_archive_names_done(struct log_archive_names *names);

void log_archive_get_stats(struct log_archive *archive, struct log_archive_stats *ret);
/* Stops the thread, in the middle of a file if need be. Accepts and returns NULL. */
struct log_archive *log_archive_close(struct log_archive *archive);
