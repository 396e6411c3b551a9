// SPDX-License-Identifier: Apache-2.0
/* crds NAME: the CustomResourceDefinition of that plural name. `make crds` calls it for each. */
#include <stdlib.h>

#include "tools/crds/crds.h"
#include "tools/crds/yaml.h"

struct column {
	const char *name, *type, *path;
	bool is_wide;
};

static const struct column policy_columns[] = {
	{"Ready", "string", ".status.ready", false},
	{"Mode", "string", ".status.mode", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
	{"Message", "string", ".status.message", true},
	{NULL, NULL, NULL, false},
};
static const struct column node_columns[] = {
	{"Ready", "string", ".status.conditions[?(@.type=='Ready')].status", false},
	{"Policies", "string", ".status.policiesReady", false},
	{"Reported", "date", ".status.reportedAt", false},
	{"Version", "string", ".status.agentVersion", false},
	{"Kernel", "string", ".status.kernel.release", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
	{NULL, NULL, NULL, false},
};
static const struct column network_columns[] = {
	{"Pods", "string", ".status.podCIDRs", false},
	{"Services", "string", ".status.serviceCIDRs", false},
	{"Age", "date", ".metadata.creationTimestamp", false},
	{NULL, NULL, NULL, false},
};

static const char policy_status_help[] = "What has become of it on the nodes; Trigon's operator writes it.";

/* Names of policies are those of Tetragon: tracingpolicy.md, section 1. */
static const struct crd {
	const char *group, *kind, *singular, *plural, *short_name, *scope, *help;
	const char *categories[3];
	const struct column *columns;
	bool is_policy;
	const struct parse_schema *(*status)(void);
	const char *status_help;
} crds[] = {
	{"cilium.io",
	 "TracingPolicy",
	 "tracingpolicy",
	 "tracingpolicies",
	 "tgtp",
	 "Cluster",
	 "What to watch in the kernel of each node, and what to do then.",
	 {"tetragon", "trigon", NULL},
	 policy_columns,
	 true,
	 crds_policy_status,
	 policy_status_help},
	{"cilium.io",
	 "TracingPolicyNamespaced",
	 "tracingpolicynamespaced",
	 "tracingpoliciesnamespaced",
	 "tgtpn",
	 "Namespaced",
	 "What to watch in the kernel of each node for pods of this namespace, and what to do then.",
	 {"tetragon", "trigon", NULL},
	 policy_columns,
	 true,
	 crds_policy_status,
	 policy_status_help},
	{"trigon.dev",
	 "TracingNode",
	 "tracingnode",
	 "tracingnodes",
	 "tgn",
	 "Cluster",
	 "What the agent of a node tells. The agent writes it; changes of others are overwritten.",
	 {"trigon", NULL},
	 node_columns,
	 false,
	 crds_node_status,
	 "The node's state."},
	{"trigon.dev",
	 "ClusterNetwork",
	 "clusternetwork",
	 "clusternetworks",
	 "cnet",
	 "Cluster",
	 "The cluster's networks, for agents: what ${PODCIDR} and ${SERVICECIDR} in policies stand for. The operator "
	 "writes "
	 "the one that is called cluster.",
	 {"trigon", NULL},
	 network_columns,
	 false,
	 crds_network_status,
	 "The networks; where a list is empty nobody has said any."},
};

static void write_names(const struct crd *crd)
{
	yaml_line(1, "group: %s", crd->group);
	yaml_line(1, "scope: %s", crd->scope);
	yaml_line(1, "names:");
	yaml_line(2, "kind: %s", crd->kind);
	yaml_line(2, "listKind: %sList", crd->kind);
	yaml_line(2, "plural: %s", crd->plural);
	yaml_line(2, "singular: %s", crd->singular);
	yaml_line(2, "shortNames:");
	yaml_line(2, "- %s", crd->short_name);
	yaml_line(2, "categories:");
	for (size_t i = 0; crd->categories[i]; i++)
		yaml_line(2, "- %s", crd->categories[i]);
}

static void write_columns(const struct crd *crd)
{
	yaml_line(2, "additionalPrinterColumns:");
	for (const struct column *column = crd->columns; column->name; column++) {
		yaml_line(2, "- name: %s", column->name);
		yaml_line(3, "type: %s", column->type);
		yaml_text(3, "jsonPath", column->path);
		if (column->is_wide)
			yaml_line(3, "priority: 1");
	}
}

static void write_schema(const struct crd *crd)
{
	const struct crds_context context = {.is_namespaced = strcmp(crd->scope, "Namespaced") == 0,
					     .takes_lists = true};
	const struct parse_table *table = policy_schema();

	yaml_line(2, "schema:");
	yaml_line(3, "openAPIV3Schema:");
	yaml_text(4, "description", crd->help);
	yaml_line(4, "type: object");
	if (crd->is_policy) {
		yaml_line(4, "required:");
		yaml_line(4, "- spec");
	}
	yaml_line(4, "properties:");
	yaml_line(5, "apiVersion:");
	yaml_line(6, "type: string");
	yaml_line(5, "kind:");
	yaml_line(6, "type: string");
	yaml_line(5, "metadata:");
	yaml_line(6, "type: object");
	for (size_t i = 0; crd->is_policy && i < table->count; i++) {
		if (!table->rows[i].schema)
			continue;
		crds_write_field(5, table->rows[i].name, table->rows[i].schema, table->rows[i].help, &context);
	}
	crds_write_field(5, "status", crd->status(), crd->status_help, &context);
}

static void write_crd(const struct crd *crd)
{
	puts("# Made by `make crds` of the tables that the parser of policies goes by: tools/crds/.");
	puts("apiVersion: apiextensions.k8s.io/v1");
	puts("kind: CustomResourceDefinition");
	puts("metadata:");
	yaml_line(1, "name: %s.%s", crd->plural, crd->group);
	puts("spec:");
	write_names(crd);
	yaml_line(1, "versions:");
	yaml_line(1, "- name: v1alpha1");
	yaml_line(2, "served: true");
	yaml_line(2, "storage: true");
	/* a TracingNode is all status: one request writes it */
	if (crd->is_policy) {
		yaml_line(2, "subresources:");
		yaml_line(3, "status: {}");
	}
	write_columns(crd);
	write_schema(crd);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < ARRAY_SIZE(crds); i++) {
		if (strcmp(crds[i].plural, argv[1]) == 0) {
			write_crd(&crds[i]);
			return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}
	fputs("usage: crds tracingpolicies|tracingpoliciesnamespaced|tracingnodes|clusternetworks\n", stderr);
	return 2;
}
