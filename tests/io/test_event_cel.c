// SPDX-License-Identifier: Apache-2.0

/* Expressions on lines of events: each operator and function with a match and without, and what is refused. */
#include "core/filter/event_cel.h"

#include <errno.h>

#include "../unit/test.h"
#include "base/util.h"
#include "io/regex/re2.h"

static const char exec_line[] =
	"{\"process_exec\":{\"process\":{\"exec_id\":\"x\",\"pid\":40,\"uid\":0,\"cwd\":\"/\\u00e9\\ud83d\\ude80\\n\","
	"\"binary\":\"/usr/bin/curl\",\"arguments\":\"\\\"a\\\" b\",\"start_time\":\"2024-02-05T20:20:50Z\","
	"\"auid\":4294967295,\"pod\":{\"namespace\":\"default\",\"name\":\"xwing\",\"pod_labels\":{\"app\":\"web\",\"e/"
	"\\u0078\":"
	"\"\"}},\"cap\":{\"effective\":[\"CAP_SYS_ADMIN\",\"CAP_KILL\"]},\"ns\":{\"mnt\":{\"inum\":4026531841}},"
	"\"in_init_tree\":false},\"parent\":{\"binary\":\"/bin/sh\"}},\"node_name\":\"n1\",\"time\":\"t\"}\n";
static const char kprobe_line[] =
	"{\"process_kprobe\": {\"process\": {\"pid\": 40}, \"function_name\": \"tcp_connect\", \"args\": [ "
	"{\"sock_arg\": "
	"{\"daddr\": \"10.1.2.3\", \"dport\": 443, \"cookie\": \"18446744073709551615\"}}, {\"int_arg\": -7}, "
	"{\"long_arg\": "
	"\"-9223372036854775808\"} ], \"action\": \"KPROBE_ACTION_POST\", \"tags\": [\"a\", \"b\"]}}\n";

