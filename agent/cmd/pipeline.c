// SPDX-License-Identifier: Apache-2.0
#include "cmd/pipeline.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/encode/object_cache.h"
#include "core/event/event_series.h"
#include "io/bpf/base_sensor.h"
#include "io/kube/bundle.h"
#include "io/procfs/host_root.h"
#include "io/procfs/scan.h"

#define LEDGER_INTERVAL_NS (60 * CLOCK_NS_PER_SECOND)

static void read_clocks(struct tracker *tracker)
{
	int64_t wall = (int64_t)clock_realtime_ns();

	tracker->wall_minus_monotonic_ns = wall - (int64_t)clock_monotonic_ns();
	tracker->wall_minus_boot_ns = wall - (int64_t)clock_boottime_ns();
}

static int open_log(struct pipeline *pipeline, const struct agent_options *options)
{
	const struct event_log_options log = {
		.sink =
			{
				.path = options->export_filename,
				.mode = options->export_file_perm,
				.flag = "--export-filename",
			},
		.max_bytes = (uint64_t)options->export_file_max_size_mb << 20,
		.rotation_interval_ns = options->export_file_rotation_interval_ns,
		.max_backups = options->export_file_max_backups,
		.compress = options->export_file_compress,
		.ledger_interval_ns = LEDGER_INTERVAL_NS,
		.node_name = pipeline->node_name,
		.cluster_name = options->cluster_name,
	};

	if (!*options->export_filename)
		return 0;
	if (options->export_rate_limit > 0)
		return event_log_open(&log, &pipeline->log);
	log_info("--export-rate-limit is 0: no log is written");
	return 0;
}

static int init_printer(struct pipeline *pipeline, const struct agent_options *options)
{
	static const enum compact_color colors[] = {
		[AGENT_COLOR_AUTO] = COMPACT_COLOR_AUTO,
		[AGENT_COLOR_ALWAYS] = COMPACT_COLOR_ALWAYS,
		[AGENT_COLOR_NEVER] = COMPACT_COLOR_NEVER,
	};
	const struct file_sink_options printed = {.path = "-", .flag = "--print"};
	struct compact_style style = {0};
	int r;

	pipeline->print = options->print;
	if (options->print == AGENT_PRINT_NONE)
		return 0;
	r = file_sink_open(&printed, &pipeline->printed);
	if (r < 0)
		return r;
	if (options->print != AGENT_PRINT_COMPACT)
		return 0;
	style.with_color = compact_color_is_wanted(colors[options->color], stdout);
	return compact_printer_init(&pipeline->printer, EVENT_JSON_LINE_MAX, style);
}

int pipeline_init(struct pipeline *pipeline, struct agent_options *options, struct event_hub *hub)
{
	int r;

	*pipeline = (struct pipeline){0};
	node_name_in_events(pipeline->node_name);
	r = open_log(pipeline, options);
	if (r < 0)
		return r; /* said already */
	r = tracker_init(&pipeline->tracker, options->process_cache_size);
	if (r >= 0)
		r = buffer_init(&pipeline->line, EVENT_JSON_LINE_MAX);
	if (r >= 0 && !field_masks_is_empty(&options->fields))
		r = buffer_init(&pipeline->masked, EVENT_JSON_LINE_MAX);
	if (r >= 0)
		r = init_printer(pipeline, options);
	if (r < 0) {
		log_error("not enough memory to start");
		return r;
	}
	read_clocks(&pipeline->tracker);
	pipeline->hub = hub;
	host_root_find(options->procfs, pipeline->root);
	pipeline->filters = &options->filters;
	pipeline->fields = &options->fields;
	pipeline->filters->json = &pipeline->json;
	pipeline->tracker.filters = pipeline->filters;
	pipeline->tracker.redactions = &options->redactions;
	rate_limit_init(&pipeline->limit, options->export_rate_limit ? options->export_rate_limit : RATE_LIMIT_NONE,
			clock_monotonic_ns());
	pipeline->json = (struct event_json_options){
		.node_name = pipeline->node_name,
		.cluster_name = options->cluster_name,
		.with_credentials = options->enable_process_cred,
		.with_namespaces = options->enable_process_ns,
		.with_stack_addresses = options->expose_stack_addresses,
	};
	pipeline->json.objects = object_cache_new();
	if (!pipeline->json.objects)
		log_warn("not enough memory to keep texts of processes: each is made anew");
	r = procfs_host_namespaces(options->procfs, pipeline->json.host_namespaces);
	if (r < 0)
		log_warn("cannot read the host's namespaces below %s (%s): is_host is missing from events; "
			 "mount the host's /proc and name it with --procfs",
			 options->procfs, strerror(-r));
	else if (r == PROCFS_OWN_NAMESPACES)
		log_warn("cannot read the namespaces of pid 1 below %s: is_host compares with the agent's own instead; "
			 "usually the capability CAP_SYS_PTRACE is missing",
			 options->procfs);
	return 0;
}

