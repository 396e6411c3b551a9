// SPDX-License-Identifier: Apache-2.0
/*
 * trigon agent: attach, look at what runs already, then turn the ring's records
 * into events until told to end.
 *
 * The reader batches: after a drain it sleeps for BATCH_NS while records
 * gather, and the programs wake it early only when a quarter of the ring has
 * filled. When a whole period brought nothing it asks to be woken by the next record and sleeps
 * until then. So a busy machine pays no wake-up per event, and an idle one no polling.
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd/agent_options.h"
#include "cmd/api.h"
#include "cmd/cluster.h"
#include "cmd/commands.h"
#include "cmd/health.h"
#include "cmd/metrics.h"
#include "cmd/node_name.h"
#include "cmd/pipeline.h"
#include "cmd/policies.h"
#include "cmd/policy_board.h"
#include "cmd/privileges.h"
#include "cmd/startup_scan.h"
#include "cmd/summary.h"
#include "io/bpf/base_sensor.h"
#include "io/bpf/features.h"
#include "io/bpf/loader.h"
#include "io/bpf/ring.h"
#include "core/kube/pod_table.h"
#include "io/config/options.h"
#include "io/kube/cluster_networks.h"
#include "io/kube/own_node.h"
#include "io/kube/policy_objects.h"
#include "io/procfs/hierarchy.h"
#include "io/symbols/symbols.h"

#define BATCH_MS 100
#define END_LIMIT_MS 1500 /* from SIGTERM to the end of the log, if hooks are slow to go */
#define TICK_MS 1000
#define FEED_MS 10                                 /* between slices of the processes that readers are told of */
#define THROTTLE_CALM_NS (5 * CLOCK_NS_PER_SECOND) /* events.md, section 11 */
#define RECORDS_PER_DRAIN 4096                     /* then the log is flushed and signals are looked at */
#define KEPT_BYTES_MAX (128 * 1024) /* of free memory, by the C library: its own first idea of both thresholds */

struct agent {
	struct pipeline pipeline;
	char node_name[NODE_NAME_SIZE]; /* of its Node in the cluster; events may have another */
	char kernel_lacks[FEATURES_LACKS_MAX];
	struct base_sensor *sensor;
	struct ring *ring;
	struct hook_table *hooks;
	struct loader *loader;
	struct symbols *symbols;
	struct policies *policies;
	/* the next four are NULL where there is no cluster */
	struct pod_table *pods;
	struct policy_objects *objects;
	struct own_node *node;
	struct cluster_networks *networks;
	struct cluster *cluster;
	struct policy_board_handle board; /* for those who ask */
	struct metrics *metrics;
	struct health *health;
	struct api *api;
	struct policies_totals policy_totals; /* once they have ended */
	struct loss_sources losses;
	struct event_hub *hub;
	int epoll_fd, signal_fd;
	int readers_fd;            /* those who read events wake the loop with it */
	bool is_ending, has_ended; /* asked to end; no policy has a hook any more */
	uint64_t next_tick_ns, started_ns;
	uint64_t lost_said; /* of the records lost, how many were in the last message */
	uint64_t missed_said, throttled_said;
	uint64_t throttle_calm_ns; /* after so long without an event too many a cgroup is let go */
};

static int watch(const struct agent *agent, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data = {.fd = fd}};

	return epoll_ctl(agent->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_signals(struct agent *agent)
{
	sigset_t ends;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ends, NULL) < 0)
		return -errno;
	agent->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	agent->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	if (agent->epoll_fd < 0 || agent->signal_fd < 0)
		return -errno;
	return watch(agent, agent->signal_fd, EPOLLIN);
}

static int open_sensor(struct agent *agent, const struct agent_options *options)
{
	const struct base_sensor_options sensor = {
		.attach = options->attach,
		.btf_path = options->btf,
		.ring_bytes = options->rb_size_total,
		.cgroup_hierarchy = procfs_cgroup_hierarchy(options->procfs),
		.throttle_events = options->cgroup_rate.count,
		.throttle_interval_ns = options->cgroup_rate.interval_ns,
	};
	int r = base_sensor_open(&sensor, &agent->sensor);

	if (r < 0)
		return r; /* said already */
	agent->throttle_calm_ns = MAX(THROTTLE_CALM_NS, options->cgroup_rate.interval_ns);
	agent->pipeline.sensor = agent->sensor;
	r = ring_open(base_sensor_ring_fd(agent->sensor), base_sensor_ring_bytes(agent->sensor), &agent->ring);
	/* edge-triggered: wakes when a program says so, not whenever something waits */
	if (r >= 0)
		r = watch(agent, base_sensor_ring_fd(agent->sensor), EPOLLIN | EPOLLET);
	if (r < 0)
		log_error("cannot read the ring buffer: %s", strerror(-r));
	return r;
}

