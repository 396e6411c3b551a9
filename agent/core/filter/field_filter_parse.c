// SPDX-License-Identifier: Apache-2.0
#include "core/filter/field_filter_parse.h"

#include <errno.h>

#include "base/util.h"
#include "core/filter/filter_field.h"

struct field_filter_text {
	uint32_t event_set;
	bool is_inverted;
	struct place fields;
	int action;
};

#define GIVEN_EVENT_SET 1u

static const char *const actions[] = {"INCLUDE", "EXCLUDE", NULL};
#define ACTION_INCLUDE 0
#define ACTION_EXCLUDE 1

static void read_fields(struct filter_reader *reader, const struct place *place, void *target)
{
	(void)reader;
	*(struct place *)target = *place;
}

static void read_action(struct filter_reader *reader, const struct place *place, void *target)
{
	*(int *)target = parse_choice(&reader->parse, place, actions);
}

static void read_inverted(struct filter_reader *reader, const struct place *place, void *target)
{
	parse_read_bool(&reader->parse, place, target);
}

static const struct filter_row rows[] = {
	{"event_set", filter_read_event_set, offsetof(struct field_filter_text, event_set), GIVEN_EVENT_SET},
	{"fields", read_fields, offsetof(struct field_filter_text, fields), 0},
	{"action", read_action, offsetof(struct field_filter_text, action), 0},
	{"invert_event_set", read_inverted, offsetof(struct field_filter_text, is_inverted), 0},
};

/* The events that it is about; 0, and reported, if there are none. */
static uint32_t find_messages(struct filter_reader *reader, const struct place *place,
			      const struct field_filter_text *text, uint32_t given)
{
	uint32_t messages = given & GIVEN_EVENT_SET ? text->event_set : EVENT_MESSAGES_ALL;

	if (text->is_inverted)
		messages = EVENT_MESSAGES_ALL & ~messages;
	if (!messages)
		parse_error(&reader->parse, place, "name in event_set those that are not meant",
			    "with invert_event_set it is about no event");
	return messages;
}

static bool is_empty(const struct tree_node *node)
{
	return node->kind == TREE_SCALAR && node->length == 0;
}

static int add_filter(struct filter_reader *reader, const struct place *place, struct field_masks *masks,
		      const struct field_filter_text *text, uint32_t given)
{
	struct field_filter filter = {.is_exclude = text->action == ACTION_EXCLUDE};
	struct field_mask_error error;
	int r;

	filter.messages = find_messages(reader, place, text, given);
	if (!text->fields.node || is_empty(text->fields.node))
		parse_error(&reader->parse, place, "write {\"fields\": \"process.pid,process.binary\"}",
			    "has no fields");
	else
		filter.fields = parse_text(&reader->parse, &text->fields);
	if (!filter.messages || !filter.fields)
		return -EINVAL;
	r = field_masks_add(masks, &filter, &error);
	if (r == -EINVAL)
		parse_error(&reader->parse, &text->fields, error.remedy, "%s", error.problem);
	return r;
}

int field_filter_parse(struct field_masks *masks, size_t index, const struct tree_node *node, struct report *report)
{
	struct filter_reader reader = {.parse = {.report = report}};
	const struct place document = {0};
	const struct place all = {.parent = &document, .key = "filters"};
	const struct place place = {.parent = &all, .index = index, .node = node};
	struct field_filter_text text = {.action = ACTION_INCLUDE};
	size_t errors = report->error_count;
	uint32_t given = 0;

	filter_read_object(&reader, &place, rows, ARRAY_SIZE(rows), &text, &given);
	if (report->error_count > errors)
		return reader.parse.is_out_of_memory ? -ENOMEM : -EINVAL;
	return add_filter(&reader, &place, masks, &text, given);
}
