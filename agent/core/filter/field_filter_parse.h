/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Field filters from trees: one object each, names of members in snake_case or camelCase. */
#include "core/filter/field_mask.h"
#include "core/policy/report.h"
#include "core/policy/tree.h"

/* As event_filter_parse(). */
int field_filter_parse(struct field_masks *masks, size_t index, const struct tree_node *node, struct report *report);
