// SPDX-License-Identifier: Apache-2.0
/*
 * A line of redaction filters, then any bytes as arguments: what is before the arguments stays, nothing outgrows the
 * buffer, and what one filter is to hide is never there, however the arguments look.
 */
#include <string.h>

#include "base/util.h"
#include "check.h"
#include "core/filter/redaction.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

#define PREFIX "/usr/bin/mysql"
#define TEXT_MAX 4096
#define SECRET "secret="

static int take(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return redaction_parse(context, index, node, report);
}

/* The arguments, as `filters` leave them, behind the prefix in `text`. */
static void redact(const char *filters, struct bytes arguments, struct buffer *text)
{
	struct redactions redactions = {.engine = &re2_engine};
	_cleanup_(report_done) struct report report;
	int r;

	report_init(&report, "f");
	buffer_reset(text);
	buffer_append_literal(text, PREFIX);
	buffer_append(text, arguments.data, MIN(arguments.length, buffer_room(text)));
	r = filter_text_read(filters, &report, take, &redactions);
	check((r == 0) == (report.error_count == 0));
	if (r == 0)
		redactions_apply(&redactions, (struct bytes){PREFIX, strlen(PREFIX)}, text, strlen(PREFIX));
	check(text->length <= text->capacity && memcmp(text->data, PREFIX, strlen(PREFIX)) == 0);
	redactions_done(&redactions);
}

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
}

static void check_hidden(const struct buffer *text)
{
	const char *at = text->data, *end = text->data + text->length;

	while ((at = memmem(at, (size_t)(end - at), SECRET, strlen(SECRET)))) {
		at += strlen(SECRET);
		check(at == end || !is_letter(*at));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	_cleanup_(buffer_done) struct buffer text = {0};
	_cleanup_free_ char *filters = NULL;
	struct bytes arguments;

	if (!end)
		return 0;
	filters = strndup((const char *)data, (size_t)(end - data));
	check(filters && buffer_init(&text, TEXT_MAX) == 0);
	arguments = (struct bytes){(const char *)end + 1, size - (size_t)(end + 1 - data)};
	redact(filters, arguments, &text);
	redact("{\"redact\": [\"" SECRET "([a-zA-Z0-9]+)\"]}", arguments, &text);
	check_hidden(&text);
	return 0;
}
