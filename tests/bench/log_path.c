// SPDX-License-Identifier: Apache-2.0
/*
 * The way of an event from the ring's bytes to the log's file, on one core: decode, track, filter, encode, write. A
 * recording is replayed, each time as other processes at a later time; batches are as large as the agent's. A row for
 * each way to run the agent: events per second and nanoseconds of CPU per event, medians of several rounds, and for
 * each event instructions in user space (where the machine counts them), allocations, write(2)s and bytes. An event
 * that a filter keeps back counts as one. Usage: log_path [ROUNDS [PASSES PER ROUND [DIRECTORY [RECORDING [ROW]]]]]
 * (/dev/shm: no disk is measured) TRIGON_BENCH_KEEP=1 leaves the last round's log there.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "bench.h"
#include "core/encode/object_cache.h"
#include "core/event/event_series.h"
#include "core/filter/event_filter_parse.h"
#include "core/filter/redaction.h"
#include "core/process/tracker.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"
#include "io/sink/file_sink.h"
#include "recording.h"

#define RECORDS_PER_DRAIN 4096 /* agent/cmd/agent.c */
#define CACHE_SIZE 65536       /* --process-cache-size */
#define WALL_NS 1764321600000000000u
#define CONTAINER \
	"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod6d8a7f6c_4bfb_4e4f_8a4e_0f5a5b1c2d3e.slice/" \
	"cri-containerd-551e161c47d8ff0eb665438a7bcd5b4551e161c47d8ff0eb665438a7bcd5b4aa.scope"

static const struct way {
	const char *name, *allow, *redact;
	bool is_full, has_series;
} ways[] = {
	{.name = "as it is by default"},
	{.name = "with credentials and namespaces", .is_full = true},
	{.name = "counts for Prometheus", .has_series = true},
	{.name = "an allow list",
	 .allow = "{\"event_set\":[\"PROCESS_EXEC\"],\"binary_regex\":[\"/(sh|true|grep)$\"]}"},
	{.name = "redaction", .redact = "{\"redact\":[\"--password[=\\\\s]+(\\\\S+)\"]}"},
};

/* --- what is counted ----------------------------------------------------------------------------------------- */

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

