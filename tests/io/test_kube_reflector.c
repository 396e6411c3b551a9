// SPDX-License-Identifier: Apache-2.0
/* The reflector against answers that no API server gives on demand: a made-up transport and clock. */
#include "io/kube/reflector.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "../unit/test.h"

/* --- a transport that the test answers by hand */

static struct kube_request asked; /* the last request */
static char asked_path[1024];
static int ask_count, cancel_count, start_error;
static struct kube_reflector *reflector;
static char seen[2048]; /* what the handler was told */
static uint64_t now_ns;
static uint32_t random_number;

static int start(void *context, const struct kube_request *request, struct kube_call **ret)
{
	(void)context;
	if (start_error)
		return start_error;
	ask_count++;
	asked = *request;
	snprintf(asked_path, sizeof(asked_path), "%s", request->path);
	*ret = (struct kube_call *)&asked;
	return 0;
}

static void cancel(void *context, struct kube_call *call)
{
	(void)context;
	(void)call;
	cancel_count++;
}

static void see(const char *what, const char *name)
{
	size_t at = strlen(seen);

	snprintf(seen + at, sizeof(seen) - at, "%s%s%s ", what, *name ? " " : "", name);
}

static void begin_list(void *context)
{
	(void)context;
	see("begin", "");
}

static int object(void *context, enum kube_change change, const json_t *json, char *ret_error, size_t size)
{
	const char *name = json_string_value(json_object_get(json_object_get(json, "metadata"), "name"));

	(void)context;
	if (!name) {
		snprintf(ret_error, size, "metadata.name is missing");
		return -EINVAL;
	}
	see(change == KUBE_CHANGE_PUT ? "put" : "delete", name);
	return 0;
}

static void end_list(void *context)
{
	(void)context;
	see("end", "");
}

static uint64_t test_now(void)
{
	return now_ns;
}

static uint32_t test_random(void)
{
	return random_number;
}

static void open_reflector(void)
{
	const struct kube_reflector_options options = {
		.name = "things",
		.path = "/apis/x/v1/things",
		.selector = "fieldSelector=a%3Db",
		.absent = "install it",
		.transport = {.start = start, .cancel = cancel},
		.handler = {.begin_list = begin_list, .object = object, .end_list = end_list},
		.now_ns = test_now,
		.random = test_random,
	};

	ask_count = cancel_count = start_error = 0;
	now_ns = 1000 * CLOCK_NS_PER_SECOND;
	random_number = 0;
	seen[0] = '\0';
	CHECK_EQ(kube_reflector_new(&options, &reflector), 0);
}

static void answer(int status, const char *body, const char *error)
{
	struct kube_result result = {.status = status, .error = error, .body = status == 200 ? "" : body};

	if (status == 200 && asked.data(asked.context, body, strlen(body)) < 0)
		result.error = "write error";
	result.body_length = strlen(result.body);
	asked.done(asked.context, &result);
}

static void stream(const char *text)
{
	CHECK_EQ(asked.data(asked.context, text, strlen(text)), 0);
}

/* The next request is due now; its path is in asked_path. */
static void next_request(void)
{
	int before = ask_count;

	CHECK_EQ(kube_reflector_tick(reflector), UINT64_MAX);
	CHECK_EQ(ask_count, before + 1);
}

#define LIST "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}"

/* Up to an open watch from version 7. */
static void open_watch(void)
{
	open_reflector();
	next_request();
	answer(200, LIST, NULL);
	next_request();
	seen[0] = '\0';
}

/* --- tests */

static void test_list_then_watch(void)
{
	open_reflector();
	next_request();
	CHECK_STR(asked_path, "/apis/x/v1/things?limit=500&resourceVersion=0&fieldSelector=a%3Db");
	CHECK(!kube_reflector_has_synced(reflector));
	answer(200, LIST, NULL);
	CHECK_STR(seen, "begin put a end ");
	CHECK(kube_reflector_has_synced(reflector));
	next_request();
	CHECK_STR(asked_path,
		  "/apis/x/v1/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion="
		  "7&fieldSelector=a%3Db");
	CHECK_EQ(asked.idle_timeout_s, KUBE_REFLECTOR_IDLE_S);
	stream("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"8\"}}}\n{\"type\":"
	       "\"MODIF");
	stream("IED\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"9\"}}}");
	stream("{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"10\"}}}");
	stream("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"x/12\"}}}");
	CHECK_STR(seen, "begin put a end put b put a delete b ");
	/* the server ends the stream: on it goes from the last version, at once */
	answer(200, "", NULL);
	next_request();
	CHECK_STR(asked_path,
		  "/apis/x/v1/things?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion="
		  "x%2F12&fieldSelector=a%3Db");
	CHECK_EQ(kube_reflector_stats(reflector).watches, 2);
	CHECK_EQ(kube_reflector_stats(reflector).bookmarks, 1);
	CHECK(!kube_reflector_error(reflector));
	reflector = kube_reflector_free(reflector);
	CHECK_EQ(cancel_count, 1);
}

