// SPDX-License-Identifier: Apache-2.0

/*
 * Field filters as users write them, and on the golden events: tests/golden/fields/NAME.filters makes NAME.expected of
 * all of them, which GOLDEN_UPDATE=1 writes anew, for a look at `git diff`.
 */
#include "core/filter/field_filter_parse.h"

#include <errno.h>
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>

#include "../unit/test.h"
#include "base/buffer.h"
#include "base/util.h"
#include "io/filter/filter_text.h"

#define GOLDEN "tests/golden"
#define LINES_MAX (1 << 20)

static int take(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return field_filter_parse(context, index, node, report);
}

static const struct {
	const char *text, *finding;
} refused[] = {
	{"{\"fields\": \"process.binry\"}",
	 "f:1:12: error: filters[0].fields: unknown field \"process.binry\"\n    remedy: did you mean process.binary?"},
	{"{\"fields\": \"process\"}\n {\"event_set\": [\"PROCESS_LSM\"], \"fields\": \"args.label\"}",
	 "f:2:43: error: filters[1].fields: a path ends at args, which is a list: \"args.label\"\n    remedy: write "
	 "args"},
	{"{\"action\": \"EXCLUDE\"}", "f:1:1: error: filters[0]: has no fields\n    remedy: write {\"fields\": "
				      "\"process.pid,process.binary\"}"},
	{"{\"fields\": \"\"}", "f:1:1: error: filters[0]: has no fields\n    remedy: write {\"fields\": "
			       "\"process.pid,process.binary\"}"},
	{"{\"fields\": [\"process\"]}",
	 "f:1:12: error: filters[0].fields: must be of type string: \"array\"\n    remedy: write a string, in quotes"},
	{"{\"fields\": \"process\", \"action\": \"REMOVE\"}",
	 "f:1:33: error: filters[0].action: Unsupported value: \"REMOVE\": supported values: \"INCLUDE\", \"EXCLUDE\""},
	{"{\"fields\": \"process\", \"invert_event_set\": true}",
	 "f:1:1: error: filters[0]: with invert_event_set it is about no event\n    remedy: name in event_set those "
	 "that "
	 "are not meant"},
	{"{\"field\": \"process\"}",
	 "f:1:2: error: filters[0].field: unknown member \"field\"\n    remedy: did you mean fields?"},
};

static void test_refused(void)
{
	char text[4096];

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct field_masks masks = {0};
		struct report report;

		report_init(&report, "f");
		CHECK_EQ(filter_text_read(refused[i].text, &report, take, &masks), -EINVAL);
		CHECK_EQ(report.count, 1);
		finding_print(&report.findings[0], "f", text, sizeof(text));
		CHECK_STR(text, refused[i].finding);
		report_done(&report);
		field_masks_done(&masks);
	}
}

static void test_default_action(void)
{
	static const char line[] = "{\"process_exec\":{\"process\":{},\"parent\":{}}}\n";
	struct field_masks masks = {0};
	struct report report;
	char out[sizeof(line)];

	report_init(&report, "f");
	CHECK_EQ(filter_text_read("{\"event_set\": [], \"fields\": \"parent\"}", &report, take, &masks), 0);
	CHECK_BYTES(out, field_masks_apply(&masks, line, strlen(line), out), "{\"process_exec\":{\"parent\":{}}}\n");
	report_done(&report);
	field_masks_done(&masks);
}

/* --- golden events */

static void read_text(const char *path, struct buffer *text)
{
	_cleanup_fclose_ FILE *file = fopen(path, "r");

	CHECK(file);
	buffer_reset(text);
	if (file)
		text->length = fread(text->data, 1, text->capacity - 1, file);
	CHECK(text->length < text->capacity - 1);
	text->data[text->length] = '\0';
}

