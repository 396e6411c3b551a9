// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/events_file.h"
#include "io/sink/ledger_view.h"
#include "io/sink/log_archive.h"

#define LOOK_MS 50
#define OPEN_TRIES 10    /* rotations that come between two looks at the directory */
#define PLACE_LIMIT_S 10 /* the agent writes several times a second, and a file's end is certain after two */

static int say_cannot_read(const char *path, int r)
{
	fprintf(stderr, "trigon events: cannot read %s: %s\n", path, strerror(-r));
	return r;
}

/* --- making it */

/* So often that no file is rotated away unseen. */
static int look(struct events_log *log)
{
	int r = log_follower_look(log->follower, clock_monotonic_ns());

	return r < 0 ? say_cannot_read(log->path, r) : 0;
}

int events_log_open(struct events_log *log, struct events_printer *printer, const char *path)
{
	int r;

	*log = (struct events_log){.printer = printer, .path = path};
	r = log_follower_open(path, NULL, &log->follower);
	return r < 0 ? say_cannot_read(path, r) : look(log);
}

void events_log_close(struct events_log *log)
{
	log_follower_close(log->follower);
	*log = (struct events_log){0};
}

static bool is_same(const struct log_archive_names *one, const struct log_archive_names *other)
{
	const char *last, *other_last;

	if (!one->count || !other->count)
		return one->count == other->count;
	last = one->items[one->count - 1];
	other_last = other->items[other->count - 1];
	return strncmp(last, other_last, MIN(strlen(last), strlen(other_last))) == 0; /* one may have got its ".gz" */
}

/* The names, and the log opened anew, so that nothing was rotated in between. 0, -EAGAIN or -errno. */
static int find_rotated(struct events_log *log, struct log_archive_names *ret)
{
	_cleanup_(log_archive_names_done) struct log_archive_names before = {0};
	struct events_printer *printer = log->printer;
	const char *path = log->path;
	int r = log_archive_find(path, &before);

	if (r < 0)
		return say_cannot_read(path, r);
	events_log_close(log);
	r = events_log_open(log, printer, path);
	if (r < 0)
		return r;
	r = log_archive_find(path, ret);
	if (r < 0)
		return say_cannot_read(path, r);
	return is_same(&before, ret) ? 0 : -EAGAIN;
}

/* It may have been compressed since it was found, or removed. */
static int print_rotated(struct events_log *log, const char *path)
{
	uint64_t since_ns = log->printer->options->since_ns;
	_cleanup_free_ char *compressed = NULL;
	struct stat status;

	if (asprintf(&compressed, "%s.gz", path) < 0)
		return say_cannot_read(path, -ENOMEM);
	if (stat(path, &status) < 0) {
		path = compressed;
		if (stat(path, &status) < 0)
			return 0;
	}
	if ((uint64_t)status.st_mtim.tv_sec < since_ns / CLOCK_NS_PER_SECOND)
		return 0;
	return events_file_print(log->printer, path);
}

int events_log_print_rotated(struct events_log *log)
{
	_cleanup_(log_archive_names_done) struct log_archive_names names = {0};
	int r = -EAGAIN;

	for (int i = 0; i < OPEN_TRIES && r == -EAGAIN; i++) {
		log_archive_names_done(&names);
		r = find_rotated(log, &names);
	}
	if (r == -EAGAIN)
		return say_cannot_read(log->path, r);
	for (size_t i = 0; i < names.count && r == 0 && !events_is_interrupted; i++) {
		r = print_rotated(log, names.items[i]);
		if (r == 0)
			r = look(log);
	}
	return r;
}

/* --- lines */

/* Which of which agent's lines comes next; a record says so itself, and is one of them. */
static void find_place(struct events_log *log, const struct line *line)
{
	struct ledger_entry entry;

	if (!ledger_view_is_record(line->data, line->length) || ledger_view_parse(line->data, line->length, &entry) < 0)
		return;
	if (strcmp(log->session, entry.session) == 0 && entry.lines > log->session_lines)
		events_printer_miss(log->printer, "%s: %" PRIu64 " lines are missing before line %" PRIu64, log->path,
				    entry.lines - log->session_lines, log->number);
	if (entry.reason == LEDGER_FULL)
		log_follower_note_last_line(log->follower);
	memcpy(log->session, entry.session, sizeof(log->session));
	log->session_lines = entry.lines;
}

