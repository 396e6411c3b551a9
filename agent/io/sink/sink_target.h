/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a file_sink writes: a file by its path, or standard output; regular
 * file, pipe, socket or terminal. Never blocks, never logs; file_sink.h decides
 * what a failure means.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sink_target_kind {
	SINK_TARGET_REGULAR,
	SINK_TARGET_SOCKET,
	SINK_TARGET_STREAM, /* pipe, terminal, other device */
};

struct sink_target {
	const char *path; /* borrowed; "-": standard output */
	mode_t mode;      /* of a file that is newly made, whatever the umask */
	int fd;           /* -1: not open */
	enum sink_target_kind kind;
	bool is_nonblocking; /* the open file description is ours alone and has O_NONBLOCK */
	bool needs_newline;  /* when opened, the file ended in the middle of a line */
	dev_t device;
	ino_t inode;
	off_t size; /* of a regular file: when opened, or looked at, and what was written since */
};

bool sink_target_is_stdout(const struct sink_target *target);

/*
 * Opens `path`, making the file if there is none. `fd` must be -1. 0 or
 * -errno; among them -EISDIR, -ENOENT (no such directory) and -ENXIO (a FIFO that nobody
 * reads, yet).
 */
int sink_target_open(struct sink_target *target);
/* Accepts one that is not open. */
void sink_target_close(struct sink_target *target);

/*
 * False when the path leads to another file than the open one, or nowhere. Standard output is always current. Others
 * may have appended to the file or cut it: its size is read again.
 */
bool sink_target_is_current(struct sink_target *target);
/* The open file has no name any more: what is written to it is lost. */
bool sink_target_is_unlinked(const struct sink_target *target);

/* One write(2). The number of bytes, at least 1, or -errno; -EAGAIN: it would block. */
ssize_t sink_target_write(struct sink_target *target, const char *data, size_t length);
/* Waits until a write would do something; false after `timeout_ms`. */
bool sink_target_wait(const struct sink_target *target, int timeout_ms);

/*
 * Cuts off the last `length` bytes of a regular file, which the last write
 * appended. -EBUSY when somebody else has appended since, or -errno.
 */
int sink_target_take_back(struct sink_target *target, size_t length);
