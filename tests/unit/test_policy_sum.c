// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum.h"

#include <errno.h>

#include "base/clock.h"
#include "base/util.h"
#include "core/kube/name_pool.h"
#include "test.h"

static struct policy_sums *sums;
static struct policy_sum_policy *policy;
static const struct label_selector all; /* none */
static struct policy_sum_sign sign;

#define S CLOCK_NS_PER_SECOND
#define BYTES(literal) \
	{ \
		.data = (literal), .length = sizeof(literal) - 1 \
	}
#define LABEL(key_text, value_text) \
	{ \
		.key = BYTES(key_text), .value = BYTES(value_text) \
	}

static int put_node(const char *name, const struct kube_label_fields *labels, size_t count)
{
	const struct policy_sum_node node = {.labels = labels, .label_count = count};

	return policy_sums_put_node(sums, name, &node);
}

static void put_not_ready(const char *name)
{
	const struct policy_sum_node node = {.is_not_ready = true};

	CHECK_EQ(policy_sums_put_node(sums, name, &node), 0);
}

static void report(const char *node, enum policy_sum_state state, int64_t generation, const char *uid,
		   const char *error)
{
	const struct policy_sum_report reports[] = {
		{.namespace = "",
		 .name = "other",
		 .uid = "",
		 .error = "",
		 .state = POLICY_SUM_ENABLED,
		 .generation = 1},
		{.namespace = "",
		 .name = "p",
		 .uid = uid,
		 .error = error,
		 .state = state,
		 .generation = generation,
		 .mode = POLICY_SUM_MODE_ENFORCE},
		/* the same name in a namespace is another policy */
		{.namespace = "n", .name = "p", .uid = "", .error = "x", .state = POLICY_SUM_ERROR, .generation = 2},
	};

	CHECK_EQ(policy_sums_put_report(sums, node, &sign, reports, 3), 0);
}

static void begin(void)
{
	sums = policy_sums_new();
	sign = (struct policy_sum_sign){0};
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, &all, &policy), 0);
}

static struct policy_sum sum_up(void)
{
	struct policy_sum sum;

	policy_sums_compute(sums, policy, &sum);
	return sum;
}

static void check_sum(size_t desired, size_t ready, size_t failed)
{
	struct policy_sum sum = sum_up();

	CHECK_EQ(sum.desired, desired);
	CHECK_EQ(sum.ready, ready);
	CHECK_EQ(sum.failed, failed);
}

static void test_counts(void)
{
	begin();
	check_sum(0, 0, 0);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	check_sum(0, 0, 0); /* its Node is not there */
	put_node("n1", NULL, 0);
	check_sum(1, 1, 0);
	put_node("n2", NULL, 0); /* a node without an agent */
	check_sum(1, 1, 0);
	report("n2", POLICY_SUM_ENABLED, 1, "u1", "");
	check_sum(2, 1, 0); /* an older generation */
	report("n2", POLICY_SUM_LOAD_ERROR, 1, "u1", "bad");
	check_sum(2, 1, 0);
	report("n2", POLICY_SUM_ENABLED, 2, "u0", "");
	check_sum(2, 1, 0); /* an earlier policy of that name */
	report("n2", POLICY_SUM_ENABLED, 2, "", "");
	check_sum(2, 2, 0);
	report("n2", POLICY_SUM_LOADING, 2, "u1", "");
	check_sum(2, 1, 0);
	report("n2", POLICY_SUM_ERROR, 2, "u1", "bad");
	check_sum(2, 1, 1);
	report("n2", POLICY_SUM_LOAD_ERROR, 2, "u1", "bad");
	check_sum(2, 1, 1);
	report("n2", POLICY_SUM_SKIPPED, 2, "u1", "");
	check_sum(2, 1, 0); /* it will see: nothing says that it is not meant */
	policy_sums_remove_node(sums, "n1");
	check_sum(1, 0, 0);
	policy_sums_free(sums);
}

