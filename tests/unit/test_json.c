// SPDX-License-Identifier: Apache-2.0
#include "core/encode/json.h"

#include <time.h>

#include "base/base64.h"
#include "base/util.h"
#include "test.h"

#define REPLACED "\xEF\xBF\xBD"
#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

static char storage[4096];

static struct buffer new_buffer(size_t capacity)
{
	return (struct buffer){.data = storage, .capacity = capacity};
}

struct string_case {
	struct bytes in;
	const char *wanted; /* without quotes */
};
#define CASE(in, wanted) \
	{ \
		{(in), sizeof(in) - 1}, (wanted) \
	}

static const struct string_case string_cases[] = {
	CASE("", ""),
	CASE("plain", "plain"),
	CASE("exactly8", "exactly8"),
	CASE("more than eight bytes of ASCII", "more than eight bytes of ASCII"),
	CASE("a\"b", "a\\\"b"),
	CASE("1234567\"", "1234567\\\""),
	CASE("12345678\"90", "12345678\\\"90"),
	CASE("a\\b", "a\\\\b"),
	CASE("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
	CASE("\v\x01\x1f", "\\u000b\\u0001\\u001f"),
	CASE("a\0b", "a\\u0000b"),
	CASE("\x1b[31mred", "\\u001b[31mred"),
	CASE("\x7f", "\x7f"),     /* DEL as is */
	CASE("<a&b>/", "<a&b>/"), /* no HTML escaping */
	CASE("\xC3\xA9", "\xC3\xA9"),
	CASE("\xE2\x82\xAC 12345678 \xF0\x9F\x9A\x80", "\xE2\x82\xAC 12345678 \xF0\x9F\x9A\x80"),
	CASE("\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80"), /* around the surrogates */
	CASE("\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"),                 /* U+10FFFF */
	CASE("\xE2\x80\xA8", "\xE2\x80\xA8"),                         /* U+2028 as is */
	/* invalid: one U+FFFD per maximal subpart */
	CASE("\x80", REPLACED),
	CASE("\xFF\xFE", REPLACED REPLACED),
	CASE("a\xC3", "a" REPLACED),
	CASE("\xC3(", REPLACED "("),
	CASE("\xE2\x82", REPLACED),      /* cut short: one */
	CASE("\xE2\x82(", REPLACED "("), /* still one */
	CASE("\xF0\x9F\x9A", REPLACED),  /* three of four: one */
	CASE("\xF0\x9F\x9A\"", REPLACED "\\\""),
	CASE("\xC0\xAF", REPLACED REPLACED), /* overlong '/' */
	CASE("\xE0\x80\xAF", REPLACED REPLACED REPLACED),
	CASE("\xF0\x80\x80\xAF", REPLACED REPLACED REPLACED REPLACED),
	CASE("\xED\xA0\x80", REPLACED REPLACED REPLACED),              /* a surrogate */
	CASE("\xF4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED), /* U+110000 */
	CASE("\xF8\x88\x80\x80\x80", REPLACED REPLACED REPLACED REPLACED REPLACED),
	/* the Unicode standard's own example, table 3-11 */
	CASE("\xF0\x80\x80\x41", REPLACED REPLACED REPLACED "A"),
	CASE("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", REPLACED REPLACED REPLACED REPLACED "A"),
};

static void test_string(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(string_cases); i++) {
		struct buffer buffer = new_buffer(sizeof(storage));

		json_string(&buffer, string_cases[i].in);
		CHECK(buffer.length >= 2 && storage[0] == '"' && storage[buffer.length - 1] == '"');
		CHECK_BYTES(storage + 1, buffer.length - 2, string_cases[i].wanted);
		CHECK_EQ(json_escaped_length(string_cases[i].in), strlen(string_cases[i].wanted));
	}
}

/* Every byte, at every place of a word: nothing but the escapes and the clean ones comes out. */
static void test_string_every_byte(void)
{
	for (unsigned int byte = 0; byte < 256; byte++) {
		for (size_t place = 0; place < 17; place++) {
			char text[17];
			struct buffer buffer = new_buffer(sizeof(storage));
			size_t wanted = 17 + 2 + (byte == '"' || byte == '\\') + (byte >= 0x80 ? 2 : 0);

			if (byte < 0x20)
				wanted += strchr("\b\f\n\r\t", (int)byte) && byte ? 1 : 5;
			memset(text, 'x', sizeof(text));
			text[place] = (char)byte;
			json_string(&buffer, (struct bytes){text, sizeof(text)});
			CHECK_EQ(buffer.length, wanted);
		}
	}
}

static void test_string_full(void)
{
	struct buffer buffer = new_buffer(6);

	json_string(&buffer, BYTES("abcd"));
	CHECK(!buffer.is_full);
	CHECK_BYTES(storage, buffer.length, "\"abcd\"");
	buffer_reset(&buffer);
	json_string(&buffer, BYTES("abcde"));
	CHECK(buffer.is_full);
}

static const struct {
	struct bytes in;
	size_t maximum;
	size_t wanted; /* bytes of `in` */
} cut_cases[] = {
	{BYTES("abc"), SIZE_MAX, 3}, {BYTES("abc"), 3, 3},
	{BYTES("abc"), 2, 2},        {BYTES("abc"), 0, 0},
	{BYTES(""), 0, 0},           {BYTES("a\nb"), 3, 2}, /* the escape takes two */
	{BYTES("a\nb"), 2, 1},                              /* and is not split */
	{BYTES("a\x01"), 6, 1},                             /* nor one of six */
	{BYTES("a\x01"), 7, 2},      {BYTES("\xC3\xA9x"), 1, 0},
	{BYTES("\xC3\xA9x"), 2, 2},  {BYTES("\xF0\x9F\x9A\x80"), 3, 0},
	{BYTES("\xFFx"), 2, 0}, /* the replacement takes three */
	{BYTES("\xFFx"), 3, 1},      {BYTES("0123456789012345678901234567890123456789"), 33, 33},
};

static void test_cut(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cut_cases); i++) {
		struct bytes cut = json_cut(cut_cases[i].in, cut_cases[i].maximum);

		CHECK_EQ(cut.length, cut_cases[i].wanted);
		CHECK(cut.data == cut_cases[i].in.data);
	}
}

