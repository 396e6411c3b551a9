// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a Node, a ServiceCIDR, and a ClusterNetwork: what is taken of them are networks. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/parse_network.h"
#include "io/kube/cluster_networks.h"
#include "io/kube/network_collector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void collect(const json_t *object)
{
	struct network_collector *collector = network_collector_new();
	char error[256];

	for (int i = 0; collector && i < NETWORK_SOURCE_COUNT; i++) {
		struct kube_handler handler = network_collector_handler(collector, (enum network_source)i);
		struct network_set set = {0};

		handler.object(handler.context, KUBE_CHANGE_PUT, object, error, sizeof(error));
		if (network_collector_read(collector, (enum network_source)i, &set) < 0 ||
		    set.count > NETWORKS_OF_ONE_MAX)
			abort();
		network_set_done(&set);
		handler.object(handler.context, KUBE_CHANGE_DELETE, object, error, sizeof(error));
	}
	network_collector_free(collector);
}

static void check_text(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, " ");
		struct policy_network network;

		if (!parse_network(text, length, &network))
			abort();
		text += length + strspn(text + length, " ");
	}
}

static void publish(const json_t *object)
{
	struct cluster_networks *networks;
	struct kube_handler handler;
	char error[256];

	if (cluster_networks_new(&networks) < 0)
		return;
	handler = cluster_networks_handler(networks);
	handler.object(handler.context, KUBE_CHANGE_PUT, object, error, sizeof(error));
	for (int i = 0; i < CLUSTER_NETWORK_KINDS; i++) {
		char *text = cluster_networks_text(networks, (enum cluster_network_kind)i);

		if (text)
			check_text(text);
		free(text);
	}
	cluster_networks_free(networks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, 0, NULL);

	if (!object)
		return 0;
	collect(object);
	publish(object);
	json_decref(object);
	return 0;
}