static void test_pages(void)
{
	open_reflector();
	next_request();
	answer(200,
	       "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"p=2\"},\"items\":[{\"metadata\":{\"name\":"
	       "\"a\"}}]}",
	       NULL);
	CHECK(!kube_reflector_has_synced(reflector));
	next_request();
	CHECK_STR(asked_path, "/apis/x/v1/things?limit=500&continue=p%3D2&fieldSelector=a%3Db");
	answer(200,
	       "{\"items\":[{\"metadata\":{\"name\":\"b\"}}],\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"\"}"
	       "}",
	       NULL);
	CHECK_STR(seen, "begin put a put b end ");
	reflector = kube_reflector_free(reflector);
}

/* The second page is too old: all from the start, and from etcd. */
static void test_pages_expire(void)
{
	open_reflector();
	next_request();
	answer(200,
	       "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"p2\"},\"items\":[{\"metadata\":{\"name\":\"a\"}"
	       "}]}",
	       NULL);
	next_request();
	answer(410, "{\"kind\":\"Status\",\"code\":410}", NULL);
	next_request();
	CHECK_STR(asked_path, "/apis/x/v1/things?limit=500&fieldSelector=a%3Db");
	answer(200, LIST, NULL);
	CHECK_STR(seen, "begin put a begin put a end ");
	CHECK_EQ(kube_reflector_stats(reflector).expired, 1);
	reflector = kube_reflector_free(reflector);
}

static void test_expired_watch(void)
{
	static const char gone[] =
		"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"message\":\"too old\"}}";

	for (int in_stream = 0; in_stream < 2; in_stream++) {
		open_watch();
		answer(in_stream ? 200 : 410, in_stream ? gone : "{}", NULL);
		next_request();
		CHECK_STR(asked_path, "/apis/x/v1/things?resourceVersion=7&fieldSelector=a%3Db");
		CHECK(!kube_reflector_error(reflector));
		CHECK_EQ(kube_reflector_stats(reflector).expired, 1);
		reflector = kube_reflector_free(reflector);
	}
}

