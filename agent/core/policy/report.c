// SPDX-License-Identifier: Apache-2.0
#include "core/policy/report.h"

#include <stdarg.h>
#include <string.h>

#include "core/encode/display.h"

#define REPORT_TEXT_MAX 2048 /* of one problem, field or remedy; what is longer is cut */

void report_init(struct report *report, const char *file)
{
	*report = (struct report){.file = file};
}

void report_done(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].field);
		free(report->findings[i].problem);
		free(report->findings[i].remedy);
	}
	report->count = 0;
}

/* A copy in which nothing moves the cursor of a terminal, since it may quote the file. NULL: no memory, or no text. */
static char *report_copy_text(const char *text)
{
	char storage[REPORT_TEXT_MAX * DISPLAY_GROWTH_MAX];
	struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

	if (!text)
		return NULL;
	display_text(&buffer, (struct bytes){text, strnlen(text, REPORT_TEXT_MAX)});
	return strndup(storage, buffer.length);
}

static bool report_is_same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A fragment that is used several times is found wrong several times, and said once. */
static bool report_has(const struct report *report, const struct finding *wanted)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		if (finding->stage == wanted->stage && finding->is_warning == wanted->is_warning &&
		    finding->position.line == wanted->position.line &&
		    finding->position.column == wanted->position.column &&
		    report_is_same_text(finding->field, wanted->field) &&
		    report_is_same_text(finding->problem, wanted->problem))
			return true;
	}
	return false;
}

static void finding_done(struct finding *finding)
{
	free(finding->field);
	free(finding->problem);
	free(finding->remedy);
}

/* Takes the finding's texts over. */
static void report_take(struct report *report, struct finding finding)
{
	if (finding.problem && report_has(report, &finding)) {
		finding_done(&finding);
		return;
	}
	if (!finding.is_warning)
		report->error_count++;
	if (report->count == REPORT_FINDINGS_MAX || !finding.problem) {
		report->left_out++;
		finding_done(&finding);
		return;
	}
	report->findings[report->count++] = finding;
}

static void report_add_text(struct report *report, struct finding finding, const char *field, const char *remedy,
			    const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));

static void report_add_text(struct report *report, struct finding finding, const char *field, const char *remedy,
			    const char *format, va_list arguments)
{
	char problem[REPORT_TEXT_MAX];

	if (report->is_of_cluster)
		finding.position = (struct policy_position){0};
	vsnprintf(problem, sizeof(problem), format, arguments);
	finding.problem = report_copy_text(problem);
	finding.field = report_copy_text(field);
	finding.remedy = report_copy_text(remedy);
	report_take(report, finding);
}

void report_add(struct report *report, enum finding_stage stage, struct policy_position position, const char *field,
		const char *remedy, const char *problem, ...)
{
	struct finding finding = {.stage = stage, .position = position};
	va_list arguments;

	va_start(arguments, problem);
	report_add_text(report, finding, field, remedy, problem, arguments);
	va_end(arguments);
}

void report_warn(struct report *report, enum finding_stage stage, struct policy_position position, const char *field,
		 const char *remedy, const char *problem, ...)
{
	struct finding finding = {.stage = stage, .is_warning = true, .position = position};
	va_list arguments;

	va_start(arguments, problem);
	report_add_text(report, finding, field, remedy, problem, arguments);
	va_end(arguments);
}

int finding_print(const struct finding *finding, const char *file, char *text, size_t size)
{
	char place[32] = "";

	if (finding->position.line)
		snprintf(place, sizeof(place), "%u:%u:", finding->position.line, finding->position.column);
	return snprintf(text, size, "%s:%s %s: %s%s%s%s%s", file, place, finding->is_warning ? "warning" : "error",
			finding->field ? finding->field : "", finding->field ? ": " : "", finding->problem,
			finding->remedy ? "\n    remedy: " : "", finding->remedy ? finding->remedy : "");
}

static bool report_is_before(const struct finding *a, const struct finding *b)
{
	if (a->position.line != b->position.line)
		return a->position.line < b->position.line;
	return a->position.column < b->position.column;
}

/* Positions in report->findings by place; those of one place stay in the order they came. */
static void report_sort(const struct report *report, size_t order[REPORT_FINDINGS_MAX])
{
	for (size_t i = 0; i < report->count; i++) {
		size_t at = i;

		for (; at > 0 && report_is_before(&report->findings[i], &report->findings[order[at - 1]]); at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void report_print(const struct report *report, FILE *stream)
{
	char text[4 * REPORT_TEXT_MAX];
	size_t order[REPORT_FINDINGS_MAX];

	report_sort(report, order);
	for (size_t i = 0; i < report->count; i++) {
		finding_print(&report->findings[order[i]], report->file, text, sizeof(text));
		fprintf(stream, "%s\n", text);
	}
	if (report->left_out)
		fprintf(stream, "%s: %zu more findings are left out\n", report->file, report->left_out);
}
