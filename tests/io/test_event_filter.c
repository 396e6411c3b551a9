// SPDX-License-Identifier: Apache-2.0

/* Filters as users write them, on events that are made up: each member with a match and without. */
#include "core/filter/event_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "../unit/pod_maker.h"
#include "../unit/test.h"
#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/filter/event_filter_parse.h"
#include "core/policy/hook_info.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

#define BYTES(literal) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

/* --- a shell of the host starts containerd-shim, and that a shell and curl in xwing */

static struct image host_image = {.binary = BYTES("/usr/bin/bash"), .arguments = BYTES("-l")};
static struct image shim_image = {.binary = BYTES("/usr/bin/shim"), .arguments = BYTES("-id 1")};
static struct image shell_image = {.binary = BYTES("/bin/sh"), .arguments = BYTES("-c curl")};
static struct image curl_image = {
	.binary = BYTES("/usr/bin/curl"),
	.arguments = BYTES("https://ebpf.io \xff"),
	.credentials = {.permitted = 0x3, .effective = 0x1},
};
static struct image probe_image = {.binary = BYTES("/bin/cat"), .arguments = BYTES(" \"/tmp/is healthy\"")};
static struct process root = {.pid = 0, .image = &host_image};
static struct process host = {.pid = 10, .image = &host_image, .parent = &root, .pid_sets = 0x1};
static struct process shim = {.pid = 20, .image = &shim_image, .parent = &host};
static struct process shell = {.pid = 30, .image = &shell_image, .parent = &shim, .docker = MAKER_ID};
static struct process curl = {
	.pid = 40,
	.image = &curl_image,
	.parent = &shell,
	.docker = MAKER_ID,
	.flags = PROCESS_FLAG_IN_INIT_TREE,
};
static struct process probe = {.pid = 50, .image = &probe_image, .parent = &shim, .docker = MAKER_ID};
static struct process child_of_probe = {.pid = 60, .image = &curl_image, .parent = &probe, .docker = MAKER_ID};
static struct process unknown = {.pid = 70, .image = &curl_image, .docker = MAKER_ID, .flags = PROCESS_FLAG_UNKNOWN};

static char egress[] = "egress";
static struct hook_info kprobe = {.family = HOOK_KPROBE, .policy_name = egress};
static struct hook_info loader = {.family = HOOK_LOADER, .policy_name = egress};

static const struct event exec_of_curl = {.type = EVENT_PROCESS_EXEC, .process = &curl, .parent = &shell};
static const struct event exit_of_host = {.type = EVENT_PROCESS_EXIT, .process = &host, .parent = &root};
static const struct event kprobe_of_curl = {
	.type = EVENT_PROCESS_KPROBE, .process = &curl, .parent = &shell, .hook = &kprobe};
static const struct event loader_of_curl = {
	.type = EVENT_PROCESS_LOADER, .process = &curl, .parent = &shell, .hook = &loader};
static const struct event kprobe_of_unknown = {.type = EVENT_PROCESS_KPROBE, .process = &unknown, .hook = &kprobe};
static const struct event exec_of_probe = {.type = EVENT_PROCESS_EXEC, .process = &probe, .parent = &shim};
static const struct event exit_of_child = {.type = EVENT_PROCESS_EXIT, .process = &child_of_probe, .parent = &probe};

static const struct event throttle = {.type = EVENT_PROCESS_THROTTLE, .process = &root};

/* --- pods */

static struct kube_pod *xwing;
static bool is_awaited;

static void find(void *context, const struct process *process, struct pod_place *ret)
{
	CHECK(context == &xwing && process->docker[0]);
	if (is_awaited)
		*ret = (struct pod_place){.state = POD_STATE_AWAITED};
	else
		*ret = (struct pod_place){
			.state = POD_STATE_FOUND, .pod = kube_pod_ref(xwing), .container = &xwing->containers[1]};
}

static const struct pod_finder finder = {.find = find, .context = &xwing};

