// SPDX-License-Identifier: Apache-2.0
#include "io/kube/cluster_networks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "send_object.h"

static struct cluster_networks *networks;
static struct kube_handler handler;

static void begin(void)
{
	CHECK_EQ(cluster_networks_new(&networks), 0);
	handler = cluster_networks_handler(networks);
}

static void end(void)
{
	networks = cluster_networks_free(networks);
}

#define OBJECT(status) "{\"metadata\":{\"name\":\"cluster\"},\"status\":" status "}"

static void check_text(enum cluster_network_kind kind, const char *wanted)
{
	char *text = cluster_networks_text(networks, kind);

	CHECK(!text == !wanted);
	if (text && wanted)
		CHECK_STR(text, wanted);
	free(text);
}

static void test_objects(void)
{
	begin();
	check_text(CLUSTER_NETWORK_PODS, NULL);
	CHECK(!cluster_networks_are_decided(networks));
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT,
			     "{\"metadata\":{\"name\":\"other\"},\"status\":{\"podCIDRs\":[\"1.0.0.0/8\"]}}"),
		 0);
	CHECK(!has_changed(cluster_networks_change(networks)));
	send_list(handler,
		  OBJECT("{\"podCIDRs\":[\"10.244.0.0/16\",\"fd00::/64\"],\"serviceCIDRs\":[\"10.96.0.0/12\"]}"));
	CHECK(has_changed(cluster_networks_change(networks)) && cluster_networks_are_decided(networks));
	check_text(CLUSTER_NETWORK_PODS, "10.244.0.0/16 fd00::/64");
	check_text(CLUSTER_NETWORK_SERVICES, "10.96.0.0/12");
	send_list(handler,
		  OBJECT("{\"podCIDRs\":[\"10.244.0.0/16\",\"fd00::/64\"],\"serviceCIDRs\":[\"10.96.0.0/12\"]}"));
	CHECK(!has_changed(cluster_networks_change(networks)));
	/* what was known stays, whatever becomes of the object */
	CHECK_EQ(send_object(handler, KUBE_CHANGE_DELETE, OBJECT("{}")), 0);
	send_list(handler, NULL);
	CHECK(!has_changed(cluster_networks_change(networks)));
	check_text(CLUSTER_NETWORK_PODS, "10.244.0.0/16 fd00::/64");
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, OBJECT("{\"podCIDRs\":[]}")), 0);
	CHECK(has_changed(cluster_networks_change(networks)));
	check_text(CLUSTER_NETWORK_PODS, "");
	check_text(CLUSTER_NETWORK_SERVICES, "");
	end();
}

static void test_wrong(void)
{
	static const struct {
		const char *object, *error;
	} cases[] = {
		{OBJECT("{\"podCIDRs\":\"10.0.0.0/8\"}"), "status.podCIDRs is no list of at most 4096 networks"},
		{OBJECT("{\"podCIDRs\":[\"10.0.0.0/8\",\"10.0.0.0/33\"]}"), "status.podCIDRs[1] is no network"},
		{OBJECT("{\"serviceCIDRs\":[7]}"), "status.serviceCIDRs[0] is no network"},
		{OBJECT("{\"serviceCIDRs\":[\"\"]}"), "status.serviceCIDRs[0] is no network"},
		{OBJECT("{\"serviceCIDRs\":[\"10.0.0.0/8 0.0.0.0/0\"]}"), "status.serviceCIDRs[0] is no network"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin();
		CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, cases[i].object), -EINVAL);
		CHECK_STR(error, cases[i].error);
		CHECK(cluster_networks_are_decided(networks)); /* nobody waits for it */
		check_text(CLUSTER_NETWORK_PODS, NULL);
		end();
	}
}

int main(void)
{
	RUN(test_objects);
	RUN(test_wrong);
	return test_end();
}
