// SPDX-License-Identifier: Apache-2.0
#include "io/filter/filter_text.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "io/policy/yaml.h"

#define BLANKS " \t\r\n"

static struct policy_position position_of(const char *text, size_t at)
{
	struct policy_position position = {.line = 1, .column = 1};

	for (size_t i = 0; i < at; i++) {
		position.column++;
		if (text[i] != '\n')
			continue;
		position.line++;
		position.column = 1;
	}
	return position;
}

static int refuse(struct report *report, const char *text, size_t at, const char *remedy, const char *problem)
{
	report_add(report, FINDING_PARSE, position_of(text, at), NULL, remedy, "%s", problem);
	return -EINVAL;
}

/* Where the object that begins at `at` ends, behind its brace; 0: it does not. */
static size_t find_end(const char *text, size_t at)
{
	bool is_string = false;
	size_t depth = 0;

	for (; text[at]; at++) {
		if (is_string && text[at] == '\\' && text[at + 1]) {
			at++;
		} else if (text[at] == '"') {
			is_string = !is_string;
		} else if (!is_string && text[at] == '{') {
			depth++;
		} else if (!is_string && text[at] == '}' && --depth == 0) {
			return at + 1;
		}
	}
	return 0;
}

/* Blanks, so that what follows keeps its line and column. */
static void erase(char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		if (text[from] != '\n')
			text[from] = ' ';
}

static int take_object(const char *text, size_t end, size_t index, struct report *report, filter_text_taker *take,
		       void *context)
{
	_cleanup_(yaml_documents_done) struct yaml_documents documents = {0};
	int r = yaml_read(text, end, report, &documents);

	if (r < 0)
		return r;
	/* what YAML sees and JSON does not, such as comments */
	if (documents.count != 1)
		return refuse(report, text, end - 1, "write JSON", "the object that ends here is no JSON");
	return take(context, index, documents.trees[0]->root, report);
}

static int read_all(char *text, struct report *report, filter_text_taker *take, void *context)
{
	size_t at = strspn(text, BLANKS);
	int result = 0, r;

	for (size_t index = 0; text[at]; index++) {
		size_t end = text[at] == '{' ? find_end(text, at) : 0;

		if (index == FILTER_TEXT_OBJECTS_MAX)
			return refuse(report, text, at, "write several values into one",
				      "there are more than 64 filters");
		if (text[at] != '{')
			return refuse(report, text, at, "write {\"MEMBER\": ...}, one object after another",
				      "a filter is a JSON object, and begins with {");
		if (!end)
			return refuse(report, text, at, "close it",
				      "the object that begins here has no end: } is missing");
		r = take_object(text, end, index, report, take, context);
		if (r == -ENOMEM)
			return r;
		result = r < 0 ? r : result;
		erase(text, at, end);
		at = end + strspn(text + end, BLANKS);
	}
	return result;
}

int filter_text_read(const char *text, struct report *report, filter_text_taker *take, void *context)
{
	_cleanup_free_ char *copy = NULL;
	int r = 0;

	if (strnlen(text, FILTER_TEXT_MAX) == FILTER_TEXT_MAX)
		return refuse(report, "", 0, "shorten it", "is not shorter than 1 MiB");
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	r = read_all(copy, report, take, context);
	return r;
}
