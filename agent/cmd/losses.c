// SPDX-License-Identifier: Apache-2.0
#include "cmd/losses.h"

#include <stddef.h>

#include "base/util.h"
#include "cmd/pipeline.h"
#include "cmd/policy_board.h"
#include "io/bpf/base_sensor.h"
#include "io/bpf/loader.h"

#define LOSS(stage, what, member) \
	{ \
		stage, what, offsetof(struct losses, member) \
	}

/* Docs: docs/ledger.md. */
static const struct {
	const char *stage, *what;
	size_t offset;
} losses_rows[] = {
	LOSS("ring", "exec", ring[WIRE_EXEC]),
	LOSS("ring", "fork", ring[WIRE_FORK]),
	LOSS("ring", "exit", ring[WIRE_EXIT]),
	LOSS("ring", "cgroup", ring[WIRE_CGROUP]),
	LOSS("ring", "hook", ring[WIRE_HOOK]),
	LOSS("ring", "loader", ring[WIRE_LOADER]),
	LOSS("ring", "throttle", ring[WIRE_THROTTLE]),
	LOSS("throttle", "exec", throttled[WIRE_EXEC]),
	LOSS("throttle", "fork", throttled[WIRE_FORK]),
	LOSS("throttle", "exit", throttled[WIRE_EXIT]),
	LOSS("preempted", "exec", preempted[WIRE_EXEC]),
	LOSS("preempted", "fork", preempted[WIRE_FORK]),
	LOSS("preempted", "exit", preempted[WIRE_EXIT]),
	LOSS("preempted", "hook", preempted[WIRE_HOOK]),
	LOSS("kernel_memory", "hook", slots),
	LOSS("decoder", "unreadable", unreadable),
	LOSS("decoder", "out_of_memory", out_of_memory),
	LOSS("decoder", "unknown_hook", unknown_hooks),
	LOSS("decoder", "mismatched_hook", mismatched_hooks),
};

static uint64_t losses_get(const struct losses *losses, size_t row)
{
	return *(const uint64_t *)(const void *)((const char *)losses + losses_rows[row].offset);
}

static uint64_t losses_sum(const uint64_t counts[WIRE_TYPE_MAX])
{
	uint64_t total = 0;

	for (size_t i = 0; i < WIRE_TYPE_MAX; i++)
		total += counts[i];
	return total;
}

uint64_t losses_ring(const struct losses *losses)
{
	return losses_sum(losses->ring);
}

uint64_t losses_preempted(const struct losses *losses)
{
	return losses_sum(losses->preempted);
}

uint64_t losses_throttled(const struct losses *losses)
{
	return losses_sum(losses->throttled);
}

uint64_t losses_total(const struct losses *losses)
{
	uint64_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(losses_rows); i++)
		total += losses_get(losses, i);
	return total;
}

static void losses_add_count(void *context, const struct policy_status *status,
			     const struct wire_policy_counters *counters)
{
	uint64_t *lost = context;

	(void)status;
	*lost += counters->lost;
}

/* While a policy is being removed it is counted nowhere: the sum must not shrink. */
static void losses_update_policies(struct loss_sources *sources)
{
	uint64_t lost = 0, gone;

	if (!sources->board)
		return;
	gone = policy_board_visit_running(sources->board, losses_add_count, &lost);
	sources->policies_lost = MAX(sources->policies_lost, lost + gone);
}

void losses_update(struct loss_sources *sources)
{
	const volatile struct wire_shared *shared = base_sensor_shared(sources->sensor);
	const struct tracker_stats *tracker = &sources->pipeline->tracker.stats;
	struct losses *now = &sources->now;

	losses_update_policies(sources);
	*now = (struct losses){
		.unreadable = sources->pipeline->stats.bad_records,
		.out_of_memory = tracker->out_of_memory,
		.unknown_hooks = tracker->unknown_hooks,
		.mismatched_hooks = tracker->mismatched_hooks,
	};
	for (size_t i = 0; i < WIRE_TYPE_MAX; i++) {
		now->ring[i] = shared->lost[i];
		now->throttled[i] = base_sensor_suppressed(sources->sensor, (enum wire_type)i);
		now->preempted[i] = base_sensor_missed(sources->sensor, (enum wire_type)i);
	}
	/* a policy counts both, the ring's and its own memory's */
	if (sources->policies_lost > now->ring[WIRE_HOOK])
		now->slots = sources->policies_lost - now->ring[WIRE_HOOK];
	now->ring[WIRE_LOADER] += loader_lost(sources->loader);
	now->preempted[WIRE_HOOK] = sources->policies_missed;
}

static void losses_add_policy(void *context, const struct policy_status *status,
			      const struct wire_policy_counters *counters)
{
	if (counters->lost)
		ledger_add_policy(context, status->namespace, status->name, counters->events, counters->lost);
}

void losses_fill_ledger(void *context, struct ledger *ledger)
{
	const struct loss_sources *sources = context;

	if (sources->board)
		policy_board_visit_running(sources->board, losses_add_policy, ledger);
	for (size_t i = 0; i < ARRAY_SIZE(losses_rows); i++)
		ledger_add_loss(ledger, losses_rows[i].stage, losses_rows[i].what, losses_get(&sources->now, i));
	pipeline_add_to_ledger(sources->pipeline, ledger);
}

void losses_read_ledger(struct loss_sources *sources, struct ledger *ret)
{
	if (sources->pipeline->log) {
		event_log_read_ledger(sources->pipeline->log, ret);
		return;
	}
	*ret = (struct ledger){0};
	losses_fill_ledger(sources, ret);
}

void losses_end_policies(struct loss_sources *sources, uint64_t lost, uint64_t missed)
{
	sources->board = NULL;
	sources->policies_lost = MAX(sources->policies_lost, lost);
	sources->policies_missed = missed;
}
