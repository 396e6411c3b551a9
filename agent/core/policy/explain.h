/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A policy in words: what becomes of each hook on one kernel. Asks the compiler and not a copy of its rules: the
 * means of attachment come from a plan, the fallbacks from plans for the same kernel with less, the order of tests from
 * glue_order_tests().
 */
#include <stdio.h>

#include "core/policy/kernel_view.h"
#include "core/policy/policy.h"

/*
 * Prints a tree. 0; -EINVAL: at least one hook is not possible on this kernel, which the tree says and why; or -ENOMEM.
 */
int policy_explain(const struct policy *policy, const struct kernel_view *kernel, FILE *out);
