/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options of `trigon operator`. */
#include "base/log.h"

struct operator_options {
	char *kubeconfig;                              /* NULL: we are in a pod */
	char *lease_namespace, *lease_name, *identity; /* never NULL once read */
	char *health_server_address;                   /* "": probes are not answered; never NULL */
	char *config_dir;                              /* already read; NULL: none */
	enum log_level log_level;
	enum log_format log_format;
};

/* As agent_options_read(). */
int operator_options_read(int argc, char *const *argv, struct operator_options *ret);
void operator_options_done(struct operator_options *options);
