/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* matchActions and matchReturnActions (section 19 of tracingpolicy.md). A new action is a row in parse_action.c. */
#include "core/policy/parse_field.h"

extern const struct parse_schema parse_actions_schema;

/* What rules for the API server are made of. */
struct parse_action_trait {
	uint32_t refused_in; /* families: bits 1 << HOOK_* */
	bool is_refused_return, needs_sock;
};
/* The i-th action's name; NULL: that was the last. */
const char *parse_action_trait(size_t i, struct parse_action_trait *ret);

/* Readers; the target is the struct policy_selector of a selector of parse->hook. */
void parse_read_actions(struct parse *parse, const struct place *place, void *target);
void parse_read_return_actions(struct parse *parse, const struct place *place, void *target);
/* The action of that name, in whatever case; -1: there is none. */
int parse_action_find(const char *name);