static const struct {
	const char *text, *line;
	bool is_match;
} cases[] = {
	/* fields */
	{"process_exec.process.binary == \"/usr/bin/curl\"", exec_line, true},
	{"process_exec.process.binary == '/usr/bin/wget'", exec_line, false},
	{"process_exec.process.binary == '/usr/bin/curl'", kprobe_line, false},
	{"process_exec.process.arguments == '\"a\" b'", exec_line, true},
	{"process_exec.process.cwd == '/\\u00e9\\xf0' || process_exec.process.cwd == r'/\\n'", exec_line, false},
	{"process_exec.process.cwd == '/é🚀\\n'", exec_line, true},
	{"process_exec.process.pid == 40u && process_exec.process.uid == 0u", exec_line, true},
	{"process_exec.process.auid == 0xffffffffu", exec_line, true},
	{"process_exec.process.tid == null && process_exec.process.pid != null", exec_line, true},
	{"process_exec.process.tid == 0u", exec_line, false},
	{"process_exec.process.tid < 5u", exec_line, false},
	{"!(process_exec.process.tid < 5u)", exec_line, false},
	{"process_exec.process.refcnt == 0u", exec_line, true},
	{"process_exec.process.docker == ''", exec_line, true},
	{"process_exec.process.in_init_tree == false", exec_line, true},
	{"process_exec.parent.in_init_tree == false", exec_line, false},
	{"!process_exec.process.in_init_tree", exec_line, true},
	{"process_exec.process.pod.container.image.name == ''", exec_line, true},
	{"process_exec.process.pod.container == null && process_exec.process.pod != null", exec_line, true},
	{"process_exec.process.ns.mnt.inum == 4026531841u && !process_exec.process.ns.mnt.is_host", exec_line, true},
	{"has(process_exec.process.pod) && !has(process_exec.parent.pod)", exec_line, true},
	{"has(process_exec.process.start_time) && !has(process_exec.process.pod.container.id)", exec_line, true},
	{"process_kprobe.args[0].sock_arg.dport == 443u", kprobe_line, true},
	{"process_kprobe.args[0].sock_arg.cookie == 18446744073709551615u", kprobe_line, true},
	{"process_kprobe.args[1].int_arg == -7 && process_kprobe.args[1].sock_arg.daddr == ''", kprobe_line, true},
	{"process_kprobe.args[2].long_arg == -9223372036854775808", kprobe_line, true},
	{"process_kprobe.args[3].int_arg == 0", kprobe_line, false},
	{"process_kprobe.args[-1].int_arg == 0", kprobe_line, false},
	{"process_kprobe.action == 'KPROBE_ACTION_POST'", kprobe_line, true},
	{"process_kprobe.tags[1] == 'b'", kprobe_line, true},
	/* maps and lists */
	{"process_exec.process.pod.pod_labels['app'] == 'web'", exec_line, true},
	{"process_exec.process.pod.pod_labels['e/x'] == ''", exec_line, true},
	{"process_exec.process.pod.pod_labels['none'] == ''", exec_line, false},
	{"'app' in process_exec.process.pod.pod_labels && !('none' in process_exec.process.pod.pod_labels)", exec_line,
	 true},
	{"'app' in process_exec.parent.pod.pod_labels", exec_line, false},
	{"'CAP_KILL' in process_exec.process.cap.effective", exec_line, true},
	{"'CAP_KILL' in process_exec.process.cap.permitted", exec_line, false},
	{"process_exec.process.pid in [39u, 40u]", exec_line, true},
	{"process_exec.process.pid in [39u, 41u,]", exec_line, false},
	{"process_exec.process.tid in [0u]", exec_line, false},
	{"process_exec.process.cap.effective.exists(c, c.endsWith('ADMIN'))", exec_line, true},
	{"process_exec.process.cap.effective.all(c, c.startsWith('CAP_'))", exec_line, true},
	{"process_exec.process.cap.effective.all(c, c == 'CAP_KILL')", exec_line, false},
	{"process_exec.process.cap.permitted.all(c, false) && !process_exec.process.cap.permitted.exists(c, true)",
	 exec_line, true},
	{"process_kprobe.args.exists(a, a.int_arg < 0)", kprobe_line, true},
	{"['a', 'x'].exists(a, process_kprobe.tags.exists(b, a == b))", kprobe_line, true},
	{"['x', 'y'].exists(a, process_kprobe.tags.exists(b, a == b))", kprobe_line, false},
	{"size(process_kprobe.args) == 3 && process_kprobe.tags.size() == 2", kprobe_line, true},
	{"process_exec.process.pod.pod_labels.size() == 2 && process_exec.parent.pod.pod_labels.size() == 0", exec_line,
	 true},
	/* operators */
	{"1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 / 2 == 3 && -7 % 3 == -1 && process_exec.process.uid == 0u",
	 exec_line, true},
	{"1 / 0 == 1 || process_exec.process.uid == 0u", exec_line, true},
	{"process_exec.process.uid == 0u || 1 / 0 == 1", exec_line, true},
	{"1 / 0 == 1 && process_exec.process.uid == 1u || 1 / 0 == 1", exec_line, false},
	{"9223372036854775807 + 1 < 0 || process_exec.process.uid == 1u", exec_line, false},
	{"0u - 1u > 0u || process_exec.process.uid == 1u", exec_line, false},
	{"process_exec.process.uid - 0u < 1u && process_exec.process.pid >= 40u && 2 <= 2 && 3 > 2", exec_line, true},
	{"process_exec.process.uid == 0u ? process_exec.process.pid == 40u : false", exec_line, true},
	{"(process_exec.process.uid == 0u ? 'a' : 'b') + 'c' == 'ac'", exec_line, true},
	{"'a' < 'b' && 'a' < 'aa' && !('b' < 'aa') && process_exec.process.uid == 0u", exec_line, true},
	{"!!true && process_exec.process.uid != 1u", exec_line, true},
	/* functions */
	{"process_exec.process.binary.contains('bin') && !process_exec.process.binary.contains('bins')", exec_line,
	 true},
	{"process_exec.process.binary.matches('^/usr/.*curl$')", exec_line, true},
	{"matches(process_exec.process.binary, '^/curl')", exec_line, false},
	{"size(process_exec.process.cwd) == 4", exec_line, true},
	{"int(process_exec.process.pid) - 41 == -1 && uint(40) == process_exec.process.pid", exec_line, true},
	{"uint(-1) == 0u || process_exec.process.uid == 1u", exec_line, false},
	{"string(process_exec.process.pid) + string(-1) + string(true) + string('x') == '40-1truex'", exec_line, true},
	{"ip(process_kprobe.args[0].sock_arg.daddr) == ip('10.1.2.3')", kprobe_line, true},
	{"cidr('10.0.0.0/8').containsIP(process_kprobe.args[0].sock_arg.daddr)", kprobe_line, true},
	{"cidr('10.0.0.0/8').containsIP(ip(process_kprobe.args[0].sock_arg.daddr))", kprobe_line, true},
	{"cidr('10.2.0.0/16').containsIP(process_kprobe.args[0].sock_arg.daddr)", kprobe_line, false},
	{"cidr('::/0').containsIP(process_kprobe.args[0].sock_arg.daddr)", kprobe_line, false},
	{"cidr('10.0.0.0/8').containsIP(process_kprobe.args[1].sock_arg.daddr)", kprobe_line, false},
	{"cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8')) && "
	 "process_kprobe.process.pid == 40u",
	 kprobe_line, true},
	{"isIP('::1') && !isIP('10.0.0.0/8') && isCIDR('10.0.0.0/8') && !isCIDR('::1') && process_kprobe.process.pid "
	 "== 40u",
	 kprobe_line, true},
	{"ip('::1').family() == 6 && ip('127.0.0.1').isLoopback() && ip('::1').isLoopback() && !ip('::2').isLoopback() "
	 "&& "
	 "cidr('10.0.0.0/8').prefixLength() == 8 && process_kprobe.process.pid == 40u",
	 kprobe_line, true},
	/* several events */
	{"true || process_exec.process.pid == 40u", kprobe_line, false},
	{"true || process_exec.process.pid == 40u", exec_line, true},
	{"process_exec.process.pid == 40u || process_kprobe.process.pid == 40u", kprobe_line, true},
	{"process_exec.process.pid == 40u && process_kprobe.process.pid == 40u", kprobe_line, false},
};