static bool is_at(const struct events_log *log, const struct events_log_place *place)
{
	return place && strcmp(log->session, place->session) == 0 && log->session_lines >= place->lines;
}

/* Of the first line in `data`, which ends with a newline: 1; 0: it is the place, and left alone; -errno. */
static int print_first(struct events_log *log, const char *data, const struct events_log_place *place,
		       size_t *ret_taken)
{
	const struct line line = {.data = data, .length = (size_t)((const char *)rawmemchr(data, '\n') - data)};
	int r;

	log->number++;
	find_place(log, &line);
	if (is_at(log, place))
		return 0;
	log->session_lines++;
	*ret_taken = line.length + 1;
	r = events_printer_take(log->printer, &line, log->path, log->number);
	return r < 0 ? r : 1;
}

/* What there is now. 1; 0: the place was found; -errno. */
static int print_present(struct events_log *log, const struct events_log_place *place)
{
	const char *data;
	size_t length, taken;
	int r, found;

	while ((found = log_follower_peek(log->follower, &data, &length)) > 0) {
		for (size_t at = 0; at < length; at += taken) {
			r = print_first(log, data + at, place, &taken);
			if (r <= 0)
				return r;
		}
		log_follower_advance(log->follower, length);
		r = look(log);
		if (r < 0)
			return r;
	}
	return found < 0 ? say_cannot_read(log->path, found) : 1;
}

static void say_losses(struct events_log *log)
{
	struct log_follower_stats stats;

	log_follower_get_stats(log->follower, &stats);
	if (stats.files_missed > log->said.files_missed)
		events_printer_miss(log->printer, "%s: it was rotated away before its end was read", log->path);
	if (stats.cuts > log->said.cuts)
		events_printer_miss(log->printer, "%s: it was cut; lines may be missing", log->path);
	if (stats.lines_too_long > log->said.lines_too_long)
		events_printer_miss(log->printer, "%s: lines longer than %d KiB are left out", log->path,
				    LOG_FOLLOWER_LINE_MAX / 1024);
	log->said = stats;
}

/* As print_present(), of what is there, then of what is there a moment later. */
static int print_next(struct events_log *log, const struct events_log_place *place)
{
	int r = look(log);

	if (r < 0)
		return r;
	r = print_present(log, place);
	say_losses(log);
	if (events_printer_flush(log->printer) < 0)
		return log->printer->write_error;
	if (r > 0)
		poll(NULL, 0, LOOK_MS);
	return r;
}

int events_log_print(struct events_log *log)
{
	int r;

	do
		r = print_next(log, NULL);
	while (r > 0 && log_follower_has_more(log->follower) && !events_is_interrupted);
	return MIN(r, 0);
}

int events_log_follow(struct events_log *log)
{
	int r = 1;

	while (r > 0 && !events_is_interrupted)
		r = print_next(log, NULL);
	return MIN(r, 0);
}

int events_log_print_until(struct events_log *log, const struct events_log_place *place)
{
	uint64_t deadline_ns = clock_monotonic_ns() + PLACE_LIMIT_S * CLOCK_NS_PER_SECOND;
	int r = is_at(log, place) ? 0 : 1;

	/* an agent that has written nothing yet has no place here, but its lines may come while this looks */
	if (place->lines == 0 && r > 0)
		return MIN(print_next(log, place), 0);
	while (r > 0 && !events_is_interrupted && clock_monotonic_ns() < deadline_ns)
		r = print_next(log, place);
	if (r > 0 && !events_is_interrupted)
		events_printer_miss(log->printer,
				    "%s: line %" PRIu64 " of agent %s is not there, with which its stream begins: some "
				    "events may be missing",
				    log->path, place->lines, place->session);
	return MIN(r, 0);
}
