// SPDX-License-Identifier: Apache-2.0
#include "core/encode/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/util.h"
#include "core/encode/utf8.h"

#define NS_PER_SECOND 1000000000u

/* What does not fit into the room before the reserve goes as a whole. True: it was kept. */
static bool keep_whole(struct metrics_text *text, size_t start)
{
	struct buffer *buffer = text->buffer;

	if (!buffer->is_full && buffer_room(buffer) >= METRICS_TEXT_RESERVE)
		return true;
	buffer_truncate(buffer, start);
	return false;
}

static void append_header(struct buffer *buffer, const char *name, enum metrics_kind kind, const char *help)
{
	buffer_append_literal(buffer, "# HELP ");
	buffer_append_cstring(buffer, name);
	buffer_append_byte(buffer, ' ');
	buffer_append_cstring(buffer, help);
	buffer_append_literal(buffer, "\n# TYPE ");
	buffer_append_cstring(buffer, name);
	buffer_append_cstring(buffer, kind == METRICS_COUNTER ? " counter\n" : " gauge\n");
}

/* Prometheus takes no sample whose labels are not UTF-8, and with it refuses the whole answer. */
static void append_value(struct buffer *buffer, struct bytes value)
{
	for (size_t at = 0; at < value.length;) {
		uint32_t code_point;
		size_t length = utf8_decode(value.data + at, value.length - at, &code_point);

		if (code_point == '\\' || code_point == '"')
			buffer_append_byte(buffer, '\\');
		if (code_point == '\n')
			buffer_append_literal(buffer, "\\n");
		else if (code_point == UTF8_INVALID)
			buffer_append_literal(buffer, UTF8_REPLACEMENT);
		else
			buffer_append(buffer, value.data + at, length);
		at += length;
	}
}

static void append_name(struct buffer *buffer, const char *name, const struct metrics_label *labels, size_t count)
{
	buffer_append_cstring(buffer, name);
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(buffer, i ? ',' : '{');
		buffer_append_cstring(buffer, labels[i].name);
		buffer_append_literal(buffer, "=\"");
		append_value(buffer, labels[i].value);
		buffer_append_byte(buffer, '"');
	}
	if (count)
		buffer_append_byte(buffer, '}');
	buffer_append_byte(buffer, ' ');
}

static void append_sample(struct buffer *buffer, const char *name, const struct metrics_label *labels, size_t count,
			  uint64_t value)
{
	append_name(buffer, name, labels, count);
	buffer_append_u64(buffer, value);
	buffer_append_byte(buffer, '\n');
}

/* Nanoseconds as seconds. */
static void append_seconds(struct buffer *buffer, uint64_t ns)
{
	char fraction[16];

	buffer_append_u64(buffer, ns / NS_PER_SECOND);
	snprintf(fraction, sizeof(fraction), ".%09" PRIu64 "\n", ns % NS_PER_SECOND);
	buffer_append_cstring(buffer, fraction);
}

void metrics_text_begin(struct metrics_text *text, struct buffer *buffer)
{
	*text = (struct metrics_text){.buffer = buffer};
}

void metrics_text_family(struct metrics_text *text, const char *name, enum metrics_kind kind, const char *help)
{
	size_t start = text->buffer->length;

	append_header(text->buffer, name, kind, help);
	text->name = keep_whole(text, start) ? name : NULL;
}

void metrics_text_sample(struct metrics_text *text, const struct metrics_label *labels, size_t count, uint64_t value)
{
	size_t start = text->buffer->length;

	if (text->name)
		append_sample(text->buffer, text->name, labels, count, value);
	if (!text->name || !keep_whole(text, start))
		text->left_out++;
}

void metrics_text_seconds(struct metrics_text *text, const struct metrics_label *labels, size_t count, uint64_t ns)
{
	size_t start = text->buffer->length;

	if (text->name) {
		append_name(text->buffer, text->name, labels, count);
		append_seconds(text->buffer, ns);
	}
	if (!text->name || !keep_whole(text, start))
		text->left_out++;
}

void metrics_text_labelled(struct metrics_text *text, const char *label, const char *value, uint64_t count)
{
	const struct metrics_label labels[] = {metrics_label(label, value)};

	metrics_text_sample(text, labels, ARRAY_SIZE(labels), count);
}

void metrics_text_single(struct metrics_text *text, const char *name, enum metrics_kind kind, const char *help,
			 uint64_t value)
{
	metrics_text_family(text, name, kind, help);
	metrics_text_sample(text, NULL, 0, value);
}

void metrics_text_end(struct metrics_text *text)
{
	static const char name[] = "trigon_metrics_samples_left_out";

	append_header(text->buffer, name, METRICS_GAUGE, "Samples for which this answer had no room.");
	append_sample(text->buffer, name, NULL, 0, text->left_out);
}
