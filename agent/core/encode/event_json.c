// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_json.h"

#include "base/util.h"
#include "core/encode/hook_json.h"
#include "core/encode/json.h"
#include "core/encode/object_cache.h"
#include "core/encode/pod_json.h"
#include "core/encode/process_json.h"
#include "core/process/exec_id.h"
#include "core/process/signals.h"

/*
 * A line is written in one pass, straight into the buffer. Should it turn out
 * too long, it is taken back, the lengths of its strings are counted, and it is
 * written again with limits under which it fits.
 */
struct limits {
	bool is_limited;
	bool is_process_flagged, is_parent_flagged; /* with truncArgs, even if none of their own strings is cut */
	bool is_bare;                               /* see struct hook_json */
	size_t arguments_max, paths_max;            /* see struct process_json */
	size_t values_max;                          /* see struct args_json */
};

/* What all passes share: the pods' table may change between them. */
struct line {
	const struct event *event;
	const struct event_json_options *options;
	size_t start;                             /* in the buffer */
	size_t maximum;                           /* bytes, without the pods that are awaited */
	struct pod_place places[POD_SPLICES_MAX]; /* of process and parent */
};

/* What the keys and quotes of the limited fields take, of process and parent: not there when a limit is 0. */
#define LIMITED_KEYS_LENGTH (2 * (sizeof(",\"cwd\":\"\",\"binary\":\"\",\"arguments\":\"\"") - 1))
/* Node and cluster names are cut here, so that a line without its strings always fits. */
#define NAME_LENGTH_MAX EXEC_ID_NODE_MAX

static bool is_of_hook(const struct event *event)
{
	return event->hook != NULL;
}

/* `index` is 0 for the process, 1 for its parent; the object's key has been written. */
static void append_process(struct buffer *buffer, const struct line *line, const struct process *process, size_t index,
			   struct process_json *how)
{
	const struct pod_place *place = &line->places[index];
	struct object_cache *objects = line->options->objects;
	struct pod_splices *splices = line->options->splices;
	size_t start = buffer->length, pod_at;

	how->options = line->options;
	how->with_refcnt = is_of_hook(line->event);
	how->pod = place->state == POD_STATE_NONE ? NULL : place;
	if (object_cache_append(objects, buffer, process, how))
		return;
	pod_at = process_json_append(buffer, process, how);
	object_cache_keep(objects, buffer, start, process, how);
	if (place->state == POD_STATE_AWAITED && pod_at)
		splices->items[splices->count++] = (struct pod_splice){.process = process, .at = pod_at - line->start};
}

static void append_processes(struct buffer *buffer, const struct line *line, const struct limits *limits,
			     const struct hook_json *hook,
			     void (*append_middle)(struct buffer *, const struct event *, const struct hook_json *))
{
	const struct event *event = line->event;
	struct process_json how = {
		.tid = is_of_hook(event) ? event->tid : event->process->pid,
		.with_binary_properties = event->type == EVENT_PROCESS_EXEC,
		.is_limited = limits->is_limited,
		.is_flagged = limits->is_process_flagged,
		.arguments_max = limits->arguments_max,
		.paths_max = limits->paths_max,
	};

	json_key(buffer, "process");
	append_process(buffer, line, event->process, 0, &how);
	if (append_middle)
		append_middle(buffer, event, hook);
	if (!event->parent)
		return;
	how.tid = event->parent->pid;
	how.with_binary_properties = false;
	how.is_flagged = limits->is_parent_flagged;
	json_key(buffer, "parent");
	append_process(buffer, line, event->parent, 1, &how);
}

