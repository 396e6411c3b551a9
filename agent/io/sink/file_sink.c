// SPDX-License-Identifier: Apache-2.0
#include "io/sink/file_sink.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "io/sink/sink_target.h"

struct file_sink {
	char *path, *flag;
	struct sink_target target;
	struct buffer batch;
	uint64_t batch_lines; /* in it */
	bool is_mid_line;     /* the target has the beginning of the batch's first line already */
	bool is_stalled;      /* the last flush waited for the reader in vain */
	enum file_sink_cause trouble;
	uint64_t lost_before;       /* lines lost when the trouble began */
	uint64_t lost_at_last_tick; /* a slow reader has caught up when a tick finds it unchanged */
	uint64_t checked_at_ns;
	struct file_sink_stats stats;
};

static const char *const file_sink_cause_names[FILE_SINK_CAUSE_COUNT] = {
	[FILE_SINK_CAUSE_NONE] = "none",
	[FILE_SINK_CAUSE_WRITE_ERROR] = "write error",
	[FILE_SINK_CAUSE_CLOSED_PIPE] = "reader gone",
	[FILE_SINK_CAUSE_NOT_OPEN] = "cannot be opened",
	[FILE_SINK_CAUSE_SLOW_READER] = "reader too slow",
};

const char *file_sink_cause_name(enum file_sink_cause cause)
{
	return file_sink_cause_names[cause];
}

/* --- what is said and counted -------------------------------------------------------------------------------- */

static const char *file_sink_name(const struct file_sink *sink)
{
	return sink_target_is_stdout(&sink->target) ? "standard output" : sink->path;
}

static uint64_t file_sink_lost(const struct file_sink *sink)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < FILE_SINK_CAUSE_COUNT; i++)
		lost += sink->stats.lines_lost[i];
	return lost;
}

static void file_sink_trouble_begin(struct file_sink *sink, enum file_sink_cause cause, const char *reason)
{
	static const char *const consequences[FILE_SINK_CAUSE_COUNT] = {
		[FILE_SINK_CAUSE_WRITE_ERROR] = "keeping 128 KiB of lines, counting the rest, trying again each second",
		[FILE_SINK_CAUSE_CLOSED_PIPE] = "counting the lines that are lost from here",
		[FILE_SINK_CAUSE_NOT_OPEN] = "keeping 128 KiB of lines, counting the rest, trying again each second",
		[FILE_SINK_CAUSE_SLOW_READER] = "counting the lines that do not fit",
	};

	if (sink->trouble == cause)
		return;
	if (sink->trouble == FILE_SINK_CAUSE_NONE)
		sink->lost_before = file_sink_lost(sink);
	sink->trouble = cause;
	log_warn("%s: cannot write %s: %s; %s", sink->flag, file_sink_name(sink), reason, consequences[cause]);
}

static void file_sink_trouble_end(struct file_sink *sink)
{
	if (sink->trouble == FILE_SINK_CAUSE_NONE)
		return;
	sink->trouble = FILE_SINK_CAUSE_NONE;
	log_warn("%s: writing %s works again; %llu lines were lost", sink->flag, file_sink_name(sink),
		 (unsigned long long)(file_sink_lost(sink) - sink->lost_before));
}

static uint64_t file_sink_count_lines(const char *data, size_t length)
{
	const char *end = data + length;
	uint64_t lines = 0;

	while (data < end && (data = memchr(data, '\n', (size_t)(end - data)))) {
		lines++;
		data++;
	}
	return lines;
}

/* Takes the first `length` bytes out of the batch; returns how many lines they are. */
static uint64_t file_sink_take_out(struct file_sink *sink, size_t length)
{
	bool is_all = length == sink->batch.length;
	uint64_t lines = is_all ? sink->batch_lines : file_sink_count_lines(sink->batch.data, length);

	memmove(sink->batch.data, sink->batch.data + length, sink->batch.length - length);
	buffer_truncate(&sink->batch, sink->batch.length - length);
	sink->batch_lines -= lines;
	return lines;
}

