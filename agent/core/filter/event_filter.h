/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which events are exported: --export-allowlist and --export-denylist, as docs/filters.md describes them. An event
 * passes if the allow list is empty or one of its filters matches, and no filter of the deny list does. A filter
 * matches if all of its members do.
 *
 * An event of a container that the pod table does not have yet may be undecided: what its pod decides is then settled
 * when the pod is known, or when nobody waits for it any more (core/kube/pod_wait.h).
 *
 * One thread uses it: results of regular expressions are noted in the images of processes, and there is a scratch
 * buffer.
 */
#include "base/buffer.h"
#include "core/encode/event_pods.h"
#include "core/event/event.h"
#include "core/filter/event_cel.h"
#include "core/filter/regex.h"
#include "core/policy/label_selector.h"

#define EVENT_FILTERS_MAX 64         /* of a list: a bit each */
#define EVENT_FILTER_VALUES_MAX 1024 /* of a member */
#define EVENT_FILTER_REGEXES_MAX 256 /* of both lists */
#define EVENT_FILTER_PID_SETS_MAX 64
#define EVENT_FILTER_CELS_MAX 64          /* expressions of both lists */
#define EVENT_FILTER_TEXT_MAX (256 << 10) /* of a text that is not valid UTF-8: what follows is not seen */
#define EVENT_FILTER_TESTS_MAX 64         /* members whose results are noted; those beyond are evaluated each time */

/* In the order in which they are evaluated, cheap ones first. */
enum event_filter_member {
	FILTER_EVENT_SET,
	FILTER_IN_INIT_TREE,
	FILTER_PID,
	FILTER_PID_SET,
	FILTER_POLICY_NAMES,
	FILTER_CAPABILITIES,
	FILTER_BINARY_REGEX,
	FILTER_PARENT_BINARY_REGEX,
	FILTER_ARGUMENTS_REGEX,
	FILTER_PARENT_ARGUMENTS_REGEX,
	FILTER_CONTAINER_ID,
	FILTER_ANCESTOR_BINARY_REGEX,
	/* what the pod tells */
	FILTER_NAMESPACE,
	FILTER_HEALTH_CHECK,
	FILTER_LABELS,
	FILTER_NAMESPACE_REGEX,
	FILTER_POD_REGEX,
	FILTER_CONTAINER_NAME_REGEX,
	FILTER_CEL_EXPRESSION, /* some of them */
	FILTER_MEMBER_COUNT,
};

struct filter_texts {
	char **items; /* owned, and each item */
	size_t count;
};

struct filter_pids {
	uint32_t *items; /* owned */
	size_t count;
};

struct filter_regexes {
	struct regex **items; /* owned, and each item */
	size_t count;
	uint64_t test; /* its bit in struct image; 0: it has none */
};

struct filter_selectors {
	struct label_selector *items; /* owned, and each item */
	size_t count;
};

struct filter_cels {
	struct event_cel **items; /* owned, and each item */
	size_t count;
};

enum filter_capabilities_how {
	FILTER_CAPABILITIES_NONE_GIVEN, /* there is no test of this set */
	FILTER_CAPABILITIES_ANY,
	FILTER_CAPABILITIES_ALL,
	FILTER_CAPABILITIES_EXACTLY,
	FILTER_CAPABILITIES_NONE,
};

struct filter_capabilities {
	enum filter_capabilities_how how;
	uint64_t set;
};

struct event_filter {
	uint32_t members;     /* those that are given, a bit each */
	uint32_t event_types; /* a bit for each enum event_message, which begins as enum event_type does */
	bool in_init_tree, health_check;
	struct filter_pids pids;
	struct filter_pids pid_set;
	uint64_t pid_set_bit; /* in struct process */
	struct filter_texts policies, namespaces;
	struct filter_capabilities permitted, effective, inheritable;
	struct filter_selectors labels;
	struct filter_cels cels;
	struct filter_regexes regexes[FILTER_MEMBER_COUNT]; /* of the members that have any */
};

struct event_filter_list {
	struct event_filter *items; /* owned */
	size_t count;
};

struct event_filters {
	const struct regex_engine *engine;
	struct event_filter_list allow, deny;
	size_t regex_count, test_count, pid_set_count, cel_count;
	struct buffer text; /* scratch; allocated with the first filter */
	/* for cel_expression; allocated with the first one */
	struct buffer line, cel_scratch;
	/* set before an event is decided about, if there are any; not owned: how its line is printed */
	const struct event_json_options *json;
	size_t steps_max;  /* that all expressions of an event may take, see event_cel.h; 0: each by itself */
	size_t steps_left; /* of the event in hand */
};

/* Accepts a zeroed struct. */
void event_filters_done(struct event_filters *filters);
bool event_filters_is_empty(const struct event_filters *filters);

enum filter_verdict {
	FILTER_PASS,
	FILTER_DROP,
	FILTER_PENDING,
	FILTER_TOO_COSTLY, /* steps_max was not enough to tell */
};

/* What is still to be settled. */
struct filter_pending {
	uint64_t allow, deny; /* filters that match if what they say of pods does, a bit each */
	bool is_allowed;      /* by another filter of the allow list */
	bool is_process_awaited;
	bool is_probe; /* one of process and parent, as far as it is known */
};

/* The pod that process or parent turned out to be in; the place is a loan. */
struct filter_found {
	const struct pod_place *process; /* NULL: that was not awaited */
	bool is_probe;                   /* one of those that were awaited */
	struct bytes line;               /* as it will be printed; a loan */
};

/* *ret_pending is set where the verdict is FILTER_PENDING. */
enum filter_verdict event_filters_decide(struct event_filters *filters, const struct event *event,
					 struct event_pods *pods, struct filter_pending *ret_pending);
/* What is decided then; never FILTER_PENDING. */
enum filter_verdict event_filters_settle(struct event_filters *filters, const struct filter_pending *pending,
					 const struct filter_found *found);

/* The bits of struct process.pid_sets that a process with this pid has of its own. */
uint64_t event_filters_pid_sets(const struct event_filters *filters, uint32_t pid);