/* --- filters */

static struct event_json_options json;

struct list {
	struct event_filters *filters;
	struct event_filter_list *list;
	struct event_filter_needs needs;
};

static int take(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	struct list *list = context;

	return event_filter_parse(list->filters, list->list, index, node, &list->needs, report);
}

static int read_list(struct list *list, const char *text, struct report *report)
{
	return filter_text_read(text, report, take, list);
}

static void read_filters(struct event_filters *filters, const char *allow, const char *deny)
{
	static const struct event_filter_needs needs = {.with_pid_sets = true, .with_credentials = true};
	struct list list = {.filters = filters, .list = &filters->allow, .needs = needs};
	struct report report;

	*filters = (struct event_filters){.engine = &re2_engine, .json = &json};
	report_init(&report, "filters");
	CHECK_EQ(read_list(&list, allow, &report), 0);
	list.list = &filters->deny;
	CHECK_EQ(read_list(&list, deny, &report), 0);
	report_print(&report, stdout);
	report_done(&report);
}

/* What was noted of other filters. */
static void forget(void)
{
	struct image *const images[] = {&host_image, &shim_image, &shell_image, &curl_image, &probe_image};

	for (size_t i = 0; i < ARRAY_SIZE(images); i++)
		images[i]->tested = images[i]->test_results = 0;
}

static enum filter_verdict decide_within(size_t steps_max, const char *allow, const char *deny,
					 const struct event *event)
{
	struct event_pods pods = {.finder = &finder};
	const struct pod_finder pods_finder = {.find = event_pods_find, .context = &pods};
	struct filter_pending pending;
	struct event_filters filters;
	enum filter_verdict verdict, again;

	forget();
	read_filters(&filters, allow, deny);
	filters.steps_max = steps_max;
	json = (struct event_json_options){.pods = &pods_finder};
	event_pods_begin(&pods, event);
	verdict = event_filters_decide(&filters, event, &pods, &pending);
	again = event_filters_decide(&filters, event, &pods, &pending); /* from what was noted */
	CHECK_EQ(again, verdict);
	event_pods_end(&pods);
	event_filters_done(&filters);
	return verdict;
}

static enum filter_verdict decide(const char *allow, const char *deny, const struct event *event)
{
	return decide_within(0, allow, deny, event);
}

