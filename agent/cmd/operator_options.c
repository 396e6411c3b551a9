// SPDX-License-Identifier: Apache-2.0
#include "cmd/operator_options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/random.h"
#include "core/policy/parse_network.h"
#include "io/config/options.h"

#define OPERATOR_OPTION(member) .offset = offsetof(struct operator_options, member)

static const char *const operator_log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const operator_log_formats[] = {"text", "json", NULL};

/* clang-format off */
static const struct option_row operator_rows[] = {
	{.group = "Kubernetes", .name = "kubeconfig", .kind = OPTION_STRING, OPERATOR_OPTION(kubeconfig),
	 .placeholder = "FILE",
	 .help = "The cluster of FILE's current context; without, that which this pod runs in"},
	{.group = "Kubernetes", .name = "lease-namespace", .kind = OPTION_STRING, OPERATOR_OPTION(lease_namespace),
	 .placeholder = "NAMESPACE",
	 .help = "Where the Lease is by which one of several replicas leads; without, the environment variable "
		 "POD_NAMESPACE says it, else it is default"},
	{.group = "Kubernetes", .name = "lease-name", .kind = OPTION_STRING, OPERATOR_OPTION(lease_name),
	 .default_text = "trigon-operator", .placeholder = "NAME", .help = "Its name"},
	{.group = "Kubernetes", .name = "identity", .kind = OPTION_STRING, OPERATOR_OPTION(identity),
	 .placeholder = "NAME",
	 .help = "Name of this replica in the Lease, its own; without, that of the host, which in a pod is the pod's, and a "
		 "random number"},

	{.group = "Networks", .name = "pod-cidr", .kind = OPTION_LIST, OPERATOR_OPTION(pod_cidrs),
	 .placeholder = "NETWORK,...",
	 .help = "What ${PODCIDR} in policies stands for, in place of the nodes' spec.podCIDRs: where these are not there, as "
		 "with Calico's and Cilium's own address management, or in clouds"},
	{.group = "Networks", .name = "service-cidr", .kind = OPTION_LIST, OPERATOR_OPTION(service_cidrs),
	 .placeholder = "NETWORK,...",
	 .help = "What ${SERVICECIDR} stands for, in place of the cluster's ServiceCIDR objects, which Kubernetes has since "
		 "1.33"},

	{.group = "Operation", .name = "health-server-address", .kind = OPTION_STRING,
	 OPERATOR_OPTION(health_server_address), .default_text = "", .placeholder = "HOST:PORT",
	 .help = "Answer a kubelet's probes over HTTP on this address, :PORT for all of the machine's: /startupz, /readyz "
		 "and /livez; and Prometheus: /metrics"},
	{.group = "Operation", .name = "config-dir", .kind = OPTION_STRING, OPERATOR_OPTION(config_dir),
	 .placeholder = "DIR",
	 .help = "Read further flags from DIR, one file per flag, named as the flag and holding its value (a mounted "
		 "ConfigMap). The command line wins."},
	{.group = "Operation", .name = "log-level", .kind = OPTION_ENUM, OPERATOR_OPTION(log_level),
	 .choices = operator_log_levels, .default_text = "info", .placeholder = "LEVEL",
	 .help = "What the operator says of itself on standard error"},
	{.group = "Operation", .name = "log-format", .kind = OPTION_ENUM, OPERATOR_OPTION(log_format),
	 .choices = operator_log_formats, .default_text = "text", .placeholder = "FORMAT", .help = "How it says that"},
};
/* clang-format on */

static const struct option_table operator_table = {
	.command = "trigon operator",
	.synopsis = "[OPTION...]",
	.summary = "Sums up what the nodes of a cluster report of its policies, and writes it into the policies' "
		   "status: on "
		   "how many nodes each runs, where it does not and why. Of several replicas one leads. Ends on SIGINT "
		   "and SIGTERM.",
	.rows = operator_rows,
	.count = ARRAY_SIZE(operator_rows),
};

/* A name of a DNS label: it stands in a path. */
static bool is_label(const char *name)
{
	return *name && strlen(name) <= 253 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == strlen(name) &&
	       *name != '.';
}

static int fill_in(struct operator_options *options)
{
	const char *namespace = getenv("POD_NAMESPACE");
	char host[65] = "";

	gethostname(host, sizeof(host) - 1);
	if (!options->lease_namespace)
		options->lease_namespace = strdup(namespace && *namespace ? namespace : "default");
	if (!options->identity && asprintf(&options->identity, "%s_%08x", host, random_u32()) < 0)
		options->identity = NULL;
	return options->lease_namespace && options->identity ? 0 : -ENOMEM;
}

static int operator_options_check(const struct operator_options *options)
{
	struct option_error error;

	if (is_label(options->lease_namespace) && is_label(options->lease_name) && *options->identity)
		return 0;
	option_error_set(&error, "--%s: a name of letters in lower case, digits, - and . is wanted",
			 !*options->identity                  ? "identity"
			 : is_label(options->lease_namespace) ? "lease-name"
							      : "lease-namespace");
	return options_complain(&operator_table, &error);
}

static int read_networks(const struct option_list *list, const char *option, struct network_set *ret)
{
	struct option_error error;

	for (size_t i = 0; i < list->count; i++) {
		struct policy_network network;

		if (!parse_network(list->items[i], strlen(list->items[i]), &network)) {
			option_error_set(&error, "--%s: \"%.64s\" is no network, such as 10.244.0.0/16", option,
					 list->items[i]);
			return options_complain(&operator_table, &error);
		}
		if (network_set_add(ret, &network) < 0)
			return -ENOMEM;
	}
	network_set_reduce(ret);
	return 0;
}

int operator_options_read(int argc, char *const *argv, struct operator_options *ret)
{
	int r;

	*ret = (struct operator_options){0};
	r = options_read(&operator_table, argc, argv, ret);
	if (r == 0)
		r = fill_in(ret);
	if (r == 0)
		r = operator_options_check(ret);
	if (r == 0)
		r = read_networks(&ret->pod_cidrs, "pod-cidr", &ret->given[NETWORK_SOURCE_NODES]);
	return r ? r : read_networks(&ret->service_cidrs, "service-cidr", &ret->given[NETWORK_SOURCE_SERVICE_CIDRS]);
}

void operator_options_done(struct operator_options *options)
{
	option_table_clear(&operator_table, options);
	for (size_t i = 0; i < NETWORK_SOURCE_COUNT; i++)
		network_set_done(&options->given[i]);
}
