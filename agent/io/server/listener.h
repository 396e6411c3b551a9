/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The socket on which a server listens. One at a path may be opened by the agent's user only (mode 0600), and is
 * removed at the end. PATH.lock beside it, which stays, is locked as long as an agent lives, however it ends: so a
 * socket that a dead agent left is told apart from a live one's, without asking it.
 */
#include "io/server/server_address.h"

struct listener {
	int fd;      /* non-blocking */
	int lock_fd; /* -1: none */
	char *path;  /* owned; NULL: none */
};

#define LISTENER_NONE \
	{ \
		.fd = -1, .lock_fd = -1 \
	}

/*
 * Listens, with room for `backlog` connections that wait; makes the directory of a path, if there is none. 0,
 * -EADDRINUSE: another agent or program has it, or -errno.
 */
int listener_open(const struct server_address *address, int backlog, struct listener *ret);
/* Leaves LISTENER_NONE, which it accepts. */
void listener_close(struct listener *listener);
/* The port that it listens on; 0: none. */
unsigned int listener_port(const struct listener *listener);
