// SPDX-License-Identifier: Apache-2.0
#include "cmd/api.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd/cluster.h"
#include "cmd/commands.h"
#include "cmd/event_stream.h"
#include "cmd/health.h"
#include "cmd/pipeline.h"
#include "core/encode/agent_status.h"
#include "core/kube/pod_table.h"
#include "core/policy/status_json.h"
#include "io/procfs/own_usage.h"
#include "io/server/http_server.h"
#include "io/server/page.h"

#define STATUS_OK 200
#define STATUS_NOT_FOUND 404
#define STATUS_INTERNAL_ERROR 500
#define STATUS_UNAVAILABLE 503
#define REASON_MAX 256

#define JSON_TYPE "application/json"

struct api {
	struct api_options options; /* but for the addresses */
	uint64_t started_ns;
	pthread_mutex_t facts_lock; /* for the next, held for a copy; the event loop only tries it */
	struct agent_status facts;  /* as far as the event loop knows them */
	struct event_stream_options events;
	struct http_stream stream;
	struct http_server *local, *tcp; /* NULL: none */
};

/* --- by the event loop */

static void read_cluster(const struct api_sources *sources, struct agent_status *facts)
{
	struct pod_table_stats pods;

	facts->has_cluster = sources->pods && sources->cluster;
	if (!facts->has_cluster)
		return;
	pod_table_read_stats(sources->pods, &pods);
	facts->pods = pods.pods;
	facts->has_synced = cluster_has_synced(sources->cluster);
}

static void read_facts(const struct api *api, const struct api_sources *sources, struct agent_status *facts)
{
	const struct pipeline *pipeline = sources->pipeline;

	facts->has_facts = true;
	memcpy(facts->events, pipeline->stats.events, sizeof(facts->events));
	event_hub_read_stats(pipeline->hub, &facts->readers);
	facts->processes_known = pipeline->tracker.cache.stats.live;
	facts->processes_maximum = pipeline->tracker.cache.maximum;
	facts->log_path = pipeline->log ? api->options.log_path : NULL;
	facts->ledger = *sources->ledger;
	read_cluster(sources, facts);
}

void api_publish(struct api *api, const struct api_sources *sources)
{
	struct agent_status facts = {0};

	read_facts(api, sources, &facts);
	if (pthread_mutex_trylock(&api->facts_lock) != 0)
		return; /* somebody reads: in a second, then */
	api->facts = facts;
	pthread_mutex_unlock(&api->facts_lock);
}

/* --- answers, in the servers' threads */

static unsigned int end_json(struct buffer *body)
{
	buffer_append_byte(body, '\n');
	return STATUS_OK;
}

static unsigned int say_error(struct buffer *body, unsigned int status, const char *text)
{
	buffer_reset(body);
	status_json_error(body, text);
	buffer_append_byte(body, '\n');
	return status;
}

static void count_state(void *context, const struct policy_status *status)
{
	struct agent_status *answer = context;

	answer->policies[status->state]++;
}

static void read_policies(const struct api *api, struct agent_status *answer)
{
	struct policy_board *board = policy_board_handle_take(api->options.board);

	if (board) {
		policy_board_visit(board, false, count_state, answer);
		answer->scopes = policy_board_scopes(board);
	}
	policy_board_handle_release(api->options.board);
}

/* Why the agent is not ready, without the newline; empty: it is. */
static struct bytes read_reason(const struct api *api, char text[REASON_MAX])
{
	struct buffer reason = {.data = text, .capacity = REASON_MAX};

	if (health_read_ready(api->options.health, &reason) == STATUS_OK)
		return (struct bytes){0};
	return (struct bytes){text, reason.length ? reason.length - 1 : 0};
}

static unsigned int answer_status(void *context, const char *below, struct buffer *body)
{
	struct api *api = context;
	struct utsname kernel = {0};
	struct agent_status answer;
	char reason[REASON_MAX];

	(void)below;
	pthread_mutex_lock(&api->facts_lock);
	answer = api->facts;
	pthread_mutex_unlock(&api->facts_lock);
	uname(&kernel);
	answer.version = TRIGON_VERSION;
	answer.commit = version_commit();
	answer.node_name = api->options.node_name;
	answer.cluster_name = api->options.cluster_name;
	answer.kernel = kernel.release;
	answer.arch = kernel.machine;
	answer.pid = getpid();
	answer.started_ns = api->started_ns;
	answer.wall_ns = clock_realtime_ns();
	answer.reason = read_reason(api, reason);
	answer.resident_bytes = own_usage_resident_bytes();
	read_policies(api, &answer);
	agent_status_append(body, &answer);
	return end_json(body);
}

