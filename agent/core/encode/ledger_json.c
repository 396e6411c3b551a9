// SPDX-License-Identifier: Apache-2.0
#include "core/encode/ledger_json.h"

#include <assert.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/json.h"

const char *ledger_reason_name(enum ledger_reason reason)
{
	static const char *const names[LEDGER_REASON_COUNT] = {
		[LEDGER_START] = "START", [LEDGER_PERIODIC] = "PERIODIC", [LEDGER_LOSS] = "LOSS",
		[LEDGER_FULL] = "FULL",   [LEDGER_FILE] = "FILE",         [LEDGER_END] = "END",
	};

	return names[reason];
}

void ledger_add_loss(struct ledger *ledger, const char *stage, const char *what, uint64_t count)
{
	if (count == 0)
		return;
	assert(ledger->loss_count < LEDGER_LOSSES_MAX);
	ledger->losses[ledger->loss_count++] = (struct ledger_loss){.stage = stage, .what = what, .count = count};
}

void ledger_add_policy(struct ledger *ledger, const char *namespace, const char *name, uint64_t events, uint64_t lost)
{
	struct ledger_policy *policy;

	if (ledger->policy_count == LEDGER_POLICIES_MAX) {
		ledger->policies_left_out++;
		return;
	}
	policy = &ledger->policies[ledger->policy_count++];
	*policy = (struct ledger_policy){.events = events, .lost = lost};
	snprintf(policy->namespace, sizeof(policy->namespace), "%s", namespace ? namespace : "");
	snprintf(policy->name, sizeof(policy->name), "%s", name);
}

uint64_t ledger_lost(const struct ledger *ledger, const char *stage)
{
	uint64_t total = 0;

	for (size_t i = 0; i < ledger->loss_count; i++)
		if (!stage || strcmp(ledger->losses[i].stage, stage) == 0)
			total += ledger->losses[i].count;
	return total;
}

/* A key that is not known when this is compiled. */
static void ledger_key(struct buffer *buffer, const char *name)
{
	json_plain_string(buffer, name);
	buffer_append_byte(buffer, ':');
}

static void ledger_name(struct buffer *buffer, const char *name)
{
	json_string(buffer, json_cut((struct bytes){.data = name, .length = strlen(name)}, LEDGER_NAME_MAX));
}

void ledger_json_append_losses(struct buffer *buffer, const struct ledger *ledger)
{
	const char *stage = NULL;

	json_key(buffer, "lost");
	json_open(buffer, '{');
	for (size_t i = 0; i < ledger->loss_count; i++) {
		const struct ledger_loss *loss = &ledger->losses[i];

		if (!stage || strcmp(stage, loss->stage) != 0) {
			if (stage)
				json_close(buffer, '}');
			stage = loss->stage;
			ledger_key(buffer, stage);
			json_open(buffer, '{');
		}
		ledger_key(buffer, loss->what);
		json_quoted_u64(buffer, loss->count);
	}
	if (stage)
		json_close(buffer, '}');
	json_close(buffer, '}');
}

static void ledger_append_policies(struct buffer *buffer, const struct ledger *ledger)
{
	if (ledger->policy_count == 0)
		return;
	json_key(buffer, "policies");
	json_open(buffer, '[');
	for (size_t i = 0; i < ledger->policy_count; i++) {
		const struct ledger_policy *policy = &ledger->policies[i];

		json_open(buffer, '{');
		if (*policy->namespace) {
			json_key(buffer, "namespace");
			ledger_name(buffer, policy->namespace);
		}
		json_key(buffer, "name");
		ledger_name(buffer, policy->name);
		json_field_quoted_u64(buffer, "events", policy->events);
		json_field_quoted_u64(buffer, "lost", policy->lost);
		json_close(buffer, '}');
	}
	json_close(buffer, ']');
	if (ledger->policies_left_out)
		json_field_quoted_u64(buffer, "policies_left_out", ledger->policies_left_out);
}

static void ledger_append_counts(struct buffer *buffer, const struct ledger_reader *reader)
{
	json_field_quoted_u64(buffer, "sent", reader->sent);
	json_field_quoted_u64(buffer, "lost", reader->lost);
	json_close(buffer, '}');
}

static void ledger_append_readers(struct buffer *buffer, const struct ledger *ledger)
{
	if (ledger->reader_count) {
		json_key(buffer, "readers");
		json_open(buffer, '[');
		for (size_t i = 0; i < ledger->reader_count; i++) {
			json_open(buffer, '{');
			json_field_quoted_u64(buffer, "reader", ledger->readers[i].reader);
			ledger_append_counts(buffer, &ledger->readers[i]);
		}
		json_close(buffer, ']');
	}
	if (ledger->readers_gone.reader) {
		json_key(buffer, "readers_gone");
		json_open(buffer, '{');
		json_field_quoted_u64(buffer, "count", ledger->readers_gone.reader);
		ledger_append_counts(buffer, &ledger->readers_gone);
	}
}

static void ledger_append_previous(struct buffer *buffer, const struct ledger_previous *previous)
{
	if (!*previous->session)
		return;
	json_key(buffer, "previous");
	json_open(buffer, '{');
	json_key(buffer, "session");
	json_plain_string(buffer, previous->session);
	json_field_quoted_u64(buffer, "lines", previous->lines);
	json_field_quoted_u64(buffer, "waiting", previous->waiting);
	json_field_bool(buffer, "ended", previous->has_ended);
	json_close(buffer, '}');
}

void ledger_json_append_envelope(struct buffer *buffer, const char *node_name, const char *cluster_name,
				 uint64_t wall_ns)
{
	if (node_name && *node_name) {
		json_key(buffer, "node_name");
		ledger_name(buffer, node_name);
	}
	json_field_timestamp(buffer, "time", wall_ns);
	if (cluster_name && *cluster_name) {
		json_key(buffer, "cluster_name");
		ledger_name(buffer, cluster_name);
	}
	json_close(buffer, '}');
	buffer_append_byte(buffer, '\n');
}

bool ledger_json_encode(struct buffer *buffer, const struct ledger *ledger, const char *node_name,
			const char *cluster_name)
{
	if (buffer_room(buffer) < LEDGER_JSON_MAX)
		return false;
	json_open(buffer, '{');
	json_key(buffer, "loss_ledger");
	json_open(buffer, '{');
	json_key(buffer, "session");
	json_plain_string(buffer, ledger->session);
	json_field_quoted_u64(buffer, "sequence", ledger->sequence);
	json_key(buffer, "reason");
	json_plain_string(buffer, ledger_reason_name(ledger->reason));
	json_field_timestamp(buffer, "since", ledger->started_ns);
	json_field_quoted_u64(buffer, "lines", ledger->lines);
	json_field_quoted_u64(buffer, "bytes", ledger->bytes);
	json_field_quoted_u64(buffer, "events", ledger->events);
	json_field_quoted_u64(buffer, "waiting", ledger->waiting);
	if (ledger->filtered)
		json_field_quoted_u64(buffer, "filtered", ledger->filtered);
	if (ledger->rate_limited)
		json_field_quoted_u64(buffer, "rate_limited", ledger->rate_limited);
	ledger_json_append_losses(buffer, ledger);
	ledger_append_policies(buffer, ledger);
	ledger_append_readers(buffer, ledger);
	ledger_append_previous(buffer, &ledger->previous);
	json_close(buffer, '}');
	ledger_json_append_envelope(buffer, node_name, cluster_name, ledger->wall_ns);
	return true;
}
