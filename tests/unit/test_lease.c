// SPDX-License-Identifier: Apache-2.0
#include "core/kube/lease.h"

#include "base/clock.h"
#include "test.h"

#define S CLOCK_NS_PER_SECOND

/* An API server with one lease, and two that want it. */
static struct lease a, b;
static struct lease_record stored;
static unsigned int version;
static bool exists;

static void begin(void)
{
	lease_init(&a, "a");
	lease_init(&b, "b");
	stored = (struct lease_record){0};
	exists = false;
}

static void store(const struct lease *lease, uint64_t now_ns)
{
	stored.transitions += exists && lease_is_taking(lease);
	snprintf(stored.holder, sizeof(stored.holder), "%s", lease->identity);
	snprintf(stored.renewed, sizeof(stored.renewed), "%llu", (unsigned long long)now_ns);
	snprintf(stored.version, sizeof(stored.version), "%u", ++version);
	stored.duration_s = LEASE_DURATION_S;
	exists = true;
}

/* Does one step as a server would answer it; which one it was. */
static enum lease_step step(struct lease *lease, uint64_t now_ns)
{
	uint64_t due_ns;
	enum lease_step taken = lease_next(lease, now_ns, 0, &due_ns);

	CHECK(due_ns > now_ns);
	if (taken == LEASE_READ && exists) {
		lease_was_read(lease, &stored, now_ns);
	} else if (taken == LEASE_READ) {
		lease_was_absent(lease);
	} else if (taken != LEASE_WAIT &&
		   (taken == LEASE_CREATE ? exists : strcmp(stored.version, lease->record.version) != 0)) {
		lease_has_failed(lease); /* 409 */
	} else if (taken != LEASE_WAIT) {
		store(lease, now_ns);
		lease_was_written(lease, &stored, now_ns);
	}
	return taken;
}

static void lead_with_a(uint64_t now_ns)
{
	CHECK_EQ(step(&a, now_ns), LEASE_READ);
	CHECK_EQ(step(&a, now_ns), LEASE_CREATE);
	CHECK(lease_is_held(&a, now_ns));
}

static void test_create_and_renew(void)
{
	begin();
	lead_with_a(100 * S);
	CHECK_EQ(step(&a, 101 * S), LEASE_WAIT);
	CHECK_EQ(step(&a, 102 * S), LEASE_UPDATE); /* without a read before */
	CHECK(lease_is_held(&a, 111 * S));
	CHECK(!lease_is_held(&a, 112 * S));
	CHECK_EQ(stored.transitions, 0);
}

static void test_two_that_create(void)
{
	begin();
	CHECK_EQ(step(&a, 100 * S), LEASE_READ);
	CHECK_EQ(step(&b, 100 * S), LEASE_READ);
	CHECK_EQ(step(&b, 100 * S), LEASE_CREATE);
	CHECK_EQ(step(&a, 100 * S), LEASE_CREATE);
	CHECK(lease_is_held(&b, 101 * S));
	CHECK(!lease_is_held(&a, 101 * S));
	CHECK_EQ(step(&a, 102 * S), LEASE_READ);
}

/* The leader is gone: the other one waits for the whole duration from when it saw a renewal last. */
static void test_expiry(void)
{
	uint64_t at;

	begin();
	lead_with_a(100 * S);
	CHECK_EQ(step(&b, 109 * S), LEASE_READ); /* by b's clock it changed now, whatever the texts say */
	for (at = 111 * S; at < 124 * S; at += 2 * S)
		CHECK_EQ(step(&b, at), LEASE_READ);
	CHECK(!lease_is_held(&a, at));             /* long before */
	CHECK_EQ(step(&b, 125 * S), LEASE_UPDATE); /* of the version that was read last */
	CHECK(lease_is_held(&b, 125 * S));
	CHECK_EQ(stored.transitions, 1);
	/* the old one comes back, finds its version outdated, and waits in turn */
	CHECK_EQ(step(&a, 126 * S), LEASE_UPDATE);
	CHECK(!lease_is_held(&a, 126 * S));
	CHECK_EQ(step(&a, 128 * S), LEASE_READ);
	CHECK_EQ(step(&a, 130 * S), LEASE_READ);
	CHECK_STR(stored.holder, "b");
}

