// SPDX-License-Identifier: Apache-2.0
#include "core/filter/redaction.h"

#include <errno.h>

#include "../unit/test.h"
#include "base/util.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

static int take(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return redaction_parse(context, index, node, report);
}

static int read_filters(struct redactions *redactions, const char *text, struct report *report)
{
	*redactions = (struct redactions){.engine = &re2_engine};
	report_init(report, "f");
	return filter_text_read(text, report, take, redactions);
}

static const struct {
	const char *filters, *binary, *arguments, *wanted;
} cases[] = {
	{"", "/bin/a", "--password=x", "--password=x"},
	{"{\"redact\": [\"--password=(\\\\S+)\"]}", "/bin/a", "-v --password=x -p", "-v --password=***** -p"},
	{"{\"redact\": [\"--password=(\\\\S+)\"]}", "/bin/a", "--password=x --password=yyyyyyyyy",
	 "--password=***** --password=*****"},
	{"{\"redact\": [\"--password=\\\\S+\"]}", "/bin/a", "--password=x", "--password=x"}, /* no group */
	{"{\"redact\": [\"(user)=(\\\\S+)\"]}", "/bin/a", "user=me!", "*****=*****"},
	{"{\"redact\": [\"(user=(\\\\S+)) (-x)?\"]}", "/bin/a", "user=me -y",
	 "***** -y"}, /* one inside the other, one not there */
	{"{\"redact\": [\"(user|pass)\", \"=(\\\\w+)\"]}", "/bin/a", "user=1 pass=2", "*****=***** *****=*****"},
	{"{\"redact\": [\"^(a)\"]}", "/bin/a", "aaa", "*****aa"},
	{"{\"redact\": [\"(x*)\"]}", "/bin/a", "ab", "*****a*****b*****"}, /* empty matches */
	{"{\"redact\": [\"=(\\\\S+)\"]}", "/bin/a",
	 "k=a\xff"
	 "b c",
	 "k=***** c"},
	{"{\"redact\": [\"(\\\\d+)\"], \"binary_regex\": [\"/ssh$\"]}", "/bin/a", "1", "1"},
	{"{\"redact\": [\"(\\\\d+)\"], \"binaryRegex\": [\"/ssh$\", \"/a$\"]}", "/bin/a", "1", "*****"},
	{"{\"redact\": [\"(a)\"]} {\"redact\": [\"(b)\"]}", "/bin/a", "abc", "**********c"},
};

static void test_apply(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct bytes binary = {cases[i].binary, strlen(cases[i].binary)};
		struct redactions redactions;
		struct buffer text = {0};
		struct report report;

		CHECK_EQ(buffer_init(&text, 256), 0);
		CHECK_EQ(read_filters(&redactions, cases[i].filters, &report), 0);
		buffer_append(&text, binary.data, binary.length);
		buffer_append_cstring(&text, cases[i].arguments);
		redactions_apply(&redactions, binary, &text, binary.length);
		CHECK_BYTES(text.data, binary.length, cases[i].binary);
		CHECK_BYTES(text.data + binary.length, text.length - binary.length, cases[i].wanted);
		report_done(&report);
		redactions_done(&redactions);
		buffer_done(&text);
	}
}

/* What takes the place of a group may be longer: the end is cut, and no secret is in it. */
static void test_room(void)
{
	struct redactions redactions;
	struct buffer text = {0};
	struct report report;

	CHECK_EQ(buffer_init(&text, 16), 0);
	CHECK_EQ(read_filters(&redactions, "{\"redact\": [\"=(\\\\S)\"]}", &report), 0);
	buffer_append_cstring(&text, "k=1 k=2 k=3 k=4");
	redactions_apply(&redactions, (struct bytes){"", 0}, &text, 0);
	CHECK_BYTES(text.data, text.length, "k=***** k=***** ");
	report_done(&report);
	redactions_done(&redactions);
	buffer_done(&text);
}

/* Each of these matches looks at all that follows, for a z that is not there. */
static void test_many_matches(void)
{
	for (size_t count = REDACTION_MATCHES_MAX; count <= REDACTION_MATCHES_MAX + 2; count++) {
		struct buffer text = {0}, wanted = {0};
		struct redactions redactions;
		struct report report;

		CHECK_EQ(buffer_init(&text, 8192), 0);
		CHECK_EQ(buffer_init(&wanted, 8192), 0);
		CHECK_EQ(read_filters(&redactions, "{\"redact\": [\"(a)(?:.*z)?\"]}", &report), 0);
		for (size_t i = 0; i < count; i++) {
			buffer_append_literal(&text, "-a");
			buffer_append_cstring(&wanted, i <= REDACTION_MATCHES_MAX ? "-*****" : "");
		}
		buffer_append_literal(&text, "-b");
		buffer_append_cstring(&wanted, count <= REDACTION_MATCHES_MAX ? "-b" : "");
		buffer_append_byte(&wanted, '\0');
		redactions_apply(&redactions, (struct bytes){"", 0}, &text, 0);
		CHECK_BYTES(text.data, text.length, wanted.data);
		report_done(&report);
		redactions_done(&redactions);
		buffer_done(&text);
		buffer_done(&wanted);
	}
}

static int matches_not(const struct regex *regex, struct bytes text, size_t from, struct regex_span *ret)
{
	(void)regex, (void)text, (void)from, (void)ret;
	return -ENOMEM;
}

static void test_no_memory(void)
{
	struct regex_engine engine = re2_engine;
	struct redactions redactions;
	struct buffer text = {0};
	struct report report;

	engine.find = matches_not;
	CHECK_EQ(buffer_init(&text, 64), 0);
	CHECK_EQ(read_filters(&redactions, "{\"redact\": [\"=(\\\\S+)\"]}", &report), 0);
	redactions.engine = &engine;
	buffer_append_cstring(&text, "password=secret");
	redactions_apply(&redactions, (struct bytes){"", 0}, &text, 0);
	CHECK_BYTES(text.data, text.length, "*****");
	report_done(&report);
	redactions_done(&redactions);
	buffer_done(&text);
}

static void test_refused(void)
{
	static const struct {
		const char *text, *finding;
	} refused[] = {
		{"{\"redact\": [\"(\"]}",
		 "f:1:13: error: filters[0].redact[0]: not a regular expression: \"(\": missing ): (\n"
		 "    remedy: write a regular expression of RE2"},
		{"{\"binary_regex\": [\"a\"]}",
		 "f:1:1: error: filters[0]: has no regular expression in redact\n    remedy: "
		 "write {\"redact\": [\"--password=(\\\\S+)\"]}"},
		{"{\"redact\": [\"a\"], \"match\": []}",
		 "f:1:19: error: filters[0].match: unknown member \"match\"\n    "
		 "remedy: the members are redact, binary_regex"},
	};
	char text[1024];

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct redactions redactions;
		struct report report;

		CHECK_EQ(read_filters(&redactions, refused[i].text, &report), -EINVAL);
		CHECK_EQ(report.count, 1);
		finding_print(&report.findings[0], "f", text, sizeof(text));
		CHECK_STR(text, refused[i].finding);
		report_done(&report);
		redactions_done(&redactions);
	}
}

int main(void)
{
	RUN(test_apply);
	RUN(test_room);
	RUN(test_many_matches);
	RUN(test_no_memory);
	RUN(test_refused);
	return test_end();
}
