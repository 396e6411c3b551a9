/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The policies of this agent: what runs, what does not and why. Sources say which there are to be (policy_files.h); a
 * policy is known by its namespace and name, and by its place: the source's own word for where it has it, such as a
 * file's path. Of several places with the same policy one's runs: the first that had it. When that one gives it up, the
 * next one's takes over what runs, as a change. Only, files and objects of the cluster are two worlds: the same name in
 * both is two policies.
 *
 * A source goes over all that it has in passes: it says what it wants, applies what has changed, and has the rest
 * removed.
 *
 * One thread calls these functions; others ask the board.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "cmd/policies.h"
#include "core/policy/report.h"

struct policy_set;

/* `is_ending` makes changes end early; it outlives the set, as `options` do. 0 or -errno. */
int policy_set_new(const struct policies_options *options, const atomic_bool *is_ending, struct policy_set **ret);
/* What all policies have counted so far. */
struct policies_totals policy_set_totals(const struct policy_set *set);
/*
 * Ends all policies. What *totals says that they have counted becomes what it is at their end; how many there were
 * stays. Then there is only the board, which is empty.
 */
void policy_set_end(struct policy_set *set, struct policies_totals *totals);
struct policy_set *policy_set_free(struct policy_set *set); /* accepts and returns NULL */
struct policy_board *policy_set_board(struct policy_set *set);
/* That the place is one of the cluster's objects (io/kube/policy_objects.h), not a file. */
bool policy_set_is_object(const char *place);
/* How many there are of which kind. */
struct policy_set_counts {
	size_t enabled, skipped, failed;
};

struct policy_set_counts policy_set_count(const struct policy_set *set);

/* --- what a source wants: at the begin of a pass nothing, then all of some places, then one by one */

void policy_set_want_none(struct policy_set *set);
void policy_set_want_all(struct policy_set *set, const char *place);
/* What is not there yet is no error: it is not wanted before it is applied. */
void policy_set_want(struct policy_set *set, const char *name, const char *namespace, const char *place);
/* There is something at that place that has no name: all of it stays that is not wanted, with these findings. */
void policy_set_keep_rest(struct policy_set *set, const char *place, const struct report *report, size_t first,
			  size_t end);
/* A policy runs that nobody wants. */
bool policy_set_has_leftovers(const struct policy_set *set);

/* --- what is to run */

/* How it ended. */
enum policy_outcome {
	POLICY_OUTCOME_NEW,
	POLICY_OUTCOME_CHANGED, /* what it had before is free for others */
	POLICY_OUTCOME_REFUSED, /* by this kernel: another attempt ends in the same way */
	POLICY_OUTCOME_FAILED,  /* for want of something, or since the name is taken: try again */
};

/* Takes the policy over. Why it does not run is in the report. */
enum policy_outcome policy_set_apply(struct policy_set *set, struct policy *policy, const char *place,
				     struct report *report);
/* Takes the policy over, which is not for this node: what runs of it ends. */
enum policy_outcome policy_set_skip(struct policy_set *set, struct policy *policy, const char *place);
/* It is wrong, as findings `first` to `end` - 1 say: what runs of it stays. */
void policy_set_refuse(struct policy_set *set, const char *name, const char *namespace, const char *place,
		       const struct report *report, size_t first, size_t end);
/* All that there is at that place has been applied or refused, as of this hash of it: others are told. */
void policy_set_note_content(struct policy_set *set, const char *place, uint64_t content);
/* It runs as it was applied last. */
bool policy_set_is_enabled(struct policy_set *set, const char *name, const char *namespace, const char *place);

/* --- at the end of a pass */

size_t policy_set_remove_unwanted(struct policy_set *set); /* how many */
/* Gives back what no policy needs any more, and looks after those that run; also when nothing has changed. */
void policy_set_check(struct policy_set *set);
/* Gives back what only changes need. */
void policy_set_rest(struct policy_set *set);
