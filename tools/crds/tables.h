/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the parser's tables of operators, types and actions say together, and parts of rules that are made of it. */
#include "core/policy/operators.h"
#include "core/policy/parse_hook.h"
#include "tools/crds/text.h"

#define SUMS_MAX 64

/* What an operator's rows say together. */
struct operator_sum {
	const char *name;
	uint32_t traits;
	size_t values_min, values_max; /* of its rows */
	size_t length_max;             /* 0: its values have forms of their own */
	bool takes_nothing, has_other_readers;
	const struct operator_info *row; /* the first */
};

/* Returns how many there are. */
size_t tables_operators(struct operator_sum sums[SUMS_MAX]);
/* Types that Trigon does not have yet. What these could do is left to agents. */
void tables_add_unknown_types(struct text *text);
/* Types that have one of the traits. */
void tables_add_types(struct text *text, uint32_t traits, bool in_tracepoints);

/* What holds of a filter `f` of a hook, which is "self" or the name of a variable: that its operator tests the type of
 * its argument, or of the returned value. */
void tables_add_arg_test(struct text *text, const struct hook_rules *rules, const char *hook);
void tables_add_return_test(struct text *text, const struct hook_rules *rules, const char *hook);

/* The filter `f` is of an argument `a` of the hook for which `what` holds: `one` is exists, or all, if several entries
 * have its index. Types are written once in a rule, since texts add up. */
void tables_add_of_arg(struct text *text, const char *hook, const char *one, const char *what);
/* Trigon does not know of what type a member is: that is left to agents. */
#define IS_RESOLVED(arg) "has(" arg ".resolve) && " arg ".resolve != ''"

/* Actions of a family by what may be said of them; ready for a list. */
struct action_names {
	struct text refused, after, socks; /* the second: those that matchReturnActions may not have */
};
void tables_list_actions(enum hook_family family, struct action_names *ret);