static void test_cases(void)
{
	struct buffer scratch = {0};
	size_t steps;

	CHECK_EQ(buffer_init(&scratch, EVENT_CEL_SCRATCH_MAX), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct event_cel_error error = {0};
		struct event_cel *cel = NULL;
		size_t regexes = 1;

		if (event_cel_parse(cases[i].text, strlen(cases[i].text), &re2_engine, &regexes, &cel, &error) < 0) {
			printf("%s:%zu: %s\n", cases[i].text, error.column, error.problem);
			test_is_ok = false;
			continue;
		}
		steps = EVENT_CEL_STEPS_MAX;
		if (event_cel_matches(cel, cases[i].line, strlen(cases[i].line), &scratch, &steps) !=
		    cases[i].is_match) {
			printf("%s: wanted %d\n", cases[i].text, cases[i].is_match);
			test_is_ok = false;
		}
		event_cel_free(cel);
	}
	buffer_done(&scratch);
}

static const struct {
	const char *text;
	size_t column;
	const char *problem, *remedy;
} refused[] = {
	{"", 1, "it ends where a value is missing", ""},
	{"true", 1, "it names no event", "write process_exec.process.binary == \"/bin/sh\""},
	{"process_exec.process.pid", 1, "an expression wants bool, not uint", "compare it with something"},
	{"process_exec.process.pid == 1", 26, "== has uint on its left and int on its right",
	 "numbers without sign are written with u, as in 5u, or converted by uint()"},
	{"process_exec.process.binry == ''", 22, "process has no field binry", "did you mean binary?"},
	{"proces_exec.process.pid == 1u", 1, "there is no proces_exec", "did you mean process_exec?"},
	{"process_exec.process.binary == null", 29, "string is never null", "ask has() whether a field is there"},
	{"process_exec.process == process_exec.parent", 22, "== does not take object", "compare what is in them"},
	{"process_exec.process.binary.matches('a(b')", 29, "not a regular expression: missing ): a(b",
	 "write a regular expression of RE2"},
	{"process_exec.process.binary.matches(process_exec.process.cwd)", 29,
	 "matches() wants a regular expression that is a literal", "write it between quotes"},
	{"process_exec.process.binary.starts('a')", 29, "there is no method starts()", ""},
	{"process_exec.process.binary.startsWith('a', 'b')", 29, "startsWith() has a wrong number of values", ""},
	{"process_exec.process.binary.startsWith(1)", 29, "startsWith() wants string, not int", ""},
	{"process_exec.process.start_time == process_exec.process.start_time", 33,
	 "== does not take bytes or timestamp", "compare what is in them"},
	{"process_exec.process.binary == 'a", 32, "the text that begins here has no end", "close it"},
	{"process_exec.process.binary == '\\q'", 33, "not an escape sequence",
	 "write r\"...\" for a text without escapes, or \\\\ for a backslash"},
	{"process_exec.process.pid == 1.5", 29, "numbers with a fraction are not supported", "use integers"},
	{"process_exec.process.pid in 1", 26, "in wants a list or a map on its right, not int", "write x in [1, 2]"},
	{"process_kprobe.args[0u].int_arg == 1", 20, "a list's index wants int, not uint", ""},
	{"process_kprobe.args.exists(a, a.int_arg)", 21, "the condition wants bool, not int",
	 "compare it with something"},
	{"process_exec.process.pid = 1u", 26, "= is in the place of an operator", ""},
	{"process_exec.process.cwd.matches('a') && process_exec.process.cwd.matches('b')", 67,
	 "there are too many regular expressions", "write one expression for several: a|b"},
	{"has(process_exec)", 1, "has() wants a field", "write has(process_exec.process.pod)"},
	{"process_exec.process.pid == 1u ? 1 : 'a'", 32, "?: has int on its left and string on its right",
	 "compare values of one type"},
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct event_cel_error error = {0};
		struct event_cel *cel = NULL;
		size_t regexes = 1;

		CHECK_EQ(event_cel_parse(refused[i].text, strlen(refused[i].text), &re2_engine, &regexes, &cel, &error),
			 -EINVAL);
		CHECK_STR(error.problem, refused[i].problem);
		CHECK_STR(error.remedy, refused[i].remedy);
		CHECK_EQ(error.column, refused[i].column);
	}
}

