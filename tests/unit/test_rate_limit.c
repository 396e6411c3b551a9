// SPDX-License-Identifier: Apache-2.0
#include "core/filter/rate_limit.h"

#include "test.h"

#define SECOND 1000000000ULL
#define START 1000

static size_t take(struct rate_limit *limit, size_t count, uint64_t now_ns)
{
	size_t taken = 0;

	while (count--)
		taken += rate_limit_take(limit, now_ns);
	return taken;
}

static void test_bucket(void)
{
	struct rate_limit limit;

	rate_limit_init(&limit, 60, START);
	CHECK(rate_limit_is_set(&limit));
	CHECK_EQ(take(&limit, 100, START), 60);
	CHECK_EQ(limit.dropped, 40);
	CHECK_EQ(take(&limit, 100, START + SECOND - 1), 0);
	CHECK_EQ(take(&limit, 100, START + SECOND), 1);
	CHECK_EQ(take(&limit, 100, START + 11 * SECOND), 10);
	CHECK_EQ(take(&limit, 100, START + 1000000 * SECOND), 60); /* no more than a minute's */
}

static void test_no_limit(void)
{
	struct rate_limit limit;

	rate_limit_init(&limit, RATE_LIMIT_NONE, START);
	CHECK(!rate_limit_is_set(&limit));
	CHECK_EQ(take(&limit, 1000, START), 1000);
	rate_limit_init(&limit, 7, START); /* a minute is no multiple of it */
	CHECK_EQ(take(&limit, 8, START), 7);
}

static void test_tell(void)
{
	struct rate_limit limit;

	rate_limit_init(&limit, 1, START);
	CHECK_EQ(take(&limit, 4, START), 1);
	CHECK_EQ(rate_limit_tell(&limit, START + 60 * SECOND - 1, false), 0);
	CHECK_EQ(rate_limit_tell(&limit, START + 60 * SECOND, false), 3);
	CHECK_EQ(rate_limit_tell(&limit, START + 120 * SECOND, false), 0);
	CHECK_EQ(take(&limit, 3, START + 120 * SECOND), 1);
	CHECK_EQ(rate_limit_tell(&limit, START + 121 * SECOND, true), 2);
	CHECK_EQ(limit.dropped, 5);
}

int main(void)
{
	RUN(test_bucket);
	RUN(test_no_limit);
	RUN(test_tell);
	return test_end();
}
