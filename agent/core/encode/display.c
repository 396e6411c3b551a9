// SPDX-License-Identifier: Apache-2.0
#include "core/encode/display.h"

#include "base/util.h"
#include "core/encode/utf8.h"

#define EMOJI_FIRST 0x1F300
#define EMOJI_LAST 0x1FAFF
#define QUESTION_MARK 0x2753 /* these two are wide as well */
#define ALARM_CLOCK 0x23F0

/*
 * Code points beyond ASCII that are not shown as they are, in order: controls
 * (Cc), format characters (Cf: bidirectional, invisible, tags), separators
 * (Zs, Zl, Zp), variation selectors' like, surrogates and private use.
 */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{0x80, 0xA0},       {0xAD, 0xAD},        {0x600, 0x605},     {0x61C, 0x61C},     {0x6DD, 0x6DD},
	{0x70F, 0x70F},     {0x890, 0x891},      {0x8E2, 0x8E2},     {0x115F, 0x1160},   {0x1680, 0x1680},
	{0x180B, 0x180F},   {0x2000, 0x200F},    {0x2028, 0x202F},   {0x205F, 0x206F},   {0x3000, 0x3000},
	{0x3164, 0x3164},   {0xD800, 0xF8FF},    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
	{0xFFFE, 0xFFFF},   {0x110BD, 0x110BD},  {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
};

static bool is_printable(uint32_t code_point)
{
	if (code_point < 0x80)
		return code_point >= 0x20 && code_point != 0x7F;
	for (size_t i = 0; i < ARRAY_SIZE(unprintable) && code_point >= unprintable[i].first; i++) {
		if (code_point <= unprintable[i].last)
			return false;
	}
	return code_point != UTF8_INVALID;
}

static void append_hex(struct buffer *buffer, uint32_t value, unsigned int digits)
{
	while (digits--)
		buffer_append_byte(buffer, "0123456789abcdef"[value >> (4 * digits) & 15]);
}

/* A character that is not printable; an invalid one is shown by its bytes. */
static void append_escaped(struct buffer *buffer, const char *data, size_t length, uint32_t code_point)
{
	static const char letters[] = {
		['\a'] = 'a', ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\v'] = 'v', ['\f'] = 'f', ['\r'] = 'r'};

	if (code_point < sizeof(letters) && letters[code_point]) {
		buffer_append_byte(buffer, '\\');
		buffer_append_byte(buffer, letters[code_point]);
	} else if (code_point < 0x80 || code_point == UTF8_INVALID) {
		for (size_t i = 0; i < length; i++) {
			buffer_append_literal(buffer, "\\x");
			append_hex(buffer, (uint8_t)data[i], 2);
		}
	} else if (code_point <= 0xFFFF) {
		buffer_append_literal(buffer, "\\u");
		append_hex(buffer, code_point, 4);
	} else {
		buffer_append_literal(buffer, "\\U");
		append_hex(buffer, code_point, 8);
	}
}

static void append_all(struct buffer *buffer, struct bytes text, bool is_quoted)
{
	for (size_t at = 0, length; at < text.length; at += length) {
		uint32_t code_point;

		length = utf8_decode(text.data + at, text.length - at, &code_point);
		if (!is_printable(code_point)) {
			append_escaped(buffer, text.data + at, length, code_point);
			continue;
		}
		if (is_quoted && (code_point == '"' || code_point == '\\'))
			buffer_append_byte(buffer, '\\');
		buffer_append(buffer, text.data + at, length);
	}
}

static bool needs_quotes(struct bytes text)
{
	for (size_t at = 0, length; at < text.length; at += length) {
		uint32_t code_point;

		length = utf8_decode(text.data + at, text.length - at, &code_point);
		if (code_point == ' ' || !is_printable(code_point))
			return true;
	}
	return false;
}

void display_text(struct buffer *buffer, struct bytes text)
{
	append_all(buffer, text, false);
}

void display_quoted(struct buffer *buffer, struct bytes text)
{
	append_all(buffer, text, true);
}

void display_word(struct buffer *buffer, struct bytes text)
{
	bool is_quoted = needs_quotes(text);

	if (is_quoted)
		buffer_append_byte(buffer, '"');
	append_all(buffer, text, is_quoted);
	if (is_quoted)
		buffer_append_byte(buffer, '"');
}

/* The end of the escape sequence at `at`: ESC [ ... letter. */
static size_t after_sequence(const char *data, size_t length, size_t at)
{
	while (at < length && data[at] != 'm')
		at++;
	return at < length ? at + 1 : length;
}

size_t display_columns(const char *data, size_t length)
{
	size_t columns = 0;

	for (size_t at = 0; at < length;) {
		uint32_t code_point;

		if (data[at] == '\x1b') {
			at = after_sequence(data, length, at);
			continue;
		}
		at += utf8_decode(data + at, length - at, &code_point);
		if ((code_point >= EMOJI_FIRST && code_point <= EMOJI_LAST) || code_point == QUESTION_MARK ||
		    code_point == ALARM_CLOCK)
			columns++;
		if (code_point != 0xFE0F) /* asks for the colourful form of what is before it */
			columns++;
	}
	return columns;
}
