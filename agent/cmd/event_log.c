// SPDX-License-Identifier: Apache-2.0
#include "cmd/event_log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/util.h"
#include "core/encode/event_json.h"
#include "io/sink/log_archive.h"
#include "io/sink/log_state.h"

#define EVENT_LOG_RETRY_NS (10 * CLOCK_NS_PER_SECOND) /* after a rotation that failed */
#define EVENT_LOG_WAIT_NS (1 * CLOCK_NS_PER_SECOND)   /* for lines that have to be written before a rotation */

struct event_log {
	struct file_sink *sink;
	struct log_archive *archive; /* NULL: no rotation */
	struct log_state state;
	uint64_t max_bytes, rotation_interval_ns, ledger_interval_ns;
	const char *node_name, *cluster_name;
	event_log_source *source;
	void *source_context;

	struct ledger ledger; /* of the last record, or in the making */
	struct buffer record; /* its line */
	uint64_t written_ns;  /* CLOCK_MONOTONIC of the last record */
	uint64_t total_lost;  /* as it said */
	uint64_t file_ns;     /* CLOCK_MONOTONIC when the present file began */
	uint64_t file_lines;  /* what was written to earlier ones */
	uint64_t file_number; /* see file_sink_stats.opened */
	uint64_t retry_ns;    /* no rotation before */
	bool is_rotation_failing;
};

/* --- the ledger ---------------------------------------------------------------------------------------------- */

static void event_log_add_own_losses(struct ledger *ledger, const struct file_sink_stats *stats)
{
	static const char *const names[FILE_SINK_CAUSE_COUNT] = {
		[FILE_SINK_CAUSE_WRITE_ERROR] = "write_error",
		[FILE_SINK_CAUSE_CLOSED_PIPE] = "closed_pipe",
		[FILE_SINK_CAUSE_NOT_OPEN] = "not_open",
		[FILE_SINK_CAUSE_SLOW_READER] = "slow_reader",
	};

	for (size_t i = FILE_SINK_CAUSE_NONE + 1; i < FILE_SINK_CAUSE_COUNT; i++)
		ledger_add_loss(ledger, "log", names[i], stats->lines_lost[i]);
}

/* Fills in all numbers, as they are now. */
static void event_log_fill_ledger(const struct event_log *log, struct ledger *ledger)
{
	struct file_sink_stats stats;

	ledger->loss_count = ledger->policy_count = 0;
	ledger->policies_left_out = 0;
	log->source(log->source_context, ledger);
	file_sink_get_stats(log->sink, &stats);
	event_log_add_own_losses(ledger, &stats);
	ledger->lines = stats.lines_written + stats.lines_pending;
	ledger->bytes = stats.bytes_written + stats.bytes_pending;
	ledger->wall_ns = clock_realtime_ns();
}

/* What the log has no room for now is written later: its numbers are those of then. */
static void event_log_write_record(struct event_log *log, enum ledger_reason reason)
{
	struct ledger *ledger = &log->ledger;

	event_log_fill_ledger(log, ledger);
	ledger->reason = reason;
	ledger->sequence++;
	buffer_reset(&log->record);
	if (!ledger_json_encode(&log->record, ledger, log->node_name, log->cluster_name) ||
	    !file_sink_offer(log->sink, log->record.data, log->record.length)) {
		ledger->sequence--;
		return;
	}
	if (reason == LEDGER_START) /* from here on the log has what the page said of the agent before */
		log_state_begin(&log->state, ledger->session);
	if (log->state.page)
		log->state.page->lines++;
	log->total_lost = ledger_lost(ledger, NULL);
	log->written_ns = clock_monotonic_ns();
	ledger->previous = (struct ledger_previous){0};
}

static bool event_log_has_lost(struct event_log *log)
{
	event_log_fill_ledger(log, &log->ledger);
	return ledger_lost(&log->ledger, NULL) != log->total_lost;
}

/* --- rotation ------------------------------------------------------------------------------------------------ */

static bool event_log_is_written(const struct event_log *log)
{
	struct file_sink_stats stats;

	file_sink_get_stats(log->sink, &stats);
	return stats.lines_pending == 0 && stats.trouble == FILE_SINK_CAUSE_NONE;
}

static void event_log_begin_file(struct event_log *log)
{
	struct file_sink_stats stats;

	file_sink_get_stats(log->sink, &stats);
	log->file_lines = stats.lines_written;
	log->file_number = stats.opened;
	log->file_ns = clock_monotonic_ns();
}