static void test_failures_are_named_in_order(void)
{
	struct policy_sum sum;
	char name[8];

	begin();
	for (int i = 11; i >= 0; i--) {
		snprintf(name, sizeof(name), "n%02d", i);
		put_node(name, NULL, 0);
		report(name, i % 2 ? POLICY_SUM_ERROR : POLICY_SUM_LOAD_ERROR, 2, "u1", "the same");
	}
	sum = sum_up();
	CHECK_EQ(sum.failed, 12);
	CHECK_EQ(sum.failure_count, POLICY_SUM_FAILURES_MAX);
	CHECK_STR(sum.failures[0].node, "n00");
	CHECK_EQ(sum.failures[0].reason, POLICY_SUM_NOT_LOADED);
	CHECK_STR(sum.failures[7].node, "n07");
	CHECK_EQ(sum.failures[7].reason, POLICY_SUM_NOT_CHANGED);
	CHECK_STR(sum.failures[7].error, "the same");
	CHECK_EQ(policy_sums_stats(sums).texts, 5); /* three names and two errors, once each */
	policy_sums_free(sums);
}

/* What may have another sum is marked, and nothing else. */
static void test_marks(void)
{
	struct policy_sum_policy *other;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "", "other", "u9", 1, &all, &other), 0);
	put_node("n1", NULL, 0);
	report("n1", POLICY_SUM_LOADING, 2, "u1", "");
	CHECK(policy->is_changed && other->is_changed);
	policy->is_changed = other->is_changed = false;
	report("n1", POLICY_SUM_LOADING, 2, "u1", "");
	CHECK(!policy->is_changed && !other->is_changed);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	CHECK(policy->is_changed && !other->is_changed);
	policy->is_changed = false;
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, &all, &policy), 0);
	CHECK(!policy->is_changed);
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 3, &all, &policy), 0);
	CHECK(policy->is_changed);
	policy_sums_free(sums);
}

static void test_lists_sweep(void)
{
	struct policy_sum_policy *namespaced;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "n", "p", "u2", 2, &all, &namespaced), 0);
	put_node("n1", NULL, 0);
	put_node("n2", NULL, 0);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	report("n2", POLICY_SUM_ENABLED, 2, "u1", "");
	policy_sums_begin_list(sums, POLICY_SUM_KIND_REPORT);
	report("n2", POLICY_SUM_ENABLED, 2, "u1", "");
	check_sum(2, 2, 0); /* nothing goes before the list's end */
	policy_sums_end_list(sums, POLICY_SUM_KIND_REPORT);
	check_sum(1, 1, 0);
	policy_sums_begin_list(sums, POLICY_SUM_KIND_NODE);
	policy_sums_end_list(sums, POLICY_SUM_KIND_NODE);
	check_sum(0, 0, 0);
	CHECK_EQ(policy_sums_stats(sums).nodes, 1); /* the report that has no Node */
	policy_sums_begin_list(sums, POLICY_SUM_KIND_POLICY);
	policy_sums_end_list(sums, POLICY_SUM_KIND_POLICY);
	CHECK(!policy_sums_find(sums, "", "p"));
	CHECK(policy_sums_find(sums, "n", "p") == namespaced);
	policy_sums_remove_policy(sums, "n", "p");
	policy_sums_remove_report(sums, "n2");
	CHECK_EQ(policy_sums_stats(sums).texts, 0); /* nothing leaks */
	CHECK_EQ(policy_sums_stats(sums).nodes, 0);
	policy_sums_free(sums);
}

static void test_bounds(void)
{
	struct policy_sum_policy *more;
	char name[32], uid[100];
	int r = 0;

	begin();
	for (int i = 0; r == 0 && i <= POLICY_SUM_NODES_MAX; i++) {
		snprintf(name, sizeof(name), "n%05d", i);
		r = put_node(name, NULL, 0);
	}
	CHECK_EQ(r, -ENOSPC);
	CHECK_EQ(policy_sums_stats(sums).nodes, POLICY_SUM_NODES_MAX);
	CHECK_EQ(policy_sums_stats(sums).refused, 1);
	for (int i = 1; i < POLICY_SUM_POLICIES_MAX; i++) {
		snprintf(name, sizeof(name), "q%05d", i);
		CHECK_EQ(policy_sums_put_policy(sums, "", name, "u", 1, &all, &more), 0);
	}
	CHECK_EQ(policy_sums_put_policy(sums, "", "q", "u", 1, &all, &more), -ENOSPC);
	memset(uid, 'u', sizeof(uid) - 1);
	uid[sizeof(uid) - 1] = '\0';
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", uid, 1, &all, &more), -EINVAL);
	policy_sums_free(sums);
}

