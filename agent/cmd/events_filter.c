// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_filter.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "core/filter/event_filter.h"
#include "io/regex/re2.h"

/* events.md section 2, without "process_". */
static const char *const event_types[] = {
	"exec",     "exit", "kprobe", "tracepoint", "loader",          "uprobe",
	"throttle", "lsm",  "usdt",   "test",       "rate_limit_info",
};

/* "PROCESS_EXEC", "process_exec" and "exec" are one. */
static const char *short_type(const char *name)
{
	static const char prefix[] = "process_";

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0 ? name + sizeof(prefix) - 1 : name;
}

static int check_type(const char *name, struct option_error *ret_error)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++) {
		if (strcasecmp(short_type(name), event_types[i]) == 0)
			return 0;
	}
	return option_error_set(ret_error,
				"--event-types: there is no event type \"%.64s\"; use PROCESS_EXEC, PROCESS_EXIT, "
				"PROCESS_KPROBE, PROCESS_TRACEPOINT, PROCESS_LOADER, PROCESS_UPROBE, PROCESS_THROTTLE, "
				"PROCESS_LSM, PROCESS_USDT, RATE_LIMIT_INFO",
				name);
}

static int compile(struct events_patterns *patterns, const struct option_list *list, const char *flag,
		   struct option_error *ret_error)
{
	if (!list->count)
		return 0;
	patterns->items = calloc(list->count, sizeof(*patterns->items));
	if (!patterns->items)
		return -ENOMEM;
	for (; patterns->count < list->count; patterns->count++) {
		const char *text = list->items[patterns->count];
		char why[REGEX_WHY_MAX];
		int r = re2_engine.compile(text, strlen(text), &patterns->items[patterns->count], why);

		if (r == -EINVAL)
			return option_error_set(
				ret_error,
				"%s: \"%.128s\" is not a regular expression: %s; put a backslash before "
				"characters that mean themselves",
				flag, text, why);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compile_condition(const char *text, size_t *regexes_left, struct event_cel **ret,
			     struct option_error *ret_error)
{
	struct event_cel_error error;
	int r = event_cel_parse(text, strlen(text), &re2_engine, regexes_left, ret, &error);

	return r == -EINVAL
		       ? option_error_set(ret_error, "--cel-expression: column %zu of \"%.128s\": %s%s%s", error.column,
					  text, error.problem, *error.remedy ? "; " : "", error.remedy)
		       : r;
}

static int compile_conditions(struct events_conditions *conditions, const struct option_list *list,
			      struct option_error *ret_error)
{
	size_t regexes_left = EVENT_FILTER_REGEXES_MAX;
	int r;

	if (!list->count)
		return 0;
	conditions->items = calloc(list->count, sizeof(*conditions->items));
	r = conditions->items ? buffer_init(&conditions->scratch, EVENT_CEL_SCRATCH_MAX) : -ENOMEM;
	for (size_t i = 0; i < list->count && r == 0; i++) {
		r = compile_condition(list->items[i], &regexes_left, &conditions->items[i], ret_error);
		conditions->count += r == 0;
	}
	return r;
}

int events_filter_init(struct events_filter *filter, const struct events_filter_options *options,
		       struct option_error *ret_error)
{
	int r = 0;

	*filter = (struct events_filter){.options = options};
	for (size_t i = 0; i < options->event_types.count && r == 0; i++)
		r = check_type(options->event_types.items[i], ret_error);
	if (r == 0)
		r = compile(&filter->namespaces, &options->namespace_regexes, "--namespace-regex", ret_error);
	if (r == 0)
		r = compile(&filter->pods, &options->pods, "--pod", ret_error);
	if (r == 0)
		r = compile(&filter->containers, &options->containers, "--containers", ret_error);
	if (r == 0)
		r = compile(&filter->processes, &options->processes, "--process", ret_error);
	if (r == 0)
		r = compile_conditions(&filter->conditions, &options->conditions, ret_error);
	return r;
}

static void patterns_done(struct events_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		re2_engine.free(patterns->items[i]);
	free(patterns->items);
}

static void conditions_done(struct events_conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++)
		event_cel_free(conditions->items[i]);
	free(conditions->items);
	buffer_done(&conditions->scratch);
}

void events_filter_done(struct events_filter *filter)
{
	patterns_done(&filter->namespaces);
	patterns_done(&filter->pods);
	patterns_done(&filter->containers);
	patterns_done(&filter->processes);
	conditions_done(&filter->conditions);
	*filter = (struct events_filter){0};
}

static bool matches_type(const struct option_list *list, const char *event)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcasecmp(short_type(list->items[i]), short_type(event)) == 0)
			return true;
	}
	return list->count == 0;
}

