// SPDX-License-Identifier: Apache-2.0
#include "core/filter/redaction.h"

#include <assert.h>
#include <errno.h>

#include "base/util.h"
#include "core/encode/utf8.h"

#define REDACTED "*****"
#define REDACTION_TEXT_MAX (256 << 10) /* of arguments with what is put into them */

/* --- reading */

static int make_room(struct redactions *redactions)
{
	struct redaction_filter *grown = reallocarray(redactions->items, redactions->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	redactions->items = grown;
	if (!redactions->text.data && buffer_init(&redactions->text, REDACTION_TEXT_MAX) < 0)
		return -ENOMEM;
	return redactions->binary.data ? 0 : buffer_init(&redactions->binary, REDACTION_TEXT_MAX);
}

int redaction_parse(struct redactions *redactions, size_t index, const struct tree_node *node, struct report *report)
{
	static const struct filter_row rows[] = {
		{"redact", filter_read_regexes, offsetof(struct redaction_filter, redact), 1},
		{"binary_regex", filter_read_regexes, offsetof(struct redaction_filter, binaries), 0},
	};
	struct filter_reader reader = {
		.parse = {.report = report},
		.engine = redactions->engine,
		.regexes_left = EVENT_FILTER_REGEXES_MAX - redactions->regex_count,
	};
	const struct place document = {0};
	const struct place all = {.parent = &document, .key = "filters"};
	const struct place place = {.parent = &all, .index = index, .node = node};
	size_t errors = report->error_count;
	uint32_t given = 0;
	int r;

	assert(redactions->count < REDACTION_FILTERS_MAX);
	r = make_room(redactions);
	if (r < 0)
		return r;
	redactions->items[redactions->count] = (struct redaction_filter){0};
	filter_read_object(&reader, &place, rows, ARRAY_SIZE(rows), &redactions->items[redactions->count++], &given);
	redactions->regex_count = EVENT_FILTER_REGEXES_MAX - reader.regexes_left;
	if (!given && report->error_count == errors)
		parse_error(&reader.parse, &place, "write {\"redact\": [\"--password=(\\\\S+)\"]}",
			    "has no regular expression in redact");
	if (reader.parse.is_out_of_memory)
		return -ENOMEM;
	return report->error_count > errors ? -EINVAL : 0;
}

void redactions_done(struct redactions *redactions)
{
	for (size_t i = 0; i < redactions->count; i++) {
		filter_regexes_done(&redactions->items[i].binaries, redactions->engine);
		filter_regexes_done(&redactions->items[i].redact, redactions->engine);
	}
	free(redactions->items);
	buffer_done(&redactions->text);
	buffer_done(&redactions->binary);
	*redactions = (struct redactions){0};
}

/* --- applying */

static struct bytes text_of(const struct buffer *arguments, size_t at)
{
	return (struct bytes){arguments->data + at, arguments->length - at};
}

/* Copies up to `end`; what does not fit is cut there. Returns `end`. */
static size_t keep(struct buffer *buffer, struct bytes text, size_t from, size_t end)
{
	buffer_append(buffer, text.data + from, MIN(end - from, buffer_room(buffer)));
	return end;
}

/* One match, from `copied` on; a group inside of another one is gone with it. Returns how far the text was copied. */
static size_t redact_match(struct buffer *buffer, struct bytes text, const struct regex_span *groups, size_t count,
			   size_t copied)
{
	for (size_t i = 0; i < count; i++) {
		if (groups[i].begin == REGEX_NO_GROUP || groups[i].begin < copied)
			continue;
		keep(buffer, text, copied, groups[i].begin);
		buffer_append_literal(buffer, REDACTED);
		copied = groups[i].end;
	}
	return copied;
}

/* The text, redacted, to `buffer`: 1 if there was a match, 0 if not, or -ENOMEM. */
static int redact(const struct regex_engine *engine, const struct regex *regex, struct bytes text,
		  struct buffer *buffer)
{
	struct regex_span spans[REGEX_GROUPS_MAX + 1];
	size_t at = 0, copied = 0, matches = 0, count = engine->count_groups(regex);
	int r, result = 0;

	if (count == 0)
		return 0;
	while (at <= text.length && (r = engine->find(regex, text, at, spans)) != 0) {
		if (r < 0)
			return r;
		if (matches++ == REDACTION_MATCHES_MAX) {
			keep(buffer, text, copied, MAX(copied, spans[0].begin));
			buffer_append_literal(buffer, REDACTED);
			return 1;
		}
		result = 1;
		copied = redact_match(buffer, text, spans + 1, count, copied);
		/* an empty match would be found again */
		at = spans[0].end > at ? spans[0].end : at + 1;
	}
	keep(buffer, text, copied, text.length);
	return result;
}

static int apply_regex(struct redactions *redactions, const struct regex *regex, struct buffer *arguments, size_t at)
{
	struct buffer *text = &redactions->text;
	int r;

	buffer_reset(text);
	r = redact(redactions->engine, regex, text_of(arguments, at), text);
	if (r <= 0)
		return r;
	buffer_truncate(arguments, at);
	buffer_append(arguments, text->data, MIN(text->length, buffer_room(arguments)));
	return 0;
}

/* 1, 0 or -ENOMEM. */
static int concerns(const struct redactions *redactions, const struct redaction_filter *filter, struct bytes binary)
{
	int r = filter->binaries.count == 0;

	for (size_t i = 0; r == 0 && i < filter->binaries.count; i++)
		r = redactions->engine->matches(filter->binaries.items[i], binary);
	return r;
}

static int apply_filter(struct redactions *redactions, const struct redaction_filter *filter, struct bytes binary,
			struct buffer *arguments, size_t at)
{
	int r = concerns(redactions, filter, binary);

	if (r <= 0)
		return r;
	r = 0;
	for (size_t i = 0; r == 0 && i < filter->redact.count; i++)
		r = apply_regex(redactions, filter->redact.items[i], arguments, at);
	return r;
}

/* As JSON has it: else an expression would end at a byte that is no UTF-8. */
static void repair(struct redactions *redactions, struct buffer *arguments, size_t at)
{
	struct bytes text = text_of(arguments, at), repaired = utf8_repair(text, &redactions->text);

	if (repaired.data == text.data)
		return;
	buffer_truncate(arguments, at);
	buffer_append(arguments, repaired.data, MIN(repaired.length, buffer_room(arguments)));
}

void redactions_apply(struct redactions *redactions, struct bytes binary, struct buffer *arguments, size_t at)
{
	int r = 0;

	if (redactions->count == 0 || arguments->length == at)
		return;
	repair(redactions, arguments, at);
	binary = utf8_repair(binary, &redactions->binary);
	for (size_t i = 0; r == 0 && i < redactions->count; i++)
		r = apply_filter(redactions, &redactions->items[i], binary, arguments, at);
	if (r == 0)
		return;
	buffer_truncate(arguments, at);
	buffer_append_literal(arguments, REDACTED);
}
