/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an agent tells the cluster of its node, as JSON: the TracingNode that it applies (k8s/crds/tracingnodes.yaml).
 * Numbers that always change are left out on request, so that what is left tells whether anything has changed.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/encode/ledger_json.h"
#include "core/policy/status.h"

enum {
	NODE_REPORT_MAX = 1 << 20,     /* bytes; etcd takes 1.5 MiB. In brief all of 1,024 policies fit */
	NODE_REPORT_ERROR_MAX = 1024,  /* bytes of a policy's error, as JSON */
	NODE_REPORT_ERROR_BRIEF = 128, /* the same in brief */
};

struct node_report_form {
	bool is_brief;     /* without `attached`, and with shorter errors: for what would be too long */
	bool has_counters; /* what always changes */
};

/* Of the agent, as the condition Ready has it. */
enum node_report_state {
	NODE_REPORT_RUNS,
	NODE_REPORT_STOPPED,      /* it ends: no policy runs any more */
	NODE_REPORT_MISSES_RIGHT, /* the API server refuses what it is to know of the cluster */
	NODE_REPORT_MISSES_KIND,  /* or has no such kind */
	NODE_REPORT_MISSES_LIST,  /* or does not list it, for another reason */
};

struct node_report {
	const char *node_name;
	const char *node_uid; /* of the Node object, which is to own it; NULL: unknown */
	const char *kernel_release, *kernel_machine;
	const char *kernel_lacks;    /* "": nothing */
	const struct ledger *ledger; /* its losses are told, the sum of each stage */
	size_t ready, wanted;        /* policies of the cluster */
	uint64_t now_ns; /* CLOCK_REALTIME, as the next; told with the counters, so that each report is a change */
	enum node_report_state state;
	const char *trouble;        /* with NODE_REPORT_MISSES_*: what the agent is not told of the cluster, and why */
	uint64_t ready_since_ns;    /* when the agent became, or ceased to be, NODE_REPORT_RUNS */
	uint64_t degraded_since_ns; /* when it became so, or ceased to be */
};

struct node_report_policy {
	const struct policy_status *status; /* its live numbers matter with `has_counters` */
	const char *uid;                    /* "": unknown */
	int64_t generation;
	bool is_loading; /* the status is about an older generation */
};

/* One after the other: begin, each policy of the cluster, end. What does not fit makes the buffer full. */
void node_report_begin(struct buffer *buffer, const struct node_report *report);
void node_report_add(struct buffer *buffer, const struct node_report_policy *policy, struct node_report_form form);
void node_report_end(struct buffer *buffer, const struct node_report *report, struct node_report_form form);
