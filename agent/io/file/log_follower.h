/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Follows a log that another process appends to, across rotation, and gives its lines whole and in order.
 *
 * A rotated file (renamed, a new one made) is read to its end before the new one: for LOG_FOLLOWER_GRACE_NS after the
 * new one was seen, since the writer may not have noticed yet. Up to LOG_FOLLOWER_FILES files wait so, however slow the
 * reader is. The position can be kept in a file, so that a follower that starts again goes on where the last one ended,
 * in a rotated file of the same directory if need be; the beginning's hash tells a file from another one that was given
 * its inode. Lines may come twice after a kill, never get lost.
 *
 * What is lost all the same is counted: a file that was rotated away before it was opened, what was cut off before
 * it was read, and lines longer than LOG_FOLLOWER_LINE_MAX. Not thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_FOLLOWER_LINE_MAX (128 * 1024)
#define LOG_FOLLOWER_FILES 16
#define LOG_FOLLOWER_GRACE_NS 2000000000ULL

struct log_follower;

struct log_follower_stats {
	uint64_t files_missed; /* rotated away unread, each with an unknown number of lines */
	uint64_t cuts;         /* a file became shorter than what was read of it */
	uint64_t lines_too_long;
};

/*
 * `position_path` may be NULL: then it begins with the file that is there. The log need not be there yet. 0 or
 * -errno: ENOMEM, or why the position cannot be read, which is not that there is none. Copies both.
 */
int log_follower_open(const char *path, const char *position_path, struct log_follower **ret);

/*
 * The lines that are there next, newlines included, whole, as many as fit: valid until log_follower_advance(). A last
 * line that its file leaves without newline gets one. 1; 0 when there are none now; -errno when the file cannot be
 * read.
 */
int log_follower_peek(struct log_follower *follower, const char **ret_data, size_t *ret_length);
/* Of these, the first `length` bytes have been dealt with. */
void log_follower_advance(struct log_follower *follower, size_t length);

/* Looks at the path: call about every 100 ms, with CLOCK_MONOTONIC. 0 or -errno when it cannot be opened, ENOENT aside.
 */
int log_follower_look(struct log_follower *follower, uint64_t now_ns);
/*
 * The writer says that the lines of the last log_follower_peek() are the file's last ones: once another one is there,
 * this one ends without LOG_FOLLOWER_GRACE_NS.
 */
void log_follower_note_last_line(struct log_follower *follower);
/* There are files behind the one that is read: log_follower_peek() goes on with them when that one is certain to end.
 */
bool log_follower_has_more(const struct log_follower *follower);
/* Writes the position, if it is to be kept and has changed: up to the last whole line. 0 or -errno. */
int log_follower_save(struct log_follower *follower);
void log_follower_get_stats(const struct log_follower *follower, struct log_follower_stats *ret);
/* Accepts and returns NULL. Does not save. */
struct log_follower *log_follower_close(struct log_follower *follower);
