// SPDX-License-Identifier: Apache-2.0
#include "cmd/agent_options.h"

#include <stddef.h>
#include <string.h>

#include "cmd/export_filters.h"
#include "cmd/policy_variables.h"
#include "io/config/options.h"
#include "io/server/server_address.h"

/* Where an administrator puts policies that are to run. `make install` puts the library elsewhere: none is active. */
#define TRIGON_POLICY_DIR "/etc/trigon/policies"

#define AGENT_OPTION(member) .offset = offsetof(struct agent_options, member)

static const char *const agent_log_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const agent_log_formats[] = {"text", "json", NULL};
static const char *const agent_attaches[] = {"auto", "btf", "raw", NULL};
static const char *const agent_hook_attaches[] = {"auto", "kprobe", "tracepoint", NULL};
static const char *const agent_prints[] = {"none", "compact", "json", NULL};
static const char *const agent_colors[] = {"auto", "always", "never", NULL};

/* clang-format off */
static const struct option_row agent_rows[] = {
	{.group = "Events", .name = "export-filename", .kind = OPTION_STRING, AGENT_OPTION(export_filename),
	 .default_text = "", .placeholder = "FILE",
	 .help = "Append events as JSON lines to FILE; - is standard output. Without it no log is written."},
	{.group = "Events", .name = "export-file-perm", .kind = OPTION_MODE, AGENT_OPTION(export_file_perm),
	 .default_text = "600", .placeholder = "MODE", .help = "Permissions of a FILE that is newly made, octal"},
	{.group = "Events", .name = "export-file-max-size-mb", .kind = OPTION_U32,
	 AGENT_OPTION(export_file_max_size_mb), .default_text = "10", .placeholder = "MIB", .maximum = 1 << 20,
	 .help = "Rename FILE before it grows beyond this, as in trigon-2026-11-28T09-15-00.000.log, and begin a new one; 0 "
		 "for no limit"},
	{.group = "Events", .name = "export-file-rotation-interval", .kind = OPTION_DURATION,
	 AGENT_OPTION(export_file_rotation_interval_ns), .default_text = "0", .placeholder = "DURATION",
	 .minimum = 1000000000, .maximum = UINT64_MAX,
	 .help = "Do so after this time as well, at least 1s; 0 for never. A file without events stays."},
	{.group = "Events", .name = "export-file-max-backups", .kind = OPTION_U32,
	 AGENT_OPTION(export_file_max_backups), .default_text = "5", .placeholder = "COUNT", .maximum = 4096,
	 .help = "Keep so many renamed files, the newest; 0 for all"},
	{.group = "Events", .name = "export-file-compress", .kind = OPTION_BOOL, AGENT_OPTION(export_file_compress),
	 .help = "Compress renamed files with gzip."},
	{.group = "Events", .name = "export-allowlist", .kind = OPTION_STRING, AGENT_OPTION(export_allowlist),
	 .default_text = "", .placeholder = "FILTERS",
	 .help = "Log and print only events that match one of these filters, JSON objects one after another such as "
		 "{\"event_set\": [\"PROCESS_EXEC\"], \"namespace\": [\"default\"]}; none lets all pass"},
	{.group = "Events", .name = "export-denylist", .kind = OPTION_STRING, AGENT_OPTION(export_denylist),
	 .default_text = "", .placeholder = "FILTERS",
	 .help = "Neither log nor print events that match one of these filters, even if they match the other list"},
	{.group = "Events", .name = "enable-pid-set-filter", .kind = OPTION_BOOL, AGENT_OPTION(enable_pid_set_filter),
	 .help = "Allow filters with pid_set, which follow the descendants of processes."},
	{.group = "Events", .name = "export-rate-limit", .kind = OPTION_LIMIT, AGENT_OPTION(export_rate_limit),
	 .default_text = "-1", .placeholder = "COUNT", .maximum = 1000000000,
	 .help = "Log and print at most COUNT events a minute, -1 for no limit; those beyond are counted, and a "
		 "rate_limit_info event tells once a minute how many they were. With 0 no log is written."},
	{.group = "Events", .name = "redaction-filters", .kind = OPTION_STRING, AGENT_OPTION(redaction_filters),
	 .default_text = "", .placeholder = "FILTERS",
	 .help = "Replace what the groups of these regular expressions match in the arguments of processes by *****: JSON "
		 "objects one after another such as {\"redact\": [\"--password=(\\\\S+)\"], \"binary_regex\": [\"/mysql$\"]}"},
	{.group = "Events", .name = "field-filters", .kind = OPTION_STRING, AGENT_OPTION(field_filters), .default_text = "",
	 .placeholder = "FILTERS",
	 .help = "Log and print only these fields of events, or all but these: JSON objects one after another such as "
		 "{\"event_set\": [\"PROCESS_EXEC\"], \"fields\": \"process.binary,parent.pid\", \"action\": "
		 "\"INCLUDE\"} or {\"fields\": \"process.cap\", \"action\": \"EXCLUDE\"}"},
	{.group = "Events", .name = "print", .kind = OPTION_ENUM, AGENT_OPTION(print), .choices = agent_prints,
	 .default_text = "none", .placeholder = "FORMAT", .help = "Print events on standard output as well"},
	{.group = "Events", .name = "color", .kind = OPTION_ENUM, AGENT_OPTION(color), .choices = agent_colors,
	 .default_text = "auto", .placeholder = "WHEN", .help = "Colour what --print=compact prints"},
	{.group = "Events", .name = "enable-process-cred", .kind = OPTION_BOOL, AGENT_OPTION(enable_process_cred),
	 .help = "Put credentials and capabilities into the events."},
	{.group = "Events", .name = "enable-process-ns", .kind = OPTION_BOOL, AGENT_OPTION(enable_process_ns),
	 .help = "Put namespaces into the events."},
	{.group = "Events", .name = "cluster-name", .kind = OPTION_STRING, AGENT_OPTION(cluster_name),
	 .placeholder = "NAME",
	 .help = "Name of the cluster, printed with each event. The node's name there comes from the environment variables "
		 "HUBBLE_NODE_NAME or NODE_NAME, else it is the host name."},

	{.group = "Sensor", .name = "procfs", .kind = OPTION_STRING, AGENT_OPTION(procfs), .default_text = "/proc",
	 .placeholder = "DIR", .help = "Where the host's /proc is mounted"},
	{.group = "Sensor", .name = "btf", .kind = OPTION_STRING, AGENT_OPTION(btf), .placeholder = "FILE",
	 .help = "Type information (BTF) of the running kernel, if the kernel itself has none in "
		 "/sys/kernel/btf/vmlinux."},
	{.group = "Sensor", .name = "attach", .kind = OPTION_ENUM, AGENT_OPTION(attach), .choices = agent_attaches,
	 .default_text = "auto", .placeholder = "MEANS",
	 .help = "Kind of programs for processes: BTF-typed tracepoints, or raw ones, which are slower and need no BTF in "
		 "the kernel itself; auto tries them in this order"},
	{.group = "Sensor", .name = "rb-size-total", .kind = OPTION_SIZE, AGENT_OPTION(rb_size_total),
	 .default_text = "2M", .placeholder = "SIZE", .minimum = 64 << 10, .maximum = 1 << 30,
	 .help = "Size of the ring buffer between kernel and agent, 64k to 1G, rounded up to a power of two"},
	{.group = "Sensor", .name = "process-cache-size", .kind = OPTION_U32, AGENT_OPTION(process_cache_size),
	 .default_text = "65536", .placeholder = "COUNT", .minimum = 64, .maximum = 1 << 24,
	 .help = "Processes remembered at most, at least 64"},
	{.group = "Sensor", .name = "cgroup-rate", .kind = OPTION_RATE, AGENT_OPTION(cgroup_rate),
	 .placeholder = "EVENTS,INTERVAL",
	 .help = "Throttle a cgroup whose processes start, execute or end more than EVENTS times within INTERVAL on one "
		 "CPU, as in 1000,1s: what they do beyond is counted and not told until it has been calm for 5 s; "
		 "process_throttle events tell when. Without, none is."},

	{.group = "Policies", .name = "tracing-policy", .kind = OPTION_STRING, AGENT_OPTION(tracing_policy),
	 .placeholder = "FILE", .help = "Run the policies of FILE and follow its changes"},
	{.group = "Policies", .name = "tracing-policy-dir", .kind = OPTION_STRING, AGENT_OPTION(tracing_policy_dir),
	 .default_text = TRIGON_POLICY_DIR, .placeholder = "DIR",
	 .help = "Run the policies of all *.yaml, *.yml and *.json files in DIR and follow their changes; an empty name "
		 "turns it off"},
	{.group = "Policies", .name = "hook-attach", .kind = OPTION_ENUM, AGENT_OPTION(hook_attach),
	 .choices = agent_hook_attaches, .default_text = "auto", .placeholder = "MEANS",
	 .help = "How functions are hooked: by the cheapest means that the kernel has, or as on one that has no BPF "
		 "trampolines (kprobe), or no kprobes either (tracepoint)"},
	{.group = "Policies", .name = "variable", .kind = OPTION_LIST, AGENT_OPTION(variables),
	 .placeholder = "NAME=VALUE,...", .help = POLICY_VARIABLES_HELP},
	{.group = "Policies", .name = "expose-stack-addresses", .kind = OPTION_BOOL,
	 AGENT_OPTION(expose_stack_addresses),
	 .help = "Put the addresses into stack traces, which tell where the kernel lies in memory (KASLR)."},

	{.group = "Kubernetes", .name = "enable-k8s-api", .kind = OPTION_BOOL, AGENT_OPTION(enable_k8s_api),
	 .help = "Watch the API server of the cluster that this pod runs in: its policies and this node's pods. The "
		 "Node's name comes from the environment variable NODE_NAME, else it is the host name."},
	{.group = "Kubernetes", .name = "kubeconfig", .kind = OPTION_STRING, AGENT_OPTION(kubeconfig),
	 .placeholder = "FILE", .help = "The same with the cluster of FILE's current context, not from within a pod"},
	{.group = "Kubernetes", .name = "enable-tracing-policy-crd", .kind = OPTION_BOOL,
	 AGENT_OPTION(enable_tracing_policy_crd), .default_text = "true",
	 .help = "Run the cluster's policies; without, only those of files"},
	{.group = "Kubernetes", .name = "enable-tracing-node", .kind = OPTION_BOOL, AGENT_OPTION(enable_tracing_node),
	 .default_text = "true",
	 .help = "Tell the cluster what became of its policies here: write this node's TracingNode, from which the "
		 "operator makes their status"},
	{.group = "Kubernetes", .name = "tracing-node-jitter", .kind = OPTION_U32, AGENT_OPTION(tracing_node_jitter),
	 .default_text = "5", .placeholder = "SECONDS", .maximum = 3600,
	 .help = "Wait up to SECONDS, at random, before telling a change, so that the nodes of a large cluster do not tell "
		 "it together"},

	{.group = "Operation", .name = "server-address", .kind = OPTION_STRING, AGENT_OPTION(server_address),
	 .default_text = SERVER_PATH_DEFAULT, .placeholder = "PATH",
	 .help = "The local socket on which the agent serves its API, to its own user only, and so answers `trigon policy "
		 "list` and others; an empty name turns it off"},
	{.group = "Operation", .name = "http-address", .kind = OPTION_STRING, AGENT_OPTION(http_address),
	 .default_text = "", .placeholder = "HOST:PORT",
	 .help = "Serve the API over HTTP, too, without a password: on a loopback address such as 127.0.0.1:6790"},
	{.group = "Operation", .name = "health-server-address", .kind = OPTION_STRING,
	 AGENT_OPTION(health_server_address), .default_text = "", .placeholder = "HOST:PORT",
	 .help = "Answer a kubelet's probes over HTTP on this address, :PORT for all of the machine's: /startupz, /readyz "
		 "and /livez; and Prometheus: /metrics"},
	{.group = "Operation", .name = "enable-event-metrics", .kind = OPTION_BOOL, AGENT_OPTION(enable_event_metrics),
	 .default_text = "true",
	 .help = "Tell Prometheus of events by pod, binary, hook and system call; without, only by type"},
	{.group = "Operation", .name = "metrics-label-filter", .kind = OPTION_LIST, AGENT_OPTION(metrics_label_filter),
	 .default_text = "namespace,workload,pod,binary", .placeholder = "LABEL,...",
	 .help = "By which of these events are told apart there; none for an empty value"},
	{.group = "Operation", .name = "config-dir", .kind = OPTION_STRING, AGENT_OPTION(config_dir),
	 .placeholder = "DIR",
	 .help = "Read further flags from DIR, one file per flag, named as the flag and holding its value (a mounted "
		 "ConfigMap). The command line wins."},
	{.group = "Operation", .name = "log-level", .kind = OPTION_ENUM, AGENT_OPTION(log_level),
	 .choices = agent_log_levels, .default_text = "info", .placeholder = "LEVEL",
	 .help = "What the agent says of itself on standard error"},
	{.group = "Operation", .name = "log-format", .kind = OPTION_ENUM, AGENT_OPTION(log_format),
	 .choices = agent_log_formats, .default_text = "text", .placeholder = "FORMAT",
	 .help = "How it says that"},
	{.group = "Operation", .name = "summary", .kind = OPTION_BOOL, AGENT_OPTION(summary),
	 .help = "Print a summary at the end: events by type, events lost, CPU time and memory."},
};
/* clang-format on */

