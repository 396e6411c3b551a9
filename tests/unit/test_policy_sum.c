// SPDX-License-Identifier: Apache-2.0
#include "core/kube/policy_sum.h"

#include <errno.h>

#include "base/clock.h"
#include "core/kube/name_pool.h"
#include "test.h"

static struct policy_sums *sums;
static struct policy_sum_policy *policy;

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

	CHECK_EQ(policy_sums_put_report(sums, node, reports, 3), 0);
}

static void begin(void)
{
	sums = policy_sums_new();
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, &policy), 0);
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
	policy_sums_put_node(sums, "n1");
	check_sum(1, 1, 0);
	policy_sums_put_node(sums, "n2"); /* a node without an agent */
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
	check_sum(1, 1, 0);
	policy_sums_remove_node(sums, "n1");
	check_sum(0, 0, 0);
	policy_sums_free(sums);
}

static void test_failures_are_named_in_order(void)
{
	struct policy_sum sum;
	char name[8];

	begin();
	for (int i = 11; i >= 0; i--) {
		snprintf(name, sizeof(name), "n%02d", i);
		policy_sums_put_node(sums, name);
		report(name, i % 2 ? POLICY_SUM_ERROR : POLICY_SUM_LOAD_ERROR, 2, "u1", "the same");
	}
	sum = sum_up();
	CHECK_EQ(sum.failed, 12);
	CHECK_EQ(sum.failure_count, POLICY_SUM_FAILURES_MAX);
	CHECK_STR(sum.failures[0].node, "n00");
	CHECK(!sum.failures[0].runs_older);
	CHECK_STR(sum.failures[7].node, "n07");
	CHECK(sum.failures[7].runs_older);
	CHECK_STR(sum.failures[7].error, "the same");
	CHECK_EQ(policy_sums_stats(sums).texts, 5); /* three names and two errors, once each */
	policy_sums_free(sums);
}

/* What may have another sum is marked, and nothing else. */
static void test_marks(void)
{
	struct policy_sum_policy *other;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "", "other", "u9", 1, &other), 0);
	policy_sums_put_node(sums, "n1");
	report("n1", POLICY_SUM_LOADING, 2, "u1", "");
	CHECK(policy->is_changed && other->is_changed);
	policy->is_changed = other->is_changed = false;
	report("n1", POLICY_SUM_LOADING, 2, "u1", "");
	CHECK(!policy->is_changed && !other->is_changed);
	report("n1", POLICY_SUM_ENABLED, 2, "u1", "");
	CHECK(policy->is_changed && !other->is_changed);
	policy->is_changed = false;
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 2, &policy), 0);
	CHECK(!policy->is_changed);
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", "u1", 3, &policy), 0);
	CHECK(policy->is_changed);
	policy_sums_free(sums);
}

static void test_lists_sweep(void)
{
	struct policy_sum_policy *namespaced;

	begin();
	CHECK_EQ(policy_sums_put_policy(sums, "n", "p", "u2", 2, &namespaced), 0);
	policy_sums_put_node(sums, "n1");
	policy_sums_put_node(sums, "n2");
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
		r = policy_sums_put_node(sums, name);
	}
	CHECK_EQ(r, -ENOSPC);
	CHECK_EQ(policy_sums_stats(sums).nodes, POLICY_SUM_NODES_MAX);
	CHECK_EQ(policy_sums_stats(sums).refused, 1);
	for (int i = 1; i < POLICY_SUM_POLICIES_MAX; i++) {
		snprintf(name, sizeof(name), "q%05d", i);
		CHECK_EQ(policy_sums_put_policy(sums, "", name, "u", 1, &more), 0);
	}
	CHECK_EQ(policy_sums_put_policy(sums, "", "q", "u", 1, &more), -ENOSPC);
	memset(uid, 'u', sizeof(uid) - 1);
	uid[sizeof(uid) - 1] = '\0';
	CHECK_EQ(policy_sums_put_policy(sums, "", "p", uid, 1, &more), -EINVAL);
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
		"\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"observedGeneration\":2,"
		"\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":\"NoNodes\",\"message\":\"no node that "
		"should run it reports: does the agent run?\"},{\"type\":\"Degraded\",\"status\":\"False\","
		"\"observedGeneration\":2,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\",\"reason\":\"AsExpected\","
		"\"message\":\"\"}]}");
	policy_sums_put_node(sums, "n1");
	policy_sums_put_node(sums, "n2");
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
	RUN(test_status);
	RUN(test_pool);
	return test_end();
}
