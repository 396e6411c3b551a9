// SPDX-License-Identifier: Apache-2.0
#include "cmd/summary.h"

#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/util.h"
#include "io/procfs/own_usage.h"

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void print_losses(FILE *out, const struct summary_facts *facts)
{
	const struct {
		const char *what;
		uint64_t count;
	} rows[] = {
		{"exec records, ring full", facts->losses.ring[WIRE_EXEC]},
		{"fork records, ring full", facts->losses.ring[WIRE_FORK]},
		{"exit records, ring full", facts->losses.ring[WIRE_EXIT]},
		{"cgroup records, ring full", facts->losses.ring[WIRE_CGROUP]},
		{"hook records, ring full", facts->losses.ring[WIRE_HOOK]},
		{"loader records, ring full", facts->losses.ring[WIRE_LOADER]},
		{"throttle records, ring full", facts->losses.ring[WIRE_THROTTLE]},
		{"exec events, throttled", facts->losses.throttled[WIRE_EXEC]},
		{"fork events, throttled", facts->losses.throttled[WIRE_FORK]},
		{"exit events, throttled", facts->losses.throttled[WIRE_EXIT]},
		{"exec events, preempted", facts->losses.preempted[WIRE_EXEC]},
		{"fork events, preempted", facts->losses.preempted[WIRE_FORK]},
		{"exit events, preempted", facts->losses.preempted[WIRE_EXIT]},
		{"hook events, preempted", facts->losses.preempted[WIRE_HOOK]},
		{"hook records, no slot", facts->losses.slots},
		{"unreadable records", facts->losses.unreadable},
		{"records, no memory", facts->losses.out_of_memory},
		{"records, unknown hook", facts->losses.unknown_hooks},
		{"records, not as their hook", facts->losses.mismatched_hooks},
		{"lines, write error", facts->sink.lines_lost[FILE_SINK_CAUSE_WRITE_ERROR]},
		{"lines, closed pipe", facts->sink.lines_lost[FILE_SINK_CAUSE_CLOSED_PIPE]},
		{"lines, log not open", facts->sink.lines_lost[FILE_SINK_CAUSE_NOT_OPEN]},
		{"lines, slow reader", facts->sink.lines_lost[FILE_SINK_CAUSE_SLOW_READER]},
	};
	uint64_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		total += rows[i].count;
	fprintf(out, "  lost          %" PRIu64 "\n", total);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].count)
			fprintf(out, "    %-26s %" PRIu64 "\n", rows[i].what, rows[i].count);
}

/* Those of policies, as far as there were any. */
static void print_hook_events(FILE *out, const struct pipeline_stats *stats)
{
	static const struct {
		enum event_type type;
		const char *name;
	} rows[] = {
		{EVENT_PROCESS_KPROBE, "process_kprobe"},     {EVENT_PROCESS_TRACEPOINT, "process_tracepoint"},
		{EVENT_PROCESS_LSM, "process_lsm"},           {EVENT_PROCESS_LOADER, "process_loader"},
		{EVENT_PROCESS_THROTTLE, "process_throttle"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (stats->events[rows[i].type])
			fprintf(out, "  %-13s %" PRIu64 "\n", rows[i].name, stats->events[rows[i].type]);
}

/* Events that waited for their pod or container, if there is a cluster. */
static void print_pods(FILE *out, const struct pod_wait *wait)
{
	static const char *const causes[POD_WAIT_CAUSE_COUNT] = {
		[POD_WAIT_CAUSE_TIME] = "not known in time",
		[POD_WAIT_CAUSE_VAIN] = "not waited for again",
		[POD_WAIT_CAUSE_ROOM] = "no room to wait",
		[POD_WAIT_CAUSE_END] = "the agent ended",
	};
	const struct pod_wait_stats *stats;

	if (!wait)
		return;
	stats = pod_wait_read_stats(wait);
	fprintf(out, "  waited        %" PRIu64 " events, for their container's name\n", stats->held);
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (stats->incomplete[i])
			fprintf(out, "    without, %-17s %" PRIu64 "\n", causes[i], stats->incomplete[i]);
}

void summary_print(FILE *out, const struct pipeline *pipeline, const struct summary_facts *facts)
{
	const struct pipeline_stats *stats = &pipeline->stats;
	const struct process_cache_stats *cache = &pipeline->tracker.cache.stats;
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	fprintf(out, "\nTrigon watched for %.1f s\n",
		(double)(clock_monotonic_ns() - facts->started_ns) / CLOCK_NS_PER_SECOND);
	fprintf(out, "  process_exec  %" PRIu64 " (%" PRIu64 " of them ran before)\n",
		stats->events[EVENT_PROCESS_EXEC], stats->existing);
	fprintf(out, "  process_exit  %" PRIu64 "\n", stats->events[EVENT_PROCESS_EXIT]);
	print_hook_events(out, stats);
	if (stats->filtered)
		fprintf(out, "  filtered      %" PRIu64 " of these\n", stats->filtered);
	if (pipeline->limit.dropped)
		fprintf(out, "  rate limited  %" PRIu64 " of these\n", pipeline->limit.dropped);
	print_losses(out, facts);
	print_pods(out, pipeline->wait);
	if (cache->evicted_live)
		fprintf(out, "  evicted       %" PRIu64 " live processes: raise --process-cache-size\n",
			cache->evicted_live);
	fprintf(out, "  processes     %" PRIu64 " alive\n", cache->live);
	fprintf(out, "  log           %" PRIu64 " lines, %.1f MB\n", facts->sink.lines_written,
		(double)facts->sink.bytes_written / 1e6);
	fprintf(out, "  CPU time      %.2f s user, %.2f s system\n", seconds_of(usage.ru_utime),
		seconds_of(usage.ru_stime));
	fprintf(out, "  memory        %.1f MB resident\n", (double)own_usage_resident_bytes() / 1e6);
}
