// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_live.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/agent_query.h"
#include "cmd/events_log.h"
#include "io/server/stream_client.h"
#include "io/server/server_address.h"

#define COMMAND "trigon events"
#define STATUS_TRIES 20
#define STATUS_WAIT_MS 250
#define RECORD_BEGIN "{\"stream\":{"
#define EXISTING_MARK ",\"existing\":{" /* no text in JSON has it */

struct live {
	struct events_printer *printer;
	const char *address;
	char *target; /* owned */
	struct stream_client *stream;
	struct events_log log; /* where the events since a time are, until the stream has begun */
	bool has_log;
	/* of the present stream */
	uint64_t events, lost, left_out;
	bool has_begun, has_ended;
};

/* --- records of the stream */

struct stream_record {
	struct events_log_place place; /* session "": the agent has no log */
	uint64_t sent, lost;
	uint64_t left_out; /* of the processes that ran, once all of them have been looked at */
	bool has_ended;
};

static bool is_record(const struct line *line)
{
	return line->length > strlen(RECORD_BEGIN) && memcmp(line->data, RECORD_BEGIN, strlen(RECORD_BEGIN)) == 0;
}

/* 64-bit numbers are strings. */
static uint64_t number_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? strtoull(text, NULL, 10) : 0;
}

static bool read_record(const struct line *line, struct stream_record *ret)
{
	json_auto_t *root = json_loadb(line->data, line->length, 0, NULL);
	const json_t *record = json_object_get(root, "stream");
	const json_t *existing = json_object_get(record, "existing");
	const char *session = json_string_value(json_object_get(record, "session"));

	*ret = (struct stream_record){
		.sent = number_at(record, "sent"),
		.lost = number_at(record, "lost"),
		.has_ended = json_is_true(json_object_get(record, "ended")),
		.place.lines = number_at(record, "lines"),
	};
	if (json_is_true(json_object_get(existing, "complete")))
		ret->left_out = number_at(existing, "left_out");
	if (session)
		snprintf(ret->place.session, sizeof(ret->place.session), "%s", session);
	return record;
}

/* The log first, up to where the stream begins. */
static int begin(struct live *live, const struct stream_record *record)
{
	int r = 0;

	live->has_begun = true;
	if (!live->has_log)
		return 0;
	if (*record->place.session)
		r = events_log_print_until(&live->log, &record->place);
	else
		events_printer_miss(live->printer,
				    "the agent writes no log any more: events before now may be missing");
	events_log_close(&live->log);
	live->has_log = false;
	return r;
}

static int take_record(struct live *live, const struct line *line)
{
	struct stream_record record;

	if (!read_record(line, &record)) {
		events_printer_miss(live->printer, "the agent's stream: a record that cannot be read");
		return 0;
	}
	live->has_ended = record.has_ended;
	if (record.lost > live->lost)
		events_printer_miss(live->printer,
				    "%" PRIu64 " events lost: this reader, or its filters, were slower than they came",
				    record.lost - live->lost);
	live->lost = record.lost;
	if (record.left_out > live->left_out)
		events_printer_miss(live->printer, "%" PRIu64 " more processes run than the agent tells",
				    record.left_out);
	live->left_out = record.left_out;
	if (record.sent != live->events)
		events_printer_miss(live->printer, "the agent sent %" PRIu64 " events, and %" PRIu64 " have come",
				    record.sent, live->events);
	live->events = record.sent;
	return live->has_begun ? 0 : begin(live, &record);
}

/* A process that ran already, which is no event. */
static bool is_existing(const struct live *live, const struct line *line)
{
	return live->printer->options->existing &&
	       memmem(line->data, line->length, EXISTING_MARK, strlen(EXISTING_MARK));
}

static int take_line(struct live *live, const struct line *line)
{
	if (is_record(line))
		return take_record(live, line);
	live->events += !is_existing(live, line);
	return events_printer_take_chosen(live->printer, line, live->events);
}

/* --- the stream */

/* 0: the agent has closed it, or we are to end; -errno: it broke off, or the output did. */
static int take_stream(struct live *live)
{
	struct line line;
	int r;

	do {
		while (stream_client_take(live->stream, &line)) {
			r = take_line(live, &line);
			if (r < 0)
				return r;
		}
		r = events_printer_flush(live->printer);
		if (r == 0 && !events_is_interrupted)
			r = stream_client_fill(live->stream);
	} while (r > 0);
	return r;
}

