// SPDX-License-Identifier: Apache-2.0
/* The container of a test's pod: waits, or with an argument does what a case wants to see an event of. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

/* Away from root and back. */
static int do_setuid(void)
{
	return setresuid(1000, 1000, 0) < 0 || setresuid(0, 0, 0) < 0;
}

int main(int argc, char **argv)
{
	bool is_first = argc > 1 && strcmp(argv[1], "setuid-and-wait") == 0;

	if (argc > 1 && !is_first)
		return strcmp(argv[1], "setuid") == 0 ? do_setuid() : 2;
	signal(SIGTERM, end);
	if (is_first && do_setuid() != 0)
		return 1;
	pause();
	return 0;
}
