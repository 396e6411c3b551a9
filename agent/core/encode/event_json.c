// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_json.h"

#include "base/util.h"
#include "core/encode/json.h"
#include "core/encode/process_json.h"
#include "core/process/exec_id.h"
#include "core/process/signals.h"

/*
 * A line is written in one pass, straight into the buffer. Should it turn out
 * too long, it is taken back, the lengths of its strings are counted, and it is
 * written again with limits under which it fits.
 */
struct limits {
	bool is_limited, is_flagged;
	size_t arguments_max, paths_max; /* see struct process_json */
};

/* What the keys and quotes of the limited fields take, of process and parent: not there when a limit is 0. */
#define LIMITED_KEYS_LENGTH (2 * (sizeof(",\"cwd\":\"\",\"binary\":\"\",\"arguments\":\"\"") - 1))
/* Node and cluster names are cut here, so that a line without its strings always fits. */
#define NAME_LENGTH_MAX EXEC_ID_NODE_MAX

static void append_process(struct buffer *buffer, const struct process *process, bool is_exec,
			   const struct event_json_options *options, const struct limits *limits)
{
	struct process_json how = {
		.options = options,
		.tid = process->pid,
		.with_binary_properties = is_exec,
		.is_limited = limits->is_limited,
		.is_flagged = limits->is_flagged,
		.arguments_max = limits->arguments_max,
		.paths_max = limits->paths_max,
	};

	process_json_append(buffer, process, &how);
}

static void append_both(struct buffer *buffer, const struct event *event, const struct event_json_options *options,
			const struct limits *limits)
{
	json_key(buffer, "process");
	append_process(buffer, event->process, event->type == EVENT_PROCESS_EXEC, options, limits);
	if (event->parent) {
		json_key(buffer, "parent");
		append_process(buffer, event->parent, false, options, limits);
	}
}

static void append_exit(struct buffer *buffer, const struct event *event)
{
	uint32_t signal = event->exit_status & 0x7f;
	uint32_t code = event->exit_status >> 8 & 0xff;

	if (signal) {
		json_key(buffer, "signal");
		buffer_append_byte(buffer, '"');
		signal_append(buffer, signal);
		buffer_append_byte(buffer, '"');
	}
	if (code)
		json_field_u64(buffer, "status", code);
	json_field_timestamp(buffer, "time", event->wall_ns);
}

static void append_name(struct buffer *buffer, const char *name)
{
	json_string(buffer, (struct bytes){name, strnlen(name, NAME_LENGTH_MAX)});
}

static void append_line(struct buffer *buffer, const struct event *event, const struct event_json_options *options,
			const struct limits *limits)
{
	json_open(buffer, '{');
	if (event->type == EVENT_PROCESS_EXIT)
		json_key(buffer, "process_exit");
	else
		json_key(buffer, "process_exec");
	json_open(buffer, '{');
	append_both(buffer, event, options, limits);
	if (event->type == EVENT_PROCESS_EXIT)
		append_exit(buffer, event);
	json_close(buffer, '}');
	if (options->node_name && options->node_name[0]) {
		json_key(buffer, "node_name");
		append_name(buffer, options->node_name);
	}
	json_field_timestamp(buffer, "time", event->wall_ns);
	if (options->cluster_name && options->cluster_name[0]) {
		json_key(buffer, "cluster_name");
		append_name(buffer, options->cluster_name);
	}
	json_close(buffer, '}');
	buffer_append_byte(buffer, '\n');
}

/* The largest length that each of the strings may keep so that all of them take no more than `room`. */
static size_t fair_share(const size_t *lengths, size_t count, size_t room)
{
	size_t share = 0, longer = count, left = room;

	while (longer && left / longer > share) {
		share = left / longer;
		left = room;
		longer = 0;
		for (size_t i = 0; i < count; i++) {
			if (lengths[i] <= share)
				left -= lengths[i];
			else
				longer++;
		}
	}
	return longer ? share : SIZE_MAX;
}

/* What the strings take when none is longer than `share`. */
static size_t sum_of_shares(const size_t *lengths, size_t count, size_t share)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += MIN(lengths[i], share);
	return sum;
}

/*
 * Limits under which the strings take at most `room`. Arguments are cut first,
 * the longer one before the shorter, so that a long command line of the parent
 * does not cost the process its own. Paths are cut only where they would leave
 * the arguments less than half the room.
 */
static struct limits find_limits(const struct event *event, size_t room)
{
	const struct process *processes[] = {event->process, event->parent};
	size_t arguments[2] = {0}, paths[4] = {0}, all_arguments, kept_paths;
	struct limits limits = {.is_limited = true};

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
		const struct process *process = processes[i];

		if (!process || (process->flags & PROCESS_FLAG_UNKNOWN))
			continue; /* its strings are not printed */
		arguments[i] = json_escaped_length(process->image->arguments);
		paths[2 * i] = json_escaped_length(process->image->cwd);
		paths[2 * i + 1] = json_escaped_length(process->image->binary);
	}
	all_arguments = arguments[0] + arguments[1];
	limits.paths_max = fair_share(paths, 4, room - MIN(all_arguments, room / 2));
	kept_paths = sum_of_shares(paths, 4, limits.paths_max);
	limits.arguments_max = fair_share(arguments, 2, room - kept_paths);
	return limits;
}

/* The second pass. */
static size_t encode_limited(struct buffer *buffer, const struct event *event, const struct event_json_options *options)
{
	struct limits limits = {.is_limited = true, .is_flagged = true};
	size_t start = buffer->length, rest;

	append_line(buffer, event, options, &limits);
	rest = buffer->length - start + LIMITED_KEYS_LENGTH;
	buffer_truncate(buffer, start);
	if (rest > EVENT_JSON_LINE_MAX)
		return 0; /* cannot be: everything but the strings is bounded, far below */
	limits = find_limits(event, EVENT_JSON_LINE_MAX - rest);
	append_line(buffer, event, options, &limits);
	return buffer->length - start;
}

size_t event_json_encode(struct buffer *buffer, const struct event *event, const struct event_json_options *options)
{
	static const struct limits none;
	size_t start = buffer->length;

	if (buffer_room(buffer) < EVENT_JSON_LINE_MAX)
		return 0;
	append_line(buffer, event, options, &none);
	if (!buffer->is_full && buffer->length - start <= EVENT_JSON_LINE_MAX)
		return buffer->length - start;
	buffer_truncate(buffer, start);
	return encode_limited(buffer, event, options);
}
