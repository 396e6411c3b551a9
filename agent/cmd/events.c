// SPDX-License-Identifier: Apache-2.0
/* trigon events: events of a log or of a running agent, filtered, as compact lines or unchanged. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/agent_query.h"
#include "cmd/commands.h"
#include "cmd/events_file.h"
#include "cmd/events_live.h"
#include "cmd/events_log.h"
#include "cmd/events_printer.h"
#include "cmd/events_verify.h"
#include "core/kube/timestamp.h"
#include "io/config/options.h"
#include "io/server/server_address.h"

volatile sig_atomic_t events_is_interrupted;

static const char *const events_outputs[] = {"compact", "json", NULL};
static const char *const events_colors[] = {"auto", "always", "never", NULL};

#define EVENTS_OPTION(member) .offset = offsetof(struct events_options, member)

/* clang-format off */
static const struct option_row events_rows[] = {
	{.group = "Filters", .name = "event-types", .letter = 'e', .kind = OPTION_LIST, EVENTS_OPTION(filter.event_types),
	 .placeholder = "TYPE,...", .help = "Only events of these types, such as PROCESS_EXEC or just exec"},
	{.group = "Filters", .name = "process", .kind = OPTION_LIST, EVENTS_OPTION(filter.processes),
	 .placeholder = "REGEX,...", .help = "Only of processes whose binary's path matches one of these regular expressions "
	 "(RE2), anywhere in it: curl, ^/tmp/, /sudo$"},
	{.group = "Filters", .name = "pod", .kind = OPTION_LIST, EVENTS_OPTION(filter.pods),
	 .placeholder = "REGEX,...", .help = "Only of pods whose name matches one of these, in the same way: xwing, ^api-"},
	{.group = "Filters", .name = "containers", .kind = OPTION_LIST, EVENTS_OPTION(filter.containers),
	 .placeholder = "REGEX,...", .help = "Only of containers whose name in their pod matches one of these"},
	{.group = "Filters", .name = "namespace", .letter = 'n', .kind = OPTION_LIST, EVENTS_OPTION(filter.namespaces),
	 .placeholder = "NAME,...", .help = "Only of pods in one of these namespaces, exactly"},
	{.group = "Filters", .name = "namespace-regex", .kind = OPTION_LIST, EVENTS_OPTION(filter.namespace_regexes),
	 .placeholder = "REGEX,...", .help = "Only of pods in a namespace whose name matches one of these"},
	{.group = "Filters", .name = "host", .kind = OPTION_BOOL, EVENTS_OPTION(filter.is_host),
	 .help = "Only of processes outside of pods; with --namespace, of these too"},
	{.group = "Filters", .name = "policy-names", .kind = OPTION_LIST, EVENTS_OPTION(filter.policies),
	 .placeholder = "NAME,...", .help = "Only of one of these policies, exactly; events without a policy do not match"},
	{.group = "Filters", .name = "cel-expression", .kind = OPTION_TEXTS, EVENTS_OPTION(filter.conditions),
	 .placeholder = "CONDITION", .help = "Only events for which this holds, in the Common Expression Language "
	 "(docs/filters.md): process_exec.process.binary.startsWith('/tmp/'). Given again, it is enough if one of them holds"},

	{.group = "Source", .name = "follow", .kind = OPTION_BOOL, EVENTS_OPTION(follow),
	 .help = "Go on with the events that come: of the running agent, or with a FILE those that are written to the last one, "
		 "across rotation"},
	{.group = "Source", .name = "since", .kind = OPTION_STRING, EVENTS_OPTION(since), .placeholder = "DURATION|TIME",
	 .help = "Only events from then on: 15m ago, or a time like 2026-11-28T09:15:00Z. Without a FILE they are read from the "
		 "running agent's log and what it was rotated to, with --follow up to where its stream begins."},
	{.group = "Source", .name = "existing", .kind = OPTION_BOOL, EVENTS_OPTION(existing),
	 .help = "Begin with the processes that run already, as events that are told apart from those that come: \"running\" in "
		 "compact lines, a member \"existing\" in JSON"},
	{.group = "Source", .name = "server-address", .kind = OPTION_STRING, EVENTS_OPTION(server_address),
	 .placeholder = "ADDRESS", .help = AGENT_QUERY_ADDRESS_HELP " (default " SERVER_PATH_DEFAULT ")"},
	{.group = "Source", .name = "reconnect", .kind = OPTION_BOOL, EVENTS_OPTION(reconnect),
	 .help = "Connect again when the agent is away; what happens meanwhile is not printed"},
	{.group = "Source", .name = "reconnect-wait", .kind = OPTION_DURATION, EVENTS_OPTION(reconnect_wait_ns),
	 .default_text = "2s", .placeholder = "DURATION", .maximum = UINT64_MAX, .help = "How long to wait before that"},

	{.group = "Log", .name = "verify", .kind = OPTION_BOOL, EVENTS_OPTION(verify),
	 .help = "Print no events, but whether any are missing: by the records that the agent leaves in its log (docs/ledger.md). "
		 "FILE is the log, from its oldest file to the newest, plain or with gzip. The exit code is 1 when something "
		 "is missing or was lost."},

	{.group = "Output", .name = "output", .letter = 'o', .kind = OPTION_ENUM, EVENTS_OPTION(output),
	 .choices = events_outputs, .default_text = "compact", .placeholder = "FORMAT",
	 .help = "compact lines for people, or the lines of JSON as they came"},
	{.group = "Output", .name = "include-fields", .letter = 'f', .kind = OPTION_LIST, EVENTS_OPTION(include_fields),
	 .placeholder = "FIELD,...", .help = "Only these fields of events, as paths: process.exec_id,process.pod,status"},
	{.group = "Output", .name = "exclude-fields", .letter = 'F', .kind = OPTION_LIST, EVENTS_OPTION(exclude_fields),
	 .placeholder = "FIELD,...", .help = "Not these fields: parent,process.arguments"},
	{.group = "Output", .name = "color", .kind = OPTION_ENUM, EVENTS_OPTION(color), .choices = events_colors,
	 .default_text = "auto", .placeholder = "WHEN",
	 .help = "Colour compact lines; auto is on a terminal, unless NO_COLOR is set"},
	{.group = "Output", .name = "timestamps", .kind = OPTION_BOOL, EVENTS_OPTION(with_timestamps),
	 .help = "Start compact lines with the time of the event"},
	{.group = "Output", .name = "stack-traces", .kind = OPTION_BOOL, EVENTS_OPTION(with_stacks), .default_text = "true",
	 .help = "Show stack traces below compact lines"},
	{.group = "Output", .name = "ima-hash", .kind = OPTION_BOOL, EVENTS_OPTION(with_ima_hash), .default_text = "true",
	 .help = "Show the hash of the file below the compact lines of LSM hooks, where an event has one"},
};
/* clang-format on */

