// SPDX-License-Identifier: Apache-2.0
#include "io/kube/reflector.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/kube/backoff.h"
#include "core/kube/json_stream.h"
#include "core/kube/said.h"

#define SKIPPED_SAID_MAX 10                    /* objects named in the log, in KUBE_SAID_AGAIN_NS */
#define SKIPPED_NAME_MAX 254                   /* bytes of a name and a NUL */
#define STATUS_EXPIRED 410                     /* "Gone": the resourceVersion is too old */
#define STATUS_TIMEOUT 504                     /* also: the server's cache has not come up to it in 3 s */
#define TOO_LARGE "Too large resource version" /* its message then, in all versions */

enum phase {
	PHASE_LIST,  /* a page is to come or is coming */
	PHASE_WATCH, /* a stream is to come or is there */
};

struct kube_reflector {
	struct kube_reflector_options options; /* with texts of its own */
	char *name, *path, *selector, *absent;
	enum phase phase;
	struct kube_call *call; /* NULL: waiting until due_ns */
	uint64_t due_ns;
	struct json_stream stream; /* of the call's answer */
	char *version;             /* owned: resourceVersion to watch from, opaque; NULL: none yet */
	char *list_version;        /* owned: of the list that is being read */
	char *next_page;           /* owned: the list's continue token; NULL: its first page */
	bool must_be_fresh;        /* the next list comes from etcd, of no version: the server has refused ours */
	bool is_expired;           /* the stream said so */
	bool has_synced;
	bool has_progress;           /* the stream brought something new */
	bool has_forgotten;          /* 410, and no stream that worked since */
	unsigned int failures;       /* in a row */
	unsigned int watch_failures; /* in a row, without progress */
	uint64_t call_began_ns;
	char stream_error[256];               /* why we broke off; "": we did not */
	char error[KUBE_REFLECTOR_ERROR_MAX]; /* "": nothing is wrong */
	int error_status;                     /* of HTTP */
	struct kube_said said;
	uint64_t skipped_since_ns, skipped_said;
	struct kube_reflector_stats stats;
};

static void say_stream_error(struct kube_reflector *reflector, const char *format, ...) PRINTF_LIKE(2, 3);

static void say_stream_error(struct kube_reflector *reflector, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reflector->stream_error, sizeof(reflector->stream_error), format, arguments);
	va_end(arguments);
}

static int replace_text(char **text, const char *with)
{
	char *copy = with ? strdup(with) : NULL;

	if (with && !copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static void works(struct kube_reflector *reflector)
{
	reflector->failures = 0;
	reflector->watch_failures = 0;
	if (!*reflector->error)
		return;
	reflector->error[0] = '\0';
	kube_said_end(&reflector->said);
	log_info("%s: the API server answers again", reflector->name);
}

/* --- objects */

static const char *metadata_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(json_object_get(object, "metadata"), key));
}

static void skip(struct kube_reflector *reflector, const json_t *object, const char *why)
{
	const char *namespace = metadata_text(object, "namespace"), *name = metadata_text(object, "name");
	uint64_t now_ns = reflector->options.now_ns();

	reflector->stats.skipped++;
	if (now_ns - reflector->skipped_since_ns > KUBE_SAID_AGAIN_NS) {
		reflector->skipped_since_ns = now_ns;
		reflector->skipped_said = 0;
	}
	if (reflector->skipped_said++ >= SKIPPED_SAID_MAX)
		return;
	log_warn("%s: %s%s%s is skipped: %s; %" PRIu64 " so far", reflector->name, namespace ? namespace : "",
		 namespace && *namespace ? "/" : "", name && *name ? name : "an object", why, reflector->stats.skipped);
}

/* A text in what need not be whole, as the API server writes it; "": it is not there. */
static void find_text(const char *bytes, size_t length, const char *before, char *ret_text, size_t size)
{
	const char *at = memmem(bytes, length, before, strlen(before)), *end;

	ret_text[0] = '\0';
	if (!at)
		return;
	at += strlen(before);
	end = memchr(at, '"', length - (size_t)(at - bytes));
	if (end)
		snprintf(ret_text, size, "%.*s", (int)MIN((size_t)(end - at), size - 1), at);
}

