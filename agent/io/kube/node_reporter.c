// SPDX-License-Identifier: Apache-2.0
#include "io/kube/node_reporter.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/util.h"
#include "core/kube/backoff.h"
#include "core/kube/said.h"
#include "io/kube/exchange.h"

#define NODE_NAME_MAX 253
#define UID_MAX 64

struct node_reporter {
	struct node_reporter_options options; /* node_name is not kept */
	char name[NODE_NAME_MAX + 1];
	struct exchange node, apply;
	char uid[UID_MAX + 1];     /* of the Node; "": unknown */
	bool has_asked;            /* for it */
	uint64_t seen_version;     /* of the source */
	bool has_seen, is_changed; /* seen_version means something; what was written last is old */
	uint64_t told;             /* hash of the stable part that was written last; 0: none */
	uint64_t telling;          /* of what is being written */
	size_t telling_bytes;
	uint64_t due_ns, refresh_ns; /* when to write a change; for the counters */
	uint64_t not_before_ns;      /* interval and pauses */
	unsigned int failures;       /* in a row */
	struct kube_said said;       /* of failures */
	bool is_node_said;
	bool is_ending, has_said_end;
	struct node_reporter_stats stats;
};

/* RFC 1123, as API servers check names of nodes; so it needs no encoding in a path. */
static bool is_node_name(const char *name)
{
	size_t length = strlen(name);

	return length && length <= NODE_NAME_MAX && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length;
}

/* --- when */

static uint64_t random_ms(const struct node_reporter *reporter, uint32_t limit_ms)
{
	return limit_ms ? reporter->options.random() % limit_ms : 0;
}

static void plan_refresh(struct node_reporter *reporter, uint64_t now_ns)
{
	reporter->refresh_ns = now_ns + NODE_REPORTER_REFRESH_S * CLOCK_NS_PER_SECOND +
			       random_ms(reporter, NODE_REPORTER_REFRESH_SPREAD_S * 1000) * CLOCK_NS_PER_MS;
}

static void look(struct node_reporter *reporter, uint64_t now_ns)
{
	uint64_t version = reporter->options.source.version(reporter->options.source.context);

	if (reporter->has_seen && version == reporter->seen_version)
		return;
	reporter->has_seen = true;
	reporter->seen_version = version;
	if (reporter->is_changed)
		return;
	reporter->is_changed = true;
	reporter->due_ns =
		now_ns + (NODE_REPORTER_SETTLE_MS + random_ms(reporter, reporter->options.jitter_ms)) * CLOCK_NS_PER_MS;
}

/* --- what went wrong */

static void fail(struct node_reporter *reporter, int status, unsigned int retry_after_s, const char *text)
{
	bool is_refusal = status >= 400 && status < 500 && status != 429;
	uint64_t now_ns = reporter->options.now_ns();

	reporter->stats.failures++;
	reporter->failures++;
	reporter->is_changed = true;
	reporter->not_before_ns = now_ns + retry_after_s * CLOCK_NS_PER_SECOND +
				  kube_backoff_ns(reporter->failures, NODE_REPORTER_PAUSE_MIN_MS,
						  is_refusal ? NODE_REPORTER_REFUSED_MAX_MS : NODE_REPORTER_AWAY_MAX_MS,
						  reporter->options.random());
	if (kube_said_is_news(&reporter->said, status, text, now_ns))
		log_warn("tracingnodes: the cluster is not told what runs on this node: %s", text);
}

static void fail_there(struct node_reporter *reporter, const struct exchange_answer *answer)
{
	char text[EXCHANGE_ERROR_MAX] = "the API server has none of this kind; install Trigon's CRDs: k8s/crds, or "
					"--enable-tracing-node=false";

	if (!exchange_is_unknown_kind(answer))
		exchange_describe(answer, text);
	fail(reporter, answer->status, answer->retry_after_s, text);
}

/* --- the Node that is to own it */

/* Not of an API server that is away or busy, or of a token that is about to be read again. */
static bool is_about_node(int status)
{
	return status != 0 && status != 401 && status != 429 && status < 500;
}

/* Without it the object is written all the same; it stays when the node goes. */
static void end_node(void *context, const struct exchange_answer *answer)
{
	struct node_reporter *reporter = context;
	const json_t *metadata = json_object_get(answer->object, "metadata");
	const char *uid = json_string_value(json_object_get(metadata, "uid"));
	char text[EXCHANGE_ERROR_MAX];

	if (exchange_has_worked(answer) && uid && strlen(uid) <= UID_MAX) {
		memcpy(reporter->uid, uid, strlen(uid) + 1);
		return;
	}
	if (!is_about_node(answer->status)) {
		reporter->has_asked = false;
		fail_there(reporter, answer);
		return;
	}
	reporter->uid[0] = '\0';
	if (reporter->is_node_said)
		return;
	reporter->is_node_said = true;
	exchange_describe(answer, text);
	log_warn("tracingnodes: no Node object owns what this agent reports, so it will stay when the node is removed: "
		 "%s",
		 text);
}

void node_reporter_set_node(struct node_reporter *reporter, const char *uid)
{
	if (!*uid || strlen(uid) > UID_MAX || strcmp(uid, reporter->uid) == 0)
		return;
	memcpy(reporter->uid, uid, strlen(uid) + 1);
	reporter->has_asked = true;
	reporter->has_seen = false; /* what the last Node owned has gone with it, or will: it is written again */
}