/* The target has the first `length` bytes of the batch. */
static void file_sink_written(struct file_sink *sink, size_t length)
{
	if (length == 0)
		return;
	sink->stats.bytes_written += length;
	sink->is_mid_line = sink->batch.data[length - 1] != '\n';
	sink->stats.lines_written += file_sink_take_out(sink, length);
}

/* The first `length` bytes of the batch, whole lines, will never be written. */
static void file_sink_lose(struct file_sink *sink, size_t length)
{
	enum file_sink_cause cause = sink->trouble ? sink->trouble : FILE_SINK_CAUSE_NOT_OPEN;

	sink->stats.lines_lost[cause] += file_sink_take_out(sink, length);
	sink->is_mid_line = false;
}

/* The rest of a line is of no use in another file than its beginning. */
static void file_sink_lose_rest(struct file_sink *sink)
{
	const char *newline;

	if (!sink->is_mid_line)
		return;
	newline = memchr(sink->batch.data, '\n', sink->batch.length);
	if (newline)
		file_sink_lose(sink, (size_t)(newline + 1 - sink->batch.data));
}

/* --- the target ---------------------------------------------------------------------------------------------- */

static bool file_sink_reopen(struct file_sink *sink)
{
	int r;

	sink_target_close(&sink->target);
	r = sink_target_open(&sink->target);
	if (r < 0)
		file_sink_trouble_begin(sink, r == -ENXIO ? FILE_SINK_CAUSE_CLOSED_PIPE : FILE_SINK_CAUSE_NOT_OPEN,
					strerror(-r));
	else
		sink->stats.opened++;
	file_sink_lose_rest(sink);
	return r == 0;
}

static void file_sink_fail(struct file_sink *sink, int error)
{
	if (error != EPIPE && error != ECONNRESET) {
		file_sink_trouble_begin(sink, FILE_SINK_CAUSE_WRITE_ERROR, strerror(error));
		return;
	}
	file_sink_trouble_begin(sink, FILE_SINK_CAUSE_CLOSED_PIPE, strerror(error));
	sink_target_close(&sink->target);
	if (sink_target_is_stdout(&sink->target))
		file_sink_lose(sink, sink->batch.length); /* it does not come back */
	else
		file_sink_lose_rest(sink);
}

/*
 * A regular file took a part: the disk or a limit is full. Takes the torn line
 * back; if that cannot be done its rest must come next.
 */
static void file_sink_short_write(struct file_sink *sink, size_t length)
{
	const char *newline = memrchr(sink->batch.data, '\n', length);
	size_t whole = newline ? (size_t)(newline + 1 - sink->batch.data) : 0;

	if (whole == length || sink_target_take_back(&sink->target, length - whole) == 0)
		length = whole;
	if (length > 0)
		file_sink_written(sink, length);
	file_sink_trouble_begin(sink, FILE_SINK_CAUSE_WRITE_ERROR, "only a part fits; a disk, quota or limit is full");
}

/* Ends the line that somebody else left unfinished. */
static bool file_sink_begin_line(struct file_sink *sink)
{
	ssize_t n;

	if (!sink->target.needs_newline)
		return true;
	n = sink_target_write(&sink->target, "\n", 1);
	if (n < 0) {
		file_sink_fail(sink, (int)-n);
		return false;
	}
	sink->target.needs_newline = false;
	return true;
}

/* Whether the reader makes room before `deadline_ns`, which the first call sets. */
static bool file_sink_wait(struct file_sink *sink, uint64_t *deadline_ns)
{
	uint64_t now = clock_monotonic_ns();

	if (sink->is_stalled)
		return false;
	if (*deadline_ns == 0)
		*deadline_ns = now + FILE_SINK_WAIT_MS * CLOCK_NS_PER_MS;
	sink->is_stalled = now >= *deadline_ns ||
			   !sink_target_wait(&sink->target, (int)((*deadline_ns - now) / CLOCK_NS_PER_MS) + 1);
	return !sink->is_stalled;
}

