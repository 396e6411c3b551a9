// SPDX-License-Identifier: Apache-2.0
/*
 * Any lines as what an API server answers a reflector, one after the other: a letter for the status, a byte for the
 * length of the pieces that it comes in, the body. A list ends only when all of its pages were whole, no request has
 * bytes that do not belong in one, and whatever comes there is a next request within the longest pause.
 */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "io/kube/reflector.h"

#define PAUSE_MAX_NS (KUBE_REFLECTOR_PAUSE_MAX_MS * CLOCK_NS_PER_MS)
#define ANSWERS_MAX 64

struct fuzz_server {
	struct kube_request request;
	bool is_asked, is_watch;
	bool is_listing;    /* begun and not ended */
	bool is_list_sound; /* each page of it so far */
	const char *answer;
	size_t answer_length;
	uint64_t lists;
};

static uint64_t now_ns;
static uint32_t random_number;

static uint64_t fuzz_now(void)
{
	return now_ns;
}

static uint32_t fuzz_random(void)
{
	return random_number += 7919;
}

/* --- the transport */

static int start(void *context, const struct kube_request *request, struct kube_call **ret)
{
	struct fuzz_server *server = context;
	const char *version = strstr(request->path, "resourceVersion=");

	for (const char *byte = request->path; *byte; byte++)
		check(*byte > ' ' && *byte <= '~');
	check(!server->is_asked);
	server->request = *request;
	server->is_asked = true;
	server->is_watch = strstr(request->path, "watch=true");
	check(server->is_watch ? version && server->lists : server->is_listing);
	*ret = (struct kube_call *)server;
	return 0;
}

static void cancel(void *context, struct kube_call *call)
{
	struct fuzz_server *server = context;

	(void)call;
	check(server->is_asked);
	server->is_asked = false;
}

/* --- the handler */

static void begin_list(void *context)
{
	struct fuzz_server *server = context;

	server->is_listing = true;
	server->is_list_sound = true;
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct fuzz_server *server = context;

	check(server->is_asked && json_is_object(object));
	check(change == KUBE_CHANGE_PUT || server->is_watch);
	snprintf(ret_error, size, "refused");
	return json_object_get(object, "refused") ? -EINVAL : 0;
}

/* By another parser than the reflector's, which looks at brackets only: what is JSON is a list. */
static void check_list(const char *text, size_t length)
{
	json_t *list = json_loadb(text, length, JSON_ALLOW_NUL, NULL);

	while (length > 0 && strchr(" \t\r\n", text[length - 1]))
		length--;
	check(length > 0 && text[length - 1] == '}');
	check(!list || json_object_get(list, "items"));
	json_decref(list);
}

static void end_list(void *context)
{
	struct fuzz_server *server = context;

	check(server->is_listing && server->is_list_sound);
	check_list(server->answer, server->answer_length);
	server->is_listing = false;
	server->lists++;
}

/* --- answers */

static void answer(struct fuzz_server *server, const char *line, size_t length)
{
	static const int statuses[] = {200, 200, 410, 504, 500, 403, 404, 0};
	unsigned int which = (uint8_t)line[0] % ARRAY_SIZE(statuses);
	const char *body = line + 2;
	size_t body_length = length - 2, step = 1 + (uint8_t)line[1];
	struct kube_request request = server->request;
	struct kube_result result = {.status = statuses[which], .body = ""};
	int r = 0;

	if (which == 1 || result.status == 0)
		result.error = "broken off";
	if (result.status == 200) {
		for (size_t at = 0; r == 0 && at < body_length; at += step)
			r = request.data(request.context, body + at, MIN(step, body_length - at));
		if (r < 0)
			result.error = "refused";
	} else {
		result.body = body;
		result.body_length = body_length;
	}
	server->answer = body;
	server->answer_length = body_length;
	server->is_list_sound &= result.status == 200 && !result.error;
	request.done(request.context, &result);
	server->is_asked = false;
}

static void tick(struct kube_reflector *reflector, struct fuzz_server *server)
{
	uint64_t due_ns = kube_reflector_tick(reflector);

	if (!server->is_asked) {
		check(due_ns <= now_ns + PAUSE_MAX_NS);
		now_ns = due_ns;
		check(kube_reflector_tick(reflector) == UINT64_MAX);
	}
	check(server->is_asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size;
	struct fuzz_server server = {0};
	const struct kube_reflector_options options = {
		.name = "things",
		.path = "/apis/x/v1/things",
		.transport = {.context = &server, .start = start, .cancel = cancel},
		.handler = {.context = &server, .begin_list = begin_list, .object = take_object, .end_list = end_list},
		.now_ns = fuzz_now,
		.random = fuzz_random,
	};
	struct kube_reflector *reflector;

	log_set_level(LOG_LEVEL_ERROR);
	now_ns = CLOCK_NS_PER_SECOND;
	random_number = 0;
	check(kube_reflector_new(&options, &reflector) == 0);
	for (int i = 0; i < ANSWERS_MAX && line < end; i++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t length = (size_t)((newline ? newline : end) - line);

		tick(reflector, &server);
		if (length >= 2)
			answer(&server, line, length);
		line += length + 1;
	}
	check(kube_reflector_stats(reflector).lists == server.lists);
	check(kube_reflector_has_synced(reflector) == (server.lists > 0));
	kube_reflector_free(reflector);
	check(!server.is_asked);
	return 0;
}