/* An object that is too long or too deep to be parsed. */
static void skip_oversized(void *context, const char *begin, size_t length)
{
	char namespace[SKIPPED_NAME_MAX], name[SKIPPED_NAME_MAX];
	json_t *object;

	find_text(begin, length, "\"namespace\":\"", namespace, sizeof(namespace));
	find_text(begin, length, "\"name\":\"", name, sizeof(name));
	object = json_pack("{s:{s:s,s:s}}", "metadata", "namespace", namespace, "name", name);
	skip(context, object, "it is longer than 4 MiB or more than 512 brackets deep");
	json_decref(object);
}

static void handle(struct kube_reflector *reflector, enum kube_change change, const json_t *object)
{
	char error[256] = "";
	const struct kube_handler *handler = &reflector->options.handler;
	int r = -EINVAL;

	if (json_is_object(object))
		r = handler->object(handler->context, change, object, error, sizeof(error));
	else
		snprintf(error, sizeof(error), "it is no object");
	if (r < 0)
		skip(reflector, object, *error ? error : strerror(-r));
	else
		reflector->stats.objects++;
}

/* --- lists */

static int take_list_metadata(struct kube_reflector *reflector, const json_t *metadata)
{
	const char *next = json_string_value(json_object_get(metadata, "continue"));
	int r = replace_text(&reflector->list_version, json_string_value(json_object_get(metadata, "resourceVersion")));

	return r == 0 ? replace_text(&reflector->next_page, next && *next ? next : NULL) : r;
}

