// SPDX-License-Identifier: Apache-2.0
/*
 * clone_parent FILE: makes a child that is its sibling (CLONE_PARENT), which removes FILE and ends with status 42.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long pid;

	if (argc != 2)
		return 2;
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL);
	if (pid == 0)
		_exit(unlink(argv[1]) == 0 ? 42 : 1);
	if (pid < 0)
		return 1;
	printf("%ld\n", pid);
	return 0;
}
