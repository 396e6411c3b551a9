// SPDX-License-Identifier: Apache-2.0
#include "cmd/event_stream.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/filter/event_filter_parse.h"
#include "core/filter/field_filter_parse.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

#define STATUS_BAD_REQUEST 400
#define STATUS_INTERNAL_ERROR 500
#define STATUS_UNAVAILABLE 503

#define REGEXES_MAX 32        /* of a reader, each with as much memory as RE2 may take */
#define CELS_MAX 8            /* its expressions */
#define STEPS_MAX 8192        /* that these take for an event: tens of milliseconds at worst, microseconds as a rule */
#define TEXT_MAX (32 << 10)   /* a query is shorter */
#define FINDING_TEXT_MAX 1024 /* no more than HTTP_STREAM_ERROR_MAX */

struct query_list {
	struct event_filters *filters;
	struct event_filter_list *list;
	struct event_filter_needs needs;
};

/* A filter_text_taker. */
static int take_filter(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	const struct query_list *list = context;

	return event_filter_parse(list->filters, list->list, index, node, &list->needs, report);
}

/* The same, of fields. */
static int take_fields(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	return field_filter_parse(context, index, node, report);
}

/* NULL: it is another argument. */
static const char *value_of(const char *argument, const char *name)
{
	size_t length = strlen(name);

	return strncmp(argument, name, length) == 0 && argument[length] == '=' ? argument + length + 1 : NULL;
}

/* The values of all arguments of this name, each on a line of its own. 0 or -ENOMEM. */
static int gather(const struct http_stream_request *request, const char *name, struct buffer *ret)
{
	int r = buffer_init(ret, TEXT_MAX);

	for (size_t i = 0; r == 0 && i < request->count; i++) {
		const char *value = value_of(request->arguments[i], name);

		if (!value)
			continue;
		buffer_append_cstring(ret, value);
		buffer_append_byte(ret, '\n');
	}
	if (r < 0)
		return r;
	buffer_append_byte(ret, '\0');
	return ret->is_full ? -ENOMEM : 0;
}

/* 0, or the status of an answer. */
static unsigned int read_filters(const struct http_stream_request *request, const char *name, filter_text_taker *take,
				 void *context, char *ret_error)
{
	_cleanup_(buffer_done) struct buffer text = {0};
	_cleanup_(report_done) struct report report;
	int r;

	report_init(&report, "query");
	r = gather(request, name, &text);
	if (r == 0)
		r = filter_text_read(text.data, &report, take, context);
	if (r == 0)
		return 0;
	if (report.count > 0)
		finding_print(&report.findings[0], name, ret_error, FINDING_TEXT_MAX);
	else
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX, "out of memory");
	return report.count > 0 ? STATUS_BAD_REQUEST : STATUS_INTERNAL_ERROR;
}

static unsigned int check_names(const struct http_stream_request *request, char *ret_error)
{
	for (size_t i = 0; i < request->count; i++) {
		const char *argument = request->arguments[i];

		if (value_of(argument, "allow") || value_of(argument, "deny") || value_of(argument, "fields") ||
		    value_of(argument, "existing"))
			continue;
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX,
			 "\"%.64s\" is unknown; there are allow=FILTER, deny=FILTER, fields=FILTER and existing=BOOL",
			 argument);
		return STATUS_BAD_REQUEST;
	}
	return 0;
}

/* The last one counts. */
static unsigned int read_existing(const struct http_stream_request *request, bool *ret, char *ret_error)
{
	for (size_t i = 0; i < request->count; i++) {
		const char *value = value_of(request->arguments[i], "existing");

		if (!value)
			continue;
		*ret = strcmp(value, "true") == 0;
		if (*ret || strcmp(value, "false") == 0)
			continue;
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX, "existing: \"%.64s\" is not valid; it is true or false",
			 value);
		return STATUS_BAD_REQUEST;
	}
	return 0;
}

/* Results of expressions that are noted in processes are those of the log's filters. */
static unsigned int compile(const struct event_stream_options *options, const struct http_stream_request *request,
			    struct event_reader_options *reader, char *ret_error)
{
	struct event_filters *filters = &reader->filters;
	struct query_list list = {
		.filters = filters,
		.list = &filters->allow,
		.needs = {.is_stream = true, .with_credentials = options->with_credentials},
	};
	unsigned int status;

	filters->engine = &re2_engine;
	filters->test_count = EVENT_FILTER_TESTS_MAX;
	filters->regex_count = EVENT_FILTER_REGEXES_MAX - REGEXES_MAX;
	filters->cel_count = EVENT_FILTER_CELS_MAX - CELS_MAX;
	filters->steps_max = STEPS_MAX;
	filters->json = options->json;
	status = check_names(request, ret_error);
	if (status == 0)
		status = read_existing(request, &reader->with_existing, ret_error);
	if (status == 0)
		status = read_filters(request, "allow", take_filter, &list, ret_error);
	list.list = &filters->deny;
	if (status == 0)
		status = read_filters(request, "deny", take_filter, &list, ret_error);
	return status ? status : read_filters(request, "fields", take_fields, &reader->fields, ret_error);
}

static unsigned int join(struct event_hub *hub, const struct event_reader_options *options, void **ret_stream,
			 char *ret_error)
{
	struct event_reader *reader;
	int r = event_hub_join(hub, options, &reader);

	if (r == -EBUSY)
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX,
			 "there are %d readers of events already, as many as there may be", EVENT_HUB_READERS_MAX);
	else if (r == -ESHUTDOWN)
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX, "the agent is ending");
	else if (r < 0)
		snprintf(ret_error, HTTP_STREAM_ERROR_MAX, "out of memory");
	if (r < 0)
		return STATUS_UNAVAILABLE;
	*ret_stream = reader;
	return 0;
}

static unsigned int open_stream(void *context, const struct http_stream_request *request, void **ret_stream,
				char *ret_error)
{
	const struct event_stream_options *options = context;
	struct event_reader_options reader = {.wake = request->wake, .context = request->wake_context};
	unsigned int status = compile(options, request, &reader, ret_error);

	if (status == 0)
		status = join(options->hub, &reader, ret_stream, ret_error);
	if (status) {
		event_filters_done(&reader.filters);
		field_masks_done(&reader.fields);
	}
	return status;
}

static size_t read_stream(void *stream, char *ret, size_t size)
{
	return event_reader_read(stream, ret, size);
}

static bool is_over(const void *stream)
{
	return event_reader_is_over(stream);
}

static void close_stream(void *stream)
{
	event_reader_leave(stream);
}

_Static_assert(HTTP_STREAM_ERROR_MAX >= FINDING_TEXT_MAX, "room for a finding");

struct http_stream event_stream(const struct event_stream_options *options)
{
	return (struct http_stream){
		.path = "/v1/events",
		.open = open_stream,
		.read = read_stream,
		.is_over = is_over,
		.close = close_stream,
		.context = (void *)options,
	};
}
