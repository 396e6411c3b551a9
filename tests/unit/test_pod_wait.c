// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod_wait.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/kube/pod_table.h"
#include "pod_maker.h"
#include "test.h"

#define UNSET_AUID UINT32_MAX
#define BYTES(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}
#define SECOND 1000000000ULL
#define OTHER_UID "11111111-1b2c-4d5e-8f90-0a1b2c3d4e5f"
#define OTHER_ID "22222222222222222222222222222ff"
#define OTHER_ID64 OTHER_ID "000000000000000000000000000000001"
#define SANDBOX_ID "33333333333333333333333333333ff"
#define UNNAMED_ID "44444444444444444444444444444ff"

static struct pod_table *table;
static struct pod_wait *wait;
static struct pod_splices splices;
static struct destinations destinations; /* of what is taken next */
static struct event_json_options options = {.node_name = "n1"};
static struct buffer line;

/* What went out: a letter for each line, its process's binary, followed by what is said of its pod. */
static char out[3 * POD_WAIT_LINES_MAX];
static size_t out_length;
static size_t longest;

static bool holds(const char *text, size_t length, const char *what)
{
	return memmem(text, length, what, strlen(what)) != NULL;
}

static void put_out(char character)
{
	if (out_length < sizeof(out) - 1)
		out[out_length++] = character;
	out[out_length] = '\0';
}

/* Digits for destinations, `-` without the log. `.` for a pod with its container, `?` for one whose container is
 * unresolved, `s` for one without a container, nothing for none. */
static void output(void *context, uint32_t to, const char *text, size_t length)
{
	const char *binary = memmem(text, length, "\"binary\":\"/", 11);

	CHECK(context == &table);
	for (unsigned int i = 1; i < DESTINATIONS_MAX; i++)
		if (to & DESTINATION_BIT(i))
			put_out((char)('0' + i));
	if (!(to & DESTINATION_BIT(DESTINATION_LOG)))
		put_out('-');
	CHECK(length && text[length - 1] == '\n' && memchr(text, '\n', length) == text + length - 1);
	put_out(binary ? binary[11] : '!');
	if (holds(text, length, "\"unresolved\":true"))
		put_out('?');
	else if (holds(text, length, "\"pod\":{"))
		put_out(holds(text, length, "\"container\":{") ? '.' : 's');
	longest = MAX(longest, length);
}

/* A filter that lets a process pass whose container is known and was started for no probe. */
static bool gate(void *context, unsigned int destination, const struct filter_pending *asked,
		 const struct filter_found *found)
{
	/* each destination is asked with its own */
	CHECK(context == &table && asked->deny == 1ULL << destination && asked->is_process_awaited);
	CHECK_EQ(holds(found->line.data, found->line.length, "\"pod\":{"), found->process->state == POD_STATE_FOUND);
	return found->process->container && !found->is_probe;
}

#define CHECK_OUT(wanted) \
	do { \
		CHECK_STR(out, (wanted)); \
		out_length = 0; \
		out[0] = '\0'; \
	} while (0)

static unsigned asked;

/* What a runtime says that is known here. */
static bool is_sandbox(void *context, const char *docker)
{
	CHECK(context == &table);
	asked++;
	return strcmp(docker, SANDBOX_ID) == 0;
}

static struct pod_wait_calls calls = {.output = output, .gate = gate, .is_sandbox = is_sandbox};

static void begin_unlisted(void)
{
	out[0] = '\0';
	out_length = longest = 0;
	destinations = (struct destinations){.to = DESTINATION_BIT(DESTINATION_LOG)};
	table = pod_table_new();
	calls.context = &table;
	asked = 0;
	wait = pod_wait_new(table, &calls);
	if (!table || !wait || buffer_init(&line, EVENT_JSON_LINE_MAX) < 0)
		abort();
	options.pods = pod_wait_finder(wait);
	options.splices = &splices;
}

static void list_nothing(void)
{
	pod_table_begin_list(table);
	pod_table_end_list(table);
}

