// SPDX-License-Identifier: Apache-2.0
/* What writes to the API server, against answers that none gives on demand: a made-up transport and clock. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/util.h"
#include "io/kube/elector.h"
#include "io/kube/network_writer.h"
#include "io/kube/node_reporter.h"
#include "io/kube/status_writer.h"
#include "said.h"

#define S CLOCK_NS_PER_SECOND

/* --- a transport that the test answers by hand */

static struct kube_request asked; /* the last request */
static char asked_path[1024], asked_body[4096];
static int ask_count, cancel_count;
static uint64_t now_ns;

static int start(void *context, const struct kube_request *request, struct kube_call **ret)
{
	(void)context;
	ask_count++;
	asked = *request;
	snprintf(asked_path, sizeof(asked_path), "%s %s", request->method, request->path);
	snprintf(asked_body, sizeof(asked_body), "%.*s", (int)request->body_length, request->body ? request->body : "");
	*ret = (struct kube_call *)&asked;
	return 0;
}

static void cancel(void *context, struct kube_call *call)
{
	(void)context;
	(void)call;
	cancel_count++;
}

static void answer(int status, const char *body)
{
	struct kube_result result = {.status = status, .error = status ? NULL : "away", .body = ""};

	if (status == 200 || status == 201)
		CHECK_EQ(asked.data(asked.context, body, strlen(body)), 0);
	else
		result.body = body;
	result.body_length = strlen(result.body);
	asked.done(asked.context, &result);
}

static uint64_t test_now(void)
{
	return now_ns;
}

static uint32_t test_random(void)
{
	return 0;
}

static const struct kube_transport transport = {.start = start, .cancel = cancel};

static void begin(void)
{
	said_reset();
	ask_count = cancel_count = 0;
	now_ns = 1000 * S;
}

/* Answers with 403, a minute one after the other, and how often a reason has been said then: each once. */
static const struct {
	const char *body;
	int said;
} refusals[] = {
	{"{\"message\":\"no\"}", 1},
	{"{\"message\":\"no\"}", 1},
	{"{\"message\":\"never\"}", 2},
};

/* --- the node's reporter */

static uint64_t source_version;
static const char *source_text;
static struct node_reporter *reporter;

static uint64_t version(void *context)
{
	(void)context;
	return source_version;
}

static int write_text(void *context, const char *node_uid, bool has_counters, struct buffer *ret)
{
	int r = buffer_init(ret, 256);

	(void)context;
	buffer_append_cstring(ret, source_text);
	buffer_append_cstring(ret, node_uid ? node_uid : "-");
	if (has_counters)
		buffer_append_literal(ret, "+");
	return r;
}

static void open_reporter(void)
{
	const struct node_reporter_options options = {
		.node_name = "n1",
		.jitter_ms = 5000,
		.transport = transport,
		.source = {.version = version, .write = write_text},
		.now_ns = test_now,
		.random = test_random,
	};

	begin();
	source_version = 1;
	source_text = "one";
	CHECK_EQ(node_reporter_new(&options, &reporter), 0);
}

#define APPLY "PATCH /apis/trigon.dev/v1alpha1/tracingnodes/n1?fieldManager=trigon-agent&force=true"

/* Up to the first report. */
static void report_first(void)
{
	CHECK(node_reporter_tick(reporter) == now_ns + S / 2); /* more may come */
	now_ns += S / 2;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_path, "GET /api/v1/nodes/n1");
	answer(200, "{\"metadata\":{\"uid\":\"u\"}}");
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_path, APPLY);
	CHECK_STR(asked_body, "oneu+");
	answer(200, "{}");
}

static void test_report_on_change_only(void)
{
	open_reporter();
	report_first();
	now_ns += 60 * S;
	CHECK(node_reporter_tick(reporter) > now_ns);
	source_version = 2; /* which says the same */
	node_reporter_tick(reporter);
	now_ns += S;
	CHECK(node_reporter_tick(reporter) > now_ns);
	CHECK_EQ(ask_count, 2);
	source_version = 3;
	source_text = "two";
	node_reporter_tick(reporter);
	now_ns += S;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_body, "twou+");
	answer(200, "{}");
	source_version = 4;
	source_text = "three";
	CHECK(node_reporter_tick(reporter) == now_ns + 10 * S); /* not more often */
	CHECK_EQ(node_reporter_stats(reporter).written, 2);
	node_reporter_free(reporter);
}

