// SPDX-License-Identifier: Apache-2.0

/* Field filters on lines: each operator, and each way in which a line may be written. */
#include "core/filter/field_mask.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

#define EXEC (1u << EVENT_PROCESS_EXEC)
#define EXIT (1u << EVENT_PROCESS_EXIT)
#define KPROBE (1u << EVENT_PROCESS_KPROBE)
#define LINE_MAX_BYTES 512
#define FILTERS_MAX 3

#define INCLUDE(messages, fields) \
	{ \
		(messages), (fields), false \
	}
#define EXCLUDE(messages, fields) \
	{ \
		(messages), (fields), true \
	}
#define ALL EVENT_MESSAGES_ALL

static const struct {
	const char *name, *line, *wanted;
	struct field_filter filters[FILTERS_MAX]; /* ends with one without fields */
} cases[] = {
	{"no filter",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 {{0}}},

	{"exclude the first",
	 "{\"process_exit\":{\"process\":{},\"signal\":\"S\",\"status\":3},\"time\":\"t\"}\n",
	 "{\"process_exit\":{\"signal\":\"S\",\"status\":3},\"time\":\"t\"}\n",
	 {EXCLUDE(ALL, "process")}},
	{"exclude the middle",
	 "{\"process_exit\":{\"process\":{},\"signal\":\"S\",\"status\":3},\"time\":\"t\"}\n",
	 "{\"process_exit\":{\"process\":{},\"status\":3},\"time\":\"t\"}\n",
	 {EXCLUDE(ALL, "signal")}},
	{"exclude the last",
	 "{\"process_exit\":{\"process\":{},\"signal\":\"S\",\"status\":3},\"time\":\"t\"}\n",
	 "{\"process_exit\":{\"process\":{},\"signal\":\"S\"},\"time\":\"t\"}\n",
	 {EXCLUDE(ALL, "status")}},
	{"exclude all",
	 "{\"process_exit\":{\"process\":{},\"signal\":\"S\",\"status\":3},\"time\":\"t\"}\n",
	 "{\"process_exit\":{},\"time\":\"t\"}\n",
	 {EXCLUDE(ALL, "status,process,signal")}},
	{"exclude what is nested",
	 "{\"process_exec\":{\"process\":{\"exec_id\":\"x\",\"pid\":1,\"cap\":{\"effective\":[\"A\"]}},"
	 "\"parent\":{\"exec_id\":\"y\",\"pid\":2}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"cap\":{}},\"parent\":{\"exec_id\":\"y\",\"pid\":2}}}\n",
	 {EXCLUDE(ALL, "process.exec_id,process.cap.effective")}},
	{"exclude what is not there",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 {EXCLUDE(ALL, "process.pod.name,parent,status")}},
	{"exclude an object and a field of it",
	 "{\"process_exec\":{\"process\":{\"pid\":1},\"parent\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{\"parent\":{\"pid\":1}}}\n",
	 {EXCLUDE(ALL, "process,process.pid")}},
	{"exclude of another event",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 {EXCLUDE(EXIT | KPROBE, "process.pid")}},
	{"exclude a list",
	 "{\"process_kprobe\":{\"args\":[{\"int_arg\":1},{}],\"action\":\"P\"}}\n",
	 "{\"process_kprobe\":{\"action\":\"P\"}}\n",
	 {EXCLUDE(ALL, "args")}},
	{"a field that is named twice",
	 "{\"process_exec\":{\"process\":{\"pid\":1},\"process\":{\"pid\":2,\"uid\":3}}}\n",
	 "{\"process_exec\":{\"process\":{},\"process\":{\"uid\":3}}}\n",
	 {EXCLUDE(ALL, "process.pid")}},

	{"include",
	 "{\"process_exit\":{\"process\":{\"exec_id\":\"x\",\"pid\":1,\"uid\":0},\"parent\":{\"pid\":2},\"status\":3},"
	 "\"node_name\":\"n\",\"time\":\"t\"}\n",
	 "{\"process_exit\":{\"process\":{\"pid\":1},\"status\":3},\"node_name\":\"n\",\"time\":\"t\"}\n",
	 {INCLUDE(ALL, "process.pid,status")}},
	{"include what is not there",
	 "{\"process_exec\":{\"process\":{\"pid\":1},\"parent\":{\"pid\":2}}}\n",
	 "{\"process_exec\":{\"process\":{}}}\n",
	 {INCLUDE(ALL, "process.pod.name,status")}},
	{"include an object and a field of it",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2},\"parent\":{}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2}}}\n",
	 {INCLUDE(ALL, "process.pid,process")}},
	{"include of another event",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 {INCLUDE(EXIT, "status")}},
	{"include a field that the event has not",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"process_exec\":{}}\n",
	 {INCLUDE(EXEC | EXIT, "status")}},
	{"include a field of an argument",
	 "{\"process_kprobe\":{\"args\":[],\"return\":{\"int_arg\":0,\"label\":\"l\"}}}\n",
	 "{\"process_kprobe\":{\"return\":{\"int_arg\":0}}}\n",
	 {INCLUDE(ALL, "return.intArg")}},
	{"include leaves what is not known",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"new\":2},\"newer\":{}},\"newest\":1}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}},\"newest\":1}\n",
	 {INCLUDE(ALL, "process.pid")}},

	{"include, then exclude",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2},\"parent\":{}}}\n",
	 "{\"process_exec\":{\"process\":{\"uid\":2}}}\n",
	 {INCLUDE(ALL, "process"), EXCLUDE(ALL, "process.pid")}},
	{"exclude, then include",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2},\"parent\":{}}}\n",
	 "{\"process_exec\":{\"process\":{\"uid\":2}}}\n",
	 {EXCLUDE(ALL, "process.pid"), INCLUDE(ALL, "process")}},
	{"exclude, then include the same",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2},\"parent\":{}}}\n",
	 "{\"process_exec\":{\"process\":{}}}\n",
	 {EXCLUDE(ALL, "process.pid"), INCLUDE(ALL, "process.pid")}},
	{"exclude an object, then include of it",
	 "{\"process_exec\":{\"process\":{\"pid\":1},\"parent\":{}}}\n",
	 "{\"process_exec\":{}}\n",
	 {EXCLUDE(ALL, "process"), INCLUDE(ALL, "process.pid")}},
	{"include twice",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2,\"auid\":3},\"parent\":{}}}\n",
	 "{\"process_exec\":{\"process\":{\"uid\":2}}}\n",
	 {INCLUDE(ALL, "process.pid,process.uid"), INCLUDE(EXEC, "process.uid,process.auid,parent")}},
	{"include less, then more",
	 "{\"process_exec\":{\"process\":{\"pid\":1,\"uid\":2}}}\n",
	 "{\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 {INCLUDE(ALL, "process.pid"), INCLUDE(ALL, "process")}},
	{"one event each",
	 "{\"process_exit\":{\"process\":{\"pid\":1,\"uid\":2},\"status\":3}}\n",
	 "{\"process_exit\":{\"process\":{\"pid\":1,\"uid\":2}}}\n",
	 {EXCLUDE(EXEC, "process.pid"), EXCLUDE(EXIT, "status")}},

	{"blanks",
	 " { \"process_exec\" : { \"process\" : { \"pid\" : 1 , \"uid\" : 2 } , \"parent\" : { } } , \"time\" : 1 "
	 "}\r\n",
	 " { \"process_exec\" : { \"process\" : {\"uid\" : 2}} , \"time\" : 1 }\r\n",
	 {EXCLUDE(ALL, "process.pid,parent")}},
	{"strings with all that is JSON",
	 "{\"process_exec\":{\"process\":{\"cwd\":\"}\\\\\",\"binary\":\"\\\"],{\",\"pid\":1}}}",
	 "{\"process_exec\":{\"process\":{\"binary\":\"\\\"],{\",\"pid\":1}}}",
	 {EXCLUDE(ALL, "process.cwd")}},
	{"the event is not the first",
	 "{\"time\":\"t\",\"process_exec\":{\"process\":{\"pid\":1}}}\n",
	 "{\"time\":\"t\",\"process_exec\":{\"process\":{}}}\n",
	 {EXCLUDE(ALL, "process.pid")}},
	{"what should be an object",
	 "{\"process_exec\":{\"process\":null,\"parent\":[{\"pid\":1}]}}\n",
	 "{\"process_exec\":{\"parent\":[{\"pid\":1}]}}\n",
	 {INCLUDE(ALL, "process.pid,parent"), EXCLUDE(ALL, "parent.pid")}},

	{"rate limit",
	 "{\"rate_limit_info\":{\"number_of_dropped_process_events\":\"1\"},\"time\":\"t\"}\n",
	 "{\"rate_limit_info\":{\"number_of_dropped_process_events\":\"1\"},\"time\":\"t\"}\n",
	 {INCLUDE(ALL, "process.pid")}},
	{"loss ledger",
	 "{\"loss_ledger\":{\"session\":\"s\"},\"time\":\"t\"}\n",
	 "{\"loss_ledger\":{\"session\":\"s\"},\"time\":\"t\"}\n",
	 {INCLUDE(ALL, "process.pid")}},

	{"no JSON", "process_exec\n", "process_exec\n", {INCLUDE(ALL, "status")}},
	{"nothing", "", "", {INCLUDE(ALL, "status")}},
	{"cut in a value",
	 "{\"process_exec\":{\"parent\":{\"pid\":2},\"process\":{\"pid",
	 "{\"process_exec\":{\"process\":{\"pid",
	 {INCLUDE(ALL, "process")}},
	{"cut behind a colon", "{\"process_exec\":", "{\"process_exec\":", {INCLUDE(ALL, "process")}},
};

