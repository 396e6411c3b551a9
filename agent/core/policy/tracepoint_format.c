// SPDX-License-Identifier: Apache-2.0
#include "core/policy/tracepoint_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* The number behind `key` in a line; 0 if there is none. */
static unsigned long number_behind(const char *line, const char *key)
{
	const char *found = strstr(line, key);

	return found ? strtoul(found + strlen(key), NULL, 10) : 0;
}

/* The last word of a declaration, such as `unsigned long args[6]`, is the name; the rest its type. */
static void parse_declaration(const char *text, size_t length, struct kernel_field *field)
{
	char declaration[256], *name, *bracket;

	snprintf(declaration, sizeof(declaration), "%.*s", (int)MIN(length, sizeof(declaration) - 1), text);
	bracket = strchr(declaration, '[');
	field->is_data_loc = strncmp(declaration, "__data_loc", 10) == 0;
	if (bracket && !field->is_data_loc) {
		/* an array: of numbers as wide as `long`, or of something else that has no type here */
		if (strstr(declaration, "long"))
			field->array_count = (uint16_t)MIN(field->size / 8u, 16u);
		*bracket = '\0';
	}
	name = strrchr(declaration, ' ');
	if (!name)
		return;
	*name++ = '\0';
	snprintf(field->name, sizeof(field->name), "%s", name + (*name == '*'));
	field->is_string_pointer = strstr(declaration, "char *") && field->size == sizeof(void *);
}

/* "\tfield:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;" */
static bool parse_line(const char *line, struct kernel_field *ret)
{
	const char *begin = strstr(line, "field:"), *end;

	if (!begin)
		return false;
	begin += strlen("field:");
	end = strchr(begin, ';');
	if (!end)
		return false;
	*ret = (struct kernel_field){
		.offset = (uint16_t)number_behind(end, "offset:"),
		.size = (uint16_t)number_behind(end, "size:"),
		.is_signed = number_behind(end, "signed:"),
	};
	parse_declaration(begin, (size_t)(end - begin), ret);
	return true;
}

int tracepoint_format_parse(const char *text, struct kernel_tracepoint *ret)
{
	char line[512];

	ret->field_count = 0;
	ret->id = (uint32_t)number_behind(text, "ID:");
	while (*text && ret->field_count < KERNEL_FIELDS_MAX) {
		size_t length = strcspn(text, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)MIN(length, sizeof(line) - 1), text);
		if (parse_line(line, &ret->fields[ret->field_count]))
			ret->field_count++;
		text += length + (text[length] == '\n');
	}
	return ret->field_count ? 0 : -EBADMSG;
}
