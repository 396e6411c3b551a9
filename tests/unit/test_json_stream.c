// SPDX-License-Identifier: Apache-2.0
#include "core/kube/json_stream.h"

#include <errno.h>

#include "test.h"

/* What was handed out, as "member=value;". */
static char taken[1024];

static int take(void *context, const char *member, const char *bytes, size_t length)
{
	size_t at = strlen(taken);

	(void)context;
	snprintf(taken + at, sizeof(taken) - at, "%s=%.*s;", member, (int)length, bytes);
	return strstr(taken, "stop") ? -ECANCELED : 0;
}

/* Feeds the text in pieces of `step` bytes. */
static int feed(struct json_stream *stream, const char *text, size_t step)
{
	size_t length = strlen(text);
	int r = 0;

	for (size_t at = 0; at < length && r == 0; at += step)
		r = json_stream_feed(stream, text + at, length - at < step ? length - at : step);
	return r;
}

struct stream_case {
	enum json_stream_form form;
	const char *text, *taken;
	int result;
	bool is_whole;
};

static const struct stream_case cases[] = {
	{JSON_STREAM_LIST,
	 "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"a\":1},{\"b\":[2]}]}\n",
	 "kind=\"PodList\";metadata={\"resourceVersion\":\"7\"};items={\"a\":1};items={\"b\":[2]};", 0, true},
	/* members in the order of the alphabet, blanks, an empty list */
	{JSON_STREAM_LIST, " { \"items\" : [ ] , \"kind\" : \"L\" ,\n\"metadata\" : { } } ", "kind=\"L\";metadata={ };",
	 0, true},
	{JSON_STREAM_LIST, "{\"items\":[{\"s\":\"}]\\\"{\"},{}],\"n\":-1.5e+3,\"t\":true,\"x\":null}",
	 "items={\"s\":\"}]\\\"{\"};items={};n=-1.5e+3;t=true;x=null;", 0, true},
	/* "items" within an object are none of the list's */
	{JSON_STREAM_LIST, "{\"metadata\":{\"items\":[{}]},\"items\":[{\"items\":[{}]}]}",
	 "metadata={\"items\":[{}]};items={\"items\":[{}]};", 0, true},
	{JSON_STREAM_LIST, "{\"items\":null}", "items=null;", 0, true},
	{JSON_STREAM_LIST, "{}", "", 0, true},
	{JSON_STREAM_LIST, "", "", 0, false},
	{JSON_STREAM_LIST, "{\"items\":[{\"a\":1},{\"b\"", "items={\"a\":1};", 0, false},
	{JSON_STREAM_LIST, "{\"items\":[{\"a\":1}]", "items={\"a\":1};", 0, false},
	{JSON_STREAM_LIST, "{} {}", "", -EBADMSG, true},
	{JSON_STREAM_LIST, "<html>", "", -EBADMSG, false},
	{JSON_STREAM_LIST, "{\"items\":[1]}", "", -EBADMSG, false},
	{JSON_STREAM_LIST, "{\"items\":[{\"a\":1]}", "", -EBADMSG, false},
	{JSON_STREAM_LIST, "{kind:1}", "", -EBADMSG, false},
	{JSON_STREAM_EVENTS, "{\"type\":\"ADDED\",\"object\":{}}\n{\"type\":\"BOOKMARK\"}\n",
	 "={\"type\":\"ADDED\",\"object\":{}};={\"type\":\"BOOKMARK\"};", 0, true},
	{JSON_STREAM_EVENTS, "{\"s\":\"\\\\\"}{\"u\":\"\\u007d\"}", "={\"s\":\"\\\\\"};={\"u\":\"\\u007d\"};", 0, true},
	{JSON_STREAM_EVENTS, "", "", 0, true},
	{JSON_STREAM_EVENTS, "{\"type\":\"ADD", "", 0, false},
	{JSON_STREAM_EVENTS, "{}too many connections", "={};", -EBADMSG, true},
	{JSON_STREAM_EVENTS, "{\"a\":\"stop\"}{}", "={\"a\":\"stop\"};", -ECANCELED, true},
};

static void test_streams(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t step = 1; step < 200; step = step * 3 + 1) {
			struct json_stream stream;

			taken[0] = '\0';
			CHECK_EQ(json_stream_init(&stream, cases[i].form, 256, take, NULL), 0);
			CHECK_EQ(feed(&stream, cases[i].text, step), cases[i].result);
			CHECK_STR(taken, cases[i].taken);
			CHECK_EQ(json_stream_is_whole(&stream), cases[i].is_whole);
			json_stream_done(&stream);
		}
	}
}

static void skip(void *context, const char *begin, size_t length)
{
	snprintf(context, 64, "%.*s", (int)(length < 20 ? length : 20), begin);
}

static void test_oversized_is_left_out(void)
{
	struct json_stream stream;
	char skipped[64] = "";

	taken[0] = '\0';
	CHECK_EQ(json_stream_init(&stream, JSON_STREAM_LIST, 16, take, skipped), 0);
	stream.skip = skip;
	CHECK_EQ(feed(&stream, "{\"items\":[{\"a\":\"0123456789abcdef\"},{\"b\":2}],\"m\":1}", 5), 0);
	CHECK_STR(taken, "items={\"b\":2};m=1;");
	CHECK_STR(skipped, "{\"a\":\"0123456789");
	json_stream_done(&stream);
}

/* What is too deep is left out, and what comes after it is not. */
static void test_depth_is_bounded(void)
{
	for (unsigned int depth = JSON_STREAM_DEPTH_MAX - 1; depth <= JSON_STREAM_DEPTH_MAX; depth++) {
		char text[2 * JSON_STREAM_DEPTH_MAX + 32] = "", skipped[64] = "";
		struct json_stream stream;
		size_t length = 5;

		taken[0] = '\0';
		memcpy(text, "{\"a\":", length);
		memset(text + length, '[', depth);
		memset(text + length + depth, ']', depth);
		length += 2 * depth;
		memcpy(text + length, "}{}", 4);
		CHECK_EQ(json_stream_init(&stream, JSON_STREAM_EVENTS, 4096, take, skipped), 0);
		stream.skip = skip;
		CHECK_EQ(feed(&stream, text, 7), 0);
		CHECK(json_stream_is_whole(&stream));
		CHECK_EQ(strlen(skipped) > 0, depth == JSON_STREAM_DEPTH_MAX);
		CHECK_EQ(strcmp(taken, "={};") == 0, depth == JSON_STREAM_DEPTH_MAX);
		json_stream_done(&stream);
	}
}

/* A long name is that of no member that anybody knows, also when it begins like one. */
static void test_long_names(void)
{
	char text[256] = "{\"items";
	struct json_stream stream;

	memset(text + 7, 'x', 100);
	memcpy(text + 107, "\":[{}]}", sizeof("\":[{}]}"));
	taken[0] = '\0';
	CHECK_EQ(json_stream_init(&stream, JSON_STREAM_LIST, 256, take, NULL), 0);
	CHECK_EQ(feed(&stream, text, 7), 0);
	CHECK_STR(taken, "=[{}];");
	json_stream_done(&stream);
}

int main(void)
{
	RUN(test_streams);
	RUN(test_oversized_is_left_out);
	RUN(test_depth_is_bounded);
	RUN(test_long_names);
	return test_end();
}