static void compare(const char *name, const struct buffer *got)
{
	_cleanup_(buffer_done) struct buffer wanted = {0};
	char path[256];

	CHECK_EQ(buffer_init(&wanted, LINES_MAX), 0);
	snprintf(path, sizeof(path), GOLDEN "/fields/%s.expected", name);
	if (getenv("GOLDEN_UPDATE")) {
		_cleanup_fclose_ FILE *file = fopen(path, "w");

		CHECK(file && fwrite(got->data, 1, got->length, file) == got->length);
	}
	read_text(path, &wanted);
	CHECK_BYTES(got->data, got->length, wanted.data);
}

static void check_golden(const char *name, const glob_t *events)
{
	_cleanup_(buffer_done) struct buffer text = {0}, lines = {0};
	struct field_masks masks = {0};
	struct report report;
	char path[256];

	CHECK_EQ(buffer_init(&text, LINES_MAX), 0);
	CHECK_EQ(buffer_init(&lines, LINES_MAX), 0);
	snprintf(path, sizeof(path), GOLDEN "/fields/%s.filters", name);
	read_text(path, &text);
	report_init(&report, path);
	CHECK_EQ(filter_text_read(text.data, &report, take, &masks), 0);
	report_print(&report, stdout);
	report_done(&report);
	for (size_t i = 0; i < events->gl_pathc; i++) {
		read_text(events->gl_pathv[i], &text);
		buffer_append(&lines, text.data, field_masks_apply(&masks, text.data, text.length, text.data));
	}
	compare(name, &lines);
	field_masks_done(&masks);
}

static void test_golden(void)
{
	glob_t events = {0};

	CHECK_EQ(glob(GOLDEN "/*.json", 0, NULL, &events), 0);
	check_golden("include", &events);
	check_golden("exclude", &events);
	globfree(&events);
}

static void check_known(const struct event_field *object, json_t *value);

/* The arguments of a hook are such objects as `return` is. */
static void check_args(json_t *args)
{
	const struct event_field *argument = event_field_find(&event_messages[EVENT_PROCESS_KPROBE], "return", 6);
	json_t *arg;
	size_t i;

	json_array_foreach(args, i, arg) check_known(argument, arg);
}

/* The table of fields has all that is printed, and says of each what it is. */
static void check_known(const struct event_field *object, json_t *value)
{
	static const json_type types[] = {
		[EVENT_FIELD_LIST] = JSON_ARRAY, [EVENT_FIELD_MAP] = JSON_OBJECT, [EVENT_FIELD_OBJECT] = JSON_OBJECT};
	const char *key;
	json_t *member;

	json_object_foreach(value, key, member)
	{
		const struct event_field *field = event_field_find(object, key, strlen(key));

		if (!field) {
			printf("%s of %s is not in the table\n", key, object->name);
			test_is_ok = false;
			continue;
		}
		CHECK_STR(field->name, key);
		if (field->kind == EVENT_FIELD_SCALAR)
			CHECK(!json_is_object(member) && !json_is_array(member));
		else
			CHECK_EQ(json_typeof(member), types[field->kind]);
		if (field->kind == EVENT_FIELD_OBJECT)
			check_known(field, member);
		if (strcmp(key, "args") == 0)
			check_args(member);
	}
}

static void test_table(void)
{
	glob_t events = {0};
	size_t met = 0;

	CHECK_EQ(glob(GOLDEN "/*.json", 0, NULL, &events), 0);
	for (size_t i = 0; i < events.gl_pathc; i++) {
		json_t *line = json_load_file(events.gl_pathv[i], 0, NULL);

		for (size_t j = 0; j < EVENT_MESSAGE_COUNT; j++) {
			json_t *event = json_object_get(line, event_messages[j].name);

			met += event != NULL;
			check_known(&event_messages[j], event);
		}
		json_decref(line);
	}
	CHECK_EQ(met, events.gl_pathc);
	globfree(&events);
}

int main(void)
{
	RUN(test_refused);
	RUN(test_default_action);
	RUN(test_golden);
	RUN(test_table);
	return test_end();
}