static int connect_to_agent(struct live *live)
{
	char error[STREAM_CLIENT_ERROR_MAX];
	const struct stream_client_options options = {.address = live->address, .target = live->target};
	int r = stream_client_open(&options, &live->stream, error);

	live->events = live->lost = live->left_out = 0;
	live->has_begun = live->has_ended = false;
	if (r == -ELIBACC || r == -ENOMEM)
		fprintf(stderr, COMMAND ": %s\n", error);
	if (r == 0 || r == -ELIBACC || r == -ENOMEM)
		return r;
	/* HTTP tells why */
	if (!agent_query_refusal(COMMAND, live->address, live->target))
		fprintf(stderr, COMMAND ": the agent on %s gives no stream: %s\n", live->address, error);
	return r;
}

static void say_end(const struct live *live, int r)
{
	const char *why = r == -ETIMEDOUT   ? "the agent has been silent for 30 s"
			  : r < 0           ? strerror(-r)
			  : live->has_ended ? "the agent has ended"
					    : "the agent has closed the connection";

	events_printer_miss(live->printer, "the stream ends: %s", why);
}

/* A second connection, and so on, misses what happened in between. Returns whether to try. */
static bool wait_for_agent(const struct live *live)
{
	const struct events_options *options = live->printer->options;
	uint64_t end_ns = clock_monotonic_ns() + options->reconnect_wait_ns, now_ns;

	if (!options->reconnect)
		return false;
	while (!events_is_interrupted && (now_ns = clock_monotonic_ns()) < end_ns)
		poll(NULL, 0, (int)MIN((end_ns - now_ns) / CLOCK_NS_PER_MS + 1, 1000));
	return !events_is_interrupted;
}

static int follow_once(struct live *live)
{
	int r = connect_to_agent(live);

	if (r == 0)
		r = take_stream(live);
	if (live->stream && !events_is_interrupted && !live->printer->write_error)
		say_end(live, r);
	live->stream = stream_client_close(live->stream);
	return r;
}

static int follow(struct live *live)
{
	bool is_again = false;
	int r;

	do {
		if (is_again)
			fprintf(stderr, COMMAND ": connecting to the agent on %s again\n", live->address);
		r = follow_once(live);
		is_again = true;
	} while (!events_is_interrupted && !live->printer->write_error && wait_for_agent(live));
	return events_is_interrupted ? 0 : r;
}

/* --- the log */

/* An agent that has just begun does not know its numbers yet. NULL: said. */
static json_t *query_status(const char *address)
{
	json_t *status = agent_query(COMMAND, address, "/v1/status");

	for (int i = 0; i < STATUS_TRIES && status && !json_object_get(status, "events"); i++) {
		json_decref(status);
		poll(NULL, 0, STATUS_WAIT_MS);
		status = agent_query(COMMAND, address, "/v1/status");
	}
	return status;
}

/* The path of the agent's log, the caller's to free. NULL: said. */
static char *find_log(const char *address)
{
	json_auto_t *status = query_status(address);
	char *path = status ? agent_query_log_path(status) : NULL;

	if (status && !path)
		fprintf(stderr, COMMAND ": --since: the agent on %s writes no log file (--export-filename)\n", address);
	return path;
}

static int print_since(struct live *live, const char *path)
{
	int r = events_log_open(&live->log, live->printer, path);

	live->has_log = true;
	if (r == 0)
		r = events_log_print_rotated(&live->log);
	return r < 0 ? r : events_log_print(&live->log);
}

static int make_target(struct live *live)
{
	const struct events_filter *filter = &live->printer->filter;
	bool with_existing = live->printer->options->existing;
	const char *path = with_existing ? "/v1/events?existing=true" : "/v1/events";
	_cleanup_free_ char *json = NULL, *encoded = NULL;

	if (events_filter_is_empty(filter)) {
		live->target = strdup(path);
		return live->target ? 0 : -ENOMEM;
	}
	json = events_filter_json(filter);
	encoded = json ? agent_query_encode(json) : NULL;
	if (!encoded || asprintf(&live->target, "%s%callow=%s", path, with_existing ? '&' : '?', encoded) < 0)
		return -ENOMEM;
	return 0;
}

static int run(struct live *live)
{
	const struct events_options *options = live->printer->options;
	_cleanup_free_ char *path = NULL;
	int r = make_target(live);

	if (r < 0) {
		fprintf(stderr, COMMAND ": cannot make the query: out of memory, or a filter is not UTF-8\n");
		return r;
	}
	if (options->since_ns) {
		path = find_log(live->address);
		r = path ? print_since(live, path) : -ENOENT;
	}
	if (r == 0 && (options->follow || !options->since_ns) && !events_is_interrupted)
		r = follow(live);
	events_log_close(&live->log);
	return r;
}

int events_live_print(struct events_printer *printer)
{
	const char *address = printer->options->server_address;
	struct live live = {.printer = printer, .address = address ? address : SERVER_PATH_DEFAULT};
	int r = run(&live);

	free(live.target);
	return r;
}