static bool matches_namespace(const struct events_filter_options *options, const struct compact_view *view)
{
	if (!options->namespaces.count && !options->is_host)
		return true;
	if (!view->has_process)
		return false;
	if (!view->pod_name.length)
		return options->is_host;
	for (size_t i = 0; i < options->namespaces.count; i++) {
		if (strcmp(options->namespaces.items[i], view->namespace_name.data) == 0)
			return true;
	}
	return false;
}

static bool matches_policy(const struct option_list *names, const struct compact_view *view)
{
	for (size_t i = 0; i < names->count; i++) {
		if (view->policy_name.length && strcmp(names->items[i], view->policy_name.data) == 0)
			return true;
	}
	return names->count == 0;
}

static bool matches_pattern(const struct events_patterns *patterns, bool has_text, struct bytes text)
{
	for (size_t i = 0; i < patterns->count && has_text; i++) {
		if (re2_engine.matches(patterns->items[i], text) > 0)
			return true;
	}
	return patterns->count == 0;
}

static bool matches_condition(struct events_conditions *conditions, struct bytes line)
{
	for (size_t i = 0; i < conditions->count; i++) {
		size_t steps = EVENT_CEL_STEPS_MAX;

		if (event_cel_matches(conditions->items[i], line.data, line.length, &conditions->scratch, &steps))
			return true;
	}
	return conditions->count == 0;
}

bool events_filter_matches(struct events_filter *filter, const struct compact_view *view, struct bytes line)
{
	bool has_pod = view->pod_name.length, has_container = has_pod && view->container_name.length;

	return matches_type(&filter->options->event_types, view->event.data) &&
	       matches_namespace(filter->options, view) &&
	       matches_pattern(&filter->namespaces, has_pod, view->namespace_name) &&
	       matches_pattern(&filter->pods, has_pod, view->pod_name) &&
	       matches_pattern(&filter->containers, has_container, view->container_name) &&
	       matches_pattern(&filter->processes, view->has_process, view->binary) &&
	       matches_policy(&filter->options->policies, view) && matches_condition(&filter->conditions, line);
}

bool events_filter_is_empty(const struct events_filter *filter)
{
	const struct events_filter_options *options = filter->options;

	return options->event_types.count == 0 && options->namespaces.count == 0 &&
	       options->namespace_regexes.count == 0 && options->pods.count == 0 && options->containers.count == 0 &&
	       options->processes.count == 0 && options->policies.count == 0 && options->conditions.count == 0 &&
	       !options->is_host;
}

/* --- as JSON */

static json_t *texts_of(const struct option_list *list)
{
	json_t *texts = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(texts, json_string_nocheck(list->items[i]));
	return texts;
}

/* As the agent's filters have them: PROCESS_EXEC. */
static json_t *types_of(const struct option_list *list)
{
	json_t *types = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const char *type = short_type(list->items[i]);
		bool has_prefix = strcasecmp(type, "rate_limit_info") != 0 && strcasecmp(type, "test") != 0;
		char name[64];

		snprintf(name, sizeof(name), "%s%s", has_prefix ? "PROCESS_" : "", type);
		for (char *at = name; *at; at++)
			*at = (char)toupper((unsigned char)*at);
		json_array_append_new(types, json_string_nocheck(name));
	}
	return types;
}

/* No pod is a namespace without a name. */
static json_t *namespaces_of(const struct events_filter_options *options)
{
	json_t *namespaces = texts_of(&options->namespaces);

	if (options->is_host)
		json_array_append_new(namespaces, json_string_nocheck(""));
	return namespaces;
}

char *events_filter_json(const struct events_filter *filter)
{
	const struct events_filter_options *options = filter->options;
	/* empty lists are as if they were not there */
	json_auto_t *object =
		json_pack("{so,so,so,so,so,so,so,so}", "event_set", types_of(&options->event_types), "namespace",
			  namespaces_of(options), "namespace_regex", texts_of(&options->namespace_regexes), "pod_regex",
			  texts_of(&options->pods), "container_name_regex", texts_of(&options->containers),
			  "binary_regex", texts_of(&options->processes), "policy_names", texts_of(&options->policies),
			  "cel_expression", texts_of(&options->conditions));

	return object ? json_dumps(object, JSON_COMPACT) : NULL;
}
