/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the nodes of a cluster report of its policies, and the sum of it for each: which nodes should run it, do and
 * cannot. A report of a node costs 24 bytes for each policy, a label 8 bytes; names, errors and labels' texts are kept
 * once, however many nodes have them.
 *
 * A node counts when its agent has reported and its Node object is there: where that is gone, the garbage collector
 * will remove the report, sooner or later. It counts for the policies whose nodeSelector selects its labels, whatever
 * it reports: an agent that may not read its Node runs them all. Only where labels or selector did not fit in here the
 * report tells (POLICY_SUM_SKIPPED).
 *
 * A node is silent, and then neither ready nor failed, whatever it reported last, when
 *   - its agent has not written for POLICY_SUM_SILENT_S, though it writes every 10 to 12 minutes; or
 *   - its Node is not ready, and the agent has not written since that became so.
 * All by the clock of who calls, from when it saw the agent's mark change: as with Leases (lease.h), others' clocks are
 * not compared with it. What was written before we came is judged by its age beside the newest: both times are the API
 * server's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "core/kube/pod.h"
#include "core/policy/label_selector.h"

enum {
	POLICY_SUM_NODES_MAX = 20000,
	POLICY_SUM_POLICIES_MAX = 4096,
	POLICY_SUM_REPORTS_MAX = 1024,      /* of a node */
	POLICY_SUM_ERROR_MAX = 512,         /* bytes kept of one */
	POLICY_SUM_FAILURES_MAX = 8,        /* nodes named in a status */
	POLICY_SUM_LABELS_MAX = 256,        /* of a node */
	POLICY_SUM_SELECTORS_MAX = 1 << 20, /* conditions and values of all */
	POLICY_SUM_SILENT_S = 1500,         /* two periods of an agent at the longest, and a bit */
	POLICY_SUM_TIME_MAX = 40,
	POLICY_SUM_UID_MAX = 63,
};

enum policy_sum_state {
	POLICY_SUM_LOADING,
	POLICY_SUM_ENABLED,
	POLICY_SUM_LOAD_ERROR, /* does not run */
	POLICY_SUM_ERROR,      /* runs in an older version */
	POLICY_SUM_SKIPPED,    /* is not meant for this node */
};

enum policy_sum_mode {
	POLICY_SUM_MODE_UNKNOWN,
	POLICY_SUM_MODE_ENFORCE,
	POLICY_SUM_MODE_MONITOR,
	POLICY_SUM_MODE_MONITOR_ONLY,
	POLICY_SUM_MODE_COUNT,
};

/* What a node says of a policy. */
struct policy_sum_report {
	const char *namespace, *name; /* namespace "": of the cluster */
	const char *uid;              /* "": it does not say */
	int64_t generation;
	enum policy_sum_state state;
	enum policy_sum_mode mode;
	const char *error; /* "": none */
};

/* That an agent has written. */
struct policy_sum_sign {
	uint64_t mark;     /* another one whenever it writes */
	int64_t written_s; /* when, by the API server's clock, since 1970; 0: unknown */
};

/* A Node. */
struct policy_sum_node {
	const struct kube_label_fields *labels;
	size_t label_count;
	bool is_not_ready;
};

/* A condition as it stands in the cluster. */
struct policy_sum_condition {
	bool is_known, is_true;
	char since[POLICY_SUM_TIME_MAX + 1]; /* lastTransitionTime */
};

/* A policy of the cluster. The first four are to be read only; the rest is for whoever writes its status. */
struct policy_sum_policy {
	const char *namespace, *name; /* "NAMESPACE\0NAME" is one text */
	char uid[POLICY_SUM_UID_MAX + 1];
	int64_t generation;
	bool is_changed;                             /* its sum may have */
	uint64_t due_ns;                             /* not before */
	unsigned int failures;                       /* in a row */
	uint64_t stored;                             /* hash of the status that the cluster has; 0: none */
	struct policy_sum_condition ready, degraded; /* as the cluster has them */
	/* --- */
	uint32_t key;
	uint32_t list_id;
	struct index_selector *selector; /* NULL: all nodes */
	size_t selector_size;
	bool is_selector_unknown; /* there was no room for it */
};

enum policy_sum_reason {
	POLICY_SUM_NOT_LOADED,
	POLICY_SUM_NOT_CHANGED,    /* an older generation runs */
	POLICY_SUM_NO_REPORT,      /* silent, for POLICY_SUM_SILENT_S */
	POLICY_SUM_NODE_NOT_READY, /* silent since then */
};