/* A list of our version is refused: one of no version, from etcd, and after that of our version again. */
static void test_refused_version(void)
{
	static const struct {
		int status;
		const char *body;
		bool is_refused;
	} cases[] = {
		{410, "{\"code\":410}", true},
		{504, "{\"code\":504,\"message\":\"Timeout: Too large resource version: 7, current: 3\"}", true},
		{504, "{\"code\":504,\"message\":\"the server was unable to return a response in time\"}", false},
		{500, "{\"message\":\"Too large resource version\"}", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		open_watch();
		answer(410, "{}", NULL);
		next_request();
		answer(cases[i].status, cases[i].body, NULL);
		CHECK(kube_reflector_error(reflector));
		next_request();
		CHECK_STR(asked_path, cases[i].is_refused ? "/apis/x/v1/things?limit=500&fieldSelector=a%3Db"
							  : "/apis/x/v1/things?resourceVersion=7&fieldSelector=a%3Db");
		answer(200, LIST, NULL);
		next_request();
		stream("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}");
		answer(410, "{}", NULL);
		next_request();
		CHECK_STR(asked_path, "/apis/x/v1/things?resourceVersion=9&fieldSelector=a%3Db");
		reflector = kube_reflector_free(reflector);
	}
}

struct failure_case {
	int status;
	const char *body, *error;
	const char *told; /* kube_reflector_error() of a failed list */
};

static void test_failures(void)
{
	static const struct failure_case cases[] = {
		{0, "", "Connection refused", "cannot reach the API server: Connection refused"},
		{401, "{}", NULL,
		 "the API server does not know us (401): the token or client certificate is wrong or has expired"},
		{403, "{\"message\":\"things is forbidden: User \\\"u\\\" cannot list resource\"}", NULL,
		 "things is forbidden: User \"u\" cannot list resource; give the agent's role this right"},
		{404, "404 page not found", NULL, "the API server has none of this kind (404); install it"},
		{500, "<html>", NULL, "cannot list: HTTP status 500"},
		{503, "{\"message\":\"etcd is away\"}", NULL, "cannot list: HTTP status 503: etcd is away"},
		{200, "{\"items\":[{\"metadata\":{\"name\":\"a\"}},{\"meta", NULL,
		 "cannot list: the answer is cut off"},
		{200, "{\"items\":[]}", NULL, "cannot list: the answer ended at once"},
		{200, "{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"7\"}}", NULL,
		 "cannot list: the answer is no list: it has no items"},
		{200, "<html>it works</html>", NULL,
		 "cannot list: the answer is not what an API server sends: \"<html>it works</html>\""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		open_reflector();
		next_request();
		random_number = 1234;
		answer(cases[i].status, cases[i].body, cases[i].error);
		CHECK_STR(kube_reflector_error(reflector), cases[i].told);
		CHECK(!strstr(seen, "end"));
		/* a pause, then the list again from its start */
		CHECK_EQ(kube_reflector_tick(reflector), now_ns + 234 * CLOCK_NS_PER_MS);
		now_ns += 234 * CLOCK_NS_PER_MS;
		next_request();
		CHECK_STR(asked_path, "/apis/x/v1/things?limit=500&resourceVersion=0&fieldSelector=a%3Db");
		answer(200, LIST, NULL);
		CHECK(!kube_reflector_error(reflector));
		reflector = kube_reflector_free(reflector);
	}
}

/* How often the log has warned while all these failures came, each some seconds after the one before. */
static int count_warnings(const char *const *errors, size_t count, unsigned int seconds)
{
	FILE *log = tmpfile();
	int standard_error = dup(STDERR_FILENO), lines = 0;
	char line[512];

	dup2(fileno(log), STDERR_FILENO);
	open_reflector();
	for (size_t i = 0; i < count; i++) {
		next_request();
		answer(0, "", errors[i]);
		now_ns += seconds * CLOCK_NS_PER_SECOND;
	}
	reflector = kube_reflector_free(reflector);
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	rewind(log);
	while (fgets(line, sizeof(line), log))
		lines += strstr(line, "cannot reach the API server") != NULL;
	fclose(log);
	return lines;
}

/* Another reason is news even with the same status, but not each second. */
static void test_failures_are_told(void)
{
	static const char *const same[] = {"refused", "refused", "refused"};
	static const char *const other[] = {"refused", "refused", "no such host", "no such host"};

	CHECK_EQ(count_warnings(same, ARRAY_SIZE(same), 61), 1);
	CHECK_EQ(count_warnings(same, ARRAY_SIZE(same), 601), 3);
	CHECK_EQ(count_warnings(other, ARRAY_SIZE(other), 61), 2);
	CHECK_EQ(count_warnings(other, ARRAY_SIZE(other), 25), 2);
	CHECK_EQ(count_warnings(other, ARRAY_SIZE(other), 1), 1);
}

static void test_pauses_grow(void)
{
	static const uint64_t limits_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};

	open_reflector();
	for (size_t i = 0; i < ARRAY_SIZE(limits_ms); i++) {
		next_request();
		random_number = (uint32_t)limits_ms[i] - 1; /* the largest remainder */
		answer(500, "", NULL);
		CHECK_EQ(kube_reflector_tick(reflector), now_ns + (limits_ms[i] - 1) * CLOCK_NS_PER_MS);
		now_ns += limits_ms[i] * CLOCK_NS_PER_MS;
	}
	reflector = kube_reflector_free(reflector);
}

static void test_retry_after(void)
{
	struct kube_result result = {.status = 429, .retry_after_s = 7, .body = ""};

	open_reflector();
	next_request();
	asked.done(asked.context, &result);
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 7 * CLOCK_NS_PER_SECOND);
	reflector = kube_reflector_free(reflector);
}

/* A stream that breaks off goes on from the last version; one that never works leads to a list. */
static void test_broken_watch(void)
{
	open_watch();
	stream("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"8\"}}}{\"type");
	answer(200, "", "the connection was closed");
	CHECK_STR(kube_reflector_error(reflector), "cannot watch: the connection was closed");
	next_request();
	CHECK(strstr(asked_path, "resourceVersion=8"));
	for (int i = 1; i < KUBE_REFLECTOR_WATCH_FAILURES; i++) {
		answer(500, "", NULL);
		next_request();
	}
	CHECK_STR(asked_path, "/apis/x/v1/things?resourceVersion=8&fieldSelector=a%3Db");
	answer(200, LIST, NULL);
	/* a list alone does not say that watching works again */
	CHECK(kube_reflector_error(reflector));
	next_request();
	stream("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}");
	CHECK(!kube_reflector_error(reflector)); /* not only when the stream ends, minutes later */
	reflector = kube_reflector_free(reflector);
}

