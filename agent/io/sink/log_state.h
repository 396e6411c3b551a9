/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the next agent wants to know of this one: how many lines it had taken for the log, which tells, after a kill,
 * how many of them never came there. A page of a hidden file beside the log (.LOG.state), mapped, so that keeping it
 * costs no system call and the kernel has it whatever becomes of the process. Only one agent has it; another with the
 * same log goes without.
 */
#include <stdbool.h>
#include <stdint.h>

#define LOG_STATE_SESSION_MAX 32

/* Written by whoever holds the lock of the file; as this machine has its numbers. */
struct log_state_page {
	char magic[8];                       /* "TRIGONL1" */
	char session[LOG_STATE_SESSION_MAX]; /* NUL-terminated */
	uint64_t lines, waiting;             /* see struct ledger_previous */
	uint64_t has_ended;                  /* 1: all of them were written or counted */
};

struct log_state {
	int fd;
	struct log_state_page *page;
};

/*
 * Maps the file, makes it if need be. *ret_previous is what the agent before left, with an empty session where nothing
 * is known. 0; -EWOULDBLOCK when another agent has it; or -errno.
 */
int log_state_open(const char *log_path, struct log_state *ret, struct log_state_page *ret_previous);
/* The log says what the agent before left: the page is this one's from now on. Accepts one that is not open. */
void log_state_begin(struct log_state *state, const char *session);
/* Accepts one that is not open: fd -1. */
void log_state_close(struct log_state *state);
