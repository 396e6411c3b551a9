// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_parse.h"

#include <stdbool.h>
#include <string.h>

/* The walk over argv. */
struct option_walk {
	const struct option_table *table;
	char *const *argv;
	int argc, at;
	void *base;
	uint64_t given;
	struct option_error *error;
};

static int option_walk_unknown(struct option_walk *walk, const char *argument)
{
	const char *name = argument + strspn(argument, "-");
	size_t length = strcspn(name, "=");
	const char *near = option_table_suggest(walk->table, name, length);
	int shown = (int)(name - argument) + (int)MIN(length, (size_t)64);

	if (near)
		return option_error_set(walk->error, "unknown flag %.*s; did you mean --%s?", shown, argument, near);
	return option_error_set(walk->error, "unknown flag %.*s", shown, argument);
}

/* `flag` of `flag_length` is the option as the user wrote it; `value` NULL: not attached to it. */
static int option_walk_value(struct option_walk *walk, const struct option_row *row, const char *flag,
			     size_t flag_length, const char *value)
{
	uint64_t bit = 1ULL << (row - walk->table->rows);
	char source[80];

	snprintf(source, sizeof(source), "%.*s", (int)flag_length, flag);
	if (!value && row->kind == OPTION_BOOL)
		value = "true";
	else if (!value && walk->at + 1 < walk->argc)
		value = walk->argv[++walk->at];
	else if (!value)
		return option_error_set(walk->error, "%s needs a value: %s %s", source, source, row->placeholder);
	if (!(walk->given & bit))
		option_value_clear(row, walk->base);
	walk->given |= bit;
	return option_value_set(row, walk->base, value, strlen(value), source, walk->error);
}

static int option_walk_long(struct option_walk *walk, const char *argument)
{
	size_t length = strcspn(argument + 2, "=");
	const struct option_row *row = option_table_find(walk->table, argument + 2, length);

	if (!row)
		return option_walk_unknown(walk, argument);
	return option_walk_value(walk, row, argument, length + 2, argument[length + 2] ? argument + length + 3 : NULL);
}

static int option_walk_short(struct option_walk *walk, const char *argument)
{
	const char *rest = argument + 2;

	for (size_t i = 0; i < walk->table->count; i++) {
		const struct option_row *row = &walk->table->rows[i];

		if (row->letter != argument[1])
			continue;
		if (row->kind == OPTION_BOOL && *rest && *rest != '=')
			break;
		return option_walk_value(walk, row, argument, 2, *rest == '=' ? rest + 1 : *rest ? rest : NULL);
	}
	return option_walk_unknown(walk, argument);
}

static int option_walk_operand(struct option_walk *walk, const char *argument)
{
	const char *before = walk->at > 1 ? walk->argv[walk->at - 1] : "";
	const struct option_row *row =
		strncmp(before, "--", 2) == 0 ? option_table_find(walk->table, before + 2, strlen(before + 2)) : NULL;

	if (walk->table->has_operands)
		return option_operand_add(walk->table, walk->base, argument, walk->error);
	if (row && row->kind == OPTION_BOOL)
		return option_error_set(walk->error, "unexpected argument \"%.64s\"; did you mean %s=%.64s?", argument,
					before, argument);
	return option_error_set(walk->error, "unexpected argument \"%.64s\": it takes flags only", argument);
}

static int option_walk_step(struct option_walk *walk, const char *argument)
{
	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
		return OPTION_PARSE_HELP;
	if (strncmp(argument, "--", 2) == 0)
		return option_walk_long(walk, argument);
	if (argument[0] == '-' && argument[1])
		return option_walk_short(walk, argument);
	return option_walk_operand(walk, argument);
}

int option_parse(const struct option_table *table, int argc, char *const *argv, void *base, uint64_t *ret_given,
		 struct option_error *ret_error)
{
	struct option_walk walk = {.table = table, .argv = argv, .argc = argc, .base = base, .error = ret_error};
	bool has_ended = false;

	for (walk.at = 1; walk.at < argc; walk.at++) {
		int r;

		if (!has_ended && strcmp(argv[walk.at], "--") == 0) {
			has_ended = true;
			continue;
		}
		r = has_ended ? option_walk_operand(&walk, argv[walk.at]) : option_walk_step(&walk, argv[walk.at]);
		if (r != 0)
			return r;
	}
	*ret_given = walk.given;
	return 0;
}
