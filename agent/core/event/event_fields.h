/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The fields of the event messages, Tetragon's (events.md, 3 to 5) and Trigon's own: what a path such as
 * `process.pod.name` may say.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event/event.h"

/* All events of Tetragon; the first ones are those of enum event_type, in that order. */
enum event_message {
	EVENT_MESSAGE_UPROBE = EVENT_TYPE_COUNT,
	EVENT_MESSAGE_USDT,
	EVENT_MESSAGE_RATE_LIMIT,
	EVENT_MESSAGE_COUNT,
};

#define EVENT_MESSAGES_ALL ((1u << EVENT_MESSAGE_COUNT) - 1)

enum event_field_kind {
	EVENT_FIELD_SCALAR,
	EVENT_FIELD_LIST,
	EVENT_FIELD_MAP,
	EVENT_FIELD_OBJECT,
};

/* What a scalar is, or an element of a list; strings are names of enums, too. */
enum event_value {
	EVENT_VALUE_STRING,
	EVENT_VALUE_BOOL,
	EVENT_VALUE_INT,
	EVENT_VALUE_UINT,
	EVENT_VALUE_TIME,
	EVENT_VALUE_BYTES,
};

struct event_field {
	const char *name; /* as printed */
	enum event_field_kind kind;
	enum event_value value;
	bool is_nullable;                 /* a wrapped scalar: one that is missing is null, not 0 */
	const struct event_field *fields; /* of an object, or of a list's objects */
	size_t count;
};

/* The messages as members of a line, such as `process_exec`: objects. */
extern const struct event_field event_messages[EVENT_MESSAGE_COUNT];
/* Their names in an `event_set`, such as PROCESS_EXEC; ends with NULL. */
extern const char *const event_message_names[EVENT_MESSAGE_COUNT + 1];

/* Is `text` the name, in snake_case or camelCase? */
bool event_field_is_named(const char *name, const char *text, size_t length);
/* The field of that name, in either case; NULL if there is none, or `object` is none. */
const struct event_field *event_field_find(const struct event_field *object, const char *text, size_t length);
