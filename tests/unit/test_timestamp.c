// SPDX-License-Identifier: Apache-2.0
#include "core/kube/timestamp.h"

#include "base/util.h"
#include "test.h"

static void test_parse(void)
{
	static const struct {
		const char *text;
		int64_t time_s; /* -1: refused */
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-28T05:47:39Z", 1795844859},
		{"2026-11-28T05:47:39.123456Z", 1795844859},
		{"2024-02-29T23:59:59Z", 1709251199},
		{"2100-03-01T00:00:00Z", 4107542400},
		{"2499-12-31T23:59:59Z", 16725225599},
		{"1969-12-31T23:59:59Z", -1},
		{"2500-01-01T00:00:00Z", -1},
		{"", -1},
		{"2026-11-28T05:47:39", -1},
		{"2026-11-28T05:47:39.Z", -1},
		{"2026-11-28T05:47:39+01:00", -1},
		{"2026-11-28 05:47:39Z", -1},
		{"2026-13-28T05:47:39Z", -1},
		{"2026-11-28T25:47:39Z", -1},
		{"26-11-28T05:47:39Z.....", -1},
		{"12026-11-28T05:47:39Z", -1},
		{"2026-11-28T05:47:39Z ", -1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t time_s = -1;

		CHECK_EQ(timestamp_parse(cases[i].text, &time_s), cases[i].time_s >= 0);
		CHECK_EQ(time_s, cases[i].time_s);
	}
}

static void test_parse_ns(void)
{
	static const struct {
		const char *text;
		uint64_t time_ns;
	} cases[] = {
		{"1970-01-01T00:00:01Z", 1000000000},
		{"1970-01-01T00:00:00.5Z", 500000000},
		{"1970-01-01T00:00:00.000000001Z", 1},
		{"1970-01-01T00:00:00.0000000019Z", 1},
		{"2026-11-28T05:47:39.123456789Z", 1795844859123456789},
		{"2499-12-31T23:59:59.999999999Z", 16725225599999999999U},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t time_ns = 0;

		CHECK(timestamp_parse_ns(cases[i].text, &time_ns));
		CHECK_EQ(time_ns, cases[i].time_ns);
	}
}

int main(void)
{
	RUN(test_parse);
	RUN(test_parse_ns);
	return test_end();
}
