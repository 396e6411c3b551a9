/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How requests reach an API server: a seam, so that a reflector can be tested with answers that no server gives
 * on demand. client.h is the real one.
 */
#include <stdbool.h>
#include <stddef.h>

struct kube_call;

/* What came of a request. Valid during kube_request.done(). */
struct kube_result {
	int status;                 /* of HTTP; 0: there was no answer */
	const char *error;          /* with status 0, or if the answer broke off: why; else NULL */
	unsigned int retry_after_s; /* 0: the server did not say */
	const char *body;           /* of a status other than 200: its first bytes; else "" */
	size_t body_length;
};

struct kube_request {
	const char *method; /* "GET" */
	const char *path;   /* with its query: "/api/v1/pods?limit=500" */
	/* sent along; NULL: nothing */
	const char *content_type, *body;
	size_t body_length;
	/* a stream that says nothing for so long is broken off; 0: as long as any answer may take */
	unsigned int idle_timeout_s;
	void *context;
	/* A piece of the answer with status 200. Negative: it is of no use, break off. */
	int (*data)(void *context, const char *bytes, size_t length);
	/* Once, unless it is cancelled, and never before start() has returned. The call is gone then. */
	void (*done)(void *context, const struct kube_result *result);
};

struct kube_transport {
	void *context;
	/* The request's texts are copied. 0 or -errno. */
	int (*start)(void *context, const struct kube_request *request, struct kube_call **ret);
	/* Neither data() nor done() come any more. Not from within them. */
	void (*cancel)(void *context, struct kube_call *call);
};
