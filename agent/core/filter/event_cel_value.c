// SPDX-License-Identifier: Apache-2.0
#include "core/filter/event_cel_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/utf8.h"

#define NUMBER_MAX 20 /* digits and sign of 64 bits */

/* --- values */

struct cel_value cel_value_error(void)
{
	return (struct cel_value){.kind = CEL_VALUE_ERROR};
}

struct cel_value cel_value_truth(bool value)
{
	return (struct cel_value){.kind = CEL_VALUE_BOOL, .truth = value};
}

struct cel_value cel_value_number(int64_t value)
{
	return (struct cel_value){.kind = CEL_VALUE_INT, .number = value};
}

struct cel_value cel_value_string(const char *data, size_t length)
{
	return (struct cel_value){.kind = CEL_VALUE_STRING, .text = {data, length}};
}

bool cel_run_spend(struct cel_run *run, size_t bytes)
{
	run->steps += 1 + bytes / EVENT_CEL_STEP_BYTES;
	return run->steps <= run->steps_max;
}

static struct json_cursor cursor_at(const struct cel_run *run, const char *at)
{
	return (struct json_cursor){.at = at, .end = run->end};
}

/* --- values of the line */

static uint32_t read_hex(const char *at)
{
	uint32_t code = 0;

	for (size_t i = 0; i < 4; i++)
		code = code << 4 | (uint32_t)(at[i] <= '9' ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
	return code;
}

/* What the escape at `at` stands for; *ret_length is how many bytes of the text that is. */
static uint32_t read_escape(const char *at, const char *end, size_t *ret_length)
{
	static const char names[] = "bfnrt", values[] = "\b\f\n\r\t";
	const char *name = memchr(names, at[1], sizeof(names) - 1);
	uint32_t code;

	*ret_length = 2;
	if (at[1] != 'u')
		return name ? (uint32_t)values[name - names] : (uint8_t)at[1];
	if (end - at < 6)
		return UTF8_INVALID;
	*ret_length = 6;
	code = read_hex(at + 2);
	if (code < 0xd800 || code >= 0xdc00 || end - at < 12 || at[6] != '\\' || at[7] != 'u')
		return code;
	*ret_length = 12;
	return 0x10000 + ((code - 0xd800) << 10) + (read_hex(at + 8) - 0xdc00);
}

static struct cel_value unescape(struct cel_run *run, const char *at, const char *end)
{
	struct buffer *scratch = run->scratch;
	size_t start = scratch->length;

	while (at < end) {
		const char *backslash = memchr(at, '\\', (size_t)(end - at));
		size_t length = 2;

		buffer_append(scratch, at, (size_t)((backslash ? backslash : end) - at));
		if (!backslash || end - backslash < 2)
			break;
		utf8_append(scratch, read_escape(backslash, end, &length));
		at = backslash + length;
	}
	return scratch->is_full ? cel_value_error() : cel_value_string(scratch->data + start, scratch->length - start);
}

struct cel_value cel_read_string(struct cel_run *run, const char *at)
{
	struct json_cursor json = cursor_at(run, at);
	bool is_quoted = *at == '"';
	size_t length;

	if (!json_skip_value(&json) || !cel_run_spend(run, (size_t)(json.at - at)))
		return cel_value_error();
	length = (size_t)(json.at - at);
	if (!is_quoted) /* an enum's value without a name */
		return cel_value_string(at, length);
	if (memchr(at, '\\', length))
		return unescape(run, at + 1, json.at - 1);
	return cel_value_string(at + 1, length - 2);
}

static struct cel_value read_number(const struct cel_run *run, const char *at, bool is_signed)
{
	struct json_cursor json = cursor_at(run, at);
	char digits[NUMBER_MAX + 1], *end;
	size_t length;

	if (!json_skip_value(&json))
		return cel_value_error();
	length = (size_t)(json.at - at);
	if (*at == '"') {
		at++;
		length -= 2;
	}
	if (length > NUMBER_MAX)
		return cel_value_error();
	memcpy(digits, at, length);
	digits[length] = '\0';
	if (is_signed)
		return cel_value_number(strtoll(digits, &end, 10));
	return (struct cel_value){.kind = CEL_VALUE_UINT, .count = strtoull(digits, &end, 10)};
}

/* What a scalar is that is not there. */
static struct cel_value missing(struct cel_of type)
{
	if (type.is_nullable)
		return (struct cel_value){.kind = CEL_VALUE_NULL};
	switch (type.base) {
	case CEL_OF_BOOL:
		return cel_value_truth(false);
	case CEL_OF_INT:
		return cel_value_number(0);
	case CEL_OF_UINT:
		return (struct cel_value){.kind = CEL_VALUE_UINT};
	case CEL_OF_STRING:
		return cel_value_string("", 0);
	default:
		return (struct cel_value){.kind = CEL_VALUE_JSON};
	}
}

struct cel_value cel_read_value(struct cel_run *run, const char *at, struct cel_of type)
{
	if (!at || *at == 'n')
		return missing(type);
	switch (type.base) {
	case CEL_OF_BOOL:
		return cel_value_truth(*at == 't');
	case CEL_OF_INT:
	case CEL_OF_UINT:
		return read_number(run, at, type.base == CEL_OF_INT);
	case CEL_OF_STRING:
		return cel_read_string(run, at);
	default:
		return (struct cel_value){.kind = CEL_VALUE_JSON, .json = at};
	}
}

const char *cel_find_member(struct cel_run *run, const char *at, const char *wanted, size_t wanted_length)
{
	struct json_cursor json = cursor_at(run, at);
	const char *name, *found = NULL;
	size_t length;

	json_skip_blanks(&json);
	if (!json_skip_byte(&json, '{'))
		return NULL;
	do {
		json_skip_blanks(&json);
		if (!json_skip_key(&json, &name, &length) || json.at == json.end)
			break;
		if (length == wanted_length && memcmp(name, wanted, length) == 0) {
			found = json.at;
			break;
		}
		if (!json_skip_value(&json))
			break;
		json_skip_blanks(&json);
	} while (json_skip_byte(&json, ','));
	return cel_run_spend(run, (size_t)(json.at - at)) ? found : NULL;
}

/* --- lists, of the line or written */

struct cel_items cel_items_begin(const struct cel_run *run, struct cel_value list, struct cel_of type)
{
	struct cel_items items = {.node = CEL_NONE, .type = {.base = type.element, .object = type.object}};

	if (list.kind == CEL_VALUE_ITEMS)
		items.node = list.items;
	else if (list.json)
		items.json = cursor_at(run, list.json);
	return items;
}

bool cel_items_next(struct cel_run *run, struct cel_items *items, struct cel_value *ret)
{
	const char *at;

	if (items->node != CEL_NONE) {
		*ret = cel_run_eval(run, items->node);
		items->node = run->cel->nodes[items->node].next;
		return true;
	}
	if (!items->json.at || !json_skip_byte(&items->json, items->has_begun ? ',' : '['))
		return false;
	items->has_begun = true;
	json_skip_blanks(&items->json);
	at = items->json.at;
	if (at == items->json.end || *at == ']' || !json_skip_value(&items->json) ||
	    !cel_run_spend(run, (size_t)(items->json.at - at)))
		return false;
	json_skip_blanks(&items->json);
	*ret = cel_read_value(run, at, items->type);
	return true;
}

struct cel_value cel_count_members(struct cel_run *run, const char *at)
{
	struct json_cursor json = cursor_at(run, at);
	const char *name;
	int64_t count = 0;
	size_t length;

	if (!at || !json_skip_byte(&json, '{'))
		return cel_value_number(0);
	do {
		json_skip_blanks(&json);
		if (!json_skip_key(&json, &name, &length) || !json_skip_value(&json))
			break;
		count++;
		json_skip_blanks(&json);
	} while (json_skip_byte(&json, ','));
	return cel_run_spend(run, (size_t)(json.at - at)) ? cel_value_number(count) : cel_value_error();
}

static bool is_key(struct cel_run *run, const char *name, size_t length, struct bytes wanted)
{
	struct cel_value key = cel_value_string(name, length);

	if (memchr(name, '\\', length))
		key = unescape(run, name, name + length);
	return key.kind == CEL_VALUE_STRING && key.text.length == wanted.length &&
	       memcmp(key.text.data, wanted.data, wanted.length) == 0;
}

const char *cel_find_key(struct cel_run *run, const char *at, struct bytes wanted)
{
	struct json_cursor json = cursor_at(run, at);
	const char *name, *found = NULL;
	size_t length;

	if (!at || !json_skip_byte(&json, '{'))
		return NULL;
	do {
		json_skip_blanks(&json);
		if (!json_skip_key(&json, &name, &length) || json.at == json.end)
			break;
		if (is_key(run, name, length, wanted))
			found = json.at;
		if (found || !json_skip_value(&json))
			break;
		json_skip_blanks(&json);
	} while (json_skip_byte(&json, ','));
	return cel_run_spend(run, (size_t)(json.at - at)) ? found : NULL;
}
