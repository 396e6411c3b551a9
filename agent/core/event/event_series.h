/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events counted by what Prometheus is to see of them: pod, binary, hook, system call. One thread counts, and renews
 * once a second; another one reads, for which nobody waits: what is counted meanwhile is seen next time, and the next
 * renewal is left out.
 *
 * An event takes one look-up by its process's binary and the UID of its pod, which is in the cgroup's path. What the
 * pod is called is found out later: until then, a minute at most, its events are not shown. A minute after it was
 * deleted they go, unless another pod has the same labels, which takes them over.
 *
 * Bounded: beyond three quarters of EVENT_SERIES_MAX events are counted without their binary, then without their pod,
 * so that the sum stays right; `overflow` says how many those were.
 */
#include <stdbool.h>

#include "core/event/event.h"

#define EVENT_SERIES_MAX 4096
#define EVENT_SERIES_PODS_MAX 1024
#define EVENT_SERIES_TEXT_MAX 255 /* bytes of a binary's path or a hook's name; what is longer is cut */
#define EVENT_SERIES_GRACE_NS (60ull * 1000 * 1000 * 1000)

/* What events are told apart by, a bit each. */
enum event_series_label {
	EVENT_SERIES_NAMESPACE = 1 << 0,
	EVENT_SERIES_WORKLOAD = 1 << 1,
	EVENT_SERIES_POD = 1 << 2,
	EVENT_SERIES_BINARY = 1 << 3,
	EVENT_SERIES_OF_POD = EVENT_SERIES_NAMESPACE | EVENT_SERIES_WORKLOAD | EVENT_SERIES_POD,
};

enum event_series_family {
	EVENT_SERIES_EVENTS,
	EVENT_SERIES_POLICY_EVENTS,
	EVENT_SERIES_SYSCALLS,
	EVENT_SERIES_FAMILY_COUNT,
};

struct event_series;
struct pod_table;

/* Texts are empty where there is none. */
struct event_series_sample {
	enum event_type type; /* not of system calls */
	struct bytes namespace, workload, pod, binary;
	struct bytes policy;      /* of policies' events */
	struct bytes hook, event; /* likewise: function or LSM hook; a tracepoint's subsystem and event */
	struct bytes syscall;     /* of system calls */
	uint64_t count;
};

/* `labels`: EVENT_SERIES_*; what is left out is not told apart. NULL: no memory. */
struct event_series *event_series_new(unsigned int labels);
struct event_series *event_series_free(struct event_series *series); /* accepts and returns NULL */
/* Without a table there are no pods. */
void event_series_count(struct event_series *series, const struct event *event);
void event_series_renew(struct event_series *series, struct pod_table *pods, uint64_t now_ns);

/* Events of a family that were counted without some of their labels, for want of room. Any thread may ask. */
uint64_t event_series_overflow(const struct event_series *series, enum event_series_family family);
/* Shows each series of a family, in the order of its labels, each combination once. 0 or -ENOMEM. */
int event_series_visit(struct event_series *series, enum event_series_family family,
		       void (*visit)(void *context, const struct event_series_sample *sample), void *context);
