// SPDX-License-Identifier: Apache-2.0
/*
 * trigon operator: one for a cluster. Watches what the nodes report of the policies, and writes the sum into the
 * policies' status. Of several replicas one leads; the others watch, so that one of them can go on at once.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/thread.h"
#include "base/util.h"
#include "cmd/commands.h"
#include "cmd/health.h"
#include "cmd/operator_numbers.h"
#include "cmd/operator_options.h"
#include "core/encode/operator_metrics.h"
#include "io/config/options.h"
#include "io/kube/client.h"
#include "io/kube/elector.h"
#include "io/kube/network_writer.h"
#include "io/kube/reflector.h"
#include "io/kube/status_writer.h"
#include "io/kube/sum_handler.h"

#define WAIT_MAX_MS 10000
#define NUMBERS_NS CLOCK_NS_PER_SECOND           /* between two times that they are left for Prometheus */
#define RELEASE_MAX_NS (2 * CLOCK_NS_PER_SECOND) /* an API server that does not answer must not hold us up */

struct operator
{
	struct kube_client *client;
	struct policy_sums *sums;
	struct sum_handlers *handlers;
	struct network_collector *networks;
	struct network_writer *network_writer;
	struct kube_handler node_handlers[2]; /* both are told of Nodes */
	struct kube_reflector *reflectors[POLICY_SUM_KIND_COUNT];
	bool has_service_cidrs;               /* they were given */
	struct kube_reflector *service_cidrs; /* older clusters have none: nothing waits for them */
	struct elector *elector;
	struct status_writer *writer;
	struct health *health;            /* NULL: nobody asks */
	struct operator_numbers *numbers; /* the same */
	uint64_t numbers_due_ns;
	atomic_bool is_ending;
	bool has_synced, led;
	pthread_t thread;
};

static const struct kind {
	const char *name, *path, *absent;
} kinds[POLICY_SUM_KIND_COUNT] = {
	[POLICY_SUM_KIND_REPORT] = {"tracingnodes", "/apis/trigon.dev/v1alpha1/tracingnodes",
				    "install Trigon's CRDs: k8s/crds"},
	[POLICY_SUM_KIND_NODE] = {"nodes", "/api/v1/nodes", NULL},
	[POLICY_SUM_KIND_POLICY] = {"tracingpolicies", "/apis/cilium.io/v1alpha1/tracingpolicies",
				    "install Trigon's CRDs: k8s/crds"},
	[POLICY_SUM_KIND_NAMESPACED] = {"tracingpoliciesnamespaced",
					"/apis/cilium.io/v1alpha1/tracingpoliciesnamespaced",
					"install Trigon's CRDs: k8s/crds"},
};

#define SERVICE_CIDRS "servicecidrs"

_Static_assert(POLICY_SUM_KIND_COUNT + 1 <= OPERATOR_METRICS_WATCHES_MAX, "all of them");

/* --- numbers */

static void read_watches(const struct operator* operator, struct operator_metrics * metrics)
{
	for (size_t i = 0; i <= POLICY_SUM_KIND_COUNT; i++) {
		bool is_kind = i < POLICY_SUM_KIND_COUNT;
		const struct kube_reflector *reflector = is_kind ? operator->reflectors[i] : operator->service_cidrs;
		struct kube_reflector_stats stats = kube_reflector_stats(reflector);

		metrics->watches[i].resource = is_kind ? kinds[i].name : SERVICE_CIDRS;
		metrics->watches[i].has_synced = kube_reflector_has_synced(reflector);
		metrics->watches[i].objects = stats.objects;
		metrics->watches[i].skipped = stats.skipped;
		metrics->watches[i].failures = stats.failures;
	}
}

