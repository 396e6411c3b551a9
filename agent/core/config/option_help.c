// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_help.h"

#include <string.h>

#define OPTION_HELP_LEFT_MAX 34 /* a longer left side has its help on the next line */
#define OPTION_HELP_GAP 2

static void option_help_append_spaces(struct buffer *buffer, size_t count)
{
	while (count-- > 0)
		buffer_append_byte(buffer, ' ');
}

void option_help_append_wrapped(struct buffer *buffer, const char *text, size_t column, size_t indent)
{
	for (const char *word = text; *word;) {
		size_t length = strcspn(word, " ");

		if (word != text && column + 1 + length > OPTION_HELP_COLUMNS) {
			buffer_append_byte(buffer, '\n');
			option_help_append_spaces(buffer, indent);
			column = indent;
		} else if (word != text) {
			buffer_append_byte(buffer, ' ');
			column++;
		}
		buffer_append(buffer, word, length);
		column += length;
		word += length + strspn(word + length, " ");
	}
	buffer_append_byte(buffer, '\n');
}

/* "  -o, --output FORMAT" or "      --output FORMAT"; returns its width. */
static size_t option_help_left(const struct option_row *row, char *text, size_t size)
{
	char letter[5] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(text, size, "  %s--%s%s%s", letter, row->name, row->placeholder ? " " : "",
		 row->placeholder ? row->placeholder : "");
	return strlen(text);
}

/* The help of a row with its choices and its default. */
static void option_help_right(const struct option_row *row, struct buffer *text)
{
	buffer_append_cstring(text, row->help);
	for (size_t i = 0; row->kind == OPTION_ENUM && row->choices[i]; i++) {
		buffer_append_cstring(text, i == 0 ? ": " : row->choices[i + 1] ? ", " : " or ");
		buffer_append_cstring(text, row->choices[i]);
	}
	if (row->default_text && *row->default_text) {
		buffer_append_literal(text, " (default ");
		buffer_append_cstring(text, row->default_text);
		buffer_append_byte(text, ')');
	}
}

static size_t option_help_left_width(const struct option_table *table)
{
	size_t widest = 0;
	char left[128];

	for (size_t i = 0; i < table->count; i++) {
		size_t width = option_help_left(&table->rows[i], left, sizeof(left));

		if (width <= OPTION_HELP_LEFT_MAX)
			widest = MAX(widest, width);
	}
	return widest + OPTION_HELP_GAP;
}

static void option_help_append_row(struct buffer *buffer, const struct option_row *row, size_t indent)
{
	char left[128], right[1024];
	struct buffer text = {.data = right, .capacity = sizeof(right) - 1};
	size_t width = option_help_left(row, left, sizeof(left));

	option_help_right(row, &text);
	right[text.length] = '\0';
	buffer_append_cstring(buffer, left);
	if (width + OPTION_HELP_GAP > indent) {
		buffer_append_byte(buffer, '\n');
		width = 0;
	}
	option_help_append_spaces(buffer, indent - width);
	option_help_append_wrapped(buffer, right, indent, indent);
}

void option_help_append(const struct option_table *table, struct buffer *buffer)
{
	static const struct option_row help = {.name = "help", .letter = 'h', .help = "Show this text."};
	size_t indent = option_help_left_width(table);
	const char *group = NULL;

	buffer_append_literal(buffer, "Usage: ");
	buffer_append_cstring(buffer, table->command);
	buffer_append_byte(buffer, ' ');
	buffer_append_cstring(buffer, table->synopsis);
	buffer_append_literal(buffer, "\n\n");
	option_help_append_wrapped(buffer, table->summary, 0, 0);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];

		if (!group || strcmp(group, row->group) != 0) {
			group = row->group;
			buffer_append_byte(buffer, '\n');
			buffer_append_cstring(buffer, group);
			buffer_append_literal(buffer, ":\n");
		}
		option_help_append_row(buffer, row, indent);
	}
	buffer_append_byte(buffer, '\n');
	option_help_append_row(buffer, &help, indent);
}
