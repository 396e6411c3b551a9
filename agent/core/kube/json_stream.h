/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Cuts what an API server sends into objects while it arrives, so that a list of any length is held one
 * object at a time. Two forms:
 *
 *  - JSON_STREAM_LIST: one object. Each element of its `items` is handed out by itself, and its `metadata` and
 *    whatever else it has by name; the order of the members does not matter.
 *  - JSON_STREAM_EVENTS: objects one after the other, as a watch sends them.
 *
 * Only the structure is looked at (brackets, strings, commas); whether an object is proper JSON is for whoever takes
 * it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum json_stream_form {
	JSON_STREAM_LIST,
	JSON_STREAM_EVENTS,
};

enum {
	JSON_STREAM_DEPTH_MAX = 512, /* brackets within brackets, those around a value included */
	JSON_STREAM_KEY_MAX = 64,    /* of a list's members; a longer name is none that anybody knows */
};

/*
 * A whole value. `member` is the name of the list's member that it is, "items" for an element of it, "" for an event.
 * Negative: the stream ends with that.
 */
typedef int (*json_stream_take)(void *context, const char *member, const char *bytes, size_t length);

struct json_stream {
	enum json_stream_form form;
	json_stream_take take;
	void *context;
	/*
	 * Told of a value that is left out, for it is longer than `value` holds or too deep: its first bytes. NULL:
	 * nobody; may be set after json_stream_init().
	 */
	void (*skip)(void *context, const char *begin, size_t length);
	struct buffer value;
	/* where in the text we are */
	uint32_t depth;
	uint32_t taking_depth;       /* depth at which the value in `value` began; only with is_taking */
	bool is_taking, is_too_deep; /* the value in `value` */
	bool is_in_string, is_escaped;
	bool is_in_items;
	bool is_complete; /* a list that has ended */
	bool has_items;   /* it has this member, empty perhaps: what has not is no list */
	bool expects_key; /* of the list: the next string at depth 1 is the name of a member */
	size_t key_length;
	char key[JSON_STREAM_KEY_MAX + 1];
	char closers[JSON_STREAM_DEPTH_MAX]; /* which bracket ends what is open */
};

/* `value_max` bytes are kept for one value. 0 or -ENOMEM. */
int json_stream_init(struct json_stream *stream, enum json_stream_form form, size_t value_max, json_stream_take take,
		     void *context);
void json_stream_done(struct json_stream *stream); /* accepts a zeroed struct */
/* 0; -EBADMSG: this is not what was to come, the rest is meaningless; or what `take` returned. */
int json_stream_feed(struct json_stream *stream, const char *bytes, size_t length);
/* At the end of the text: true if nothing is cut off. */
bool json_stream_is_whole(const struct json_stream *stream);