/* A server that ends each stream at once is not asked in a loop. */
static void test_short_streams(void)
{
	open_watch();
	random_number = 100;
	answer(200, "", NULL);
	CHECK_STR(kube_reflector_error(reflector), "cannot watch: the answer ended at once");
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 100 * CLOCK_NS_PER_MS);
	reflector = kube_reflector_free(reflector);
}

/* Nor is one whose streams bring nothing new before they end. */
static void test_streams_without_progress(void)
{
	static const char *const streams[] = {
		"{\"type\":\"BOOKMARK\",\"object\":{}}",
		"{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\"}}}",
		"{\"kind\":\"Thing\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}",
		"{\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}",
		"{\"type\":\"THROWN\",\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}}",
		"{nonsense}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(streams); i++) {
		open_watch();
		random_number = 100;
		answer(200, streams[i], NULL);
		CHECK_STR(kube_reflector_error(reflector), "cannot watch: the answer ended at once");
		CHECK_EQ(kube_reflector_tick(reflector), now_ns + 100 * CLOCK_NS_PER_MS);
		now_ns += CLOCK_NS_PER_SECOND;
		next_request();
		CHECK(strstr(asked_path, "resourceVersion=7"));
		CHECK_STR(seen, "");
		reflector = kube_reflector_free(reflector);
	}
}

/* Progress, and still an end at once: no failure, but a moment. */
static void test_short_stream_with_progress(void)
{
	open_watch();
	random_number = 100;
	answer(200, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}", NULL);
	CHECK(!kube_reflector_error(reflector));
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 100 * CLOCK_NS_PER_MS);
	reflector = kube_reflector_free(reflector);
}

/* After an outage the version is often too old: with the new list it is over, whenever the next event comes. */
static void test_expires_after_outage(void)
{
	open_watch();
	answer(0, "", "Connection refused");
	next_request();
	answer(410, "{}", NULL);
	CHECK(kube_reflector_error(reflector));
	next_request();
	answer(200, LIST, NULL);
	CHECK(!kube_reflector_error(reflector));
	reflector = kube_reflector_free(reflector);
}

/* What was just listed is too old, again and again: no loop of lists. */
static void test_expires_at_once(void)
{
	open_watch();
	random_number = 1200;
	answer(410, "{}", NULL);
	CHECK(!kube_reflector_error(reflector));
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 1200 * CLOCK_NS_PER_MS); /* all nodes are told so at once */
	now_ns += 1200 * CLOCK_NS_PER_MS;
	next_request();
	answer(200, LIST, NULL);
	next_request();
	for (uint32_t pause_ms = 200; pause_ms <= 1200; pause_ms += 1000) { /* of 500 and of 1,000, then of 2,000 */
		answer(410, "{}", NULL);
		CHECK_STR(kube_reflector_error(reflector),
			  "cannot watch: the server forgets at once what it has listed (410)");
		CHECK_EQ(kube_reflector_tick(reflector), now_ns + 200 * CLOCK_NS_PER_MS);
		now_ns += CLOCK_NS_PER_SECOND;
		next_request();
		CHECK_STR(asked_path, "/apis/x/v1/things?resourceVersion=7&fieldSelector=a%3Db");
		answer(200, LIST, NULL);
		CHECK(kube_reflector_error(reflector)); /* of watching */
		next_request();
	}
	CHECK_EQ(kube_reflector_stats(reflector).expired, 3);
	/* a stream that works, and what expires then is an everyday thing again */
	stream("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"9\"}}}");
	answer(410, "", NULL);
	CHECK(!kube_reflector_error(reflector));
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 1200 * CLOCK_NS_PER_MS);
	reflector = kube_reflector_free(reflector);
}

static void test_pages_expire_at_once(void)
{
	static const char page[] = "{\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"p2\"},\"items\":[]}";

	open_reflector();
	random_number = 100;
	for (int i = 0; i < 2; i++) {
		now_ns += CLOCK_NS_PER_SECOND;
		next_request();
		answer(200, page, NULL);
		next_request();
		answer(410, "{}", NULL);
	}
	CHECK_STR(kube_reflector_error(reflector), "cannot list: the server forgets at once what it has listed (410)");
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 100 * CLOCK_NS_PER_MS);
	reflector = kube_reflector_free(reflector);
}

