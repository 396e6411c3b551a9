/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Values while an expression is evaluated, and how they are read from the line. */
#include "core/encode/json_cursor.h"
#include "core/filter/event_cel_tree.h"
#include "core/policy/policy.h"

enum cel_value_kind {
	CEL_VALUE_ERROR,
	CEL_VALUE_NULL,
	CEL_VALUE_BOOL,
	CEL_VALUE_INT,
	CEL_VALUE_UINT,
	CEL_VALUE_STRING,
	CEL_VALUE_JSON,  /* an object, list or map: `json`, NULL if it is not there */
	CEL_VALUE_ITEMS, /* a list that is written: `items` */
	CEL_VALUE_NETWORK,
};

struct cel_value {
	enum cel_value_kind kind;
	union {
		bool truth;
		int64_t number;
		uint64_t count;
		struct bytes text;
		const char *json;
		uint16_t items;
		struct policy_network network;
	};
};

struct cel_run {
	const struct event_cel *cel;
	const char *line, *end;
	struct buffer *scratch;
	size_t steps, steps_max; /* so far, and in all */
	struct cel_value variables[CEL_LEVELS_MAX];
};

struct cel_value cel_value_error(void);
struct cel_value cel_value_truth(bool value);
struct cel_value cel_value_number(int64_t value);
struct cel_value cel_value_string(const char *data, size_t length);

/* False when the evaluation has cost all that it may. */
bool cel_run_spend(struct cel_run *run, size_t bytes);

/* What the node is worth. */
struct cel_value cel_run_eval(struct cel_run *run, uint16_t node);

/* `at` may be NULL: it is not there. */
struct cel_value cel_read_value(struct cel_run *run, const char *at, struct cel_of type);
struct cel_value cel_read_string(struct cel_run *run, const char *at);
/* A member of the object at `at`: its value's place, NULL if there is none or the steps are used up. */
const char *cel_find_member(struct cel_run *run, const char *at, const char *wanted, size_t wanted_length);
/* The same of a map, whose keys are anybody's and may have escapes. `at` may be NULL. */
const char *cel_find_key(struct cel_run *run, const char *at, struct bytes wanted);
/* How many there are. `at` may be NULL. */
struct cel_value cel_count_members(struct cel_run *run, const char *at);

/* What goes over a list, of the line or written. */
struct cel_items {
	struct json_cursor json;
	uint16_t node;
	struct cel_of type;
	bool has_begun;
};

struct cel_items cel_items_begin(const struct cel_run *run, struct cel_value list, struct cel_of type);
bool cel_items_next(struct cel_run *run, struct cel_items *items, struct cel_value *ret);
