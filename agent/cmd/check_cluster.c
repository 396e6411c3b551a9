// SPDX-License-Identifier: Apache-2.0
/*
 * trigon check-cluster: whether every node that should have an agent has one that reports, for `helm test` and for
 * people. It watches the agents' DaemonSet and the TracingNodes until all is well or its time is over.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/util.h"
#include "cmd/commands.h"
#include "core/kube/cluster_check.h"
#include "io/config/options.h"
#include "io/kube/client.h"
#include "io/kube/reflector.h"

#define WAIT_MAX_MS 1000
#define TIMEOUT_MAX_S 3600
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-."

struct check_options {
	char *kubeconfig, *namespace, *daemonset;
	uint32_t timeout; /* seconds */
};

#define CHECK_OPTION(member) .offset = offsetof(struct check_options, member)

/* clang-format off */
static const struct option_row check_rows[] = {
	{.group = "Kubernetes", .name = "kubeconfig", .kind = OPTION_STRING, CHECK_OPTION(kubeconfig),
	 .placeholder = "FILE",
	 .help = "The cluster of FILE's current context; without, that which this pod runs in"},
	{.group = "Kubernetes", .name = "namespace", .kind = OPTION_STRING, CHECK_OPTION(namespace),
	 .default_text = "trigon", .placeholder = "NAMESPACE", .help = "Where the agents are installed"},
	{.group = "Kubernetes", .name = "daemonset", .kind = OPTION_STRING, CHECK_OPTION(daemonset),
	 .default_text = "trigon", .placeholder = "NAME", .help = "Name of their DaemonSet"},
	{.group = "Operation", .name = "timeout", .kind = OPTION_U32, CHECK_OPTION(timeout), .default_text = "20",
	 .minimum = 1, .maximum = TIMEOUT_MAX_S, .placeholder = "SECONDS",
	 .help = "How long to wait until all is well"},
};
/* clang-format on */

static const struct option_table check_table = {
	.command = "trigon check-cluster",
	.synopsis = "[OPTION...]",
	.summary = "Checks that every node that should have an agent has one that reports, prints what each says, and "
		   "exits with 1 and the reason if not. It needs the rights to list and watch tracingnodes and the "
		   "agents' DaemonSet.",
	.rows = check_rows,
	.count = ARRAY_SIZE(check_rows),
};

struct check {
	struct kube_client *client;
	struct kube_reflector *daemonsets, *tracingnodes;
	struct cluster_check_daemonset daemonset;
	struct cluster_check_node *nodes; /* owned */
	size_t count, capacity;
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 ? (uint64_t)number : 0;
}

/* --- the DaemonSet */

static void begin_daemonsets(void *context)
{
	struct check *check = context;

	check->daemonset = (struct cluster_check_daemonset){0};
}

static void end_list(void *context)
{
	(void)context;
}

static int take_daemonset(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct check *check = context;
	const json_t *metadata = json_object_get(object, "metadata"), *status = json_object_get(object, "status");

	(void)ret_error;
	(void)size;
	check->daemonset = (struct cluster_check_daemonset){
		.is_there = change == KUBE_CHANGE_PUT,
		.is_observed = number_of(status, "observedGeneration") >= number_of(metadata, "generation"),
		.desired = number_of(status, "desiredNumberScheduled"),
		.updated = number_of(status, "updatedNumberScheduled"),
		.ready = number_of(status, "numberReady"),
	};
	return 0;
}

/* --- TracingNodes */

static void begin_nodes(void *context)
{
	struct check *check = context;

	check->count = 0;
}

static int64_t time_of(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	return end ? (int64_t)timegm(&tm) : 0;
}

