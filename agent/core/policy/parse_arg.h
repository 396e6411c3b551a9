/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Arguments of hooks: `args` and `returnArg` (sections 11.1 and 14 of tracingpolicy.md). */
#include "core/policy/parse_field.h"

/* Readers; the target is the struct policy_hook, whose family, and is_raw for tracepoints, must be known. */
void parse_read_args(struct parse *parse, const struct place *place, void *target);
void parse_read_return_arg(struct parse *parse, const struct place *place, void *target);