void pipeline_done(struct pipeline *pipeline, struct file_sink_stats *ret_sink)
{
	*ret_sink = (struct file_sink_stats){0};
	pipeline->log = event_log_close(pipeline->log, ret_sink);
	pipeline->wait = pod_wait_free(pipeline->wait);
	pipeline->printed = file_sink_close(pipeline->printed, NULL);
	compact_printer_done(&pipeline->printer);
	buffer_done(&pipeline->line);
	buffer_done(&pipeline->masked);
	pipeline->json.objects = object_cache_free(pipeline->json.objects);
	existing_feed_end(&pipeline->feed, &pipeline->tracker.cache);
	tracker_done(&pipeline->tracker);
}

static void print_line(struct pipeline *pipeline, const char *line, size_t length)
{
	struct buffer *made = &pipeline->printer.buffer;

	if (pipeline->print == AGENT_PRINT_COMPACT) {
		if (compact_printer_make(&pipeline->printer, line, length) < 0 || made->length == 0)
			return;
		line = made->data;
		length = MIN(made->length, (size_t)FILE_SINK_BATCH_BYTES);
		made->data[length - 1] = '\n'; /* the few that are longer, which only escapes make, are cut */
	}
	file_sink_append(pipeline->printed, line, length);
}

static void write_log(struct pipeline *pipeline, const char *line, size_t length)
{
	if (!field_masks_is_empty(pipeline->fields)) {
		length = field_masks_apply(pipeline->fields, line, length, pipeline->masked.data);
		line = pipeline->masked.data;
	}
	if (pipeline->log)
		event_log_append(pipeline->log, line, length);
	if (pipeline->printed)
		print_line(pipeline, line, length);
}

/* A pod_wait_output. */
static void output(void *context, uint32_t to, const char *line, size_t length)
{
	struct pipeline *pipeline = context;

	if (to & DESTINATION_BIT(DESTINATION_LOG))
		write_log(pipeline, line, length);
	if (pipeline->has_readers)
		event_hub_put(pipeline->hub, to, line, length);
}

static bool is_within_limit(struct pipeline *pipeline)
{
	return !rate_limit_is_set(&pipeline->limit) || rate_limit_take(&pipeline->limit, clock_monotonic_ns());
}

/* A pod_wait_gate. */
static bool settle(void *context, unsigned int destination, const struct filter_pending *pending,
		   const struct filter_found *found)
{
	struct pipeline *pipeline = context;

	if (destination != DESTINATION_LOG)
		return event_hub_settle(pipeline->hub, destination, pending, found);
	if (event_filters_settle(pipeline->filters, pending, found) == FILTER_PASS)
		return is_within_limit(pipeline);
	pipeline->stats.filtered++;
	return false;
}

/* A pod_wait_is_sandbox. */
static bool is_sandbox(void *context, const char *docker)
{
	const struct pipeline *pipeline = context;
	struct scope_container container = {0};

	return bundle_find(pipeline->root, docker, &container) && container.is_sandbox;
}

