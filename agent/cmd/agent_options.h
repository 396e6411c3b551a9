/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The options of `trigon agent`, with Tetragon's names where it has them. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/log.h"
#include "core/config/option_value.h"
#include "core/event/event_series.h"
#include "core/filter/event_filter.h"
#include "core/filter/field_mask.h"
#include "core/filter/redaction.h"
#include "io/bpf/base_sensor.h"
#include "io/bpf/kernel_types.h"

enum agent_print {
	AGENT_PRINT_NONE,
	AGENT_PRINT_COMPACT,
	AGENT_PRINT_JSON,
};

enum agent_color {
	AGENT_COLOR_AUTO,
	AGENT_COLOR_ALWAYS,
	AGENT_COLOR_NEVER,
};

struct agent_options {
	char *export_filename; /* "": no log; "-": standard output; never NULL */
	mode_t export_file_perm;
	uint32_t export_file_max_size_mb;          /* MiB; 0: no limit */
	uint64_t export_file_rotation_interval_ns; /* 0: never */
	uint32_t export_file_max_backups;          /* 0: all are kept */
	bool export_file_compress;
	char *export_allowlist, *export_denylist; /* JSON objects; never NULL */
	bool enable_pid_set_filter;
	struct event_filters filters; /* those two, compiled */
	char *redaction_filters;      /* JSON objects; never NULL */
	struct redactions redactions; /* these, compiled */
	char *field_filters;          /* JSON objects; never NULL */
	struct field_masks fields;    /* these, compiled */
	uint64_t export_rate_limit;   /* events per minute; 0: there is no log; OPTION_NO_LIMIT */
	bool enable_process_cred;
	bool enable_process_ns;
	char *procfs; /* never NULL */
	char *btf;    /* NULL: the running kernel's */
	enum base_sensor_attach attach;
	uint64_t rb_size_total; /* bytes as given, not rounded */
	uint32_t process_cache_size;
	struct option_rate cgroup_rate; /* events of a cgroup, on each CPU */
	char *tracing_policy;           /* NULL: none */
	char *tracing_policy_dir;       /* "": none; it need not exist */
	enum hook_attach hook_attach;
	struct option_list variables; /* each NAME=VALUE */
	bool expose_stack_addresses;
	char *cluster_name; /* NULL: none */
	bool enable_k8s_api;
	char *kubeconfig; /* NULL: none */
	bool enable_tracing_policy_crd;
	bool enable_tracing_node;
	uint32_t tracing_node_jitter; /* seconds */
	enum log_level log_level;
	enum log_format log_format;
	char *server_address;        /* "": no local socket; never NULL, as the next two */
	char *http_address;          /* "": the API is not served on TCP */
	char *health_server_address; /* "": probes are not answered on TCP */
	bool enable_event_metrics;
	struct option_list metrics_label_filter; /* names of labels */
	unsigned int metrics_labels;             /* these: EVENT_SERIES_* */
	char *config_dir;                        /* already read; NULL: none */
	enum agent_print print;
	enum agent_color color;
	bool summary;
};

/*
 * Reads the command line and --config-dir. 0, or as options_read() otherwise:
 * then options_exit_code() says with what to exit. Whatever it returns, free
 * with agent_options_done().
 */
int agent_options_read(int argc, char *const *argv, struct agent_options *ret);
void agent_options_done(struct agent_options *options);