/* A condition on each three of `count` tags. */
static bool all_tags_match(size_t count)
{
	static const char text[] = "process_kprobe.tags.all(a, process_kprobe.tags.all(b, process_kprobe.tags.all(c, "
				   "a == b || b == c || true)))";
	struct buffer line = {0}, scratch = {0};
	struct event_cel_error error = {0};
	struct event_cel *cel = NULL;
	size_t regexes = 0, steps = SIZE_MAX;
	bool is_match;

	CHECK_EQ(buffer_init(&line, 4096), 0);
	CHECK_EQ(buffer_init(&scratch, EVENT_CEL_SCRATCH_MAX), 0);
	buffer_append_literal(&line, "{\"process_kprobe\":{\"tags\":[\"a\"");
	for (size_t i = 1; i < count; i++)
		buffer_append_literal(&line, ",\"a\"");
	buffer_append_literal(&line, "]}}\n");
	CHECK_EQ(event_cel_parse(text, strlen(text), &re2_engine, &regexes, &cel, &error), 0);
	is_match = event_cel_matches(cel, line.data, line.length, &scratch, &steps);
	CHECK(steps > 0);
	event_cel_free(cel);
	buffer_done(&line);
	buffer_done(&scratch);
	return is_match;
}

static void test_steps(void)
{
	CHECK(all_tags_match(10));
	CHECK(!all_tags_match(100));
}