/* When they are to be left next. */
static uint64_t leave_numbers(struct operator* operator, uint64_t now_ns)
{
	struct status_writer_stats statuses;
	struct network_writer_stats networks;
	struct kube_client_stats client;
	struct operator_metrics metrics = {.leads = elector_leads(operator->elector)};

	if (!operator->numbers)
		return UINT64_MAX;
	if (now_ns < operator->numbers_due_ns)
		return operator->numbers_due_ns;
	operator->numbers_due_ns = now_ns + NUMBERS_NS;
	statuses = status_writer_stats(operator->writer);
	networks = network_writer_stats(operator->network_writer);
	metrics.sums = policy_sums_stats(operator->sums);
	metrics.statuses.queue = statuses.waiting;
	metrics.statuses.computed = statuses.computed;
	metrics.statuses.written = statuses.written;
	metrics.statuses.bytes = statuses.bytes;
	metrics.statuses.failures = statuses.failures;
	metrics.statuses.retries = statuses.retries;
	metrics.networks.written = networks.written;
	metrics.networks.failures = networks.failures;
	kube_client_read_stats(operator->client, &client);
	memcpy(metrics.api_answers, client.answers, sizeof(metrics.api_answers));
	read_watches(operator, & metrics);
	return operator_numbers_leave(operator->numbers, &metrics) ? UINT64_MAX : operator->numbers_due_ns;
}

/* --- the thread */

static void say_synced(struct operator* operator)
{
	struct policy_sums_stats stats = policy_sums_stats(operator->sums);

	operator->has_synced = true;
	health_set_synced(operator->health);
	malloc_trim(0); /* lists came in large pieces */
	log_info("operator: %zu nodes, %zu policies and %zu reports of them are known, %zu labels, in %zu texts of %zu "
		 "bytes; %zu nodes are silent",
		 stats.nodes, stats.policies, stats.reports, stats.labels, stats.texts, stats.text_bytes, stats.silent);
}

/* Nodes become silent by time, but not while it is us who do not hear. */
static uint64_t tick_sums(struct operator* operator, uint64_t now_ns)
{
	uint64_t next_ns = policy_sums_set_time(operator->sums, now_ns);

	policy_sums_set_deaf(operator->sums, kube_reflector_error(operator->reflectors[POLICY_SUM_KIND_REPORT]));
	return next_ns;
}

/* They are published when it is known which services have, or that nobody will say: not for want of an answer. */
static uint64_t tick_networks(struct operator* operator)
{
	int status = kube_reflector_error_status(operator->service_cidrs);

	if (!operator->has_service_cidrs && !kube_reflector_has_synced(operator->service_cidrs) && status != 404 &&
	    status != 403)
		return UINT64_MAX;
	return network_writer_tick(operator->network_writer);
}

/* Sums of less than all that there is would be wrong. */
static uint64_t tick_writer(struct operator* operator)
{
	bool leads = elector_leads(operator->elector);
	uint64_t statuses_ns, networks_ns;

	if (operator->led && !leads) {
		status_writer_cancel(operator->writer);
		network_writer_cancel(operator->network_writer);
	}
	operator->led = leads;
	if (!leads || !operator->has_synced)
		return UINT64_MAX;
	statuses_ns = status_writer_tick(operator->writer);
	networks_ns = tick_networks(operator);
	return MIN(statuses_ns, networks_ns);
}

/* Starts what is due; how long to wait then, in ms. */
static int tick(struct operator* operator)
{
	uint64_t now_ns = clock_monotonic_ns(), next_ns = now_ns + WAIT_MAX_MS * CLOCK_NS_PER_MS;
	bool has_synced = true;

	for (size_t i = 0; i < POLICY_SUM_KIND_COUNT; i++) {
		next_ns = MIN(next_ns, kube_reflector_tick(operator->reflectors[i]));
		has_synced &= kube_reflector_has_synced(operator->reflectors[i]);
	}
	next_ns = MIN(next_ns, kube_reflector_tick(operator->service_cidrs));
	health_beat(operator->health);
	next_ns = MIN(next_ns, tick_sums(operator, now_ns));
	if (has_synced && !operator->has_synced)
		say_synced(operator);
	next_ns = MIN(next_ns, elector_tick(operator->elector));
	next_ns = MIN(next_ns, tick_writer(operator));
	next_ns = MIN(next_ns, leave_numbers(operator, now_ns));
	now_ns = clock_monotonic_ns();
	return next_ns > now_ns ? (int)((next_ns - now_ns) / CLOCK_NS_PER_MS) + 1 : 0;
}

