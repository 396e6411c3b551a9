// SPDX-License-Identifier: Apache-2.0
/* trigon events: a log from standard input, filtered, as compact lines or unchanged. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio_ext.h>
#include <string.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "cmd/events_filter.h"
#include "cmd/events_verify.h"
#include "io/config/options.h"
#include "io/sink/compact_printer.h"
#include "io/sink/json_view.h"
#include "io/sink/ledger_view.h"
#include "io/sink/line_reader.h"

#define EVENTS_LINE_MAX (1 << 20)
#define EVENTS_REPORTS_MAX 20 /* broken lines that are named; the others are only counted */

enum events_output {
	EVENTS_OUTPUT_COMPACT,
	EVENTS_OUTPUT_JSON,
};

struct events_options {
	enum events_output output;
	enum compact_color color;
	bool with_timestamps, with_stacks, verify;
	struct option_list files;
	struct events_filter_options filter;
};

static const char *const events_outputs[] = {"compact", "json", NULL};
static const char *const events_colors[] = {"auto", "always", "never", NULL};

#define EVENTS_OPTION(member) .offset = offsetof(struct events_options, member)

/* clang-format off */
static const struct option_row events_rows[] = {
	{.group = "Filters", .name = "event-types", .letter = 'e', .kind = OPTION_LIST, EVENTS_OPTION(filter.event_types),
	 .placeholder = "TYPE,...", .help = "Only events of these types, such as PROCESS_EXEC or just exec"},
	{.group = "Filters", .name = "process", .kind = OPTION_LIST, EVENTS_OPTION(filter.processes),
	 .placeholder = "REGEX,...", .help = "Only of processes whose binary's path matches one of these extended regular "
	 "expressions, anywhere in it: curl, ^/tmp/, /sudo$"},
	{.group = "Filters", .name = "pod", .kind = OPTION_LIST, EVENTS_OPTION(filter.pods),
	 .placeholder = "REGEX,...", .help = "Only of pods whose name matches one of these, in the same way: xwing, ^api-"},
	{.group = "Filters", .name = "namespace", .letter = 'n', .kind = OPTION_LIST, EVENTS_OPTION(filter.namespaces),
	 .placeholder = "NAME,...", .help = "Only of pods in one of these namespaces, exactly"},
	{.group = "Filters", .name = "host", .kind = OPTION_BOOL, EVENTS_OPTION(filter.is_host),
	 .help = "Only of processes outside of pods; with --namespace, of these too"},
	{.group = "Filters", .name = "policy-names", .kind = OPTION_LIST, EVENTS_OPTION(filter.policies),
	 .placeholder = "NAME,...", .help = "Only of one of these policies, exactly; events without a policy do not match"},

	{.group = "Log", .name = "verify", .kind = OPTION_BOOL, EVENTS_OPTION(verify),
	 .help = "Print no events, but whether any are missing: by the records that the agent leaves in its log (docs/ledger.md). "
		 "FILE is the log, from its oldest file to the newest, plain or with gzip. The exit code is 1 when something "
		 "is missing or was lost."},

	{.group = "Output", .name = "output", .letter = 'o', .kind = OPTION_ENUM, EVENTS_OPTION(output),
	 .choices = events_outputs, .default_text = "compact", .placeholder = "FORMAT",
	 .help = "compact lines for people, or the lines of JSON as they came"},
	{.group = "Output", .name = "color", .kind = OPTION_ENUM, EVENTS_OPTION(color), .choices = events_colors,
	 .default_text = "auto", .placeholder = "WHEN",
	 .help = "Colour compact lines; auto is on a terminal, unless NO_COLOR is set"},
	{.group = "Output", .name = "timestamps", .kind = OPTION_BOOL, EVENTS_OPTION(with_timestamps),
	 .help = "Start compact lines with the time of the event"},
	{.group = "Output", .name = "stack-traces", .kind = OPTION_BOOL, EVENTS_OPTION(with_stacks), .default_text = "true",
	 .help = "Show stack traces below compact lines"},
};
/* clang-format on */

static const struct option_table events_table = {
	.command = "trigon events",
	.synopsis = "[OPTION...] [FILE...]",
	.has_operands = true,
	.operands_offset = offsetof(struct events_options, files),
	.summary = "Reads an event log (lines of JSON, of Trigon or Tetragon) from the FILEs, or from standard input, "
		   "and prints the events "
		   "that match all of the filters. Lines that cannot be read are reported and skipped; the exit code "
		   "is then 1.",
	.rows = events_rows,
	.count = ARRAY_SIZE(events_rows),
};

struct events_state {
	const struct events_options *options;
	struct events_filter filter;
	struct line_reader reader;
	struct compact_printer printer;
	uint64_t broken, lines;
	const char *name; /* of the file that is read; NULL: standard input */
};

static int events_write_line(const struct line *line)
{
	if (fwrite(line->data, 1, line->length, stdout) != line->length || fputc('\n', stdout) == EOF)
		return errno ? -errno : -EIO;
	return 0;
}

static void events_report(struct events_state *state, const char *reason)
{
	state->broken++;
	if (state->broken <= EVENTS_REPORTS_MAX)
		fprintf(stderr, "trigon events: %s%sline %" PRIu64 " skipped: %s\n", state->name ? state->name : "",
			state->name ? ": " : "", state->reader.number, reason);
	if (state->broken == EVENTS_REPORTS_MAX)
		fprintf(stderr, "trigon events: further lines are skipped without a message\n");
}

