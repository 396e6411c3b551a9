/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Walks over JSON that stays where it is: no tree, no allocation, in linear time. What is skipped is not checked
 * beyond its strings and brackets, so bytes that are no JSON end somewhere, and never behind `end`.
 */
#include <stdbool.h>
#include <stddef.h>

struct json_cursor {
	const char *at, *end;
};

void json_skip_blanks(struct json_cursor *json);

/* All of these are false where the text ends too early, or something else is there. */
bool json_skip_byte(struct json_cursor *json, char byte);
bool json_skip_string(struct json_cursor *json);
bool json_skip_value(struct json_cursor *json);
/* A key and its colon, with the blanks around; the name as it is written. */
bool json_skip_key(struct json_cursor *json, const char **ret_name, size_t *ret_length);
