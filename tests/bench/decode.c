// SPDX-License-Identifier: Apache-2.0
/*
 * Nanoseconds per record through decoder and tracker (process cache): a fork,
 * an exec and an exit each, of ever new processes. Median of several rounds.
 * Usage: decode [ROUNDS [PROCESSES PER ROUND]]
 */
#include <stdlib.h>
#include <time.h>

#include "base/util.h"
#include "core/process/tracker.h"

#define STRINGS "/var/lib/kubelet/usr/bin/curlcurl\0-sS\0https://ebpf.io\0--retry\0003"

static struct {
	struct wire_exec exec;
	char strings[sizeof(STRINGS)];
} exec_bytes = {
	.exec =
		{
			.header = {.version = WIRE_VERSION, .type = WIRE_EXEC, .length = sizeof(exec_bytes)},
			.parent = {.pid = 1, .start_ns = 1},
			.cgroup_id = 1,
			.cwd_length = 16,
			.filename_length = 13,
			.args_length = sizeof(STRINGS) - 29,
		},
	.strings = STRINGS,
};
static struct wire_fork fork_bytes = {
	.header = {.version = WIRE_VERSION, .type = WIRE_FORK, .length = sizeof(fork_bytes)},
	.parent = {.pid = 1, .start_ns = 1},
	.cgroup_id = 1,
};
static struct wire_exit exit_bytes = {
	.header = {.version = WIRE_VERSION, .type = WIRE_EXIT, .length = sizeof(exit_bytes)},
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void take(struct tracker *tracker, const void *bytes, size_t length)
{
	struct record record;
	struct event event;
	uint64_t forgotten;

	if (record_decode(bytes, length, &record) < 0 || tracker_handle(tracker, &record, &event, &forgotten) < 0)
		abort();
}

static void run_process(struct tracker *tracker, uint32_t number)
{
	const struct wire_task task = {.pid = 100 + number % 30000, .ns_pid = 5, .start_ns = 1000 + number};

	fork_bytes.task = exec_bytes.exec.task = exit_bytes.task = task;
	fork_bytes.header.ktime_ns = exec_bytes.exec.header.ktime_ns = exit_bytes.header.ktime_ns = 1000 + number;
	take(tracker, &fork_bytes, sizeof(fork_bytes));
	take(tracker, &exec_bytes, sizeof(exec_bytes));
	take(tracker, &exit_bytes, sizeof(exit_bytes));
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 21;
	uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 50000;
	double *results = calloc(rounds ? rounds : 1, sizeof(*results));
	struct tracker tracker;
	uint32_t number = 0;

	if (!rounds || !count || !results || tracker_init(&tracker, 65536) < 0)
		return 2;
	for (size_t i = 0; i < rounds; i++) {
		uint64_t start = now_ns();

		for (uint32_t j = 0; j < count; j++)
			run_process(&tracker, number++);
		results[i] = (double)(now_ns() - start) / count / 3;
	}
	qsort(results, rounds, sizeof(*results), compare);
	printf("decode and track, per record: %.0f ns\n", results[rounds / 2]);
	tracker_done(&tracker);
	free(results);
	return 0;
}
