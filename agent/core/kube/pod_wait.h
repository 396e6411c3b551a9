/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lines of events whose pod or container is not known yet. A pod's UID is in the cgroup's path, and the pod itself is
 * known before its containers start; what may be late is the container in the pod's status, which the kubelet writes
 * once it runs.
 *
 * Such a line is held, and behind it every other of the same container, so that the lines of a container stay in order;
 * those of others pass by. Lines go out when the pod table knows what they lack, after POD_WAIT_MAX_NS, or when there
 * is no room. Before the table has its first list that time does not begin, for POD_WAIT_LIST_MAX_NS at most. What goes
 * out incomplete is marked (`"unresolved":true`, or has no `pod` if not even the pod is known) and counted.
 *
 * The sandbox of a pod is a container, too, and is never in the status. Where the runtime tells which one it is, its
 * lines wait for the pod alone and say nothing of a container. Else, as with all containers, one that was waited for in
 * vain is remembered, and its later lines go out at once.
 *
 * A line may have several destinations. What is counted is what concerns the log.
 */
#include "core/encode/pod_finder.h"
#include "core/event/event.h"
#include "core/filter/destinations.h"

#define POD_WAIT_MAX_NS 10000000000ULL
#define POD_WAIT_LIST_MAX_NS 60000000000ULL /* from the first line that waits */
#define POD_WAIT_LINES_MAX 4096
#define POD_WAIT_BYTES_MAX (8u << 20)
#define POD_WAIT_SEEN_MAX 512 /* containers of which is remembered what the runtime said, and who waited in vain */

struct pod_table;
struct pod_wait;

/* Why a line went out with a pod or container missing. */
enum pod_wait_cause {
	POD_WAIT_CAUSE_TIME, /* it waited as long as lines may */
	POD_WAIT_CAUSE_VAIN, /* another of this container did */
	POD_WAIT_CAUSE_ROOM, /* too many lines waited, or no memory */
	POD_WAIT_CAUSE_END,  /* the agent ended */
	POD_WAIT_CAUSE_COUNT,
};

struct pod_wait_stats {
	uint64_t held; /* lines that had to wait */
	uint64_t incomplete[POD_WAIT_CAUSE_COUNT];
	size_t lines, bytes; /* held now, for whomever */
	size_t waiting;      /* of them for the log, with one that is just being put out */
};

/* Takes a line, valid during the call, for these destinations, a bit each. */
typedef void pod_wait_output(void *context, uint32_t to, const char *line, size_t length);

/* Whether a line goes there of which filters could not tell before; asked once, right before it would. */
typedef bool pod_wait_gate(void *context, unsigned int destination, const struct filter_pending *pending,
			   const struct filter_found *found);

/* Whether the runtime says that the container is a pod's sandbox. Asked once for each that its pod's status does not
 * have. */
typedef bool pod_wait_is_sandbox(void *context, const char *docker);

struct pod_wait_calls {
	pod_wait_output *output;
	pod_wait_gate *gate;             /* NULL: nothing is pending ever */
	pod_wait_is_sandbox *is_sandbox; /* NULL: nobody knows */
	void *context;
};

/* NULL without memory. The table must live as long. */
struct pod_wait *pod_wait_new(struct pod_table *table, const struct pod_wait_calls *calls);
struct pod_wait *
pod_wait_free(struct pod_wait *wait); /* drops what is held: see pod_wait_end(). Returns NULL; accepts NULL */

/* For event_json_options.pods, with splices. */
const struct pod_finder *pod_wait_finder(struct pod_wait *wait);
/* The same where nothing is awaited: what is known now. */
const struct pod_finder *pod_wait_finder_now(struct pod_wait *wait);

/* The line of an event just encoded goes out or is held. Nothing is pending of one that has no splices. */
void pod_wait_take(struct pod_wait *wait, const struct event *event, const char *line, size_t length,
		   const struct pod_splices *splices, const struct destinations *destinations, uint64_t now_ns);
/* All that is held goes there, too. */
void pod_wait_add_destination(struct pod_wait *wait, unsigned int destination);
/* Nothing that is held goes there any more. */
void pod_wait_remove_destination(struct pod_wait *wait, unsigned int destination);
/* The event that was asked about last goes nowhere. */
void pod_wait_skip(struct pod_wait *wait);
/* Lets go what is known by now, and what has waited too long. Costs nothing when nothing is held. */
void pod_wait_poll(struct pod_wait *wait, uint64_t now_ns);
/* Lets go everything. */
void pod_wait_end(struct pod_wait *wait);

/* The pods have been listed: until then, none is known. */
bool pod_wait_has_list(const struct pod_wait *wait);
bool pod_wait_is_holding(const struct pod_wait *wait);
const struct pod_wait_stats *pod_wait_read_stats(const struct pod_wait *wait);
