// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a list of event filters: what is accepted keeps the limits and can be asked about events, all else is
 * said, nothing leaks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/encode/event_json.h"
#include "core/filter/event_filter_parse.h"
#include "io/filter/filter_text.h"
#include "io/regex/re2.h"

static int take(void *context, size_t index, const struct tree_node *node, struct report *report)
{
	static const struct event_filter_needs needs = {.with_pid_sets = true, .with_credentials = true};
	struct event_filters *filters = context;

	return event_filter_parse(filters, &filters->allow, index, node, &needs, report);
}

static void find(void *context, const struct process *process, struct pod_place *ret)
{
	(void)process;
	*ret = (struct pod_place){.state = context ? POD_STATE_AWAITED : POD_STATE_NONE};
}

static void ask(struct event_filters *filters, bool is_awaited)
{
	struct image image = {.binary = {"/usr/bin/c\xffrl", 12}, .arguments = {"a b", 3}};
	struct process process = {.pid = 1, .image = &image, .docker = "551e161c47d8ff0eb665438a7bcd5b4"};
	const struct event event = {.type = EVENT_PROCESS_EXEC, .process = &process, .parent = &process};
	const struct pod_finder finder = {.find = find, .context = is_awaited ? filters : NULL};
	const struct pod_place nowhere = {0};
	static const char line[] = "{\"process_exec\":{\"process\":{\"pid\":1}}}\n";
	const struct filter_found found = {.process = &nowhere, .line = {line, sizeof(line) - 1}};
	const struct event_json_options json = {.node_name = "n1"};
	struct event_pods pods = {.finder = &finder};
	struct filter_pending pending = {0};
	enum filter_verdict verdict;

	filters->json = &json;
	event_pods_begin(&pods, &event);
	verdict = event_filters_decide(filters, &event, &pods, &pending);
	event_pods_end(&pods);
	check(verdict != FILTER_PENDING || is_awaited);
	if (verdict == FILTER_PENDING)
		event_filters_settle(filters, &pending, &found);
}

static void check_filters(struct event_filters *filters)
{
	check(filters->allow.count <= EVENT_FILTERS_MAX && filters->regex_count <= EVENT_FILTER_REGEXES_MAX);
	for (size_t i = 0; i < filters->allow.count; i++) {
		check(filters->allow.items[i].members < 1u << FILTER_MEMBER_COUNT);
		check(filters->allow.items[i].pids.count <= EVENT_FILTER_VALUES_MAX);
	}
	ask(filters, false);
	ask(filters, true);
	event_filters_pid_sets(filters, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_filters filters = {.engine = &re2_engine};
	char *text = strndup((const char *)data, size);
	static struct report report;
	int r;

	check(text);
	report_init(&report, "fuzz");
	r = filter_text_read(text, &report, take, &filters);
	check(r == 0 || (r == -EINVAL && report.error_count > 0));
	if (r == 0)
		check_filters(&filters);
	report_done(&report);
	event_filters_done(&filters);
	free(text);
	return 0;
}
