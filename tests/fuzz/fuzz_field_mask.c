// SPDX-License-Identifier: Apache-2.0
/*
 * A line of field filters, then any bytes as an event: paths behind blanks, of which those that begin with ! are
 * excluded. What is JSON stays JSON, a second pass changes nothing, and in place it is the same.
 */
#include <jansson.h>
#include <string.h>

#include "base/util.h"
#include "check.h"
#include "core/filter/field_mask.h"

#define FILTERS_MAX 64

static void read_filters(char *text, struct field_masks *masks)
{
	struct field_mask_error error = {0};
	size_t count = 0;

	for (char *fields; count < FILTERS_MAX && (fields = strsep(&text, " ")) != NULL; count++) {
		bool is_exclude = *fields == '!';
		const struct field_filter filter = {
			.messages = EVENT_MESSAGES_ALL, .fields = fields + is_exclude, .is_exclude = is_exclude};

		if (field_masks_add(masks, &filter, &error) == 0)
			continue;
		check(*error.problem && *error.remedy);
		field_masks_done(masks);
		return;
	}
}

static bool is_json(const char *text, size_t length)
{
	json_t *value = json_loadb(text, length, 0, NULL);

	json_decref(value);
	return value != NULL;
}

static void check_line(const struct field_masks *masks, char *line, size_t length)
{
	_cleanup_free_ char *out = malloc(length + 1), *again = malloc(length + 1);
	bool was_json = is_json(line, length);
	size_t kept;

	check(out && again);
	kept = field_masks_apply(masks, line, length, out);
	check(kept <= length);
	check(field_masks_apply(masks, line, length, line) == kept && memcmp(line, out, kept) == 0);
	if (!was_json)
		return;
	check(is_json(out, kept));
	check(field_masks_apply(masks, out, kept, again) == kept && memcmp(again, out, kept) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	_cleanup_free_ char *filters = NULL, *line = NULL;
	struct field_masks masks = {0};
	size_t length;

	if (!end)
		return 0;
	filters = strndup((const char *)data, (size_t)(end - data));
	length = size - (size_t)(end + 1 - data);
	line = malloc(length + 1);
	check(filters && line);
	memcpy(line, end + 1, length);
	read_filters(filters, &masks);
	check_line(&masks, line, length);
	field_masks_done(&masks);
	return 0;
}
