/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From the API server's TracingNodes, Nodes and policies to their sums (core/kube/policy_sum.h). */
#include "core/kube/policy_sum.h"
#include "io/kube/handler.h"

struct sum_handlers;

/* NULL: no memory; `sums` outlives it. `now_ns`: clock_monotonic_ns(). */
struct sum_handlers *sum_handlers_new(struct policy_sums *sums, uint64_t (*now_ns)(void));
struct sum_handlers *sum_handlers_free(struct sum_handlers *handlers); /* accepts and returns NULL */
/* Of a reflector of that kind's objects. */
struct kube_handler sum_handler(struct sum_handlers *handlers, enum policy_sum_kind kind);

/* Of a status as JSON: the same for all texts that say the same. 0: there is none. */
uint64_t sum_hash_status(const json_t *status);
/* Takes what the cluster has as the policy's status. */
void sum_take_status(struct policy_sum_policy *policy, const json_t *status);
