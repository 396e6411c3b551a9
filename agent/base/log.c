// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <time.h>

#include "base/buffer.h"

#define LOG_MESSAGE_MAX 2048                     /* bytes of a message; more is cut */
#define LOG_LINE_MAX (LOG_MESSAGE_MAX * 6 + 256) /* every byte may become \u001b */

static enum log_level log_level = LOG_LEVEL_INFO;
static enum log_format log_format = LOG_FORMAT_TEXT;

static const char *const log_level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_set_format(enum log_format format)
{
	log_format = format;
}

enum log_level log_get_level(void)
{
	return log_level;
}

/* Length of the well-formed UTF-8 sequence at `s`, 0 if there is none (Unicode 15, table 3-7). */
static size_t log_utf8_length(const unsigned char *s, size_t left)
{
	size_t length = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

static void log_append_escape(struct buffer *line, const char *prefix, unsigned char byte)
{
	static const char hex[] = "0123456789abcdef";

	buffer_append_cstring(line, prefix);
	buffer_append_byte(line, hex[byte >> 4]);
	buffer_append_byte(line, hex[byte & 15]);
}

static void log_append_ascii(struct buffer *line, unsigned char byte)
{
	static const char short_escapes[128] = {
		['"'] = '"', ['\\'] = '\\', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't',
	};

	if (short_escapes[byte]) {
		buffer_append_byte(line, '\\');
		buffer_append_byte(line, short_escapes[byte]);
	} else if (byte < 0x20 || byte == 0x7f) {
		log_append_escape(line, log_format == LOG_FORMAT_JSON ? "\\u00" : "\\x", byte);
	} else {
		buffer_append_byte(line, (char)byte);
	}
}

/* In double quotes as Go's strconv.Quote and JSON have it: nothing that a terminal would obey comes through. */
static void log_append_quoted(struct buffer *line, const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;

	buffer_append_byte(line, '"');
	for (size_t at = 0, step; at < length; at += step) {
		size_t sequence = log_utf8_length(s + at, length - at);

		step = sequence ? sequence : 1;
		if (sequence == 1)
			log_append_ascii(line, s[at]);
		else if (sequence == 2 && s[at] == 0xc2 && s[at + 1] < 0xa0) /* C1 controls, U+0080 to U+009F */
			log_append_escape(line, "\\u00", s[at + 1]);
		else if (sequence)
			buffer_append(line, s + at, sequence);
		else if (log_format == LOG_FORMAT_JSON)
			buffer_append_literal(line, "\\ufffd");
		else
			log_append_escape(line, "\\x", s[at]);
	}
	buffer_append_byte(line, '"');
}

/* RFC 3339 in UTC with milliseconds. */
static void log_append_time(struct buffer *line)
{
	struct timespec now = {0};
	struct tm utc = {0};
	char text[64];
	int length;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	length = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900,
			  utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000);
	buffer_append(line, text, (size_t)length);
}

static void log_format_line(struct buffer *line, enum log_level level, const char *message, size_t length)
{
	bool is_json = log_format == LOG_FORMAT_JSON;

	buffer_append_cstring(line, is_json ? "{\"time\":\"" : "time=");
	log_append_time(line);
	buffer_append_cstring(line, is_json ? "\",\"level\":\"" : " level=");
	buffer_append_cstring(line, log_level_names[level]);
	buffer_append_cstring(line, is_json ? "\",\"msg\":" : " msg=");
	log_append_quoted(line, message, length);
	buffer_append_cstring(line, is_json ? "}\n" : "\n");
}

void log_write(enum log_level level, const char *format, ...)
{
	char message[LOG_MESSAGE_MAX], bytes[LOG_LINE_MAX];
	struct buffer line = {.data = bytes, .capacity = sizeof(bytes)};
	int saved_errno = errno, length;
	va_list arguments;
	ssize_t ignored;

	if (level > log_level)
		return;
	va_start(arguments, format);
	length = vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log_format_line(&line, level, message, MIN((size_t)MAX(length, 0), sizeof(message) - 1));
	/* One write(2) per line; there is nowhere to report that standard error is gone. */
	ignored = write(STDERR_FILENO, line.data, line.length);
	(void)ignored;
	errno = saved_errno;
}