static void begin(void)
{
	begin_unlisted();
	list_nothing();
}

static void end(void)
{
	wait = pod_wait_free(wait);
	table = pod_table_free(table);
	buffer_done(&line);
}

static struct process process_in(const char *uid, const char *docker)
{
	struct process process = {.pid = 7, .ns_pid = 3, .ktime_ns = 5};

	if (uid[0])
		process.pod_uid = maker_uid(uid);
	snprintf(process.docker, sizeof(process.docker), "%s", docker);
	return process;
}

/* An event of a process whose binary is /<letter>, whose parent is in another container, or NULL. */
static void take_with_parent(char letter, const char *uid, const char *docker, struct process *parent,
			     struct bytes arguments, uint64_t now_ns)
{
	char binary[] = {'/', letter};
	struct image image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = {binary, 2}, .arguments = arguments};
	struct image parent_image = {.auid = UNSET_AUID};
	struct process process = process_in(uid, docker);
	struct event event = {.type = EVENT_PROCESS_EXEC, .wall_ns = 1, .process = &process, .parent = parent};

	process.image = &image;
	if (parent)
		parent->image = &parent_image;
	buffer_reset(&line);
	CHECK(event_json_encode(&line, &event, &options) > 0);
	pod_wait_take(wait, &event, line.data, line.length, &splices, &destinations, now_ns);
}

static void take(char letter, const char *uid, const char *docker, uint64_t now_ns)
{
	take_with_parent(letter, uid, docker, NULL, (struct bytes){0}, now_ns);
}

/* xwing with as many of its containers as its status has by now. */
static void put_xwing(size_t container_count)
{
	struct kube_pod_fields fields = maker_fields();

	fields.container_count = container_count;
	pod_table_put(table, maker_new(&fields));
}

static void put_other(void)
{
	const struct kube_container_fields container = {.id = maker_bytes("cri-o://" OTHER_ID64)};
	struct kube_pod_fields fields = {.uid = maker_bytes(OTHER_UID), .containers = &container, .container_count = 1};

	pod_table_put(table, maker_new(&fields));
}

static const struct pod_wait_stats *stats(void)
{
	return pod_wait_read_stats(wait);
}

static void test_known_pods_do_not_wait(void)
{
	begin();
	put_xwing(2);
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', "", "", 0);       /* a process of the host */
	take('c', "", OTHER_ID, 0); /* a container of Docker's */
	take('d', "", MAKER_ID, 0); /* a path without the UID */
	CHECK_OUT("a.bcd.");
	CHECK(!pod_wait_is_holding(wait) && stats()->held == 0);
	end();
}

/* For what is told as it is now: neither waits nor ends waiting. */
static void test_finder_now(void)
{
	struct process process = process_in(MAKER_UID, MAKER_ID);
	const struct pod_finder *finder;
	struct pod_place place;

	begin_unlisted();
	finder = pod_wait_finder_now(wait);
	CHECK(!pod_wait_has_list(wait));
	list_nothing();
	CHECK(pod_wait_has_list(wait));
	finder->find(finder->context, &process, &place);
	CHECK_EQ(place.state, POD_STATE_NONE);
	put_xwing(1);
	finder->find(finder->context, &process, &place);
	CHECK_EQ(place.state, POD_STATE_FOUND);
	CHECK(!place.container);
	kube_pod_unref(place.pod);
	put_xwing(2);
	finder->find(finder->context, &process, &place);
	CHECK_EQ(place.state, POD_STATE_FOUND);
	CHECK(place.container);
	kube_pod_unref(place.pod);
	end();
}

