// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_networks.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const char *const names[CLUSTER_NETWORK_KINDS] = {
	[CLUSTER_NETWORK_PODS] = "PODCIDR",
	[CLUSTER_NETWORK_SERVICES] = "SERVICECIDR",
};

static const char *const remedies[CLUSTER_NETWORK_KINDS] = {
	[CLUSTER_NETWORK_PODS] =
		"the operator publishes it (kubectl get clusternetworks): see that it runs, and, where "
		"nodes have no spec.podCIDRs, give it --pod-cidr; or give the agent --variable PODCIDR=NETWORKS",
	[CLUSTER_NETWORK_SERVICES] =
		"the operator publishes it (kubectl get clusternetworks): see that it runs, and, where the cluster has "
		"no ServiceCIDR objects, give it --service-cidr; or give the agent --variable SERVICECIDR=NETWORKS",
};

/* -1: it is none of the cluster's. */
static int find_kind(const struct policy_networks *networks, const char *name, size_t length)
{
	for (int i = 0; networks->source && i < CLUSTER_NETWORK_KINDS; i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return i;
	return -1;
}

static const char *find(void *context, const char *name, size_t length)
{
	struct policy_networks *networks = context;
	const struct policy_variables given = policy_variables_from(networks->list);
	const char *value = given.find(given.context, name, length);
	int kind = value ? -1 : find_kind(networks, name, length);

	if (kind < 0)
		return value;
	networks->has_asked = true;
	return networks->texts[kind];
}

/* NULL also for what --variable leaves empty: the operator cannot help there. */
static const char *remedy(void *context, const char *name, size_t length)
{
	const struct policy_networks *networks = context;
	int kind = policy_variables_given(networks->list, name, length) ? -1 : find_kind(networks, name, length);

	return kind < 0 ? NULL : remedies[kind];
}

void policy_networks_init(struct policy_networks *networks, const struct option_list *list,
			  struct cluster_networks *source)
{
	*networks = (struct policy_networks){.list = list, .source = source};
}

void policy_networks_done(struct policy_networks *networks)
{
	for (size_t i = 0; i < CLUSTER_NETWORK_KINDS; i++)
		free(networks->texts[i]);
	*networks = (struct policy_networks){0};
}

bool policy_networks_follow(struct policy_networks *networks)
{
	uint64_t version = networks->source ? change_version(cluster_networks_change(networks->source)) : 0;

	if (version == networks->version)
		return false;
	networks->version = version;
	for (int i = 0; i < CLUSTER_NETWORK_KINDS; i++) {
		char *text = cluster_networks_text(networks->source, (enum cluster_network_kind)i);

		if (!text && networks->texts[i])
			continue; /* no memory: another time */
		free(networks->texts[i]);
		networks->texts[i] = text;
	}
	return true;
}

bool policy_networks_are_to_come(const struct policy_networks *networks)
{
	return networks->source && !cluster_networks_are_decided(networks->source);
}

struct policy_variables policy_networks_variables(struct policy_networks *networks)
{
	return (struct policy_variables){.find = find, .remedy = remedy, .context = networks};
}