static void test_counters_are_refreshed(void)
{
	open_reporter();
	report_first();
	CHECK(node_reporter_tick(reporter) == now_ns + NODE_REPORTER_REFRESH_S * S);
	now_ns += NODE_REPORTER_REFRESH_S * S;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_path, APPLY);
	CHECK_STR(asked_body, "oneu+");
	node_reporter_free(reporter);
	CHECK_EQ(cancel_count, 1);
}

static void test_report_after_failures(void)
{
	static const struct {
		int status;
		const char *body;
	} failures[] = {
		{0, ""},
		{403, "{\"message\":\"no\"}"},
		{404, "{\"message\":\"the server could not find the requested resource\"}"},
		{422, "not JSON"},
		{500, ""},
	};

	open_reporter();
	report_first();
	source_version = 2;
	source_text = "two";
	for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
		node_reporter_tick(reporter);
		now_ns += 11 * S;
		CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
		answer(failures[i].status, failures[i].body);
		CHECK_EQ(node_reporter_stats(reporter).failures, i + 1);
	}
	now_ns += S;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_body, "twou+");
	answer(201, "{}");
	CHECK_EQ(node_reporter_stats(reporter).written, 2);
	CHECK_EQ(said("the cluster is not told what runs on this node"), ARRAY_SIZE(failures));
	CHECK_EQ(said("the cluster is told again"), 1);
	node_reporter_free(reporter);
}

static void test_report_says_why(void)
{
	open_reporter();
	report_first();
	source_version = 2;
	source_text = "two";
	node_reporter_tick(reporter);
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		now_ns += 61 * S;
		CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
		answer(403, refusals[i].body);
		CHECK_EQ(said("not told what runs on this node: n"), refusals[i].said);
	}
	node_reporter_free(reporter);
}

/* Of a Node that was deleted and made anew: what the old one owned is collected. */
static void test_node_is_made_anew(void)
{
	open_reporter();
	report_first();
	now_ns += 60 * S;
	node_reporter_set_node(reporter, "");
	node_reporter_set_node(reporter, "u");
	CHECK(node_reporter_tick(reporter) > now_ns);
	node_reporter_set_node(reporter, "v");
	CHECK(node_reporter_tick(reporter) == now_ns + S / 2);
	now_ns += S / 2;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_path, APPLY);
	CHECK_STR(asked_body, "onev+");
	node_reporter_free(reporter);
}

/* Who is busy, or does not take the token, has not said that there is no Node. */
static void test_busy_about_node(void)
{
	static const int statuses[] = {401, 429};

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		open_reporter();
		report_first();
		now_ns += 720 * S;
		node_reporter_tick(reporter);
		CHECK_STR(asked_body, "oneu+");
		answer(200, "{}");
		now_ns += 720 * S; /* now it is asked for again */
		node_reporter_tick(reporter);
		CHECK_STR(asked_path, "GET /api/v1/nodes/n1");
		answer(statuses[i], "{}");
		now_ns += 60 * S;
		node_reporter_tick(reporter);
		CHECK_STR(asked_path, "GET /api/v1/nodes/n1");
		answer(200, "{\"metadata\":{\"uid\":\"u\"}}");
		node_reporter_tick(reporter);
		CHECK_STR(asked_body, "oneu+");
		CHECK_EQ(said("no Node object owns"), 0);
		node_reporter_free(reporter);
	}
}

#define PAGE "<html>down for maintenance</html>"

/* Something in between says 200 to all, and nothing has come to the API server. */
static void test_page_is_no_report(void)
{
	open_reporter();
	node_reporter_tick(reporter);
	now_ns += S;
	node_reporter_tick(reporter);
	answer(200, "{\"metadata\":{\"uid\":\"u\"}}");
	node_reporter_tick(reporter);
	CHECK_STR(asked_path, APPLY);
	answer(200, PAGE);
	CHECK_EQ(said("not what an API server sends"), 1);
	now_ns += 60 * S;
	node_reporter_tick(reporter);
	CHECK_EQ(ask_count, 3);
	node_reporter_free(reporter);
}

