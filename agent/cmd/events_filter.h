/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which events `trigon events` prints: those that match every kind of filter that was given, and of each kind one
 * value. An agent is asked for the same with a filter of docs/filters.md, so that it makes no line that nobody wants.
 */
#include <stdbool.h>
#include <stddef.h>

#include "core/config/option_value.h"
#include "core/encode/compact.h"
#include "core/filter/event_cel.h"

/* Expressions match anywhere in their text. */
struct events_filter_options {
	struct option_list event_types; /* PROCESS_EXEC, process_exec or exec */
	struct option_list namespaces;  /* equal */
	struct option_list namespace_regexes;
	struct option_list pods;       /* expressions, of the pod's name */
	struct option_list containers; /* the same, of the container's name in its pod */
	struct option_list processes;  /* the same, of the binary's path */
	struct option_list policies;   /* names, equal: of the policy whose hook the event is of */
	struct option_list conditions; /* those of docs/filters.md, on the event as it is printed */
	bool is_host;                  /* processes outside of any pod; adds to `namespaces` */
};

struct events_patterns {
	struct regex **items; /* owned, and each item */
	size_t count;
};

struct events_conditions {
	struct event_cel **items; /* owned, and each item */
	size_t count;
	struct buffer scratch; /* allocated where there are any */
};

struct events_filter {
	const struct events_filter_options *options; /* not owned */
	struct events_patterns namespaces, pods, containers, processes;
	struct events_conditions conditions;
};

/* 0, -EINVAL with ret_error (an unknown type, a broken expression or condition), -ENOMEM. Free with _done() whatever it
 * returns. */
int events_filter_init(struct events_filter *filter, const struct events_filter_options *options,
		       struct option_error *ret_error);
/* Accepts a zeroed struct. */
void events_filter_done(struct events_filter *filter);

/* There is none: every event matches. */
bool events_filter_is_empty(const struct events_filter *filter);

/* The view is that of the line; its strings must be NUL-terminated, as those of json_view.h are. */
bool events_filter_matches(struct events_filter *filter, const struct compact_view *view, struct bytes line);

/* The same as a filter in JSON, which is the caller's to free. NULL: no memory. */
char *events_filter_json(const struct events_filter *filter);