static int look_at_existing(struct agent *agent, const struct agent_options *options)
{
	int r = startup_scan(options->procfs, &agent->pipeline.tracker);

	if (r < 0) {
		log_error("cannot read the running processes below %s: %s; --procfs names where the host's /proc is",
			  options->procfs, strerror(-r));
		return r;
	}
	ring_peek(agent->ring, pipeline_peek_record, &agent->pipeline);
	pipeline_report_existing(&agent->pipeline);
	pipeline_flush(&agent->pipeline);
	return 0;
}

static void start_ledger(struct agent *agent)
{
	agent->losses = (struct loss_sources){
		.pipeline = &agent->pipeline,
		.sensor = agent->sensor,
		.loader = agent->loader,
	};
	if (agent->pipeline.log)
		event_log_begin(agent->pipeline.log, losses_fill_ledger, &agent->losses);
}

/* What policies may turn on. */
static int open_extras(struct agent *agent, const struct agent_options *options)
{
	int r = loader_new(&agent->loader);

	if (r >= 0)
		r = watch(agent, loader_fd(agent->loader), EPOLLIN);
	if (r >= 0) {
		agent->symbols = symbols_new(options->procfs);
		r = agent->symbols ? 0 : -ENOMEM;
	}
	if (r < 0) {
		log_error("cannot prepare for policies: %s", strerror(-r));
		return r;
	}
	agent->pipeline.json.symbolizer = symbols_symbolizer(agent->symbols);
	return 0;
}

/* Before the first event, so that its pod is known soon after. */
static int start_cluster(struct agent *agent, const struct agent_options *options)
{
	struct cluster_options cluster = {
		.kubeconfig = options->kubeconfig ? options->kubeconfig : "",
		.node_name = agent->node_name,
		.with_policies = options->enable_tracing_policy_crd,
	};
	int r;

	if (!options->enable_k8s_api && !*cluster.kubeconfig)
		return 0;
	node_name_in_cluster(agent->node_name);
	agent->pods = pod_table_new();
	r = agent->pods ? policy_objects_new(&agent->objects) : -ENOMEM;
	if (r >= 0)
		r = own_node_new(agent->node_name, &agent->node);
	if (r >= 0)
		r = cluster_networks_new(&agent->networks);
	if (r >= 0)
		r = pipeline_use_pods(&agent->pipeline, agent->pods);
	if (r < 0) {
		log_error("cannot prepare for the cluster: %s", strerror(-r));
		return r;
	}
	cluster.pods = agent->pods;
	cluster.objects = agent->objects;
	cluster.node = agent->node;
	cluster.networks = agent->networks;
	return cluster_start(&cluster, &agent->cluster);
}

static int start_policies(struct agent *agent, const struct agent_options *options)
{
	const struct policies_options policies = {
		.file = options->tracing_policy,
		.directory = options->tracing_policy_dir,
		.variables = &options->variables,
		.btf_path = options->btf,
		.procfs = options->procfs,
		.attach = options->hook_attach,
		.host_namespaces = agent->pipeline.json.host_namespaces,
		.ring_fd = base_sensor_ring_fd(agent->sensor),
		.shared_fd = base_sensor_shared_fd(agent->sensor),
		.hidden_fd = base_sensor_hidden_fd(agent->sensor),
		.hooks = agent->hooks,
		.loader = agent->loader,
		.symbols = agent->symbols,
		.objects = agent->objects,
		.pods = agent->pods,
		.hierarchy = procfs_cgroup_hierarchy(options->procfs),
		.node = agent->node,
		.networks = agent->networks,
	};

	int r = policies_start(&policies, &agent->policies);

	if (r < 0)
		return r;
	agent->losses.board = policies_board(agent->policies);
	return watch(agent, policies_done_fd(agent->policies), EPOLLIN);
}

static void start_report(struct agent *agent, const struct agent_options *options)
{
	const struct cluster_report_options report = {
		.node_name = agent->node_name,
		.jitter_s = options->tracing_node_jitter,
		.board = policies_board(agent->policies),
		.objects = agent->objects,
		.kernel_lacks = agent->kernel_lacks,
	};

	if (agent->cluster && options->enable_tracing_policy_crd && options->enable_tracing_node)
		cluster_begin_report(agent->cluster, &report);
}

