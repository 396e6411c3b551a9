// SPDX-License-Identifier: Apache-2.0
/* The loss ledger: how a record is written, and what the check of a log finds. */
#include "core/encode/ledger_json.h"
#include "core/event/ledger_check.h"

#include "base/util.h"
#include "test.h"

static struct ledger ledger;
static struct buffer buffer;

static void test_record(void)
{
	ledger = (struct ledger){
		.session = "0123456789abcdef",
		.sequence = 2,
		.reason = LEDGER_LOSS,
		.wall_ns = 1764331200000000001,
		.started_ns = 1764331200000000000,
		.lines = 7,
		.bytes = 700,
		.events = 10,
		.waiting = 1,
		.filtered = 4,
		.rate_limited = 5,
	};
	ledger_add_loss(&ledger, "ring", "exec", 3);
	ledger_add_loss(&ledger, "ring", "fork", 0);
	ledger_add_loss(&ledger, "ring", "exit", 1);
	ledger_add_loss(&ledger, "log", "write_error", 2);
	ledger_add_policy(&ledger, NULL, "a", 5, 1);
	ledger_add_policy(&ledger, "team", "b\"", 6, 2);
	ledger.readers[0] = (struct ledger_reader){.reader = 3, .sent = 8, .lost = 9};
	ledger.reader_count = 1;
	ledger.readers_gone = (struct ledger_reader){.reader = 2, .sent = 4, .lost = 1};
	CHECK_EQ(ledger_lost(&ledger, NULL), 6);
	CHECK_EQ(ledger_lost(&ledger, "log"), 2);
	CHECK_EQ(buffer_init(&buffer, LEDGER_JSON_MAX), 0);
	CHECK(ledger_json_encode(&buffer, &ledger, "n", NULL));
	CHECK_BYTES(buffer.data, buffer.length,
		    "{\"loss_ledger\":{\"session\":\"0123456789abcdef\",\"sequence\":\"2\",\"reason\":\"LOSS\","
		    "\"since\":\"2025-11-28T12:00:00Z\",\"lines\":\"7\",\"bytes\":\"700\",\"events\":\"10\","
		    "\"waiting\":\"1\",\"filtered\":\"4\",\"rate_limited\":\"5\",\"lost\":{\"ring\":{\"exec\":\"3\","
		    "\"exit\":\"1\"},\"log\":{"
		    "\"write_error\":"
		    "\"2\"}},\"policies\":[{\"name\":\"a\",\"events\":\"5\",\"lost\":\"1\"},{\"namespace\":\"team\","
		    "\"name\":\"b\\\"\",\"events\":\"6\",\"lost\":\"2\"}],"
		    "\"readers\":[{\"reader\":\"3\",\"sent\":\"8\",\"lost\":\"9\"}],"
		    "\"readers_gone\":{\"count\":\"2\",\"sent\":\"4\",\"lost\":\"1\"}},\"node_name\":\"n\","
		    "\"time\":\"2025-11-28T12:00:00.000000001Z\"}\n");
	CHECK(!ledger_json_encode(&buffer, &ledger, "n", NULL)); /* no room */
	buffer_done(&buffer);
}

/* Everything as long as it gets. */
static void test_largest_record(void)
{
	char name[300];

	memset(name, '\x01', sizeof(name)); /* six bytes of JSON each */
	name[sizeof(name) - 1] = '\0';
	ledger = (struct ledger){.session = "0123456789abcdef", .sequence = UINT64_MAX, .reason = LEDGER_PERIODIC};
	for (int i = 0; i < LEDGER_LOSSES_MAX; i++)
		ledger_add_loss(&ledger, i % 2 ? "kernel_memory" : "decoder", "mismatched_hook", UINT64_MAX);
	for (int i = 0; i < LEDGER_POLICIES_MAX + 3; i++)
		ledger_add_policy(&ledger, name, name, UINT64_MAX, UINT64_MAX);
	CHECK_EQ(ledger.policies_left_out, 3);
	for (int i = 0; i < LEDGER_READERS_MAX; i++)
		ledger.readers[ledger.reader_count++] = (struct ledger_reader){UINT64_MAX, UINT64_MAX, UINT64_MAX};
	ledger.readers_gone = ledger.readers[0];
	ledger.previous = (struct ledger_previous){.session = "0123456789abcdef", .lines = UINT64_MAX};
	CHECK_EQ(buffer_init(&buffer, 2 * LEDGER_JSON_MAX), 0);
	CHECK(ledger_json_encode(&buffer, &ledger, name, name));
	CHECK(!buffer.is_full);
	CHECK(buffer.length <= LEDGER_JSON_MAX);
	buffer_done(&buffer);
}

/* --- the check */

#define LENGTH 99 /* of each line, without newline */

static struct ledger_check check;
static char said[1024];

static void report(void *context, const char *text)
{
	(void)context;
	snprintf(said, sizeof(said), "%s", text);
}

static void begin(void)
{
	check = (struct ledger_check){.report = report};
	said[0] = '\0';
}

static void lines(int count)
{
	for (int i = 0; i < count; i++)
		ledger_check_line(&check, LENGTH);
}

/* A record behind `events` lines and the records before it. */
static struct ledger_entry entry_of(char session, uint64_t sequence, uint64_t events)
{
	struct ledger_entry entry = {.sequence = sequence, .reason = LEDGER_PERIODIC, .events = events};

	memset(entry.session, session, LEDGER_SESSION_LENGTH);
	entry.lines = events + sequence - 1;
	entry.bytes = entry.lines * (LENGTH + 1);
	return entry;
}

static void record(char session, uint64_t sequence, uint64_t events)
{
	const struct ledger_entry entry = entry_of(session, sequence, events);

	ledger_check_entry(&check, &entry, LENGTH);
}