static void test_without_node(void)
{
	struct node_reporter_options wrong = {.node_name = "a/../b", .now_ns = test_now};

	open_reporter();
	now_ns += S;
	node_reporter_tick(reporter);
	now_ns += S;
	node_reporter_tick(reporter);
	answer(403, "{}"); /* written all the same, without an owner */
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_body, "one-+");
	node_reporter_free(reporter);
	CHECK_EQ(node_reporter_new(&wrong, &reporter), -EINVAL);
}

/* Once, at once, behind what is under way. */
static void test_last_report(void)
{
	open_reporter();
	report_first();
	source_version = 2;
	source_text = "two";
	node_reporter_tick(reporter);
	now_ns += 11 * S;
	node_reporter_tick(reporter);
	CHECK_STR(asked_body, "twou+");
	source_text = "end";
	node_reporter_end(reporter);
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_EQ(ask_count, 3);
	answer(200, "{}");
	CHECK(!node_reporter_has_ended(reporter));
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_STR(asked_body, "endu+");
	CHECK(!node_reporter_has_ended(reporter));
	answer(200, "{}");
	CHECK(node_reporter_has_ended(reporter));
	now_ns += 3600 * S;
	CHECK_EQ(node_reporter_tick(reporter), UINT64_MAX);
	CHECK_EQ(ask_count, 4);
	node_reporter_free(reporter);
}

/* There is nothing to take back, or nobody to tell. */
static void test_no_last_report(void)
{
	open_reporter();
	node_reporter_end(reporter);
	node_reporter_tick(reporter);
	CHECK(node_reporter_has_ended(reporter));
	CHECK_EQ(ask_count, 0);
	node_reporter_free(reporter);
	open_reporter();
	report_first();
	now_ns += (NODE_REPORTER_REFRESH_S + 1) * S;
	node_reporter_tick(reporter);
	answer(0, "");
	node_reporter_end(reporter);
	node_reporter_tick(reporter);
	CHECK(node_reporter_has_ended(reporter));
	CHECK_EQ(ask_count, 3);
	node_reporter_free(reporter);
}

/* --- the elector */

static struct elector *elector;

static void open_elector(void)
{
	const struct elector_options options = {
		.namespace = "ns",
		.name = "l",
		.identity = "me",
		.transport = transport,
		.now_ns = test_now,
		.random = test_random,
	};

	begin();
	CHECK_EQ(elector_new(&options, &elector), 0);
}

#define HELD \
	"{\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":15," \
	"\"renewTime\":\"t%d\"}}"

static void answer_held(int status, const char *holder, int renewal)
{
	char text[256];

	snprintf(text, sizeof(text), HELD, holder, renewal);
	answer(status, text);
}

static void lead(void)
{
	elector_tick(elector);
	CHECK_STR(asked_path, "GET /apis/coordination.k8s.io/v1/namespaces/ns/leases/l");
	answer(404, "{\"details\":{\"name\":\"l\"}}");
	elector_tick(elector);
	CHECK_STR(asked_path, "POST /apis/coordination.k8s.io/v1/namespaces/ns/leases");
	CHECK(!elector_leads(elector));
	answer_held(201, "me", 1);
	CHECK(elector_leads(elector));
}

static void test_leads_and_gives_back(void)
{
	open_elector();
	lead();
	now_ns += 2 * S;
	elector_tick(elector);
	CHECK_STR(asked_path, "PUT /apis/coordination.k8s.io/v1/namespaces/ns/leases/l");
	CHECK(strstr(asked_body, "\"resourceVersion\":\"7\""));
	answer_held(200, "me", 2);
	elector_release(elector);
	CHECK(!elector_leads(elector) && !elector_is_released(elector));
	CHECK(strstr(asked_body, "\"holderIdentity\":\"\""));
	answer_held(200, "", 3);
	CHECK(elector_is_released(elector));
	elector_free(elector);
}

