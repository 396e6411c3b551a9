// SPDX-License-Identifier: Apache-2.0
#include "core/kube/json_stream.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

int json_stream_init(struct json_stream *stream, enum json_stream_form form, size_t value_max, json_stream_take take,
		     void *context)
{
	*stream = (struct json_stream){.form = form, .take = take, .context = context};
	return buffer_init(&stream->value, value_max);
}

void json_stream_done(struct json_stream *stream)
{
	buffer_done(&stream->value);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* What a value's first byte may be. */
static bool begins_value(char byte)
{
	return byte == '{' || byte == '[' || byte == '"' || byte == '-' || (byte >= '0' && byte <= '9') ||
	       byte == 't' || byte == 'f' || byte == 'n';
}

static int hand_out(struct json_stream *stream)
{
	const char *member = stream->form == JSON_STREAM_EVENTS ? "" : stream->key;

	stream->is_taking = false;
	if (stream->value.is_full || stream->is_too_deep) {
		if (stream->skip)
			stream->skip(stream->context, stream->value.data, stream->value.length);
		return 0;
	}
	return stream->take(stream->context, member, stream->value.data, stream->value.length);
}

static int open_bracket(struct json_stream *stream, char closer)
{
	if (stream->depth == UINT32_MAX)
		return -EBADMSG;
	if (stream->depth < JSON_STREAM_DEPTH_MAX)
		stream->closers[stream->depth] = closer;
	else
		stream->is_too_deep = true;
	stream->depth++;
	return 0;
}

static int close_bracket(struct json_stream *stream, char closer)
{
	stream->depth--;
	return stream->depth < JSON_STREAM_DEPTH_MAX && stream->closers[stream->depth] != closer ? -EBADMSG : 0;
}

/* A bracket, brace or quote of a value that is being taken; `byte` is in the buffer already. */
static int go_on(struct json_stream *stream, char byte)
{
	int r = 0;

	if (byte == '"')
		stream->is_in_string = true;
	else if (byte == '{' || byte == '[')
		r = open_bracket(stream, byte == '{' ? '}' : ']');
	else if (byte == '}' || byte == ']')
		r = close_bracket(stream, byte);
	return r;
}

static bool ends_value(const struct json_stream *stream, char byte)
{
	return stream->depth == stream->taking_depth && (byte == '}' || byte == ']');
}

/*
 * A byte of a value. Strings and brackets say themselves where they end; numbers and words (true) end before a byte of
 * what is around them: then 1, and that byte is still to be looked at.
 */
static int take_byte(struct json_stream *stream, char byte)
{
	bool is_word = stream->depth == stream->taking_depth && !stream->is_in_string;
	int r;

	if (is_word && stream->value.length && !begins_value(byte) && byte != '.' && byte != '+' &&
	    !(byte >= 'a' && byte <= 'z') && byte != 'E') {
		r = hand_out(stream);
		return r < 0 ? r : 1;
	}
	buffer_append_byte(&stream->value, byte);
	if (stream->is_in_string) {
		if (stream->is_escaped || byte == '\\')
			stream->is_escaped = !stream->is_escaped;
		else if (byte == '"')
			stream->is_in_string = false;
		if (stream->is_in_string || stream->depth > stream->taking_depth)
			return 0;
		return hand_out(stream);
	}
	r = go_on(stream, byte);
	if (r < 0)
		return r;
	return ends_value(stream, byte) ? hand_out(stream) : 0;
}

static int begin_value(struct json_stream *stream, char byte)
{
	buffer_reset(&stream->value);
	stream->is_taking = true;
	stream->is_too_deep = false;
	stream->taking_depth = stream->depth;
	return take_byte(stream, byte);
}

/* A byte of a member's name. */
static void take_key_byte(struct json_stream *stream, char byte)
{
	if (stream->is_escaped || byte == '\\') {
		stream->is_escaped = !stream->is_escaped;
	} else if (byte == '"') {
		stream->is_in_string = false;
		stream->expects_key = false;
		stream->key[MIN(stream->key_length, (size_t)JSON_STREAM_KEY_MAX)] = '\0';
		if (stream->key_length > JSON_STREAM_KEY_MAX)
			stream->key[0] = '\0';
		return;
	}
	if (stream->key_length < JSON_STREAM_KEY_MAX)
		stream->key[stream->key_length] = byte;
	if (stream->key_length <= JSON_STREAM_KEY_MAX)
		stream->key_length++;
}

/* Within the list's braces, between its members. */
static int between_members(struct json_stream *stream, char byte)
{
	if (byte == ',') {
		stream->expects_key = true;
		return 0;
	}
	if (byte == '}') {
		stream->depth--;
		stream->is_complete = true;
		return 0;
	}
	if (stream->expects_key) {
		if (byte != '"')
			return -EBADMSG;
		stream->is_in_string = true;
		stream->key_length = 0;
		return 0;
	}
	if (byte == ':')
		return 0;
	if (strcmp(stream->key, "items") == 0)
		stream->has_items = true;
	if (byte == '[' && strcmp(stream->key, "items") == 0) {
		stream->is_in_items = true;
		return open_bracket(stream, ']');
	}
	return begins_value(byte) ? begin_value(stream, byte) : -EBADMSG;
}

static int between_items(struct json_stream *stream, char byte)
{
	if (byte == ',')
		return 0;
	if (byte == ']') {
		stream->depth--;
		stream->is_in_items = false;
		return 0;
	}
	return byte == '{' ? begin_value(stream, byte) : -EBADMSG;
}

static int between_values(struct json_stream *stream, char byte)
{
	if (is_blank(byte))
		return 0;
	if (stream->form == JSON_STREAM_EVENTS)
		return byte == '{' ? begin_value(stream, byte) : -EBADMSG;
	if (stream->depth == 0) {
		if (byte != '{' || stream->is_complete)
			return -EBADMSG;
		stream->expects_key = true;
		return open_bracket(stream, '}');
	}
	return stream->is_in_items ? between_items(stream, byte) : between_members(stream, byte);
}

int json_stream_feed(struct json_stream *stream, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int r;

		if (stream->is_taking) {
			r = take_byte(stream, bytes[i]);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
		} else if (stream->is_in_string) {
			take_key_byte(stream, bytes[i]);
			continue;
		}
		r = between_values(stream, bytes[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

bool json_stream_is_whole(const struct json_stream *stream)
{
	if (stream->is_taking || stream->is_in_string || stream->depth)
		return false;
	return stream->form == JSON_STREAM_EVENTS || stream->is_complete;
}
