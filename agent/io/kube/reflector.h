/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Keeps a handler's picture of one kind of object that of the API server: lists all, then watches from the list's
 * resourceVersion, and goes on from the last one seen whenever the stream ends. What the server no longer remembers
 * (410 Gone, as a status or within the stream) takes a new list, that is at least as new. All else that goes wrong is
 * tried again, with growing pauses of random length, so that a server that comes back is not met by all nodes at once.
 *
 * Sources: https://kubernetes.io/docs/reference/using-api/api-concepts/ (watch bookmarks, 410, limit and continue,
 * resourceVersion of lists); client-go's Reflector, which asks for the same lists; full jitter as in "Exponential
 * Backoff And Jitter", AWS Architecture Blog.
 *
 * Used by the thread of its transport only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "io/kube/handler.h"
#include "io/kube/transport.h"

enum {
	KUBE_REFLECTOR_PAGE = 500, /* objects of a list at a time, if it comes from etcd; kubectl's, too */
	KUBE_REFLECTOR_OBJECT_MAX =
		4 << 20,                  /* bytes of one object; etcd takes 1.5 MiB, escapes in JSON make it longer */
	KUBE_REFLECTOR_WATCH_MIN_S = 300, /* after 5 to 10 minutes the server is to end a stream: */
	KUBE_REFLECTOR_WATCH_SPREAD_S = 300,   /* so connections spread over its replicas again */
	KUBE_REFLECTOR_IDLE_S = 150,           /* the server sends a bookmark each minute: two missed and a bit */
	KUBE_REFLECTOR_PAUSE_MIN_MS = 500,     /* doubled with each failure ... */
	KUBE_REFLECTOR_PAUSE_MAX_MS = 30000,   /* ... up to this; the pause is a random part of it */
	KUBE_REFLECTOR_RELIST_PAUSE_MS = 2000, /* after 410: a random part of this */
	KUBE_REFLECTOR_STEADY_S = 10,          /* a stream that lives so long has worked */
	KUBE_REFLECTOR_WATCH_FAILURES = 5,     /* in a row, without any event: then a list may help */
	KUBE_REFLECTOR_ERROR_MAX = 512,
};

struct kube_reflector_options {
	const char *name;     /* of the objects, for messages: "pods" */
	const char *path;     /* "/api/v1/pods" */
	const char *selector; /* of the query, percent-encoded: "fieldSelector=spec.nodeName%3Dn1"; NULL: all */
	const char *absent;   /* what to do if the server has no such kind (404): part of the message; may be NULL */
	struct kube_transport transport;
	struct kube_handler handler;
	uint64_t (*now_ns)(void); /* clock_monotonic_ns() */
	uint32_t (*random)(void); /* any number */
};

struct kube_reflector_stats {
	uint64_t lists, watches; /* completed; begun */
	uint64_t objects;        /* put or deleted */
	uint64_t bookmarks;
	uint64_t skipped;  /* objects that the handler or the JSON parser refused, or too long */
	uint64_t expired;  /* times that the server had forgotten our resourceVersion */
	uint64_t failures; /* requests that failed or broke off */
};

struct kube_reflector;

/* The options' texts are copied. 0 or -ENOMEM. */
int kube_reflector_new(const struct kube_reflector_options *options, struct kube_reflector **ret);
struct kube_reflector *kube_reflector_free(struct kube_reflector *reflector); /* accepts and returns NULL */
/* Starts what is due. Returns when there is something to do next, in the clock of now_ns(); UINT64_MAX: answers come
 * first. */
uint64_t kube_reflector_tick(struct kube_reflector *reflector);
/* A list has been completed since the start: the picture is or was whole. */
bool kube_reflector_has_synced(const struct kube_reflector *reflector);
/* What is wrong now; NULL: nothing. Valid until the next call of anything here. */
const char *kube_reflector_error(const struct kube_reflector *reflector);
/* The HTTP status of that; 0: there was no answer, or nothing is wrong. */
int kube_reflector_error_status(const struct kube_reflector *reflector);
/* Ends a pause: the API server answers others. */
void kube_reflector_hurry(struct kube_reflector *reflector);
struct kube_reflector_stats kube_reflector_stats(const struct kube_reflector *reflector);
