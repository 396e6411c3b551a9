// SPDX-License-Identifier: Apache-2.0
/*
 * trigon export-stdout: the second container of the agent's pod. Copies the log to standard output, line by line, so
 * that `kubectl logs` and whatever reads containers' logs have it. A reader that is slow holds it up and loses nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd/commands.h"
#include "io/config/options.h"
#include "io/file/log_follower.h"
#include "io/sink/ledger_view.h"
#include "io/sink/sink_target.h"

#define LOOK_MS 100
#define SAVE_MS 1000
#define LAST_LINES_MS 1500 /* after SIGTERM, at most: what the agent, which ends as well, still has to say */

struct export_options {
	char *export_filename, *position_file;
	enum log_level log_level;
	enum log_format log_format;
};

struct exporter {
	struct log_follower *follower;
	struct sink_target target;
	int signal_fd;
	uint64_t look_at_ns, save_at_ns, end_at_ns;
	uint64_t lines;
	bool has_agents_end; /* the line copied last is the last one of an agent */
	bool has_all;        /* it is to end, and there will be no more */
	struct log_follower_stats said;
	int look_said, save_said; /* the error that was said last, 0: none */
};

#define EXPORT_OPTION(member) .offset = offsetof(struct export_options, member)

static const char *const export_levels[] = {"error", "warn", "info", "debug", NULL};
static const char *const export_formats[] = {"text", "json", NULL};

/* clang-format off */
static const struct option_row export_rows[] = {
	{.group = "Log", .name = "export-filename", .kind = OPTION_STRING, EXPORT_OPTION(export_filename),
	 .default_text = "", .placeholder = "FILE", .help = "The agent's log. It need not be there yet."},
	{.group = "Log", .name = "position-file", .kind = OPTION_STRING, EXPORT_OPTION(position_file),
	 .default_text = "", .placeholder = "FILE",
	 .help = "Keep in FILE up to where the log has been copied, and begin there; without it, with the first line of the "
		 "log"},

	{.group = "Operation", .name = "log-level", .kind = OPTION_ENUM, EXPORT_OPTION(log_level),
	 .choices = export_levels, .default_text = "info", .placeholder = "LEVEL",
	 .help = "What it says of itself on standard error"},
	{.group = "Operation", .name = "log-format", .kind = OPTION_ENUM, EXPORT_OPTION(log_format),
	 .choices = export_formats, .default_text = "text", .placeholder = "FORMAT",
	 .help = "How it says that; json where standard error and output end up in one log"},
};
/* clang-format on */

static const struct option_table export_table = {
	.command = "trigon export-stdout",
	.synopsis = "--export-filename FILE [OPTION...]",
	.summary = "Copies the agent's log to standard output as it grows, whole lines only, across rotation. Ends on "
		   "SIGINT and SIGTERM, when it has copied the agent's last line, or after 1.5 s.",
	.rows = export_rows,
	.count = ARRAY_SIZE(export_rows),
};

/* --- what it says */

static void say_losses(struct exporter *exporter)
{
	struct log_follower_stats stats;

	log_follower_get_stats(exporter->follower, &stats);
	if (stats.files_missed > exporter->said.files_missed)
		log_warn("the log was rotated away before it was copied to its end: its last lines are lost, %" PRIu64
			 " files so far; let rotation keep more files, or bigger ones",
			 stats.files_missed);
	if (stats.cuts > exporter->said.cuts)
		log_warn("the log was cut: lines that were not copied yet are lost, %" PRIu64
			 " cuts so far; let rotation rename the file and not copy and truncate it",
			 stats.cuts);
	if (stats.lines_too_long > exporter->said.lines_too_long)
		log_warn("lines longer than %d KiB are left out, %" PRIu64 " so far; the agent writes none",
			 LOG_FOLLOWER_LINE_MAX / 1024, stats.lines_too_long);
	exporter->said = stats;
}

static void say_result(int result, int *said, const char *what, const char *path)
{
	if (result < 0 && result != *said)
		log_warn("cannot %s %s: %s; it is tried again", what, path, strerror(-result));
	*said = result;
}

/* --- copying */

static void look(struct exporter *exporter, const struct export_options *options, uint64_t now_ns)
{
	if (now_ns < exporter->look_at_ns)
		return;
	exporter->look_at_ns = now_ns + LOOK_MS * CLOCK_NS_PER_MS;
	say_result(log_follower_look(exporter->follower, now_ns), &exporter->look_said, "open",
		   options->export_filename);
	say_losses(exporter);
	if (now_ns < exporter->save_at_ns)
		return;
	exporter->save_at_ns = now_ns + SAVE_MS * CLOCK_NS_PER_MS;
	say_result(log_follower_save(exporter->follower), &exporter->save_said, "write", options->position_file);
}

/*
 * Waits as long as there is nothing to do: `result` is that of copy(). A first signal says when to end, a second one
 * ends at once.
 */
