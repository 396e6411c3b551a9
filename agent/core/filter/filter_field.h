/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What filters of events and of arguments are read with: objects as protobuf's JSON has them, and lists of expressions.
 */
#include "core/filter/event_filter.h"
#include "core/policy/parse_field.h"

struct filter_reader {
	struct parse parse;
	const struct regex_engine *engine;
	size_t regexes_left; /* of EVENT_FILTER_REGEXES_MAX */
};

struct filter_row {
	const char *name; /* snake_case; camelCase is good, too */
	void (*read)(struct filter_reader *reader, const struct place *place, void *target);
	size_t offset; /* of the reader's target */
	uint32_t bit;  /* that *ret_given gets; 0: none */
};

/* Reads the members of an object; empty lists and null are as if they were not there. */
void filter_read_object(struct filter_reader *reader, const struct place *place, const struct filter_row *rows,
			size_t count, void *target, uint32_t *ret_given);
/* A list of at most EVENT_FILTER_VALUES_MAX items; else that is reported. */
bool filter_is_list(struct filter_reader *reader, const struct place *place);
/* The target is a uint32_t, which gets a bit for each enum event_message. */
void filter_read_event_set(struct filter_reader *reader, const struct place *place, void *target);
/* The target is a struct filter_regexes. */
void filter_read_regexes(struct filter_reader *reader, const struct place *place, void *target);
void filter_regexes_done(struct filter_regexes *regexes, const struct regex_engine *engine);