/*
 * What a start or a change of policies took for a moment goes back to the kernel: the C library would otherwise learn
 * from the first large piece to keep all below twice its size. And tables that are mostly empty take no huge pages.
 */
static void stay_small(void)
{
	mallopt(M_MMAP_THRESHOLD, KEPT_BYTES_MAX);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

/* event_hub_options.wake_loop */
static void wake_loop(void *context)
{
	const struct agent *agent = context;
	const uint64_t one = 1;

	if (write(agent->readers_fd, &one, sizeof(one)) < 0)
		log_debug("cannot wake the event loop: %s", strerror(errno));
}

static int open_hub(struct agent *agent, const struct agent_options *options)
{
	const struct event_hub_options hub = {
		.node_name = agent->pipeline.node_name,
		.cluster_name = options->cluster_name,
		.now_ns = clock_monotonic_ns,
		.wake_loop = wake_loop,
		.context = agent,
	};
	int r;

	agent->readers_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = agent->readers_fd < 0 ? -errno : watch(agent, agent->readers_fd, EPOLLIN | EPOLLET);
	if (r >= 0) {
		agent->hub = event_hub_new(&hub);
		r = agent->hub ? 0 : -ENOMEM;
	}
	if (r < 0)
		log_error("cannot prepare for readers of events: %s", strerror(-r));
	return r;
}

/* Prometheus comes by TCP; without, nobody would read them. */
static bool counts_series(const struct agent_options *options)
{
	return options->enable_event_metrics && (*options->health_server_address || *options->http_address);
}

static int open_health(struct agent *agent, const struct agent_options *options)
{
	struct health_options health = {
		.address = options->health_server_address,
		.write_metrics = metrics_write,
		.not_started = "the base sensor is not attached yet\n",
		.not_synced =
			"the API server has not yet told this node's pods and the policies; the agent's log says why\n",
	};

	agent->metrics = metrics_new(&agent->board, counts_series(options), options->metrics_labels);
	if (!agent->metrics) {
		log_error("not enough memory to start");
		return -ENOMEM;
	}
	health.metrics_context = agent->metrics;
	return health_open(&health, &agent->health);
}

static int open_api(struct agent *agent, const struct agent_options *options)
{
	const struct api_options api = {
		.server_address = options->server_address,
		.http_address = options->http_address,
		.node_name = agent->pipeline.node_name,
		.cluster_name = options->cluster_name,
		.log_path = options->export_filename,
		.with_credentials = options->enable_process_cred,
		.health = agent->health,
		.board = &agent->board,
		.hub = agent->hub,
		.json = &agent->pipeline.json,
	};

	return api_open(&api, &agent->api);
}

static int start(struct agent *agent, struct agent_options *options)
{
	int r;

	stay_small();
	policy_board_handle_init(&agent->board);
	r = open_signals(agent);
	if (r < 0) {
		log_error("cannot start the event loop: %s", strerror(-r));
		return r;
	}
	r = open_health(agent, options);
	if (r >= 0)
		r = open_hub(agent, options);
	if (r >= 0)
		r = pipeline_init(&agent->pipeline, options, agent->hub);
	if (r >= 0)
		r = open_api(agent, options);
	if (r < 0)
		return r;
	agent->hooks = hook_table_new();
	if (!agent->hooks) {
		log_error("not enough memory to start");
		return -ENOMEM;
	}
	agent->pipeline.tracker.hooks = agent->hooks;
	agent->pipeline.series = metrics_series(agent->metrics);
	r = open_sensor(agent, options);
	if (r >= 0)
		r = open_extras(agent, options);
	if (r < 0)
		return r;
	start_ledger(agent);
	features_report(agent->kernel_lacks);
	malloc_trim(0); /* loading parsed the kernel's types */
	r = start_cluster(agent, options);
	if (r >= 0)
		r = look_at_existing(agent, options);
	if (r < 0)
		return r;
	base_sensor_shared(agent->sensor)->may_throttle = 1;
	health_set_started(agent->health);
	log_info("trigon: ready after %" PRIu64 " ms: %s, %" PRIu64 " processes, ring of %zu KiB",
		 (uint64_t)((clock_monotonic_ns() - agent->started_ns) / CLOCK_NS_PER_MS),
		 base_sensor_means(agent->sensor), agent->pipeline.stats.existing,
		 base_sensor_ring_bytes(agent->sensor) / 1024);
	r = start_policies(agent, options);
	if (r < 0)
		return r;
	start_report(agent, options);
	policy_board_handle_set(&agent->board, policies_board(agent->policies));
	return 0;
}

static void say_missed(struct agent *agent)
{
	uint64_t missed = losses_preempted(&agent->losses.now);

	if (missed <= agent->missed_said)
		return;
	log_warn("%" PRIu64 " events missed in the last second, %" PRIu64
		 " since the start: the kernel preempted a process inside the sensor, and another met it there",
		 missed - agent->missed_said, missed);
	agent->missed_said = missed;
}

static void say_lost(struct agent *agent)
{
	uint64_t lost = losses_ring(&agent->losses.now);

	if (lost == agent->lost_said)
		return;
	log_warn("the ring was full: %" PRIu64 " records lost in the last second, %" PRIu64
		 " since the start; raise --rb-size-total",
		 lost - agent->lost_said, lost);
	agent->lost_said = lost;
}

static void say_throttled(struct agent *agent)
{
	uint64_t throttled = losses_throttled(&agent->losses.now);

	if (throttled == agent->throttled_said)
		return;
	log_warn("cgroups are throttled: %" PRIu64 " events suppressed in the last second, %" PRIu64
		 " since the start; process_throttle events name them, --cgroup-rate sets the limit",
		 throttled - agent->throttled_said, throttled);
	agent->throttled_said = throttled;
}

/* For those who ask. */
static void publish(struct agent *agent)
{
	const struct metrics_sources metrics = {
		.pipeline = &agent->pipeline,
		.losses = &agent->losses,
		.pods = agent->pods,
		.cluster = agent->cluster,
	};

	struct ledger ledger;
	const struct api_sources api = {
		.pipeline = &agent->pipeline,
		.ledger = &ledger,
		.pods = agent->pods,
		.cluster = agent->cluster,
	};

	losses_read_ledger(&agent->losses, &ledger);
	cluster_leave_losses(agent->cluster, &ledger);
	metrics_publish(agent->metrics, &metrics);
	api_publish(agent->api, &api);
}

static void tick(struct agent *agent)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns < agent->next_tick_ns)
		return;
	agent->next_tick_ns = now_ns + TICK_MS * CLOCK_NS_PER_MS;
	base_sensor_end_throttles(agent->sensor, now_ns, agent->throttle_calm_ns, pipeline_end_throttle,
				  &agent->pipeline);
	losses_update(&agent->losses);
	pipeline_tick(&agent->pipeline);
	hook_table_collect(agent->hooks, now_ns);
	health_beat(agent->health);
	if (!agent->cluster || cluster_has_synced(agent->cluster))
		health_set_synced(agent->health);
	loader_tick(agent->loader);
	say_lost(agent);
	say_missed(agent);
	say_throttled(agent);
	publish(agent);
}

