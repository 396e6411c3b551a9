// SPDX-License-Identifier: Apache-2.0
#include "cmd/cluster.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/thread.h"
#include "base/util.h"
#include "cmd/node_state.h"
#include "cmd/policy_board.h"
#include "io/kube/client.h"
#include "io/kube/cluster_networks.h"
#include "io/kube/node_reporter.h"
#include "io/kube/own_node.h"
#include "io/kube/pod_handler.h"
#include "io/kube/policy_objects.h"
#include "io/kube/reflector.h"

#define WAIT_MAX_MS 10000                        /* without anything to do */
#define REFLECTORS_MAX (CLUSTER_WATCHES_MAX - 2) /* besides those of node and networks */
#define NODE_WAIT_S 5 /* policies with a nodeSelector, from the first ones on, for the labels of this node */

/*
 * What the cluster does not let us know is reported after so long: an API server that has just started refuses what it
 * will grant, and we ask again within KUBE_REFLECTOR_PAUSE_MAX_MS.
 */
#define TROUBLE_WAIT_NS (40 * CLOCK_NS_PER_SECOND)

#define LAST_REPORT_NS (CLOCK_NS_PER_SECOND / 2) /* an API server that does not answer must not hold us up */

#define NETWORKS_WAIT_S 5 /* policies with ${PODCIDR} or ${SERVICECIDR} for them */

static const char crds_absent[] = "install Trigon's CRDs: k8s/crds";

#define GROUP_PATH "/apis/cilium.io/v1alpha1"

/* A reflector's numbers, left by its thread for others. */
struct watch_numbers {
	const char *resource;
	const struct kube_reflector *reflector;
	atomic_uint_least64_t objects, skipped, failures;
};

struct cluster {
	struct kube_client *client;
	struct kube_reflector *reflectors[REFLECTORS_MAX];
	size_t count;
	struct kube_reflector *node_reflector; /* not among those above, nor is the next */
	struct own_node *node;                 /* not owned */
	struct kube_reflector *networks_reflector;
	struct cluster_networks *networks; /* not owned */
	struct watch_numbers watches[CLUSTER_WATCHES_MAX];
	size_t watch_count;
	uint64_t networks_due_ns; /* when they are given up */
	uint64_t node_due_ns;     /* when its labels are given up; 0: nobody waits for them yet */
	uint64_t well_ns;         /* when nothing was missing last, or nobody answered */
	bool may_report;          /* all has been known once, or it is to be told why not */
	atomic_bool is_ending, has_synced;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t report_lock; /* for what follows: the thread holds it while it makes a report */
	struct policy_board *board;  /* NULL: nothing is reported, or the last */
	struct node_state *state;
	struct node_reporter *reporter;
	uint64_t last_due_ns; /* when the last report is given up */
};

/* --- the thread */

/*
 * What is wrong with the watch of this number. An API server that has no time for lists has none for reports. Without
 * the Node and the networks the agent does all but what asks for them, unless they are refused.
 */
static enum node_report_state judge_watch(const struct cluster *cluster, size_t number)
{
	const struct kube_reflector *reflector = cluster->watches[number].reflector;
	const char *error = kube_reflector_error(reflector);
	int status = kube_reflector_error_status(reflector);

	if (status == 403)
		return NODE_REPORT_MISSES_RIGHT;
	if (number >= cluster->count || !error || status == 429)
		return NODE_REPORT_RUNS;
	if (status == 404)
		return NODE_REPORT_MISSES_KIND;
	return kube_reflector_has_synced(reflector) ? NODE_REPORT_RUNS : NODE_REPORT_MISSES_LIST;
}

/* The first of what is wrong, and all of it as a text, which stays the same from one try to the next. */
static enum node_report_state judge(const struct cluster *cluster, char text[NODE_STATE_TROUBLE_MAX])
{
	enum node_report_state first = NODE_REPORT_RUNS;
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < cluster->watch_count && length < NODE_STATE_TROUBLE_MAX; i++) {
		const struct watch_numbers *watch = &cluster->watches[i];
		enum node_report_state state = judge_watch(cluster, i);

		if (state == NODE_REPORT_RUNS)
			continue;
		first = first == NODE_REPORT_RUNS ? state : first;
		length += (size_t)snprintf(text + length, NODE_STATE_TROUBLE_MAX - length, "%s%s: %s",
					   length ? "; " : "", watch->resource,
					   state == NODE_REPORT_MISSES_LIST ? "the API server does not list them"
									    : kube_reflector_error(watch->reflector));
	}
	return first;
}

/* The API server answers none: there is nobody to tell, and what was found out before stays. */
static bool is_away(const struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->watch_count; i++) {
		const struct kube_reflector *reflector = cluster->watches[i].reflector;

		if (!kube_reflector_error(reflector) || kube_reflector_error_status(reflector))
			return false;
	}
	return true;
}

