/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What events of hooks have besides process and parent (events.md section 3),
 * each function into the event's object, that is open.
 */
#include "core/encode/args_json.h"
#include "core/encode/event_json.h"

struct hook_json {
	const struct event_json_options *options;
	struct args_json args;
	bool is_bare; /* neither args nor tags nor stacks: a line that is too long even without its strings */
};

void hook_json_append_kprobe(struct buffer *buffer, const struct event *event, const struct hook_json *how);
void hook_json_append_tracepoint(struct buffer *buffer, const struct event *event, const struct hook_json *how);
void hook_json_append_lsm(struct buffer *buffer, const struct event *event, const struct hook_json *how);
/* path and buildid, which stand between process and parent */
void hook_json_append_loader(struct buffer *buffer, const struct event *event, const struct hook_json *how);

#define HOOK_JSON_VALUES_MAX WIRE_VALUES_MAX

/* The lengths of what args.value_max concerns; returns how many. */
size_t hook_json_lengths(const struct event *event, size_t ret_lengths[static HOOK_JSON_VALUES_MAX]);
/* Stacks, of which a limited line leaves out the outermost frames. */
bool hook_json_has_stacks(const struct event *event);
