// SPDX-License-Identifier: Apache-2.0
/*
 * triggers PROCESSES PAUSE_US: processes that call umask() with numbers, each
 * number once among all of them, and without ever sleeping: between two calls they spin. Ends on
 * SIGTERM; then prints for each process its first number, the step and the first number that it did not use.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t is_ending;

static void end(int signal)
{
	(void)signal;
	is_ending = 1;
}

static void spin(long pause_us)
{
	struct timespec begin, now;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begin.tv_sec) * 1000000 + (now.tv_nsec - begin.tv_nsec) / 1000 < pause_us);
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 4;
	long pause_us = argc > 2 ? strtol(argv[2], NULL, 10) : 1000;
	unsigned *next = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (next == MAP_FAILED || processes < 1 || processes > 64)
		return 2;
	setpgid(0, 0); /* the end is for all of this group, and nobody else */
	signal(SIGTERM, end);
	for (int i = 0; i < processes; i++) {
		next[i] = (unsigned)i;
		if (fork() != 0)
			continue;
		while (!is_ending) {
			syscall(SYS_umask, next[i]);
			next[i] += (unsigned)processes;
			spin(pause_us);
		}
		_exit(0);
	}
	while (!is_ending)
		pause();
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < processes; i++)
		printf("%d %d %u\n", i, processes, next[i]);
	return 0;
}
