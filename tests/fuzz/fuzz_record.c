// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a ring record, through the decoder, the tracker and the encoder. */
#include "core/encode/event_json.h"
#include "core/process/tracker.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input: a sequence of length byte pairs (little endian), each followed by a record of that length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct event_json_options options = {.node_name = "n", .with_credentials = true, .with_namespaces = true};
	struct tracker tracker;
	struct buffer line;

	if (tracker_init(&tracker, 64) < 0 || buffer_init(&line, EVENT_JSON_LINE_MAX) < 0)
		abort();
	while (size > 2) {
		size_t length = data[0] | (size_t)data[1] << 8;
		uint64_t forgotten;
		struct record record;
		struct event event;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		if (record_decode(data, length, &record) == 0 &&
		    tracker_handle(&tracker, &record, &event, &forgotten) > 0) {
			buffer_reset(&line);
			if (!event_json_encode(&line, &event, &options) || line.data[line.length - 1] != '\n')
				abort();
		}
		data += length;
		size -= length;
	}
	buffer_done(&line);
	tracker_done(&tracker);
	return 0;
}
