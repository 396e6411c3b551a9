// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a ring record, through the decoder, the tracker and the encoder. */
#include <stdlib.h>

#include "core/encode/event_json.h"
#include "core/policy/hook_info.h"
#include "core/process/tracker.h"

#define HOOKS (ARG_TYPE_COUNT + 8)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char label[] = "label";

static void publish(struct hook_table *hooks, struct hook_info info)
{
	struct hook_info *copy = malloc(sizeof(*copy));

	if (!copy)
		abort();
	*copy = info;
	if (!hook_table_publish(hooks, copy))
		abort();
}

/* Number n has n % 5 arguments of types from n on, every third a returned value; the last ones are of other families.
 */
static struct hook_table *new_hooks(void)
{
	static const enum hook_family families[] = {HOOK_TRACEPOINT, HOOK_LSM, HOOK_LOADER, HOOK_FENTRY};
	struct hook_table *hooks = hook_table_new();

	for (unsigned int i = 0; hooks && i < HOOKS; i++) {
		struct hook_info info = {.family = i < ARG_TYPE_COUNT ? HOOK_KPROBE : families[i % 4],
					 .arg_count = 1 + i % 5,
					 .has_return = i % 3 == 0,
					 .return_arg = {.type = (i + 7) % ARG_TYPE_COUNT}};

		for (unsigned int arg = 0; arg < info.arg_count; arg++)
			info.args[arg].type = (i + arg) % ARG_TYPE_COUNT;
		publish(hooks, info);
	}
	return hooks;
}

static bool find_symbol(void *context, uint32_t pid, uint64_t address, struct symbol *ret)
{
	(void)context;
	if (address % 3 == 0)
		return false;
	*ret = (struct symbol){.name = {label, address % sizeof(label)},
			       .module = {label, pid ? sizeof(label) - 1 : 0},
			       .offset = address};
	return true;
}

/* Input: a sequence of length byte pairs (little endian), each followed by a record of that length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct symbolizer symbolizer = {.find = find_symbol};
	static struct hook_table *hooks;
	const struct event_json_options options = {.node_name = "n",
						   .with_credentials = true,
						   .with_namespaces = true,
						   .with_stack_addresses = size % 2,
						   .symbolizer = &symbolizer};
	struct tracker tracker;
	struct buffer line;

	if (!hooks)
		hooks = new_hooks();
	if (!hooks || tracker_init(&tracker, 64) < 0 || buffer_init(&line, EVENT_JSON_LINE_MAX) < 0)
		abort();
	tracker.hooks = hooks;
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
			if (!event_json_encode(&line, &event, &options) || line.length > EVENT_JSON_LINE_MAX ||
			    line.data[line.length - 1] != '\n' || line.data[line.length - 2] != '}')
				abort();
		}
		data += length;
		size -= length;
	}
	buffer_done(&line);
	tracker_done(&tracker);
	return 0;
}