int pipeline_use_pods(struct pipeline *pipeline, struct pod_table *table)
{
	const struct pod_wait_calls calls = {
		.output = output, .gate = settle, .is_sandbox = is_sandbox, .context = pipeline};

	pipeline->wait = pod_wait_new(table, &calls);
	if (!pipeline->wait)
		return -ENOMEM;
	pipeline->pods.finder = pod_wait_finder(pipeline->wait);
	pipeline->pods_finder = (struct pod_finder){.find = event_pods_find, .context = &pipeline->pods};
	pipeline->json.pods = &pipeline->pods_finder;
	pipeline->json.splices = &pipeline->splices;
	return 0;
}

/* False if there is nothing to export. */
static bool export(struct pipeline *pipeline, const struct event *event, const struct destinations *destinations)
{
	buffer_reset(&pipeline->line);
	if (!event_json_encode(&pipeline->line, event, &pipeline->json))
		return false;
	if (pipeline->wait)
		pod_wait_take(pipeline->wait, event, pipeline->line.data, pipeline->line.length, &pipeline->splices,
			      destinations, clock_monotonic_ns());
	else
		output(pipeline, destinations->to, pipeline->line.data, pipeline->line.length);
	return true;
}

/* Whether the log gets the event; what is kept back is counted. */
static void decide_log(struct pipeline *pipeline, const struct event *event, struct destinations *destinations)
{
	enum filter_verdict verdict = event_filters_decide(pipeline->filters, event, &pipeline->pods,
							   &destinations->verdicts[DESTINATION_LOG]);

	pipeline->stats.filtered += verdict == FILTER_DROP;
	/* what is pending is told by settle() */
	if (verdict == FILTER_PENDING || (verdict == FILTER_PASS && is_within_limit(pipeline)))
		destinations_add(destinations, DESTINATION_LOG, verdict);
}

/* Now it is a line, waits, or is kept back: see pipeline_add_to_ledger(). */
static void count(struct pipeline *pipeline, const struct event *event)
{
	pipeline->stats.events[event->type]++;
	if (event->type == EVENT_PROCESS_EXEC)
		for (uint32_t flags = event->process->flags; flags; flags &= flags - 1)
			pipeline->stats.flags[__builtin_ctz(flags)]++;
	if (pipeline->series)
		event_series_count(pipeline->series, event);
}

static void report(struct pipeline *pipeline, const struct event *event)
{
	struct destinations destinations;
	bool is_event = true;

	destinations.to = destinations.pending = 0;
	event_pods_begin(&pipeline->pods, event);
	decide_log(pipeline, event, &destinations);
	if (pipeline->has_readers)
		event_hub_decide(pipeline->hub, event, &pipeline->pods, &destinations);
	if (destinations.to)
		is_event = export(pipeline, event, &destinations);
	else if (pipeline->wait)
		pod_wait_skip(pipeline->wait);
	event_pods_end(&pipeline->pods);
	if (is_event)
		count(pipeline, event);
}

static void tell_limited(struct pipeline *pipeline, bool is_end)
{
	uint64_t dropped = rate_limit_tell(&pipeline->limit, clock_monotonic_ns(), is_end);

	if (dropped == 0)
		return;
	buffer_reset(&pipeline->line);
	event_json_encode_rate_limit(&pipeline->line, dropped, clock_realtime_ns(), &pipeline->json);
	output(pipeline, DESTINATION_BIT(DESTINATION_LOG), pipeline->line.data, pipeline->line.length);
	pipeline->stats.rate_limit_infos++;
}

/* False, and counted, when the bytes are no record. */
static bool decode(struct pipeline *pipeline, const void *bytes, size_t length, struct record *ret)
{
	int r = record_decode(bytes, length, ret);

	if (r >= 0)
		return true;
	if (pipeline->stats.bad_records++ == 0)
		log_error(
			"a record of %zu bytes from the kernel cannot be read (%s); this and further ones are counted",
			length, strerror(-r));
	return false;
}

static void handle(struct pipeline *pipeline, const struct record *record)
{
	uint64_t forgotten_cgroup = 0;
	struct event event;

	if (tracker_handle(&pipeline->tracker, record, &event, &forgotten_cgroup) > 0)
		report(pipeline, &event);
	if (forgotten_cgroup)
		base_sensor_forget_cgroup(pipeline->sensor, forgotten_cgroup);
}