static void release(struct operator* operator)
{
	uint64_t end_ns = clock_monotonic_ns() + RELEASE_MAX_NS;

	status_writer_cancel(operator->writer);
	network_writer_cancel(operator->network_writer);
	elector_release(operator->elector);
	while (!elector_is_released(operator->elector) && clock_monotonic_ns() < end_ns)
		kube_client_run(operator->client, 100);
}

static void *run(void *context)
{
	struct operator* operator= context;

	while (!atomic_load(&operator->is_ending))
		kube_client_run(operator->client, tick(operator));
	release(operator);
	return NULL;
}

/* --- begin and end */

static int open_client(struct operator* operator, const char * kubeconfig)
{
	_cleanup_(kube_config_done) struct kube_config config = {0};
	char error[KUBE_CONFIG_ERROR_MAX] = "";
	int r = kubeconfig ? kube_config_load(kubeconfig, &config, error)
			   : kube_config_in_cluster(KUBE_CONFIG_SERVICE_ACCOUNT, &config, error);

	if (r == 0) {
		log_info("operator: the API server is %s", config.server);
		r = kube_client_new(&config, &operator->client, error);
	}
	if (r < 0)
		log_error("operator: %s", *error ? error : strerror(-r));
	return r;
}

static void begin_node_list(void *context)
{
	const struct operator* operator= context;

	for (size_t i = 0; i < ARRAY_SIZE(operator->node_handlers); i++)
		operator->node_handlers[i].begin_list(operator->node_handlers[i].context);
}

static void end_node_list(void *context)
{
	const struct operator* operator= context;

	for (size_t i = 0; i < ARRAY_SIZE(operator->node_handlers); i++)
		operator->node_handlers[i].end_list(operator->node_handlers[i].context);
}

/* One that says nothing of use to the one is told to the other all the same. */
static int take_node(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	const struct operator* operator= context;
	int result = 0;

	for (size_t i = 0; i < ARRAY_SIZE(operator->node_handlers); i++) {
		const struct kube_handler *handler = &operator->node_handlers[i];
		int r = handler->object(handler->context, change, object, ret_error, size);

		result = r < 0 ? r : result;
	}
	return result;
}

static struct kube_handler handler_of(struct operator* operator, enum policy_sum_kind kind)
{
	if (kind != POLICY_SUM_KIND_NODE)
		return sum_handler(operator->handlers, kind);
	operator->node_handlers[0] = sum_handler(operator->handlers, kind);
	operator->node_handlers[1] = network_collector_handler(operator->networks, NETWORK_SOURCE_NODES);
	return (struct kube_handler){
		.context = operator, .begin_list = begin_node_list, .object = take_node, .end_list = end_node_list};
}

static int open_service_cidrs(struct operator* operator)
{
	const struct kube_reflector_options options = {
		.name = SERVICE_CIDRS,
		.path = "/apis/networking.k8s.io/v1/servicecidrs",
		.absent = "older than Kubernetes 1.33: give --service-cidr where policies use ${SERVICECIDR}",
		.transport = kube_client_transport(operator->client),
		.handler = network_collector_handler(operator->networks, NETWORK_SOURCE_SERVICE_CIDRS),
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};

	return kube_reflector_new(&options, &operator->service_cidrs);
}

static int open_reflectors(struct operator* operator)
{
	int r = 0;

	operator->sums = policy_sums_new();
	operator->handlers = operator->sums ? sum_handlers_new(operator->sums, clock_monotonic_ns) : NULL;
	operator->networks = network_collector_new();
	if (!operator->handlers || !operator->networks)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < POLICY_SUM_KIND_COUNT; i++) {
		const struct kube_reflector_options options = {
			.name = kinds[i].name,
			.path = kinds[i].path,
			.absent = kinds[i].absent,
			.transport = kube_client_transport(operator->client),
			.handler = handler_of(operator,(enum policy_sum_kind) i),
			.now_ns = clock_monotonic_ns,
			.random = random_u32,
		};

		r = kube_reflector_new(&options, &operator->reflectors[i]);
	}
	return r < 0 ? r : open_service_cidrs(operator);
}