static void add_filters(struct field_masks *masks, const struct field_filter *filters)
{
	struct field_mask_error error;

	for (size_t i = 0; i < FILTERS_MAX && filters[i].fields; i++)
		CHECK_EQ(field_masks_add(masks, &filters[i], &error), 0);
}

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct field_masks masks = {0};
		char line[LINE_MAX_BYTES], beside[LINE_MAX_BYTES];
		size_t length = strlen(cases[i].line);
		bool was_ok = test_is_ok;

		add_filters(&masks, cases[i].filters);
		length = field_masks_apply(&masks, cases[i].line, length, beside);
		CHECK_BYTES(beside, length, cases[i].wanted);
		memcpy(line, cases[i].line, strlen(cases[i].line));
		length = field_masks_apply(&masks, line, strlen(cases[i].line), line);
		CHECK_BYTES(line, length, cases[i].wanted);
		length = field_masks_apply(&masks, line, length, line);
		CHECK_BYTES(line, length, cases[i].wanted);
		if (was_ok && !test_is_ok)
			printf("in: %s\n", cases[i].name);
		field_masks_done(&masks);
	}
}

static const struct {
	struct field_filter filter;
	const char *problem, *remedy;
} refused[] = {
	{INCLUDE(ALL, "process.pids"), "unknown field \"process.pids\"", "did you mean process.pid?"},
	{INCLUDE(ALL, "process,statsu"), "unknown field \"statsu\"", "did you mean status?"},
	{INCLUDE(EXEC, "status"), "unknown field \"status\"",
	 "the fields of process_exec are process, parent, ancestors"},
	{INCLUDE(ALL, "process.pid."), "a path ends at pid, which is a value: \"process.pid.\"", "write process.pid"},
	{INCLUDE(ALL, "process.cap.effective.x"),
	 "a path ends at effective, which is a list: \"process.cap.effective.x\"", "write process.cap.effective"},
	{EXCLUDE(ALL, "args.int_arg"), "a path ends at args, which is a list: \"args.int_arg\"", "write args"},
	{EXCLUDE(ALL, "process.pod.pod_labels.app"),
	 "a path ends at pod_labels, which is a map: \"process.pod.pod_labels.app\"", "write process.pod.pod_labels"},
	{EXCLUDE(ALL, "process.ns.user."), "unknown field \"process.ns.user.\"",
	 "the fields of user are inum, is_host"},
	{EXCLUDE(ALL, "process..pid"), "unknown field \"process..pid\"", NULL},
	{EXCLUDE(ALL, "process.pid,"), "unknown field \"\"", NULL},
	{EXCLUDE(ALL, "process.execID"), "unknown field \"process.execID\"", NULL},
};

