// SPDX-License-Identifier: Apache-2.0
/*
 * Any lines as what an API server says to the operator: each begins with a letter that says of which kind its object is
 * and what happened to it. Whatever comes, the sums keep their bounds, and what is written of them is JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "base/clock.h"
#include "core/encode/utf8.h"
#include "io/kube/sum_handler.h"

static uint64_t now_ns;

static uint64_t fuzz_now(void)
{
	return now_ns;
}

static void check_texts(const struct buffer *buffer)
{
	check(!buffer->is_full);
	for (size_t at = 0; at < buffer->length;) {
		uint32_t code_point;

		at += utf8_decode(buffer->data + at, buffer->length - at, &code_point);
		check(code_point != UTF8_INVALID && code_point >= 0x20);
	}
}

static void check_status(const struct policy_sums *sums, const struct policy_sum_policy *policy)
{
	struct buffer status = {0}, object = {0};
	struct policy_sum sum;
	json_t *parsed;

	policy_sums_compute(sums, policy, &sum);
	check(sum.ready + sum.failed + sum.silent <= sum.desired);
	check(!sum.pending == (sum.ready + sum.failed + sum.silent == sum.desired));
	check(sum.desired <= policy_sums_stats(sums).nodes);
	check(sum.failure_count <= POLICY_SUM_FAILURES_MAX);
	check(sum.failure_count <= sum.failed + sum.silent);
	check(buffer_init(&status, POLICY_SUM_STATUS_MAX) == 0 && buffer_init(&object, 2 * POLICY_SUM_STATUS_MAX) == 0);
	policy_sum_write_status(&status, policy, &sum, now_ns);
	policy_sum_write_object(&object, policy, &status);
	check_texts(&object);
	parsed = json_loadb(object.data, object.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	check(json_object_get(parsed, "status"));
	json_decref(parsed);
	buffer_done(&status);
	buffer_done(&object);
}

/* 'a' to 'd' put an object of the kinds, 'e' to 'h' delete one, 'i' to 'l' begin and 'm' to 'p' end a list; '0' to '9'
 * is time that goes by. */
static void take_line(struct sum_handlers *handlers, const char *line, size_t length)
{
	unsigned int letter = (uint8_t)line[0] - 'a';
	struct kube_handler handler = sum_handler(handlers, (enum policy_sum_kind)(letter % POLICY_SUM_KIND_COUNT));
	char error[256] = "";
	json_t *object;

	if (line[0] >= '0' && line[0] <= '9')
		now_ns += (uint64_t)(line[0] - '0') * 300 * CLOCK_NS_PER_SECOND;
	if (letter >= 8 && letter < 12)
		handler.begin_list(handler.context);
	else if (letter >= 12 && letter < 16)
		handler.end_list(handler.context);
	if (letter >= 8)
		return;
	object = json_loadb(line + 1, length - 1, JSON_ALLOW_NUL, NULL);
	if (json_is_object(object))
		handler.object(handler.context, letter < 4 ? KUBE_CHANGE_PUT : KUBE_CHANGE_DELETE, object, error,
			       sizeof(error));
	json_decref(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_sums *sums = policy_sums_new();
	struct sum_handlers *handlers = sum_handlers_new(sums, fuzz_now);
	const char *text = (const char *)data, *end = text + size;

	check(sums && handlers);
	now_ns = 1000 * CLOCK_NS_PER_SECOND;
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((line_end ? line_end : end) - text);

		if (length)
			take_line(handlers, text, length);
		text += length + 1;
	}
	policy_sums_set_time(sums, now_ns);
	for (size_t i = 0; i < policy_sums_count(sums); i++)
		check_status(sums, policy_sums_policy(sums, i));
	sum_handlers_free(handlers);
	policy_sums_free(sums);
	return 0;
}
