// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_field.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "core/config/suggest.h"

#define PARSE_PATH_MAX 512
#define PARSE_REMEDY_MAX 1024

static size_t parse_path_append(char *text, size_t size, size_t at, const char *part)
{
	for (; *part && at + 1 < size; part++)
		text[at++] = *part;
	text[at] = '\0';
	return at;
}

/* Bounded in depth as the tree is. */
static size_t parse_path_at(const struct place *place, char *text, size_t size)
{
	char index[24];
	size_t at;

	if (!place->parent)
		return parse_path_append(text, size, 0, "");
	at = parse_path_at(place->parent, text, size);
	if (place->key) {
		at = parse_path_append(text, size, at, at ? "." : "");
		return parse_path_append(text, size, at, place->key);
	}
	snprintf(index, sizeof(index), "[%zu]", place->index);
	return parse_path_append(text, size, at, index);
}

void parse_path(const struct place *place, char *text, size_t size)
{
	parse_path_at(place, text, size);
}

/* A field that is missing has no place of its own: that of the mapping. */
static struct policy_position parse_position(const struct place *place)
{
	for (; place; place = place->parent) {
		if (place->node)
			return place->node->position;
	}
	return (struct policy_position){0};
}

static void parse_find(struct parse *parse, const struct place *place, bool is_warning, const char *remedy,
		       const char *problem)
{
	char path[PARSE_PATH_MAX];
	struct policy_position position = parse_position(place);
	const char *field;

	parse_path(place, path, sizeof(path));
	field = path[0] ? path : NULL;
	if (is_warning)
		report_warn(parse->report, FINDING_VALIDATE, position, field, remedy, "%s", problem);
	else
		report_add(parse->report, FINDING_VALIDATE, position, field, remedy, "%s", problem);
}

#define PARSE_PROBLEM_MAX 2048

void parse_error(struct parse *parse, const struct place *place, const char *remedy, const char *problem, ...)
{
	char text[PARSE_PROBLEM_MAX];
	va_list arguments;

	va_start(arguments, problem);
	vsnprintf(text, sizeof(text), problem, arguments);
	va_end(arguments);
	parse_find(parse, place, false, remedy, text);
}

void parse_warn(struct parse *parse, const struct place *place, const char *remedy, const char *problem, ...)
{
	char text[PARSE_PROBLEM_MAX];
	va_list arguments;

	va_start(arguments, problem);
	vsnprintf(text, sizeof(text), problem, arguments);
	va_end(arguments);
	parse_find(parse, place, true, remedy, text);
}

void parse_no_memory(struct parse *parse)
{
	parse->is_out_of_memory = true;
}

static void parse_wrong_type(struct parse *parse, const struct place *place, const char *wanted, const char *remedy)
{
	parse_error(parse, place, remedy, "must be of type %s: \"%s\"", wanted, tree_describe(place->node));
}

static bool parse_is_null(const struct tree_node *node)
{
	return node->kind == TREE_SCALAR && tree_scalar_type(node) == TREE_NULL;
}

/* "the fields here are a, b, c", or the one that was probably meant. */
static void parse_unknown_field(struct parse *parse, const struct place *place, const struct tree_node *key,
				const struct parse_table *table)
{
	const struct place unknown = {.parent = place, .key = key->text, .node = key};
	struct suggestion near = {0};
	char remedy[PARSE_REMEDY_MAX];
	size_t length = 0;

	for (size_t i = 0; i < table->count; i++)
		suggest_offer(&near, key->text, key->length, table->rows[i].name);
	if (near.name) {
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	} else {
		length = parse_path_append(remedy, sizeof(remedy), 0, "the fields here are");
		for (size_t i = 0; i < table->count; i++) {
			length = parse_path_append(remedy, sizeof(remedy), length, i ? ", " : " ");
			length = parse_path_append(remedy, sizeof(remedy), length, table->rows[i].name);
		}
	}
	parse_error(parse, &unknown, remedy, "unknown field \"%s\"", key->text);
}

static const struct parse_row *parse_find_row(const struct parse_table *table, const struct tree_node *key)
{
	for (size_t i = 0; i < table->count; i++) {
		if (tree_is(key, table->rows[i].name))
			return &table->rows[i];
	}
	return NULL;
}

/* An empty list or mapping says nothing, and no more does an empty text where there may be one. */
static bool parse_is_empty(const struct parse_row *row, const struct tree_node *node)
{
	if (node->kind == TREE_SCALAR)
		return row->schema->shape == PARSE_STRING && tree_scalar_type(node) == TREE_STRING && node->length == 0;
	return node->count == 0;
}

static void parse_collect_one(struct parse *parse, const struct place *place, const struct parse_table *table,
			      const struct tree_child *child, struct place *ret)
{
	const struct parse_row *row = parse_find_row(table, child->key);
	struct place field;

	if (!row) {
		parse_unknown_field(parse, place, child->key, table);
		return;
	}
	field = (struct place){.parent = place, .key = row->name, .node = child->value};
	if (parse_is_null(child->value))
		return;
	if (row->need != PARSE_NOT_YET) {
		ret[row - table->rows] = field;
	} else if (!parse_is_empty(row, child->value)) {
		field.node = child->key;
		parse_error(parse, &field, "remove it, or wait for the version of Trigon that has it",
			    "%s is not yet supported", row->name);
	}
}

