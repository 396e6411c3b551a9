// SPDX-License-Identifier: Apache-2.0
/*
 * numbers ALIVE: starts processes one after the other until SIGTERM, ends each
 * when ALIVE others were started after it, but for every 16th, which lives until all end. Each
 * executes this program with the argument number-N, N counting from 0, and waits for its end. Prints at the end
 * "N PID START END" for each, times of the clock that EPOCHREALTIME shows, in microseconds: START before its fork, END
 * when it was told to end.
 */
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NUMBER "number-"
#define COUNT_MAX 100000
#define LONG_LIVED 16

struct number {
	pid_t pid;
	uint64_t start_us, end_us;
};

static struct number numbers[COUNT_MAX];
static volatile sig_atomic_t is_ending;

static void end(int signal)
{
	(void)signal;
	is_ending = 1;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000;
}

static void start(struct number *number, int n)
{
	char name[32];
	char *const argv[] = {(char *)"numbers", name, NULL}, *const envp[] = {NULL};

	snprintf(name, sizeof(name), NUMBER "%d", n);
	number->start_us = now_us();
	number->pid = vfork();
	if (number->pid == 0) {
		execve("/proc/self/exe", argv, envp);
		_exit(255);
	}
	if (number->pid < 0)
		err(1, "vfork");
}

static void stop(struct number *number)
{
	number->end_us = now_us();
	kill(number->pid, SIGKILL);
	while (waitpid(number->pid, NULL, 0) < 0)
		;
}

int main(int argc, char **argv)
{
	int alive, count = 0;

	if (argc == 2 && strncmp(argv[1], NUMBER, strlen(NUMBER)) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (argc != 2)
		errx(2, "usage: numbers ALIVE");
	alive = (int)strtol(argv[1], NULL, 10);
	signal(SIGTERM, end);
	for (; !is_ending && count < COUNT_MAX; count++) {
		start(&numbers[count], count);
		if (count >= alive && (count - alive) % LONG_LIVED)
			stop(&numbers[count - alive]);
	}
	for (int i = 0; i < count; i++)
		if (!numbers[i].end_us)
			stop(&numbers[i]);
	for (int i = 0; i < count; i++)
		printf("%d %d %llu %llu\n", i, numbers[i].pid, (unsigned long long)numbers[i].start_us,
		       (unsigned long long)numbers[i].end_us);
	return 0;
}