/* What is wrong with the watches is told once it has lasted; when to look at them then. */
static uint64_t tick_trouble(struct cluster *cluster, uint64_t now_ns)
{
	char text[NODE_STATE_TROUBLE_MAX];
	enum node_report_state state = judge(cluster, text);

	if (state == NODE_REPORT_RUNS || is_away(cluster))
		cluster->well_ns = now_ns;
	else if (now_ns - cluster->well_ns < TROUBLE_WAIT_NS)
		return cluster->well_ns + TROUBLE_WAIT_NS;
	if (is_away(cluster))
		return UINT64_MAX;
	pthread_mutex_lock(&cluster->report_lock);
	if (cluster->board)
		node_state_set(cluster->state, state, text);
	pthread_mutex_unlock(&cluster->report_lock);
	cluster->may_report |= state != NODE_REPORT_RUNS;
	return UINT64_MAX;
}

/* Not before it is known what the policies are: else the first report would be of none. */
static uint64_t tick_report(struct cluster *cluster)
{
	uint64_t next_ns = UINT64_MAX;

	pthread_mutex_lock(&cluster->report_lock);
	if (cluster->reporter && !cluster->board)
		node_reporter_end(cluster->reporter);
	if (cluster->reporter && cluster->node)
		node_reporter_set_node(cluster->reporter, own_node_uid(cluster->node));
	if (cluster->reporter)
		next_ns = node_reporter_tick(cluster->reporter);
	pthread_mutex_unlock(&cluster->report_lock);
	return next_ns;
}

static bool has_policies(const struct cluster *cluster)
{
	for (size_t i = 1; i < cluster->count; i++)
		if (kube_reflector_has_synced(cluster->reflectors[i]))
			return true;
	return false;
}

/* The API server has said no, as against that it is away or busy. */
static bool is_refused(const struct kube_reflector *reflector)
{
	int status = kube_reflector_error_status(reflector);

	return status >= 400 && status < 500 && status != 429;
}

/*
 * The labels of this node, for which nothing waits but policies with a nodeSelector. That is so that none is loaded
 * just to be unloaded, so not for long.
 */
static uint64_t tick_node(struct cluster *cluster, uint64_t now_ns)
{
	struct kube_reflector *reflector = cluster->node_reflector;
	uint64_t next_ns = reflector ? kube_reflector_tick(reflector) : UINT64_MAX;
	const char *error;

	if (!reflector || own_node_is_decided(cluster->node))
		return next_ns;
	if (!cluster->node_due_ns && has_policies(cluster)) {
		cluster->node_due_ns = now_ns + NODE_WAIT_S * CLOCK_NS_PER_SECOND;
		kube_reflector_hurry(reflector);
		return now_ns;
	}
	error = kube_reflector_error(reflector);
	if (is_refused(reflector) || (cluster->node_due_ns && now_ns >= cluster->node_due_ns))
		own_node_give_up(cluster->node, error ? error : "the API server has not answered");
	else if (cluster->node_due_ns)
		next_ns = MIN(next_ns, cluster->node_due_ns);
	return next_ns;
}

/* The cluster's networks, for which nothing waits but policies that name them, and not for long. */
static uint64_t tick_networks(struct cluster *cluster, uint64_t now_ns)
{
	struct kube_reflector *reflector = cluster->networks_reflector;
	uint64_t next_ns = reflector ? kube_reflector_tick(reflector) : UINT64_MAX;

	if (!reflector || cluster_networks_are_decided(cluster->networks))
		return next_ns;
	if (!is_refused(reflector) && now_ns < cluster->networks_due_ns)
		return MIN(next_ns, cluster->networks_due_ns);
	cluster_networks_give_up(cluster->networks);
	return next_ns;
}

static void leave_numbers(struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->watch_count; i++) {
		struct watch_numbers *watch = &cluster->watches[i];
		struct kube_reflector_stats stats = kube_reflector_stats(watch->reflector);

		atomic_store(&watch->objects, stats.objects);
		atomic_store(&watch->skipped, stats.skipped);
		atomic_store(&watch->failures, stats.failures);
	}
}

/* Starts what is due; how long to wait then, in ms. */
static int tick(struct cluster *cluster)
{
	uint64_t now_ns = clock_monotonic_ns(), next_ns = now_ns + WAIT_MAX_MS * CLOCK_NS_PER_MS;
	bool has_synced = true;

	for (size_t i = 0; i < cluster->count; i++) {
		next_ns = MIN(next_ns, kube_reflector_tick(cluster->reflectors[i]));
		has_synced &= kube_reflector_has_synced(cluster->reflectors[i]);
	}
	next_ns = MIN(next_ns, tick_node(cluster, now_ns));
	next_ns = MIN(next_ns, tick_networks(cluster, now_ns));
	leave_numbers(cluster);
	if (has_synced && !atomic_exchange(&cluster->has_synced, true))
		log_info("cluster: the pods of this node and the policies are known");
	next_ns = MIN(next_ns, tick_trouble(cluster, now_ns));
	cluster->may_report |= has_synced;
	if (cluster->may_report)
		next_ns = MIN(next_ns, tick_report(cluster));
	return next_ns > now_ns ? (int)((next_ns - now_ns) / CLOCK_NS_PER_MS) + 1 : 0;
}

