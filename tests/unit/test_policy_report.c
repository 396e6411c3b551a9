// SPDX-License-Identifier: Apache-2.0
#include "core/policy/report.h"

#include "test.h"

static struct report report;

static struct policy_position at(uint32_t line, uint32_t column)
{
	return (struct policy_position){line, column};
}

static void test_print(void)
{
	char text[256];
	int length;

	report_init(&report, "a.yaml");
	report_add(&report, FINDING_VALIDATE, at(3, 5), "spec.kprobes[0].call", "write it", "is %s", "missing");
	report_warn(&report, FINDING_KERNEL, at(0, 0), NULL, NULL, "odd");
	length = finding_print(&report.findings[0], report.file, text, sizeof(text));
	CHECK_BYTES(text, (size_t)length, "a.yaml:3:5: error: spec.kprobes[0].call: is missing\n    remedy: write it");
	CHECK_EQ(finding_print(&report.findings[1], report.file, text, sizeof(text)), strlen("a.yaml: warning: odd"));
	CHECK_STR(text, "a.yaml: warning: odd");
	CHECK_EQ(report.error_count, 1);
	CHECK_EQ(finding_print(&report.findings[0], report.file, text, 4), length);
	report_done(&report);
}

static void test_order(void)
{
	static char text[512];
	FILE *stream = fmemopen(text, sizeof(text), "w");

	report_init(&report, "f");
	report_add(&report, FINDING_VALIDATE, at(9, 1), NULL, NULL, "c");
	report_add(&report, FINDING_VALIDATE, at(2, 7), NULL, NULL, "b");
	report_add(&report, FINDING_VALIDATE, at(9, 1), NULL, NULL, "d");
	report_add(&report, FINDING_VALIDATE, at(2, 3), NULL, NULL, "a");
	report_print(&report, stream);
	fclose(stream);
	CHECK_STR(text, "f:2:3: error: a\nf:2:7: error: b\nf:9:1: error: c\nf:9:1: error: d\n");
	report_done(&report);
}

static void test_repeated(void)
{
	report_init(&report, "f");
	for (int i = 0; i < 3; i++)
		report_add(&report, FINDING_VALIDATE, at(1, 1), "a", NULL, "b");
	report_warn(&report, FINDING_VALIDATE, at(1, 1), "a", NULL, "b");
	report_add(&report, FINDING_VALIDATE, at(1, 2), "a", NULL, "b");
	report_add(&report, FINDING_VALIDATE, at(1, 1), NULL, NULL, "b");
	CHECK_EQ(report.count, 4);
	CHECK_EQ(report.error_count, 3);
	report_done(&report);
}

static void test_full(void)
{
	report_init(&report, "f");
	for (uint32_t i = 0; i < REPORT_FINDINGS_MAX + 5; i++)
		report_add(&report, FINDING_VALIDATE, at(i + 1, 1), NULL, NULL, "x");
	CHECK_EQ(report.count, REPORT_FINDINGS_MAX);
	CHECK_EQ(report.error_count, REPORT_FINDINGS_MAX + 5);
	CHECK_EQ(report.left_out, 5);
	report_done(&report);
}

/* What a file says must not move the cursor. */
static void test_escapes(void)
{
	report_init(&report, "f");
	report_add(&report, FINDING_VALIDATE, at(1, 1), "a\x1b[2J", "r\n", "b\xff%s", "\t");
	CHECK_STR(report.findings[0].field, "a\\x1b[2J");
	CHECK_STR(report.findings[0].problem, "b\\xff\\t");
	CHECK_STR(report.findings[0].remedy, "r\\n");
	report_done(&report);
}

int main(void)
{
	RUN(test_print);
	RUN(test_order);
	RUN(test_repeated);
	RUN(test_full);
	RUN(test_escapes);
	return test_end();
}
