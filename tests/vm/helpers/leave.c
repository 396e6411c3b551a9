// SPDX-License-Identifier: Apache-2.0

/*
 * leave exit CODE | leave signal NUMBER: ends so.
 */
#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: leave exit CODE | leave signal NUMBER");
	if (strcmp(argv[1], "exit") == 0)
		_exit((int)strtol(argv[2], NULL, 10));
	signal((int)strtol(argv[2], NULL, 10), SIG_DFL); /* a shell's background jobs ignore some */
	raise((int)strtol(argv[2], NULL, 10));
	return 1; /* a signal that does not end a process */
}