static void wait_for_work(struct exporter *exporter, int result, uint64_t now_ns)
{
	struct pollfd polled[] = {
		{.fd = exporter->signal_fd, .events = POLLIN},
		{.fd = result == -EAGAIN ? exporter->target.fd : -1, .events = POLLOUT},
	};
	struct signalfd_siginfo signal;

	if (poll(polled, ARRAY_SIZE(polled), result > 0 ? 0 : LOOK_MS) <= 0 || !polled[0].revents ||
	    read(exporter->signal_fd, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		return;
	exporter->end_at_ns = exporter->end_at_ns == UINT64_MAX ? now_ns + LAST_LINES_MS * CLOCK_NS_PER_MS : 0;
}

static uint64_t count_lines(const char *data, size_t length)
{
	uint64_t count = 0;

	for (const char *at = data; (at = memchr(at, '\n', (size_t)(data + length - at))); at++)
		count++;
	return count;
}

/* Of lines with their newlines. A line of which the beginning was written before is none. */
static bool ends_with_agents_end(const char *data, size_t length)
{
	const char *newline = memrchr(data, '\n', length - 1);
	const char *line = newline ? newline + 1 : data;
	struct ledger_entry entry;

	length -= (size_t)(line - data) + 1;
	return ledger_view_is_record(line, length) && ledger_view_parse(line, length, &entry) == 0 &&
	       entry.reason == LEDGER_END;
}

/* 1: something was written; 0: nothing is there; -EAGAIN: there is no room; other -errno: it ends. */
static int copy(struct exporter *exporter)
{
	const char *data;
	size_t length;
	ssize_t written;
	int r = log_follower_peek(exporter->follower, &data, &length);

	if (r < 0)
		log_error("cannot read the log: %s", strerror(-r));
	if (r <= 0)
		return r;
	written = sink_target_write(&exporter->target, data, length);
	if (written == -EAGAIN)
		return -EAGAIN;
	if (written < 0) {
		log_error("cannot write standard output: %s", strerror((int)-written));
		return (int)written;
	}
	exporter->lines += count_lines(data, (size_t)written);
	exporter->has_agents_end = (size_t)written == length && ends_with_agents_end(data, length);
	log_follower_advance(exporter->follower, (size_t)written);
	return 1;
}

/* `result` is that of copy(). */
static bool has_all(const struct exporter *exporter, int result)
{
	return result == 0 && exporter->end_at_ns != UINT64_MAX && exporter->has_agents_end &&
	       !log_follower_has_more(exporter->follower);
}

static int run(struct exporter *exporter, const struct export_options *options)
{
	uint64_t now_ns = clock_monotonic_ns();
	int r = 0;

	while (now_ns < exporter->end_at_ns) {
		look(exporter, options, now_ns);
		r = copy(exporter);
		if (r < 0 && r != -EAGAIN)
			return r;
		exporter->has_all = has_all(exporter, r);
		if (exporter->has_all)
			return 0;
		wait_for_work(exporter, r, now_ns);
		now_ns = clock_monotonic_ns();
	}
	return 0;
}

/* --- begin and end */

static int open_signals(struct exporter *exporter)
{
	sigset_t ends;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &ends, NULL) < 0)
		return -errno;
	exporter->signal_fd = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return exporter->signal_fd < 0 ? -errno : 0;
}

static int start(struct exporter *exporter, const struct export_options *options)
{
	const char *position = *options->position_file ? options->position_file : NULL;
	int r = open_signals(exporter);

	if (r >= 0)
		r = sink_target_open(&exporter->target);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	r = log_follower_open(options->export_filename, position, &exporter->follower);
	if (r < 0)
		log_error("--position-file: cannot read %s: %s", options->position_file, strerror(-r));
	return r;
}

static void finish(struct exporter *exporter, const struct export_options *options)
{
	if (exporter->follower) {
		say_losses(exporter);
		say_result(log_follower_save(exporter->follower), &exporter->save_said, "write",
			   options->position_file);
		log_info("ended %s the agent's last line; %" PRIu64 " lines copied",
			 exporter->has_all ? "after" : "without", exporter->lines);
	}
	log_follower_close(exporter->follower);
	sink_target_close(&exporter->target);
	util_closep(&exporter->signal_fd);
}

static int export_main(const struct export_options *options)
{
	struct exporter exporter = {
		.target = {.path = "-", .fd = -1},
		.signal_fd = -1,
		.end_at_ns = UINT64_MAX,
	};
	struct option_error error;
	int r;

	if (!*options->export_filename) {
		option_error_set(&error, "--export-filename is missing: it names the log to copy");
		return options_exit_code(options_complain(&export_table, &error));
	}
	log_set_level(options->log_level);
	log_set_format(options->log_format);
	r = start(&exporter, options);
	if (r >= 0)
		r = run(&exporter, options);
	finish(&exporter, options);
	return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int cmd_export_stdout(int argc, char **argv)
{
	struct export_options options = {0};
	int r = options_read(&export_table, argc, argv, &options);

	r = r ? options_exit_code(r) : export_main(&options);
	option_table_clear(&export_table, &options);
	return r;
}
