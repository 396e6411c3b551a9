// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_printer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <string.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "core/kube/timestamp.h"
#include "io/sink/json_view.h"
#include "io/sink/ledger_view.h"

#define REPORTS_MAX 20 /* broken lines that are named; the others are only counted */

/* One filter of all paths: of two that include, an event would keep what both name. */
static int add_mask(struct field_masks *masks, const struct option_list *paths, bool is_exclude, const char *flag,
		    struct option_error *ret_error)
{
	struct field_filter filter = {.messages = EVENT_MESSAGES_ALL, .is_exclude = is_exclude};
	_cleanup_(buffer_done) struct buffer joined = {0};
	struct field_mask_error error;
	size_t size = 1;
	int r;

	for (size_t i = 0; i < paths->count; i++)
		size += strlen(paths->items[i]) + 1;
	r = paths->count ? buffer_init(&joined, size) : 0;
	if (r < 0 || !paths->count)
		return r;
	for (size_t i = 0; i < paths->count; i++) {
		buffer_append(&joined, ",", i > 0);
		buffer_append_cstring(&joined, paths->items[i]);
	}
	buffer_append_byte(&joined, '\0');
	filter.fields = joined.data;
	r = field_masks_add(masks, &filter, &error);
	return r == -EINVAL ? option_error_set(ret_error, "%s: %s; %s", flag, error.problem, error.remedy) : r;
}

static int init_masks(struct events_printer *printer, struct option_error *ret_error)
{
	const struct events_options *options = printer->options;
	int r = add_mask(&printer->masks, &options->include_fields, false, "--include-fields", ret_error);

	if (r == 0)
		r = add_mask(&printer->masks, &options->exclude_fields, true, "--exclude-fields", ret_error);
	if (r < 0 || field_masks_is_empty(&printer->masks))
		return r;
	printer->masked = malloc(EVENTS_LINE_MAX);
	return printer->masked ? 0 : -ENOMEM;
}

int events_printer_init(struct events_printer *printer, const struct events_options *options,
			struct option_error *ret_error)
{
	const struct compact_style style = {
		.with_color = compact_color_is_wanted(options->color, stdout),
		.with_time = options->with_timestamps,
		.without_stacks = !options->with_stacks,
		.without_ima_hash = !options->with_ima_hash,
	};
	int r;

	*printer = (struct events_printer){.options = options};
	r = events_filter_init(&printer->filter, &options->filter, ret_error);
	if (r == 0)
		r = init_masks(printer, ret_error);
	return r < 0 ? r : compact_printer_init(&printer->compact, EVENTS_LINE_MAX, style);
}

void events_printer_done(struct events_printer *printer)
{
	events_filter_done(&printer->filter);
	compact_printer_done(&printer->compact);
	field_masks_done(&printer->masks);
	free(printer->masked);
}

static int failed_write(struct events_printer *printer, int r)
{
	printer->write_error = r;
	return r;
}

static int write_line(struct events_printer *printer, const struct line *line)
{
	errno = 0;
	if (fwrite(line->data, 1, line->length, stdout) != line->length || fputc('\n', stdout) == EOF)
		return failed_write(printer, errno ? -errno : -EIO);
	return 0;
}

static void report(struct events_printer *printer, const char *name, uint64_t number, const char *reason)
{
	printer->broken++;
	if (printer->broken <= REPORTS_MAX)
		fprintf(stderr, "trigon events: %s%sline %" PRIu64 " skipped: %s\n", name ? name : "", name ? ": " : "",
			number, reason);
	if (printer->broken == REPORTS_MAX)
		fprintf(stderr, "trigon events: further lines are skipped without a message\n");
}

static bool is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->length; i++) {
		if (!memchr(" \t\r", line->data[i], 3))
			return false;
	}
	return true;
}

