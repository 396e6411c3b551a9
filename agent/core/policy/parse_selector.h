/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* `selectors` and `selectorsMacros` (sections 8 and 16 of tracingpolicy.md). A new kind of filter is a row here and a
 * reader. */
#include "core/policy/parse_field.h"

extern const struct parse_schema parse_macros_schema, parse_selectors_schema;
/* The name of the i-th list of a selector that a macro may have instead; NULL: that was the last. */
const char *parse_selector_list(size_t i);

/* Reader of spec.selectorsMacros, which checks what can be checked without a hook; the target is the struct parse. The
 * place must outlive the parse. */
void parse_read_macros(struct parse *parse, const struct place *place, void *target);
/* Says which macros no selector of the spec, all of which were read before, has used: they were not read. */
void parse_check_macros(struct parse *parse, const struct place *spec);
/* Reader of a hook's selectors; the target is the struct policy_hook, all else of which was read before. */
void parse_read_selectors(struct parse *parse, const struct place *place, void *target);