/* It has been on its way since the agent began to end, and mostly has come. */
static void wait_for_last_report(struct cluster *cluster)
{
	if (!cluster->reporter)
		return;
	tick_report(cluster);
	while (!node_reporter_has_ended(cluster->reporter) && clock_monotonic_ns() < cluster->last_due_ns) {
		kube_client_run(cluster->client, 50);
		tick_report(cluster);
	}
}

static void *run(void *context)
{
	struct cluster *cluster = context;

	while (!atomic_load(&cluster->is_ending))
		kube_client_run(cluster->client, tick(cluster));
	wait_for_last_report(cluster);
	return NULL;
}

/* --- begin and end */

static int make_reflector(struct cluster *cluster, const char *name, const char *path, const char *selector,
			  const char *absent, struct kube_handler handler, struct kube_reflector **ret)
{
	const struct kube_reflector_options options = {
		.name = name,
		.path = path,
		.selector = selector,
		.absent = absent,
		.transport = kube_client_transport(cluster->client),
		.handler = handler,
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};
	int r = kube_reflector_new(&options, ret);

	if (r < 0)
		return r;
	cluster->watches[cluster->watch_count].resource = name;
	cluster->watches[cluster->watch_count++].reflector = *ret;
	return 0;
}

static int add_reflector(struct cluster *cluster, const char *name, const char *path, const char *selector,
			 const char *absent, struct kube_handler handler)
{
	int r = make_reflector(cluster, name, path, selector, absent, handler, &cluster->reflectors[cluster->count]);

	cluster->count += r == 0;
	return r;
}

static int add_node_reflector(struct cluster *cluster, const struct cluster_options *options)
{
	_cleanup_free_ char *selector = NULL;

	if (asprintf(&selector, "fieldSelector=metadata.name%%3D%s", options->node_name) < 0) {
		selector = NULL;
		return -ENOMEM;
	}
	cluster->node = options->node;
	return make_reflector(cluster, "nodes", "/api/v1/nodes", selector, NULL, own_node_handler(options->node),
			      &cluster->node_reflector);
}

static int add_networks_reflector(struct cluster *cluster, const struct cluster_options *options)
{
	cluster->networks = options->networks;
	cluster->networks_due_ns = clock_monotonic_ns() + NETWORKS_WAIT_S * CLOCK_NS_PER_SECOND;
	return make_reflector(cluster, "clusternetworks", "/apis/trigon.dev/v1alpha1/clusternetworks",
			      "fieldSelector=metadata.name%3D" CLUSTER_NETWORKS_NAME, crds_absent,
			      cluster_networks_handler(options->networks), &cluster->networks_reflector);
}

static int add_reflectors(struct cluster *cluster, const struct cluster_options *options)
{
	_cleanup_free_ char *selector = NULL;
	int r;

	if (asprintf(&selector, "fieldSelector=spec.nodeName%%3D%s", options->node_name) < 0) {
		selector = NULL;
		return -ENOMEM;
	}
	r = add_reflector(cluster, "pods", "/api/v1/pods", selector, NULL, pod_handler(options->pods));
	if (r == 0 && options->with_policies)
		r = add_reflector(cluster, "tracingpolicies", GROUP_PATH "/tracingpolicies", NULL, crds_absent,
				  policy_objects_handler(options->objects, POLICY_CLUSTER));
	if (r == 0 && options->with_policies)
		r = add_reflector(cluster, "tracingpoliciesnamespaced", GROUP_PATH "/tracingpoliciesnamespaced", NULL,
				  crds_absent, policy_objects_handler(options->objects, POLICY_NAMESPACED));
	if (r == 0)
		r = add_node_reflector(cluster, options);
	if (r == 0)
		r = add_networks_reflector(cluster, options);
	return r;
}

static int open_client(struct cluster *cluster, const char *kubeconfig, char *ret_error)
{
	_cleanup_(kube_config_done) struct kube_config config = {0};
	int r = *kubeconfig ? kube_config_load(kubeconfig, &config, ret_error)
			    : kube_config_in_cluster(KUBE_CONFIG_SERVICE_ACCOUNT, &config, ret_error);

	if (r == 0)
		log_info("cluster: the API server is %s", config.server);
	return r < 0 ? r : kube_client_new(&config, &cluster->client, ret_error);
}

