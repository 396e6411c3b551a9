/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What ${NAME} stands for in an agent's policies: --variable, then the environment, then, for PODCIDR and SERVICECIDR,
 * the cluster's networks. Of the thread that loads policies.
 */
#include "cmd/policy_variables.h"
#include "io/kube/cluster_networks.h"

struct policy_networks {
	const struct option_list *list;
	struct cluster_networks *source;    /* not owned; NULL: there is no cluster */
	uint64_t version;                   /* of what follows */
	char *texts[CLUSTER_NETWORK_KINDS]; /* owned */
	bool has_asked; /* set when a value of the cluster's was asked for; whoever wants to know clears it */
};

void policy_networks_init(struct policy_networks *networks, const struct option_list *list,
			  struct cluster_networks *source);
void policy_networks_done(struct policy_networks *networks); /* accepts a zeroed struct */
/* Takes what is new; true if that is so. */
bool policy_networks_follow(struct policy_networks *networks);
/* The values are to come: whoever has asked waits. */
bool policy_networks_are_to_come(const struct policy_networks *networks);
/* For the parser; lives as long as `networks`. */
struct policy_variables policy_networks_variables(struct policy_networks *networks);