/* The pod is there before its containers: the events wait for the container's name alone, in order. */
static void test_waits_for_the_container(void)
{
	begin();
	put_xwing(1);
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', MAKER_UID, MAKER_INIT_ID, 0); /* the init container is known already */
	take('c', MAKER_UID, MAKER_ID, 1);
	take('d', "", "", 2);
	CHECK_OUT("b.d");
	CHECK(pod_wait_is_holding(wait));
	pod_wait_poll(wait, 3);
	CHECK_OUT("");
	put_xwing(2);
	/* known from now on, but not before what is held */
	take('e', MAKER_UID, MAKER_ID, 4);
	CHECK_OUT("");
	pod_wait_poll(wait, 5);
	CHECK_OUT("a.c.e.");
	CHECK(!pod_wait_is_holding(wait));
	CHECK_EQ(stats()->held, 3);
	CHECK_EQ(stats()->lines, 0);
	CHECK_EQ(stats()->bytes, 0);
	take('f', MAKER_UID, MAKER_ID, 6);
	CHECK_OUT("f.");
	end();
}

static void test_waits_for_the_pod(void)
{
	begin();
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', OTHER_UID, OTHER_ID, 0);
	take('c', MAKER_UID, MAKER_ID, 0);
	put_other();
	pod_wait_poll(wait, 1);
	CHECK_OUT("b.");
	put_xwing(0);
	pod_wait_poll(wait, 2);
	CHECK_OUT("");
	put_xwing(2);
	pod_wait_poll(wait, 3);
	CHECK_OUT("a.c.");
	for (size_t i = 0; i < POD_WAIT_CAUSE_COUNT; i++)
		CHECK_EQ(stats()->incomplete[i], 0);
	end();
}

/* The held line is the one that would have gone out, had the pod been known. */
static void test_line_is_whole(void)
{
	struct process parent = process_in(OTHER_UID, OTHER_ID);
	static char held[EVENT_JSON_LINE_MAX];
	const struct bytes probe = {" \"/tmp/is healthy\"", 18};
	size_t length;

	begin();
	put_xwing(2);
	put_other();
	take_with_parent('c', MAKER_UID, MAKER_ID, &parent, probe, 0);
	length = line.length;
	memcpy(held, line.data, length);
	end();
	begin();
	take_with_parent('c', MAKER_UID, MAKER_ID, &parent, probe, 0);
	CHECK(line.length < length);
	put_other();
	pod_wait_poll(wait, 1);
	CHECK_OUT("");
	put_xwing(2);
	pod_wait_poll(wait, 2);
	CHECK_OUT("c.");
	CHECK_EQ(longest, length);
	end();
}

static void make_pending(unsigned int destination)
{
	destinations.to |= DESTINATION_BIT(destination);
	destinations.pending |= DESTINATION_BIT(destination);
	destinations.verdicts[destination] =
		(struct filter_pending){.deny = 1ULL << destination, .is_process_awaited = true};
}

/* What filters could not tell is decided when the line would go out, once. */
static void test_gate(void)
{
	struct image image = {.binary = BYTES("/bin/cat"), .arguments = BYTES(" \"/tmp/is healthy\"")};
	struct process process = process_in(MAKER_UID, MAKER_ID);
	const struct event probe = {.type = EVENT_PROCESS_EXEC, .process = &process};

	begin();
	process.image = &image;
	make_pending(DESTINATION_LOG);
	take('a', MAKER_UID, MAKER_ID, 0);
	buffer_reset(&line);
	event_json_encode(&line, &probe, &options);
	pod_wait_take(wait, &probe, line.data, line.length, &splices, &destinations, 0);
	take('d', OTHER_UID, OTHER_ID, 0);
	destinations.pending = 0;
	take('b', MAKER_UID, MAKER_ID, 0);
	CHECK_OUT("");
	put_xwing(2);
	pod_wait_poll(wait, 1);
	CHECK_OUT("a.b.");
	pod_wait_poll(wait, POD_WAIT_MAX_NS); /* nobody knows d */
	CHECK_OUT("");
	CHECK_EQ(stats()->lines, 0);
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_TIME], 0);
	/* nor is it waited for again; an event that is not exported is not counted */
	take('e', OTHER_UID, OTHER_ID, POD_WAIT_MAX_NS);
	CHECK_OUT("e");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_VAIN], 1);
	end();
}

