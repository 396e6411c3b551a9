/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Records that a hook's entry program has left for its return program (bpf/policy/pending.h), as seen from the agent.
 *
 * A call may return when its hook has a new generation. The new return program goes on with the old records if it would
 * do with them just what the old one would have done; then the old hook's number stays until no record has it. Else
 * those calls have no event, and are counted as lost. So are the records of threads that have ended inside the
 * function.
 */
#include "io/bpf/policy_engine_internal.h"

/*
 * The old generation's map, for the new hook `to`: a duplicate of its fd, and *ret_capacity; or -ENOENT: make one of
 * its own. The new hook's `is_pending_shared` is the caller's to set.
 */
int policy_pending_share(const struct policy_engine *engine, struct loaded_policy *old, size_t index,
			 const struct plan_hook *to, size_t *ret_capacity);
/* The new generation runs, with the old one's map: it has the records' numbers now. */
void policy_pending_hand_over(struct loaded_policy *old, size_t index, struct loaded_hook *to);
/* The hook's maps and numbers go: nothing of it runs. */
void policy_pending_drop(const struct policy_engine *engine, const struct loaded_policy *owner, size_t index);
/* From time to time: removes what nobody comes back for. */
void policy_pending_check(const struct policy_engine *engine, struct loaded_policy *loaded);
