/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lists of filters as flags have them: JSON objects one after another, with nothing but blanks between.
 */
#include "core/policy/report.h"
#include "core/policy/tree.h"

#define FILTER_TEXT_MAX (1 << 20) /* bytes */
#define FILTER_TEXT_OBJECTS_MAX 64

/* One object, by its position in the text: 0, -EINVAL with findings in the report, or -ENOMEM. */
typedef int filter_text_taker(void *context, size_t index, const struct tree_node *node, struct report *report);

/* Hands each object to `take`; all findings are gathered. 0, -EINVAL with findings in the report, or -ENOMEM. */
int filter_text_read(const char *text, struct report *report, filter_text_taker *take, void *context);
