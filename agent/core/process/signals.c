// SPDX-License-Identifier: Apache-2.0
#include "core/process/signals.h"

#include "base/util.h"

/* The kernel's numbers (asm-generic/signal.h), not the C library's macros: the latter hide the first real-time ones. */
#define REAL_TIME_FIRST 32
#define REAL_TIME_MIN 34 /* glibc's SIGRTMIN */
#define REAL_TIME_MAX 64

static const char *const signal_names[REAL_TIME_FIRST] = {
	[1] = "SIGHUP",   [2] = "SIGINT",     [3] = "SIGQUIT",  [4] = "SIGILL",     [5] = "SIGTRAP",  [6] = "SIGABRT",
	[7] = "SIGBUS",   [8] = "SIGFPE",     [9] = "SIGKILL",  [10] = "SIGUSR1",   [11] = "SIGSEGV", [12] = "SIGUSR2",
	[13] = "SIGPIPE", [14] = "SIGALRM",   [15] = "SIGTERM", [16] = "SIGSTKFLT", [17] = "SIGCHLD", [18] = "SIGCONT",
	[19] = "SIGSTOP", [20] = "SIGTSTP",   [21] = "SIGTTIN", [22] = "SIGTTOU",   [23] = "SIGURG",  [24] = "SIGXCPU",
	[25] = "SIGXFSZ", [26] = "SIGVTALRM", [27] = "SIGPROF", [28] = "SIGWINCH",  [29] = "SIGIO",   [30] = "SIGPWR",
	[31] = "SIGSYS",
};

void signal_append(struct buffer *buffer, uint32_t number)
{
	if (number == 0 || number > REAL_TIME_MAX)
		return;
	if (number < REAL_TIME_FIRST) {
		buffer_append_cstring(buffer, signal_names[number]);
	} else if (number == REAL_TIME_MAX) {
		buffer_append_literal(buffer, "SIGRTMAX");
	} else {
		buffer_append_literal(buffer, "SIGRTMIN");
		if (number > REAL_TIME_MIN)
			buffer_append_byte(buffer, '+');
		if (number != REAL_TIME_MIN)
			buffer_append_i64(buffer, (int64_t)number - REAL_TIME_MIN);
	}
}
