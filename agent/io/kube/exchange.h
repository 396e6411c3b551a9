/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A request to the API server whose answer is one object, such as a write: one at a time, the answer collected up to
 * EXCHANGE_ANSWER_MAX bytes and parsed.
 */
#include <jansson.h>

#include "base/buffer.h"
#include "io/kube/transport.h"

enum {
	EXCHANGE_ANSWER_MAX = 4 << 20,
	EXCHANGE_ERROR_MAX = 512,
};

/* Valid during exchange.done(). */
struct exchange_answer {
	int status;                 /* of HTTP; 0: there was none, or it broke off */
	unsigned int retry_after_s; /* 0: the server did not say */
	const char *error;          /* with status 0: why */
	const json_t *object;       /* what was asked for, or a Status that says what is wrong; NULL: no JSON */
};

struct exchange {
	struct kube_transport transport;
	void *context;
	void (*done)(void *context, const struct exchange_answer *answer);
	struct kube_call *call; /* NULL: none is under way */
	struct buffer body;     /* of the answer; made when there is one */
};

void exchange_init(struct exchange *exchange, struct kube_transport transport, void *context,
		   void (*done)(void *context, const struct exchange_answer *answer));
void exchange_done(struct exchange *exchange); /* cancels what is under way; accepts a zeroed struct */
/* `body` may be empty, `content_type` is NULL then. 0 with done() to come, never before this returns; or -errno. */
int exchange_start(struct exchange *exchange, const char *method, const char *path, const char *content_type,
		   const struct buffer *body);
static inline bool exchange_is_under_way(const struct exchange *exchange)
{
	return exchange->call;
}

static inline bool exchange_has_worked(const struct exchange_answer *answer)
{
	return answer->status == 200 || answer->status == 201;
}

/* 404 of the kind, or of a subresource: the API server knows of no such path. Of an object that is not there: false. */
bool exchange_is_unknown_kind(const struct exchange_answer *answer);
/* What is wrong, and what to do: "forbidden ...; give the role this right". Up to EXCHANGE_ERROR_MAX bytes. */
void exchange_describe(const struct exchange_answer *answer, char *text);