/* An answer that never comes does not make a leader of us for longer. */
static void test_hangs(void)
{
	open_elector();
	lead();
	now_ns += 2 * S;
	CHECK(elector_tick(elector) <= now_ns + 8 * S);
	now_ns += 8 * S;
	elector_tick(elector);
	CHECK(!elector_leads(elector));
	now_ns += 3 * S;
	elector_tick(elector);
	CHECK_EQ(cancel_count, 1);
	CHECK_STR(asked_path, "GET /apis/coordination.k8s.io/v1/namespaces/ns/leases/l");
	elector_free(elector);
	CHECK_EQ(cancel_count, 2);
}

static void test_another_was_faster(void)
{
	open_elector();
	lead();
	now_ns += 2 * S;
	elector_tick(elector);
	answer(409, "{}");
	now_ns += 2 * S;
	elector_tick(elector);
	answer_held(200, "other", 9);
	CHECK(!elector_leads(elector));
	CHECK(elector_tick(elector) > now_ns);
	CHECK_EQ(said("lease ns/l: HTTP"), 0); /* it is no failure */
	elector_release(elector);
	CHECK(elector_is_released(elector)); /* there is nothing to give back */
	elector_free(elector);
}

static void test_lease_says_why(void)
{
	open_elector();
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		elector_tick(elector);
		answer(403, refusals[i].body);
		CHECK_EQ(said("lease ns/l: n"), refusals[i].said);
		now_ns += 61 * S;
	}
	elector_free(elector);
}

/* --- the writer of statuses */

static struct policy_sums *sums;
static struct status_writer *status;

static void open_writer(void)
{
	const struct status_writer_options options = {.transport = transport,
						      .sums = sums = policy_sums_new(),
						      .now_ns = test_now,
						      .wall_ns = test_now,
						      .random = test_random};
	struct policy_sum_policy *policy;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "team", "p", "u", 3, &(struct label_selector){0}, &policy), 0);
	CHECK_EQ(status_writer_new(&options, &status), 0);
	CHECK(status_writer_tick(status) == now_ns + S / 2);
	now_ns += S / 2;
	status_writer_tick(status);
	CHECK_STR(asked_path, "PATCH /apis/cilium.io/v1alpha1/namespaces/team/tracingpoliciesnamespaced/p/"
			      "status?fieldManager=trigon-operator&force=true");
}

static void close_writer(void)
{
	status_writer_free(status);
	policy_sums_free(sums);
}

static void test_status_is_written_once(void)
{
	char stored[4096];
	struct policy_sum_policy *policy;

	open_writer();
	snprintf(stored, sizeof(stored), "%s", asked_body);
	answer(200, stored);
	now_ns += 60 * S;
	CHECK_EQ(status_writer_tick(status), UINT64_MAX);
	CHECK_EQ(policy_sums_put_policy(sums, "team", "p", "u", 3, &(struct label_selector){0}, &policy), 0);
	policy->is_changed = true; /* and comes to the same, also much later */
	status_writer_tick(status);
	now_ns += S;
	CHECK_EQ(status_writer_tick(status), UINT64_MAX);
	CHECK_EQ(status_writer_stats(status).computed, 2);
	CHECK_EQ(status_writer_stats(status).waiting, 0);
	CHECK_EQ(status_writer_stats(status).retries, 0);
	CHECK_EQ(ask_count, 1);
	CHECK_EQ(policy_sums_put_policy(sums, "team", "p", "u", 4, &(struct label_selector){0}, &policy), 0);
	status_writer_tick(status);
	now_ns += S;
	status_writer_tick(status);
	CHECK_EQ(ask_count, 2);
	CHECK_EQ(status_writer_stats(status).waiting, 1); /* being written */
	CHECK(strstr(asked_body, "\"observedGeneration\":4"));
	close_writer();
}

static void test_status_of_what_has_gone(void)
{
	open_writer();
	policy_sums_remove_policy(sums, "team", "p");
	answer(404, "{\"details\":{\"name\":\"p\"}}");
	CHECK_EQ(status_writer_tick(status), UINT64_MAX);
	CHECK_EQ(status_writer_stats(status).failures, 0);
	close_writer();
}

