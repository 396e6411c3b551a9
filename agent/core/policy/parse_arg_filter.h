/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* matchArgs and matchReturnArgs (sections 17.2, 17.3 and 18 of tracingpolicy.md); operators.h has the operators. */
#include "core/policy/parse_field.h"

/* Readers; the target is the struct policy_selector of a selector of parse->hook. */
void parse_read_match_args(struct parse *parse, const struct place *place, void *target);
void parse_read_match_return_args(struct parse *parse, const struct place *place, void *target);
