/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What policies need besides programs: the loader's events, names for stack traces. On while a policy asks for it. */
#include "core/policy/hook_info.h"
#include "core/policy/report.h"

struct loader;
struct symbols;

struct policy_needs_set {
	bool loader, kernel_stacks, user_stacks;
};

struct policy_needs {
	struct loader *loader; /* not owned, nor the next two */
	struct symbols *symbols;
	struct hook_table *hooks;
	uint32_t loader_hook;        /* its number; 0: off. It has the name of the policy that turned it on */
	struct policy_needs_set set; /* what is on */
};

struct policy_needs_set policy_needs_of(const struct policy *policy);
/* Both sets. */
struct policy_needs_set policy_needs_join(struct policy_needs_set a, struct policy_needs_set b);

/* Turns on what the policy needs, before it is loaded. 0, or -errno with the reason in the report. */
int policy_needs_start(struct policy_needs *needs, const struct policy *policy, struct report *report);
/* Turns off what is not in the set: that of all loaded policies. */
void policy_needs_keep(struct policy_needs *needs, struct policy_needs_set set);
/* No more events. Names stay, for the last stacks are on their way. */
void policy_needs_end(struct policy_needs *needs);