static const struct option_table events_table = {
	.command = "trigon events",
	.synopsis = "[OPTION...] [FILE...]",
	.has_operands = true,
	.operands_offset = offsetof(struct events_options, files),
	.summary =
		"Prints the events that match all of the filters: of the running agent as they come, if there is "
		"neither a "
		"FILE nor a pipe on standard input; else of an event log (lines of JSON, of Trigon or Tetragon), from "
		"the FILEs, plain or with gzip, or from standard input. Lines that cannot be read are reported and "
		"skipped. The exit code is 1 then, and where events were lost or the stream broke off.",
	.rows = events_rows,
	.count = ARRAY_SIZE(events_rows),
};

static const struct option_row events_since_row = {
	.name = "since",
	.kind = OPTION_DURATION,
	.maximum = UINT64_MAX,
};

/* "15m", as a duration before now, or a time. */
static int events_read_since(struct events_options *options)
{
	uint64_t now_ns = clock_realtime_ns(), duration_ns;
	struct option_error error;
	const char *text = options->since;

	if (!text || timestamp_parse_ns(text, &options->since_ns))
		return 0;
	if (option_value_set(&events_since_row, &duration_ns, text, strlen(text), "--since", &error) < 0) {
		option_error_set(&error,
				 "--since: \"%.64s\" is not valid; it takes a duration like 90s, 15m or 24h, or a "
				 "time like 2026-11-28T09:15:00Z",
				 text);
		return options_complain(&events_table, &error);
	}
	options->since_ns = now_ns > duration_ns ? now_ns - duration_ns : 1;
	return 0;
}

