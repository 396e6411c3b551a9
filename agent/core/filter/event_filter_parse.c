// SPDX-License-Identifier: Apache-2.0
#include "core/filter/event_filter_parse.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/filter/filter_field.h"
#include "core/policy/label_text.h"
#include "core/policy/parse_names.h"

/* What the readers need beside the member's place: they find it from their `parse`. */
struct filter_parse {
	struct filter_reader reader;
	struct event_filters *filters;
	const struct event_filter_needs *needs;
};

static struct filter_parse *parse_of(struct filter_reader *reader)
{
	return CONTAINER_OF(reader, struct filter_parse, reader);
}

/* --- readers of a member */

static void read_texts(struct filter_reader *reader, const struct place *place, void *target)
{
	struct filter_texts *texts = target;

	if (!filter_is_list(reader, place) || texts->items)
		return;
	texts->items = calloc(place->node->count, sizeof(*texts->items));
	for (size_t i = 0; texts->items && i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		const char *text = parse_text(&reader->parse, &item);
		char *copy = text ? strdup(text) : NULL;

		if (copy)
			texts->items[texts->count++] = copy;
		else if (text)
			parse_no_memory(&reader->parse);
	}
	if (!texts->items)
		parse_no_memory(&reader->parse);
}

static void read_pids(struct filter_reader *reader, const struct place *place, void *target)
{
	struct filter_pids *pids = target;

	if (!filter_is_list(reader, place) || pids->items)
		return;
	pids->items = calloc(place->node->count, sizeof(*pids->items));
	if (!pids->items) {
		parse_no_memory(&reader->parse);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		parse_read_u32(&reader->parse, &item, &pids->items[i]);
		pids->count = i + 1;
	}
}

static void read_pid_set(struct filter_reader *reader, const struct place *place, void *target)
{
	struct event_filter *filter = target;
	struct filter_parse *parse = parse_of(reader);

	if (parse->needs->is_stream)
		parse_error(&reader->parse, place, "have the agent's log filter by it, or give pid",
			    "a stream of events has no pid_set, which follows the descendants of processes");
	else if (!parse->needs->with_pid_sets)
		parse_error(&reader->parse, place, "give --enable-pid-set-filter, too",
			    "pid_set follows the descendants of processes, which is not enabled");
	else if (parse->filters->pid_set_count == EVENT_FILTER_PID_SETS_MAX)
		parse_error(&reader->parse, place, "write the pids into one", "there are more than %d pid_set",
			    EVENT_FILTER_PID_SETS_MAX);
	else
		filter->pid_set_bit = 1ULL << parse->filters->pid_set_count++;
	read_pids(reader, place, &filter->pid_set);
}

static void read_bool(struct filter_reader *reader, const struct place *place, void *target)
{
	parse_read_bool(&reader->parse, place, target);
}

/* A pattern on a text that a process keeps: the result is noted. */
static void read_noted_regexes(struct filter_reader *reader, const struct place *place, void *target)
{
	struct event_filters *filters = parse_of(reader)->filters;
	struct filter_regexes *regexes = target;

	filter_read_regexes(reader, place, regexes);
	if (filters->test_count < EVENT_FILTER_TESTS_MAX)
		regexes->test = 1ULL << filters->test_count++;
}

static void read_selector(struct filter_reader *reader, const struct place *place, struct filter_selectors *selectors)
{
	const char *text = parse_text(&reader->parse, place);
	char why[LABEL_TEXT_WHY_MAX];
	int r;

	if (!text)
		return;
	r = label_text_parse(text, &selectors->items[selectors->count], why);
	if (r == 0)
		selectors->count++;
	else if (r == -ENOMEM)
		parse_no_memory(&reader->parse);
	else
		parse_error(&reader->parse, place, "write it as for kubectl: app=web,tier in (front, back),!canary",
			    "not a label selector: \"%s\": %s", text, why);
}

