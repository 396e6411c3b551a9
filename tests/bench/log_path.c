// SPDX-License-Identifier: Apache-2.0
/*
 * The way of an event from the ring's bytes to the log's file, on one core: decode, track, encode, write. The records
 * of processes that come and go are made beforehand and replayed; batches are as large as the agent's. Prints events
 * per second, and for each event nanoseconds, allocations, bytes and write(2)s, without and with the counts for
 * Prometheus, in turns. Medians of several rounds. Usage:
 * log_path [ROUNDS [PROCESSES PER ROUND [DIRECTORY]]]      (/dev/shm: no disk is measured)
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "bench.h"
#include "core/encode/event_json.h"
#include "core/event/event_series.h"
#include "core/process/tracker.h"
#include "io/sink/file_sink.h"

#define RECORDS_PER_DRAIN 4096 /* agent/cmd/agent.c */

static uint64_t allocations;

/* Counts what the C library is asked for; its own name is what it then does. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

/* write(2) and the like, by this process. */
static uint64_t writes(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/io", "re");
	unsigned long long count = 0;
	char line[64];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "syscw: %llu", &count) == 1)
			break;
	return count;
}

struct path {
	struct tracker tracker;
	struct buffer line;
	struct event_json_options json;
	struct file_sink *sink;
	struct event_series *series; /* NULL: they are not counted */
	uint64_t events, records;
};

static void take(struct path *path, const void *bytes, size_t length)
{
	struct record record;
	struct event event;
	uint64_t forgotten;

	if (record_decode(bytes, length, &record) < 0)
		abort();
	if (tracker_handle(&path->tracker, &record, &event, &forgotten) > 0) {
		buffer_reset(&path->line);
		event_json_encode(&path->line, &event, &path->json);
		file_sink_append(path->sink, path->line.data, path->line.length);
		if (path->series)
			event_series_count(path->series, &event);
		path->events++;
	}
	if (++path->records % RECORDS_PER_DRAIN == 0)
		file_sink_flush(path->sink);
}

static void replay(struct path *path, const struct bench_process *processes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		take(path, &processes[i].fork, sizeof(processes[i].fork));
		take(path, &processes[i].exec, sizeof(processes[i].exec));
		take(path, &processes[i].exit, sizeof(processes[i].exit));
	}
	file_sink_flush(path->sink);
	/* as each second: processes that have ended are forgotten in time */
	process_cache_expire(&path->tracker.cache, UINT64_MAX / 2);
}

static int path_open(struct path *path, const char *log)
{
	const struct file_sink_options sink = {.path = log, .mode = 0600, .flag = "log_path"};

	path->json = (struct event_json_options){.node_name = "node-1"};
	if (tracker_init(&path->tracker, 65536) < 0 || buffer_init(&path->line, EVENT_JSON_LINE_MAX) < 0)
		return -1;
	return file_sink_open(&sink, &path->sink);
}

/* Nanoseconds for each event. */
static double run(struct path *path, struct bench_process *processes, size_t count)
{
	static uint32_t number;
	uint64_t start, events = path->events;

	for (size_t i = 0; i < count; i++)
		bench_process_make(&processes[i], number++);
	start = bench_now_ns();
	replay(path, processes, count);
	return (double)(bench_now_ns() - start) / (double)(path->events - events);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 11;
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 50000;
	const char *directory = argc > 3 ? argv[3] : "/dev/shm";
	double *plain = calloc(rounds + 1, sizeof(*plain)), *counted = calloc(rounds + 1, sizeof(*counted));
	struct bench_process *processes = calloc(count + 1, sizeof(*processes));
	struct event_series *series = event_series_new(EVENT_SERIES_OF_POD | EVENT_SERIES_BINARY);
	struct file_sink_stats stats;
	struct path path = {0};
	uint64_t allocations_before, writes_before;
	char log[256];

	snprintf(log, sizeof(log), "%s/trigon-bench-%d.log", directory, (int)getpid());
	if (!rounds || !count || !plain || !counted || !processes || !series || path_open(&path, log) < 0)
		return 2;
	for (size_t i = 0; i <= rounds; i++) { /* the first is not counted: tables grow */
		if (truncate(log, 0) < 0)
			return 1;
		path.series = series;
		counted[i] = run(&path, processes, count);
		path.series = NULL;
		allocations_before = allocations;
		writes_before = writes();
		plain[i] = run(&path, processes, count);
	}
	file_sink_get_stats(path.sink, &stats);
	printf("from the ring's bytes to the log: %.0f ns an event, %.0f events a second\n",
	       bench_median(plain + 1, rounds), 1e9 / bench_median(plain + 1, rounds));
	printf("  of each: %.2f allocations, %.0f bytes, %.4f write(2)s\n",
	       (double)(allocations - allocations_before) / (double)count / 2,
	       (double)stats.bytes_written / (double)stats.lines_written,
	       (double)(writes() - writes_before) / (double)count / 2);
	printf("  counted for Prometheus as well: %.0f ns an event\n", bench_median(counted + 1, rounds));
	unlink(log);
	file_sink_close(path.sink, NULL);
	event_series_free(series);
	buffer_done(&path.line);
	tracker_done(&path.tracker);
	free(processes);
	free(counted);
	free(plain);
	return 0;
}