/* Not while there is trouble: then the lines that wait would be torn from those before. */
static void event_log_rotate(struct event_log *log)
{
	uint64_t now_ns = clock_monotonic_ns();
	int r;

	if (now_ns < log->retry_ns)
		return;
	log->retry_ns = now_ns + EVENT_LOG_WAIT_NS;
	file_sink_flush(log->sink);
	if (!event_log_is_written(log))
		return;
	event_log_write_record(log, LEDGER_FULL);
	file_sink_flush(log->sink);
	if (!event_log_is_written(log))
		return;
	r = log_archive_rotate(log->archive, clock_realtime_ns());
	if (r < 0) {
		if (!log->is_rotation_failing)
			log_warn("--export-filename: the log cannot be renamed: %s; it grows on, trying again every "
				 "%llu s",
				 strerror(-r), EVENT_LOG_RETRY_NS / CLOCK_NS_PER_SECOND);
		log->is_rotation_failing = true;
		log->retry_ns = now_ns + EVENT_LOG_RETRY_NS;
		return;
	}
	log->retry_ns = 0;
	log->is_rotation_failing = false;
	file_sink_renew(log->sink);
	event_log_begin_file(log);
	event_log_write_record(log, LEDGER_FILE);
}

/* A file that has the records of the ledger only is left alone. */
static bool event_log_is_old(const struct event_log *log, uint64_t now_ns)
{
	struct file_sink_stats stats;

	if (log->rotation_interval_ns == 0 || now_ns < log->file_ns + log->rotation_interval_ns)
		return false;
	file_sink_get_stats(log->sink, &stats);
	return stats.lines_written > log->file_lines + 1;
}

/* The sink has opened the path anew, as somebody has moved or removed the file. */
static bool event_log_has_new_file(const struct event_log *log)
{
	struct file_sink_stats stats;

	file_sink_get_stats(log->sink, &stats);
	return stats.opened != log->file_number;
}

/* --- the interface ------------------------------------------------------------------------------------------- */

static void event_log_make_session(struct event_log *log)
{
	snprintf(log->ledger.session, sizeof(log->ledger.session), "%08" PRIx32 "%08" PRIx32, random_u32(),
		 random_u32());
	log->ledger.started_ns = clock_realtime_ns();
}

static bool event_log_is_session(const char *session)
{
	size_t length = strspn(session, "0123456789abcdef");

	return length == LEDGER_SESSION_LENGTH && session[length] == '\0';
}

/* Without, the ledger does not say what a kill took. */
static void event_log_open_state(struct event_log *log, const char *path)
{
	struct log_state_page previous;
	int r = log_state_open(path, &log->state, &previous);

	if (r == -EWOULDBLOCK)
		log_info("--export-filename: another agent writes %s, too", path);
	else if (r < 0)
		log_warn("--export-filename: cannot keep a state file beside %s: %s; should this agent be killed, the "
			 "next one will not say how many lines are missing",
			 path, strerror(-r));
	if (r < 0 || !event_log_is_session(previous.session))
		return;
	memcpy(log->ledger.previous.session, previous.session, sizeof(log->ledger.previous.session));
	log->ledger.previous.lines = previous.lines;
	log->ledger.previous.waiting = previous.waiting;
	log->ledger.previous.has_ended = previous.has_ended;
	if (!previous.has_ended)
		log_info("--export-filename: the agent that wrote %s before was killed; the log's loss ledger has what "
			 "it "
			 "had taken",
			 path);
}

static int event_log_open_files(struct event_log *log, const struct event_log_options *options)
{
	const struct log_archive_options archive = {
		.path = options->sink.path,
		.max_backups = options->max_backups,
		.compress = options->compress,
	};
	bool is_stdout = strcmp(options->sink.path, "-") == 0;
	int r = file_sink_open(&options->sink, &log->sink);

	if (r < 0)
		return r; /* said already */
	if (!is_stdout)
		event_log_open_state(log, options->sink.path);
	if (is_stdout || (options->max_bytes == 0 && options->rotation_interval_ns == 0))
		return 0;
	r = log_archive_open(&archive, &log->archive);
	if (r < 0)
		log_error("--export-filename: cannot look after the rotated files of %s: %s", options->sink.path,
			  strerror(-r));
	return r;
}

static void event_log_free(struct event_log *log)
{
	file_sink_close(log->sink, NULL);
	log_archive_close(log->archive);
	log_state_close(&log->state);
	buffer_done(&log->record);
	free(log);
}