static void read_labels(struct filter_reader *reader, const struct place *place, void *target)
{
	struct filter_selectors *selectors = target;

	if (!filter_is_list(reader, place) || selectors->items)
		return;
	selectors->items = calloc(place->node->count, sizeof(*selectors->items));
	if (!selectors->items) {
		parse_no_memory(&reader->parse);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		read_selector(reader, &item, selectors);
	}
}

/* Where expressions are read, there is room to evaluate them. */
static bool make_cel_room(struct event_filters *filters)
{
	return (filters->line.data || buffer_init(&filters->line, EVENT_JSON_LINE_MAX) == 0) &&
	       (filters->cel_scratch.data || buffer_init(&filters->cel_scratch, EVENT_CEL_SCRATCH_MAX) == 0);
}

static void read_cel(struct filter_reader *reader, const struct place *place, struct filter_cels *cels)
{
	struct event_filters *filters = parse_of(reader)->filters;
	const char *text = parse_text(&reader->parse, place);
	struct event_cel_error error;
	int r;

	if (!text)
		return;
	if (filters->cel_count == EVENT_FILTER_CELS_MAX) {
		parse_error(&reader->parse, place, "join some by ||", "there are more expressions than there may be");
		return;
	}
	filters->cel_count++;
	r = event_cel_parse(text, strlen(text), reader->engine, &reader->regexes_left, &cels->items[cels->count],
			    &error);
	if (r == 0)
		cels->count++;
	else if (r == -ENOMEM)
		parse_no_memory(&reader->parse);
	else
		parse_error(&reader->parse, place, *error.remedy ? error.remedy : NULL,
			    "column %zu of the expression: %s", error.column, error.problem);
}

static void read_cels(struct filter_reader *reader, const struct place *place, void *target)
{
	struct filter_cels *cels = target;

	if (!filter_is_list(reader, place) || cels->items)
		return;
	cels->items = calloc(place->node->count, sizeof(*cels->items));
	if (!cels->items || !make_cel_room(parse_of(reader)->filters)) {
		parse_no_memory(&reader->parse);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		read_cel(reader, &item, cels);
	}
}

/* --- capabilities */

