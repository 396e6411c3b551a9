// SPDX-License-Identifier: Apache-2.0
/*
 * Nanoseconds of CPU per record through decoder and tracker (process cache): a fork,
 * an exec and an exit each, of ever new processes. Median of several rounds.
 * Usage: decode [ROUNDS [PROCESSES PER ROUND]]
 */
#include <stdio.h>

#include "base/util.h"
#include "bench.h"
#include "core/process/tracker.h"

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
	struct bench_process process;

	bench_process_make(&process, number);
	take(tracker, &process.fork, sizeof(process.fork));
	take(tracker, &process.exec, sizeof(process.exec));
	take(tracker, &process.exit, sizeof(process.exit));
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
		uint64_t start = bench_cpu_ns();

		for (uint32_t j = 0; j < count; j++)
			run_process(&tracker, number++);
		results[i] = (double)(bench_cpu_ns() - start) / count / 3;
	}
	printf("decode and track, per record: %.0f ns\n", bench_median(results, rounds));
	tracker_done(&tracker);
	free(results);
	return 0;
}
