/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the agent tells the cluster of its node: the policies of the cluster as the board has them, each with the object
 * that it comes from. A source of a node reporter; but for the callback of the board and what is left here, the thread
 * of the cluster uses it.
 */
#include "core/kube/node_report.h"
#include "io/kube/node_reporter.h"

struct node_state;
struct policy_board;
struct policy_objects;

/* What it points at outlives the state. */
struct node_state_options {
	const char *node_name;
	struct policy_board *board;
	struct policy_objects *objects;
	const char *kernel_lacks; /* "": nothing */
};

struct node_state *node_state_new(const struct node_state_options *options); /* NULL: no memory */
struct node_state *node_state_free(struct node_state *state);                /* accepts and returns NULL */
/* By another thread, the event loop's: what is told of losses from now on, unless just that is being written. */
void node_state_leave_losses(struct node_state *state, const struct ledger *ledger);
/* From now on it says that the agent runs, or what it misses; `trouble` is copied, up to NODE_STATE_TROUBLE_MAX. */
#define NODE_STATE_TROUBLE_MAX 1024
void node_state_set(struct node_state *state, enum node_report_state is, const char *trouble);
/* From now on it says that the agent has stopped; the board may go. */
void node_state_stop(struct node_state *state);
struct node_reporter_source node_state_source(struct node_state *state);