void pipeline_take_record(void *context, const void *bytes, size_t length)
{
	struct pipeline *pipeline = context;
	struct record record;

	if (decode(pipeline, bytes, length, &record))
		handle(pipeline, &record);
}

static void take_hidden(struct pipeline *pipeline, const struct wire_hidden *hidden)
{
	if (!hidden->is_known)
		pipeline_take_record(pipeline, &hidden->fork, sizeof(hidden->fork));
	if (hidden->exec_length)
		pipeline_take_record(pipeline, hidden->exec, MIN(hidden->exec_length, sizeof(hidden->exec)));
}

/*
 * What the programs would tell of a process ahead of a record of its (bpf/hidden.h): a mapping is none of theirs. They
 * will tell it again, which the tracker drops.
 */
static void reveal_mapper(struct pipeline *pipeline, uint32_t pid)
{
	struct wire_hidden hidden, parent;

	if (!base_sensor_read_hidden(pipeline->sensor, pid, &hidden))
		return;
	if (!hidden.is_known && base_sensor_read_hidden(pipeline->sensor, hidden.fork.parent.pid, &parent) &&
	    parent.start_ns == hidden.fork.parent.start_ns)
		take_hidden(pipeline, &parent);
	take_hidden(pipeline, &hidden);
}

bool pipeline_take_mapping(void *context, const void *bytes, size_t length, bool must_take)
{
	struct pipeline *pipeline = context;
	struct record record;

	if (!decode(pipeline, bytes, length, &record))
		return true;
	reveal_mapper(pipeline, record.loader.task.pid);
	if (!must_take && tracker_awaits_exec(&pipeline->tracker, &record))
		return false;
	handle(pipeline, &record);
	return true;
}

void pipeline_end_throttle(void *context, uint64_t cgroup_id)
{
	struct pipeline *pipeline = context;
	struct event event;

	tracker_throttle_event(&pipeline->tracker, cgroup_id, false, clock_realtime_ns(), &event);
	report(pipeline, &event);
	pipeline->stats.throttles_ended++;
}

void pipeline_peek_record(void *context, const void *bytes, size_t length)
{
	struct pipeline *pipeline = context;
	struct record record;

	if (record_decode(bytes, length, &record) >= 0)
		tracker_supersede(&pipeline->tracker, &record);
}

void pipeline_report_existing(struct pipeline *pipeline)
{
	struct event event;

	while (tracker_next_existing(&pipeline->tracker, &event)) {
		pipeline->stats.existing++;
		report(pipeline, &event);
	}
}

static void read_stream_facts(const struct pipeline *pipeline, struct event_hub_facts *ret)
{
	*ret = (struct event_hub_facts){.now_ns = clock_monotonic_ns(), .wall_ns = clock_realtime_ns()};
	if (!pipeline->log)
		return;
	ret->session = event_log_session(pipeline->log);
	ret->lines = event_log_lines(pipeline->log);
	if (pipeline->wait)
		ret->waiting = pod_wait_read_stats(pipeline->wait)->waiting;
}

/* What is held is for who wants all events, too; else nobody knows any more what filters would say. */
static void change_waiting(struct pod_wait *wait, const struct event_hub_changes *changes)
{
	for (unsigned int i = DESTINATION_LOG + 1; i < DESTINATIONS_MAX; i++) {
		if (changes->left & DESTINATION_BIT(i))
			pod_wait_remove_destination(wait, i);
		if (changes->added_all & DESTINATION_BIT(i))
			pod_wait_add_destination(wait, i);
	}
}

static void change_readers(struct pipeline *pipeline, const struct event_hub_facts *facts)
{
	struct event_hub_changes changes;

	event_hub_poll(pipeline->hub, facts, &changes);
	pipeline->has_readers = event_hub_has_readers(pipeline->hub);
	if (pipeline->wait)
		change_waiting(pipeline->wait, &changes);
	existing_feed_change(&pipeline->feed, &pipeline->tracker.cache, &changes, facts->now_ns);
}

