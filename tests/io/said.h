/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What was said on standard error. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/test.h"

static int said_fd, said_saved_fd; /* where standard error goes, and went */

/* From now on it goes where said() finds it. */
static inline bool said_begin(void)
{
	said_saved_fd = dup(STDERR_FILENO);
	said_fd = memfd_create("stderr", MFD_CLOEXEC);
	return said_fd >= 0 && fcntl(said_fd, F_SETFL, O_APPEND) == 0 && dup2(said_fd, STDERR_FILENO) >= 0;
}

/* Sanitizers report there. */
static inline void said_end(void)
{
	dup2(said_saved_fd, STDERR_FILENO);
}

static inline void said_reset(void)
{
	CHECK(ftruncate(said_fd, 0) == 0);
}

/* How often `what` was, since the last call of said_reset(). */
static inline int said(const char *what)
{
	static char log[65536];
	ssize_t length = pread(said_fd, log, sizeof(log) - 1, 0);
	int count = 0;

	log[length < 0 ? 0 : length] = '\0';
	for (const char *at = log; (at = strstr(at, what)); at++)
		count++;
	return count;
}
