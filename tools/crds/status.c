// SPDX-License-Identifier: Apache-2.0
/* What agents and the operator write: the status of policies, and TracingNodes. Nobody else does, so there are no
 * rules. */
#include "tools/crds/crds.h"

#define FAILURES_MAX 16
#define POLICIES_MAX 1024
#define NETWORKS_MAX 4096
#define CONDITIONS_MAX 16
#define MEANS_MAX 16
#define DROPS_MAX 64
#define NODES_MAX 1000000

#define ROW(name, need, schema, help) \
	{ \
		name, NULL, 0, need, schema, help \
	}
#define OBJECT(rows_of) \
	static const struct parse_table rows_of##_table = PARSE_TABLE(rows_of##_rows); \
	static const struct parse_schema rows_of##_schema = {.shape = PARSE_OBJECT, .table = &rows_of##_table}

/* The largest that floating-point numbers count to: the API server compares with those. */
static const struct parse_schema count_schema = {.shape = PARSE_INTEGER, .maximum = (INT64_C(1) << 53) - 1};
static const struct parse_schema text_schema = {.shape = PARSE_STRING, .maximum = 1024};
static const struct parse_schema name_schema = {.shape = PARSE_STRING, .maximum = 253};
static const struct parse_schema namespace_schema = {.shape = PARSE_STRING, .maximum = 253, .preset = "\"\""};
static const struct parse_schema fraction_schema = {.shape = PARSE_STRING, .pattern = "^[0-9]+/[0-9]+$", .maximum = 32};
static const struct parse_schema reason_schema = {
	.shape = PARSE_STRING, .minimum = 1, .maximum = 64, .pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"};
static const struct parse_schema message_schema = {.shape = PARSE_STRING, .maximum = 32768};

/* --- conditions, as everywhere in Kubernetes ---------------------------------------------------------------------- */

static const char *const truths[] = {"True", "False", "Unknown", NULL};
static const struct parse_schema truth_schema = {.shape = PARSE_STRING, .names = truths};
static const struct parse_schema time_schema = {
	.shape = PARSE_STRING,
	.maximum = 40,
	.pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$"};
static const struct parse_row condition_rows[] = {
	ROW("type", PARSE_REQUIRED, &reason_schema, "Ready, Degraded."),
	ROW("status", PARSE_REQUIRED, &truth_schema, "Whether it is so."),
	ROW("observedGeneration", PARSE_OPTIONAL, &count_schema, "Of metadata.generation that this is about."),
	ROW("lastTransitionTime", PARSE_REQUIRED, &time_schema, "When `status` became what it is."),
	ROW("reason", PARSE_REQUIRED, &reason_schema, "Why, in a word."),
	ROW("message", PARSE_REQUIRED, &message_schema, "Why, in a sentence."),
};
OBJECT(condition);
static const struct parse_schema conditions_schema = {
	.shape = PARSE_LIST, .maximum = CONDITIONS_MAX, .items = &condition_schema, .key = "type"};

static const char *const modes[] = {"enforce", "monitor", "monitor_only", NULL};
static const struct parse_schema mode_schema = {.shape = PARSE_STRING, .names = modes};
static const char mode_help[] =
	"enforce; monitor: actions on processes are counted only; monitor_only: it has no such actions.";

/* --- status of a policy ------------------------------------------------------------------------------------------- */

static const struct parse_schema nodes_count_schema = {.shape = PARSE_INTEGER, .maximum = NODES_MAX};
static const struct parse_row nodes_rows[] = {
	ROW("desired", PARSE_REQUIRED, &nodes_count_schema, "Nodes with an agent that nodeSelector selects."),
	ROW("ready", PARSE_REQUIRED, &nodes_count_schema, "Of these, nodes that run this generation."),
	ROW("failed", PARSE_REQUIRED, &nodes_count_schema, "Of these, nodes that cannot."),
	ROW("silent", PARSE_OPTIONAL, &nodes_count_schema,
	    "Of these, nodes of which nothing is heard: no report for 25 minutes, or none since the node is not "
	    "ready."),
};
OBJECT(nodes);
static const struct parse_row failure_rows[] = {
	ROW("node", PARSE_REQUIRED, &name_schema, "Name of the node."),
	ROW("reason", PARSE_REQUIRED, &reason_schema,
	    "Why, in a word: NotLoaded; NotChanged, an older generation runs; NoReport and NodeNotReady, nothing is "
	    "heard "
	    "of it."),
	ROW("message", PARSE_OPTIONAL, &message_schema, "What was wrong, with field and remedy."),
};
OBJECT(failure);
static const struct parse_schema failures_schema = {
	.shape = PARSE_LIST, .maximum = FAILURES_MAX, .items = &failure_schema, .key = "node"};

static const struct parse_row policy_status_rows[] = {
	ROW("observedGeneration", PARSE_OPTIONAL, &count_schema, "Of metadata.generation that this is about."),
	ROW("ready", PARSE_OPTIONAL, &fraction_schema, "Nodes that run it, of those that should: 3/4."),
	ROW("mode", PARSE_OPTIONAL, &mode_schema, mode_help),
	ROW("message", PARSE_OPTIONAL, &message_schema,
	    "The first failure; or what it waits for; or nothing: it runs on all nodes that should."),
	ROW("nodes", PARSE_OPTIONAL, &nodes_schema, "The same in numbers."),
	ROW("failures", PARSE_OPTIONAL, &failures_schema,
	    "The first nodes that cannot run it, or are silent, and why."),
	ROW("conditions", PARSE_OPTIONAL, &conditions_schema, "Ready: on all nodes. Degraded: not on some."),
};
OBJECT(policy_status);

/* --- TracingNode -------------------------------------------------------------------------------------------------- */

static const struct parse_row means_rows[] = {
	ROW("means", PARSE_REQUIRED, &name_schema, "fentry, fexit, fmod_ret, lsm, kprobe, kprobe.multi, tracepoint."),
	ROW("hooks", PARSE_REQUIRED, &count_schema, "Programs that are attached so."),
};
OBJECT(means);
static const struct parse_schema attached_schema = {
	.shape = PARSE_LIST, .maximum = MEANS_MAX, .items = &means_schema, .key = "means"};

static const char *const states[] = {"loading", "enabled", "load_error", "error", "skipped", NULL};
static const struct parse_schema state_schema = {.shape = PARSE_STRING, .names = states};
static const struct parse_row node_policy_rows[] = {
	ROW("namespace", PARSE_OPTIONAL, &namespace_schema, "Empty: a TracingPolicy."),
	ROW("name", PARSE_REQUIRED, &name_schema, "Its metadata.name."),
	ROW("uid", PARSE_OPTIONAL, &name_schema, "Its metadata.uid: one of that name that came later is another."),
	ROW("generation", PARSE_REQUIRED, &count_schema, "The metadata.generation that `state` is about."),
	ROW("state", PARSE_REQUIRED, &state_schema,
	    "enabled; load_error: not loaded; error: an older generation runs; skipped: by nodeSelector; loading."),
	ROW("mode", PARSE_OPTIONAL, &mode_schema, mode_help),
	ROW("reason", PARSE_OPTIONAL, &reason_schema, "Of an error, in a word."),
	ROW("error", PARSE_OPTIONAL, &message_schema, "What is wrong, with field and remedy."),
	ROW("attached", PARSE_OPTIONAL, &attached_schema, "By which means its hooks are attached."),
	ROW("skippedHooks", PARSE_OPTIONAL, &count_schema, "Hooks that this kernel has no function for."),
	ROW("events", PARSE_OPTIONAL, &count_schema, "Events that it sent."),
	ROW("lost", PARSE_OPTIONAL, &count_schema, "Events for which there was no room."),
	ROW("kernelMemoryBytes", PARSE_OPTIONAL, &count_schema, "Memory of its programs and maps."),
	ROW("runTimeNanoseconds", PARSE_OPTIONAL, &count_schema,
	    "Time in its programs, where kernel.bpf_stats_enabled is 1."),
};
OBJECT(node_policy);
/* No map: with one, the API server would note the owner of each field of each policy, as long as the list itself. */
static const struct parse_schema node_policies_schema = {
	.shape = PARSE_LIST, .maximum = POLICIES_MAX, .items = &node_policy_schema};

static const struct parse_row drop_rows[] = {
	ROW("cause", PARSE_REQUIRED, &name_schema,
	    "A stage of the log's loss ledger: ring, throttle, preempted, kernel_memory, decoder, log."),
	ROW("count", PARSE_REQUIRED, &count_schema, "How many, since the agent started."),
};
OBJECT(drop);
static const struct parse_schema drops_schema = {
	.shape = PARSE_LIST, .maximum = DROPS_MAX, .items = &drop_schema, .key = "cause"};

static const struct parse_row kernel_rows[] = {
	ROW("release", PARSE_REQUIRED, &text_schema, "As uname -r says."),
	ROW("machine", PARSE_OPTIONAL, &text_schema, "As uname -m says."),
	ROW("lacks", PARSE_OPTIONAL, &text_schema,
	    "Families of hooks that it cannot serve, and why; nothing: it serves all."),
};
OBJECT(kernel);

static const struct parse_row node_status_rows[] = {
	ROW("nodeName", PARSE_REQUIRED, &name_schema, "The node; metadata.name is the same."),
	ROW("agentVersion", PARSE_REQUIRED, &text_schema, "Of the agent that wrote this."),
	ROW("reportedAt", PARSE_OPTIONAL, &time_schema,
	    "When the agent wrote this, by its clock: it does so every 12 minutes at the latest."),
	ROW("kernel", PARSE_OPTIONAL, &kernel_schema, "The node's kernel."),
	ROW("policiesReady", PARSE_OPTIONAL, &fraction_schema, "Policies that run here, of those that should: 3/4."),
	ROW("policies", PARSE_OPTIONAL, &node_policies_schema,
	    "Each policy of the cluster, as it is here. Those of files are not among them."),
	ROW("drops", PARSE_OPTIONAL, &drops_schema, "What was lost, by cause."),
	ROW("conditions", PARSE_OPTIONAL, &conditions_schema,
	    "Ready: the node is observed, and the agent is told all of the cluster that it asks for. Degraded: "
	    "policies do "
	    "not run here as they are."),
};
OBJECT(node_status);

/* --- ClusterNetwork ----------------------------------------------------------------------------------------------- */

static const struct parse_schema network_schema = {.shape = PARSE_STRING, .maximum = 43};
static const struct parse_schema networks_schema = {
	.shape = PARSE_LIST, .maximum = NETWORKS_MAX, .items = &network_schema};
static const struct parse_row network_status_rows[] = {
	ROW("podCIDRs", PARSE_OPTIONAL, &networks_schema,
	    "Of pods: spec.podCIDRs of all Nodes, as few as they can be; or the operator's --pod-cidr."),
	ROW("serviceCIDRs", PARSE_OPTIONAL, &networks_schema,
	    "Of services: those of all ServiceCIDRs; or the operator's --service-cidr."),
};
OBJECT(network_status);

const struct parse_schema *crds_network_status(void)
{
	return &network_status_schema;
}

const struct parse_schema *crds_policy_status(void)
{
	return &policy_status_schema;
}

const struct parse_schema *crds_node_status(void)
{
	return &node_status_schema;
}