/* Writes all of the batch, or as much as can be without waiting long, or begins a trouble. */
static void file_sink_write_out(struct file_sink *sink)
{
	uint64_t deadline_ns = 0;

	if (sink_target_is_unlinked(&sink->target) && !file_sink_reopen(sink))
		return;
	if (!file_sink_begin_line(sink))
		return;
	while (sink->batch.length > 0) {
		ssize_t n = sink_target_write(&sink->target, sink->batch.data, sink->batch.length);

		if (n == -EAGAIN && file_sink_wait(sink, &deadline_ns))
			continue;
		if (n == -EAGAIN)
			return;
		if (n < 0) {
			file_sink_fail(sink, (int)-n);
			return;
		}
		if ((size_t)n < sink->batch.length && sink->target.kind == SINK_TARGET_REGULAR) {
			file_sink_short_write(sink, (size_t)n);
			return;
		}
		file_sink_written(sink, (size_t)n);
	}
	sink->is_stalled = false;
	if (sink->trouble != FILE_SINK_CAUSE_SLOW_READER) /* which ends at a tick */
		file_sink_trouble_end(sink);
}

/* --- the interface ------------------------------------------------------------------------------------------- */

static void file_sink_free(struct file_sink *sink)
{
	if (!sink)
		return;
	sink_target_close(&sink->target);
	buffer_done(&sink->batch);
	free(sink->path);
	free(sink->flag);
	free(sink);
}

static void file_sink_freep(struct file_sink **sink)
{
	file_sink_free(*sink);
}

static struct file_sink *file_sink_new(const struct file_sink_options *options)
{
	_cleanup_(file_sink_freep) struct file_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return NULL;
	sink->target.fd = -1;
	sink->path = strdup(options->path);
	sink->flag = strdup(options->flag);
	if (!sink->path || !sink->flag || buffer_init(&sink->batch, FILE_SINK_BATCH_BYTES) < 0)
		return NULL;
	sink->target.path = sink->path;
	sink->target.mode = options->mode;
	return TAKE_PTR(sink);
}

/* Says why the target cannot be opened at the start, and what to do. */
static int file_sink_refuse(const struct file_sink *sink, int error)
{
	const char *slash = strrchr(sink->path, '/');
	int parent = slash ? (int)(slash - sink->path) : 0;

	if (error == EISDIR)
		log_error("%s: %s is a directory; name a file in it, such as %s/trigon.log", sink->flag, sink->path,
			  sink->path);
	else if (error == ENOENT && parent > 0)
		log_error("%s: the directory of %s does not exist; make it with: mkdir -p %.*s", sink->flag, sink->path,
			  parent, sink->path);
	else if (error == EBADF)
		log_error("%s: standard output is closed; give %s a file", sink->flag, sink->flag);
	else
		log_error("%s: cannot open %s: %s; choose another file or let this user write it", sink->flag,
			  file_sink_name(sink), strerror(error));
	return -error;
}

int file_sink_open(const struct file_sink_options *options, struct file_sink **ret)
{
	_cleanup_(file_sink_freep) struct file_sink *sink = file_sink_new(options);
	int r;

	if (!sink) {
		log_error("%s: out of memory", options->flag);
		return -ENOMEM;
	}
	r = sink_target_open(&sink->target);
	if (r == -ENXIO)
		file_sink_trouble_begin(sink, FILE_SINK_CAUSE_CLOSED_PIPE, "nobody reads it yet");
	else if (r < 0)
		return file_sink_refuse(sink, -r);
	else
		sink->stats.opened = 1;
	*ret = TAKE_PTR(sink);
	return 0;
}

/* Standard output does not come back: nothing is kept for it. */
static bool file_sink_is_over(const struct file_sink *sink)
{
	return sink->trouble == FILE_SINK_CAUSE_CLOSED_PIPE && sink_target_is_stdout(&sink->target);
}

