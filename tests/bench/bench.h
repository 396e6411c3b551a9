/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the native benchmarks share: a clock, a median, and the records of processes that come and go. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/event/record.h"

#define BENCH_STRINGS "/var/lib/kubelet/usr/bin/curlcurl\0-sS\0https://ebpf.io\0--retry\0003"

/* On a CPU, in user space and in the kernel: what others do on the machine meanwhile is not in it. */
static inline uint64_t bench_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

/* Sorts. */
static inline double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), bench_compare);
	return values[count / 2];
}

/* The records of one process: it is forked, executes a program and ends. */
struct bench_process {
	struct wire_fork fork;
	struct {
		struct wire_exec exec;
		char strings[sizeof(BENCH_STRINGS)];
	} exec;
	struct wire_exit exit;
};

/* Number after number, each is another process; pids repeat as they do on a machine. */
static inline void bench_process_make(struct bench_process *ret, uint32_t number)
{
	const struct wire_task task = {.pid = 100 + number % 30000, .ns_pid = 5, .start_ns = 1000 + number};
	const struct wire_task parent = {.pid = 1, .start_ns = 1};

	*ret = (struct bench_process){
		.fork =
			{
				.header = {.version = WIRE_VERSION, .type = WIRE_FORK, .length = sizeof(ret->fork)},
				.parent = parent,
				.cgroup_id = 1,
			},
		.exec.exec =
			{
				.header = {.version = WIRE_VERSION, .type = WIRE_EXEC, .length = sizeof(ret->exec)},
				.parent = parent,
				.cgroup_id = 1,
				.cwd_length = 16,
				.filename_length = 13,
				.args_length = sizeof(BENCH_STRINGS) - 29,
			},
		.exit =
			{
				.header = {.version = WIRE_VERSION, .type = WIRE_EXIT, .length = sizeof(ret->exit)},
			},
	};
	memcpy(ret->exec.strings, BENCH_STRINGS, sizeof(BENCH_STRINGS));
	ret->fork.task = ret->exec.exec.task = ret->exit.task = task;
	ret->fork.header.ktime_ns = ret->exec.exec.header.ktime_ns = ret->exit.header.ktime_ns = 1000 + number;
}