/* Each destination gets what its own filters let pass; what is counted is the log's. */
static void test_destinations(void)
{
	begin();
	destinations.to = DESTINATION_BIT(3);
	take('a', MAKER_UID, MAKER_ID, 0); /* kept back from the log */
	destinations.to = DESTINATION_BIT(DESTINATION_LOG);
	make_pending(2);
	make_pending(5);
	make_pending(8);
	take('b', MAKER_UID, MAKER_ID, 0);
	take('c', OTHER_UID, OTHER_ID, 0);
	CHECK_EQ(stats()->lines, 3);
	CHECK_EQ(stats()->waiting, 2);
	CHECK_EQ(stats()->held, 2);
	put_xwing(2);
	pod_wait_poll(wait, 1);
	CHECK_OUT("3-a.258b.");
	CHECK_EQ(stats()->waiting, 1);
	pod_wait_poll(wait, POD_WAIT_MAX_NS);
	CHECK_OUT("c");
	CHECK_EQ(stats()->waiting, 0);
	end();
}

/* A reader that has gone gets nothing, and what it waited for does not pass to the next one in its place. */
static void test_destination_is_removed(void)
{
	begin();
	make_pending(2);
	make_pending(5);
	make_pending(8);
	take('a', MAKER_UID, MAKER_ID, 0);
	destinations = (struct destinations){.to = DESTINATION_BIT(5)};
	take('b', MAKER_UID, MAKER_ID, 0);
	pod_wait_remove_destination(wait, 5);
	pod_wait_remove_destination(wait, 7);
	CHECK_EQ(stats()->waiting, 1);
	put_xwing(2);
	pod_wait_poll(wait, 1);
	CHECK_OUT("28a.");
	CHECK_EQ(stats()->lines, 0);
	end();
}

/* One that comes while events wait gets those. */
static void test_destination_is_added(void)
{
	begin();
	make_pending(2);
	take('a', MAKER_UID, MAKER_ID, 0);
	pod_wait_remove_destination(wait, 2);
	pod_wait_add_destination(wait, 2);
	put_xwing(2);
	pod_wait_poll(wait, 1);
	CHECK_OUT("2a.");
	end();
}

static void test_skip(void)
{
	struct process process = process_in(OTHER_UID, OTHER_ID);
	struct pod_place place;

	begin();
	take('a', OTHER_UID, OTHER_ID, 0);
	pod_wait_poll(wait, POD_WAIT_MAX_NS);
	CHECK_OUT("a");
	options.pods->find(options.pods->context, &process, &place);
	pod_wait_skip(wait);
	take('b', "", "", POD_WAIT_MAX_NS);
	CHECK_OUT("b");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_VAIN], 0);
	end();
}

static void compare(void *context, uint32_t to, const char *text, size_t length)
{
	const struct buffer *wanted = context;

	CHECK_EQ(to, DESTINATION_BIT(DESTINATION_LOG));
	CHECK_EQ(length, wanted->length);
	CHECK(memcmp(text, wanted->data, MIN(length, wanted->length)) == 0);
}

/* As above, byte for byte, with a probe that is recognised. */
static void test_line_is_the_same(void)
{
	struct image image = {
		.auid = UNSET_AUID, .binary = BYTES("/bin/cat"), .arguments = BYTES(" \"/tmp/is healthy\"")};
	struct process process = process_in(MAKER_UID, MAKER_ID);
	struct event event = {.type = EVENT_PROCESS_EXEC, .wall_ns = 1, .process = &process, .parent = &process};
	struct buffer wanted;
	struct pod_wait *comparing;

	begin();
	process.image = &image;
	CHECK_EQ(buffer_init(&wanted, EVENT_JSON_LINE_MAX), 0);
	comparing = pod_wait_new(table, &(struct pod_wait_calls){.output = compare, .context = &wanted});
	options.pods = pod_wait_finder(comparing);
	event_json_encode(&line, &event, &options);
	pod_wait_take(comparing, &event, line.data, line.length, &splices, &destinations, 0);
	CHECK(pod_wait_is_holding(comparing));
	put_xwing(2);
	event_json_encode(&wanted, &event, &options);
	CHECK_EQ(splices.count, 0);
	CHECK(holds(wanted.data, wanted.length, "maybe_exec_probe"));
	pod_wait_poll(comparing, 1);
	CHECK(!pod_wait_is_holding(comparing));
	pod_wait_free(comparing);
	buffer_done(&wanted);
	end();
}