/* How long to sleep, in ms, and when the programs are to wake us before that. */
static int plan_sleep(struct agent *agent, size_t drained)
{
	volatile struct wire_shared *shared = base_sensor_shared(agent->sensor);

	if (drained == RECORDS_PER_DRAIN)
		return 0;
	if (drained == 0 && !pipeline_is_feeding(&agent->pipeline)) {
		shared->wake_at = 0;
		if (ring_is_empty(agent->ring))
			return pipeline_is_holding(&agent->pipeline) ? BATCH_MS : TICK_MS;
	}
	shared->wake_at = (uint32_t)(base_sensor_ring_bytes(agent->sensor) / 4);
	return pipeline_is_feeding(&agent->pipeline) ? FEED_MS : BATCH_MS;
}

static void wait_for_work(struct agent *agent, int timeout_ms)
{
	struct epoll_event events[5];
	struct signalfd_siginfo signal;
	int count = epoll_wait(agent->epoll_fd, events, (int)ARRAY_SIZE(events), timeout_ms);

	for (int i = 0; i < count; i++) {
		if (agent->policies && events[i].data.fd == policies_done_fd(agent->policies))
			agent->has_ended = true;
		if (events[i].data.fd != agent->signal_fd)
			continue;
		if (read(agent->signal_fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
			continue;
		if (signal.ssi_signo == SIGHUP)
			pipeline_reopen_log(&agent->pipeline);
		else
			agent->is_ending = true;
	}
}

/* Mappings after the forks and execs that were before them: so when the ring is empty, and no newer ones. */
static size_t drain(struct agent *agent)
{
	uint64_t until_ns = clock_monotonic_ns();
	size_t drained = ring_drain(agent->ring, RECORDS_PER_DRAIN, pipeline_take_record, &agent->pipeline);

	if (drained < RECORDS_PER_DRAIN)
		drained += loader_drain(agent->loader, until_ns, pipeline_take_mapping, &agent->pipeline);
	if (drained || pipeline_is_holding(&agent->pipeline))
		pipeline_flush(&agent->pipeline);
	return drained;
}

static void run_until(struct agent *agent, const bool *is_over, uint64_t limit_ns)
{
	uint64_t now_ns = 0;

	while (!*is_over && now_ns < limit_ns) {
		size_t drained = drain(agent);

		pipeline_poll_readers(&agent->pipeline); /* what was forked before they came is known now */
		tick(agent);
		now_ns = clock_monotonic_ns();
		wait_for_work(agent, (int)MIN((uint64_t)plan_sleep(agent, drained),
					      limit_ns > now_ns ? (limit_ns - now_ns) / CLOCK_NS_PER_MS + 1 : 0));
	}
}

/*
 * Hooks are removed one by one, each with a wait for all CPUs: of many, on a slow machine, that takes longer than
 * whoever has sent SIGTERM waits before SIGKILL. Events go on meanwhile, until the log must be ended.
 */
static void end_policies(struct agent *agent)
{
	policies_ask_to_stop(agent->policies);
	run_until(agent, &agent->has_ended, clock_monotonic_ns() + END_LIMIT_MS * CLOCK_NS_PER_MS);
	if (agent->has_ended) {
		agent->losses.board = NULL; /* gone with them */
		agent->policies = policies_stop(agent->policies, &agent->policy_totals);
		return;
	}
	log_info("not all hooks of policies are removed after %d ms: the kernel does that when this process ends",
		 END_LIMIT_MS);
	losses_update(&agent->losses);
	agent->policy_totals = policies_leave(agent->policies);
}

static void run(struct agent *agent)
{
	run_until(agent, &agent->is_ending, UINT64_MAX);
	cluster_end_report(agent->cluster);
	policy_board_handle_set(&agent->board, NULL);
	end_policies(agent);
	losses_end_policies(&agent->losses, agent->policy_totals.lost, agent->policy_totals.missed);
	base_sensor_detach(agent->sensor);
	while (drain(agent))
		;
	loader_drain(agent->loader, LOADER_ALL, pipeline_take_mapping, &agent->pipeline);
	pipeline_end(&agent->pipeline);
}

static void finish(struct agent *agent, const struct agent_options *options, bool was_running)
{
	struct summary_facts facts = {.started_ns = agent->started_ns};

	if (was_running) {
		losses_update(&agent->losses);
		facts.losses = agent->losses.now;
		agent->pipeline.log = event_log_close(agent->pipeline.log, &facts.sink);
		if (options->summary)
			summary_print(stderr, &agent->pipeline, &facts);
		log_info("ended; %" PRIu64 " records lost", losses_total(&facts.losses));
	}
	api_close(agent->api);
	health_close(agent->health);
	metrics_free(agent->metrics);
	policy_board_handle_done(&agent->board);
	cluster_end_report(agent->cluster);
	agent->losses.board = NULL; /* the log's last record is written behind this */
	if (was_running && !agent->has_ended) {
		cluster_stop(agent->cluster);
		_exit(EXIT_CODE_OK); /* the policies' thread may use what is left */
	}
	policies_stop(agent->policies, &agent->policy_totals);
	cluster_stop(agent->cluster);
	policy_objects_free(agent->objects);
	own_node_free(agent->node);
	cluster_networks_free(agent->networks);
	ring_close(agent->ring);
	base_sensor_close(agent->sensor);
	pipeline_done(&agent->pipeline, &facts.sink);
	event_hub_free(agent->hub);
	pod_table_free(agent->pods);
	hook_table_free(agent->hooks);
	loader_free(agent->loader);
	symbols_free(agent->symbols);
	if (agent->epoll_fd >= 0)
		close(agent->epoll_fd);
	if (agent->signal_fd >= 0)
		close(agent->signal_fd);
	if (agent->readers_fd >= 0)
		close(agent->readers_fd);
}

static int agent_main(struct agent_options *options)
{
	struct agent agent = {.epoll_fd = -1, .signal_fd = -1, .readers_fd = -1, .started_ns = clock_monotonic_ns()};
	int r;

	log_set_level(options->log_level);
	log_set_format(options->log_format);
	r = privileges_check();
	if (r < 0)
		return EXIT_CODE_FAILURE;
	features_init_libbpf();
	r = start(&agent, options);
	if (r >= 0)
		run(&agent);
	finish(&agent, options, r >= 0);
	return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int cmd_agent(int argc, char **argv)
{
	struct agent_options options;
	int r = agent_options_read(argc, argv, &options);

	if (r == 0)
		r = agent_main(&options);
	else
		r = options_exit_code(r);
	agent_options_done(&options);
	return r;
}