static void test_renewals_are_seen(void)
{
	begin();
	lead_with_a(100 * S);
	for (uint64_t at = 102 * S; at < 200 * S; at += 2 * S) {
		CHECK_EQ(step(&a, at), LEASE_UPDATE);
		CHECK_EQ(step(&b, at), LEASE_READ);
		CHECK(lease_is_held(&a, at) && !lease_is_held(&b, at));
	}
}

static void test_release(void)
{
	begin();
	lead_with_a(100 * S);
	CHECK_EQ(step(&b, 100 * S), LEASE_READ);
	stored.holder[0] = '\0';
	lease_was_released(&a);
	CHECK(!lease_is_held(&a, 100 * S));
	CHECK_EQ(step(&b, 102 * S), LEASE_READ);
	CHECK_EQ(step(&b, 102 * S), LEASE_UPDATE); /* at once */
	CHECK(lease_is_held(&b, 102 * S));
}

/* What was sent before counts from then, not from when the answer came. */
static void test_slow_answer(void)
{
	uint64_t due_ns;

	begin();
	lead_with_a(100 * S);
	CHECK_EQ(lease_next(&a, 102 * S, 0, &due_ns), LEASE_UPDATE);
	store(&a, 109 * S);
	lease_was_written(&a, &stored, 109 * S);
	CHECK_EQ(lease_held_until_ns(&a), 112 * S);
}

static void test_unreachable(void)
{
	uint64_t due_ns;

	begin();
	lead_with_a(100 * S);
	CHECK_EQ(lease_next(&a, 102 * S, 0, &due_ns), LEASE_UPDATE);
	lease_has_failed(&a);
	CHECK(lease_is_held(&a, 109 * S));
	CHECK(!lease_is_held(&a, 110 * S));
	CHECK_EQ(step(&a, 110 * S), LEASE_READ);
	CHECK_EQ(step(&a, 110 * S), LEASE_UPDATE); /* still ours, as nobody has taken it */
	CHECK(lease_is_held(&a, 110 * S));
}

static void check_written(enum lease_step next, bool is_release, const char *wanted)
{
	struct buffer buffer;

	buffer_init(&buffer, 4096);
	lease_write(&a, "ns", "l", next, is_release, 1000 * S, &buffer);
	CHECK_BYTES(buffer.data, buffer.length, wanted);
	buffer_done(&buffer);
}

static void test_json(void)
{
	begin();
	check_written(LEASE_CREATE, false,
		      "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\","
		      "\"namespace\":\"ns\"},\"spec\":{\"holderIdentity\":\"a\",\"leaseDurationSeconds\":15,"
		      "\"acquireTime\":\"1970-01-01T00:16:40.000001Z\",\"renewTime\":\"1970-01-01T00:16:40.000001Z\","
		      "\"leaseTransitions\":0}}");
	a.record = (struct lease_record){.holder = "a", .version = "7", .acquired = "then", .transitions = 3};
	check_written(
		LEASE_UPDATE, true,
		"{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"l\","
		"\"namespace\":\"ns\",\"resourceVersion\":\"7\"},\"spec\":{\"holderIdentity\":\"\","
		"\"leaseDurationSeconds\":1,\"acquireTime\":\"then\",\"renewTime\":\"1970-01-01T00:16:40.000001Z\","
		"\"leaseTransitions\":3}}");
}

int main(void)
{
	RUN(test_create_and_renew);
	RUN(test_two_that_create);
	RUN(test_expiry);
	RUN(test_renewals_are_seen);
	RUN(test_release);
	RUN(test_slow_answer);
	RUN(test_unreachable);
	RUN(test_json);
	return test_end();
}