int cluster_start(const struct cluster_options *options, struct cluster **ret)
{
	struct cluster *cluster = calloc(1, sizeof(*cluster));
	char error[KUBE_CONFIG_ERROR_MAX] = "";
	int r;

	if (!cluster)
		return -ENOMEM;
	pthread_mutex_init(&cluster->report_lock, NULL);
	cluster->well_ns = clock_monotonic_ns();
	r = open_client(cluster, options->kubeconfig, error);
	if (r == 0)
		r = add_reflectors(cluster, options);
	if (r == 0)
		r = thread_start(&cluster->thread, run, cluster);
	cluster->has_thread = r == 0;
	if (r < 0) {
		log_error("cluster: %s", *error ? error : strerror(-r));
		cluster_stop(cluster);
		return r;
	}
	*ret = cluster;
	return 0;
}

struct cluster *cluster_stop(struct cluster *cluster)
{
	if (!cluster)
		return NULL;
	cluster_end_report(cluster);
	atomic_store(&cluster->is_ending, true);
	if (cluster->has_thread) {
		kube_client_wake(cluster->client);
		pthread_join(cluster->thread, NULL);
	}
	for (size_t i = 0; i < cluster->count; i++)
		kube_reflector_free(cluster->reflectors[i]);
	kube_reflector_free(cluster->node_reflector);
	kube_reflector_free(cluster->networks_reflector);
	node_reporter_free(cluster->reporter);
	node_state_free(cluster->state);
	kube_client_free(cluster->client);
	pthread_mutex_destroy(&cluster->report_lock);
	free(cluster);
	return NULL;
}

/* --- what is told of this node */

static void wake(void *context)
{
	const struct cluster *cluster = context;

	kube_client_wake(cluster->client);
}

static int begin_report(struct cluster *cluster, const struct cluster_report_options *options)
{
	const struct node_state_options state = {
		.node_name = options->node_name,
		.board = options->board,
		.objects = options->objects,
		.kernel_lacks = options->kernel_lacks,
	};
	struct node_reporter_options reporter = {
		.node_name = options->node_name,
		.jitter_ms = options->jitter_s * 1000,
		.transport = kube_client_transport(cluster->client),
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};

	cluster->state = node_state_new(&state);
	if (!cluster->state)
		return -ENOMEM;
	reporter.source = node_state_source(cluster->state);
	return node_reporter_new(&reporter, &cluster->reporter);
}

void cluster_begin_report(struct cluster *cluster, const struct cluster_report_options *options)
{
	int r;

	pthread_mutex_lock(&cluster->report_lock);
	r = begin_report(cluster, options);
	cluster->board = r == 0 ? options->board : NULL;
	pthread_mutex_unlock(&cluster->report_lock);
	if (r == -EINVAL)
		log_warn(
			"tracingnodes: \"%s\" cannot be the name of a node, so the cluster is not told what runs here; "
			"set NODE_NAME",
			options->node_name);
	else if (r < 0)
		log_warn("tracingnodes: the cluster is not told what runs on this node: %s", strerror(-r));
	if (r < 0)
		return;
	policy_board_watch(options->board, wake, cluster);
	wake(cluster);
}

void cluster_leave_losses(struct cluster *cluster, const struct ledger *ledger)
{
	if (cluster && cluster->state)
		node_state_leave_losses(cluster->state, ledger);
}

/* The client's calls are its thread's, which makes the last report. */
void cluster_end_report(struct cluster *cluster)
{
	if (!cluster || !cluster->board)
		return;
	policy_board_watch(cluster->board, NULL, NULL);
	pthread_mutex_lock(&cluster->report_lock);
	cluster->board = NULL;
	cluster->last_due_ns = clock_monotonic_ns() + LAST_REPORT_NS;
	node_state_stop(cluster->state);
	pthread_mutex_unlock(&cluster->report_lock);
	wake(cluster);
}

bool cluster_has_synced(const struct cluster *cluster)
{
	return atomic_load(&cluster->has_synced);
}

void cluster_read_client_stats(const struct cluster *cluster, struct kube_client_stats *ret)
{
	kube_client_read_stats(cluster->client, ret);
}

size_t cluster_read_watches(const struct cluster *cluster, struct cluster_watch ret[CLUSTER_WATCHES_MAX])
{
	for (size_t i = 0; i < cluster->watch_count; i++) {
		const struct watch_numbers *watch = &cluster->watches[i];

		ret[i] = (struct cluster_watch){
			.resource = watch->resource,
			.objects = atomic_load(&watch->objects),
			.skipped = atomic_load(&watch->skipped),
			.failures = atomic_load(&watch->failures),
		};
	}
	return cluster->watch_count;
}