static void test_time(void)
{
	begin();
	put_xwing(0);
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', OTHER_UID, OTHER_ID, SECOND);
	take('c', MAKER_UID, MAKER_ID, 2 * SECOND);
	pod_wait_poll(wait, POD_WAIT_MAX_NS - 1);
	CHECK_OUT("");
	/* the container is given up, so its later line goes too; the other container still has a second */
	pod_wait_poll(wait, POD_WAIT_MAX_NS);
	CHECK_OUT("a?c?");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_TIME], 1);
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_VAIN], 1);
	pod_wait_poll(wait, POD_WAIT_MAX_NS + SECOND);
	CHECK_OUT("b"); /* not even the pod is known */
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_TIME], 2);
	CHECK(!pod_wait_is_holding(wait));
	end();
}

/* An agent that starts may know no pods for a while: what it finds running waits for the first list, and then as ever.
 */
static void test_first_list(void)
{
	begin_unlisted();
	take('a', MAKER_UID, MAKER_ID, SECOND);
	take('b', OTHER_UID, OTHER_ID, 2 * SECOND);
	pod_wait_poll(wait, 2 * POD_WAIT_MAX_NS);
	CHECK_OUT("");
	put_xwing(2);
	pod_wait_poll(wait, 2 * POD_WAIT_MAX_NS);
	CHECK_OUT("a.");
	list_nothing();
	pod_wait_poll(wait, 3 * POD_WAIT_MAX_NS);
	CHECK_OUT("");
	pod_wait_poll(wait, 4 * POD_WAIT_MAX_NS);
	CHECK_OUT("b");
	end();
}

/* And when there is none for long, as with an API server that is away, not longer than others. */
static void test_no_list(void)
{
	begin_unlisted();
	take('a', MAKER_UID, MAKER_ID, SECOND);
	take('b', OTHER_UID, OTHER_ID, POD_WAIT_LIST_MAX_NS);
	pod_wait_poll(wait, POD_WAIT_LIST_MAX_NS);
	CHECK_OUT("");
	pod_wait_poll(wait, POD_WAIT_LIST_MAX_NS + SECOND);
	CHECK_OUT("a");
	pod_wait_poll(wait, POD_WAIT_LIST_MAX_NS + POD_WAIT_MAX_NS);
	CHECK_OUT("b");
	end();
}

/* A pod's sandbox waits for the pod and for nothing else, and its events lack nothing. The runtime is asked once. */
static void test_sandbox(void)
{
	struct process parent = process_in(MAKER_UID, SANDBOX_ID);

	begin();
	take('a', MAKER_UID, SANDBOX_ID, 0);
	CHECK_OUT("");
	put_xwing(0);
	take('b', MAKER_UID, SANDBOX_ID, 1); /* not before what is held */
	CHECK_OUT("");
	pod_wait_poll(wait, 2);
	CHECK_OUT("asbs");
	take('c', MAKER_UID, SANDBOX_ID, 3);
	CHECK_OUT("cs");
	CHECK_EQ(asked, 1);
	take('d', MAKER_UID, MAKER_ID, 4); /* a container of the same pod waits for its name */
	take_with_parent('e', MAKER_UID, MAKER_ID, &parent, (struct bytes){0}, 5);
	CHECK_OUT("");
	CHECK_EQ(asked, 2);
	put_xwing(2);
	pod_wait_poll(wait, 6);
	CHECK_OUT("d.e.");
	for (size_t i = 0; i < POD_WAIT_CAUSE_COUNT; i++)
		CHECK_EQ(stats()->incomplete[i], 0);
	end();

	begin(); /* that its pod was waited for in vain is forgotten with the pod */
	take('a', MAKER_UID, SANDBOX_ID, 0);
	pod_wait_poll(wait, POD_WAIT_MAX_NS);
	CHECK_OUT("a");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_TIME], 1);
	put_xwing(0);
	take('b', MAKER_UID, SANDBOX_ID, POD_WAIT_MAX_NS);
	CHECK_OUT("bs");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_VAIN], 0);
	end();
}