/* A record of the ledger is no event, but a part of the log: a copy of all of it has the records, too. */
static int take_record(struct events_printer *printer, const struct line *line)
{
	bool is_copy = printer->options->output == EVENTS_OUTPUT_JSON && events_filter_is_empty(&printer->filter) &&
		       !printer->options->since_ns;

	return is_copy ? write_line(printer, line) : 0;
}

/* One without a time is of any time. */
static bool is_recent(const struct events_printer *printer, const struct compact_view *view)
{
	uint64_t time_ns;

	return !printer->options->since_ns || !view->time.length || !timestamp_parse_ns(view->time.data, &time_ns) ||
	       time_ns >= printer->options->since_ns;
}

/* With the fields that are wanted. */
static int print_masked(struct events_printer *printer, const struct line *line)
{
	struct line masked = {.data = printer->masked};
	int r;

	masked.length = field_masks_apply(&printer->masks, line->data, line->length, printer->masked);
	if (printer->options->output == EVENTS_OUTPUT_JSON)
		return write_line(printer, &masked);
	r = compact_printer_print(&printer->compact, stdout, masked.data, masked.length);
	return r < 0 ? failed_write(printer, r) : 0;
}

/* `view` is that of the line, and NULL only where JSON is printed. */
static int print(struct events_printer *printer, const struct line *line, const struct compact_view *view)
{
	int r;

	if (!field_masks_is_empty(&printer->masks))
		return print_masked(printer, line);
	if (printer->options->output == EVENTS_OUTPUT_JSON)
		return write_line(printer, line);
	r = compact_printer_print_view(&printer->compact, stdout, view);
	return r < 0 ? failed_write(printer, r) : 0;
}

int events_printer_take(struct events_printer *printer, const struct line *line, const char *name, uint64_t number)
{
	_cleanup_(json_view_done) struct json_view parsed = {0};
	char error[JSON_VIEW_ERROR_MAX];

	printer->lines++;
	if (line->is_too_long) {
		report(printer, name, number, "longer than 1 MiB");
		return 0;
	}
	if (is_blank(line))
		return 0;
	if (ledger_view_is_record(line->data, line->length))
		return take_record(printer, line);
	if (json_view_parse(&parsed, line->data, line->length, error) != 0) {
		report(printer, name, number, error);
		return 0;
	}
	if (!events_filter_matches(&printer->filter, &parsed.view, (struct bytes){line->data, line->length}) ||
	    !is_recent(printer, &parsed.view))
		return 0;
	return print(printer, line, &parsed.view);
}

int events_printer_take_chosen(struct events_printer *printer, const struct line *line, uint64_t number)
{
	_cleanup_(json_view_done) struct json_view parsed = {0};
	char error[JSON_VIEW_ERROR_MAX];

	printer->lines++;
	if (printer->options->output == EVENTS_OUTPUT_JSON)
		return print(printer, line, NULL);
	if (json_view_parse(&parsed, line->data, line->length, error) == 0)
		return print(printer, line, &parsed.view);
	report(printer, "the agent's stream", number, error);
	return 0;
}

int events_printer_flush(struct events_printer *printer)
{
	return fflush(stdout) != 0 ? failed_write(printer, -errno) : 0;
}

void events_printer_miss(struct events_printer *printer, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "trigon events: %s\n", text);
	printer->is_incomplete = true;
}

int events_printer_finish(struct events_printer *printer, int result)
{
	if (printer->write_error) {
		__fpurge(stdout); /* or main() would try to write it, and complain, once more */
		clearerr(stdout);
	}
	if (printer->write_error == -EPIPE) /* the reader of our output has seen enough */
		return EXIT_CODE_OK;
	if (printer->write_error)
		fprintf(stderr, "trigon events: cannot write standard output: %s\n", strerror(-printer->write_error));
	else if (result >= 0 && printer->broken)
		fprintf(stderr, "trigon events: %" PRIu64 " of %" PRIu64 " lines skipped\n", printer->broken,
			printer->lines);
	return result < 0 || printer->broken || printer->is_incomplete ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
