// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/filter/event_cel_parser.h"
#include "core/policy/cel_letters.h"

#define SHOWN 64

/* --- errors */

/* The first one counts. */
uint16_t cel_fail(struct cel_parser *parser, const char *at, const char *remedy, const char *problem, ...)
{
	va_list arguments;

	if (parser->is_wrong)
		return CEL_WRONG;
	parser->is_wrong = true;
	parser->error->column = (size_t)(at - parser->begin) + 1;
	snprintf(parser->error->remedy, sizeof(parser->error->remedy), "%s", remedy ? remedy : "");
	va_start(arguments, problem);
	vsnprintf(parser->error->problem, sizeof(parser->error->problem), problem, arguments);
	va_end(arguments);
	return CEL_WRONG;
}

uint16_t cel_fail_memory(struct cel_parser *parser)
{
	parser->is_out_of_memory = true;
	return cel_fail(parser, parser->begin, NULL, "out of memory");
}

int cel_shown(size_t length)
{
	return (int)MIN(length, (size_t)SHOWN);
}

/* --- tokens */

/* Behind the closing quote; NULL: there is none. */
static const char *find_quote(const char *at, const char *end, bool is_raw)
{
	char quote = *at;

	for (at++; at < end; at++) {
		if (*at == quote)
			return at + 1;
		if (*at == '\\' && !is_raw)
			at++;
	}
	return NULL;
}

static const char *read_text(struct cel_parser *parser, const char *at)
{
	const char *end = find_quote(at, parser->end, parser->token.is_raw);

	if (!end)
		cel_fail(parser, at, "close it", "the text that begins here has no end");
	parser->token.kind = CEL_TOKEN_TEXT;
	parser->token.text = at;
	return end ? end : parser->end;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

void cel_advance(struct cel_parser *parser)
{
	const char *at = parser->at, *end = parser->end;

	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	parser->token = (struct cel_token){.kind = CEL_TOKEN_END, .text = at};
	if (at < end && is_quote(*at)) {
		at = read_text(parser, at);
	} else if (end - at >= 2 && (*at == 'r' || *at == 'R') && is_quote(at[1])) {
		parser->token.is_raw = true;
		at = read_text(parser, at + 1);
	} else if (at < end && (cel_is_digit(*at) || cel_is_letter(*at))) {
		parser->token.kind = cel_is_digit(*at) ? CEL_TOKEN_NUMBER : CEL_TOKEN_NAME;
		while (at < end && (cel_is_digit(*at) || cel_is_letter(*at)))
			at++;
	} else if (at < end) {
		parser->token.kind = CEL_TOKEN_SIGN;
		at += cel_sign_length(at, end);
	}
	parser->token.length = (size_t)(at - parser->token.text);
	parser->at = at;
}

bool cel_token_is(const struct cel_token *token, const char *text)
{
	return token->length == strlen(text) && memcmp(token->text, text, token->length) == 0;
}

bool cel_is_next(const struct cel_parser *parser, const char *text)
{
	return (parser->token.kind == CEL_TOKEN_NAME || parser->token.kind == CEL_TOKEN_SIGN) &&
	       cel_token_is(&parser->token, text);
}

/* True, and it is gone, if it comes next. */
bool cel_take(struct cel_parser *parser, const char *text)
{
	if (parser->is_wrong || !cel_is_next(parser, text))
		return false;
	cel_advance(parser);
	return true;
}

uint16_t cel_fail_unexpected(struct cel_parser *parser, const char *wanted)
{
	const struct cel_token *token = &parser->token;

	if (token->kind == CEL_TOKEN_END)
		return cel_fail(parser, token->text, NULL, "it ends where %s is missing", wanted);
	if ((unsigned char)*token->text <= ' ' || (unsigned char)*token->text >= 0x7f)
		return cel_fail(parser, token->text, NULL, "character 0x%02x is in the place of %s",
				(unsigned char)*token->text, wanted);
	return cel_fail(parser, token->text, NULL, "%.*s is in the place of %s", cel_shown(token->length), token->text,
			wanted);
}

void cel_expect(struct cel_parser *parser, const char *text, const char *wanted)
{
	if (!cel_take(parser, text))
		cel_fail_unexpected(parser, wanted);
}