/* Tetragon's CRDs, for one: asked for seldom, and nothing breaks. */
static void test_no_subresource(void)
{
	open_writer();
	for (int i = 0; i < STATUS_WRITER_ABSENT_TRIES - 1; i++) {
		answer(404, "{\"message\":\"p not found\",\"details\":{\"name\":\"p\"}}"); /* as if it had gone */
		CHECK_EQ(status_writer_stats(status).failures, 0);
		now_ns += S;
		status_writer_tick(status);
	}
	for (int i = 0; i < 30; i++) {
		answer(404, "{\"message\":\"p not found\",\"details\":{\"name\":\"p\"}}");
		CHECK_EQ(status_writer_stats(status).failures, i + 1);
		now_ns += 29 * S;
		CHECK(status_writer_tick(status) == now_ns + S);
		now_ns += S;
		status_writer_tick(status);
	}
	CHECK_EQ(said("CRDs have no status"), 1);
	CHECK_EQ(ask_count, 30 + STATUS_WRITER_ABSENT_TRIES);
	CHECK_EQ(status_writer_stats(status).retries, ask_count - 1);
	CHECK_EQ(status_writer_stats(status).waiting, 1); /* being written */
	status_writer_cancel(status);
	CHECK_EQ(cancel_count, 1);
	close_writer();
}

static void test_status_says_why(void)
{
	open_writer();
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++) {
		answer(403, refusals[i].body);
		CHECK_EQ(said("its status cannot be written: n"), refusals[i].said);
		now_ns += 61 * S;
		status_writer_tick(status);
	}
	close_writer();
}

#define MANY 200

/* All policies change all the time: none is passed over for others. */
static void test_statuses_in_turn(void)
{
	const uint64_t round_ms = MANY * STATUS_WRITER_PACE_MS;
	int written[MANY] = {0}, calls = 0;
	struct policy_sum_policy *policy;
	char name[16];

	open_writer();
	answer(200, "{}");
	for (uint64_t ms = 0; ms < 3 * round_ms; ms += STATUS_WRITER_PACE_MS) {
		for (int i = 0; i < MANY; i++) {
			snprintf(name, sizeof(name), "p%d", i);
			CHECK_EQ(policy_sums_put_policy(sums, "", name, "u", (int64_t)ms, &(struct label_selector){0},
							&policy),
				 0);
		}
		calls = ask_count;
		status_writer_tick(status);
		if (ask_count > calls) {
			CHECK(strstr(asked_path, "/tracingpolicies/p"));
			written[strtol(strstr(asked_path, "/p") + 2, NULL, 10)]++;
			answer(200, "{}");
		}
		now_ns += STATUS_WRITER_PACE_MS * CLOCK_NS_PER_MS;
	}
	for (int i = 0; i < MANY; i++)
		CHECK(written[i] >= 2);
	close_writer();
}

/* --- the cluster's networks */

static uint32_t longest_pause(void)
{
	return UINT32_MAX;
}

static void put_node(struct network_collector *collector, const char *name, const char *network)
{
	struct kube_handler handler = network_collector_handler(collector, NETWORK_SOURCE_NODES);
	json_t *object = json_pack("{s:{s:s},s:{s:[s]}}", "metadata", "name", name, "spec", "podCIDRs", network);
	char error[256];

	CHECK_EQ(handler.object(handler.context, KUBE_CHANGE_PUT, object, error, sizeof(error)), 0);
	json_decref(object);
}

static void test_page_is_no_status(void)
{
	open_writer();
	answer(200, PAGE);
	now_ns += 60 * S;
	status_writer_tick(status);
	CHECK_EQ(ask_count, 2);
	close_writer();
}

static void test_page_is_no_lease(void)
{
	open_elector();
	elector_tick(elector);
	answer_held(200, "other", 1); /* who goes on renewing it */
	for (int i = 0; i < 4; i++) {
		now_ns += 3 * S;
		elector_tick(elector);
		answer(200, i % 2 ? "" : PAGE);
		CHECK(!elector_leads(elector));
	}
	elector_free(elector);
}