bool parse_collect(struct parse *parse, const struct place *place, const struct parse_table *table,
		   struct place ret[PARSE_ROWS_MAX])
{
	for (size_t i = 0; i < table->count; i++)
		ret[i] = (struct place){.parent = place, .key = table->rows[i].name};
	if (place->node->kind != TREE_MAPPING) {
		parse_wrong_type(parse, place, "object", "write fields below it, as in `name: value`");
		return false;
	}
	for (size_t i = 0; i < place->node->count; i++)
		parse_collect_one(parse, place, table, &place->node->children[i], ret);
	return true;
}

void parse_apply(struct parse *parse, const struct parse_table *table, const struct place fields[PARSE_ROWS_MAX],
		 void *target)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct parse_row *row = &table->rows[i];

		if (fields[i].node && row->need != PARSE_IGNORED)
			row->read(parse, &fields[i], (char *)target + row->offset);
		else if (!fields[i].node && row->need == PARSE_REQUIRED)
			parse_error(parse, &fields[i], NULL, "Required value: %s is missing", row->name);
	}
}

void parse_object(struct parse *parse, const struct place *place, const struct parse_table *table, void *target)
{
	struct place fields[PARSE_ROWS_MAX];

	if (parse_collect(parse, place, table, fields))
		parse_apply(parse, table, fields, target);
}

bool parse_is_list(struct parse *parse, const struct place *place)
{
	if (place->node->kind == TREE_SEQUENCE)
		return true;
	parse_wrong_type(parse, place, "array", "write a list: each item behind a dash, or [a, b]");
	return false;
}

struct place parse_item(const struct place *list, size_t index)
{
	return (struct place){.parent = list, .index = index, .node = list->node->children[index].value};
}

bool parse_is_map(struct parse *parse, const struct place *place)
{
	if (place->node->kind == TREE_MAPPING)
		return true;
	parse_wrong_type(parse, place, "object", "write `name: value`");
	return false;
}

struct place parse_entry(const struct place *map, size_t index)
{
	const struct tree_child *child = &map->node->children[index];

	return (struct place){.parent = map, .key = child->key->text, .node = child->value};
}

bool parse_is_string(struct parse *parse, const struct place *place)
{
	char remedy[80];

	if (place->node->kind == TREE_SCALAR && tree_scalar_type(place->node) == TREE_STRING)
		return true;
	if (place->node->kind == TREE_SCALAR && place->node->length > 0 && place->node->length < 32)
		snprintf(remedy, sizeof(remedy), "put it in quotes: \"%s\"", place->node->text);
	else
		snprintf(remedy, sizeof(remedy), "%s",
			 parse_is_null(place->node) ? "write a string; was a variable filled in that has no value?"
						    : "write a string, in quotes");
	parse_wrong_type(parse, place, "string", remedy);
	return false;
}

const char *parse_text(struct parse *parse, const struct place *place)
{
	if (!parse_is_string(parse, place))
		return NULL;
	if (strlen(place->node->text) != place->node->length) {
		parse_error(parse, place, NULL, "has a NUL byte in it");
		return NULL;
	}
	if (place->node->length > POLICY_STRING_MAX) {
		parse_error(parse, place, NULL, "is longer than %d bytes", POLICY_STRING_MAX);
		return NULL;
	}
	return place->node->text;
}

bool parse_number(struct parse *parse, const struct place *place, uint64_t maximum, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (place->node->kind != TREE_SCALAR || tree_scalar_type(place->node) != TREE_INTEGER) {
		parse_wrong_type(parse, place, "integer", "write a number without quotes");
		return false;
	}
	errno = 0;
	value = strtoull(place->node->text, &end, 0);
	if (*end || errno || place->node->text[0] == '-' || value > maximum) {
		parse_error(parse, place, NULL, "Invalid value: %s: must be a number from 0 to %llu", place->node->text,
			    (unsigned long long)maximum);
		return false;
	}
	*ret = value;
	return true;
}

int parse_choice(struct parse *parse, const struct place *place, const char *const *names)
{
	const char *text = parse_text(parse, place);

	return text ? parse_choice_of(parse, place, text, names) : -1;
}

int parse_choice_of(struct parse *parse, const struct place *place, const char *name, const char *const *names)
{
	char supported[PARSE_REMEDY_MAX] = "", remedy[SUGGEST_NAME_MAX + 32] = "";
	struct suggestion near = {0};
	size_t length = 0;

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
		suggest_offer(&near, name, strlen(name), names[i]);
		length = parse_path_append(supported, sizeof(supported), length, i ? ", \"" : "\"");
		length = parse_path_append(supported, sizeof(supported), length, names[i]);
		length = parse_path_append(supported, sizeof(supported), length, "\"");
	}
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	parse_error(parse, place, near.name ? remedy : NULL, "Unsupported value: \"%s\": supported values: %s", name,
		    supported);
	return -1;
}

void parse_read_bool(struct parse *parse, const struct place *place, void *target)
{
	if (place->node->kind != TREE_SCALAR || tree_scalar_type(place->node) != TREE_BOOL)
		parse_wrong_type(parse, place, "boolean", "write true or false, without quotes");
	else
		*(bool *)target = tree_scalar_bool(place->node);
}

void parse_read_text(struct parse *parse, const struct place *place, void *target)
{
	const char *text = parse_text(parse, place);

	if (text)
		parse_copy_text(parse, text, target);
}

void parse_read_u32(struct parse *parse, const struct place *place, void *target)
{
	uint64_t value;

	if (parse_number(parse, place, UINT32_MAX, &value))
		*(uint32_t *)target = (uint32_t)value;
}

void parse_copy_text(struct parse *parse, const char *text, char **ret)
{
	if (*ret || !*text)
		return;
	*ret = strdup(text);
	if (!*ret)
		parse_no_memory(parse);
}
