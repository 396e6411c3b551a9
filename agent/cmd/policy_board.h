/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent tells of its policies while it runs. The control thread puts each policy's state here after every
 * change; the status socket's thread answers from it, and never waits for a policy that is being
 * loaded, nor lets one wait. What changes without a policy changing, such as counters, is read when somebody asks.
 *
 * Requests: `list`, `show NAME`, `show NAMESPACE/NAME`. Answers: core/policy/status_json.h.
 */
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
void policy_board_remove(struct policy_board *board, uint64_t id);
/* A status_answer (io/server/status_socket.h); `board` is a struct policy_board. */
char *policy_board_answer(void *board, const char *request, size_t *ret_length);
