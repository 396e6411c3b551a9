// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

int policy_processes_init(struct policy_processes *processes, const char *btf_path, const char *procfs)
{
	processes->btf_path = strdup(btf_path ? btf_path : "");
	processes->procfs = strdup(procfs);
	return processes->btf_path && processes->procfs ? 0 : -ENOMEM;
}

void policy_processes_done(struct policy_processes *processes)
{
	process_states_close(processes->states);
	free(processes->btf_path);
	free(processes->procfs);
	*processes = (struct policy_processes){0};
}

static bool asks_for_states(const struct plan *plan)
{
	for (size_t i = 0; i < plan->hook_count; i++)
		if (plan->hooks[i].has_process_state)
			return true;
	return false;
}

int policy_processes_join(struct policy_processes *processes, const struct plan *plan,
			  const struct kernel_features *features, struct policy_processes_share *ret)
{
	const struct process_states_options options = {
		.btf_path = processes->btf_path,
		.procfs = processes->procfs,
		.has_map_allocator = features->has_map_allocator,
		.has_preemptible_tracepoints = features->has_preemptible_tracepoints,
	};
	int r = 0;

	if (!asks_for_states(plan))
		return 0;
	if (!processes->states)
		r = process_states_open(&options, &processes->states);
	if (r < 0)
		return r;
	processes->users++;
	ret->has_states = true;
	return 0;
}

void policy_processes_leave(struct policy_processes *processes, struct policy_processes_share *share,
			    const struct policy_processes_share *stays)
{
	bool had_bits = share->follow.count;

	if (!share->has_states)
		return;
	share->has_states = false;
	follow_release(&processes->bits, &share->follow);
	if (stays)
		follow_use(&processes->bits, &stays->follow);
	if (--processes->users == 0)
		processes->states = process_states_close(processes->states);
	else if (had_bits)
		process_states_follow(processes->states, &processes->bits, 0); /* a binary too many does no harm */
}

int policy_processes_use(struct policy_processes *processes, const struct policy_processes_share *share,
			 const struct policy *policy, struct report *report)
{
	int r;

	if (!share->follow.count)
		return 0;
	follow_use(&processes->bits, &share->follow);
	r = process_states_follow(processes->states, &processes->bits, share->follow.renewed);
	if (r == -E2BIG)
		report_add(report, FINDING_APPLY, policy->position, "followChildren",
			   "use fewer of them, or Prefix or Postfix without followChildren",
			   "the filters with followChildren of this node name more than %d binaries",
			   FOLLOW_BINARIES_MAX);
	else if (r < 0)
		report_add(report, FINDING_APPLY, policy->position, "followChildren", NULL,
			   "its binaries cannot be given to the kernel: %s", strerror(-r));
	return r;
}
