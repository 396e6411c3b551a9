// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_needs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "io/bpf/loader.h"
#include "io/symbols/symbols.h"

struct policy_needs_set policy_needs_of(const struct policy *policy)
{
	struct policy_needs_set set = {.loader = policy->has_loader};

	for (size_t i = 0; i < policy->hook_count; i++) {
		const struct policy_hook *hook = &policy->hooks[i];

		for (size_t j = 0; j < hook->selector_count; j++) {
			for (size_t k = 0; k < hook->selectors[j].action_count; k++) {
				set.kernel_stacks |= hook->selectors[j].actions[k].kernel_stack;
				set.user_stacks |= hook->selectors[j].actions[k].user_stack;
			}
		}
	}
	return set;
}

struct policy_needs_set policy_needs_join(struct policy_needs_set a, struct policy_needs_set b)
{
	return (struct policy_needs_set){
		.loader = a.loader || b.loader,
		.kernel_stacks = a.kernel_stacks || b.kernel_stacks,
		.user_stacks = a.user_stacks || b.user_stacks,
	};
}

static int publish_loader(struct policy_needs *needs, const struct policy *policy)
{
	struct hook_info *info = calloc(1, sizeof(*info));

	if (!info)
		return -ENOMEM;
	info->family = HOOK_LOADER;
	info->policy_name = strdup(policy->name);
	if (info->policy_name)
		needs->loader_hook = hook_table_publish(needs->hooks, info);
	if (needs->loader_hook)
		return 0;
	hook_info_free(info);
	return -ENOSPC;
}

static void withdraw_loader(struct policy_needs *needs)
{
	if (needs->loader_hook)
		hook_table_withdraw(needs->hooks, needs->loader_hook, clock_monotonic_ns());
	needs->loader_hook = 0;
}

static int start_loader(struct policy_needs *needs, const struct policy *policy, struct report *report)
{
	int r = publish_loader(needs, policy);

	if (r >= 0)
		r = loader_start(needs->loader, needs->loader_hook);
	if (r >= 0) {
		needs->set.loader = true;
		return 0;
	}
	withdraw_loader(needs);
	if (r == -EOPNOTSUPP)
		report_add(report, FINDING_KERNEL, policy->position, "spec.loader",
			   "remove `loader: true`, or run it on kernel 5.12 or newer",
			   "loader event are not supported on running kernel: it does not tell the build ids of files "
			   "that are mapped");
	else
		report_add(report, FINDING_APPLY, policy->position, "spec.loader",
			   r == -EACCES ? "kernel.perf_event_paranoid is 3, as Debian has it: set it to 2 on the node "
					  "(sysctl), or give the agent SYS_ADMIN"
					: NULL,
			   "the kernel refuses to tell which files are mapped: %s", strerror(-r));
	return r;
}

int policy_needs_start(struct policy_needs *needs, const struct policy *policy, struct report *report)
{
	struct policy_needs_set set = policy_needs_join(needs->set, policy_needs_of(policy));

	if (set.kernel_stacks != needs->set.kernel_stacks || set.user_stacks != needs->set.user_stacks)
		symbols_want(needs->symbols, set.kernel_stacks, set.user_stacks);
	needs->set.kernel_stacks = set.kernel_stacks;
	needs->set.user_stacks = set.user_stacks;
	return set.loader && !needs->set.loader ? start_loader(needs, policy, report) : 0;
}

void policy_needs_end(struct policy_needs *needs)
{
	if (needs->set.loader)
		loader_stop(needs->loader);
	withdraw_loader(needs);
	needs->set.loader = false;
}

void policy_needs_keep(struct policy_needs *needs, struct policy_needs_set set)
{
	if (needs->set.loader && !set.loader)
		policy_needs_end(needs);
	if (needs->set.kernel_stacks != set.kernel_stacks || needs->set.user_stacks != set.user_stacks)
		symbols_want(needs->symbols, set.kernel_stacks, set.user_stacks);
	needs->set.kernel_stacks = set.kernel_stacks;
	needs->set.user_stacks = set.user_stacks;
}
