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
#include "io/server/http_server.h"

#define STANDSTILL_S 30 /* a machine so busy that the loop does not turn for so long has other troubles */

#define STATUS_OK 200
#define STATUS_UNAVAILABLE 503

struct health {
	struct http_server *server;
	struct health_options options; /* but for the address */
	atomic_uint_least64_t beat_ns; /* when the loop turned last */
	atomic_bool has_started, has_synced;
};

/* --- answers, in the server's thread */

static unsigned int answer_ok(struct buffer *body)
{
	buffer_append_literal(body, "ok\n");
	return STATUS_OK;
}

static unsigned int answer_live(void *context, struct buffer *body)
{
	const struct health *health = context;
	uint64_t beat_ns = atomic_load(&health->beat_ns), now_ns = clock_monotonic_ns();
	uint64_t still_s = now_ns > beat_ns ? (now_ns - beat_ns) / CLOCK_NS_PER_SECOND : 0;

	if (still_s < STANDSTILL_S)
		return answer_ok(body);
	buffer_append_literal(body, "the loop has stood still for ");
	buffer_append_u64(body, still_s);
	buffer_append_literal(body, " s\n");
	return STATUS_UNAVAILABLE;
}

static unsigned int answer_started(void *context, struct buffer *body)
{
	const struct health *health = context;

	if (atomic_load(&health->has_started))
		return answer_ok(body);
	buffer_append_cstring(body, health->options.not_started);
	return STATUS_UNAVAILABLE;
}

static unsigned int answer_ready(void *context, struct buffer *body)
{
	const struct health *health = context;

	if (!atomic_load(&health->has_started))
		return answer_started(context, body);
	if (atomic_load(&health->has_synced))
		return answer_live(context, body);
	buffer_append_cstring(body, health->options.not_synced);
	return STATUS_UNAVAILABLE;
}

static unsigned int answer_metrics(void *context, struct buffer *body)
{
	const struct health *health = context;

	health->options.write_metrics(health->options.metrics_context, body);
	return STATUS_OK;
}

static const struct http_route routes[] = {
	{"/livez", "text/plain", answer_live},
	{"/readyz", "text/plain", answer_ready},
	{"/startupz", "text/plain", answer_started},
	{"/metrics", METRICS_TEXT_TYPE, answer_metrics},
};

/* --- */

int health_open(const struct health_options *options, struct health **ret)
{
	struct health *health = *options->address ? calloc(1, sizeof(*health)) : NULL;
	const struct http_server_options server = {
		.address = options->address,
		.routes = routes,
		.count = ARRAY_SIZE(routes),
		.context = health,
	};
	char error[HTTP_ERROR_MAX];
	int r;

	*ret = NULL;
	if (!*options->address)
		return 0;
	if (!health) {
		log_error("not enough memory to start");
		return -ENOMEM;
	}
	health->options = *options;
	health->options.address = NULL;
	health_beat(health);
	r = http_server_open(&server, &health->server, error);
	if (r < 0) {
		log_error("--health-server-address: %s", error);
		health_close(health);
		return r;
	}
	log_info("probes are answered on port %u: /livez, /readyz and /startupz; and /metrics",
		 http_server_port(health->server));
	*ret = health;
	return 0;
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