static int take_list_member(void *context, const char *member, const char *bytes, size_t length)
{
	struct kube_reflector *reflector = context;
	json_error_t error;
	json_t *value;
	int r = 0;

	if (strcmp(member, "items") != 0 && strcmp(member, "metadata") != 0)
		return 0;
	value = json_loadb(bytes, length, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (strcmp(member, "metadata") == 0)
		r = take_list_metadata(reflector, value);
	else if (!value)
		skip(reflector, NULL, error.text);
	else if (!json_is_null(value)) /* "items": null is an empty list */
		handle(reflector, KUBE_CHANGE_PUT, value);
	json_decref(value);
	return r;
}

/* --- streams */

/* The server ends a stream with a Status object: too old a version, or trouble of its own. */
static int take_error(struct kube_reflector *reflector, const json_t *status)
{
	const char *message = json_string_value(json_object_get(status, "message"));

	if (json_integer_value(json_object_get(status, "code")) == STATUS_EXPIRED) {
		reflector->is_expired = true;
		return -ECANCELED;
	}
	say_stream_error(reflector, "the server says: %s", message ? message : "an error");
	return -ECANCELED;
}

/* An object of a stream that is an event: what it says, and up to which version we know all then. */
static int take_typed_event(struct kube_reflector *reflector, const char *type, const json_t *object)
{
	const char *version = metadata_text(object, "resourceVersion");
	bool is_put = strcmp(type, "ADDED") == 0 || strcmp(type, "MODIFIED") == 0;

	if (strcmp(type, "ERROR") == 0)
		return take_error(reflector, object);
	if (strcmp(type, "BOOKMARK") == 0) {
		reflector->stats.bookmarks++;
	} else if (is_put || strcmp(type, "DELETED") == 0) {
		handle(reflector, is_put ? KUBE_CHANGE_PUT : KUBE_CHANGE_DELETE, object);
	} else {
		skip(reflector, object, "an event of an unknown type");
		return 0;
	}
	if (!version || strcmp(version, reflector->version) == 0)
		return 0;
	reflector->has_progress = true;
	reflector->has_forgotten = false;
	works(reflector);
	return replace_text(&reflector->version, version);
}

static int take_event(void *context, const char *member, const char *bytes, size_t length)
{
	struct kube_reflector *reflector = context;
	json_error_t error;
	json_t *event = json_loadb(bytes, length, JSON_ALLOW_NUL, &error);
	const char *type = json_string_value(json_object_get(event, "type"));
	const json_t *object = json_object_get(event, "object");
	int r = 0;

	(void)member;
	if (!event)
		skip(reflector, NULL, error.text);
	else if (!type)
		skip(reflector, object, "an event without type");
	else
		r = take_typed_event(reflector, type, object);
	json_decref(event);
	return r;
}

static int take_data(void *context, const char *bytes, size_t length)
{
	struct kube_reflector *reflector = context;
	int r = json_stream_feed(&reflector->stream, bytes, length);

	if (r == -EBADMSG)
		say_stream_error(reflector, "the answer is not what an API server sends: \"%.*s\"",
				 (int)MIN(length, (size_t)80), bytes);
	else if (r < 0 && r != -ECANCELED)
		say_stream_error(reflector, "%s", strerror(-r));
	return r;
}

/* --- what comes next */

static void pause_for(struct kube_reflector *reflector, unsigned int retry_after_s)
{
	reflector->due_ns = reflector->options.now_ns() + retry_after_s * CLOCK_NS_PER_SECOND +
			    kube_backoff_ns(reflector->failures, KUBE_REFLECTOR_PAUSE_MIN_MS,
					    KUBE_REFLECTOR_PAUSE_MAX_MS, reflector->options.random());
}

static void go_to(struct kube_reflector *reflector, enum phase phase)
{
	reflector->phase = phase;
	reflector->due_ns = 0;
}

/* What an answer with an error says: the API server's words where it has some. */
static void describe(const struct kube_reflector *reflector, const struct kube_result *result, char *text, size_t size)
{
	json_t *status = json_loadb(result->body, result->body_length, 0, NULL);
	const char *message = json_string_value(json_object_get(status, "message"));
	const char *act = reflector->phase == PHASE_LIST ? "list" : "watch";

	if (*reflector->stream_error)
		snprintf(text, size, "cannot %s: %s", act, reflector->stream_error);
	else if (result->status == 0)
		snprintf(text, size, "cannot reach the API server: %s", result->error);
	else if (result->status == 401)
		snprintf(text, size,
			 "the API server does not know us (401): the token or client certificate is wrong or has "
			 "expired");
	else if (result->status == 403)
		snprintf(text, size, "%s; give the agent's role this right", message ? message : "forbidden (403)");
	else if (result->status == 404)
		snprintf(text, size, "the API server has none of this kind (404)%s%s", reflector->absent ? "; " : "",
			 reflector->absent ? reflector->absent : "");
	else if (result->status != 200)
		snprintf(text, size, "cannot %s: HTTP status %d%s%s", act, result->status, message ? ": " : "",
			 message ? message : "");
	else
		snprintf(text, size, "cannot %s: %s", act,
			 result->error                              ? result->error
			 : json_stream_is_whole(&reflector->stream) ? "the answer ended at once"
								    : "the answer is cut off");
	json_decref(status);
}

static void fails(struct kube_reflector *reflector, const struct kube_result *result)
{
	char text[KUBE_REFLECTOR_ERROR_MAX];

	reflector->stats.failures++;
	reflector->failures++;
	describe(reflector, result, text, sizeof(text));
	memcpy(reflector->error, text, sizeof(text));
	reflector->error_status = result->status;
	pause_for(reflector, result->retry_after_s);
	if (kube_said_is_news(&reflector->said, result->status, text, reflector->options.now_ns()))
		log_warn("%s: %s; what is known stays as it is", reflector->name, text);
}

/*
 * 410: all is listed anew after a moment, for all nodes may have been told so at once. When the server says so again
 * before any stream has worked, with pauses.
 */
static void expire(struct kube_reflector *reflector, const struct kube_result *result)
{
	uint64_t now_ns = reflector->options.now_ns();
	uint32_t random = reflector->options.random();

	reflector->stats.expired++;
	replace_text(&reflector->next_page, NULL);
	if (reflector->has_forgotten) {
		say_stream_error(reflector, "the server forgets at once what it has listed (410)");
		fails(reflector, result);
		reflector->watch_failures++;
		reflector->phase = PHASE_LIST; /* when the pause is over */
		return;
	}
	log_info("%s: the API server no longer has resourceVersion %s (410): all are listed anew", reflector->name,
		 reflector->version ? reflector->version : "of the list");
	reflector->has_forgotten = true;
	reflector->watch_failures = 0; /* who says so answers: with the list all works again */
	go_to(reflector, PHASE_LIST);
	reflector->due_ns =
		now_ns + kube_backoff_ns(1, KUBE_REFLECTOR_RELIST_PAUSE_MS, KUBE_REFLECTOR_RELIST_PAUSE_MS, random);
}

/* A list of at least our version cannot be had: etcd was restored from a backup, or the server lags behind. */
static bool is_too_large(const struct kube_result *result)
{
	return result->status == STATUS_TIMEOUT &&
	       memmem(result->body, result->body_length, TOO_LARGE, strlen(TOO_LARGE));
}

static void end_page(struct kube_reflector *reflector, const struct kube_result *result)
{
	const struct kube_handler *handler = &reflector->options.handler;
	bool is_whole = json_stream_is_whole(&reflector->stream);

	reflector->must_be_fresh |= result->status == STATUS_EXPIRED || is_too_large(result);
	if (result->status == STATUS_EXPIRED) {
		expire(reflector, result);
		return;
	}
	if (result->status == 200 && is_whole && !reflector->stream.has_items)
		say_stream_error(reflector, "the answer is no list: it has no items");
	if (result->status != 200 || result->error || *reflector->stream_error || !is_whole ||
	    !reflector->list_version) {
		fails(reflector, result);
		replace_text(&reflector->next_page, NULL);
		return;
	}
	if (reflector->next_page) {
		go_to(reflector, PHASE_LIST);
		return;
	}
	if (replace_text(&reflector->version, reflector->list_version) < 0) {
		pause_for(reflector, 0);
		return;
	}
	handler->end_list(handler->context);
	reflector->must_be_fresh = false;
	reflector->stats.lists++;
	reflector->has_synced = true;
	if (!reflector->watch_failures)
		works(reflector);
	go_to(reflector, PHASE_WATCH);
}

static void end_watch(struct kube_reflector *reflector, const struct kube_result *result)
{
	uint64_t lived_ns = reflector->options.now_ns() - reflector->call_began_ns;
	bool was_long = lived_ns > KUBE_REFLECTOR_STEADY_S * CLOCK_NS_PER_SECOND;
	bool has_lived = result->status == 200 && was_long;
	bool has_worked = reflector->has_progress || (has_lived && !result->error);

	if (has_worked) {
		reflector->has_forgotten = false;
		works(reflector);
	}
	if (result->status == STATUS_EXPIRED || reflector->is_expired) {
		expire(reflector, result);
	} else if (result->status == 200 && !result->error && has_worked) {
		go_to(reflector, PHASE_WATCH);
		if (!was_long)
			pause_for(reflector, 0); /* who ends streams with each event is not asked in a loop */
	} else {
		if (has_lived) /* silent, then broken off: nobody is asked too often, and a list may help */
			reflector->failures = 0;
		fails(reflector, result);
		if (++reflector->watch_failures % KUBE_REFLECTOR_WATCH_FAILURES == 0)
			reflector->phase = PHASE_LIST; /* when the pause is over */
	}
}

static void end_call(void *context, const struct kube_result *result)
{
	struct kube_reflector *reflector = context;

	reflector->call = NULL;
	log_debug("%s: status %d%s%s", reflector->name, result->status, result->error ? ": " : "",
		  result->error ? result->error : "");
	if (reflector->phase == PHASE_LIST)
		end_page(reflector, result);
	else
		end_watch(reflector, result);
	json_stream_done(&reflector->stream);
	reflector->stream = (struct json_stream){0};
}

/* --- requests */

/* Percent-encodes all but what needs none (RFC 3986, section 2.3). */
static void append_encoded(char *text, size_t size, const char *value)
{
	size_t at = strlen(text);

	for (; *value && at + 4 < size; value++) {
		bool is_plain = strchr("-._~", *value) || (*value >= '0' && *value <= '9') ||
				(*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z');

		at += (size_t)snprintf(text + at, size - at, is_plain ? "%c" : "%%%02X", (unsigned char)*value);
	}
}

/*
 * Never of an older state than that which we know: at first whatever the server's cache has, then what is at least as
 * new as our version. That comes from the cache only without a limit: with one, etcd is asked.
 */
static void write_list_query(const struct kube_reflector *reflector, char *query, size_t size)
{
	if (reflector->next_page) {
		snprintf(query, size, "limit=%d&continue=", KUBE_REFLECTOR_PAGE);
		append_encoded(query, size, reflector->next_page);
	} else if (reflector->version && !reflector->must_be_fresh) {
		snprintf(query, size, "resourceVersion=");
		append_encoded(query, size, reflector->version);
	} else {
		snprintf(query, size, "limit=%d%s", KUBE_REFLECTOR_PAGE,
			 reflector->must_be_fresh ? "" : "&resourceVersion=0");
	}
}

static void write_watch_query(const struct kube_reflector *reflector, char *query, size_t size)
{
	snprintf(query, size, "watch=true&allowWatchBookmarks=true&timeoutSeconds=%u&resourceVersion=",
		 KUBE_REFLECTOR_WATCH_MIN_S + reflector->options.random() % KUBE_REFLECTOR_WATCH_SPREAD_S);
	append_encoded(query, size, reflector->version);
}

static int begin_call(struct kube_reflector *reflector)
{
	const struct kube_transport *transport = &reflector->options.transport;
	const struct kube_handler *handler = &reflector->options.handler;
	bool is_list = reflector->phase == PHASE_LIST;
	_cleanup_free_ char *path = NULL;
	struct kube_request request = {
		.method = "GET",
		.idle_timeout_s = is_list ? 0 : KUBE_REFLECTOR_IDLE_S,
		.context = reflector,
		.data = take_data,
		.done = end_call,
	};
	char query[8192];
	int r;

	if (is_list)
		write_list_query(reflector, query, sizeof(query));
	else
		write_watch_query(reflector, query, sizeof(query));
	if (asprintf(&path, "%s?%s%s%s", reflector->path, query, reflector->selector ? "&" : "",
		     reflector->selector ? reflector->selector : "") < 0) {
		path = NULL;
		return -ENOMEM;
	}
	request.path = path;
	r = json_stream_init(&reflector->stream, is_list ? JSON_STREAM_LIST : JSON_STREAM_EVENTS,
			     KUBE_REFLECTOR_OBJECT_MAX, is_list ? take_list_member : take_event, reflector);
	if (r < 0)
		return r;
	reflector->stream.skip = skip_oversized;
	if (is_list && !reflector->next_page)
		handler->begin_list(handler->context);
	if (is_list)
		replace_text(&reflector->list_version, NULL);
	reflector->has_progress = false;
	reflector->is_expired = false;
	reflector->stream_error[0] = '\0';
	reflector->call_began_ns = reflector->options.now_ns();
	reflector->stats.watches += !is_list;
	log_debug("%s: GET %s", reflector->name, path);
	return transport->start(transport->context, &request, &reflector->call);
}

uint64_t kube_reflector_tick(struct kube_reflector *reflector)
{
	uint64_t now_ns = reflector->options.now_ns();
	int r;

	if (reflector->call)
		return UINT64_MAX;
	if (now_ns < reflector->due_ns)
		return reflector->due_ns;
	r = begin_call(reflector);
	if (r == 0)
		return UINT64_MAX;
	json_stream_done(&reflector->stream);
	fails(reflector, &(struct kube_result){.error = strerror(-r), .body = ""});
	return reflector->due_ns;
}

/* --- the reflector */

int kube_reflector_new(const struct kube_reflector_options *options, struct kube_reflector **ret)
{
	struct kube_reflector *reflector = calloc(1, sizeof(*reflector));
	int r;

	if (!reflector)
		return -ENOMEM;
	reflector->options = *options;
	r = replace_text(&reflector->name, options->name);
	if (r == 0)
		r = replace_text(&reflector->path, options->path);
	if (r == 0)
		r = replace_text(&reflector->selector, options->selector);
	if (r == 0)
		r = replace_text(&reflector->absent, options->absent);
	if (r < 0) {
		kube_reflector_free(reflector);
		return r;
	}
	*ret = reflector;
	return 0;
}

struct kube_reflector *kube_reflector_free(struct kube_reflector *reflector)
{
	if (!reflector)
		return NULL;
	if (reflector->call)
		reflector->options.transport.cancel(reflector->options.transport.context, reflector->call);
	json_stream_done(&reflector->stream);
	free(reflector->name);
	free(reflector->path);
	free(reflector->selector);
	free(reflector->absent);
	free(reflector->version);
	free(reflector->list_version);
	free(reflector->next_page);
	free(reflector);
	return NULL;
}

bool kube_reflector_has_synced(const struct kube_reflector *reflector)
{
	return reflector->has_synced;
}

const char *kube_reflector_error(const struct kube_reflector *reflector)
{
	return *reflector->error ? reflector->error : NULL;
}

int kube_reflector_error_status(const struct kube_reflector *reflector)
{
	return *reflector->error ? reflector->error_status : 0;
}

void kube_reflector_hurry(struct kube_reflector *reflector)
{
	reflector->due_ns = 0;
}

struct kube_reflector_stats kube_reflector_stats(const struct kube_reflector *reflector)
{
	return reflector->stats;
}
