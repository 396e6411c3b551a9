// SPDX-License-Identifier: Apache-2.0
#include "cmd/export_filters.h"

#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "cmd/agent_options.h"
#include "core/filter/event_filter_parse.h"
#include "core/filter/field_filter_parse.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

_Static_assert(FILTER_TEXT_OBJECTS_MAX <= EVENT_FILTERS_MAX, "a list has room for all of a text");
_Static_assert(FILTER_TEXT_OBJECTS_MAX <= REDACTION_FILTERS_MAX, "and so has that of redactions");

struct export_list {
	struct event_filters *filters;
	struct event_filter_list *list;
	struct event_filter_needs needs;
};

/* A filter_text_taker. */
static int take_filter(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	const struct export_list *list = context;

	return event_filter_parse(list->filters, list->list, index, node, &list->needs, report);
}

/* A filter_text_taker. */
static int take_redaction(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return redaction_parse(context, index, node, report);
}

/* A filter_text_taker. */
static int take_fields(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return field_filter_parse(context, index, node, report);
}

static int read_filters(const char *flag, const char *text, filter_text_taker *take, void *context)
{
	_cleanup_(report_done) struct report report;
	int r;

	report_init(&report, flag);
	r = filter_text_read(text, &report, take, context);
	if (r == -ENOMEM)
		fprintf(stderr, "trigon agent: %s: out of memory\n", flag);
	report_print(&report, stderr);
	return r;
}

int export_filters_compile(const struct agent_options *options, struct event_filters *ret)
{
	struct export_list list = {
		.filters = ret,
		.list = &ret->allow,
		.needs = {.with_pid_sets = options->enable_pid_set_filter,
			  .with_credentials = options->enable_process_cred},
	};
	int allow, deny;

	*ret = (struct event_filters){.engine = &re2_engine};
	allow = read_filters("trigon agent: --export-allowlist", options->export_allowlist, take_filter, &list);
	list.list = &ret->deny;
	deny = read_filters("trigon agent: --export-denylist", options->export_denylist, take_filter, &list);
	return allow < 0 ? allow : deny;
}

int redactions_compile(const struct agent_options *options, struct redactions *ret)
{
	*ret = (struct redactions){.engine = &re2_engine};
	return read_filters("trigon agent: --redaction-filters", options->redaction_filters, take_redaction, ret);
}

int field_masks_compile(const struct agent_options *options, struct field_masks *ret)
{
	*ret = (struct field_masks){0};
	return read_filters("trigon agent: --field-filters", options->field_filters, take_fields, ret);
}