static int ask_for_node(struct node_reporter *reporter)
{
	char path[NODE_REPORTER_PATH_MAX];

	reporter->has_asked = true;
	snprintf(path, sizeof(path), "/api/v1/nodes/%s", reporter->name);
	return exchange_start(&reporter->node, "GET", path, NULL, NULL);
}

/* --- the report */

static void end_apply(void *context, const struct exchange_answer *answer)
{
	struct node_reporter *reporter = context;
	uint64_t now_ns = reporter->options.now_ns();

	if (!exchange_has_worked(answer)) {
		fail_there(reporter, answer);
		return;
	}
	if (kube_said_end(&reporter->said))
		log_info("tracingnodes: the cluster is told again what runs on this node");
	reporter->failures = 0;
	reporter->told = reporter->telling;
	reporter->stats.written++;
	reporter->stats.bytes += reporter->telling_bytes;
	reporter->not_before_ns = now_ns + NODE_REPORTER_INTERVAL_MS * CLOCK_NS_PER_MS;
	plan_refresh(reporter, now_ns);
}

static int write_text(struct node_reporter *reporter, bool has_counters, struct buffer *ret)
{
	const struct node_reporter_source *source = &reporter->options.source;

	return source->write(source->context, *reporter->uid ? reporter->uid : NULL, has_counters, ret);
}

static int apply(struct node_reporter *reporter)
{
	_cleanup_(buffer_done) struct buffer text = {0};
	char path[NODE_REPORTER_PATH_MAX];
	int r = write_text(reporter, true, &text);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/apis/trigon.dev/v1alpha1/tracingnodes/%s?fieldManager=trigon-agent&force=true",
		 reporter->name);
	reporter->telling_bytes = text.length;
	return exchange_start(&reporter->apply, "PATCH", path, "application/apply-patch+yaml", &text);
}

/* Writes, if what is to be told is another thing than was told, or it is time for the counters. */
static int report(struct node_reporter *reporter, uint64_t now_ns)
{
	_cleanup_(buffer_done) struct buffer stable = {0};
	bool is_refresh = now_ns >= reporter->refresh_ns;
	int r = write_text(reporter, false, &stable);

	if (r < 0)
		return r;
	reporter->is_changed = false;
	if (is_refresh) {
		plan_refresh(reporter, now_ns);
		reporter->has_asked = false; /* by then a Node of this name may be another one */
	}
	reporter->telling = hash_bytes(HASH_BEGIN, stable.data, stable.length);
	if (reporter->telling == reporter->told && !is_refresh && !reporter->failures)
		return 0;
	return apply(reporter);
}

static void report_end(struct node_reporter *reporter)
{
	if (!reporter->has_said_end && reporter->told && !reporter->failures)
		apply(reporter); /* if it cannot, nobody hears of it: the node becomes silent */
	reporter->has_said_end = true;
}

static bool is_under_way(const struct node_reporter *reporter)
{
	return exchange_is_under_way(&reporter->node) || exchange_is_under_way(&reporter->apply);
}

static uint64_t next_due(const struct node_reporter *reporter)
{
	uint64_t due_ns = reporter->refresh_ns;

	if (reporter->is_changed)
		due_ns = MIN(due_ns, reporter->due_ns);
	return MAX(due_ns, reporter->not_before_ns);
}

uint64_t node_reporter_tick(struct node_reporter *reporter)
{
	uint64_t now_ns = reporter->options.now_ns();
	int r;

	if (is_under_way(reporter))
		return UINT64_MAX;
	if (reporter->is_ending) {
		report_end(reporter);
		return UINT64_MAX;
	}
	look(reporter, now_ns);
	if (now_ns < next_due(reporter))
		return next_due(reporter);
	r = reporter->has_asked ? report(reporter, now_ns) : ask_for_node(reporter);
	if (r < 0)
		fail(reporter, 0, 0, strerror(-r));
	return is_under_way(reporter) ? UINT64_MAX : next_due(reporter);
}

void node_reporter_end(struct node_reporter *reporter)
{
	reporter->is_ending = true;
}

bool node_reporter_has_ended(const struct node_reporter *reporter)
{
	return reporter->has_said_end && !is_under_way(reporter);
}

struct node_reporter_stats node_reporter_stats(const struct node_reporter *reporter)
{
	return reporter->stats;
}

/* --- begin and end */

int node_reporter_new(const struct node_reporter_options *options, struct node_reporter **ret)
{
	struct node_reporter *reporter;

	if (!is_node_name(options->node_name))
		return -EINVAL;
	reporter = calloc(1, sizeof(*reporter));
	if (!reporter)
		return -ENOMEM;
	reporter->options = *options;
	reporter->options.node_name = NULL;
	memcpy(reporter->name, options->node_name, strlen(options->node_name) + 1);
	exchange_init(&reporter->node, options->transport, reporter, end_node);
	exchange_init(&reporter->apply, options->transport, reporter, end_apply);
	plan_refresh(reporter, options->now_ns());
	*ret = reporter;
	return 0;
}

struct node_reporter *node_reporter_free(struct node_reporter *reporter)
{
	if (!reporter)
		return NULL;
	exchange_done(&reporter->node);
	exchange_done(&reporter->apply);
	free(reporter);
	return NULL;
}