static const struct {
	const char *filter;
	const struct event *event;
	bool is_match;
} members[] = {
	{"{}", &exec_of_curl, true},
	{"{\"event_set\": [\"PROCESS_EXIT\", \"PROCESS_EXEC\"]}", &exec_of_curl, true},
	{"{\"eventSet\": [\"PROCESS_EXIT\"]}", &exec_of_curl, false},
	{"{\"event_set\": [\"PROCESS_UPROBE\"]}", &exec_of_curl, false},
	{"{\"event_set\": [\"PROCESS_THROTTLE\"]}", &throttle, true},
	{"{\"event_set\": [\"PROCESS_EXEC\"]}", &throttle, false},
	{"{\"namespace\": [\"\"]}", &throttle, false}, /* of no process: it is not the host's either */
	{"{\"event_set\": [\"PROCESS_THROTTLE\"], \"pid\": [0]}", &throttle, false},
	{"{\"health_check\": false}", &throttle, false},
	{"{\"cel_expression\": [\"process_throttle.type == 'THROTTLE_STOP'\"]}", &throttle, true},
	{"{\"cel_expression\": [\"process_throttle.type == 'THROTTLE_START'\"]}", &throttle, false},
	{"{\"event_set\": []}", &exec_of_curl, true}, /* as if it were not there */
	{"{\"binary_regex\": [\"^/bin\", \"curl$\"]}", &exec_of_curl, true},
	{"{\"binaryRegex\": [\"^/bin\", \"^curl\"]}", &exec_of_curl, false},
	{"{\"binary_regex\": [\"curl\"]}", &kprobe_of_unknown, false},
	{"{\"binary_regex\": [\"^$\"]}", &kprobe_of_unknown, true},
	{"{\"parent_binary_regex\": [\"sh$\"]}", &exec_of_curl, true},
	{"{\"parentBinaryRegex\": [\"curl$\"]}", &exec_of_curl, false},
	{"{\"parent_binary_regex\": [\"\"]}", &kprobe_of_unknown, false}, /* no parent */
	{"{\"ancestor_binary_regex\": [\"shim\"]}", &exec_of_curl, true},
	{"{\"ancestor_binary_regex\": [\"bash\"]}", &exec_of_curl, true},
	{"{\"ancestorBinaryRegex\": [\"/sh$\"]}", &exec_of_curl, false},   /* the parent is none */
	{"{\"ancestor_binary_regex\": [\"bash\"]}", &exit_of_host, false}, /* nor is pid 0 */
	{"{\"ancestor_binary_regex\": [\"\"]}", &kprobe_of_unknown, false},
	{"{\"arguments_regex\": [\"ebpf\\\\.io\"]}", &exec_of_curl, true},
	{"{\"arguments_regex\": [\"io \\ufffd$\"]}", &exec_of_curl, true}, /* as it is printed */
	{"{\"argumentsRegex\": [\"ebpf.$\"]}", &exec_of_curl, false},
	{"{\"parent_arguments_regex\": [\"-c\"]}", &exec_of_curl, true},
	{"{\"parentArgumentsRegex\": [\"ebpf\"]}", &exec_of_curl, false},
	{"{\"parent_arguments_regex\": [\"\"]}", &kprobe_of_unknown, false},
	{"{\"pid\": [1, 40]}", &exec_of_curl, true},
	{"{\"pid\": [1, 30]}", &exec_of_curl, false},
	{"{\"pid_set\": [7]}", &exit_of_host, true},
	{"{\"pidSet\": [7]}", &exec_of_curl, false},
	{"{\"namespace\": [\"other\", \"default\"]}", &exec_of_curl, true},
	{"{\"namespace\": [\"\", \"defaul\"]}", &exec_of_curl, false},
	{"{\"namespace\": [\"\"]}", &exit_of_host, true},
	{"{\"namespace\": [\"default\"]}", &exit_of_host, false},
	{"{\"namespace\": [\"default\"]}", &kprobe_of_unknown, false},
	{"{\"namespace_regex\": [\"^def\"]}", &exec_of_curl, true},
	{"{\"namespaceRegex\": [\"^kube-\"]}", &exec_of_curl, false},
	{"{\"namespace_regex\": [\"\"]}", &exit_of_host, false},
	{"{\"pod_regex\": [\"^xwing-.*-x2k4p$\"]}", &exec_of_curl, true},
	{"{\"podRegex\": [\"^wing\"]}", &exec_of_curl, false},
	{"{\"pod_regex\": [\"\"]}", &exit_of_host, false},
	{"{\"container_name_regex\": [\"space\"]}", &exec_of_curl, true},
	{"{\"containerNameRegex\": [\"prepare\"]}", &exec_of_curl, false},
	{"{\"container_name_regex\": [\"\"]}", &exit_of_host, false},
	{"{\"container_id\": [\"^551e161c\"]}", &exec_of_curl, true},
	{"{\"containerId\": [\"^6\"]}", &exec_of_curl, false},
	{"{\"container_id\": [\"^$\"]}", &exit_of_host, true},
	{"{\"labels\": [\"class=tie\", \"class in (xwing, ywing), !empire\"]}", &exec_of_curl, true},
	{"{\"labels\": [\"class!=xwing\"]}", &exec_of_curl, false},
	{"{\"labels\": [\"\"]}", &exec_of_curl, true},
	{"{\"labels\": [\"\", \"!class\"]}", &exit_of_host, false},
	{"{\"health_check\": true}", &exec_of_probe, true},
	{"{\"health_check\": true}", &exit_of_child, true},
	{"{\"health_check\": true}", &exec_of_curl, false},
	{"{\"healthCheck\": false}", &exec_of_curl, true},
	{"{\"healthCheck\": false}", &exit_of_child, false},
	{"{\"health_check\": false}", &exit_of_host, true},
	{"{\"policy_names\": [\"other\", \"egress\"]}", &kprobe_of_curl, true},
	{"{\"cel_expression\": [\"process_exec.process.binary.endsWith('/curl')\"]}", &exec_of_curl, true},
	{"{\"celExpression\": [\"process_exec.process.binary.endsWith('/wget')\"]}", &exec_of_curl, false},
	{"{\"cel_expression\": [\"true || process_exec.process.pid == 1u\"]}", &exit_of_host,
	 false}, /* of another event */
	{"{\"cel_expression\": [\"process_exit.status == 1u\", \"process_exec.process.pid == 40u\"]}", &exec_of_curl,
	 true},
	{"{\"cel_expression\": [\"process_exec.process.pid == 40u\"], \"pid\": [41]}", &exec_of_curl, false},
	{"{\"cel_expression\": [\"process_exec.process.pid == 41u\"], \"pid\": [40]}", &exec_of_curl, false},
	{"{\"cel_expression\": [\"process_exec.process.pod.namespace == 'default'\"]}", &exec_of_curl, true},
	{"{\"cel_expression\": [\"process_exec.parent.pod.pod_labels['class'] == 'xwing'\"]}", &exec_of_curl, true},
	{"{\"cel_expression\": [\"has(process_exit.process.pod)\"]}", &exit_of_host, false},
	{"{\"policyNames\": [\"egres\"]}", &kprobe_of_curl, false},
	{"{\"policy_names\": [\"egress\"]}", &loader_of_curl, false},
	{"{\"policy_names\": [\"egress\"]}", &exec_of_curl, false},
	{"{\"in_init_tree\": true}", &exec_of_curl, true},
	{"{\"inInitTree\": false}", &exec_of_curl, false},
	{"{\"in_init_tree\": false}", &kprobe_of_unknown, true},
	{"{\"capabilities\": {\"permitted\": {\"any\": [\"CAP_SYS_ADMIN\", \"DAC_OVERRIDE\"]}}}", &exec_of_curl, true},
	{"{\"capabilities\": {\"effective\": {\"any\": [\"CAP_SYS_ADMIN\", \"CAP_DAC_OVERRIDE\"]}}}", &exec_of_curl,
	 false},
	{"{\"capabilities\": {\"permitted\": {\"all\": [\"CAP_CHOWN\", \"DAC_OVERRIDE\"]}}}", &exec_of_curl, true},
	{"{\"capabilities\": {\"effective\": {\"all\": [\"CAP_CHOWN\", \"DAC_OVERRIDE\"]}}}", &exec_of_curl, false},
	{"{\"capabilities\": {\"effective\": {\"exactly\": [\"CAP_CHOWN\"]}}}", &exec_of_curl, true},
	{"{\"capabilities\": {\"permitted\": {\"exactly\": [\"CAP_CHOWN\"]}}}", &exec_of_curl, false},
	{"{\"capabilities\": {\"effective\": {\"none\": [\"CAP_SYS_ADMIN\"]}}}", &exec_of_curl, true},
	{"{\"capabilities\": {\"effective\": {\"none\": [\"CAP_CHOWN\"]}}}", &exec_of_curl, false},
	{"{\"capabilities\": {\"permitted\": {\"any\": [\"CAP_CHOWN\"]}, \"inheritable\": {\"any\": [\"CAP_CHOWN\"]}}}",
	 &exec_of_curl, false},
	{"{\"capabilities\": {\"effective\": {\"none\": [\"CAP_SYS_ADMIN\"]}}}", &kprobe_of_unknown, false},
	/* all members must match */
	{"{\"binary_regex\": [\"curl\"], \"namespace\": [\"default\"], \"event_set\": [\"PROCESS_EXEC\"]}",
	 &exec_of_curl, true},
	{"{\"binary_regex\": [\"curl\"], \"namespace\": [\"default\"], \"event_set\": [\"PROCESS_EXIT\"]}",
	 &exec_of_curl, false},
	{"{\"binary_regex\": [\"curl\"], \"namespace\": [\"other\"]}", &exec_of_curl, false},
	{"{\"binary_regex\": [\"wget\"], \"namespace\": [\"default\"]}", &exec_of_curl, false},
};

