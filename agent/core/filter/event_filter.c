// SPDX-License-Identifier: Apache-2.0
#include "core/filter/event_filter.h"

#include <string.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/encode/utf8.h"
#include "core/filter/filter_field.h"
#include "core/policy/hook_info.h"

#define POD_MEMBERS (~0u << FILTER_NAMESPACE)
/* Those of them that may ask for the parent's pod, too, or for none. */
#define PARENT_MEMBERS (1u << FILTER_HEALTH_CHECK | 1u << FILTER_CEL_EXPRESSION)

/* --- the lists */

static void texts_done(struct filter_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
}

static void selectors_done(struct filter_selectors *selectors)
{
	for (size_t i = 0; i < selectors->count; i++)
		label_selector_done(&selectors->items[i]);
	free(selectors->items);
}

static void cels_done(struct filter_cels *cels)
{
	for (size_t i = 0; i < cels->count; i++)
		event_cel_free(cels->items[i]);
	free(cels->items);
}

static void list_done(struct event_filter_list *list, const struct regex_engine *engine)
{
	for (size_t i = 0; i < list->count; i++) {
		struct event_filter *filter = &list->items[i];

		free(filter->pids.items);
		free(filter->pid_set.items);
		texts_done(&filter->policies);
		texts_done(&filter->namespaces);
		selectors_done(&filter->labels);
		cels_done(&filter->cels);
		for (size_t member = 0; member < FILTER_MEMBER_COUNT; member++)
			filter_regexes_done(&filter->regexes[member], engine);
	}
	free(list->items);
}

void event_filters_done(struct event_filters *filters)
{
	list_done(&filters->allow, filters->engine);
	list_done(&filters->deny, filters->engine);
	buffer_done(&filters->text);
	buffer_done(&filters->line);
	buffer_done(&filters->cel_scratch);
	*filters = (struct event_filters){0};
}

bool event_filters_is_empty(const struct event_filters *filters)
{
	return filters->allow.count == 0 && filters->deny.count == 0;
}

/* --- one member */

/* What an event is asked about. */
struct subject {
	struct event_filters *filters;
	const struct event *event; /* NULL when it has been asked about before */
	struct bytes line;         /* as it is printed; .data is NULL until it is asked for */
	/* what is known of pods; the rest is looked up when it is asked for */
	struct event_pods *pods; /* NULL: it has been */
	const struct pod_place *place;
	bool is_probe, is_probe_awaited;
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_LATER, /* the pod is awaited */
};

static enum match match_of(bool is_match)
{
	return is_match ? MATCH_YES : MATCH_NO;
}