/* --- nodeSelector */

static void select_zones(enum label_operator operator, const char * zone)
{
	static int64_t generation = 100;
	_cleanup_(label_selector_done) struct label_selector selector = {0};

	CHECK_EQ(label_selector_add(&selector, "zone", operator, & zone, operator<= LABEL_NOT_IN), 0);
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", ++generation, &selector, &policy), 0);
}

static void test_selectors(void)
{
	static const struct kube_label_fields a[] = {LABEL("os", "linux"), LABEL("zone", "a")},
					      b[] = {LABEL("zone", "b"), LABEL("os", "linux")};
	static const struct {
		enum label_operator operator;
		const char *zone;
		size_t desired;
	} cases[] = {
		{LABEL_IN, "a", 1},     {LABEL_IN, "c", 0},         {LABEL_NOT_IN, "a", 2},
		{LABEL_NOT_IN, "c", 3}, {LABEL_EXISTS, "", 2},      {LABEL_DOES_NOT_EXIST, "", 1},
		{LABEL_IN, "linux", 0}, {LABEL_NOT_IN, "linux", 3},
	};

	begin();
	CHECK_EQ(put_node("n1", a, 2), 0);
	CHECK_EQ(put_node("n2", b, 2), 0);
	CHECK_EQ(put_node("n3", NULL, 0), 0);
	CHECK_EQ(put_node("n4", a, 2), 0); /* without an agent */
	for (int i = 0; i < 3; i++)
		report((const char *[]){"n1", "n2", "n3"}[i], POLICY_SUM_LOADING, 2, "u1", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		select_zones(cases[i].operator, cases[i].zone);
		CHECK_EQ(sum_up().desired, cases[i].desired);
		CHECK(sum_up().has_selector);
	}
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, &all, &policy), 0);
	check_sum(3, 0, 0);
	CHECK(!sum_up().has_selector);
	policy_sums_free(sums);
}

/* A node that is not meant counts in no way, whatever it says. */
static void test_unselected_do_not_count(void)
{
	static const struct kube_label_fields a[] = {LABEL("zone", "a")};

	begin();
	CHECK_EQ(put_node("n1", a, 1), 0);
	CHECK_EQ(put_node("n2", NULL, 0), 0);
	select_zones(LABEL_IN, "a");
	report("n1", POLICY_SUM_ENABLED, policy->generation, "u1", "");
	report("n2", POLICY_SUM_SKIPPED, policy->generation, "u1", "");
	check_sum(1, 1, 0);
	report("n2", POLICY_SUM_LOAD_ERROR, policy->generation, "u1", "bad");
	check_sum(1, 1, 0);
	report("n2", POLICY_SUM_ENABLED, policy->generation, "u1", "");
	check_sum(1, 1, 0);
	/* its label has come, which its agent has not seen yet */
	report("n2", POLICY_SUM_SKIPPED, policy->generation, "u1", "");
	CHECK_EQ(put_node("n2", a, 1), 0);
	check_sum(2, 1, 0);
	policy_sums_free(sums);
}

/* Of a change of labels those policies are marked for which it means something. */
static void test_labels_mark(void)
{
	static const struct kube_label_fields a[] = {LABEL("zone", "a")},
					      more[] = {LABEL("zone", "a"), LABEL("colour", "red")};
	struct policy_sum_policy *other;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "", "other", "u9", 1, &all, &other), 0);
	select_zones(LABEL_IN, "a");
	CHECK_EQ(put_node("n1", NULL, 0), 0);
	report("n1", POLICY_SUM_ENABLED, 1, "u1", "");
	policy->is_changed = other->is_changed = false;
	CHECK_EQ(put_node("n1", NULL, 0), 0); /* the kubelet's status */
	CHECK(!policy->is_changed && !other->is_changed);
	CHECK_EQ(put_node("n1", a, 1), 0);
	CHECK(policy->is_changed && !other->is_changed);
	policy->is_changed = false;
	CHECK_EQ(put_node("n1", more, 2), 0);
	CHECK(!policy->is_changed);
	CHECK_EQ(policy_sums_stats(sums).labels, 2);
	policy_sums_remove_node(sums, "n1");
	CHECK_EQ(policy_sums_stats(sums).labels, 0);
	policy_sums_free(sums);
}