int event_log_open(const struct event_log_options *options, struct event_log **ret)
{
	struct event_log *log = calloc(1, sizeof(*log));
	int r = log ? 0 : -ENOMEM;

	if (log) {
		log->state.fd = -1;
		r = buffer_init(&log->record, LEDGER_JSON_MAX);
	}
	if (r < 0) {
		log_error("not enough memory to start");
		free(log);
		return r;
	}
	log->max_bytes = options->max_bytes;
	log->rotation_interval_ns = options->rotation_interval_ns;
	log->ledger_interval_ns = options->ledger_interval_ns;
	log->node_name = options->node_name;
	log->cluster_name = options->cluster_name;
	event_log_make_session(log);
	r = event_log_open_files(log, options);
	if (r < 0) {
		event_log_free(log);
		return r;
	}
	event_log_begin_file(log);
	*ret = log;
	return 0;
}

void event_log_begin(struct event_log *log, event_log_source *source, void *context)
{
	log->source = source;
	log->source_context = context;
}

void event_log_append(struct event_log *log, const char *line, size_t length)
{
	uint64_t size = log->archive && log->max_bytes ? file_sink_size(log->sink) : 0;

	if (log->ledger.sequence == 0)
		event_log_write_record(log, LEDGER_START);
	if (size > 0 && size + length + LEDGER_JSON_MAX > log->max_bytes)
		event_log_rotate(log);
	file_sink_append(log->sink, line, length);
	if (log->state.page && log->ledger.sequence > 0)
		log->state.page->lines++;
}

void event_log_flush(struct event_log *log)
{
	file_sink_flush(log->sink);
}

static uint64_t event_log_lost(const struct file_sink_stats *stats)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < FILE_SINK_CAUSE_COUNT; i++)
		lost += stats->lines_lost[i];
	return lost;
}

/* All that it took: those that were lost, too, as no record may come to tell it. */
static void event_log_keep_state(struct event_log *log)
{
	struct file_sink_stats stats;

	if (!log->state.page || log->ledger.sequence == 0)
		return;
	file_sink_get_stats(log->sink, &stats);
	log->state.page->lines = stats.lines_written + stats.lines_pending + event_log_lost(&stats);
	log->state.page->waiting = log->ledger.waiting;
}

void event_log_tick(struct event_log *log, uint64_t now_ns)
{
	file_sink_tick(log->sink, now_ns);
	if (log->archive && event_log_is_old(log, now_ns))
		event_log_rotate(log);
	if (event_log_has_new_file(log)) {
		event_log_begin_file(log);
		event_log_write_record(log, LEDGER_FILE);
	}
	if (log->ledger.sequence == 0)
		event_log_write_record(log, LEDGER_START);
	else if (event_log_has_lost(log))
		event_log_write_record(log, LEDGER_LOSS);
	else if (now_ns >= log->written_ns + log->ledger_interval_ns)
		event_log_write_record(log, LEDGER_PERIODIC);
	event_log_keep_state(log);
}

void event_log_reopen(struct event_log *log)
{
	file_sink_renew(log->sink);
	event_log_begin_file(log);
	event_log_write_record(log, LEDGER_FILE);
}

void event_log_read_ledger(const struct event_log *log, struct ledger *ret)
{
	*ret = (struct ledger){0};
	memcpy(ret->session, log->ledger.session, sizeof(ret->session));
	event_log_fill_ledger(log, ret);
}

const char *event_log_session(const struct event_log *log)
{
	return log->ledger.session;
}

uint64_t event_log_lines(const struct event_log *log)
{
	struct file_sink_stats stats;

	file_sink_get_stats(log->sink, &stats);
	return stats.lines_written + stats.lines_pending;
}

void event_log_get_stats(const struct event_log *log, struct file_sink_stats *ret)
{
	file_sink_get_stats(log->sink, ret);
}

struct event_log *event_log_close(struct event_log *log, struct file_sink_stats *ret_stats)
{
	struct file_sink_stats stats;

	if (!log)
		return NULL;
	file_sink_flush(log->sink);
	if (log->ledger.sequence > 0)
		event_log_write_record(log, LEDGER_END);
	log->sink = file_sink_close(log->sink, &stats);
	if (log->state.page && log->ledger.sequence > 0) {
		log->state.page->lines = stats.lines_written + event_log_lost(&stats);
		log->state.page->waiting = 0;
		log->state.page->has_ended = 1;
	}
	if (ret_stats)
		*ret_stats = stats;
	event_log_free(log);
	return NULL;
}