static void test_error_in_stream(void)
{
	open_watch();
	answer(200, "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcd: no leader\"}}", NULL);
	CHECK_STR(kube_reflector_error(reflector), "cannot watch: the server says: etcd: no leader");
	reflector = kube_reflector_free(reflector);
}

static void test_bad_objects_are_skipped(void)
{
	open_watch();
	stream("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}"
	       "{\"type\":\"ADDED\",\"object\":7}{\"type\":\"ADDED\"}{\"object\":{}}{nonsense}"
	       "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"c\",\"resourceVersion\":\"9\"}}}");
	CHECK_STR(seen, "put c ");
	CHECK_EQ(kube_reflector_stats(reflector).skipped, 5);
	answer(200, "", NULL);
	next_request();
	CHECK(strstr(asked_path, "resourceVersion=9"));
	reflector = kube_reflector_free(reflector);
}

/* Too long an object is skipped and named; the list goes on. */
static void test_oversized_object(void)
{
	static const char begin[] = "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":"
				    "{\"name\":\"long\",\"namespace\":\"n\"},\"spec\":\"",
			  end[] = "\"},{\"metadata\":{\"name\":\"a\"}}]}";
	size_t length = strlen(begin) + KUBE_REFLECTOR_OBJECT_MAX;
	char *text = calloc(1, length + sizeof(end)), line[512] = "";
	FILE *log = tmpfile();
	int standard_error = dup(STDERR_FILENO);

	memset(text, 'x', length);
	memcpy(text, begin, strlen(begin));
	memcpy(text + length, end, sizeof(end));
	open_reflector();
	next_request();
	dup2(fileno(log), STDERR_FILENO);
	answer(200, text, NULL);
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	CHECK_STR(seen, "begin put a end ");
	CHECK_EQ(kube_reflector_stats(reflector).skipped, 1);
	rewind(log);
	CHECK(fgets(line, sizeof(line), log));
	CHECK(strstr(line,
		     "things: n/long is skipped: it is longer than 4 MiB or more than 512 brackets deep; 1 so far"));
	fclose(log);
	free(text);
	reflector = kube_reflector_free(reflector);
}

static void test_no_transport(void)
{
	open_reflector();
	start_error = -EBUSY;
	random_number = 5;
	CHECK_EQ(kube_reflector_tick(reflector), now_ns + 5 * CLOCK_NS_PER_MS);
	CHECK_STR(kube_reflector_error(reflector), "cannot reach the API server: Device or resource busy");
	reflector = kube_reflector_free(reflector);
	CHECK_EQ(cancel_count, 0);
}

/*
 * Streams that begin, and say nothing until they are given up: the cluster has gone back behind our version, or
 * something in between swallows them.
 */
static void test_silent_streams(void)
{
	int streams = 0;

	open_watch();
	random_number = KUBE_REFLECTOR_PAUSE_MIN_MS - 1;
	for (; streams < 50 && strstr(asked_path, "watch=true"); streams++) {
		now_ns += KUBE_REFLECTOR_IDLE_S * CLOCK_NS_PER_SECOND;
		answer(200, "", "Operation too slow");
		/* never less often for that */
		CHECK_EQ(kube_reflector_tick(reflector), now_ns + random_number * CLOCK_NS_PER_MS);
		now_ns += CLOCK_NS_PER_SECOND;
		next_request();
	}
	CHECK_EQ(streams, KUBE_REFLECTOR_WATCH_FAILURES);
	reflector = kube_reflector_free(reflector);
}

int main(void)
{
	RUN(test_list_then_watch);
	RUN(test_silent_streams);
	RUN(test_pages);
	RUN(test_pages_expire);
	RUN(test_expired_watch);
	RUN(test_refused_version);
	RUN(test_failures);
	RUN(test_failures_are_told);
	RUN(test_pauses_grow);
	RUN(test_retry_after);
	RUN(test_broken_watch);
	RUN(test_short_streams);
	RUN(test_streams_without_progress);
	RUN(test_short_stream_with_progress);
	RUN(test_expires_after_outage);
	RUN(test_expires_at_once);
	RUN(test_pages_expire_at_once);
	RUN(test_error_in_stream);
	RUN(test_bad_objects_are_skipped);
	RUN(test_oversized_object);
	RUN(test_no_transport);
	return test_end();
}