static bool events_is_blank(const struct line *line)
{
	for (size_t i = 0; i < line->length; i++) {
		if (!memchr(" \t\r", line->data[i], 3))
			return false;
	}
	return true;
}

/* A record of the ledger is no event, but a part of the log: a copy of all of it has the records, too. */
static int events_handle_record(struct events_state *state, const struct line *line)
{
	bool is_copy = state->options->output == EVENTS_OUTPUT_JSON && events_filter_is_empty(&state->filter);

	return is_copy ? events_write_line(line) : 0;
}

/* 0, or -errno when the output cannot be written. */
static int events_handle_line(struct events_state *state, const struct line *line)
{
	char error[JSON_VIEW_ERROR_MAX];
	struct json_view parsed;
	int r = 0;

	if (line->is_too_long) {
		events_report(state, "longer than 1 MiB");
		return 0;
	}
	if (events_is_blank(line))
		return 0;
	if (ledger_view_is_record(line->data, line->length))
		return events_handle_record(state, line);
	if (json_view_parse(&parsed, line->data, line->length, error) != 0)
		events_report(state, error);
	else if (!events_filter_matches(&state->filter, &parsed.view))
		r = 0;
	else if (state->options->output == EVENTS_OUTPUT_JSON)
		r = events_write_line(line);
	else
		r = compact_printer_print_view(&state->printer, stdout, &parsed.view);
	json_view_done(&parsed);
	return r;
}

/* 0, or the -errno that ended it; *ret_what says of what, NULL: of reading. */
static int events_copy(struct events_state *state, const char **ret_what)
{
	struct line line;
	int r;

	do {
		*ret_what = "write standard output";
		while (line_reader_take(&state->reader, &line)) {
			r = events_handle_line(state, &line);
			if (r < 0)
				return r;
		}
		/* nothing more is there right now: show what there was, before waiting */
		if (fflush(stdout) != 0)
			return -errno;
		*ret_what = NULL;
		r = line_reader_fill(&state->reader);
	} while (r > 0);
	return r;
}

/* The log is what `fd` reads. */
static int events_copy_from(struct events_state *state, int fd, const char **ret_what)
{
	int r = line_reader_init(&state->reader, fd, EVENTS_LINE_MAX);

	*ret_what = "allocate memory";
	if (r == 0)
		r = events_copy(state, ret_what);
	state->lines += state->reader.number;
	line_reader_done(&state->reader);
	return r;
}

/* Of all files, one behind the other. */
static int events_copy_files(struct events_state *state, const char **ret_what)
{
	const struct option_list *files = &state->options->files;
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++) {
		_cleanup_close_ int fd = open(files->items[i], O_RDONLY | O_CLOEXEC);

		*ret_what = NULL;
		state->name = files->items[i];
		r = fd < 0 ? -errno : events_copy_from(state, fd, ret_what);
	}
	return r;
}

static int events_run(struct events_state *state)
{
	struct compact_style style = {
		.with_color = compact_color_is_wanted(state->options->color, stdout),
		.with_time = state->options->with_timestamps,
		.without_stacks = !state->options->with_stacks,
	};
	const char *what = "allocate memory";
	int r = compact_printer_init(&state->printer, EVENTS_LINE_MAX, style);

	if (r == 0 && state->options->files.count)
		r = events_copy_files(state, &what);
	else if (r == 0)
		r = events_copy_from(state, STDIN_FILENO, &what);
	if (r < 0) {
		__fpurge(stdout); /* or main() would try to write it, and complain, once more */
		clearerr(stdout);
	}
	if (r == -EPIPE) /* the reader of our output has seen enough */
		return EXIT_CODE_OK;
	if (r < 0) {
		if (what)
			fprintf(stderr, "trigon events: cannot %s: %s\n", what, strerror(-r));
		else
			fprintf(stderr, "trigon events: cannot read %s: %s\n",
				state->name ? state->name : "standard input", strerror(-r));
		return EXIT_CODE_FAILURE;
	}
	if (state->broken)
		fprintf(stderr, "trigon events: %" PRIu64 " of %" PRIu64 " lines skipped\n", state->broken,
			state->lines);
	return state->broken ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static int events_filter_and_run(const struct events_options *options)
{
	struct events_state state = {.options = options};
	struct option_error error = {0};
	int r = events_filter_init(&state.filter, &options->filter, &error), code;

	if (r == -EINVAL) {
		options_complain(&events_table, &error);
		code = EXIT_CODE_USAGE;
	} else if (r < 0) {
		fprintf(stderr, "trigon events: cannot allocate memory\n");
		code = EXIT_CODE_FAILURE;
	} else {
		if (options->files.count == 0 && isatty(STDIN_FILENO))
			fprintf(stderr, "trigon events: reading a log from standard input, which is this terminal. "
					"Example:\n  tail -n +1 -F /var/log/trigon/trigon.log | trigon events\n");
		code = events_run(&state);
	}
	events_filter_done(&state.filter);
	compact_printer_done(&state.printer);
	return code;
}

int cmd_events(int argc, char **argv)
{
	struct events_options options = {0};
	int r = options_read(&events_table, argc, argv, &options);
	int code = r                ? options_exit_code(r)
		   : options.verify ? events_verify(&options.files)
				    : events_filter_and_run(&options);

	option_table_clear(&events_table, &options);
	return code;
}