/* Where no runtime tells why it has no name: after the first time nobody waits. A container that gets one late has it
 * from then on.
 */
static void test_vain(void)
{
	begin();
	put_xwing(0);
	take('a', MAKER_UID, UNNAMED_ID, 0);
	take('b', MAKER_UID, MAKER_ID, 0);
	pod_wait_poll(wait, POD_WAIT_MAX_NS);
	CHECK_OUT("a?b?");
	take('c', MAKER_UID, UNNAMED_ID, POD_WAIT_MAX_NS);
	take('d', MAKER_UID, MAKER_ID, POD_WAIT_MAX_NS);
	CHECK_OUT("c?d?");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_VAIN], 2);
	CHECK_EQ(stats()->held, 2);
	put_xwing(2);
	take('e', MAKER_UID, MAKER_ID, POD_WAIT_MAX_NS);
	take('f', MAKER_UID, UNNAMED_ID, POD_WAIT_MAX_NS);
	CHECK_OUT("e.f?");
	take('g', MAKER_UID, OTHER_ID, POD_WAIT_MAX_NS); /* another container still waits */
	CHECK_OUT("");
	end();
}

/* As many as are remembered, and the first is forgotten: it waits again. */
static void test_vain_is_bounded(void)
{
	char docker[32];

	begin();
	for (unsigned int i = 0; i <= POD_WAIT_SEEN_MAX; i++) {
		snprintf(docker, sizeof(docker), "%031x", i);
		take('a', MAKER_UID, docker, i);
		pod_wait_poll(wait, i + POD_WAIT_MAX_NS);
		CHECK_OUT("a");
	}
	take('b', MAKER_UID, "0000000000000000000000000000000", 0);
	CHECK_OUT("");
	take('c', MAKER_UID, docker, 0);
	CHECK_OUT("c");
	end();
}

static void test_lines_are_bounded(void)
{
	begin();
	put_xwing(0);
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', OTHER_UID, OTHER_ID, 0);
	for (size_t i = 2; i < POD_WAIT_LINES_MAX; i++)
		take('x', MAKER_UID, MAKER_ID, 0);
	CHECK_OUT("");
	take('y', OTHER_UID, OTHER_ID, 0); /* the oldest of all makes room */
	CHECK_OUT("a?");
	take('z', OTHER_UID, OTHER_ID, 0);
	CHECK_OUT("b");
	CHECK_EQ(stats()->lines, POD_WAIT_LINES_MAX);
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_ROOM], 2);
	put_other();
	pod_wait_poll(wait, 1);
	CHECK_OUT("y.z."); /* a container that had to make room is not given up */
	put_xwing(2);
	pod_wait_poll(wait, 2);
	CHECK_EQ(out_length, 2 * (POD_WAIT_LINES_MAX - 2));
	CHECK_EQ(stats()->bytes, 0);
	end();
}

static void test_bytes_are_bounded(void)
{
	static char arguments[20000];
	const struct bytes long_arguments = {arguments, sizeof(arguments)};
	size_t count = 0;

	memset(arguments, 'x', sizeof(arguments));
	begin();
	put_xwing(0);
	while (out_length == 0 && count < POD_WAIT_LINES_MAX) {
		take_with_parent('a', MAKER_UID, MAKER_ID, NULL, long_arguments, 0);
		count++;
		CHECK(stats()->bytes <= POD_WAIT_BYTES_MAX);
	}
	CHECK_OUT("a?");
	CHECK(count > 390 && count < 420); /* 8 MiB of 20 KB */
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_ROOM], 1);
	CHECK_EQ(stats()->lines, count - 1);
	end();
}

