/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent tells of its policies while it runs. The control thread puts each policy's state here after every
 * change; the HTTP server's thread answers from it, and that of the cluster reports from it. They never wait for a
 * policy that is being loaded, nor let one wait. What changes without a policy changing, such as counters, is read when
 * somebody asks.
 */
#include <pthread.h>

#include "base/buffer.h"
#include "core/policy/status.h"
#include "io/bpf/policy_engine.h"

struct policy_board;

struct policy_board *policy_board_new(void); /* NULL: no memory */
/* Nobody may ask any more. Accepts and returns NULL. */
struct policy_board *policy_board_free(struct policy_board *board);
/* Counters come from here; it outlives what is asked. */
void policy_board_set_engine(struct policy_board *board, const struct policy_engine *engine);
/* Fills the parts of *ret that come from what runs: hooks, mode, generation. 0 or -ENOMEM. */
int policy_board_describe(const struct loaded_policy *loaded, struct policy_status *ret);
/* Takes the status over, in place of the one with the same id. 0 or -ENOMEM. */
int policy_board_put(struct policy_board *board, struct policy_status *status);
/* See policy_set_note_content(). */
void policy_board_set_content(struct policy_board *board, uint64_t id, uint64_t content);
void policy_board_remove(struct policy_board *board, uint64_t id);
/* What cgroups policies are for, as of the last look; zeros before. */
void policy_board_set_scopes(struct policy_board *board, const struct scope_stats *scopes);
struct scope_stats policy_board_scopes(struct policy_board *board); /* by any thread */
/* How many events all policies lost that were removed. */
void policy_board_set_gone_lost(struct policy_board *board, uint64_t lost);
/* Appends all policies (core/policy/status_json.h). 0 or -ENOMEM. */
int policy_board_list(struct policy_board *board, struct buffer *buffer);
/* All about one, `NAME` or `NAMESPACE/NAME`. 0, -ENOENT or -ENOMEM. */
int policy_board_show(struct policy_board *board, const char *name, struct buffer *buffer);

/* --- for threads that outlive the board */

/* The board, while there is one. */
struct policy_board_handle {
	pthread_mutex_t lock; /* held while somebody reads it */
	struct policy_board *board;
};

void policy_board_handle_init(struct policy_board_handle *handle);
void policy_board_handle_done(struct policy_board_handle *handle);
/* NULL: it is gone once this returns, and nobody reads it any more. */
void policy_board_handle_set(struct policy_board_handle *handle, struct policy_board *board);
/* NULL: there is none, not yet or not any more. Must be released in any case. */
struct policy_board *policy_board_handle_take(struct policy_board_handle *handle);
void policy_board_handle_release(struct policy_board_handle *handle);

/* --- for who wants to know of changes */

/* Grows with each. */
uint64_t policy_board_version(const struct policy_board *board);
/* To be called after each, by the thread that made it; NULL: nobody. Once this returns the one before is not called. */
void policy_board_watch(struct policy_board *board, void (*changed)(void *context), void *context);
/* Shows each policy, in the order of ids, its live numbers read before if `is_live`. 0 or -ENOMEM. */
int policy_board_visit(struct policy_board *board, bool is_live,
		       void (*visit)(void *context, const struct policy_status *status), void *context);
/* The same, of the live numbers `counters` alone, which costs next to nothing. */
int policy_board_visit_counters(struct policy_board *board,
				void (*visit)(void *context, const struct policy_status *status), void *context);
/*
 * For the event loop: shows those that run, in no time, whoever else asks. `counters` are live. Returns what those lost
 * that were removed.
 */
uint64_t policy_board_visit_running(struct policy_board *board,
				    void (*visit)(void *context, const struct policy_status *status,
						  const struct wire_policy_counters *counters),
				    void *context);
