// SPDX-License-Identifier: Apache-2.0
#include "io/kube/network_collector.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "send_object.h"

static struct network_collector *collector;

static int send(enum network_source source, enum kube_change change, const char *name, const char *spec)
{
	char text[1024];

	snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"%s\"},\"spec\":%s}", name, spec);
	return send_object(network_collector_handler(collector, source), change, text);
}

#define NODES NETWORK_SOURCE_NODES, KUBE_CHANGE_PUT
#define SERVICES NETWORK_SOURCE_SERVICE_CIDRS, KUBE_CHANGE_PUT

static void check_networks(enum network_source source, const char *wanted)
{
	_cleanup_(network_set_done) struct network_set set = {0};
	char got[1024] = "", one[NETWORK_TEXT_MAX];

	CHECK_EQ(network_collector_read(collector, source, &set), 0);
	for (size_t i = 0; i < set.count; i++) {
		network_text(&set.networks[i], one);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", one);
	}
	CHECK_STR(got, wanted);
}

static void test_objects(void)
{
	uint64_t version;

	collector = network_collector_new();
	CHECK(collector);
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[\"10.7.0.0/24\",\"fd00:7::/64\"],\"podCIDR\":\"10.7.0.0/24\"}"), 0);
	CHECK_EQ(send(NODES, "b", "{\"podCIDR\":\"10.7.1.0/24\"}"), 0); /* as older API servers have it */
	CHECK_EQ(send(NODES, "c", "{}"), 0);
	CHECK_EQ(send(NODES, "d", "{\"podCIDR\":\"\"}"), 0);
	check_networks(NETWORK_SOURCE_NODES, "10.7.0.0/23 fd00:7::/64");
	CHECK_EQ(send(SERVICES, "kubernetes", "{\"cidrs\":[\"10.96.0.0/12\"]}"), 0);
	check_networks(NETWORK_SOURCE_SERVICE_CIDRS, "10.96.0.0/12");
	/* no news */
	version = network_collector_version(collector);
	CHECK_EQ(send(NODES, "b", "{\"podCIDR\":\"10.7.1.0/24\"}"), 0);
	CHECK_EQ(network_collector_version(collector), version);
	CHECK_EQ(send(NETWORK_SOURCE_NODES, KUBE_CHANGE_DELETE, "b", "{}"), 0);
	CHECK(network_collector_version(collector) != version);
	check_networks(NETWORK_SOURCE_NODES, "10.7.0.0/24 fd00:7::/64");
	collector = network_collector_free(collector);
}

static void test_wrong(void)
{
	static const char nine[] = "{\"podCIDRs\":[\"10.0.0.0/24\",\"10.0.1.0/24\",\"10.0.2.0/24\",\"10.0.3.0/24\","
				   "\"10.0.4.0/24\",\"10.0.5.0/24\",\"10.0.6.0/24\",\"10.0.7.0/24\",\"10.0.8.0/24\"]}";

	collector = network_collector_new();
	CHECK(collector);
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[\"10.7.0.0/24\"]}"), 0);
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[\"10.8.0.0/33\"]}"), -EINVAL);
	CHECK_STR(error, "spec.podCIDRs: \"10.8.0.0/33\" is no network");
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[7]}"), -EINVAL);
	CHECK_EQ(send(NODES, "a", nine), -EINVAL);
	CHECK_STR(error, "spec.podCIDRs has more than 8 networks");
	check_networks(NETWORK_SOURCE_NODES, "10.7.0.0/24"); /* what it had */
	collector = network_collector_free(collector);
}

/* What a list does not have is gone; what it has and is wrong keeps what it had. */
static void test_lists(void)
{
	struct kube_handler handler;

	collector = network_collector_new();
	CHECK(collector);
	handler = network_collector_handler(collector, NETWORK_SOURCE_NODES);
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[\"10.7.0.0/24\"]}"), 0);
	CHECK_EQ(send(NODES, "b", "{\"podCIDRs\":[\"10.9.0.0/24\"]}"), 0);
	CHECK_EQ(send(NODES, "c", "{\"podCIDRs\":[\"10.11.0.0/24\"]}"), 0);
	handler.begin_list(handler.context);
	CHECK_EQ(send(NODES, "a", "{\"podCIDRs\":[\"10.7.0.0/24\"]}"), 0);
	handler.begin_list(handler.context); /* anew, as the first one failed */
	CHECK_EQ(send(NODES, "b", "{\"podCIDRs\":[\"10.9.0.0/24\"]}"), 0);
	CHECK_EQ(send(NODES, "c", "{\"podCIDRs\":[\"wrong\"]}"), -EINVAL);
	handler.end_list(handler.context);
	check_networks(NETWORK_SOURCE_NODES, "10.9.0.0/24 10.11.0.0/24");
	collector = network_collector_free(collector);
}

int main(void)
{
	RUN(test_objects);
	RUN(test_wrong);
	RUN(test_lists);
	return test_end();
}