struct policy_sum_failure {
	const char *node, *error; /* error "": of a silent node */
	enum policy_sum_reason reason;
	int64_t written_s; /* of a silent node, as in the sign */
};

/* Valid until anything is put or removed. */
struct policy_sum {
	size_t desired, ready, failed,
		silent;      /* nodes; others are pending: what becomes of it there is not known yet */
	const char *pending; /* the first of these by name; NULL: there is none */
	bool has_selector;
	bool is_awaited; /* there is a Node that should run it and has no report, which counts nowhere above */
	enum policy_sum_mode mode; /* on the first node that runs it */
	size_t failure_count;
	/* by name of the node, those that failed before those that are silent */
	struct policy_sum_failure failures[POLICY_SUM_FAILURES_MAX];
};

struct policy_sums_stats {
	size_t nodes, reports, policies; /* that are known; nodes with and without a report */
	size_t labels, silent;           /* of nodes; nodes that have a report, too */
	size_t texts, text_bytes;        /* labels' included */
	uint64_t refused; /* nodes, policies, selectors, reports, labels and texts for which there was no room */
};

/* Kinds of object, for the mark-and-sweep of their lists. */
enum policy_sum_kind {
	POLICY_SUM_KIND_REPORT,     /* TracingNode */
	POLICY_SUM_KIND_NODE,       /* Node */
	POLICY_SUM_KIND_POLICY,     /* TracingPolicy */
	POLICY_SUM_KIND_NAMESPACED, /* TracingPolicyNamespaced */
	POLICY_SUM_KIND_COUNT,
};

struct policy_sums;

struct policy_sums *policy_sums_new(void);                      /* NULL: no memory */
struct policy_sums *policy_sums_free(struct policy_sums *sums); /* accepts and returns NULL */

/* 0, -ENOSPC or -ENOMEM. What does not fit of a node's reports is left out and counted. */
int policy_sums_put_report(struct policy_sums *sums, const char *node, const struct policy_sum_sign *sign,
			   const struct policy_sum_report *reports, size_t count);
int policy_sums_put_node(struct policy_sums *sums, const char *name, const struct policy_sum_node *node);
void policy_sums_remove_report(struct policy_sums *sums, const char *node);
void policy_sums_remove_node(struct policy_sums *sums, const char *node);
/*
 * Adds it or takes the change; *ret is the sums' own, until it is removed. `selector` may be NULL: there is one that
 * cannot be read.
 */
int policy_sums_put_policy(struct policy_sums *sums, const char *namespace, const char *name, const char *uid,
			   int64_t generation, const struct label_selector *selector, struct policy_sum_policy **ret);
void policy_sums_remove_policy(struct policy_sums *sums, const char *namespace, const char *name);
/* What is not put between the two is removed. */
void policy_sums_begin_list(struct policy_sums *sums, enum policy_sum_kind kind);
void policy_sums_end_list(struct policy_sums *sums, enum policy_sum_kind kind);

/*
 * To be called before what comes at that time (CLOCK_MONOTONIC) is put, and when it returned: then nodes become silent.
 */
uint64_t policy_sums_set_time(struct policy_sums *sums, uint64_t now_ns);
/* From now on reports do not reach us, or do again: the time between does not count. */
void policy_sums_set_deaf(struct policy_sums *sums, bool is_deaf);

size_t policy_sums_count(const struct policy_sums *sums);
struct policy_sum_policy *policy_sums_policy(const struct policy_sums *sums, size_t index);
/* NULL: there is none (any more). */
struct policy_sum_policy *policy_sums_find(struct policy_sums *sums, const char *namespace, const char *name);
/* Goes over all nodes. */
void policy_sums_compute(const struct policy_sums *sums, const struct policy_sum_policy *policy,
			 struct policy_sum *ret);
struct policy_sums_stats policy_sums_stats(const struct policy_sums *sums);

/* --- the status of a policy, as JSON */

/*
 * Writes `status`, with the times of conditions that have not changed from `policy`, else `now_ns` (CLOCK_REALTIME), in
 * at most POLICY_SUM_STATUS_MAX bytes.
 */
#define POLICY_SUM_STATUS_MAX 65536
void policy_sum_write_status(struct buffer *buffer, const struct policy_sum_policy *policy,
			     const struct policy_sum *sum, uint64_t now_ns);
/* The object that a server-side apply of that status takes. */
void policy_sum_write_object(struct buffer *buffer, const struct policy_sum_policy *policy,
			     const struct buffer *status);
