// SPDX-License-Identifier: Apache-2.0
#include "core/encode/stream_json.h"

#include "core/encode/json.h"
#include "core/encode/ledger_json.h"

static void append_existing(struct buffer *buffer, const struct stream_existing *existing)
{
	json_key(buffer, "existing");
	json_open(buffer, '{');
	json_field_quoted_u64(buffer, "sent", existing->sent);
	json_field_quoted_u64(buffer, "left_out", existing->left_out);
	if (existing->is_complete)
		json_field_bool(buffer, "complete", true);
	json_close(buffer, '}');
}

void stream_json_append(struct buffer *buffer, const struct stream_record *record, const char *node_name,
			const char *cluster_name)
{
	json_open(buffer, '{');
	json_key(buffer, "stream");
	json_open(buffer, '{');
	json_field_quoted_u64(buffer, "reader", record->reader);
	if (record->session) {
		json_key(buffer, "session");
		json_plain_string(buffer, record->session);
		json_field_quoted_u64(buffer, "lines", record->lines);
	}
	if (record->waiting)
		json_field_quoted_u64(buffer, "waiting", record->waiting);
	json_field_quoted_u64(buffer, "sent", record->sent);
	json_field_quoted_u64(buffer, "lost", record->lost);
	json_field_quoted_u64(buffer, "filtered", record->filtered);
	if (record->existing.is_asked)
		append_existing(buffer, &record->existing);
	if (record->has_ended)
		json_field_bool(buffer, "ended", true);
	json_close(buffer, '}');
	ledger_json_append_envelope(buffer, node_name, cluster_name, record->wall_ns);
}