/* Where labels or selector had no room, the node knows. */
static void test_unknown_asks_the_node(void)
{
	static struct kube_label_fields many[POLICY_SUM_LABELS_MAX + 1];
	static char keys[POLICY_SUM_LABELS_MAX + 1][8];

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		snprintf(keys[i], sizeof(keys[i]), "k%zu", i);
		many[i].key = (struct bytes){keys[i], strlen(keys[i])};
		many[i].value = (struct bytes){"", 0};
	}
	select_zones(LABEL_DOES_NOT_EXIST, "");
	CHECK_EQ(put_node("n1", many, ARRAY_SIZE(many)), 0);
	CHECK_EQ(policy_sums_stats(sums).refused, 1);
	report("n1", POLICY_SUM_LOADING, policy->generation, "u1", "");
	check_sum(1, 0, 0);
	report("n1", POLICY_SUM_SKIPPED, policy->generation, "u1", "");
	check_sum(0, 0, 0);
	CHECK_EQ(put_node("n1", NULL, 0), 0);
	check_sum(1, 0, 0);
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, NULL, &policy), 0); /* that cannot be read */
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	check_sum(1, 1, 0);
	report("n1", POLICY_SUM_SKIPPED, 2, "u1", "");
	check_sum(0, 0, 0);
	CHECK(sum_up().has_selector);
	policy_sums_free(sums);
}

/* --- silence */

static uint64_t now_ns;

static void wait_s(uint64_t seconds)
{
	now_ns += seconds * S;
	policy_sums_set_time(sums, now_ns);
}

/* The agent of that node writes. */
static void write_report(const char *node, int64_t written_s)
{
	sign.mark++;
	sign.written_s = written_s;
	report(node, POLICY_SUM_ENABLED, 2, "u1", "");
}

static void begin_at(uint64_t seconds)
{
	begin();
	now_ns = 0;
	wait_s(seconds);
}

static void check_silent(size_t ready, size_t silent)
{
	CHECK_EQ(sum_up().ready, ready);
	CHECK_EQ(sum_up().silent, silent);
	CHECK_EQ(policy_sums_stats(sums).silent, silent);
}

static void test_silent_agent(void)
{
	begin_at(1000);
	put_node("n1", NULL, 0);
	put_node("n2", NULL, 0);
	write_report("n1", 5000);
	write_report("n2", 5000);
	wait_s(POLICY_SUM_SILENT_S - 1);
	write_report("n2", 5000 + POLICY_SUM_SILENT_S);
	check_silent(2, 0);
	policy->is_changed = false;
	CHECK_EQ(policy_sums_set_time(sums, now_ns), now_ns + S);
	wait_s(1);
	CHECK(policy->is_changed);
	check_silent(1, 1);
	CHECK_EQ(sum_up().desired, 2);
	CHECK_STR(sum_up().failures[0].node, "n1");
	CHECK_EQ(sum_up().failures[0].reason, POLICY_SUM_NO_REPORT);
	CHECK_EQ(sum_up().failures[0].written_s, 5000);
	policy->is_changed = false;
	report("n1", POLICY_SUM_ENABLED, 2, "u1", ""); /* with the mark that n2 had last: another one than it had */
	check_silent(2, 0);
	CHECK(policy->is_changed);
	policy_sums_free(sums);
}

/* An object that changes without its agent's doing is no sign of life. */
static void test_others_write(void)
{
	begin_at(1000);
	put_node("n1", NULL, 0);
	write_report("n1", 5000);
	wait_s(POLICY_SUM_SILENT_S / 2);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	wait_s(POLICY_SUM_SILENT_S / 2);
	check_silent(0, 1);
	policy_sums_free(sums);
}

