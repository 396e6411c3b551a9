// SPDX-License-Identifier: Apache-2.0
#include "io/kube/exchange.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

void exchange_init(struct exchange *exchange, struct kube_transport transport, void *context,
		   void (*done)(void *context, const struct exchange_answer *answer))
{
	*exchange = (struct exchange){.transport = transport, .context = context, .done = done};
}

void exchange_done(struct exchange *exchange)
{
	if (exchange->call)
		exchange->transport.cancel(exchange->transport.context, exchange->call);
	exchange->call = NULL;
	buffer_done(&exchange->body);
}

static int take_data(void *context, const char *bytes, size_t length)
{
	struct exchange *exchange = context;

	if (!exchange->body.data && buffer_init(&exchange->body, EXCHANGE_ANSWER_MAX) < 0)
		return -ENOMEM;
	buffer_append(&exchange->body, bytes, length);
	return exchange->body.is_full ? -EFBIG : 0;
}

static void end_call(void *context, const struct kube_result *result)
{
	struct exchange *exchange = context;
	struct exchange_answer answer = {.status = result->error ? 0 : result->status,
					 .retry_after_s = result->retry_after_s,
					 .error = result->error};
	struct buffer body = exchange->body;
	json_t *object = body.length ? json_loadb(body.data, body.length, JSON_ALLOW_NUL, NULL)
				     : json_loadb(result->body, result->body_length, JSON_ALLOW_NUL, NULL);

	/* done() may start the next one */
	exchange->call = NULL;
	exchange->body = (struct buffer){0};
	answer.object = object;
	if (exchange_has_worked(&answer) && !json_is_object(object)) {
		answer.status = 0; /* something in between has answered: nobody knows what has come of it */
		answer.error = "the answer is not what an API server sends";
	}
	exchange->done(exchange->context, &answer);
	json_decref(object);
	buffer_done(&body);
}

int exchange_start(struct exchange *exchange, const char *method, const char *path, const char *content_type,
		   const struct buffer *body)
{
	const struct kube_request request = {
		.method = method,
		.path = path,
		.content_type = content_type,
		.body = body ? body->data : NULL,
		.body_length = body ? body->length : 0,
		.context = exchange,
		.data = take_data,
		.done = end_call,
	};

	return exchange->transport.start(exchange->transport.context, &request, &exchange->call);
}

bool exchange_is_unknown_kind(const struct exchange_answer *answer)
{
	const json_t *details = json_object_get(answer->object, "details");

	return answer->status == 404 && !json_object_get(details, "name");
}

void exchange_describe(const struct exchange_answer *answer, char *text)
{
	const char *message = json_string_value(json_object_get(answer->object, "message"));

	if (answer->status == 0)
		snprintf(text, EXCHANGE_ERROR_MAX, "cannot reach the API server: %s", answer->error);
	else if (answer->status == 401)
		snprintf(text, EXCHANGE_ERROR_MAX,
			 "the API server does not know us (401): the token or client certificate is wrong or has "
			 "expired");
	else if (answer->status == 403)
		snprintf(text, EXCHANGE_ERROR_MAX, "%s; give the role this right",
			 message ? message : "forbidden (403)");
	else
		snprintf(text, EXCHANGE_ERROR_MAX, "HTTP status %d%s%s", answer->status, message ? ": " : "",
			 message ? message : "");
}
