// SPDX-License-Identifier: Apache-2.0
#include "core/kube/said.h"

#include "base/util.h"
#include "test.h"

#define S CLOCK_NS_PER_SECOND

/* Each try is in the same state as those before it. */
static void test_tries(void)
{
	static const struct {
		uint64_t after_s;
		int status;
		const char *text;
		bool is_news;
	} tries[] = {
		{0, 403, "may not read a", true},         {0, 403, "may not read a", false},
		{30, 403, "may not read b", false}, /* it may be another one each time */
		{30, 403, "may not read a", false},       {1, 403, "may not read b", true},
		{59, 403, "may not read a", false},       {0, 500, "may not read b", true},
		{0, 0, "away after 12 ms", true},         {61, 0, "away after 9 ms", false}, /* a number is no reason */
		{61, 0, "away at last after 9 ms", true}, {600, 0, "away at last after 9 ms", false},
		{1, 0, "away at last after 9 ms", true},  {600, 0, "away at last after 9 ms", false},
	};
	struct kube_said said = {0};
	uint64_t now_ns = 1;

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		now_ns += tries[i].after_s * S;
		CHECK_EQ(kube_said_is_news(&said, tries[i].status, tries[i].text, now_ns), tries[i].is_news);
		CHECK(said.is_failing);
	}
}

static void test_works_between(void)
{
	struct kube_said said = {0};

	CHECK(!kube_said_end(&said));
	CHECK(kube_said_is_news(&said, 0, "", 0));
	CHECK(!kube_said_is_news(&said, 0, "", 0));
	CHECK(kube_said_end(&said));
	CHECK(!kube_said_end(&said));
	CHECK(kube_said_is_news(&said, 0, "", 0)); /* it has come anew */
}

int main(void)
{
	RUN(test_tries);
	RUN(test_works_between);
	return test_end();
}
