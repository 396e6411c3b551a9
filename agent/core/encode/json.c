// SPDX-License-Identifier: Apache-2.0
#include "core/encode/json.h"

#include "base/decimal.h"
#include "core/encode/utf8.h"

#define NS_PER_SECOND 1000000000u
#define SECONDS_PER_DAY 86400u
#define WORD_ONES 0x0101010101010101u
#define WORD_HIGH_BITS 0x8080808080808080u

/* Not zero if a byte of `word` is zero (the classic exact test; which byte is not told). */
static inline uint64_t word_zero_bytes(uint64_t word)
{
	return (word - WORD_ONES) & ~word & WORD_HIGH_BITS;
}

/* Eight bytes of ASCII that need no escape. */
static inline bool word_is_clean(uint64_t word)
{
	uint64_t control = (word - WORD_ONES * 0x20) & ~word & WORD_HIGH_BITS;

	return !((word & WORD_HIGH_BITS) | control | word_zero_bytes(word ^ (WORD_ONES * '"')) |
		 word_zero_bytes(word ^ (WORD_ONES * '\\')));
}

static inline bool byte_is_clean(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static inline bool word_at_is_clean(const char *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word_is_clean(word);
}

/* The number of bytes at the start of `data` that are copied as they are. */
static inline size_t clean_length(const char *data, size_t length)
{
	size_t at = 0;

	while (length - at >= sizeof(uint64_t) && word_at_is_clean(data + at))
		at += sizeof(uint64_t);
	/* the last word overlaps the one before it */
	if (at > 0 && length - at < sizeof(uint64_t) && word_at_is_clean(data + length - sizeof(uint64_t)))
		return length;
	while (at < length && byte_is_clean((uint8_t)data[at]))
		at++;
	return at;
}

/*
 * What stands for the character at `data`: `escape` is filled (6 bytes at
 * most) and its length returned; *ret_taken is how much of `data` it is.
 */
static size_t escape_one(const char *data, size_t length, char escape[static 6], size_t *ret_taken)
{
	static const char digits[] = "0123456789abcdef";
	static const char short_escapes[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	uint8_t byte = (uint8_t)data[0];
	uint32_t code_point;

	if (byte >= 0x80) {
		*ret_taken = utf8_decode(data, length, &code_point);
		if (code_point == UTF8_INVALID) {
			memcpy(escape, UTF8_REPLACEMENT, 3);
			return 3;
		}
		memcpy(escape, data, *ret_taken);
		return *ret_taken;
	}
	*ret_taken = 1;
	if (byte_is_clean(byte)) {
		escape[0] = data[0];
		return 1;
	}
	escape[0] = '\\';
	if (byte >= 0x20 || short_escapes[byte]) {
		escape[1] = byte >= 0x20 ? data[0] : short_escapes[byte];
		return 2;
	}
	memcpy(escape + 1, "u00", 3);
	escape[4] = digits[byte >> 4];
	escape[5] = digits[byte & 15];
	return 6;
}

void json_string(struct buffer *buffer, struct bytes string)
{
	json_comma(buffer);
	buffer_append_byte(buffer, '"');
	while (string.length) {
		size_t clean = clean_length(string.data, string.length), taken;
		char escape[6];

		buffer_append(buffer, string.data, clean);
		string.data += clean;
		string.length -= clean;
		if (!string.length)
			break;
		buffer_append(buffer, escape, escape_one(string.data, string.length, escape, &taken));
		string.data += taken;
		string.length -= taken;
	}
	buffer_append_byte(buffer, '"');
}

struct bytes json_cut(struct bytes string, size_t maximum)
{
	size_t at = 0, written = 0;

	while (at < string.length) {
		size_t clean = clean_length(string.data + at, string.length - at), taken, length;
		char escape[6];

		if (clean > maximum - written)
			clean = maximum - written;
		at += clean;
		written += clean;
		if (at == string.length || written == maximum)
			break;
		length = escape_one(string.data + at, string.length - at, escape, &taken);
		if (length > maximum - written)
			break;
		at += taken;
		written += length;
	}
	return (struct bytes){string.data, at};
}

size_t json_escaped_length(struct bytes string)
{
	size_t at = 0, written = 0;

	while (at < string.length) {
		size_t clean = clean_length(string.data + at, string.length - at), taken;
		char escape[6];

		at += clean;
		written += clean;
		if (at == string.length)
			break;
		written += escape_one(string.data + at, string.length - at, escape, &taken);
		at += taken;
	}
	return written;
}

struct date {
	uint32_t year, month, day;
};

/*
 * The proleptic Gregorian date of a day since 1970-01-01: Howard Hinnant's
 * "chrono-compatible low-level date algorithms", civil_from_days, for days
 * that are never negative. Years start in March, eras have 400 of them.
 */
static struct date date_from_days(uint32_t days)
{
	uint32_t shifted = days + 719468; /* since 0000-03-01 */
	uint32_t era = shifted / 146097;
	uint32_t day_of_era = shifted % 146097;
	uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t month_from_march = (5 * day_of_year + 2) / 153;
	struct date date;

	date.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	date.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	date.year = year_of_era + era * 400 + (date.month <= 2);
	return date;
}

/* Seconds that were printed lately: an event, its process and its parent have one each, and the next event the same. */
#define SECONDS_KEPT 8
#define SECOND_LENGTH (sizeof("\"0000-00-00T00:00:00") - 1)

struct second {
	uint64_t seconds; /* 0: none */
	char text[SECOND_LENGTH];
};

static void second_fill(struct second *second, uint64_t seconds)
{
	uint32_t of_day = (uint32_t)(seconds % SECONDS_PER_DAY);
	struct date date = date_from_days((uint32_t)(seconds / SECONDS_PER_DAY));
	char *text = second->text;

	second->seconds = seconds;
	memcpy(text, "\"0000-00-00T00:00:00", SECOND_LENGTH);
	decimal_put(text + 1, date.year, 4);
	decimal_put(text + 6, date.month, 2);
	decimal_put(text + 9, date.day, 2);
	decimal_put(text + 12, of_day / 3600, 2);
	decimal_put(text + 15, of_day / 60 % 60, 2);
	decimal_put(text + 18, of_day % 60, 2);
}

static const char *second_text(uint64_t seconds)
{
	static _Thread_local struct second kept[SECONDS_KEPT];
	struct second *second = &kept[seconds % SECONDS_KEPT];

	if (second->seconds != seconds || seconds == 0)
		second_fill(second, seconds);
	return second->text;
}

void json_timestamp(struct buffer *buffer, uint64_t wall_ns)
{
	uint32_t fraction = (uint32_t)(wall_ns % NS_PER_SECOND);
	char digits[] = ".000000000";
	size_t length = sizeof(digits) - 1;

	buffer_append(buffer, second_text(wall_ns / NS_PER_SECOND), SECOND_LENGTH);
	decimal_put(digits + 1, fraction, 9);
	if (fraction == 0)
		length = 0; /* the point too */
	else if (fraction % 1000000 == 0)
		length -= 6;
	else if (fraction % 1000 == 0)
		length -= 3;
	buffer_append(buffer, digits, length);
	buffer_append_literal(buffer, "Z\"");
}
