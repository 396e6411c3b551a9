// SPDX-License-Identifier: Apache-2.0
#include "cmd/metrics.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/cluster.h"
#include "cmd/commands.h"
#include "cmd/losses.h"
#include "cmd/pipeline.h"
#include "cmd/policy_board.h"
#include "core/encode/agent_metrics.h"
#include "core/encode/event_metrics.h"
#include "core/kube/pod_table.h"
#include "io/bpf/object_usage.h"
#include "io/kube/client.h"
#include "io/kube/policy_objects.h"
#include "io/procfs/own_usage.h"

#define MEASURE_NS (10 * CLOCK_NS_PER_SECOND)

struct metrics {
	pthread_mutex_t facts_lock; /* for the next two, held for a copy; the event loop only tries it */
	struct agent_metrics facts;
	bool has_facts;
	struct policy_board_handle *board; /* not owned */
	uint64_t measured_ns;              /* when the kernel was asked about policies last; 0: never */
	struct event_series *series;       /* NULL: events are counted by type only */
	uint64_t started_wall_ns;
	uint64_t log_lines, log_written_wall_ns; /* by the event loop: what there were, and when there were more */
};

_Static_assert(METRICS_ANSWERS_COUNT == KUBE_CLIENT_STATUS_COUNT, "classes of answers");
_Static_assert(AGENT_METRICS_WATCHES_MAX >= CLUSTER_WATCHES_MAX, "what is watched");
_Static_assert(AGENT_METRICS_LOG_CAUSES_MAX >= FILE_SINK_CAUSE_COUNT, "causes of lost lines");

struct metrics *metrics_new(struct policy_board_handle *board, bool with_series, unsigned int labels)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (!metrics)
		return NULL;
	pthread_mutex_init(&metrics->facts_lock, NULL);
	metrics->board = board;
	metrics->started_wall_ns = clock_realtime_ns();
	metrics->series = with_series ? event_series_new(labels) : NULL;
	return with_series && !metrics->series ? metrics_free(metrics) : metrics;
}

struct metrics *metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return NULL;
	pthread_mutex_destroy(&metrics->facts_lock);
	event_series_free(metrics->series);
	free(metrics);
	return NULL;
}

struct event_series *metrics_series(struct metrics *metrics)
{
	return metrics ? metrics->series : NULL;
}

/* --- by the event loop */

static void read_losses(const struct metrics_sources *sources, struct agent_metrics *facts)
{
	const struct tracker_stats *tracker = &sources->pipeline->tracker.stats;
	const struct losses *losses = &sources->losses->now;

	for (size_t i = 0; i < WIRE_TYPE_MAX; i++) {
		facts->lost[i] = losses->ring[i];
		facts->throttled[i] = losses->throttled[i];
		facts->missed[i] = losses->preempted[i];
		facts->records[i] = tracker->records[i];
		if (i != WIRE_LOADER) /* these come by rings of their own */
			facts->received += tracker->records[i];
	}
	facts->throttles_ended = sources->pipeline->stats.throttles_ended;
	facts->bad_records = losses->unreadable;
	facts->received += facts->bad_records;
	facts->out_of_memory = losses->out_of_memory;
	facts->unknown_hooks = losses->unknown_hooks;
	facts->mismatched_hooks = losses->mismatched_hooks;
	facts->unknown_processes = tracker->unknown_processes;
	facts->unknown_parents = tracker->unknown_parents;
}

static void read_log(struct metrics *metrics, const struct event_log *log, struct agent_metrics *facts)
{
	struct file_sink_stats stats;
	size_t count = 0;

	facts->has_log = log;
	if (!log)
		return;
	event_log_get_stats(log, &stats);
	facts->log_lines = stats.lines_written;
	facts->log_bytes = stats.bytes_written;
	if (stats.lines_written != metrics->log_lines)
		metrics->log_written_wall_ns = clock_realtime_ns();
	metrics->log_lines = stats.lines_written;
	facts->log_written_wall_ns = metrics->log_written_wall_ns;
	for (size_t i = FILE_SINK_CAUSE_NONE + 1; i < FILE_SINK_CAUSE_COUNT; i++) {
		facts->log_lost[count].name = file_sink_cause_name((enum file_sink_cause)i);
		facts->log_lost[count++].lines = stats.lines_lost[i];
	}
}

static void read_watches(const struct cluster *cluster, struct agent_metrics *facts)
{
	struct cluster_watch watches[CLUSTER_WATCHES_MAX];
	size_t count = cluster_read_watches(cluster, watches);

	for (size_t i = 0; i < count; i++) {
		facts->watches[i].resource = watches[i].resource;
		facts->watches[i].objects = watches[i].objects;
		facts->watches[i].skipped = watches[i].skipped;
		facts->watches[i].failures = watches[i].failures;
	}
}