static unsigned int answer_policies(void *context, const char *below, struct buffer *body)
{
	struct api *api = context;
	struct policy_board *board = policy_board_handle_take(api->options.board);
	int r = board ? policy_board_list(board, body) : -ENODEV;

	(void)below;
	policy_board_handle_release(api->options.board);
	if (r == -ENODEV)
		return say_error(body, STATUS_UNAVAILABLE,
				 "the agent has not begun with its policies yet, or is ending");
	return r < 0 ? say_error(body, STATUS_INTERNAL_ERROR, "out of memory") : end_json(body);
}

static unsigned int answer_policy(void *context, const char *below, struct buffer *body)
{
	struct api *api = context;
	struct policy_board *board = policy_board_handle_take(api->options.board);
	int r = board ? policy_board_show(board, below, body) : -ENODEV;

	policy_board_handle_release(api->options.board);
	if (r == -ENODEV)
		return say_error(body, STATUS_UNAVAILABLE,
				 "the agent has not begun with its policies yet, or is ending");
	if (r == -ENOENT)
		return say_error(body, STATUS_NOT_FOUND, "there is no policy of this name");
	return r < 0 ? say_error(body, STATUS_INTERNAL_ERROR, "out of memory") : end_json(body);
}

static const struct http_route routes[] = {
	{.path = "/v1/status", .type = JSON_TYPE, .answer = answer_status},
	{.path = "/v1/policies", .type = JSON_TYPE, .answer = answer_policies},
	{.path = "/v1/policies/", .type = JSON_TYPE, .has_below = true, .answer = answer_policy},
};

/* --- servers */

static int open_local(struct api *api, const char *path, const struct http_routes *served, size_t count)
{
	const struct http_server_options options = {
		.path = path,
		.name = "--server-address",
		.routes = served,
		.count = count,
		.stream = &api->stream,
	};
	char error[HTTP_ERROR_MAX];
	int r = *path ? http_server_open(&options, &api->local, error) : 0;

	if (r < 0)
		log_warn("--server-address: %s; nobody can ask this agent there until it is started with another path",
			 error);
	return 0;
}

static int open_tcp(struct api *api, const char *address, const struct http_routes *served, size_t count)
{
	const struct http_server_options options = {
		.address = address,
		.name = "--http-address",
		.is_for_browsers = true,
		.routes = served,
		.count = count,
		.stream = &api->stream,
	};
	char error[HTTP_ERROR_MAX];
	int r = *address ? http_server_open(&options, &api->tcp, error) : 0;

	if (r < 0)
		log_error("--http-address: %s", error);
	else if (api->tcp)
		log_info("the API is served on port %u, without a password", http_server_port(api->tcp));
	return r;
}

static int open_servers(struct api *api, const struct api_options *options)
{
	const struct http_routes served[] = {
		health_routes(options->health),
		{routes, ARRAY_SIZE(routes), api},
		page_routes(),
	};
	int r = open_local(api, options->server_address, served, ARRAY_SIZE(served));

	return r < 0 ? r : open_tcp(api, options->http_address, served, ARRAY_SIZE(served));
}

int api_open(const struct api_options *options, struct api **ret)
{
	struct api *api = calloc(1, sizeof(*api));
	int r;

	if (!api) {
		log_error("not enough memory to start");
		return -ENOMEM;
	}
	api->options = *options;
	api->options.server_address = api->options.http_address = NULL;
	api->started_ns = clock_realtime_ns();
	pthread_mutex_init(&api->facts_lock, NULL);
	api->events = (struct event_stream_options){
		.hub = options->hub,
		.with_credentials = options->with_credentials,
		.json = options->json,
	};
	api->stream = event_stream(&api->events);
	r = open_servers(api, options);
	if (r < 0) {
		api_close(api);
		return r;
	}
	*ret = api;
	return 0;
}

struct api *api_close(struct api *api)
{
	if (!api)
		return NULL;
	http_server_close(api->local);
	http_server_close(api->tcp);
	pthread_mutex_destroy(&api->facts_lock);
	free(api);
	return NULL;
}