/* Written on a change, not more often than every 5 s; again after failures, and now and then as it is. */
static void test_networks(void)
{
	struct network_collector *collector = network_collector_new();
	struct network_writer_options options = {
		.collector = collector, .transport = transport, .now_ns = test_now, .random = longest_pause};
	struct network_writer *writer;

	begin();
	CHECK(collector);
	CHECK_EQ(network_writer_new(&options, &writer), 0);
	put_node(collector, "a", "10.7.0.0/24");
	CHECK_EQ(network_writer_tick(writer), UINT64_MAX);
	CHECK_EQ(ask_count, 1);
	CHECK(strstr(asked_path, "PATCH /apis/trigon.dev/v1alpha1/clusternetworks/cluster?") == asked_path);
	CHECK(strstr(asked_body, "\"status\":{\"podCIDRs\":[\"10.7.0.0/24\"],\"serviceCIDRs\":[]}"));
	put_node(collector, "b", "10.7.1.0/24"); /* while it is written */
	CHECK_EQ(network_writer_tick(writer), UINT64_MAX);
	answer(200, "{}");
	CHECK_EQ(network_writer_tick(writer), now_ns + 5 * S);
	CHECK_EQ(ask_count, 1);
	now_ns += 5 * S;
	network_writer_tick(writer);
	CHECK_EQ(ask_count, 2);
	CHECK(strstr(asked_body, "[\"10.7.0.0/23\"]"));
	answer(500, "{}");
	CHECK(network_writer_tick(writer) > now_ns);
	CHECK_EQ(ask_count, 2);
	now_ns += 60 * S;
	network_writer_tick(writer);
	CHECK_EQ(ask_count, 3);
	answer(200, "{}");
	/* without a change: after 30 s, and not before */
	CHECK_EQ(network_writer_tick(writer), now_ns + NETWORK_WRITER_REFRESH_S * S);
	now_ns += NETWORK_WRITER_REFRESH_S * S;
	network_writer_tick(writer);
	CHECK_EQ(ask_count, 4);
	CHECK_EQ(network_writer_stats(writer).written, 2);
	CHECK_EQ(network_writer_stats(writer).failures, 1);
	network_writer_cancel(writer);
	CHECK_EQ(cancel_count, 1);
	network_writer_free(writer);
	network_collector_free(collector);
}

/* More than there may be: nothing is written, rather than a part. */
static void test_too_many_networks(void)
{
	struct network_set given = {0};
	struct network_collector *collector = network_collector_new();
	struct network_writer_options options = {
		.collector = collector, .transport = transport, .now_ns = test_now, .random = longest_pause};
	struct policy_network network = {.prefix_length = 32, .address = {10}};
	struct network_writer *writer;

	begin();
	CHECK(collector);
	for (int i = 0; i <= NETWORK_WRITER_NETWORKS_MAX; i++) {
		network.address[2] = (uint8_t)(2 * i >> 8);
		network.address[3] = (uint8_t)(2 * i); /* no two are halves of one */
		CHECK_EQ(network_set_add(&given, &network), 0);
	}
	options.given[NETWORK_SOURCE_NODES] = &given;
	CHECK_EQ(network_writer_new(&options, &writer), 0);
	CHECK(network_writer_tick(writer) > now_ns);
	CHECK_EQ(ask_count, 0);
	CHECK_EQ(said("published: there are more than 4096 networks"), 1); /* the API server has no part in it */
	CHECK_EQ(network_writer_stats(writer).failures, 1);
	given.count--;
	now_ns += 60 * S;
	network_writer_tick(writer);
	CHECK_EQ(ask_count, 1);
	network_writer_free(writer);
	network_collector_free(collector);
	network_set_done(&given);
}

int main(void)
{
	if (!said_begin())
		return 1;
	RUN(test_report_on_change_only);
	RUN(test_counters_are_refreshed);
	RUN(test_report_after_failures);
	RUN(test_report_says_why);
	RUN(test_without_node);
	RUN(test_node_is_made_anew);
	RUN(test_busy_about_node);
	RUN(test_page_is_no_report);
	RUN(test_last_report);
	RUN(test_no_last_report);
	RUN(test_leads_and_gives_back);
	RUN(test_hangs);
	RUN(test_another_was_faster);
	RUN(test_lease_says_why);
	RUN(test_status_is_written_once);
	RUN(test_status_of_what_has_gone);
	RUN(test_no_subresource);
	RUN(test_status_says_why);
	RUN(test_statuses_in_turn);
	RUN(test_page_is_no_status);
	RUN(test_page_is_no_lease);
	RUN(test_networks);
	RUN(test_too_many_networks);
	said_end();
	return test_end();
}
