/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * --redaction-filters: what is not to leave the node is taken out of the arguments of a process when it is met, before
 * anything else sees them. Each capture group of each expression becomes `*****`.
 */
#include "base/buffer.h"
#include "core/filter/filter_field.h"
#include "core/policy/report.h"

#define REDACTION_FILTERS_MAX 64
/* Of an expression in a text: each may look at all that follows, so many of them would take quadratic time. */
#define REDACTION_MATCHES_MAX 256

struct redaction_filter {
	struct filter_regexes binaries; /* none: every binary */
	struct filter_regexes redact;
};

struct redactions {
	const struct regex_engine *engine;
	struct redaction_filter *items; /* owned */
	size_t count, regex_count;
	struct buffer text;   /* scratch; allocated with the first filter */
	struct buffer binary; /* the same */
};

/* As event_filter_parse(). The list has room for REDACTION_FILTERS_MAX. */
int redaction_parse(struct redactions *redactions, size_t index, const struct tree_node *node, struct report *report);
void redactions_done(struct redactions *redactions); /* accepts a zeroed struct */

/*
 * Redacts what stands in `arguments` from `at` to its end. What has no room any more is cut; without memory nothing is
 * left but `*****`. So is all that follows REDACTION_MATCHES_MAX matches of an expression. A text that has an
 * expression's match loses bytes that are no UTF-8, as in JSON.
 */
void redactions_apply(struct redactions *redactions, struct bytes binary, struct buffer *arguments, size_t at);