static void append_exit(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	uint32_t signal = event->exit_status & 0x7f;
	uint32_t code = event->exit_status >> 8 & 0xff;

	(void)how;
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

static void append_throttle(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	(void)how;
	json_key(buffer, "type");
	json_plain_string(buffer, event->is_throttled ? "THROTTLE_START" : "THROTTLE_STOP");
	if (!event->cgroup.length)
		return;
	json_key(buffer, "cgroup");
	json_string(buffer, event->cgroup);
}

static void append_name(struct buffer *buffer, const char *name)
{
	json_string(buffer, (struct bytes){name, strnlen(name, NAME_LENGTH_MAX)});
}

#define KEY(name) ",\"" name "\":", sizeof(",\"" name "\":") - 1

static const struct {
	const char *key;
	size_t key_length;
	/* what stands between process and parent, and behind them; or NULL */
	void (*append_middle)(struct buffer *, const struct event *, const struct hook_json *);
	void (*append_rest)(struct buffer *, const struct event *, const struct hook_json *);
} event_rows[EVENT_TYPE_COUNT] = {
	[EVENT_PROCESS_EXEC] = {KEY("process_exec"), NULL, NULL},
	[EVENT_PROCESS_EXIT] = {KEY("process_exit"), NULL, append_exit},
	[EVENT_PROCESS_KPROBE] = {KEY("process_kprobe"), NULL, hook_json_append_kprobe},
	[EVENT_PROCESS_TRACEPOINT] = {KEY("process_tracepoint"), NULL, hook_json_append_tracepoint},
	[EVENT_PROCESS_LSM] = {KEY("process_lsm"), NULL, hook_json_append_lsm},
	[EVENT_PROCESS_LOADER] = {KEY("process_loader"), hook_json_append_loader, NULL},
	[EVENT_PROCESS_THROTTLE] = {KEY("process_throttle"), NULL, append_throttle},
};

/* Where the process is in the tree: the parent may be its own former self, or have ended. */
static void append_existing(struct buffer *buffer, const struct event *event, const struct event_json_options *options)
{
	json_key(buffer, "existing");
	json_open(buffer, '{');
	if (event->forked_by) {
		json_key(buffer, "parent_exec_id");
		buffer_append_byte(buffer, '"');
		exec_id_append(buffer, options->node_name, event->forked_by->ktime_ns, event->forked_by->pid);
		buffer_append_byte(buffer, '"');
	}
	json_close(buffer, '}');
}

/* What stands behind each event, and the end of the line. */
static void append_envelope(struct buffer *buffer, uint64_t wall_ns, const struct event_json_options *options)
{
	if (options->node_name && options->node_name[0]) {
		json_key(buffer, "node_name");
		append_name(buffer, options->node_name);
	}
	json_field_timestamp(buffer, "time", wall_ns);
	if (options->cluster_name && options->cluster_name[0]) {
		json_key(buffer, "cluster_name");
		append_name(buffer, options->cluster_name);
	}
	json_close(buffer, '}');
	buffer_append_byte(buffer, '\n');
}

static void append_line(struct buffer *buffer, const struct line *line, const struct limits *limits)
{
	const struct event_json_options *options = line->options;
	const struct event *event = line->event;
	const struct hook_json how = {
		.options = options,
		.args = {.is_limited = limits->is_limited, .value_max = limits->values_max},
		.is_bare = limits->is_bare,
	};

	if (options->splices)
		options->splices->count = 0;
	json_open(buffer, '{');
	json_append_key(buffer, event_rows[event->type].key, event_rows[event->type].key_length);
	json_open(buffer, '{');
	if (event_has_process(event))
		append_processes(buffer, line, limits, &how, event_rows[event->type].append_middle);
	if (event_rows[event->type].append_rest)
		event_rows[event->type].append_rest(buffer, event, &how);
	json_close(buffer, '}');
	if (event->is_existing)
		append_existing(buffer, event, options);
	append_envelope(buffer, event->wall_ns, options);
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

/* Escaped lengths of process and parent. */
struct lengths {
	size_t arguments[2], paths[4];
	size_t all_arguments, all;
};

static struct lengths measure_processes(const struct event *event)
{
	const struct process *processes[] = {event->process, event->parent};
	struct lengths lengths = {0};

	for (size_t i = 0; i < ARRAY_SIZE(processes); i++) {
		const struct process *process = processes[i];

		if (!process || (process->flags & PROCESS_FLAG_UNKNOWN))
			continue; /* its strings are not printed */
		lengths.arguments[i] = json_escaped_length(process->image->arguments);
		lengths.paths[2 * i] = json_escaped_length(process->image->cwd);
		lengths.paths[2 * i + 1] = json_escaped_length(process->image->binary);
	}
	lengths.all_arguments = lengths.arguments[0] + lengths.arguments[1];
	lengths.all = lengths.all_arguments + sum_of_shares(lengths.paths, 4, SIZE_MAX);
	return lengths;
}

/* Limits the values of a hook; returns what they take. */
static size_t limit_values(struct limits *limits, const struct event *event, size_t room)
{
	size_t values[HOOK_JSON_VALUES_MAX], count = hook_json_lengths(event, values), kept;

	limits->values_max = fair_share(values, count, room);
	kept = sum_of_shares(values, count, limits->values_max);
	limits->is_process_flagged = kept < sum_of_shares(values, count, SIZE_MAX) || hook_json_has_stacks(event);
	return kept;
}

/*
 * Limits under which the strings take at most `room`. Arguments are cut first,
 * the longer one before the shorter, so that a long command line of the parent
 * does not cost the process its own. Paths are cut only where they would leave
 * the arguments less than half the room. The values of a hook have at least half the room, since the
 * event is about them.
 */
static struct limits find_limits(const struct event *event, size_t room)
{
	struct lengths lengths = measure_processes(event);
	struct limits limits = {.is_limited = true};

	if (is_of_hook(event))
		room -= limit_values(&limits, event, room - MIN(lengths.all, room / 2));
	limits.paths_max = fair_share(lengths.paths, 4, room - MIN(lengths.all_arguments, room / 2));
	limits.arguments_max =
		fair_share(lengths.arguments, 2, room - sum_of_shares(lengths.paths, 4, limits.paths_max));
	return limits;
}

/* The second pass, and a third one without what a hook may have plenty of. */
static size_t encode_limited(struct buffer *buffer, const struct line *line, bool is_bare)
{
	struct limits limits = {
		.is_limited = true, .is_process_flagged = true, .is_parent_flagged = true, .is_bare = is_bare};
	size_t rest;

	append_line(buffer, line, &limits);
	rest = buffer->length - line->start + LIMITED_KEYS_LENGTH + (is_of_hook(line->event) ? ARGS_JSON_SLACK : 0);
	if (!buffer->is_full && rest <= line->maximum) {
		buffer_truncate(buffer, line->start);
		limits = find_limits(line->event, line->maximum - rest);
		limits.is_bare = is_bare;
		limits.is_process_flagged |= is_bare;
		append_line(buffer, line, &limits);
		if (!buffer->is_full && buffer->length - line->start <= line->maximum)
			return buffer->length - line->start;
	}
	buffer_truncate(buffer, line->start);
	return 0;
}

static size_t encode(struct buffer *buffer, const struct line *line)
{
	static const struct limits none;
	size_t length;

	append_line(buffer, line, &none);
	if (!buffer->is_full && buffer->length - line->start <= line->maximum)
		return buffer->length - line->start;
	buffer_truncate(buffer, line->start);
	length = encode_limited(buffer, line, false);
	return length ? length : encode_limited(buffer, line, true);
}

static void find_pods(struct line *line)
{
	const struct process *processes[POD_SPLICES_MAX] = {line->event->process, line->event->parent};
	const struct pod_finder *finder = line->options->pods;

	for (size_t i = 0; i < POD_SPLICES_MAX; i++) {
		struct pod_place *place = &line->places[i];

		if (!pod_finder_concerns(processes[i]))
			continue;
		finder->find(finder->context, processes[i], place);
		if (place->state != POD_STATE_AWAITED)
			continue;
		if (line->options->splices)
			line->maximum -= POD_JSON_MAX;
		else
			place->state = POD_STATE_NONE;
	}
}

size_t event_json_encode(struct buffer *buffer, const struct event *event, const struct event_json_options *options)
{
	struct line line = {
		.event = event, .options = options, .start = buffer->length, .maximum = EVENT_JSON_LINE_MAX};
	size_t length;

	if (buffer_room(buffer) < EVENT_JSON_LINE_MAX)
		return 0;
	if (options->pods)
		find_pods(&line);
	length = encode(buffer, &line);
	for (size_t i = 0; i < POD_SPLICES_MAX; i++)
		kube_pod_unref(line.places[i].pod);
	return length;
}

void event_json_encode_rate_limit(struct buffer *buffer, uint64_t dropped, uint64_t wall_ns,
				  const struct event_json_options *options)
{
	json_open(buffer, '{');
	json_key(buffer, "rate_limit_info");
	json_open(buffer, '{');
	json_field_quoted_u64(buffer, "number_of_dropped_process_events", dropped);
	json_close(buffer, '}');
	append_envelope(buffer, wall_ns, options);
}
