/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Whether every node that should have an agent has one that reports: what `trigon check-cluster` says. The DaemonSet
 * knows how many nodes those are, the TracingNodes which of them have told something of late, and whether that was that
 * the agent ends. A policy that does not
 * run somewhere is shown and is no failure: the policy may be what is wrong.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define CLUSTER_CHECK_NODES_MAX 20000
#define CLUSTER_CHECK_STALE_S (25 * 60) /* agents report every 12 minutes at the latest: two missed, and some */
#define CLUSTER_CHECK_NAME_MAX 256
#define CLUSTER_CHECK_TEXT_MAX 64
#define CLUSTER_CHECK_TROUBLE_MAX 384
#define CLUSTER_CHECK_LINE_MAX 512 /* bytes of a row */

struct cluster_check_node {
	char name[CLUSTER_CHECK_NAME_MAX];
	char version[CLUSTER_CHECK_TEXT_MAX], kernel[CLUSTER_CHECK_TEXT_MAX], policies[CLUSTER_CHECK_TEXT_MAX];
	char trouble[CLUSTER_CHECK_TROUBLE_MAX]; /* what its agent says that it misses; "": nothing */
	int64_t reported_at_s; /* since 1970; 0: an agent that does not tell, whose report counts whatever its age */
	bool has_stopped;      /* says the report, the agent's last one */
};

struct cluster_check_daemonset {
	bool is_there;
	bool is_observed; /* its numbers are of its present generation */
	uint64_t desired, updated, ready;
};

bool cluster_check_is_stale(const struct cluster_check_node *node, int64_t now_s);
/* True: all is well. Else `ret_reason` (of `size` bytes) says what is not, and what to do; without control characters.
 */
bool cluster_check_judge(const struct cluster_check_daemonset *daemonset, const struct cluster_check_node *nodes,
			 size_t count, int64_t now_s, char *ret_reason, size_t size);
/* A row for people; `node` NULL: the headings. Control characters become '?'. */
void cluster_check_print(struct buffer *buffer, const struct cluster_check_node *node, int64_t now_s);
