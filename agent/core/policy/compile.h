/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Policy to plan: resolves each hook against the kernel, chooses the means of
 * attachment and writes its programs. A pure function of policy and kernel view.
 */
#include "core/policy/plan.h"
#include "core/policy/report.h"

/*
 * 0, -ENOMEM, or -EINVAL with the reasons in the report (stage FINDING_KERNEL); ret is a
 * plan that the caller gives to plan_done(). The policy must outlive the plan.
 */
int policy_compile(const struct policy *policy, const struct kernel_view *kernel, struct report *report,
		   struct plan *ret);

/*
 * The same hook without trampolines, where the function takes no more of them: by
 * kprobes. -ENOTSUP: it has none that would do. *hook is replaced on success only.
 */
int policy_compile_fallback(const struct policy *policy, const struct kernel_view *kernel, struct report *report,
			    struct plan_hook *hook);