static int find_place(struct check *check, const char *name, struct cluster_check_node **ret)
{
	struct cluster_check_node *grown;
	size_t capacity = check->capacity ? 2 * check->capacity : 64;

	for (size_t i = 0; i < check->count; i++) {
		if (strcmp(check->nodes[i].name, name) == 0) {
			*ret = &check->nodes[i];
			return 0;
		}
	}
	if (check->count == CLUSTER_CHECK_NODES_MAX)
		return -ENOSPC;
	if (check->count == check->capacity) {
		grown = reallocarray(check->nodes, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		check->nodes = grown;
		check->capacity = capacity;
	}
	*ret = &check->nodes[check->count++];
	return 0;
}

/* Of the condition Ready. An agent that has ended is no trouble: another one is to come, or none is wanted. */
static void take_ready(const json_t *status, struct cluster_check_node *node)
{
	const json_t *conditions = json_object_get(status, "conditions"), *condition;
	size_t i;

	json_array_foreach(conditions, i, condition)
	{
		if (strcmp(text_of(condition, "type"), "Ready") != 0 ||
		    strcmp(text_of(condition, "status"), "False") != 0)
			continue;
		node->has_stopped = strcmp(text_of(condition, "reason"), "AgentStopped") == 0;
		if (!node->has_stopped)
			snprintf(node->trouble, sizeof(node->trouble), "%s", text_of(condition, "message"));
	}
}

static int take_node(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct check *check = context;
	const json_t *status = json_object_get(object, "status");
	const char *name = text_of(json_object_get(object, "metadata"), "name");
	struct cluster_check_node *node;
	int r = find_place(check, name, &node);

	if (r < 0) {
		snprintf(ret_error, size, "there is no room for more nodes");
		return -ENOMEM;
	}
	if (change == KUBE_CHANGE_DELETE) {
		*node = check->nodes[--check->count];
		return 0;
	}
	*node = (struct cluster_check_node){.reported_at_s = time_of(text_of(status, "reportedAt"))};
	snprintf(node->name, sizeof(node->name), "%s", name);
	snprintf(node->version, sizeof(node->version), "%s", text_of(status, "agentVersion"));
	snprintf(node->kernel, sizeof(node->kernel), "%s", text_of(json_object_get(status, "kernel"), "release"));
	take_ready(status, node);
	snprintf(node->policies, sizeof(node->policies), "%s", text_of(status, "policiesReady"));
	return 0;
}

/* --- */

static int add_reflector(struct check *check, const char *name, const char *path, const char *selector,
			 struct kube_handler handler, struct kube_reflector **ret)
{
	const struct kube_reflector_options options = {
		.name = name,
		.path = path,
		.selector = selector,
		.absent = "install Trigon's CRDs: k8s/crds",
		.transport = kube_client_transport(check->client),
		.handler = handler,
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};

	return kube_reflector_new(&options, ret);
}

static int open_check(struct check *check, const struct check_options *options, char *error)
{
	_cleanup_(kube_config_done) struct kube_config config = {0};
	_cleanup_free_ char *path = NULL, *selector = NULL;
	const struct kube_handler daemonset = {check, begin_daemonsets, take_daemonset, end_list};
	const struct kube_handler nodes = {check, begin_nodes, take_node, end_list};
	int r = options->kubeconfig ? kube_config_load(options->kubeconfig, &config, error)
				    : kube_config_in_cluster(KUBE_CONFIG_SERVICE_ACCOUNT, &config, error);

	if (r == 0)
		r = kube_client_new(&config, &check->client, error);
	if (r < 0)
		return r;
	if (asprintf(&path, "/apis/apps/v1/namespaces/%s/daemonsets", options->namespace) < 0 ||
	    asprintf(&selector, "fieldSelector=metadata.name%%3D%s", options->daemonset) < 0)
		return -ENOMEM;
	r = add_reflector(check, "daemonsets", path, selector, daemonset, &check->daemonsets);
	if (r == 0)
		r = add_reflector(check, "tracingnodes", "/apis/trigon.dev/v1alpha1/tracingnodes", NULL, nodes,
				  &check->tracingnodes);
	return r;
}

static void close_check(struct check *check)
{
	kube_reflector_free(check->daemonsets);
	kube_reflector_free(check->tracingnodes);
	kube_client_free(check->client);
	free(check->nodes);
}

static int64_t now_s(void)
{
	return (int64_t)(clock_realtime_ns() / CLOCK_NS_PER_SECOND);
}

static bool is_well(struct check *check, char *reason, size_t size)
{
	const char *error = kube_reflector_error(check->daemonsets);

	if (!error)
		error = kube_reflector_error(check->tracingnodes);
	if (kube_reflector_has_synced(check->daemonsets) && kube_reflector_has_synced(check->tracingnodes))
		return cluster_check_judge(&check->daemonset, check->nodes, check->count, now_s(), reason, size);
	snprintf(reason, size, "%s",
		 error ? error : "the API server has not answered in time; --timeout gives it longer");
	return false;
}

/* Until all is well, or the time is over. */
static bool watch(struct check *check, uint32_t timeout_s, char *reason, size_t size)
{
	uint64_t end_ns = clock_monotonic_ns() + timeout_s * CLOCK_NS_PER_SECOND;

	while (!is_well(check, reason, size)) {
		uint64_t begin_ns = clock_monotonic_ns(), next_ns = begin_ns + WAIT_MAX_MS * CLOCK_NS_PER_MS;

		if (begin_ns >= end_ns)
			return false;
		next_ns = MIN(next_ns, end_ns);
		next_ns = MIN(next_ns, kube_reflector_tick(check->daemonsets));
		next_ns = MIN(next_ns, kube_reflector_tick(check->tracingnodes));
		kube_client_run(check->client,
				next_ns > begin_ns ? (int)((next_ns - begin_ns) / CLOCK_NS_PER_MS) + 1 : 0);
	}
	return true;
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct cluster_check_node *)a)->name, ((const struct cluster_check_node *)b)->name);
}

static void print_nodes(struct check *check)
{
	char line[CLUSTER_CHECK_LINE_MAX + 1];

	if (check->count)
		qsort(check->nodes, check->count, sizeof(*check->nodes), compare_nodes);
	for (size_t i = 0; i <= check->count; i++) {
		struct buffer buffer = {.data = line, .capacity = sizeof(line)};

		cluster_check_print(&buffer, i ? &check->nodes[i - 1] : NULL, now_s());
		fwrite(buffer.data, 1, buffer.length, stdout);
	}
}

static int check_main(const struct check_options *options)
{
	struct check check = {0};
	char error[KUBE_CONFIG_ERROR_MAX] = "";
	bool is_fine = false;
	int r = open_check(&check, options, error);

	if (r == 0) {
		is_fine = watch(&check, options->timeout, error, sizeof(error));
		print_nodes(&check);
	}
	if (is_fine)
		printf("all %zu agents are ready and report\n", (size_t)check.daemonset.desired);
	else
		fprintf(stderr, "trigon check-cluster: %s\n", *error ? error : strerror(-r));
	close_check(&check);
	return is_fine ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

/* It stands in a path. */
static bool is_name(const char *name)
{
	return *name && *name != '.' && strspn(name, NAME_CHARACTERS) == strlen(name);
}

int cmd_check_cluster(int argc, char **argv)
{
	struct check_options options = {0};
	struct option_error error;
	int r = options_read(&check_table, argc, argv, &options);

	if (r == 0 && (!is_name(options.namespace) || !is_name(options.daemonset))) {
		option_error_set(&error, "--%s: a name of letters in lower case, digits, - and . is wanted",
				 is_name(options.namespace) ? "daemonset" : "namespace");
		r = options_complain(&check_table, &error);
	}
	r = r == 0 ? check_main(&options) : options_exit_code(r);
	option_table_clear(&check_table, &options);
	return r;
}