/* -1 where the machine does not count instructions. */
static int instructions_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t instructions(int fd)
{
	uint64_t count;

	return fd >= 0 && read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* --- the way ------------------------------------------------------------------------------------------------- */

struct path {
	struct tracker tracker;
	struct event_filters filters;
	struct redactions redactions;
	struct event_pods pods; /* there are none */
	struct buffer line;
	struct event_json_options json;
	struct file_sink *sink;
	struct event_series *series; /* NULL: not counted */
	uint64_t events, records;
};

/* As agent/cmd/pipeline.c does it. */
static void report(struct path *path, const struct event *event)
{
	struct filter_pending pending;

	path->events++;
	if (path->series)
		event_series_count(path->series, event);
	if (event_filters_decide(&path->filters, event, &path->pods, &pending) != FILTER_PASS)
		return;
	buffer_reset(&path->line);
	event_json_encode(&path->line, event, &path->json);
	file_sink_append(path->sink, path->line.data, path->line.length);
}

static void take(struct path *path, const void *bytes, size_t length)
{
	struct record record;
	struct event event;
	uint64_t forgotten;
	int r = record_decode(bytes, length, &record);

	if (r >= 0)
		r = tracker_handle(&path->tracker, &record, &event, &forgotten);
	if (r < 0)
		errx(1, "a record cannot be handled: %s", strerror(-r));
	if (r > 0)
		report(path, &event);
	if (++path->records % RECORDS_PER_DRAIN == 0)
		file_sink_flush(path->sink);
}

static int take_filter(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	static const struct event_filter_needs needs;
	struct event_filters *filters = context;

	return event_filter_parse(filters, &filters->allow, index, node, &needs, report);
}

static int take_redaction(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return redaction_parse(context, index, node, report);
}

static void read_filters(const char *text, filter_text_taker *take_one, void *context)
{
	_cleanup_(report_done) struct report report;

	report_init(&report, "log_path");
	if (text && filter_text_read(text, &report, take_one, context) < 0)
		errx(1, "%s is no filter", text);
}

/* The container that all of the recording is in. */
static void add_container(struct path *path)
{
	struct {
		struct wire_cgroup cgroup;
		char path[sizeof(CONTAINER)];
	} record = {
		.cgroup =
			{
				.header = {.version = WIRE_VERSION, .type = WIRE_CGROUP, .length = sizeof(record)},
				.id = RECORDING_CGROUP,
				.path_length = sizeof(CONTAINER) - 1,
			},
		.path = CONTAINER,
	};

	take(path, &record, sizeof(record));
}

static void path_open(struct path *path, const struct way *way, const char *log)
{
	const struct file_sink_options sink = {.path = log, .mode = 0600, .flag = "log_path"};

	path->json = (struct event_json_options){
		.node_name = "worker-1.example.org",
		.with_credentials = way->is_full,
		.with_namespaces = way->is_full,
		.objects = object_cache_new(),
	};
	path->series = way->has_series ? event_series_new(EVENT_SERIES_OF_POD | EVENT_SERIES_BINARY) : NULL;
	path->filters.engine = path->redactions.engine = &re2_engine;
	read_filters(way->allow, take_filter, &path->filters);
	read_filters(way->redact, take_redaction, &path->redactions);
	if (tracker_init(&path->tracker, CACHE_SIZE) < 0 || buffer_init(&path->line, EVENT_JSON_LINE_MAX) < 0 ||
	    file_sink_open(&sink, &path->sink) < 0)
		errx(1, "cannot begin");
	path->tracker.wall_minus_monotonic_ns = path->tracker.wall_minus_boot_ns = (int64_t)WALL_NS;
	path->tracker.filters = &path->filters;
	path->tracker.redactions = &path->redactions;
	add_container(path);
}

static void path_done(struct path *path)
{
	file_sink_close(path->sink, NULL);
	buffer_done(&path->line);
	object_cache_free(path->json.objects);
	event_series_free(path->series);
	tracker_done(&path->tracker);
	event_filters_done(&path->filters);
	redactions_done(&path->redactions);
}

/* --- the replay ---------------------------------------------------------------------------------------------- */

struct replay {
	struct recording recording;
	uint64_t passes, duration_ns;
	uint32_t root; /* who started it all: the same in each pass */
};

static void replay_open(struct replay *replay, const char *file)
{
	const struct wire_fork *first;
	const struct wire_header *last = NULL;

	*replay = (struct replay){0};
	recording_read(file, &replay->recording);
	first = (const void *)recording_at(&replay->recording, 0);
	for (size_t at = 0; at < replay->recording.length; at += last->length)
		last = recording_at(&replay->recording, at);
	replay->root = first->parent.pid;
	replay->duration_ns = last->ktime_ns - first->header.ktime_ns + 1;
}

static void move_task(const struct replay *replay, struct wire_task *task)
{
	if (task->pid == 0 || task->pid == replay->root)
		return;
	task->pid = task->pid < 4000000 ? task->pid + 701 : task->pid % 4000000 + 100;
	task->start_ns += replay->duration_ns;
}

/* The recording becomes one of other processes, right behind it in time. */
static void replay_move(const struct replay *replay)
{
	struct wire_header *header;

	for (size_t at = 0; at < replay->recording.length; at += header->length) {
		struct wire_task *tasks; /* task and parent */

		header = recording_at(&replay->recording, at);
		tasks = (struct wire_task *)(header + 1);
		header->ktime_ns += replay->duration_ns;
		move_task(replay, &tasks[0]);
		if (header->type != WIRE_EXIT)
			move_task(replay, &tasks[1]);
	}
}

/* What some passes took, in all. */
struct sum {
	uint64_t ns, instructions, allocations, events;
};

static void replay_pass(struct replay *replay, struct path *path, int counter, struct sum *sum)
{
	struct sum before = {bench_cpu_ns(), instructions(counter), allocations, path->events};

	for (size_t at = 0; at < replay->recording.length;) {
		const struct wire_header *header = (const void *)(replay->recording.bytes + at);

		take(path, header, header->length);
		at += header->length;
	}
	sum->instructions += instructions(counter) - before.instructions;
	sum->ns += bench_cpu_ns() - before.ns;
	sum->allocations += allocations - before.allocations;
	sum->events += path->events - before.events;
	replay_move(replay);
}

static void print_row(const struct way *way, double ns, const struct sum *last, uint64_t write_count, uint64_t bytes)
{
	double events = (double)last->events;
	char counted[32] = "-";

	if (last->instructions)
		snprintf(counted, sizeof(counted), "%.0f", (double)last->instructions / events);
	printf("  %-34s %10.0f %8.0f %12s %11.4f %9.4f %7.0f\n", way->name, 1e9 / ns, ns, counted,
	       (double)last->allocations / events, (double)write_count / events, (double)bytes / events);
}

static void measure(const struct way *way, struct replay *replay, size_t rounds, size_t passes, const char *log)
{
	_cleanup_free_ double *results = calloc(rounds + 1, sizeof(*results));
	int counter = instructions_open();
	struct file_sink_stats before, after;
	struct path path = {0};
	uint64_t writes_before = 0;
	struct sum sum = {0};

	path_open(&path, way, log);
	for (size_t round = 0; results && round <= rounds; round++) { /* the first is not counted: tables grow */
		if (truncate(log, 0) < 0)
			err(1, "%s", log);
		file_sink_get_stats(path.sink, &before);
		writes_before = writes();
		sum = (struct sum){0};
		for (size_t pass = 0; pass < passes; pass++)
			replay_pass(replay, &path, counter, &sum);
		file_sink_flush(path.sink);
		results[round] = (double)sum.ns / (double)sum.events;
	}
	file_sink_get_stats(path.sink, &after);
	print_row(way, bench_median(results + 1, rounds), &sum, writes() - writes_before,
		  after.bytes_written - before.bytes_written);
	path_done(&path);
	if (counter >= 0)
		close(counter);
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 11;
	size_t passes = argc > 2 ? strtoul(argv[2], NULL, 10) : 200;
	const char *directory = argc > 3 ? argv[3] : "/dev/shm";
	struct replay replay;
	char log[256];

	if (!rounds || !passes)
		errx(2, "usage: log_path [ROUNDS [PASSES PER ROUND [DIRECTORY [RECORDING [ROW]]]]]");
	snprintf(log, sizeof(log), "%s/trigon-bench-%d.log", directory, (int)getpid());
	replay_open(&replay, argc > 4 ? argv[4] : "tests/bench/processes.gz");
	printf("%-36s %10s %8s %12s %11s %9s %7s\n", "from the ring's bytes to the log", "events/s", "ns/event",
	       "instructions", "allocations", "write(2)s", "bytes");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		if (argc <= 5 || strtoul(argv[5], NULL, 10) == i)
			measure(&ways[i], &replay, rounds, passes, log);
	printf("  of a recording of %zu records, %zu events\n", replay.recording.count, replay.recording.event_count);
	if (!getenv("TRIGON_BENCH_KEEP"))
		unlink(log);
	free(replay.recording.bytes);
	return 0;
}