static void test_deaf_time_does_not_count(void)
{
	begin_at(1000);
	put_node("n1", NULL, 0);
	put_node("n2", NULL, 0);
	write_report("n1", 5000);
	wait_s(1000);
	write_report("n2", 6000);
	policy_sums_set_deaf(sums, true);
	wait_s(10 * POLICY_SUM_SILENT_S);
	check_silent(2, 0);
	policy_sums_set_deaf(sums, false);
	wait_s(POLICY_SUM_SILENT_S - 1000);
	check_silent(1, 1);
	policy_sums_set_deaf(sums, true); /* what was found out stays so */
	wait_s(1000);
	check_silent(1, 1);
	policy_sums_free(sums);
}

/* Found at our start: by how much older than the newest it is. */
static void test_found_in_a_list(void)
{
	begin_at(10);
	policy_sums_begin_list(sums, POLICY_SUM_KIND_REPORT);
	write_report("n1", 5000);
	write_report("n2", 5000 + POLICY_SUM_SILENT_S - 100);
	write_report("n3", 5000 + POLICY_SUM_SILENT_S);
	write_report("n4", 0);
	policy_sums_end_list(sums, POLICY_SUM_KIND_REPORT);
	for (int i = 1; i <= 4; i++) {
		char name[] = {'n', (char)('0' + i), 0};

		put_node(name, NULL, 0);
	}
	check_silent(3, 1);
	wait_s(POLICY_SUM_SILENT_S - 100);
	check_silent(2, 2);
	wait_s(100);
	check_silent(0, 4);
	policy_sums_free(sums);
}

static void test_node_not_ready(void)
{
	begin_at(1000);
	write_report("n1", 5000);
	write_report("n2", 5000);
	put_node("n1", NULL, 0);
	put_node("n2", NULL, 0);
	policy->is_changed = false;
	put_not_ready("n1");
	CHECK(policy->is_changed);
	check_silent(1, 1);
	CHECK_EQ(sum_up().failures[0].reason, POLICY_SUM_NODE_NOT_READY);
	put_not_ready("n1");
	check_silent(1, 1);
	write_report("n1", 5001); /* the kubelet is dead, not the agent */
	put_not_ready("n1");
	check_silent(2, 0);
	put_node("n1", NULL, 0);
	put_not_ready("n1");
	check_silent(1, 1);
	put_node("n1", NULL, 0);
	check_silent(2, 0);
	/* one that we find not ready, whatever we find of its agent */
	policy_sums_begin_list(sums, POLICY_SUM_KIND_REPORT);
	put_not_ready("n3");
	write_report("n1", 5002);
	write_report("n2", 5002);
	write_report("n3", 5002);
	policy_sums_end_list(sums, POLICY_SUM_KIND_REPORT);
	check_silent(2, 1);
	write_report("n3", 5003);
	check_silent(3, 0);
	policy_sums_free(sums);
}

/* What is wrong comes before what is not known. */
static void test_silent_are_named_last(void)
{
	struct policy_sum sum;
	char name[8];

	begin_at(1000);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "n%02d", i);
		put_node(name, NULL, 0);
		report(name, POLICY_SUM_LOAD_ERROR, 2, "u1", "bad");
		if (i < 10)
			put_not_ready(name);
	}
	sum = sum_up();
	CHECK_EQ(sum.desired, 12);
	CHECK_EQ(sum.failed, 2);
	CHECK_EQ(sum.silent, 10);
	CHECK_EQ(sum.failure_count, POLICY_SUM_FAILURES_MAX);
	CHECK_STR(sum.failures[0].node, "n10");
	CHECK_STR(sum.failures[2].node, "n00");
	policy_sums_free(sums);
}

static void check_status(const char *wanted)
{
	struct policy_sum sum = sum_up();
	struct buffer buffer;

	buffer_init(&buffer, POLICY_SUM_STATUS_MAX);
	policy_sum_write_status(&buffer, policy, &sum, 1000 * CLOCK_NS_PER_SECOND);
	CHECK_BYTES(buffer.data, buffer.length, wanted);
	buffer_done(&buffer);
}

