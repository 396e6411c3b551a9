// SPDX-License-Identifier: Apache-2.0
#include "io/kube/network_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/util.h"
#include "core/kube/backoff.h"
#include "core/kube/said.h"
#include "io/kube/exchange.h"

#define PATH "/apis/trigon.dev/v1alpha1/clusternetworks/cluster?fieldManager=trigon-operator&force=true"
#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 60000

static const char *const fields[NETWORK_SOURCE_COUNT] = {
	[NETWORK_SOURCE_NODES] = "podCIDRs",
	[NETWORK_SOURCE_SERVICE_CIDRS] = "serviceCIDRs",
};

static const char too_many[] =
	"there are more than 4096 networks of pods or of services; what was published before stays; "
	"give the operator fewer, larger ones with --pod-cidr or --service-cidr";
_Static_assert(NETWORK_WRITER_NETWORKS_MAX == 4096, "too_many says so");

struct network_writer {
	struct network_writer_options options;
	struct exchange exchange;
	bool has_seen;
	uint64_t seen_version;  /* of the collector */
	uint64_t told, telling; /* hashes of what was, and is being, written; 0: nothing */
	uint64_t not_before_ns, refresh_ns;
	unsigned int failures; /* in a row */
	struct kube_said said; /* of failures */
	struct network_writer_stats stats;
};

static void fail(struct network_writer *writer, int status, unsigned int retry_after_s, const char *text)
{
	uint64_t now_ns = writer->options.now_ns();

	writer->has_seen = false;
	writer->failures++;
	writer->stats.failures++;
	writer->not_before_ns = now_ns + retry_after_s * CLOCK_NS_PER_SECOND +
				kube_backoff_ns(writer->failures, PAUSE_MIN_MS, PAUSE_MAX_MS, writer->options.random());
	if (kube_said_is_news(&writer->said, status, text, now_ns))
		log_warn("clusternetworks: the cluster's networks cannot be published: %s", text);
}

static void end(void *context, const struct exchange_answer *answer)
{
	struct network_writer *writer = context;
	uint64_t now_ns = writer->options.now_ns();
	char text[EXCHANGE_ERROR_MAX] = "the API server has none of this kind; install Trigon's CRDs: k8s/crds";

	if (!exchange_has_worked(answer)) {
		if (!exchange_is_unknown_kind(answer))
			exchange_describe(answer, text);
		fail(writer, answer->status, answer->retry_after_s, text);
		return;
	}
	writer->told = writer->telling;
	writer->stats.written++;
	writer->failures = 0;
	kube_said_end(&writer->said);
	writer->not_before_ns = now_ns + NETWORK_WRITER_INTERVAL_MS * CLOCK_NS_PER_MS;
	writer->refresh_ns = now_ns + NETWORK_WRITER_REFRESH_S * CLOCK_NS_PER_SECOND;
}

int network_writer_new(const struct network_writer_options *options, struct network_writer **ret)
{
	struct network_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->options = *options;
	exchange_init(&writer->exchange, options->transport, writer, end);
	*ret = writer;
	return 0;
}

struct network_writer *network_writer_free(struct network_writer *writer)
{
	if (!writer)
		return NULL;
	exchange_done(&writer->exchange);
	free(writer);
	return NULL;
}

void network_writer_cancel(struct network_writer *writer)
{
	exchange_done(&writer->exchange);
	exchange_init(&writer->exchange, writer->options.transport, writer, end);
	writer->has_seen = false;
	writer->told = 0;
	writer->refresh_ns = 0;
}

struct network_writer_stats network_writer_stats(const struct network_writer *writer)
{
	return writer->stats;
}

static void append(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

static void append_networks(struct buffer *buffer, const char *field, const struct network_set *set)
{
	char text[NETWORK_TEXT_MAX];

	append(buffer, "\"");
	append(buffer, field);
	append(buffer, "\":[");
	for (size_t i = 0; i < set->count; i++) {
		network_text(&set->networks[i], text);
		append(buffer, i ? ",\"" : "\"");
		append(buffer, text);
		append(buffer, "\"");
	}
	append(buffer, "]");
}

static int append_source(const struct network_writer *writer, enum network_source source, struct buffer *buffer)
{
	_cleanup_(network_set_done) struct network_set set = {0};
	const struct network_set *given = writer->options.given[source];
	int r = 0;

	if (!given || !given->count) {
		r = network_collector_read(writer->options.collector, source, &set);
		given = &set;
	}
	if (r == 0 && given->count > NETWORK_WRITER_NETWORKS_MAX)
		r = -E2BIG; /* without some of them a policy would act on pods that it is not for */
	if (r == 0)
		append_networks(buffer, fields[source], given);
	return r;
}

static int write_body(const struct network_writer *writer, struct buffer *ret)
{
	int r = buffer_init(ret, 512 + (size_t)NETWORK_SOURCE_COUNT * NETWORK_WRITER_NETWORKS_MAX * NETWORK_TEXT_MAX);

	if (r < 0)
		return r;
	append(ret, "{\"apiVersion\":\"trigon.dev/v1alpha1\",\"kind\":\"ClusterNetwork\","
		    "\"metadata\":{\"name\":\"cluster\"},\"status\":{");
	r = append_source(writer, NETWORK_SOURCE_NODES, ret);
	append(ret, ",");
	if (r == 0)
		r = append_source(writer, NETWORK_SOURCE_SERVICE_CIDRS, ret);
	append(ret, "}}");
	return r;
}

static int publish(struct network_writer *writer)
{
	_cleanup_(buffer_done) struct buffer body = {0};
	int r = write_body(writer, &body);

	if (r < 0)
		return r;
	writer->telling = hash_bytes(HASH_BEGIN, body.data, body.length);
	if (writer->telling == writer->told && writer->options.now_ns() < writer->refresh_ns)
		return 0;
	return exchange_start(&writer->exchange, "PATCH", PATH, "application/apply-patch+yaml", &body);
}

uint64_t network_writer_tick(struct network_writer *writer)
{
	uint64_t now_ns = writer->options.now_ns(), version = network_collector_version(writer->options.collector);
	int r;

	if (exchange_is_under_way(&writer->exchange))
		return UINT64_MAX;
	if (writer->has_seen && writer->seen_version == version && now_ns < writer->refresh_ns)
		return writer->refresh_ns;
	if (now_ns < writer->not_before_ns)
		return writer->not_before_ns;
	writer->has_seen = true;
	writer->seen_version = version;
	r = publish(writer);
	if (r < 0)
		fail(writer, 0, 0, r == -E2BIG || r == -ENOSPC ? too_many : strerror(-r));
	if (r < 0)
		return writer->not_before_ns;
	return exchange_is_under_way(&writer->exchange) ? UINT64_MAX : writer->refresh_ns;
}
