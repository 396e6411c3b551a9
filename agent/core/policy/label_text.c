// SPDX-License-Identifier: Apache-2.0
#include "core/policy/label_text.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/util.h"

#define LABEL_TEXT_WORD_MAX 317 /* of a key: a DNS name, a slash and 63 characters */

struct label_text {
	const char *at;
	char *why;
	char key[LABEL_TEXT_WORD_MAX + 1];
	enum label_operator operator;
	char *values[LABEL_TEXT_VALUES_MAX]; /* owned */
	size_t value_count;
};

static int label_text_refuse(const struct label_text *text, const char *format, ...) PRINTF_LIKE(2, 3);
static int label_text_refuse(const struct label_text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text->why, LABEL_TEXT_WHY_MAX, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

static void label_text_clear(struct label_text *text)
{
	while (text->value_count)
		free(text->values[--text->value_count]);
}

static void label_text_skip(struct label_text *text)
{
	text->at += strspn(text->at, " \t\r\n");
}

/* True, and behind it, if `token` comes next. */
static bool label_text_take(struct label_text *text, const char *token)
{
	size_t length = strlen(token);

	label_text_skip(text);
	if (strncmp(text->at, token, length) != 0)
		return false;
	text->at += length;
	return true;
}

/* A key, a value or an operator that is a word; may be empty. Returns its length. */
static size_t label_text_word(struct label_text *text, const char **ret)
{
	size_t length;

	label_text_skip(text);
	length = strcspn(text->at, " \t\r\n(),!=<>");
	*ret = text->at;
	text->at += length;
	return length;
}

static int label_text_value(struct label_text *text)
{
	const char *word;
	size_t length = label_text_word(text, &word);
	char *copy;

	if (text->value_count == LABEL_TEXT_VALUES_MAX)
		return label_text_refuse(text, "more than %d values", LABEL_TEXT_VALUES_MAX);
	copy = strndup(word, length);
	if (!copy)
		return -ENOMEM;
	text->values[text->value_count++] = copy;
	return 0;
}

static int label_text_set(struct label_text *text)
{
	int r;

	if (!label_text_take(text, "("))
		return label_text_refuse(text, "( is missing behind the operator of \"%s\"", text->key);
	do {
		r = label_text_value(text);
	} while (r == 0 && label_text_take(text, ","));
	if (r == 0 && !label_text_take(text, ")"))
		return label_text_refuse(text, ") is missing behind the values of \"%s\"", text->key);
	return r;
}

static int label_text_operator(struct label_text *text)
{
	const char *word;
	size_t length;

	text->operator= LABEL_NOT_IN;
	if (label_text_take(text, "!="))
		return label_text_value(text);
	text->operator= LABEL_IN;
	if (label_text_take(text, "==") || label_text_take(text, "="))
		return label_text_value(text);
	length = label_text_word(text, &word);
	if (length == 2 && memcmp(word, "in", 2) == 0)
		return label_text_set(text);
	text->operator= LABEL_NOT_IN;
	if (length == 5 && memcmp(word, "notin", 5) == 0)
		return label_text_set(text);
	text->operator= LABEL_EXISTS;
	if (length == 0 && (*text->at == '\0' || *text->at == ','))
		return 0;
	return label_text_refuse(text, "\"%s\" is followed by none of =, ==, !=, in and notin", text->key);
}

static int label_text_condition(struct label_text *text)
{
	bool is_absent = label_text_take(text, "!");
	const char *word;
	size_t length = label_text_word(text, &word);

	if (length == 0 || length > LABEL_TEXT_WORD_MAX)
		return label_text_refuse(text, "a label's name has 1 to %d bytes", LABEL_TEXT_WORD_MAX);
	memcpy(text->key, word, length);
	text->key[length] = '\0';
	if (!is_absent)
		return label_text_operator(text);
	text->operator= LABEL_DOES_NOT_EXIST;
	return 0;
}

static int label_text_add(struct label_text *text, struct label_selector *selector)
{
	int r = label_text_condition(text);

	if (r == 0 && selector->count == LABEL_TEXT_CONDITIONS_MAX)
		return label_text_refuse(text, "more than %d conditions", LABEL_TEXT_CONDITIONS_MAX);
	if (r == 0)
		r = label_selector_add(selector, text->key, text->operator,(const char *const *) text->values,
				       text->value_count);
	label_text_clear(text);
	return r;
}

int label_text_parse(const char *string, struct label_selector *ret, char why[LABEL_TEXT_WHY_MAX])
{
	_cleanup_(label_selector_done) struct label_selector selector = {.is_given = true};
	_cleanup_(label_text_clear) struct label_text text = {.at = string, .why = why};
	int r = 0;

	label_text_skip(&text);
	if (*text.at) {
		do {
			r = label_text_add(&text, &selector);
		} while (r == 0 && label_text_take(&text, ","));
		label_text_skip(&text);
	}
	if (r == 0 && *text.at)
		r = label_text_refuse(&text, "what follows the condition on \"%s\" is no comma", text.key);
	if (r < 0)
		return r;
	*ret = selector;
	selector = (struct label_selector){0};
	return 0;
}