static void test_members(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		enum filter_verdict allowed = decide(members[i].filter, "", members[i].event);
		enum filter_verdict denied = decide("", members[i].filter, members[i].event);

		if (allowed != (members[i].is_match ? FILTER_PASS : FILTER_DROP) ||
		    denied != (members[i].is_match ? FILTER_DROP : FILTER_PASS)) {
			printf("%s: allowed %d, denied %d\n", members[i].filter, allowed, denied);
			test_is_ok = false;
		}
	}
}

static void test_lists(void)
{
	static const char curl_only[] = "{\"binary_regex\":[\"wget\"]}{\"binary_regex\":[\"curl\"]}";
	static const char no_default[] = "{\"namespace\":[\"\"]}\n {\"namespace\":[\"default\"]}\n";

	CHECK_EQ(decide("", "", &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide(" \n", "\t", &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide(curl_only, "", &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide(curl_only, "", &exit_of_host), FILTER_DROP);
	CHECK_EQ(decide(curl_only, no_default, &exec_of_curl), FILTER_DROP);
}

/* --- pods that are awaited */

/* The line of the event as it is printed in the end. */
static struct bytes print(const struct event *event, bool is_known, struct buffer *buffer)
{
	const struct event_json_options options = {.pods = is_known ? &finder : NULL};

	CHECK_EQ(buffer_init(buffer, EVENT_JSON_LINE_MAX), 0);
	is_awaited = false;
	CHECK(event_json_encode(buffer, event, &options));
	is_awaited = true;
	return (struct bytes){buffer->data, buffer->length};
}

/* The process's container turns out to be in xwing, or nobody knows. */
static bool settle(const char *allow, const char *deny, const struct event *event, bool is_known, bool is_probe)
{
	const struct pod_place place = {.state = POD_STATE_FOUND, .pod = xwing, .container = &xwing->containers[1]};
	const struct pod_place nowhere = {0};
	struct filter_found found = {.process = event->process->docker[0] ? (is_known ? &place : &nowhere) : NULL,
				     .is_probe = is_probe};
	struct event_pods pods = {.finder = &finder};
	const struct pod_finder pods_finder = {.find = event_pods_find, .context = &pods};
	struct buffer line = {0};
	struct filter_pending pending;
	struct event_filters filters;
	bool passes;

	forget();
	read_filters(&filters, allow, deny);
	json = (struct event_json_options){.pods = &pods_finder};
	event_pods_begin(&pods, event);
	CHECK_EQ(event_filters_decide(&filters, event, &pods, &pending), FILTER_PENDING);
	event_pods_end(&pods);
	found.line = print(event, is_known, &line);
	passes = event_filters_settle(&filters, &pending, &found) == FILTER_PASS;
	event_filters_done(&filters);
	buffer_done(&line);
	return passes;
}

static void test_awaited(void)
{
	static const char is_default[] = "{\"namespace\":[\"default\"],\"binary_regex\":[\"curl\"]}";
	static const char is_host[] = "{\"namespace\":[\"\"]}", health[] = "{\"health_check\":true}";
	static const char other[] = "{\"binary_regex\":[\"wget\"],\"namespace\":[\"default\"]}";
	static const char cel[] = "{\"cel_expression\":[\"process_exec.process.pod.name.startsWith('xwing')\"]}";
	static const char cel_and_namespace[] =
		"{\"cel_expression\":[\"process_exec.process.pid == 40u\"],\"namespace\":[\"default\"]}";

	is_awaited = true;
	CHECK(settle(is_default, "", &exec_of_curl, true, false));
	CHECK(!settle(is_default, "", &exec_of_curl, false, false));
	CHECK(!settle("", is_default, &exec_of_curl, true, false));
	CHECK(settle("", is_default, &exec_of_curl, false, false));
	CHECK(!settle(is_default, is_host, &exec_of_curl, false, false));
	CHECK(settle(is_default, is_host, &exec_of_curl, true, false));
	CHECK(settle("{\"event_set\":[\"PROCESS_EXEC\"]}", is_host, &exec_of_curl, true, false));
	CHECK(!settle("", health, &exec_of_curl, true, true));
	CHECK(settle("", health, &exec_of_curl, true, false));
	CHECK(settle(cel, "", &exec_of_curl, true, false));
	CHECK(!settle(cel, "", &exec_of_curl, false, false));
	CHECK(!settle("", cel, &exec_of_curl, true, false));
	CHECK(settle("", cel, &exec_of_curl, false, false));
	CHECK(settle(cel_and_namespace, "", &exec_of_curl, true, false));
	CHECK(!settle(cel_and_namespace, "", &exec_of_curl, false, false));
	CHECK_EQ(decide("{\"cel_expression\":[\"process_exec.process.pid == 40u\"]}", "", &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide("{\"cel_expression\":[\"process_exec.process.pid == 4u\"],\"namespace\":[\"default\"]}", "",
			&exec_of_curl),
		 FILTER_DROP);
	/* what is known decides without the pod */
	CHECK_EQ(decide(other, "", &exec_of_curl), FILTER_DROP);
	CHECK_EQ(decide("", other, &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide("{\"pid\":[40]}", other, &exec_of_curl), FILTER_PASS);
	CHECK_EQ(decide(is_default, "{\"pid\":[40]}", &exec_of_curl), FILTER_DROP);
	CHECK_EQ(decide(is_host, "", &exit_of_host), FILTER_PASS);
	is_awaited = false;
}

/* The process is of the host, and its parent's container is awaited. */
static void test_parent_awaited(void)
{
	const struct event event = {.type = EVENT_PROCESS_EXEC, .process = &shim, .parent = &curl};
	static const char host_without_probes[] = "{\"namespace\":[\"\"],\"health_check\":false}";
	static const char cel[] = "{\"namespace\":[\"\"],\"cel_expression\":[\"has(process_exec.parent.pod)\"]}";

	is_awaited = true;
	CHECK(settle(host_without_probes, "", &event, true, false));
	CHECK(!settle(host_without_probes, "", &event, true, true));
	CHECK(settle(cel, "", &event, true, false));
	CHECK(!settle(cel, "", &event, false, false));
	CHECK_EQ(decide("{\"namespace\":[\"default\"],\"health_check\":false}", "", &event), FILTER_DROP);
	CHECK_EQ(decide("{\"namespace\":[\"\"]}", "", &event), FILTER_PASS);
	is_awaited = false;
}

static void test_pid_sets(void)
{
	struct event_filters filters;

	read_filters(&filters, "{\"pid_set\":[1,2]}{\"pid\":[1]}", "{\"pid_set\":[2,3]}");
	CHECK_EQ(event_filters_pid_sets(&filters, 1), 1);
	CHECK_EQ(event_filters_pid_sets(&filters, 2), 3);
	CHECK_EQ(event_filters_pid_sets(&filters, 3), 2);
	CHECK_EQ(event_filters_pid_sets(&filters, 4), 0);
	event_filters_done(&filters);
}

/* --- texts that are refused */

static const struct {
	const char *text, *finding;
} refused[] = {
	{"[]", "f:1:1: error: a filter is a JSON object, and begins with {\n    remedy: write {\"MEMBER\": ...}, one "
	       "object after another"},
	{"{\"pid\": [1]}\n  x", "f:2:3: error: a filter is a JSON object, and begins with {\n    remedy: write "
				"{\"MEMBER\": ...}, one object after another"},
	{"{\"pid\": [\"}\"]",
	 "f:1:1: error: the object that begins here has no end: } is missing\n    remedy: close it"},
	{"{\"pid\": [1]} {\"pod\": [1]}",
	 "f:1:15: error: filters[1].pod: unknown member \"pod\"\n    remedy: did you mean "
	 "pid?"},
	{"{\"binary_regex\": \"a\"}", "f:1:18: error: filters[0].binary_regex: must be of type array: \"string\"\n    "
				      "remedy: write a list: each item behind a dash, or [a, b]"},
	{"{\"binary_regex\": [\"a\", \"*\"]}",
	 "f:1:24: error: filters[0].binary_regex[1]: not a regular expression: \"*\": no argument for repetition "
	 "operator: *\n    remedy: write a regular expression of RE2"},
	{"{\"pid\": [-1]}",
	 "f:1:10: error: filters[0].pid[0]: Invalid value: -1: must be a number from 0 to 4294967295"},
	{"{\"event_set\": [\"PROCESS_EXECS\"]}",
	 "f:1:16: error: filters[0].event_set[0]: Unsupported value: \"PROCESS_EXECS\": supported values: "
	 "\"PROCESS_EXEC\", \"PROCESS_EXIT\", \"PROCESS_KPROBE\", \"PROCESS_TRACEPOINT\", \"PROCESS_LSM\", "
	 "\"PROCESS_LOADER\", \"PROCESS_THROTTLE\", \"PROCESS_UPROBE\", \"PROCESS_USDT\", \"RATE_LIMIT_INFO\"\n    "
	 "remedy: did "
	 "you mean PROCESS_EXEC?"},
	{"{\"labels\": [\"app in web\"]}",
	 "f:1:13: error: filters[0].labels[0]: not a label selector: \"app in web\": ( is missing behind the operator "
	 "of "
	 "\"app\"\n    remedy: write it as for kubectl: app=web,tier in (front, back),!canary"},
	{"{\"health_check\": \"true\"}",
	 "f:1:18: error: filters[0].health_check: must be of type boolean: \"string\"\n    "
	 "remedy: write true or false, without quotes"},
	{"{\"pid_set\": [1]}",
	 "f:1:13: error: filters[0].pid_set: pid_set follows the descendants of processes, which is "
	 "not enabled\n    remedy: give --enable-pid-set-filter, too"},
	{"{\"capabilities\": {}}",
	 "f:1:18: error: filters[0].capabilities: capabilities are not part of the events\n    "
	 "remedy: give --enable-process-cred, too"},
	{"{\"cel_expression\": [\"process_exec.process.pid == 1\"]}",
	 "f:1:21: error: filters[0].cel_expression[0]: column 26 of the expression: == has uint on its left and int on "
	 "its "
	 "right\n    remedy: numbers without sign are written with u, as in 5u, or converted by uint()"},
	{"{\"pod_regex\": [\"a\"], \"podRegex\": [\"b\"]}",
	 "f:1:34: error: filters[0].podRegex: pod_regex is here twice\n    remedy: remove one of them"},
};

static void test_refused(void)
{
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct event_filters filters = {.engine = &re2_engine};
		struct list list = {.filters = &filters, .list = &filters.allow};
		struct report report;

		report_init(&report, "f");
		CHECK_EQ(read_list(&list, refused[i].text, &report), -EINVAL);
		CHECK_EQ(report.count, 1);
		finding_print(&report.findings[0], "f", text, sizeof(text));
		CHECK_STR(text, refused[i].finding);
		report_done(&report);
		event_filters_done(&filters);
	}
}

/* With what they need; each has one finding. */
static void test_refused_capabilities(void)
{
	static const char *const texts[] = {
		"{\"capabilities\": {\"permitted\": {}}}",
		"{\"capabilities\": {\"permitted\": {\"any\": [\"CAP_CHOWN\"], \"none\": [\"CAP_KILL\"]}}}",
		"{\"capabilities\": {\"permitted\": {\"any\": [\"CAP_NONE\"]}}}",
		"{\"capabilities\": {\"permited\": {\"any\": [\"CAP_CHOWN\"]}}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct event_filters filters = {.engine = &re2_engine};
		struct list list = {.filters = &filters, .list = &filters.allow, .needs = {.with_credentials = true}};
		struct report report;

		report_init(&report, "f");
		CHECK_EQ(read_list(&list, texts[i], &report), -EINVAL);
		CHECK_EQ(report.count, 1);
		report_done(&report);
		event_filters_done(&filters);
	}
}

/* What all expressions of an event may take, whichever list they are in. */
static void test_steps(void)
{
	static const char cel[] = "{\"cel_expression\":[\"process_exec.process.binary.matches('[a-z/]{900}')\", "
				  "\"process_exec.process.pid == 40u\"]}";
	static const char regex[] = "{\"binary_regex\":[\"[a-z/]{900}\", \"curl\"]}";
	static const char *const lists[][2] = {{cel, ""}, {"", cel}, {regex, ""}, {"", regex}};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		enum filter_verdict verdict = *lists[i][0] ? FILTER_PASS : FILTER_DROP;

		CHECK_EQ(decide_within(0, lists[i][0], lists[i][1], &exec_of_curl), verdict);
		CHECK_EQ(decide_within(1000, lists[i][0], lists[i][1], &exec_of_curl), verdict);
		CHECK_EQ(decide_within(10, lists[i][0], lists[i][1], &exec_of_curl), FILTER_TOO_COSTLY);
	}
	/* what decides without them does */
	CHECK_EQ(decide_within(10, cel, "{\"pid\":[40]}", &exec_of_curl), FILTER_DROP);
	CHECK_EQ(decide_within(10, "{\"pid\":[40]}", "", &exec_of_curl), FILTER_PASS);
}

static void test_bounds(void)
{
	static char text[200000];
	size_t length = 0;

	for (size_t i = 0; i < 2; i++) {
		struct event_filters filters = {.engine = &re2_engine};
		struct list list = {.filters = &filters, .list = &filters.allow};
		struct report report;

		for (; length < (EVENT_FILTERS_MAX + i) * 2;)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "{}");
		report_init(&report, "f");
		CHECK_EQ(read_list(&list, text, &report), i ? -EINVAL : 0);
		report_done(&report);
		event_filters_done(&filters);
	}
	for (size_t i = 0; i < 2; i++) {
		struct event_filters filters = {.engine = &re2_engine};
		struct list list = {.filters = &filters, .list = &filters.allow};
		struct report report;

		length = (size_t)snprintf(text, sizeof(text), "{\"binary_regex\":[\"a\"");
		for (size_t j = 1; j < EVENT_FILTER_REGEXES_MAX + i; j++)
			length += (size_t)snprintf(text + length, sizeof(text) - length, ",\"a\"");
		snprintf(text + length, sizeof(text) - length, "]}");
		report_init(&report, "f");
		CHECK_EQ(read_list(&list, text, &report), i ? -EINVAL : 0);
		report_done(&report);
		event_filters_done(&filters);
	}
}

int main(void)
{
	struct kube_pod_fields fields = maker_fields();

	xwing = maker_new(&fields);
	RUN(test_members);
	RUN(test_lists);
	RUN(test_awaited);
	RUN(test_parent_awaited);
	RUN(test_pid_sets);
	RUN(test_refused);
	RUN(test_refused_capabilities);
	RUN(test_steps);
	RUN(test_bounds);
	kube_pod_unref(xwing);
	return test_end();
}
