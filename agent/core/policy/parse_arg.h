/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Arguments of hooks: `args` and `returnArg` (sections 11.1 and 14 of tracingpolicy.md). */
#include "core/policy/parse_field.h"

#define ARG_TRACEPOINT_INDEX_MAX 127

extern const struct parse_schema parse_args_schema, parse_tracepoint_args_schema, parse_return_arg_schema;

/* Readers; the target is the struct policy_hook, whose family, and is_raw for tracepoints, must be known. */
void parse_read_args(struct parse *parse, const struct place *place, void *target);
void parse_read_return_arg(struct parse *parse, const struct place *place, void *target);