static const struct {
	uint64_t seconds;
	uint32_t nanoseconds;
	const char *wanted;
} time_cases[] = {
	{0, 0, "\"1970-01-01T00:00:00Z\""},
	{1666063578, 0, "\"2022-10-18T03:26:18Z\""},
	{1666063578, 273546829, "\"2022-10-18T03:26:18.273546829Z\""},
	{1666063578, 273546000, "\"2022-10-18T03:26:18.273546Z\""},
	{1666063578, 273000000, "\"2022-10-18T03:26:18.273Z\""},
	{1666063578, 273546820, "\"2022-10-18T03:26:18.273546820Z\""},
	{1666063578, 1, "\"2022-10-18T03:26:18.000000001Z\""},
	{1666063578, 1000000, "\"2022-10-18T03:26:18.001Z\""},
	{951782399, 999999999, "\"2000-02-28T23:59:59.999999999Z\""},
	{951782400, 0, "\"2000-02-29T00:00:00Z\""},
	{951868800, 0, "\"2000-03-01T00:00:00Z\""},
	{1709164800, 0, "\"2024-02-29T00:00:00Z\""},
	{1735689599, 0, "\"2024-12-31T23:59:59Z\""},
	{4107542400, 0, "\"2100-03-01T00:00:00Z\""}, /* 2100 is no leap year */
	{18446744073, 709551615, "\"2554-07-21T23:34:33.709551615Z\""},
};

static void test_timestamp(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(time_cases); i++) {
		struct buffer buffer = new_buffer(sizeof(storage));

		json_timestamp(&buffer, time_cases[i].seconds * 1000000000u + time_cases[i].nanoseconds);
		CHECK_BYTES(storage, buffer.length, time_cases[i].wanted);
	}
}

/* Against the C library, a day at a time over four centuries. */
static void test_timestamp_every_day(void)
{
	for (uint64_t day = 0; day < 365u * 400; day++) {
		struct buffer buffer = new_buffer(sizeof(storage));
		time_t seconds = (time_t)(day * 86400);
		struct tm parts;
		char wanted[64];

		gmtime_r(&seconds, &parts);
		strftime(wanted, sizeof(wanted), "\"%Y-%m-%dT%H:%M:%SZ\"", &parts);
		json_timestamp(&buffer, day * 86400u * 1000000000u);
		CHECK_BYTES(storage, buffer.length, wanted);
		if (!test_is_ok)
			break;
	}
}

static void test_base64(void)
{
	static const struct string_case cases[] = {
		CASE("", ""),
		CASE("f", "Zg=="),
		CASE("fo", "Zm8="),
		CASE("foo", "Zm9v"),
		CASE("foob", "Zm9vYg=="),
		CASE("fooba", "Zm9vYmE="),
		CASE("foobar", "Zm9vYmFy"),
		CASE("\xFF\xFE\xFD", "//79"),
		CASE("\xFB\xEF", "++8="),
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = new_buffer(strlen(cases[i].wanted));

		base64_append(&buffer, cases[i].in.data, cases[i].in.length);
		CHECK(!buffer.is_full);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
		if (!buffer.length)
			continue;
		buffer = new_buffer(strlen(cases[i].wanted) - 1);
		base64_append(&buffer, cases[i].in.data, cases[i].in.length);
		CHECK(buffer.is_full);
		CHECK_EQ(buffer.length, 0);
	}
}

static void test_commas(void)
{
	struct buffer buffer = new_buffer(sizeof(storage));
	struct bytes text = BYTES("{"), empty = BYTES("");

	json_open(&buffer, '{');
	json_field_u64(&buffer, "a", 0);
	json_field_string(&buffer, "left_out", empty);
	json_field_string(&buffer, "b", text);
	json_field_quoted_u64(&buffer, "c", UINT64_MAX);
	json_key(&buffer, "d");
	json_open(&buffer, '[');
	json_plain_string(&buffer, "x");
	json_plain_string(&buffer, "y");
	json_open(&buffer, '{');
	json_close(&buffer, '}');
	json_close(&buffer, ']');
	json_field_bool(&buffer, "e", false);
	json_field_timestamp(&buffer, "f", 0);
	json_close(&buffer, '}');
	buffer_append_byte(&buffer, '\n');
	json_open(&buffer, '{');
	json_close(&buffer, '}');
	CHECK_BYTES(storage, buffer.length,
		    "{\"a\":0,\"b\":\"{\",\"c\":\"18446744073709551615\",\"d\":[\"x\",\"y\",{}],\"e\":false,"
		    "\"f\":\"1970-01-01T00:00:00Z\"}\n{}");
}

int main(void)
{
	RUN(test_string);
	RUN(test_string_every_byte);
	RUN(test_string_full);
	RUN(test_cut);
	RUN(test_timestamp);
	RUN(test_timestamp_every_day);
	RUN(test_base64);
	RUN(test_commas);
	return test_end();
}