/* The steps that an expression takes, which is true if it has as many, and not with one less. */
static size_t count_steps(const char *text)
{
	size_t regexes = 1, steps = SIZE_MAX, taken;
	struct event_cel_error error = {0};
	struct event_cel *cel = NULL;
	struct buffer scratch = {0};

	CHECK_EQ(buffer_init(&scratch, EVENT_CEL_SCRATCH_MAX), 0);
	CHECK_EQ(event_cel_parse(text, strlen(text), &re2_engine, &regexes, &cel, &error), 0);
	CHECK(event_cel_matches(cel, exec_line, strlen(exec_line), &scratch, &steps));
	taken = steps = SIZE_MAX - steps;
	CHECK(event_cel_matches(cel, exec_line, strlen(exec_line), &scratch, &steps));
	CHECK_EQ(steps, 0);
	steps = taken - 1;
	CHECK(!event_cel_matches(cel, exec_line, strlen(exec_line), &scratch, &steps));
	CHECK_EQ(steps, 0);
	event_cel_free(cel);
	buffer_done(&scratch);
	return taken;
}

/* A regular expression costs by its size, as it may have to be gone through for each byte. */
static void test_costs(void)
{
	size_t small = count_steps("process_exec.process.binary.matches('[a-z]*/[a-z/]{8}')");
	size_t large = count_steps("process_exec.process.binary.matches('[a-z]*/[a-z/]{8}|[x-z]{900}')");

	CHECK(small < 20);
	CHECK(large >= small + strlen("/usr/bin/curl") * (900 / REGEX_INSTRUCTIONS_OF_BYTE) / EVENT_CEL_STEP_BYTES);
}

/* So many times `piece` before and `end` behind what is true for an exec. */
static int parse_repeated(const char *piece, const char *end, size_t count, struct event_cel_error *ret_error)
{
	struct event_cel *cel = NULL;
	struct buffer text = {0};
	size_t regexes = 0;
	int r;

	CHECK_EQ(buffer_init(&text, 2 * EVENT_CEL_TEXT_MAX), 0);
	for (size_t i = 0; i < count; i++)
		buffer_append_cstring(&text, piece);
	buffer_append_literal(&text, "has(process_exec.process)");
	for (size_t i = 0; i < count; i++)
		buffer_append_cstring(&text, end);
	r = event_cel_parse(text.data, text.length, &re2_engine, &regexes, &cel, ret_error);
	event_cel_free(cel);
	buffer_done(&text);
	return r;
}

static void test_bounds(void)
{
	struct event_cel_error error = {0};

	CHECK_EQ(parse_repeated("(", ")", 10, &error), 0);
	CHECK_EQ(parse_repeated("(", ")", 20, &error), -EINVAL);
	CHECK_STR(error.problem, "nested deeper than 32 levels");
	CHECK_EQ(parse_repeated("true||", "", 120, &error), 0);
	CHECK_EQ(parse_repeated("true||", "", 130, &error), -EINVAL);
	CHECK_STR(error.problem, "more than 256 operators and operands");
	CHECK_EQ(parse_repeated(" ", "", EVENT_CEL_TEXT_MAX, &error), -EINVAL);
	CHECK_STR(error.problem, "longer than 4096 bytes");
}

int main(void)
{
	RUN(test_cases);
	RUN(test_refused);
	RUN(test_steps);
	RUN(test_costs);
	RUN(test_bounds);
	return test_end();
}
