// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_network.h"

#include <arpa/inet.h>

#include "base/util.h"
#include "test.h"

static void test_right(void)
{
	static const struct {
		const char *text, *address;
		int prefix;
	} cases[] = {
		{"10.1.2.3", "10.1.2.3", 32},
		{"10.1.2.3/8", "10.0.0.0", 8},
		{"10.255.255.255/9", "10.128.0.0", 9},
		{"1.2.3.4/0", "0.0.0.0", 0},
		{"1.2.3.4/31", "1.2.3.4", 31},
		{"1.2.3.5/31", "1.2.3.4", 31},
		{"fd00::1", "fd00::1", 128},
		{"fdff::1/9", "fd80::", 9},
		{"::/0", "::", 0},
		{"1:2:3:4:5:6:7:8/127", "1:2:3:4:5:6:7:8", 127},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4", 128},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy_network network = {0};
		char text[INET6_ADDRSTRLEN] = "";

		CHECK(parse_network(cases[i].text, strlen(cases[i].text), &network));
		inet_ntop(network.is_ipv6 ? AF_INET6 : AF_INET, network.address, text, sizeof(text));
		CHECK_STR(text, cases[i].address);
		CHECK_EQ(network.prefix_length, cases[i].prefix);
		CHECK_EQ(network.is_ipv6, strchr(cases[i].text, ':') != NULL);
	}
}

static void test_wrong(void)
{
	static const char *const cases[] = {
		"",
		"x",
		"10.0.0",
		"10.0.0.0.0",
		"256.1.1.1",
		"10.0.0.1/33",
		"10.0.0.1/",
		"10.0.0.1/ 8",
		"10.0.0.1/-1",
		"10.0.0.1/08",
		"10.0.0.1/8/8",
		"::1/129",
		"fe80::1%eth0",
		" 10.0.0.1",
		"10.0.0.1 ",
		"::1/1000",
		"/8",
		"1111:1111:1111:1111:1111:1111:255.255.255.255/1289999999999",
	};
	struct policy_network network;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (parse_network(cases[i], strlen(cases[i]), &network))
			printf("%s is taken:\n", cases[i]);
		CHECK(!parse_network(cases[i], strlen(cases[i]), &network));
	}
	CHECK(!parse_network("10.0.0.1\0", 9, &network));
}

int main(void)
{
	RUN(test_right);
	RUN(test_wrong);
	return test_end();
}