/* Pods are as they are known now: nothing of this waits among the lines of the log. */
static void feed_readers(struct pipeline *pipeline, const struct event_hub_facts *facts)
{
	const struct pod_finder *finder = pipeline->pods.finder;
	struct event_json_options json = pipeline->json;
	const struct existing_feed_options options = {
		.tracker = &pipeline->tracker,
		.hub = pipeline->hub,
		.json = &json,
		.pods = &pipeline->pods,
		.line = &pipeline->line,
	};

	json.objects = NULL; /* which are the events' */
	if (pipeline->wait)
		pipeline->pods.finder = pod_wait_finder_now(pipeline->wait);
	existing_feed_continue(&pipeline->feed, &options, facts, !pipeline->wait || pod_wait_has_list(pipeline->wait));
	pipeline->pods.finder = finder;
}

void pipeline_poll_readers(struct pipeline *pipeline)
{
	struct event_hub_facts facts;

	if (!event_hub_is_asked(pipeline->hub) && !pipeline_is_feeding(pipeline))
		return;
	read_stream_facts(pipeline, &facts);
	if (event_hub_is_asked(pipeline->hub))
		change_readers(pipeline, &facts);
	if (pipeline_is_feeding(pipeline))
		feed_readers(pipeline, &facts);
}

bool pipeline_is_feeding(const struct pipeline *pipeline)
{
	return existing_feed_is_active(&pipeline->feed);
}

void pipeline_flush(struct pipeline *pipeline)
{
	if (pipeline_is_holding(pipeline))
		pod_wait_poll(pipeline->wait, clock_monotonic_ns());
	if (pipeline->has_readers)
		event_hub_flush(pipeline->hub);
	if (pipeline->log)
		event_log_flush(pipeline->log);
	if (pipeline->printed)
		file_sink_flush(pipeline->printed);
}

bool pipeline_is_holding(const struct pipeline *pipeline)
{
	return pipeline->wait && pod_wait_is_holding(pipeline->wait);
}

void pipeline_end(struct pipeline *pipeline)
{
	struct event_hub_facts facts;

	if (pipeline->wait)
		pod_wait_end(pipeline->wait);
	tell_limited(pipeline, true);
	pipeline_flush(pipeline);
	read_stream_facts(pipeline, &facts);
	event_hub_end(pipeline->hub, &facts);
}

void pipeline_reopen_log(struct pipeline *pipeline)
{
	if (pipeline->log)
		event_log_reopen(pipeline->log);
}

static struct ledger_reader ledger_reader(const struct event_reader_stats *stats)
{
	return (struct ledger_reader){.reader = stats->reader, .sent = stats->sent, .lost = stats->lost};
}

_Static_assert(LEDGER_READERS_MAX >= EVENT_HUB_READERS_MAX, "readers in a record");

static void add_readers(const struct event_hub *hub, struct ledger *ledger)
{
	struct event_hub_stats stats;

	event_hub_read_stats(hub, &stats);
	ledger->reader_count = stats.count;
	for (size_t i = 0; i < stats.count; i++)
		ledger->readers[i] = ledger_reader(&stats.readers[i]);
	ledger->readers_gone = ledger_reader(&stats.gone);
}

void pipeline_add_to_ledger(const struct pipeline *pipeline, struct ledger *ledger)
{
	add_readers(pipeline->hub, ledger);
	ledger->events = pipeline->stats.rate_limit_infos;
	ledger->waiting = 0;
	ledger->filtered = pipeline->stats.filtered;
	ledger->rate_limited = pipeline->limit.dropped;
	for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
		ledger->events += pipeline->stats.events[i];
	if (pipeline->wait)
		ledger->waiting = pod_wait_read_stats(pipeline->wait)->waiting;
}

void pipeline_tick(struct pipeline *pipeline)
{
	uint64_t now_ns = clock_monotonic_ns();

	read_clocks(&pipeline->tracker);
	process_cache_expire(&pipeline->tracker.cache, now_ns);
	tell_limited(pipeline, false);
	if (pipeline->has_readers)
		event_hub_tick(pipeline->hub, now_ns, clock_realtime_ns());
	if (pipeline->log)
		event_log_tick(pipeline->log, now_ns);
	if (pipeline->printed)
		file_sink_tick(pipeline->printed, now_ns);
}