static int events_check(struct events_options *options)
{
	struct option_error error;

	if (options->files.count && options->server_address) {
		option_error_set(&error,
				 "--server-address: events come from there, or from the FILEs: give one of them");
		return options_complain(&events_table, &error);
	}
	if (options->existing && (options->files.count || options->since)) {
		option_error_set(
			&error,
			"--existing: the running agent tells what runs now; give it without %s, which reads a log",
			options->files.count ? "a FILE" : "--since");
		return options_complain(&events_table, &error);
	}
	return events_read_since(options);
}

static void events_interrupt(int signal)
{
	(void)signal;
	events_is_interrupted = 1;
}

/* A second one ends it at once, whatever it waits for. Writes go on, so that no line is torn. */
static void events_await_signals(void)
{
	struct sigaction action = {.sa_handler = events_interrupt, .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int events_follow_file(struct events_printer *printer, const char *path)
{
	struct events_log log;
	int r = events_log_open(&log, printer, path);

	if (access(path, F_OK) != 0)
		fprintf(stderr, "trigon events: %s is not there yet: waiting for it\n", path);
	if (r == 0)
		r = events_log_follow(&log);
	events_log_close(&log);
	return r;
}

/* Of all files, one behind the other; the last one may go on. */
static int events_print_files(struct events_printer *printer)
{
	const struct events_options *options = printer->options;
	size_t count = options->files.count - options->follow;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = events_file_print(printer, options->files.items[i]);
	if (r == 0 && options->follow)
		r = events_follow_file(printer, options->files.items[count]);
	return r;
}

/* Of the agent, where neither a FILE nor a pipe says otherwise. */
static bool events_is_live(const struct events_options *options)
{
	return options->server_address || options->follow || options->since || options->reconnect ||
	       options->existing || isatty(STDIN_FILENO);
}

static int events_print(struct events_printer *printer)
{
	const struct events_options *options = printer->options;
	bool is_live = !options->files.count && events_is_live(options);

	if (is_live || options->follow)
		events_await_signals();
	if (options->files.count)
		return events_print_files(printer);
	return is_live ? events_live_print(printer) : events_file_print(printer, EVENTS_STANDARD_INPUT);
}

static int events_filter_and_print(struct events_options *options)
{
	struct events_printer printer = {0};
	struct option_error error = {0};
	int r = events_check(options), code;

	if (r < 0)
		return EXIT_CODE_USAGE;
	r = events_printer_init(&printer, options, &error);
	if (r == -EINVAL) {
		options_complain(&events_table, &error);
		code = EXIT_CODE_USAGE;
	} else if (r < 0) {
		fprintf(stderr, "trigon events: cannot allocate memory\n");
		code = EXIT_CODE_FAILURE;
	} else {
		code = events_printer_finish(&printer, events_print(&printer));
	}
	events_printer_done(&printer);
	return code;
}

int cmd_events(int argc, char **argv)
{
	struct events_options options = {0};
	int r = options_read(&events_table, argc, argv, &options);
	int code = r                ? options_exit_code(r)
		   : options.verify ? events_verify(&options.files)
				    : events_filter_and_print(&options);

	option_table_clear(&events_table, &options);
	return code;
}
