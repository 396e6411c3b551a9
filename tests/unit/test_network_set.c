// SPDX-License-Identifier: Apache-2.0
#include "core/kube/network_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/parse_network.h"
#include "test.h"

/* Blank-separated networks. */
static void add_all(struct network_set *set, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		struct policy_network network;

		CHECK(parse_network(text, length, &network));
		CHECK_EQ(network_set_add(set, &network), 0);
		text += length + strspn(text + length, " ");
	}
}

static void check_reduced(const char *text, const char *wanted)
{
	struct network_set set = {0};
	char got[1024] = "", one[NETWORK_TEXT_MAX];

	add_all(&set, text);
	network_set_reduce(&set);
	for (size_t i = 0; i < set.count; i++) {
		network_text(&set.networks[i], one);
		CHECK(strlen(got) + strlen(one) + 2 < sizeof(got));
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", one);
	}
	CHECK_STR(got, wanted);
	network_set_done(&set);
}

static void test_reduce(void)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{"", ""},
		{"10.244.0.0/24", "10.244.0.0/24"},
		{"10.244.0.0/24 10.244.0.0/24", "10.244.0.0/24"},
		{"10.244.1.0/24 10.244.0.0/24", "10.244.0.0/23"},
		{"10.244.1.0/24 10.244.2.0/24", "10.244.1.0/24 10.244.2.0/24"}, /* neighbours, but no halves */
		{"10.244.0.0/24 10.244.1.0/24 10.244.2.0/24 10.244.3.0/24", "10.244.0.0/22"},
		{"10.244.3.0/24 10.244.2.0/24 10.244.0.0/23", "10.244.0.0/22"},
		{"10.244.0.0/16 10.244.7.0/24 10.245.0.0/16", "10.244.0.0/15"},
		{"10.0.0.0/8 10.0.0.0/24 10.0.0.7", "10.0.0.0/8"},
		{"0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0"},
		{"10.0.0.6/32 10.0.0.7/32", "10.0.0.6/31"},
		{"fd00::/64 fd00:0:0:1::/64 10.244.0.0/24", "10.244.0.0/24 fd00::/63"},
		{"::/1 8000::/1 0.0.0.0/0", "0.0.0.0/0 ::/0"},
		{"fd00::1 fd00::", "fd00::/127"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_reduced(cases[i].text, cases[i].wanted);
}

/* Nodes of a cluster: 4,096 of 10.0.0.0/12, which is then one; without one of them, twelve. */
static void test_many(void)
{
	struct network_set set = {0};
	struct policy_network network = {.prefix_length = 24, .address = {10}};

	for (int without = 0; without < 2; without++) {
		for (int i = 4095; i >= without; i--) {
			network.address[1] = (uint8_t)(i >> 8);
			network.address[2] = (uint8_t)i;
			CHECK_EQ(network_set_add(&set, &network), 0);
		}
		network_set_reduce(&set);
		CHECK_EQ(set.count, without ? 12 : 1);
		CHECK_EQ(set.networks[0].prefix_length, without ? 24 : 12);
		network_set_done(&set);
	}
	for (int i = 0; i < NETWORK_SET_MAX; i++)
		if (network_set_add(&set, &network) != 0)
			CHECK(false);
	CHECK_EQ(network_set_add(&set, &network), -ENOSPC);
	network_set_reduce(&set);
	CHECK_EQ(set.count, 1);
	network_set_done(&set);
}

int main(void)
{
	RUN(test_reduce);
	RUN(test_many);
	return test_end();
}
