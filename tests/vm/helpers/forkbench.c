// SPDX-License-Identifier: Apache-2.0
/*
 * forkbench COUNT: fork, exec of /bin/true and wait, COUNT times. Prints the
 * median and the mean of one round in microseconds, wall time, and the CPU time of all of it.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void run_once(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		execl("/bin/true", "true", "an", "argument", NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "/bin/true ended with status %d", status);
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static double cpu_us(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
			children.ru_stime.tv_sec) *
		       1e6 +
	       (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
			children.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
	size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t *times = calloc(count ? count : 1, sizeof(*times)), sum = 0;

	if (!count || !times)
		errx(2, "usage: forkbench COUNT");
	run_once();
	for (size_t i = 0; i < count; i++) {
		uint64_t start = now_ns();

		run_once();
		times[i] = now_ns() - start;
		sum += times[i];
	}
	qsort(times, count, sizeof(*times), compare);
	printf("%.1f %.1f %.1f\n", (double)times[count / 2] / 1e3, (double)sum / (double)count / 1e3,
	       cpu_us() / (double)count);
	free(times);
	return 0;
}