static void test_status(void)
{
	begin();
	check_status(
		"{\"observedGeneration\":2,\"ready\":\"0/0\",\"nodes\":{\"desired\":0,\"ready\":0,\"failed\":0},"
		"\"message\":\"the cluster has no nodes\","
		"\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"observedGeneration\":2,"
		"\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":\"NoNodes\",\"message\":\"the cluster has "
		"no nodes\"},{\"type\":\"Degraded\",\"status\":\"False\","
		"\"observedGeneration\":2,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":\"AsExpected\","
		"\"message\":\"\"}]}");
	put_node("n1", NULL, 0);
	put_node("n2", NULL, 0);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	report("n2", POLICY_SUM_ERROR, 2, "u1", "a \"quoted\" word");
	/* it was not ready before: that time stays */
	policy->ready = (struct policy_sum_condition){.is_known = true, .since = "2026-01-01T00:00:00Z"};
	policy->degraded = policy->ready;
	check_status(
		"{\"observedGeneration\":2,\"ready\":\"1/2\",\"nodes\":{\"desired\":2,\"ready\":1,\"failed\":1},"
		"\"mode\":\"enforce\",\"message\":\"n2: a \\\"quoted\\\" "
		"word\",\"failures\":[{\"node\":\"n2\",\"reason\":"
		"\"NotChanged\",\"message\":\"a \\\"quoted\\\" word\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":"
		"\"False\",\"observedGeneration\":2,\"lastTransitionTime\":\"2026-01-01T00:00:00Z\",\"reason\":"
		"\"NodesFailed\",\"message\":\"1 of 2 nodes run it\"},{\"type\":\"Degraded\",\"status\":\"True\","
		"\"observedGeneration\":2,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":\"NodesFailed\","
		"\"message\":\"1 of 2 nodes cannot run it: n2: a \\\"quoted\\\" word\"}]}");
	policy_sums_free(sums);
}

/* Message of the status, and reason and message of the condition Ready. */
static void check_messages(const char *message, const char *reason, const char *ready)
{
	struct policy_sum sum = sum_up();
	struct buffer buffer;
	char wanted[512];

	CHECK_EQ(buffer_init(&buffer, POLICY_SUM_STATUS_MAX), 0);
	policy_sum_write_status(&buffer, policy, &sum, 0);
	buffer_append_byte(&buffer, '\0');
	snprintf(wanted, sizeof(wanted), "\"%s\":\"%s\",\"conditions\":", *message ? "message" : "mode",
		 *message ? message : "enforce");
	CHECK(strstr(buffer.data, wanted));
	snprintf(wanted, sizeof(wanted), "\"reason\":\"%s\",\"message\":\"%s\"},{\"type\":\"Degraded\",", reason,
		 ready);
	CHECK(strstr(buffer.data, wanted));
	buffer_done(&buffer);
}

/* Why it does not run, though nothing is wrong, or nobody says. */
static void test_messages(void)
{
	static const struct kube_label_fields a[] = {LABEL("zone", "a")};

	begin();
	check_messages("the cluster has no nodes", "NoNodes", "the cluster has no nodes");
	policy->is_changed = false;
	put_node("n1", NULL, 0);
	CHECK(policy->is_changed); /* though no agent has reported */
	check_messages("no node reports: does the agent run?", "NoNodes", "no node reports: does the agent run?");
	report("n1", POLICY_SUM_ENABLED, 1, "u1", "");
	check_messages("waiting for the report of 1 node: n1", "NodesPending",
		       "0 of 1 nodes run it; waiting for the report of 1 node: n1");
	put_node("n0", NULL, 0);
	report("n0", POLICY_SUM_LOADING, 2, "u1", "");
	check_messages("waiting for the report of 2 nodes: n0, ...", "NodesPending",
		       "0 of 2 nodes run it; waiting for the report of 2 nodes: n0, ...");
	report("n0", POLICY_SUM_ENABLED, 2, "u1", "");
	check_messages("waiting for the report of 1 node: n1", "NodesPending",
		       "1 of 2 nodes run it; waiting for the report of 1 node: n1");
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	check_messages("", "Running", "2 of 2 nodes run it");
	select_zones(LABEL_IN, "a");
	check_messages("nodeSelector selects no node", "NoNodes", "nodeSelector selects no node");
	put_node("n2", a, 1);
	check_messages("no node that nodeSelector selects reports: does the agent run there?", "NoNodes",
		       "no node that nodeSelector selects reports: does the agent run there?");
	policy->is_changed = false;
	policy_sums_remove_node(sums, "n2");
	CHECK(policy->is_changed);
	check_messages("nodeSelector selects no node", "NoNodes", "nodeSelector selects no node");
	policy_sums_free(sums);
}

