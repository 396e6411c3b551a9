/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Up to where a log has been read, kept in a file of one line: inode and offset, and a hash of the log's beginning,
 * which tells it from another file that was given its inode. Not the device: its number may be another after a reboot.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_POSITION_HEAD_MAX 1024 /* bytes of the beginning: one event, whose exec_id no other has */

struct log_position {
	uint64_t inode, offset;
	uint64_t head_length, head_hash; /* of what was there, not beyond `offset` */
};

/* Of the open file and `offset` bytes of it. 0 or -errno. */
int log_position_get(int fd, uint64_t offset, struct log_position *ret);
/* Is it this file, with at least as many bytes? */
bool log_position_matches(const struct log_position *position, int fd);

/* 0, -ENOENT, -EBADMSG when it is no position, or another -errno. */
int log_position_read(const char *path, struct log_position *ret);
/* Replaces the file by way of PATH.new. 0 or -errno. */
int log_position_write(const char *path, const struct log_position *position);