/* Behind a line that had to make room, one that lacks nothing goes with the next look. */
static void test_complete_line_behind(void)
{
	begin();
	put_xwing(0);
	take('a', MAKER_UID, MAKER_ID, 0);
	put_xwing(2);
	take('b', MAKER_UID, MAKER_ID, 0); /* complete, but behind */
	put_xwing(0);                      /* a restart: not known any more */
	for (size_t i = 2; i < POD_WAIT_LINES_MAX; i++)
		take('x', OTHER_UID, OTHER_ID, 0);
	pod_wait_poll(wait, 1);
	CHECK_OUT("");
	take('x', OTHER_UID, OTHER_ID, 0);
	CHECK_OUT("a?");
	pod_wait_poll(wait, 2);
	CHECK_OUT("b.");
	/* its container is not given up, though: the next line waits, once there is room */
	take('c', MAKER_UID, MAKER_ID, 3);
	CHECK_OUT("");
	take('d', MAKER_UID, MAKER_ID, 4);
	CHECK_OUT("x");
	end();
}

static void test_parent_in_another_container(void)
{
	struct process parent = process_in(OTHER_UID, OTHER_ID);

	begin();
	put_xwing(2);
	take_with_parent('a', MAKER_UID, MAKER_ID, &parent, (struct bytes){0}, 0);
	take('b', MAKER_UID, MAKER_ID, 0);
	CHECK_OUT("");
	/* a process of the host with such a parent waits too, and with it the parent's container */
	take_with_parent('c', "", "", &parent, (struct bytes){0}, 0);
	take('d', "", "", 0);
	CHECK_OUT("d");
	put_other();
	pod_wait_poll(wait, 1);
	CHECK_OUT("a.b.c.");
	end();
}

static void test_end_lets_everything_go(void)
{
	begin();
	put_xwing(1);
	take('a', MAKER_UID, MAKER_ID, 0);
	take('b', OTHER_UID, OTHER_ID, 0);
	take('c', MAKER_UID, MAKER_ID, 0);
	put_other();
	pod_wait_end(wait);
	CHECK_OUT("a?b.c?");
	CHECK_EQ(stats()->incomplete[POD_WAIT_CAUSE_END], 2);
	pod_wait_end(wait);
	CHECK_OUT("");
	/* what is dropped leaks nothing */
	take('a', MAKER_UID, MAKER_ID, 0);
	end();
}

/* The longest line that can be held has room for its pods. */
static void test_long_line(void)
{
	static char arguments[2 * EVENT_JSON_LINE_MAX];
	struct process parent = process_in(MAKER_UID, MAKER_ID);

	memset(arguments, 'x', sizeof(arguments));
	begin();
	take_with_parent('a', MAKER_UID, MAKER_ID, &parent, (struct bytes){arguments, sizeof(arguments)}, 0);
	put_xwing(2);
	pod_wait_poll(wait, 1);
	CHECK_OUT("a.");
	CHECK(longest > EVENT_JSON_LINE_MAX / 2 && longest <= EVENT_JSON_LINE_MAX);
	end();
}

int main(void)
{
	RUN(test_known_pods_do_not_wait);
	RUN(test_finder_now);
	RUN(test_waits_for_the_container);
	RUN(test_waits_for_the_pod);
	RUN(test_line_is_whole);
	RUN(test_gate);
	RUN(test_destinations);
	RUN(test_destination_is_removed);
	RUN(test_destination_is_added);
	RUN(test_skip);
	RUN(test_line_is_the_same);
	RUN(test_time);
	RUN(test_first_list);
	RUN(test_no_list);
	RUN(test_sandbox);
	RUN(test_vain);
	RUN(test_vain_is_bounded);
	RUN(test_lines_are_bounded);
	RUN(test_bytes_are_bounded);
	RUN(test_complete_line_behind);
	RUN(test_parent_in_another_container);
	RUN(test_end_lets_everything_go);
	RUN(test_long_line);
	return test_end();
}
