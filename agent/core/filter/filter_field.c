// SPDX-License-Identifier: Apache-2.0
#include "core/filter/filter_field.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/config/suggest.h"
#include "core/event/event_fields.h"

static const struct filter_row *find_row(const struct filter_row *rows, size_t count, const struct tree_node *key)
{
	for (size_t i = 0; i < count; i++)
		if (event_field_is_named(rows[i].name, key->text, key->length))
			return &rows[i];
	return NULL;
}

static void refuse_member(struct filter_reader *reader, const struct place *place, const struct tree_node *key,
			  const struct filter_row *rows, size_t count)
{
	const struct place unknown = {.parent = place, .key = key->text, .node = key};
	char remedy[1024] = "the members are";
	struct suggestion near = {0};
	size_t length = strlen(remedy);

	for (size_t i = 0; i < count; i++) {
		suggest_offer(&near, key->text, key->length, rows[i].name);
		length +=
			(size_t)snprintf(remedy + length, sizeof(remedy) - length, "%s %s", i ? "," : "", rows[i].name);
	}
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	parse_error(&reader->parse, &unknown, remedy, "unknown member \"%s\"", key->text);
}

static bool says_nothing(const struct tree_node *node)
{
	if (node->kind == TREE_SCALAR)
		return tree_scalar_type(node) == TREE_NULL;
	return node->kind == TREE_SEQUENCE && node->count == 0;
}

void filter_read_object(struct filter_reader *reader, const struct place *place, const struct filter_row *rows,
			size_t count, void *target, uint32_t *ret_given)
{
	uint64_t met = 0;

	if (!parse_is_map(&reader->parse, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct tree_node *key = place->node->children[i].key;
		const struct filter_row *row = find_row(rows, count, key);
		struct place member = parse_entry(place, i);

		if (!row) {
			refuse_member(reader, place, key, rows, count);
			continue;
		}
		if (met & 1ULL << (row - rows))
			parse_error(&reader->parse, &member, "remove one of them", "%s is here twice", row->name);
		met |= 1ULL << (row - rows);
		if (says_nothing(member.node))
			continue;
		*ret_given |= row->bit;
		row->read(reader, &member, (char *)target + row->offset);
	}
}

bool filter_is_list(struct filter_reader *reader, const struct place *place)
{
	if (!parse_is_list(&reader->parse, place))
		return false;
	if (place->node->count <= EVENT_FILTER_VALUES_MAX)
		return true;
	parse_error(&reader->parse, place, "remove some, or write one expression for several",
		    "has more than %d values", EVENT_FILTER_VALUES_MAX);
	return false;
}

void filter_read_event_set(struct filter_reader *reader, const struct place *place, void *target)
{
	uint32_t *messages = target;

	if (!filter_is_list(reader, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		int choice = parse_choice(&reader->parse, &item, event_message_names);

		if (choice >= 0)
			*messages |= 1u << choice;
	}
}

static void read_regex(struct filter_reader *reader, const struct place *place, struct filter_regexes *regexes)
{
	const char *pattern = parse_text(&reader->parse, place);
	char why[REGEX_WHY_MAX] = "";
	int r;

	if (!pattern)
		return;
	if (reader->regexes_left == 0) {
		parse_error(&reader->parse, place, "write one expression for several: a|b",
			    "there are more regular expressions than there may be");
		return;
	}
	reader->regexes_left--;
	r = reader->engine->compile(pattern, strlen(pattern), &regexes->items[regexes->count], why);
	if (r == 0)
		regexes->count++;
	else if (r == -ENOMEM)
		parse_no_memory(&reader->parse);
	else
		parse_error(&reader->parse, place, "write a regular expression of RE2",
			    "not a regular expression: \"%s\": %s", pattern, why);
}

void filter_read_regexes(struct filter_reader *reader, const struct place *place, void *target)
{
	struct filter_regexes *regexes = target;

	if (!filter_is_list(reader, place) || regexes->items)
		return;
	regexes->items = calloc(place->node->count, sizeof(*regexes->items));
	if (!regexes->items) {
		parse_no_memory(&reader->parse);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		read_regex(reader, &item, regexes);
	}
}

void filter_regexes_done(struct filter_regexes *regexes, const struct regex_engine *engine)
{
	for (size_t i = 0; i < regexes->count; i++)
		engine->free(regexes->items[i]);
	free(regexes->items);
	*regexes = (struct filter_regexes){0};
}