static bool has_pid(const struct filter_pids *pids, uint32_t pid)
{
	for (size_t i = 0; i < pids->count; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

static bool has_text(const struct filter_texts *texts, struct bytes text)
{
	for (size_t i = 0; i < texts->count; i++)
		if (strlen(texts->items[i]) == text.length && memcmp(texts->items[i], text.data, text.length) == 0)
			return true;
	return false;
}

static void begin_steps(struct event_filters *filters)
{
	filters->steps_left = filters->steps_max ? filters->steps_max : SIZE_MAX;
}

static bool has_steps(const struct event_filters *filters)
{
	return filters->steps_left > 0;
}

static bool may_match(struct event_filters *filters, const struct regex *regex, struct bytes text)
{
	size_t steps = 1 + regex_cost(filters->engine, regex, text.length) / EVENT_CEL_STEP_BYTES;

	filters->steps_left -= MIN(filters->steps_left, steps);
	return has_steps(filters);
}

/* The text as it is printed. Without memory: no match. */
static bool regexes_match(struct event_filters *filters, const struct filter_regexes *regexes, struct bytes text)
{
	text = utf8_repair(text, &filters->text);
	for (size_t i = 0; i < regexes->count; i++)
		if (may_match(filters, regexes->items[i], text) &&
		    filters->engine->matches(regexes->items[i], text) > 0)
			return true;
	return false;
}

static bool is_shown(const struct process *process)
{
	return process && !(process->flags & PROCESS_FLAG_UNKNOWN);
}

/* Of an image: a text of it that never changes, so the result is noted. */
static bool image_matches(struct event_filters *filters, const struct filter_regexes *regexes, struct image *image,
			  struct bytes text)
{
	bool is_match;

	if (image->tested & regexes->test)
		return image->test_results & regexes->test;
	is_match = regexes_match(filters, regexes, text);
	if (!has_steps(filters))
		return false;
	image->tested |= regexes->test;
	if (is_match)
		image->test_results |= regexes->test;
	return is_match;
}

static bool binary_matches(struct subject *subject, const struct filter_regexes *regexes, const struct process *process)
{
	static const struct bytes nothing = {"", 0};

	if (!is_shown(process))
		return process && regexes_match(subject->filters, regexes, nothing);
	return image_matches(subject->filters, regexes, process->image, process->image->binary);
}

static bool arguments_match(struct subject *subject, const struct filter_regexes *regexes,
			    const struct process *process)
{
	static const struct bytes nothing = {"", 0};

	if (!is_shown(process))
		return process && regexes_match(subject->filters, regexes, nothing);
	return image_matches(subject->filters, regexes, process->image, process->image->arguments);
}

static enum match test_event_set(const struct event_filter *filter, struct subject *subject)
{
	return match_of(filter->event_types & 1u << subject->event->type);
}

static enum match test_in_init_tree(const struct event_filter *filter, struct subject *subject)
{
	const struct process *process = subject->event->process;
	bool is_in_tree = is_shown(process) && process->flags & PROCESS_FLAG_IN_INIT_TREE;

	return match_of(is_in_tree == filter->in_init_tree);
}

static enum match test_pid(const struct event_filter *filter, struct subject *subject)
{
	return match_of(has_pid(&filter->pids, subject->event->process->pid));
}

static enum match test_pid_set(const struct event_filter *filter, struct subject *subject)
{
	return match_of(subject->event->process->pid_sets & filter->pid_set_bit);
}

static enum match test_policy_names(const struct event_filter *filter, struct subject *subject)
{
	const struct hook_info *hook = subject->event->hook;

	/* a policy's process_loader does not name it */
	if (!hook || hook->family == HOOK_LOADER)
		return MATCH_NO;
	return match_of(has_text(&filter->policies, (struct bytes){hook->policy_name, strlen(hook->policy_name)}));
}

static bool capabilities_match(const struct filter_capabilities *wanted, uint64_t set)
{
	switch (wanted->how) {
	case FILTER_CAPABILITIES_ANY:
		return set & wanted->set;
	case FILTER_CAPABILITIES_ALL:
		return (set & wanted->set) == wanted->set;
	case FILTER_CAPABILITIES_EXACTLY:
		return set == wanted->set;
	case FILTER_CAPABILITIES_NONE:
		return !(set & wanted->set);
	default:
		return true;
	}
}

static enum match test_capabilities(const struct event_filter *filter, struct subject *subject)
{
	const struct process *process = subject->event->process;
	const struct credentials *credentials = &process->image->credentials;

	return match_of(is_shown(process) && capabilities_match(&filter->permitted, credentials->permitted) &&
			capabilities_match(&filter->effective, credentials->effective) &&
			capabilities_match(&filter->inheritable, credentials->inheritable));
}

static enum match test_binary_regex(const struct event_filter *filter, struct subject *subject)
{
	return match_of(binary_matches(subject, &filter->regexes[FILTER_BINARY_REGEX], subject->event->process));
}

static enum match test_parent_binary_regex(const struct event_filter *filter, struct subject *subject)
{
	return match_of(binary_matches(subject, &filter->regexes[FILTER_PARENT_BINARY_REGEX], subject->event->parent));
}

static enum match test_arguments_regex(const struct event_filter *filter, struct subject *subject)
{
	return match_of(arguments_match(subject, &filter->regexes[FILTER_ARGUMENTS_REGEX], subject->event->process));
}

static enum match test_parent_arguments_regex(const struct event_filter *filter, struct subject *subject)
{
	return match_of(
		arguments_match(subject, &filter->regexes[FILTER_PARENT_ARGUMENTS_REGEX], subject->event->parent));
}

static enum match test_container_id(const struct event_filter *filter, struct subject *subject)
{
	const struct process *process = subject->event->process;
	struct bytes docker = {process->docker, is_shown(process) ? strlen(process->docker) : 0};

	return match_of(regexes_match(subject->filters, &filter->regexes[FILTER_CONTAINER_ID], docker));
}

/* From the grandparent up, without pid 0. */
static enum match test_ancestor_binary_regex(const struct event_filter *filter, struct subject *subject)
{
	const struct process *ancestor = subject->event->parent;

	while (ancestor && (ancestor = ancestor->parent) && ancestor->pid != 0)
		if (binary_matches(subject, &filter->regexes[FILTER_ANCESTOR_BINARY_REGEX], ancestor))
			return MATCH_YES;
	return MATCH_NO;
}

/* --- those of pods */

static bool may_be_probe(const struct process *process, const struct pod_place *place)
{
	return place->container && kube_container_may_be_probe(place->pod, place->container, process->image->binary,
							       process->image->arguments);
}

static void look_up(struct subject *subject)
{
	const struct process *processes[POD_SPLICES_MAX] = {subject->event->process, subject->event->parent};

	subject->place = event_pods_look_up(subject->pods);
	subject->pods = NULL;
	for (size_t i = 0; i < POD_SPLICES_MAX; i++) {
		const struct pod_place *place = &subject->place[i];

		subject->is_probe_awaited |= place->state == POD_STATE_AWAITED;
		subject->is_probe |= place->state == POD_STATE_FOUND && may_be_probe(processes[i], place);
	}
}

/* NULL where there is no pod. */
static const struct kube_pod *pod_of(const struct subject *subject)
{
	return subject->place->state == POD_STATE_FOUND ? subject->place->pod : NULL;
}

static enum match test_namespace(const struct event_filter *filter, struct subject *subject)
{
	const struct kube_pod *pod = pod_of(subject);
	struct bytes namespace = {"", 0};

	if (pod)
	namespace = kube_pod_text(pod, pod->namespace);
	return match_of(has_text(&filter->namespaces, namespace));
}

/* Of both processes, so that one of them may be awaited while the other is known. */
static enum match test_health_check(const struct event_filter *filter, struct subject *subject)
{
	if (subject->is_probe || !subject->is_probe_awaited)
		return match_of(subject->is_probe == filter->health_check);
	return MATCH_LATER;
}

static enum match test_labels(const struct event_filter *filter, struct subject *subject)
{
	const struct kube_pod *pod = pod_of(subject);

	for (size_t i = 0; pod && i < filter->labels.count; i++)
		if (label_selector_matches(&filter->labels.items[i], kube_pod_find_label, pod))
			return MATCH_YES;
	return MATCH_NO;
}

static enum match test_namespace_regex(const struct event_filter *filter, struct subject *subject)
{
	const struct kube_pod *pod = pod_of(subject);

	return match_of(pod && regexes_match(subject->filters, &filter->regexes[FILTER_NAMESPACE_REGEX],
					     kube_pod_text(pod, pod->namespace)));
}

static enum match test_pod_regex(const struct event_filter *filter, struct subject *subject)
{
	const struct kube_pod *pod = pod_of(subject);

	return match_of(pod && regexes_match(subject->filters, &filter->regexes[FILTER_POD_REGEX],
					     kube_pod_text(pod, pod->name)));
}

static enum match test_container_name_regex(const struct event_filter *filter, struct subject *subject)
{
	const struct kube_pod *pod = pod_of(subject);
	const struct kube_container *container = subject->place->container;

	return match_of(pod && container &&
			regexes_match(subject->filters, &filter->regexes[FILTER_CONTAINER_NAME_REGEX],
				      kube_pod_text(pod, container->name)));
}

/* --- the line */

static struct bytes line_of(struct subject *subject)
{
	struct event_filters *filters = subject->filters;

	if (subject->line.data)
		return subject->line;
	buffer_reset(&filters->line);
	event_json_encode(&filters->line, subject->event, filters->json);
	subject->line = (struct bytes){filters->line.data, filters->line.length};
	return subject->line;
}

/* Both pods were looked up, or the line has what became known of them. */
static bool lacks_pod(const struct subject *subject)
{
	for (size_t i = 0; subject->event && i < POD_SPLICES_MAX; i++)
		if (subject->place[i].state == POD_STATE_AWAITED)
			return true;
	return false;
}

static enum match test_cel(struct subject *subject, const struct event_cel *cel)
{
	struct event_filters *filters = subject->filters;
	struct bytes line;

	if (subject->event && !(event_cel_messages(cel) & 1u << subject->event->type))
		return MATCH_NO;
	if (event_cel_uses_pods(cel) && lacks_pod(subject))
		return MATCH_LATER;
	line = line_of(subject);
	return match_of(event_cel_matches(cel, line.data, line.length, &filters->cel_scratch, &filters->steps_left));
}

static enum match test_cel_expression(const struct event_filter *filter, struct subject *subject)
{
	enum match match = MATCH_NO;

	for (size_t i = 0; match != MATCH_YES && i < filter->cels.count; i++) {
		enum match one = test_cel(subject, filter->cels.items[i]);

		match = one == MATCH_NO ? match : one;
	}
	return match;
}

/* --- one filter */

static enum match (*const tests[FILTER_MEMBER_COUNT])(const struct event_filter *filter, struct subject *subject) = {
	[FILTER_EVENT_SET] = test_event_set,
	[FILTER_IN_INIT_TREE] = test_in_init_tree,
	[FILTER_PID] = test_pid,
	[FILTER_PID_SET] = test_pid_set,
	[FILTER_POLICY_NAMES] = test_policy_names,
	[FILTER_CAPABILITIES] = test_capabilities,
	[FILTER_BINARY_REGEX] = test_binary_regex,
	[FILTER_PARENT_BINARY_REGEX] = test_parent_binary_regex,
	[FILTER_ARGUMENTS_REGEX] = test_arguments_regex,
	[FILTER_PARENT_ARGUMENTS_REGEX] = test_parent_arguments_regex,
	[FILTER_CONTAINER_ID] = test_container_id,
	[FILTER_ANCESTOR_BINARY_REGEX] = test_ancestor_binary_regex,
	[FILTER_NAMESPACE] = test_namespace,
	[FILTER_HEALTH_CHECK] = test_health_check,
	[FILTER_LABELS] = test_labels,
	[FILTER_NAMESPACE_REGEX] = test_namespace_regex,
	[FILTER_POD_REGEX] = test_pod_regex,
	[FILTER_CONTAINER_NAME_REGEX] = test_container_name_regex,
	[FILTER_CEL_EXPRESSION] = test_cel_expression,
};

/* What can be said of events without a process; a filter with any other member does not match them. */
#define MEMBERS_OF_ALL (1u << FILTER_EVENT_SET | 1u << FILTER_CEL_EXPRESSION)

/* The members of these; all must match. */
static enum match test_members(const struct event_filter *filter, struct subject *subject, uint32_t members)
{
	enum match match = MATCH_YES;

	members &= filter->members;
	if (members & ~MEMBERS_OF_ALL && subject->event && !event_has_process(subject->event))
		return MATCH_NO;
	for (; members; members &= members - 1) {
		uint32_t member = (uint32_t)__builtin_ctz(members);
		enum match one = tests[member](filter, subject);

		if (one == MATCH_NO)
			return MATCH_NO;
		if (one == MATCH_LATER)
			match = MATCH_LATER;
	}
	return match;
}

static enum match test_pod_members(const struct event_filter *filter, struct subject *subject)
{
	enum match match;

	if (!(filter->members & POD_MEMBERS))
		return MATCH_YES;
	if (subject->pods)
		look_up(subject);
	if (subject->place->state != POD_STATE_AWAITED)
		return test_members(filter, subject, POD_MEMBERS);
	match = test_members(filter, subject, PARENT_MEMBERS);
	if (match == MATCH_NO || !(filter->members & POD_MEMBERS & ~PARENT_MEMBERS))
		return match;
	return MATCH_LATER;
}

static enum match test_filter(const struct event_filter *filter, struct subject *subject)
{
	if (test_members(filter, subject, ~POD_MEMBERS) == MATCH_NO)
		return MATCH_NO;
	return test_pod_members(filter, subject);
}

/* --- an event */

static bool is_denied(const struct event_filter_list *deny, struct subject *subject, uint64_t *ret_later)
{
	for (size_t i = 0; i < deny->count; i++) {
		enum match match = test_filter(&deny->items[i], subject);

		if (match == MATCH_YES)
			return true;
		if (match == MATCH_LATER)
			*ret_later |= 1ULL << i;
	}
	return false;
}

static bool is_allowed(const struct event_filter_list *allow, struct subject *subject, uint64_t *ret_later)
{
	for (size_t i = 0; i < allow->count; i++) {
		enum match match = test_filter(&allow->items[i], subject);

		if (match == MATCH_YES)
			return true;
		if (match == MATCH_LATER)
			*ret_later |= 1ULL << i;
	}
	return allow->count == 0;
}

enum filter_verdict event_filters_decide(struct event_filters *filters, const struct event *event,
					 struct event_pods *pods, struct filter_pending *ret_pending)
{
	struct subject subject = {.filters = filters, .event = event, .pods = pods};
	struct filter_pending pending = {0};

	begin_steps(filters);
	if (is_denied(&filters->deny, &subject, &pending.deny))
		return FILTER_DROP;
	pending.is_allowed = is_allowed(&filters->allow, &subject, &pending.allow);
	if (!has_steps(filters))
		return FILTER_TOO_COSTLY;
	if (!pending.is_allowed && !pending.allow)
		return FILTER_DROP;
	if (pending.is_allowed && !pending.deny)
		return FILTER_PASS;
	pending.is_process_awaited = subject.place->state == POD_STATE_AWAITED;
	pending.is_probe = subject.is_probe;
	*ret_pending = pending;
	return FILTER_PENDING;
}

/* One of the filters that waited. */
static bool matches_now(const struct event_filter_list *list, uint64_t waiting, struct subject *subject,
			uint32_t members)
{
	for (; waiting; waiting &= waiting - 1)
		if (test_members(&list->items[__builtin_ctzll(waiting)], subject, members) == MATCH_YES)
			return true;
	return false;
}

enum filter_verdict event_filters_settle(struct event_filters *filters, const struct filter_pending *pending,
					 const struct filter_found *found)
{
	struct subject subject = {
		.filters = filters,
		.line = found->line,
		.place = found->process,
		.is_probe = pending->is_probe || found->is_probe,
	};
	/* what the process's own pod tells has matched if it was known */
	uint32_t members = pending->is_process_awaited ? POD_MEMBERS : PARENT_MEMBERS;
	bool passes;

	begin_steps(filters);
	if (matches_now(&filters->deny, pending->deny, &subject, members))
		return FILTER_DROP;
	passes = pending->is_allowed || matches_now(&filters->allow, pending->allow, &subject, members);
	if (!has_steps(filters))
		return FILTER_TOO_COSTLY;
	return passes ? FILTER_PASS : FILTER_DROP;
}

uint64_t event_filters_pid_sets(const struct event_filters *filters, uint32_t pid)
{
	const struct event_filter_list *lists[] = {&filters->allow, &filters->deny};
	uint64_t bits = 0;

	for (size_t i = 0; filters->pid_set_count && i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->count; j++)
			if (has_pid(&lists[i]->items[j].pid_set, pid))
				bits |= lists[i]->items[j].pid_set_bit;
	return bits;
}