bool file_sink_offer(struct file_sink *sink, const char *line, size_t length)
{
	assert(length > 0 && length <= FILE_SINK_BATCH_BYTES && line[length - 1] == '\n');
	if (file_sink_is_over(sink))
		return false;
	if (length > buffer_room(&sink->batch))
		file_sink_flush(sink);
	if (length > buffer_room(&sink->batch))
		return false;
	buffer_append(&sink->batch, line, length);
	sink->batch_lines++;
	return true;
}

void file_sink_append(struct file_sink *sink, const char *line, size_t length)
{
	if (file_sink_offer(sink, line, length))
		return;
	if (sink->trouble == FILE_SINK_CAUSE_NONE)
		file_sink_trouble_begin(sink, FILE_SINK_CAUSE_SLOW_READER, "its reader is too slow");
	sink->stats.lines_lost[sink->trouble]++;
}

uint64_t file_sink_size(const struct file_sink *sink)
{
	if (sink->target.fd < 0 || sink->target.kind != SINK_TARGET_REGULAR || sink_target_is_stdout(&sink->target))
		return 0;
	return (uint64_t)sink->target.size + sink->batch.length;
}

void file_sink_renew(struct file_sink *sink)
{
	if (sink_target_is_stdout(&sink->target))
		return;
	if (sink->target.fd >= 0)
		file_sink_flush(sink);
	file_sink_reopen(sink);
}

void file_sink_flush(struct file_sink *sink)
{
	bool is_working = sink->trouble == FILE_SINK_CAUSE_NONE || sink->trouble == FILE_SINK_CAUSE_SLOW_READER;

	if (is_working && sink->batch.length > 0)
		file_sink_write_out(sink);
}

/* Opens again what vanished, was renamed or could not be opened. False: there is nothing to write to. */
static bool file_sink_look_after_path(struct file_sink *sink)
{
	if (sink->target.fd < 0)
		return !sink_target_is_stdout(&sink->target) && file_sink_reopen(sink);
	if (sink_target_is_current(&sink->target))
		return true;
	if (!file_sink_reopen(sink))
		return false;
	log_info("%s: %s was moved or removed; opened anew", sink->flag, sink->path);
	return true;
}

void file_sink_tick(struct file_sink *sink, uint64_t now_ns)
{
	uint64_t lost = file_sink_lost(sink);

	if (now_ns - sink->checked_at_ns < FILE_SINK_CHECK_NS)
		return;
	sink->checked_at_ns = now_ns;
	if (!file_sink_look_after_path(sink))
		return;
	file_sink_write_out(sink);
	if (sink->trouble == FILE_SINK_CAUSE_SLOW_READER && !sink->is_stalled && lost == sink->lost_at_last_tick)
		file_sink_trouble_end(sink);
	sink->lost_at_last_tick = lost;
}

void file_sink_get_stats(const struct file_sink *sink, struct file_sink_stats *ret)
{
	*ret = sink->stats;
	ret->lines_pending = sink->batch_lines;
	ret->bytes_pending = sink->batch.length;
	ret->trouble = sink->trouble;
}

struct file_sink *file_sink_close(struct file_sink *sink, struct file_sink_stats *ret_stats)
{
	if (!sink)
		return NULL;
	if (sink->batch.length > 0 && file_sink_look_after_path(sink))
		file_sink_write_out(sink);
	if (sink->batch.length > 0 && sink->trouble == FILE_SINK_CAUSE_NONE)
		file_sink_trouble_begin(sink, FILE_SINK_CAUSE_SLOW_READER, "its reader is too slow");
	file_sink_lose(sink, sink->batch.length);
	if (sink->trouble != FILE_SINK_CAUSE_NONE)
		log_warn("%s: %llu lines could not be written to %s", sink->flag,
			 (unsigned long long)(file_sink_lost(sink) - sink->lost_before), file_sink_name(sink));
	if (ret_stats)
		file_sink_get_stats(sink, ret_stats);
	file_sink_free(sink);
	return NULL;
}
