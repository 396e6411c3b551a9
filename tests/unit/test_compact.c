// SPDX-License-Identifier: Apache-2.0
#include "core/encode/compact.h"

#include "base/util.h"
#include "core/encode/display.h"
#include "test.h"

#define BYTES(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

static char storage[4096];

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

struct display_case {
	struct bytes in;
	const char *text, *word;
};
#define CASE(in, text, word) \
	{ \
		BYTES(in), (text), (word) \
	}

static const struct display_case display_cases[] = {
	CASE("", "", ""),
	CASE("/usr/bin/curl", "/usr/bin/curl", "/usr/bin/curl"),
	CASE("a b", "a b", "\"a b\""),
	CASE("a\"b\\c", "a\"b\\c", "a\"b\\c"), /* quoted only for a reason */
	CASE("a \"b\\c", "a \"b\\c", "\"a \\\"b\\\\c\""),
	CASE("\a\b\t\n\v\f\r", "\\a\\b\\t\\n\\v\\f\\r", "\"\\a\\b\\t\\n\\v\\f\\r\""),
	CASE("\0\x1b\x7f", "\\x00\\x1b\\x7f", "\"\\x00\\x1b\\x7f\""),
	CASE("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80",
	     "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x9A\x80"),
	CASE("\xEF\xBF\xBD", "\xEF\xBF\xBD", "\xEF\xBF\xBD"), /* U+FFFD itself is printable */
	CASE("\xC2\x9B", "\\u009b", "\"\\u009b\""),           /* C1: CSI */
	CASE("\xC2\xA0", "\\u00a0", "\"\\u00a0\""),           /* no-break space */
	CASE("a\xE2\x80\xAE"
	     "b",
	     "a\\u202eb", "\"a\\u202eb\""),                         /* right-to-left override */
	CASE("\xE2\x80\x8B", "\\u200b", "\"\\u200b\""),             /* zero width space */
	CASE("\xE2\x81\xA6", "\\u2066", "\"\\u2066\""),             /* isolate */
	CASE("\xF3\xA0\x81\x81", "\\U000e0041", "\"\\U000e0041\""), /* tag */
	CASE("\xEE\x80\x80", "\\ue000", "\"\\ue000\""),             /* private use */
	CASE("\xFF"
	     "a\xE2\x82",
	     "\\xffa\\xe2\\x82", "\"\\xffa\\xe2\\x82\""), /* broken */
};

static void test_display(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(display_cases); i++) {
		struct buffer buffer = new_buffer();

		display_text(&buffer, display_cases[i].in);
		CHECK_BYTES(storage, buffer.length, display_cases[i].text);
		CHECK(buffer.length <= DISPLAY_GROWTH_MAX * display_cases[i].in.length);
		buffer_reset(&buffer);
		display_word(&buffer, display_cases[i].in);
		CHECK_BYTES(storage, buffer.length, display_cases[i].word);
	}
}