static void test_complete(void)
{
	begin();
	record('a', 1, 0);
	lines(10);
	record('a', 2, 10);
	record('a', 3, 10);
	lines(1);
	record('a', 4, 11);
	lines(5);
	ledger_check_end(&check);
	CHECK(ledger_check_is_complete(&check));
	CHECK_EQ(check.event_lines, 16);
	CHECK_EQ(check.unproven, 5);
	CHECK_STR(said, "");
}

static void test_missing(void)
{
	begin();
	record('a', 1, 0);
	lines(9);
	record('a', 2, 10);
	CHECK_EQ(check.missing, 1);
	CHECK_STR(said,
		  "line 11: 1 lines are missing between record 1 of session aaaaaaaaaaaaaaaa and the next record");
	lines(12); /* two of which are there again */
	record('a', 3, 20);
	CHECK_EQ(check.surplus, 2);
	lines(7);
	record('a', 5, 30); /* with record 4: it is a line, too */
	CHECK_EQ(check.missing, 1 + 3 + 1);
	CHECK(!ledger_check_is_complete(&check));
}

static void test_contradictions(void)
{
	struct ledger_entry entry;

	begin();
	record('a', 1, 0);
	lines(5);
	entry = entry_of('a', 2, 5);
	entry.bytes -= 3; /* a line has become longer */
	ledger_check_entry(&check, &entry, LENGTH);
	CHECK_EQ(check.contradictions, 1);
	entry = entry_of('a', 3, 5);
	entry.bytes -= 3;
	entry.events = 17;
	entry.waiting = 2;
	entry.filtered = 4;
	entry.rate_limited = 5;
	entry.lost_log = entry.lost = 1; /* that is the sum */
	ledger_check_entry(&check, &entry, LENGTH);
	CHECK_EQ(check.contradictions, 1);
	record('a', 3, 5); /* the same file again */
	CHECK_EQ(check.contradictions, 2);
	CHECK_EQ(check.missing + check.surplus, 0);
}

static void test_losses(void)
{
	struct ledger_entry entry = entry_of('a', 1, 0);

	begin();
	entry.lost = 4;
	ledger_check_entry(&check, &entry, LENGTH);
	entry = entry_of('a', 2, 0);
	entry.lost = 7; /* they count from the start */
	entry.lost_throttle = 3;
	entry.reason = LEDGER_END;
	ledger_check_entry(&check, &entry, LENGTH);
	record('b', 1, 0);
	ledger_check_end(&check);
	CHECK_EQ(check.lost, 7);
	CHECK_EQ(check.throttled, 3);
	CHECK_EQ(check.sessions, 2);
	CHECK(!ledger_check_is_complete(&check));
}

static void test_killed(void)
{
	struct ledger_entry entry = entry_of('b', 1, 0);

	memset(entry.previous.session, 'a', LEDGER_SESSION_LENGTH);
	entry.previous.lines = 1 + 10;
	begin();
	record('a', 1, 0);
	lines(10);
	ledger_check_entry(&check, &entry, LENGTH);
	ledger_check_end(&check);
	CHECK(ledger_check_is_complete(&check));
	CHECK_EQ(check.unproven, 0);

	begin();
	record('a', 1, 0);
	lines(8);
	entry.previous.waiting = 3;
	ledger_check_entry(&check, &entry, LENGTH);
	CHECK_EQ(check.missing, 2);
	CHECK_EQ(check.killed, 3);
	CHECK(!ledger_check_is_complete(&check));
}

/* The last record of a session is not there, though it ended: a full disk, or a file that was left out. */
static void test_end_is_gone(void)
{
	struct ledger_entry entry = entry_of('b', 1, 0);

	memset(entry.previous.session, 'a', LEDGER_SESSION_LENGTH);
	entry.previous.lines = 2 + 30;
	entry.previous.has_ended = true;
	begin();
	record('a', 1, 0);
	lines(10);
	ledger_check_entry(&check, &entry, LENGTH);
	CHECK_EQ(check.missing, 21);
	CHECK_STR(said, "line 12: 21 lines are missing between record 1 of session aaaaaaaaaaaaaaaa and its end");
	CHECK(!ledger_check_is_complete(&check));
}

/* And of a session nothing at all. */
static void test_session_is_gone(void)
{
	struct ledger_entry entry = entry_of('c', 1, 0);

	memset(entry.previous.session, 'b', LEDGER_SESSION_LENGTH);
	entry.previous.lines = 7;
	entry.previous.has_ended = true;
	begin();
	ledger_check_entry(&check, &entry, LENGTH); /* what was before the first one is not asked */
	CHECK_STR(said, "");
	begin();
	record('a', 1, 0);
	ledger_check_entry(&check, &entry, LENGTH);
	CHECK_EQ(check.missing, 7);
	CHECK_STR(said, "line 2: session bbbbbbbbbbbbbbbb, which wrote 7 lines before this, is not here");
}

/* A log of which the beginning was removed. */
static void test_beginning_is_gone(void)
{
	begin();
	lines(4);
	record('a', 7, 100);
	CHECK_STR(said, "line 5: session aaaaaaaaaaaaaaaa began before this: records 1 to 6 are not here");
	lines(2);
	record('a', 8, 102);
	ledger_check_end(&check);
	CHECK(ledger_check_is_complete(&check));
	CHECK_EQ(check.unproven, 4);
}

int main(void)
{
	RUN(test_record);
	RUN(test_largest_record);
	RUN(test_complete);
	RUN(test_missing);
	RUN(test_contradictions);
	RUN(test_losses);
	RUN(test_killed);
	RUN(test_end_is_gone);
	RUN(test_session_is_gone);
	RUN(test_beginning_is_gone);
	return test_end();
}
