/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* matchArgs and matchReturnArgs (sections 17.2, 17.3 and 18 of tracingpolicy.md); operators.h has the operators. */
#include "core/policy/parse_field.h"

extern const struct parse_schema parse_match_args_schema, parse_arg_filter_schema; /* of the list, of an entry */

/* Readers; the target is the struct policy_selector of a selector of parse->hook. */
void parse_read_match_args(struct parse *parse, const struct place *place, void *target);
void parse_read_match_return_args(struct parse *parse, const struct place *place, void *target);
