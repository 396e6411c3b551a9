// SPDX-License-Identifier: Apache-2.0
#include "cmd/health.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/encode/metrics_text.h"

#define STANDSTILL_S 30 /* a machine so busy that the loop does not turn for so long has other troubles */

#define STATUS_OK 200
#define STATUS_UNAVAILABLE 503

struct health {
	struct http_server *server;    /* NULL: none of its own */
	struct health_options options; /* but for the address */
	atomic_uint_least64_t beat_ns; /* when the loop turned last */
	atomic_bool has_started, has_synced;
};

/* --- answers, in the servers' threads */

static unsigned int say_ok(struct buffer *body)
{
	buffer_append_literal(body, "ok\n");
	return STATUS_OK;
}

static unsigned int read_live(const struct health *health, struct buffer *body)
{
	uint64_t beat_ns = atomic_load(&health->beat_ns), now_ns = clock_monotonic_ns();
	uint64_t still_s = now_ns > beat_ns ? (now_ns - beat_ns) / CLOCK_NS_PER_SECOND : 0;

	if (still_s < STANDSTILL_S)
		return say_ok(body);
	buffer_append_literal(body, "the loop has stood still for ");
	buffer_append_u64(body, still_s);
	buffer_append_literal(body, " s\n");
	return STATUS_UNAVAILABLE;
}

static unsigned int read_started(const struct health *health, struct buffer *body)
{
	if (atomic_load(&health->has_started))
		return say_ok(body);
	buffer_append_cstring(body, health->options.not_started);
	return STATUS_UNAVAILABLE;
}

unsigned int health_read_ready(const struct health *health, struct buffer *body)
{
	if (!atomic_load(&health->has_started))
		return read_started(health, body);
	if (atomic_load(&health->has_synced))
		return read_live(health, body);
	buffer_append_cstring(body, health->options.not_synced);
	return STATUS_UNAVAILABLE;
}

static unsigned int answer_live(void *context, const char *below, struct buffer *body)
{
	(void)below;
	return read_live(context, body);
}

static unsigned int answer_started(void *context, const char *below, struct buffer *body)
{
	(void)below;
	return read_started(context, body);
}

static unsigned int answer_ready(void *context, const char *below, struct buffer *body)
{
	(void)below;
	return health_read_ready(context, body);
}

static unsigned int answer_metrics(void *context, const char *below, struct buffer *body)
{
	const struct health *health = context;

	(void)below;
	health->options.write_metrics(health->options.metrics_context, body);
	return STATUS_OK;
}

static const struct http_route routes[] = {
	{.path = "/livez", .type = "text/plain", .answer = answer_live},
	{.path = "/healthz", .type = "text/plain", .answer = answer_live},
	{.path = "/readyz", .type = "text/plain", .answer = answer_ready},
	{.path = "/startupz", .type = "text/plain", .answer = answer_started},
	{.path = "/metrics", .type = METRICS_TEXT_TYPE, .answer = answer_metrics},
};

/* --- */

static int open_server(struct health *health, const char *address)
{
	const struct http_routes served = health_routes(health);
	const struct http_server_options server = {
		.address = address,
		.name = "--health-server-address",
		.routes = &served,
		.count = 1,
	};
	char error[HTTP_ERROR_MAX];
	int r = http_server_open(&server, &health->server, error);

	if (r < 0)
		log_error("--health-server-address: %s", error);
	else
		log_info("probes are answered on port %u: /livez, /readyz and /startupz; and /metrics",
			 http_server_port(health->server));
	return r;
}

int health_open(const struct health_options *options, struct health **ret)
{
	struct health *health = calloc(1, sizeof(*health));
	int r;

	if (!health) {
		log_error("not enough memory to start");
		return -ENOMEM;
	}
	health->options = *options;
	health->options.address = NULL;
	health_beat(health);
	r = *options->address ? open_server(health, options->address) : 0;
	if (r < 0) {
		health_close(health);
		return r;
	}
	*ret = health;
	return 0;
}

struct http_routes health_routes(struct health *health)
{
	return (struct http_routes){routes, ARRAY_SIZE(routes), health};
}

void health_beat(struct health *health)
{
	if (health)
		atomic_store(&health->beat_ns, clock_monotonic_ns());
}

void health_set_started(struct health *health)
{
	if (health)
		atomic_store(&health->has_started, true);
}

void health_set_synced(struct health *health)
{
	if (health)
		atomic_store(&health->has_synced, true);
}

struct health *health_close(struct health *health)
{
	if (!health)
		return NULL;
	http_server_close(health->server);
	free(health);
	return NULL;
}
