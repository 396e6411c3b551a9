/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options of `trigon operator`. */
#include "base/log.h"
#include "core/config/option_value.h"
#include "io/kube/network_collector.h"

struct operator_options {
	char *kubeconfig;                               /* NULL: we are in a pod */
	char *lease_namespace, *lease_name, *identity;  /* never NULL once read */
	char *health_server_address;                    /* "": probes are not answered; never NULL */
	struct option_list pod_cidrs, service_cidrs;    /* as given, and read: */
	struct network_set given[NETWORK_SOURCE_COUNT]; /* empty: what the cluster says */
	char *config_dir;                               /* already read; NULL: none */
	enum log_level log_level;
	enum log_format log_format;
};

/* As agent_options_read(). */
int operator_options_read(int argc, char *const *argv, struct operator_options *ret);
void operator_options_done(struct operator_options *options);
