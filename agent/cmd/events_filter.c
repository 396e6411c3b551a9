// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_filter.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

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
		regex_t *regex = &patterns->items[patterns->count];
		int code = regcomp(regex, list->items[patterns->count], REG_EXTENDED | REG_NOSUB);
		char reason[128];

		if (code == 0)
			continue;
		regerror(code, regex, reason, sizeof(reason));
		return option_error_set(ret_error,
					"%s: \"%.128s\" is not a regular expression: %s; put a backslash before "
					"characters that mean themselves",
					flag, list->items[patterns->count], reason);
	}
	return 0;
}

int events_filter_init(struct events_filter *filter, const struct events_filter_options *options,
		       struct option_error *ret_error)
{
	int r = 0;

	*filter = (struct events_filter){.options = options};
	for (size_t i = 0; i < options->event_types.count && r == 0; i++)
		r = check_type(options->event_types.items[i], ret_error);
	if (r == 0)
		r = compile(&filter->pods, &options->pods, "--pod", ret_error);
	if (r == 0)
		r = compile(&filter->processes, &options->processes, "--process", ret_error);
	return r;
}

static void patterns_done(struct events_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		regfree(&patterns->items[i]);
	free(patterns->items);
}

void events_filter_done(struct events_filter *filter)
{
	patterns_done(&filter->pods);
	patterns_done(&filter->processes);
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

static bool matches_pattern(const struct events_patterns *patterns, struct bytes text)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (text.length && regexec(&patterns->items[i], text.data, 0, NULL, 0) == 0)
			return true;
	}
	return patterns->count == 0;
}

bool events_filter_matches(const struct events_filter *filter, const struct compact_view *view)
{
	return matches_type(&filter->options->event_types, view->event.data) &&
	       matches_namespace(filter->options, view) && matches_pattern(&filter->pods, view->pod_name) &&
	       matches_pattern(&filter->processes, view->binary) && matches_policy(&filter->options->policies, view);
}

bool events_filter_is_empty(const struct events_filter *filter)
{
	const struct events_filter_options *options = filter->options;

	return options->event_types.count == 0 && options->namespaces.count == 0 && options->pods.count == 0 &&
	       options->processes.count == 0 && options->policies.count == 0 && !options->is_host;
}
