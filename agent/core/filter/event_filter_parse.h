/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Event filters from trees: one object each, names of members in snake_case or camelCase. */
#include "core/filter/event_filter.h"
#include "core/policy/report.h"
#include "core/policy/tree.h"

/* What the agent was told besides, without which some members make no sense. */
struct event_filter_needs {
	bool with_pid_sets;    /* --enable-pid-set-filter */
	bool with_credentials; /* --enable-process-cred */
	bool is_stream;        /* of a reader who comes and goes: no pid_set, for which processes would be followed */
};

/*
 * Appends the filter to `list`, one of the two of `filters`, which has room, and whose engine is set. `index` is its
 * position for messages. 0, -EINVAL with findings in the report, or -ENOMEM; event_filters_done() frees what there is
 * then, too.
 */
int event_filter_parse(struct event_filters *filters, struct event_filter_list *list, size_t index,
		       const struct tree_node *node, const struct event_filter_needs *needs, struct report *report);
