// SPDX-License-Identifier: Apache-2.0
#include "core/encode/json_cursor.h"

#include <string.h>

void json_skip_blanks(struct json_cursor *json)
{
	while (json->at < json->end &&
	       (*json->at == ' ' || *json->at == '\t' || *json->at == '\r' || *json->at == '\n'))
		json->at++;
}

bool json_skip_byte(struct json_cursor *json, char byte)
{
	if (json->at == json->end || *json->at != byte)
		return false;
	json->at++;
	return true;
}

bool json_skip_string(struct json_cursor *json)
{
	if (!json_skip_byte(json, '"'))
		return false;
	for (; json->at < json->end && *json->at != '"'; json->at++)
		if (*json->at == '\\' && json->at + 1 < json->end)
			json->at++;
	return json_skip_byte(json, '"');
}

static bool skip_nested(struct json_cursor *json)
{
	size_t depth = 0;

	while (json->at < json->end) {
		char byte = *json->at;

		if (byte == '"') {
			if (!json_skip_string(json))
				return false;
			continue;
		}
		json->at++;
		if (byte == '{' || byte == '[')
			depth++;
		else if ((byte == '}' || byte == ']') && --depth == 0)
			return true;
	}
	return false;
}

bool json_skip_value(struct json_cursor *json)
{
	if (json->at == json->end)
		return false;
	if (*json->at == '"')
		return json_skip_string(json);
	if (*json->at == '{' || *json->at == '[')
		return skip_nested(json);
	while (json->at < json->end && !strchr(",}] \t\r\n", *json->at))
		json->at++;
	return true;
}

bool json_skip_key(struct json_cursor *json, const char **ret_name, size_t *ret_length)
{
	const char *key = json->at;

	if (!json_skip_string(json))
		return false;
	*ret_name = key + 1;
	*ret_length = (size_t)(json->at - key) - 2;
	json_skip_blanks(json);
	if (!json_skip_byte(json, ':'))
		return false;
	json_skip_blanks(json);
	return true;
}
