/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A log that an agent writes: what it has, and what comes, across rotation. Where its loss ledger (docs/ledger.md) says
 * of each line which one of its agent's it is, a stream's beginning can be found in it.
 */
#include "cmd/events_printer.h"
#include "core/event/ledger_check.h"
#include "io/file/log_follower.h"

struct events_log {
	struct events_printer *printer;
	const char *path; /* not owned */
	struct log_follower *follower;
	struct log_follower_stats said;
	/* the agent whose lines they are, and how many of them there were; "": not known */
	char session[LEDGER_SESSION_LENGTH + 1];
	uint64_t session_lines;
	uint64_t number; /* of lines that were read here */
};

/* The line behind the first `lines` of that agent's: where its stream begins. */
struct events_log_place {
	char session[LEDGER_SESSION_LENGTH + 1];
	uint64_t lines;
};

/* `path` must outlive it. 0, or -errno, said. Free with _close() whatever it returns. */
int events_log_open(struct events_log *log, struct events_printer *printer, const char *path);
/* First the rotated files, those of which all is older than what is wanted aside: once, before anything else. */
int events_log_print_rotated(struct events_log *log);

/* These return 0 or -errno, of the output or said. What is there now, to the end. */
int events_log_print(struct events_log *log);
/* What comes, until interrupted. */
int events_log_follow(struct events_log *log);
/* Up to the place, which the agent may still have to write. If that does not come within seconds, it is said. */
int events_log_print_until(struct events_log *log, const struct events_log_place *place);
/* Accepts a zeroed struct. */
void events_log_close(struct events_log *log);
