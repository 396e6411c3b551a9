/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What policy_sum.c (names, lists, sums), policy_sum_nodes.c (reports and labels), policy_sum_silence.c and
 * policy_sum_policies.c share.
 */
#include "core/kube/label_index.h"
#include "core/kube/name_pool.h"
#include "core/kube/policy_sum.h"

/* What a node says of a policy, in little room: there may be millions. */
struct known_report {
	uint64_t uid; /* a hash; 0: it does not say */
	uint32_t key; /* of the policy; reports of a node are sorted by it */
	uint32_t error;
	uint32_t generation;
	uint8_t state, mode;
};
_Static_assert(sizeof(struct known_report) == 24, "as the header says");

struct known_node {
	char *name;                   /* owned */
	struct known_report *reports; /* owned */
	size_t count;
	uint32_t list_ids[2]; /* of the lists that had its report and its Node last */
	bool has_report, has_node;
	bool is_found;     /* in a list that is being read: when its agent wrote is not known yet */
	bool is_not_ready; /* its Node */
	bool is_heard;     /* since then */
	bool is_lost;      /* no report for too long; until there is one */
	bool is_silent;    /* lost or away, as of the last look */
	uint64_t mark;     /* of the last report, and by the API server's clock: */
	int64_t written_s;
	int64_t heard_ns; /* by now_ns; may be negative */
	struct index_labels labels;
};

struct policy_sums {
	struct name_pool *texts, *label_texts;
	struct known_node *nodes; /* owned, sorted by name */
	size_t node_count, node_capacity;
	struct policy_sum_policy **policies; /* owned, in no order */
	size_t policy_count;
	uint32_t list_ids[POLICY_SUM_KIND_COUNT];
	bool is_listing[POLICY_SUM_KIND_COUNT];
	size_t report_count, label_count, selector_size;
	uint64_t refused;
	uint64_t clock_ns; /* as we are told; and without the time in which we were deaf: */
	int64_t now_ns;
	bool is_deaf;
	int64_t newest_s; /* of all reports' written_s */
	uint64_t look_ns; /* at all nodes, next */
};

static inline bool policy_sums_is_counted(const struct known_node *node)
{
	return node->has_report && node->has_node;
}

/* The key of a policy's name, for the caller to unref; NAME_POOL_NONE: there can be none, or no room for it. */
uint32_t policy_sums_ref_key(struct policy_sums *sums, const char *namespace, const char *name);
uint64_t policy_sums_hash_uid(const char *uid);
/* The sum of each policy may be another one. */
void policy_sums_mark_all(const struct policy_sums *sums);

/* --- nodes */

/* What the node says of the policy; NULL: nothing, or it is about another generation, which says nothing of this one.
 */
const struct known_report *policy_sums_find_report(const struct known_node *node,
						   const struct policy_sum_policy *policy, uint64_t uid);
/* Removes what the list that has ended had not. */
void policy_sums_sweep_nodes(struct policy_sums *sums, enum policy_sum_kind kind);
void policy_sums_sweep_policies(struct policy_sums *sums, enum policy_sum_kind kind);

/* --- silence */

/* Its Node is not ready, and nothing was heard since. */
bool policy_sums_is_away(const struct known_node *node);
/* Whether it is silent, and when to look again. */
void policy_sums_look_at(struct policy_sums *sums, struct known_node *node);
/* Its agent may have written; before the report is put. */
void policy_sums_hear(struct policy_sums *sums, struct known_node *node, const struct policy_sum_sign *sign);
/* What was written before we came, by its age. */
void policy_sums_date_found(struct policy_sums *sums);