static void read_cluster(const struct metrics_sources *sources, struct agent_metrics *facts)
{
	struct kube_client_stats client;
	struct pod_table_stats pods;

	facts->has_cluster = sources->pods && sources->cluster && sources->pipeline->wait;
	if (!facts->has_cluster)
		return;
	pod_table_read_stats(sources->pods, &pods);
	facts->pods = pods.pods;
	facts->deleted_pods_evicted = pods.evicted;
	read_watches(sources->cluster, facts);
	facts->wait = *pod_wait_read_stats(sources->pipeline->wait);
	cluster_read_client_stats(sources->cluster, &client);
	memcpy(facts->api_answers, client.answers, sizeof(facts->api_answers));
}

void metrics_publish(struct metrics *metrics, const struct metrics_sources *sources)
{
	const struct pipeline *pipeline = sources->pipeline;
	struct agent_metrics facts = {
		.node_name = pipeline->node_name,
		.has_series = pipeline->series,
		.cache = pipeline->tracker.cache.stats,
		.cache_capacity = pipeline->tracker.cache.maximum,
	};

	facts.filtered = pipeline->stats.filtered;
	facts.rate_limited = pipeline->limit.dropped;
	memcpy(facts.events, pipeline->stats.events, sizeof(facts.events));
	memcpy(facts.flags, pipeline->stats.flags, sizeof(facts.flags));
	read_losses(sources, &facts);
	read_log(metrics, pipeline->log, &facts);
	event_hub_read_stats(pipeline->hub, &facts.readers);
	read_cluster(sources, &facts);
	if (metrics->series)
		event_series_renew(metrics->series, sources->pods, clock_monotonic_ns());
	if (pthread_mutex_trylock(&metrics->facts_lock) != 0)
		return; /* somebody reads: in a second, then */
	metrics->facts = facts;
	metrics->has_facts = true;
	pthread_mutex_unlock(&metrics->facts_lock);
}

/* --- by the thread that answers */

struct policies {
	struct metrics_text *text;
	enum agent_metrics_policy which;
	uint64_t states[POLICY_STATE_COUNT];
};

static void count_state(void *context, const struct policy_status *status)
{
	struct policies *policies = context;

	policies->states[status->state]++;
}

static void add_policy(void *context, const struct policy_status *status)
{
	const struct policies *policies = context;
	bool is_object = strncmp(status->file, POLICY_OBJECTS_PLACE, strlen(POLICY_OBJECTS_PLACE)) == 0;

	agent_metrics_add_policy(policies->text, policies->which, status, is_object ? "cluster" : "file");
}

/* The kernel is asked about each program and map of a policy, so not too often. */
static bool is_to_measure(struct metrics *metrics)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (metrics->measured_ns && now_ns - metrics->measured_ns < MEASURE_NS)
		return false;
	metrics->measured_ns = now_ns;
	return true;
}

static bool is_timing(enum agent_metrics_policy which)
{
	return which == AGENT_METRICS_POLICY_RUNS || which == AGENT_METRICS_POLICY_SECONDS;
}

/* With the board's lock. The samples of a family must stand together, so the policies are gone through once for each.
 */
static void write_policies(struct metrics *metrics, struct policy_board *board, struct metrics_text *text)
{
	struct policies policies = {.text = text};
	const struct scope_stats scopes = policy_board_scopes(board);
	bool is_timed = program_usage_is_timed();

	if (policy_board_visit(board, is_to_measure(metrics), count_state, &policies) < 0)
		return;
	agent_metrics_add_policy_states(text, policies.states);
	agent_metrics_add_scopes(text, &scopes);
	for (int i = 0; i < AGENT_METRICS_POLICY_COUNT; i++) {
		policies.which = (enum agent_metrics_policy)i;
		if (is_timing(policies.which) && !is_timed)
			continue;
		agent_metrics_begin_policies(text, policies.which);
		policy_board_visit_counters(board, add_policy, &policies);
	}
}

static void write_process(const struct metrics *metrics, struct metrics_text *text)
{
	struct metrics_process process;

	own_usage_read(&process);
	process.started_wall_ns = metrics->started_wall_ns;
	metrics_add_process(text, &process);
}

void metrics_write(void *context, struct buffer *body)
{
	struct metrics *metrics = context;
	struct metrics_text text;
	struct policy_board *board;
	struct agent_metrics facts;
	bool has_facts;

	pthread_mutex_lock(&metrics->facts_lock);
	facts = metrics->facts;
	has_facts = metrics->has_facts;
	pthread_mutex_unlock(&metrics->facts_lock);
	metrics_text_begin(&text, body);
	metrics_add_build(&text, "trigon_build_info", TRIGON_VERSION, version_commit());
	write_process(metrics, &text);
	if (has_facts) /* else zeros would be told of what is not known yet */
		agent_metrics_add(&text, &facts);
	board = policy_board_handle_take(metrics->board);
	if (board)
		write_policies(metrics, board, &text);
	policy_board_handle_release(metrics->board);
	if (has_facts && metrics->series)
		event_metrics_add(&text, metrics->series, facts.node_name);
	metrics_text_end(&text);
}
