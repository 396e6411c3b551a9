/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The loss ledger: a record of the log about the log. With it a reader proves from the log alone that nothing is
 * missing, or knows what is. docs/ledger.md describes each field.
 *
 *     {"loss_ledger":{"session":"...","sequence":"2","reason":"PERIODIC",...},"node_name":"n","time":"..."}
 */
#include <stdbool.h>

#include "base/buffer.h"

#define LEDGER_JSON_MAX 16384 /* bytes of a record with its newline */
#define LEDGER_SESSION_LENGTH 16
#define LEDGER_LOSSES_MAX 48
#define LEDGER_POLICIES_MAX 16
#define LEDGER_READERS_MAX 8
#define LEDGER_NAME_MAX 253 /* bytes, as Kubernetes has it */

/* Why a record was written. */
enum ledger_reason {
	LEDGER_START,    /* the first of an agent */
	LEDGER_PERIODIC, /* each minute */
	LEDGER_LOSS,     /* something was lost since the last record */
	LEDGER_FULL,     /* the last of a file that is rotated */
	LEDGER_FILE,     /* the first of a new file */
	LEDGER_END,      /* the last of an agent */
	LEDGER_REASON_COUNT,
};

/* Events or records that never became a line, since the start of the agent. */
struct ledger_loss {
	const char *stage, *what; /* those of a stage stand together; plain ASCII */
	uint64_t count;
};

/* A policy that lost events. */
struct ledger_policy {
	char namespace[64], name[LEDGER_NAME_MAX + 1]; /* namespace: "": of the cluster, or of a file */
	uint64_t events, lost;
};

/* Somebody who reads events as they come (docs/api.md). What is lost there is not lost to the log. */
struct ledger_reader {
	uint64_t reader; /* its number; of those that have gone: how many there were */
	uint64_t sent, lost;
};

/* The agent that wrote this log before. */
struct ledger_previous {
	char session[LEDGER_SESSION_LENGTH + 1]; /* "": there was none, or nothing is known of it */
	uint64_t lines;                          /* that it had taken for the log, records of the ledger included */
	uint64_t waiting;                        /* events that it held besides */
	bool has_ended;                          /* regularly: these were written */
};

struct ledger {
	char session[LEDGER_SESSION_LENGTH + 1]; /* of this agent: hexadecimal digits, made at random */
	uint64_t sequence;                       /* from 1, a number for each record */
	enum ledger_reason reason;
	uint64_t started_ns, wall_ns; /* CLOCK_REALTIME */
	uint64_t lines, bytes;        /* of this session in the log, before this record, other records included */
	/* what became of all events since the start: lines but those of the ledger, what waits, what filters and the
	 * rate limit kept back, and losses of stage "log" */
	uint64_t events, waiting, filtered, rate_limited;
	struct ledger_loss losses[LEDGER_LOSSES_MAX];
	size_t loss_count;
	struct ledger_policy policies[LEDGER_POLICIES_MAX];
	size_t policy_count;
	uint64_t policies_left_out; /* that lost events, too */
	struct ledger_reader readers[LEDGER_READERS_MAX];
	size_t reader_count;
	struct ledger_reader readers_gone;
	struct ledger_previous previous; /* LEDGER_START only */
};

const char *ledger_reason_name(enum ledger_reason reason);

/* Adds a row, unless there is nothing to tell. Rows of one stage one after the other. */
void ledger_add_loss(struct ledger *ledger, const char *stage, const char *what, uint64_t count);

/* A policy that has lost any. */
void ledger_add_policy(struct ledger *ledger, const char *namespace, const char *name, uint64_t events, uint64_t lost);

/* All losses of a stage; NULL: of all. */
uint64_t ledger_lost(const struct ledger *ledger, const char *stage);

/* Appends `"lost":{...}`. */
void ledger_json_append_losses(struct buffer *buffer, const struct ledger *ledger);

/* Appends what stands behind an object at the end of a line: `"node_name":...}` and a newline. */
void ledger_json_append_envelope(struct buffer *buffer, const char *node_name, const char *cluster_name,
				 uint64_t wall_ns);

/* Appends the record with its newline; false, and nothing appended, without LEDGER_JSON_MAX bytes of room. */
bool ledger_json_encode(struct buffer *buffer, const struct ledger *ledger, const char *node_name,
			const char *cluster_name);