static const struct option_table agent_table = {
	.command = "trigon agent",
	.synopsis = "[OPTION...]",
	.summary = "Watches every process of this machine from its start to its end and writes one line of JSON for "
		   "each event. Needs root, or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE. Ends on SIGINT and SIGTERM; "
		   "on SIGHUP it opens its log anew.",
	.rows = agent_rows,
	.count = ARRAY_SIZE(agent_rows),
};

static int read_labels(struct agent_options *options, struct option_error *ret_error)
{
	static const struct {
		const char *name;
		enum event_series_label label;
	} labels[] = {
		{"namespace", EVENT_SERIES_NAMESPACE},
		{"workload", EVENT_SERIES_WORKLOAD},
		{"pod", EVENT_SERIES_POD},
		{"binary", EVENT_SERIES_BINARY},
	};

	for (size_t i = 0; i < options->metrics_label_filter.count; i++) {
		const char *name = options->metrics_label_filter.items[i];
		size_t at = 0;

		while (at < ARRAY_SIZE(labels) && strcmp(labels[at].name, name) != 0)
			at++;
		if (at == ARRAY_SIZE(labels))
			return option_error_set(ret_error,
						"--metrics-label-filter: \"%s\" is none of the labels namespace, "
						"workload, pod and binary",
						name);
		options->metrics_labels |= labels[at].label;
	}
	return 0;
}