static void test_columns(void)
{
	static const struct {
		const char *text;
		size_t wanted;
	} cases[] = {{"", 0},
		     {"abc", 3},
		     {"\xC3\xA9", 1},
		     {"🚀 x", 4},
		     {"\x1b[34mab\x1b[0m", 2},
		     {"\x1b[3", 0},
		     {"🕵\xEF\xB8\x8F", 2}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_EQ(display_columns(cases[i].text, strlen(cases[i].text)), cases[i].wanted);
}

#define TIME BYTES("2023-10-06T22:03:57.700326678Z")
#define CURL .binary = BYTES("/usr/bin/curl"), .has_process = true

static const struct compact_case {
	struct compact_view view;
	struct compact_style style;
	const char *wanted;
} compact_cases[] = {
	{{.event = BYTES("process_exec"),
	  .node_name = BYTES("n1"),
	  .namespace_name = BYTES("default"),
	  .pod_name = BYTES("xwing"),
	  CURL,
	  .arguments = BYTES("https://ebpf.io")},
	 {0},
	 "🚀 process default/xwing /usr/bin/curl https://ebpf.io\n"},
	{{.event = BYTES("process_exec"), .node_name = BYTES("n1"), CURL}, {0}, "🚀 process n1 /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), CURL}, {0}, "🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .node_name = BYTES("n1"), .has_process = true},
	 {0},
	 "🚀 process n1 <unknown>\n"},
	{{.event = BYTES("process_exec"),
	  .node_name = BYTES("n1"),
	  .binary = BYTES("/tmp/a b"),
	  .has_process = true,
	  .arguments = BYTES("x\ny")},
	 {0},
	 "🚀 process n1 \"/tmp/a b\" x\\ny\n"},
	{{.event = BYTES("process_exit"),
	  .node_name = BYTES("n1"),
	  CURL,
	  .arguments = BYTES(" \"http://a b\""),
	  .status = 60},
	 {0},
	 "💥 exit    n1 /usr/bin/curl \"http://a b\" 60\n"},
	{{.event = BYTES("process_exit"),
	  .node_name = BYTES("n1"),
	  .binary = BYTES("/usr/bin/sleep"),
	  .has_process = true,
	  .arguments = BYTES("9"),
	  .signal = BYTES("SIGKILL"),
	  .status = 1},
	 {0},
	 "💥 exit    n1 /usr/bin/sleep 9 SIGKILL\n"},
	{{.event = BYTES("process_exit"), .node_name = BYTES("n1"), CURL}, {0}, "💥 exit    n1 /usr/bin/curl 0\n"},
	/* types without a row */
	{{.event = BYTES("process_kprobe"), .node_name = BYTES("n1"), CURL}, {0}, "❓ kprobe  n1 /usr/bin/curl\n"},
	{{.event = BYTES("rate_limit_info"), .node_name = BYTES("n1")}, {0}, "❓ rate_limit_info n1\n"},
	{{.event = BYTES("process_"), .node_name = BYTES("n1")}, {0}, "❓ process_ n1\n"},
	{{.event = BYTES("a\x1b[31m")}, {0}, "❓ \"a\\x1b[31m\"\n"},
	/* times */
	{{.event = BYTES("process_exec"), .time = TIME, CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.700326678Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("2023-10-06T22:03:57.7Z"), CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.700000000Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("2023-10-06T22:03:57Z"), CURL},
	 {.with_time = true},
	 "2023-10-06T22:03:57.000000000Z 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("noon\n"), CURL},
	 {.with_time = true},
	 "noon\\n 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), CURL}, {.with_time = true}, "- 🚀 process /usr/bin/curl\n"},
	{{.event = BYTES("process_exec"), .time = BYTES("."), CURL},
	 {.with_time = true},
	 ". 🚀 process /usr/bin/curl\n"},
	/* colours */
	{{.event = BYTES("process_exit"), .node_name = BYTES("n1"), CURL, .arguments = BYTES("x"), .status = 2},
	 {.with_color = true},
	 "\x1b[34m💥 exit   \x1b[0m \x1b[32mn1\x1b[0m \x1b[35m/usr/bin/curl\x1b[0m \x1b[36mx\x1b[0m \x1b[31m2\x1b[0m\n"},
};

static void test_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(compact_cases); i++) {
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &compact_cases[i].view, &compact_cases[i].style);
		CHECK_BYTES(storage, buffer.length, compact_cases[i].wanted);
	}
}

/* The trailer stands in column 120, with colours or without, and behind a longer line. */
static void test_trailer(void)
{
	static const char trailer[] = "🛑 CAP_SYS_ADMIN";
	struct compact_view view = {.event = BYTES("process_exec"), CURL, .has_sys_admin = true};

	for (int with_color = 0; with_color < 2; with_color++) {
		const struct compact_style style = {.with_color = with_color};
		struct buffer buffer = new_buffer();
		const char *at;

		compact_append(&buffer, &view, &style);
		at = memmem(storage, buffer.length, trailer, strlen(trailer));
		CHECK(at && display_columns(storage, (size_t)(at - storage)) == 120);
	}
	view.arguments =
		(struct bytes){"0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
			       "234567890123456789",
			       100};
	for (view.arguments.length = 90; view.arguments.length <= 100; view.arguments.length++) {
		const struct compact_style style = {0};
		struct buffer buffer = new_buffer();

		compact_append(&buffer, &view, &style);
		CHECK(memmem(storage, buffer.length, " 🛑 CAP_SYS_ADMIN\n", strlen(trailer) + 2));
	}
}

static void test_full(void)
{
	struct compact_view view = {.event = BYTES("process_exec"), CURL};
	const struct compact_style style = {0};
	struct buffer buffer = {.data = storage, .capacity = 10};

	compact_append(&buffer, &view, &style);
	CHECK(buffer.is_full);
}

int main(void)
{
	RUN(test_display);
	RUN(test_columns);
	RUN(test_lines);
	RUN(test_trailer);
	RUN(test_full);
	return test_end();
}