static void test_status_of_silence(void)
{
	begin_at(1000);
	put_node("n1", NULL, 0);
	write_report("n1", 5000);
	wait_s(POLICY_SUM_SILENT_S);
	put_not_ready("n0");
	write_report("n2", 5000); /* has no Node */
	policy->ready = (struct policy_sum_condition){.is_known = true, .since = "2026-01-01T00:00:00Z"};
	check_status(
		"{\"observedGeneration\":2,\"ready\":\"0/1\",\"nodes\":{\"desired\":1,\"ready\":0,\"failed\":0,"
		"\"silent\":1},\"message\":\"n1: its agent has not reported since 1970-01-01T01:23:20Z: does it "
		"run?\",\"failures\":[{\"node\":\"n1\",\"reason\":\"NoReport\",\"message\":\"its agent has not "
		"reported since 1970-01-01T01:23:20Z: does it run?\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":"
		"\"False\",\"observedGeneration\":2,\"lastTransitionTime\":\"2026-01-01T00:00:00Z\",\"reason\":"
		"\"NodesSilent\",\"message\":\"0 of 1 nodes run it\"},{\"type\":\"Degraded\",\"status\":\"True\","
		"\"observedGeneration\":2,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":"
		"\"NodesSilent\",\"message\":\"1 of 1 nodes are silent: n1: its agent has not reported since "
		"1970-01-01T01:23:20Z: does it run?\"}]}");
	policy_sums_free(sums);
}

static void test_pool(void)
{
	struct name_pool *pool = name_pool_new(2, 5);
	uint32_t a = name_pool_ref(pool, "a\0b", 3), again = name_pool_ref(pool, "a\0b", 3);

	CHECK(a != NAME_POOL_NONE && a == again);
	CHECK(memcmp(name_pool_text(pool, a), "a\0b", 4) == 0);
	CHECK_EQ(name_pool_ref(pool, "long", 4), NAME_POOL_NONE); /* bytes */
	CHECK(name_pool_ref(pool, "c", 1) != NAME_POOL_NONE);
	CHECK_EQ(name_pool_ref(pool, "d", 1), NAME_POOL_NONE); /* number */
	CHECK_EQ(name_pool_stats(pool).refused, 2);
	name_pool_unref(pool, a);
	CHECK_EQ(name_pool_stats(pool).count, 2);
	name_pool_unref(pool, a);
	CHECK_EQ(name_pool_stats(pool).count, 1);
	CHECK_EQ(name_pool_ref(pool, "e", 1), a); /* the number is free again */
	CHECK(!name_pool_attached(pool, a));
	name_pool_free(pool);
}

int main(void)
{
	RUN(test_counts);
	RUN(test_failures_are_named_in_order);
	RUN(test_marks);
	RUN(test_lists_sweep);
	RUN(test_bounds);
	RUN(test_selectors);
	RUN(test_unselected_do_not_count);
	RUN(test_labels_mark);
	RUN(test_unknown_asks_the_node);
	RUN(test_silent_agent);
	RUN(test_others_write);
	RUN(test_deaf_time_does_not_count);
	RUN(test_found_in_a_list);
	RUN(test_node_not_ready);
	RUN(test_silent_are_named_last);
	RUN(test_status);
	RUN(test_messages);
	RUN(test_status_of_silence);
	RUN(test_pool);
	return test_end();
}