/* What no single row can refuse. */
static int agent_options_check(struct agent_options *options)
{
	struct option_error error;

	if (options->print != AGENT_PRINT_NONE && strcmp(options->export_filename, "-") == 0) {
		option_error_set(&error, "--print and --export-filename - both write standard output; leave one out, "
					 "or give --export-filename a file");
		return options_complain(&agent_table, &error);
	}
	if (*options->procfs == '\0') {
		option_error_set(&error, "--procfs: the name is empty; leave the flag out for /proc");
		return options_complain(&agent_table, &error);
	}
	if (policy_variables_check(&options->variables, &error) < 0 || read_labels(options, &error) < 0)
		return options_complain(&agent_table, &error);
	return 0;
}

int agent_options_read(int argc, char *const *argv, struct agent_options *ret)
{
	int r;

	*ret = (struct agent_options){0};
	r = options_read(&agent_table, argc, argv, ret);
	if (r == 0)
		r = agent_options_check(ret);
	if (r == 0)
		r = export_filters_compile(ret, &ret->filters);
	if (r == 0)
		r = redactions_compile(ret, &ret->redactions);
	return r ? r : field_masks_compile(ret, &ret->fields);
}

void agent_options_done(struct agent_options *options)
{
	event_filters_done(&options->filters);
	redactions_done(&options->redactions);
	field_masks_done(&options->fields);
	option_table_clear(&agent_table, options);
}
