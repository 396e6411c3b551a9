/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What an agent tells of itself at /v1/status: docs/api.md describes each field. */
#include "core/encode/ledger_json.h"
#include "core/event/event.h"
#include "core/kube/scope_table.h"
#include "core/policy/status.h"
#include "core/stream/event_hub.h"

struct agent_status {
	const char *version, *commit;
	const char *node_name, *cluster_name;
	const char *kernel, *arch;
	int32_t pid;
	uint64_t started_ns, wall_ns; /* CLOCK_REALTIME */
	struct bytes reason;          /* why it is not ready; empty: it is */

	bool has_facts; /* the next are known */
	uint64_t events[EVENT_TYPE_COUNT];
	struct ledger ledger; /* as its next record would have it, but for previous, sequence and times */
	const char *log_path; /* NULL: there is no log */
	uint64_t processes_known, processes_maximum;
	bool has_cluster, has_synced;
	uint64_t pods;
	struct event_hub_stats readers;

	uint64_t policies[POLICY_STATE_COUNT];
	struct scope_stats scopes;
	uint64_t resident_bytes;
};

void agent_status_append(struct buffer *buffer, const struct agent_status *status);
