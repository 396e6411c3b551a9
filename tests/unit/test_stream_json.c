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
	RUN(test_largest_record);
	return test_end();
}
