// SPDX-License-Identifier: Apache-2.0
#include "core/encode/stream_json.h"

#include "base/util.h"
#include "test.h"

static void test_record(void)
{
	const struct stream_record record = {
		.reader = 1,
		.session = "0123456789abcdef",
		.lines = 2,
		.waiting = 3,
		.sent = 4,
		.lost = 5,
		.filtered = 6,
		.has_ended = true,
		.wall_ns = 1764331200000000001,
	};
	_cleanup_(buffer_done) struct buffer buffer = {0};

	CHECK_EQ(buffer_init(&buffer, STREAM_JSON_MAX), 0);
	stream_json_append(&buffer, &record, "n", "c");
	CHECK_BYTES(buffer.data, buffer.length,
		    "{\"stream\":{\"reader\":\"1\",\"session\":\"0123456789abcdef\",\"lines\":\"2\",\"waiting\":\"3\","
		    "\"sent\":\"4\",\"lost\":\"5\",\"filtered\":\"6\",\"ended\":true},\"node_name\":\"n\","
		    "\"time\":\"2025-11-28T12:00:00.000000001Z\",\"cluster_name\":\"c\"}\n");
}

static void test_existing(void)
{
	struct stream_record record = {.reader = 1, .existing = {.is_asked = true, .sent = 2, .left_out = 3}};
	_cleanup_(buffer_done) struct buffer buffer = {0};

	CHECK_EQ(buffer_init(&buffer, STREAM_JSON_MAX), 0);
	stream_json_append(&buffer, &record, "n", NULL);
	CHECK_BYTES(buffer.data, buffer.length,
		    "{\"stream\":{\"reader\":\"1\",\"sent\":\"0\",\"lost\":\"0\",\"filtered\":\"0\","
		    "\"existing\":{\"sent\":\"2\",\"left_out\":\"3\"}},"
		    "\"node_name\":\"n\",\"time\":\"1970-01-01T00:00:00Z\"}\n");
	buffer_reset(&buffer);
	record.existing.is_complete = record.has_ended = true;
	stream_json_append(&buffer, &record, "n", NULL);
	CHECK(memmem(buffer.data, buffer.length, "\"left_out\":\"3\",\"complete\":true},\"ended\":true}", 43));
}

/* Everything as long as it gets. */
static void test_largest_record(void)
{
	const struct stream_record record = {
		.reader = UINT64_MAX,
		.session = "0123456789abcdef",
		.lines = UINT64_MAX,
		.waiting = UINT64_MAX,
		.sent = UINT64_MAX,
		.lost = UINT64_MAX,
		.filtered = UINT64_MAX,
		.existing = {true, UINT64_MAX, UINT64_MAX, true},
		.has_ended = true,
		.wall_ns = 1764331200000000001,
	};
	_cleanup_(buffer_done) struct buffer buffer = {0};
	char name[300];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	CHECK_EQ(buffer_init(&buffer, STREAM_JSON_MAX), 0);
	stream_json_append(&buffer, &record, name, name);
	CHECK(!buffer.is_full);
}

int main(void)
{
	RUN(test_record);
	RUN(test_existing);
	RUN(test_largest_record);
	return test_end();
}
