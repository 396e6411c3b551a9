// SPDX-License-Identifier: Apache-2.0
/* Any bytes as an API server's answer: in pieces of any size the same values come out as in one, and none is too long.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "core/kube/json_stream.h"

#define VALUE_MAX 256 /* small, so that values are left out, too */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *context, const char *member, const char *bytes, size_t length)
{
	uint64_t *sum = context;

	if (length > VALUE_MAX || length == 0 || strlen(member) > JSON_STREAM_KEY_MAX)
		abort();
	*sum = hash_bytes(hash_bytes(*sum, member, strlen(member) + 1), bytes, length);
	return 0;
}

static void skip(void *context, const char *begin, size_t length)
{
	uint64_t *sum = context;

	if (length > VALUE_MAX)
		abort();
	*sum = hash_bytes(hash_bytes(*sum, "skip", 4), begin, length);
}

/* What came out of it, as one number. */
static uint64_t feed(enum json_stream_form form, const char *text, size_t length, size_t step)
{
	struct json_stream stream;
	uint64_t sum = HASH_BEGIN;
	int r = json_stream_init(&stream, form, VALUE_MAX, take, &sum);

	stream.skip = skip;
	for (size_t at = 0; r == 0 && at < length; at += step)
		r = json_stream_feed(&stream, text + at, length - at < step ? length - at : step);
	if (r != 0 && r != -EBADMSG)
		abort();
	sum = hash_bytes(sum, &r, sizeof(r));
	sum += r == 0 && json_stream_is_whole(&stream);
	json_stream_done(&stream);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum json_stream_form form;
	size_t step;

	if (size < 1)
		return 0;
	form = data[0] & 1 ? JSON_STREAM_EVENTS : JSON_STREAM_LIST;
	step = 1 + (data[0] >> 1);
	if (feed(form, (const char *)data + 1, size - 1, size) != feed(form, (const char *)data + 1, size - 1, step))
		abort();
	return 0;
}