static int open_writers(struct operator* operator, const struct operator_options * options)
{
	const struct elector_options elector = {
		.namespace = options->lease_namespace,
		.name = options->lease_name,
		.identity = options->identity,
		.transport = kube_client_transport(operator->client),
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};
	const struct status_writer_options writer = {
		.sums = operator->sums,
		.transport = kube_client_transport(operator->client),
		.now_ns = clock_monotonic_ns,
		.wall_ns = clock_realtime_ns,
		.random = random_u32,
	};
	const struct network_writer_options networks = {
		.collector = operator->networks,
		.given = {&options->given[NETWORK_SOURCE_NODES], &options->given[NETWORK_SOURCE_SERVICE_CIDRS]},
		.transport = kube_client_transport(operator->client),
		.now_ns = clock_monotonic_ns,
		.random = random_u32,
	};
	int r = elector_new(&elector, &operator->elector);

	operator->has_service_cidrs = options->given[NETWORK_SOURCE_SERVICE_CIDRS].count;
	if (r == 0)
		r = status_writer_new(&writer, &operator->writer);
	return r < 0 ? r : network_writer_new(&networks, &operator->network_writer);
}

static int open_health(struct operator* operator, const struct operator_options * options)
{
	struct health_options health = {
		.address = options->health_server_address,
		.write_metrics = operator_numbers_write,
		.not_started = "",
		.not_synced =
			"the API server has not yet told the nodes and the policies; the operator's log says why\n",
	};
	int r;

	if (!*options->health_server_address)
		return 0;
	operator->numbers = operator_numbers_new();
	if (!operator->numbers)
		return -ENOMEM;
	health.metrics_context = operator->numbers;
	r = health_open(&health, &operator->health);
	health_set_started(operator->health);
	return r;
}

static void close_operator(struct operator* operator)
{
	health_close(operator->health);
	operator_numbers_free(operator->numbers);
	for (size_t i = 0; i < POLICY_SUM_KIND_COUNT; i++)
		kube_reflector_free(operator->reflectors[i]);
	kube_reflector_free(operator->service_cidrs);
	network_writer_free(operator->network_writer);
	network_collector_free(operator->networks);
	status_writer_free(operator->writer);
	elector_free(operator->elector);
	sum_handlers_free(operator->handlers);
	policy_sums_free(operator->sums);
	kube_client_free(operator->client);
}

static void wait_for_signal(const sigset_t *ends)
{
	int number;

	while (sigwait(ends, &number) != 0)
		;
}

static int operate(struct operator* operator, const sigset_t * ends)
{
	struct status_writer_stats stats;
	int r = thread_start(&operator->thread, run, operator);

	if (r < 0)
		return r;
	wait_for_signal(ends);
	atomic_store(&operator->is_ending, true);
	kube_client_wake(operator->client);
	pthread_join(operator->thread, NULL);
	stats = status_writer_stats(operator->writer);
	log_info("operator: ended; %" PRIu64 " sums computed, %" PRIu64 " statuses written, %" PRIu64 " bytes, %" PRIu64
		 " failures",
		 stats.computed, stats.written, stats.bytes, stats.failures);
	return 0;
}

static int operator_main(const struct operator_options *options)
{
	struct operator operator= {0};
	sigset_t ends;
	int r;

	log_set_level(options->log_level);
	log_set_format(options->log_format);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	r = open_client(&operator, options->kubeconfig);
	if (r == 0) {
		r = open_reflectors(&operator);
		if (r == 0)
			r = open_writers(&operator, options);
		if (r == 0)
			r = open_health(&operator, options);
		if (r == 0)
			r = operate(&operator, & ends);
		if (r < 0)
			log_error("operator: cannot start: %s", strerror(-r));
	}
	close_operator(&operator);
	return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int cmd_operator(int argc, char **argv)
{
	struct operator_options options;
	int r = operator_options_read(argc, argv, &options);

	r = r == 0 ? operator_main(&options) : options_exit_code(r);
	operator_options_done(&options);
	return r;
}
