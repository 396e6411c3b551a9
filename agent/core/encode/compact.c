// SPDX-License-Identifier: Apache-2.0
#include "core/encode/compact.h"

#include "base/util.h"
#include "core/encode/compact_internal.h"
#include "core/encode/display.h"

_Static_assert(DISPLAY_GROWTH_MAX <= 4, "COMPACT_LENGTH_MAX counts on it");

#define TAG_COLUMNS 7
#define TRAILER_COLUMN 120
#define TIME_DIGITS 9

#define RESET "\x1b[0m"

void compact_start_color(struct buffer *buffer, const struct compact_style *style, const char *color)
{
	if (style->with_color)
		buffer_append_cstring(buffer, color);
}

void compact_end_color(struct buffer *buffer, const struct compact_style *style)
{
	if (style->with_color)
		buffer_append_literal(buffer, RESET);
}

/* The time with all nine digits, so that columns align. */
static void append_time(struct buffer *buffer, struct bytes time)
{
	const char *point = time.length ? memchr(time.data, '.', time.length) : NULL;
	size_t digits = point ? (size_t)(time.data + time.length - point) - 2 : 0; /* without point and Z */

	if (!time.length || time.data[time.length - 1] != 'Z' || digits > TIME_DIGITS) {
		display_text(buffer, time.length ? time : (struct bytes){"-", 1});
		return;
	}
	display_text(buffer, (struct bytes){time.data, time.length - 1});
	if (!point)
		buffer_append_byte(buffer, '.');
	for (; digits < TIME_DIGITS; digits++)
		buffer_append_byte(buffer, '0');
	buffer_append_byte(buffer, 'Z');
}

static void append_tag(struct buffer *buffer, const struct compact_style *style, const char *emoji, struct bytes tag)
{
	size_t start, column;

	compact_start_color(buffer, style, COMPACT_BLUE);
	buffer_append_cstring(buffer, emoji);
	buffer_append_byte(buffer, ' ');
	start = buffer->length;
	display_word(buffer, tag);
	for (column = display_columns(buffer->data + start, buffer->length - start); column < TAG_COLUMNS; column++)
		buffer_append_byte(buffer, ' ');
	compact_end_color(buffer, style);
}

/* `namespace/pod`, else the node. */
static void append_source(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	if ((!view->pod_name.length && !view->node_name.length) || view->type.length)
		return; /* the cgroup of process_throttle says where */
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_GREEN);
	if (view->pod_name.length) {
		display_word(buffer, view->namespace_name);
		buffer_append_byte(buffer, '/');
		display_word(buffer, view->pod_name);
	} else {
		display_word(buffer, view->node_name);
	}
	compact_end_color(buffer, style);
}

static void append_binary(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	if (!view->has_process)
		return;
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_MAGENTA);
	display_word(buffer, view->binary.length ? view->binary : (struct bytes){"<unknown>", 9});
	compact_end_color(buffer, style);
}

/* Arguments are quoted one by one already (arguments.h), some with a space before the first. */
static void append_arguments(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	struct bytes arguments = view->arguments;

	if (arguments.length && arguments.data[0] == ' ')
		arguments = (struct bytes){arguments.data + 1, arguments.length - 1};
	if (!arguments.length)
		return;
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_CYAN);
	display_text(buffer, arguments);
	compact_end_color(buffer, style);
}

static void append_exit(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_arguments(buffer, view, style);
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_RED);
	if (view->signal.length)
		display_word(buffer, view->signal);
	else
		buffer_append_u64(buffer, view->status);
	compact_end_color(buffer, style);
}

static void append_throttle(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	static const char prefix[] = "THROTTLE_";
	struct bytes type = view->type;

	if (type.length > sizeof(prefix) - 1 && memcmp(type.data, prefix, sizeof(prefix) - 1) == 0)
		type = (struct bytes){type.data + sizeof(prefix) - 1, type.length - (sizeof(prefix) - 1)};
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_RED);
	display_word(buffer, type);
	buffer_append_byte(buffer, ' ');
	display_word(buffer, view->cgroup);
	compact_end_color(buffer, style);
}

/* What a privileged process's line ends with, in a column of its own. */
static void append_trailer(struct buffer *buffer, const struct compact_style *style, size_t start)
{
	size_t column = display_columns(buffer->data + start, buffer->length - start);

	do
		buffer_append_byte(buffer, ' ');
	while (++column < TRAILER_COLUMN);
	compact_start_color(buffer, style, COMPACT_MAGENTA);
	buffer_append_literal(buffer, "🛑 CAP_SYS_ADMIN");
	compact_end_color(buffer, style);
}

static const struct compact_row compact_rows[] = {
	{"process_exec", "🚀", "process", append_arguments},
	{"process_exit", "💥", "exit", append_exit},
	{"process_throttle", "🧬", "throttle", append_throttle},
};

static const struct compact_row existing_row = {"process_exec", "🏃", "running", append_arguments};

static const struct compact_row *find_row(const struct compact_view *view)
{
	struct bytes event = view->event;

	if (view->is_existing)
		return &existing_row;
	for (size_t i = 0; i < ARRAY_SIZE(compact_rows); i++) {
		const char *name = compact_rows[i].name;

		if (strlen(name) == event.length && memcmp(name, event.data, event.length) == 0)
			return &compact_rows[i];
	}
	return compact_hook_row(view);
}

/* "process_kprobe" is shown as "kprobe". */
static struct bytes short_name(struct bytes event)
{
	static const char prefix[] = "process_";
	size_t length = sizeof(prefix) - 1;

	if (event.length > length && memcmp(event.data, prefix, length) == 0)
		return (struct bytes){event.data + length, event.length - length};
	return event;
}

void compact_append(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_row *row = find_row(view);
	size_t start = buffer->length;

	if (style->with_time) {
		append_time(buffer, view->time);
		buffer_append_byte(buffer, ' ');
	}
	if (row)
		append_tag(buffer, style, row->emoji, (struct bytes){row->tag, strlen(row->tag)});
	else
		append_tag(buffer, style, "❓", short_name(view->event));
	append_source(buffer, view, style);
	append_binary(buffer, view, style);
	if (row && row->append_details)
		row->append_details(buffer, view, style);
	if (view->has_sys_admin)
		append_trailer(buffer, style, start);
	buffer_append_byte(buffer, '\n');
	compact_append_hash(buffer, view, style);
	compact_append_stacks(buffer, view, style);
}