static void read_capability_names(struct filter_reader *reader, const struct place *place, void *target)
{
	uint64_t *set = target;
	unsigned int bit;

	if (!filter_is_list(reader, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		const char *name = parse_text(&reader->parse, &item);

		if (name && parse_capability_find(name, strlen(name), &bit))
			*set |= 1ULL << bit;
		else if (name)
			parse_error(&reader->parse, &item, "capabilities(7) has the names, such as CAP_SYS_ADMIN",
				    "there is no capability \"%s\"", name);
	}
}

static void read_capability_set(struct filter_reader *reader, const struct place *place, void *target)
{
#define HOW(name, how) \
	{ \
		name, read_capability_names, offsetof(struct filter_capabilities, set), 1u << (how) \
	}
	static const struct filter_row rows[] = {
		HOW("any", FILTER_CAPABILITIES_ANY),
		HOW("all", FILTER_CAPABILITIES_ALL),
		HOW("exactly", FILTER_CAPABILITIES_EXACTLY),
		HOW("none", FILTER_CAPABILITIES_NONE),
	};
#undef HOW
	struct filter_capabilities *capabilities = target;
	size_t errors = reader->parse.report->error_count;
	uint32_t given = 0;

	filter_read_object(reader, place, rows, ARRAY_SIZE(rows), capabilities, &given);
	if (reader->parse.report->error_count > errors)
		return;
	if (__builtin_popcount(given) == 1)
		capabilities->how = (enum filter_capabilities_how)__builtin_ctz(given);
	else
		parse_error(&reader->parse, place,
			    "write one of any, all, exactly and none, with capabilities in a list",
			    "has %s of any, all, exactly and none", given ? "several" : "none");
}

static void read_capabilities(struct filter_reader *reader, const struct place *place, void *target)
{
	static const struct filter_row rows[] = {
		{"permitted", read_capability_set, offsetof(struct event_filter, permitted), 0},
		{"effective", read_capability_set, offsetof(struct event_filter, effective), 0},
		{"inheritable", read_capability_set, offsetof(struct event_filter, inheritable), 0},
	};
	uint32_t given = 0;

	if (!parse_of(reader)->needs->with_credentials)
		parse_error(&reader->parse, place, "give --enable-process-cred, too",
			    "capabilities are not part of the events");
	filter_read_object(reader, place, rows, ARRAY_SIZE(rows), target, &given);
}

/* --- a filter */

#define ROW(name, reader, member, target) \
	{ \
		name, reader, offsetof(struct event_filter, target), 1u << (member) \
	}
#define REGEX_ROW(name, reader, member) ROW(name, reader, member, regexes[member])

static const struct filter_row filter_rows[] = {
	REGEX_ROW("binary_regex", read_noted_regexes, FILTER_BINARY_REGEX),
	REGEX_ROW("parent_binary_regex", read_noted_regexes, FILTER_PARENT_BINARY_REGEX),
	REGEX_ROW("ancestor_binary_regex", read_noted_regexes, FILTER_ANCESTOR_BINARY_REGEX),
	REGEX_ROW("arguments_regex", read_noted_regexes, FILTER_ARGUMENTS_REGEX),
	REGEX_ROW("parent_arguments_regex", read_noted_regexes, FILTER_PARENT_ARGUMENTS_REGEX),
	ROW("event_set", filter_read_event_set, FILTER_EVENT_SET, event_types),
	ROW("pid", read_pids, FILTER_PID, pids),
	{"pid_set", read_pid_set, 0, 1u << FILTER_PID_SET},
	ROW("namespace", read_texts, FILTER_NAMESPACE, namespaces),
	REGEX_ROW("namespace_regex", filter_read_regexes, FILTER_NAMESPACE_REGEX),
	REGEX_ROW("pod_regex", filter_read_regexes, FILTER_POD_REGEX),
	REGEX_ROW("container_name_regex", filter_read_regexes, FILTER_CONTAINER_NAME_REGEX),
	REGEX_ROW("container_id", filter_read_regexes, FILTER_CONTAINER_ID),
	ROW("labels", read_labels, FILTER_LABELS, labels),
	ROW("health_check", read_bool, FILTER_HEALTH_CHECK, health_check),
	ROW("policy_names", read_texts, FILTER_POLICY_NAMES, policies),
	{"capabilities", read_capabilities, 0, 1u << FILTER_CAPABILITIES},
	ROW("in_init_tree", read_bool, FILTER_IN_INIT_TREE, in_init_tree),
	ROW("cel_expression", read_cels, FILTER_CEL_EXPRESSION, cels),
};

/* Room in the list for a filter, and in the scratch buffer for a text. */
static int make_room(struct event_filters *filters, struct event_filter_list *list)
{
	struct event_filter *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	list->items = grown;
	return filters->text.data ? 0 : buffer_init(&filters->text, EVENT_FILTER_TEXT_MAX);
}

int event_filter_parse(struct event_filters *filters, struct event_filter_list *list, size_t index,
		       const struct tree_node *node, const struct event_filter_needs *needs, struct report *report)
{
	struct filter_parse parse = {
		.reader = {.parse = {.report = report},
			   .engine = filters->engine,
			   .regexes_left = EVENT_FILTER_REGEXES_MAX - filters->regex_count},
		.filters = filters,
		.needs = needs,
	};
	const struct place document = {0};
	const struct place all = {.parent = &document, .key = "filters"};
	const struct place place = {.parent = &all, .index = index, .node = node};
	size_t errors = report->error_count;
	struct event_filter *filter;
	int r;

	assert(list->count < EVENT_FILTERS_MAX);
	r = make_room(filters, list);
	if (r < 0)
		return r;
	filter = &list->items[list->count++];
	*filter = (struct event_filter){0};
	filter_read_object(&parse.reader, &place, filter_rows, ARRAY_SIZE(filter_rows), filter, &filter->members);
	filters->regex_count = EVENT_FILTER_REGEXES_MAX - parse.reader.regexes_left;
	if (parse.reader.parse.is_out_of_memory)
		return -ENOMEM;
	return report->error_count > errors ? -EINVAL : 0;
}