static void test_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct field_masks masks = {0};
		struct field_mask_error error = {0};

		CHECK_EQ(field_masks_add(&masks, &refused[i].filter, &error), -EINVAL);
		CHECK_STR(error.problem, refused[i].problem);
		if (refused[i].remedy)
			CHECK_STR(error.remedy, refused[i].remedy);
		field_masks_done(&masks);
	}
}

static void test_names(void)
{
	CHECK(event_field_is_named("parent_exec_id", "parent_exec_id", 14));
	CHECK(event_field_is_named("parent_exec_id", "parentExecId", 12));
	CHECK(event_field_is_named("ProgType", "ProgType", 8));
	CHECK(!event_field_is_named("parent_exec_id", "parentExecIds", 13));
	CHECK(!event_field_is_named("parent_exec_id", "parentExecI", 11));
	CHECK(!event_field_is_named("pid", "", 0));
}

/* All fields of all events, one after another. */
static void exclude_all(struct field_masks *masks, const struct event_field *object, char *path, size_t length)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct event_field *field = &object->fields[i];
		const struct field_filter filter = EXCLUDE(ALL, path);
		struct field_mask_error error;
		size_t longer = length;

		longer += (size_t)snprintf(path + length, 256 - length, "%s%s", length ? "." : "", field->name);
		if (field->kind == EVENT_FIELD_OBJECT)
			exclude_all(masks, field, path, longer);
		path[longer] = '\0';
		CHECK_EQ(field_masks_add(masks, &filter, &error), 0);
	}
}

static void test_all_fields(void)
{
	struct field_masks masks = {0};
	char path[256] = "";

	for (size_t i = 0; i < EVENT_MESSAGE_COUNT; i++)
		exclude_all(&masks, &event_messages[i], path, 0);
	CHECK(masks.count < 8192);
	field_masks_done(&masks);
}

int main(void)
{
	RUN(test_cases);
	RUN(test_refused);
	RUN(test_names);
	RUN(test_all_fields);
	return test_end();
}
