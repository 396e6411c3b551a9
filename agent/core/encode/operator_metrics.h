/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What Prometheus is told of an operator. */
#include "core/encode/shared_metrics.h"
#include "core/kube/policy_sum.h"

#define OPERATOR_METRICS_WATCHES_MAX 8

/* The numbers of one moment; those of work count from the start. */
struct operator_metrics {
	bool leads;
	struct policy_sums_stats sums;
	struct {
		uint64_t queue, computed, written, bytes, failures, retries;
	} statuses;
	struct {
		uint64_t written, failures;
	} networks;
	uint64_t api_answers[METRICS_ANSWERS_COUNT];
	struct {
		const char *resource; /* NULL: no more */
		bool has_synced;
		uint64_t objects, skipped, failures;
	} watches[OPERATOR_METRICS_WATCHES_MAX];
};

void operator_metrics_add(struct metrics_text *text, const struct operator_metrics *metrics);
