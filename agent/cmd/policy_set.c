// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd/policy_board.h"
#include "cmd/policy_needs.h"
#include "io/bpf/policy_engine.h"
#include "io/kube/policy_objects.h"

#define POLICIES_MAX 1024
#define SELECTOR_TEXT_MAX 512 /* of a nodeSelector in the log */

/* A policy at one place. */
struct managed {
	uint64_t id;                    /* on the board */
	char *name, *namespace, *place; /* owned; namespace may be NULL */
	uint64_t content;               /* of the place; see policy_set_note_content() */
	enum policy_state state;
	char *error;                  /* owned: what was wrong with it last; NULL: nothing */
	struct loaded_policy *loaded; /* NULL: none runs; of the same name, one is loaded at most */
	bool is_wanted;               /* in this pass */
};

struct policy_set {
	struct policy_engine *engine; /* NULL until there is a policy: it costs memory */
	struct policy_engine_options engine_options;
	struct policy_needs needs;
	struct managed *managed; /* owned */
	size_t count;
	uint64_t last_id;
	struct policies_totals gone; /* what removed policies had counted */
	struct policy_board *board;  /* owned: what others are told */
};

bool policy_set_is_object(const char *place)
{
	return strncmp(place, POLICY_OBJECTS_PLACE, strlen(POLICY_OBJECTS_PLACE)) == 0;
}

/* --- entries */

static bool is_same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_named(const struct managed *managed, const char *name, const char *namespace)
{
	return strcmp(managed->name, name) == 0 && is_same_string(managed->namespace, namespace);
}

static struct managed *find(struct policy_set *set, const char *name, const char *namespace, const char *place)
{
	for (size_t i = 0; i < set->count; i++)
		if (is_named(&set->managed[i], name, namespace) && strcmp(set->managed[i].place, place) == 0)
			return &set->managed[i];
	return NULL;
}

/* Files and the cluster know nothing of each other: a policy of one may have the name of one of the other. */
static bool is_same_source(const char *place, const char *other)
{
	return policy_set_is_object(place) == policy_set_is_object(other);
}

static struct managed *find_running(struct policy_set *set, const char *name, const char *namespace, const char *place)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->managed[i].loaded && is_named(&set->managed[i], name, namespace) &&
		    is_same_source(set->managed[i].place, place))
			return &set->managed[i];
	return NULL;
}

static void managed_done(struct managed *managed)
{
	free(managed->name);
	free(managed->namespace);
	free(managed->place);
	free(managed->error);
}

static int add(struct policy_set *set, const char *name, const char *namespace, const char *place, struct managed **ret)
{
	struct managed *grown, *managed;

	if (set->count == POLICIES_MAX)
		return -ENOSPC;
	grown = reallocarray(set->managed, set->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->managed = grown;
	managed = &grown[set->count];
	*managed = (struct managed){
		.id = set->last_id + 1,
		.name = strdup(name),
		.namespace = namespace ? strdup(namespace) : NULL,
		.place = strdup(place),
		.state = POLICY_STATE_LOAD_ERROR,
	};
	if (!managed->name || !managed->place || (namespace && !managed->namespace)) {
		managed_done(managed);
		return -ENOMEM;
	}
	set->last_id++;
	set->count++;
	*ret = managed;
	return 0;
}

static void add_counts(const struct policy_set *set, const struct loaded_policy *loaded, struct policies_totals *totals)
{
	struct wire_policy_counters counters = policy_engine_counters(set->engine, loaded);

	totals->events += counters.events;
	totals->lost += counters.lost;
	totals->suppressed += counters.suppressed;
	totals->missed += loaded_policy_missed(set->engine, loaded);
}

/* The board must not tell of it any more. */
static void unload(struct policy_set *set, struct loaded_policy *loaded)
{
	add_counts(set, loaded, &set->gone);
	policy_board_set_gone_lost(set->board, set->gone.lost);
	policy_engine_remove(set->engine, loaded);
}

static void remove_entry(struct policy_set *set, struct managed *managed)
{
	policy_board_remove(set->board, managed->id);
	if (managed->loaded) {
		unload(set, managed->loaded);
		log_info("policy %s: removed", managed->name);
	}
	managed_done(managed);
	*managed = set->managed[--set->count];
}

/* What runs moves there; what that place has had of it until now is nothing that runs. */
static int move(struct policy_set *set, const char *name, const char *namespace, const char *place)
{
	struct managed *own = find(set, name, namespace, place);
	char *copy = strdup(place);

	if (!copy)
		return -ENOMEM;
	if (own)
		remove_entry(set, own);
	own = find_running(set, name, namespace, place);
	free(own->place);
	own->place = copy;
	return 0;
}

/*
 * The entry of a policy, which is wanted then. What runs of it at a place that wants it no more moves: a file has
 * another name, or the policy is in another file.
 */
static int claim(struct policy_set *set, const char *name, const char *namespace, const char *place,
		 struct managed **ret)
{
	struct managed *running = find_running(set, name, namespace, place), *managed;
	int r = 0;

	if (running && !running->is_wanted && strcmp(running->place, place) != 0)
		r = move(set, name, namespace, place);
	managed = find(set, name, namespace, place);
	if (r >= 0 && !managed)
		r = add(set, name, namespace, place, &managed);
	if (r < 0)
		return r;
	managed->is_wanted = true;
	*ret = managed;
	return 0;
}

/* --- what others are told */

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* Puts what is known of it on the board, after every change. */
static void publish(struct policy_set *set, const struct managed *managed)
{
	struct policy_status status = {
		.id = managed->id,
		.name = copy_text(managed->name),
		.namespace = copy_text(managed->namespace),
		.file = copy_text(managed->place),
		.content = managed->content,
		.error = copy_text(managed->error),
		.state = managed->state,
	};
	int r = status.name && status.file ? 0 : -ENOMEM;

	if (r >= 0 && managed->loaded)
		r = policy_board_describe(managed->loaded, &status);
	policy_board_set_engine(set->board, set->engine);
	if (r >= 0)
		r = policy_board_put(set->board, &status);
	if (r < 0)
		log_warn("policy %s: `trigon policy list` will not show its state: %s", managed->name, strerror(-r));
	policy_status_done(&status);
}

/* The first error among findings `first` to `end` - 1, and how many more there are. NULL: none, or no memory. */
static char *describe_errors(const struct report *report, size_t first, size_t end)
{
	const struct finding *found = NULL;
	size_t more = 0;
	char text[1024], *described;

	for (size_t i = first; i < end; i++) {
		if (report->findings[i].is_warning)
			continue;
		if (found)
			more++;
		else
			found = &report->findings[i];
	}
	if (!found)
		return NULL;
	finding_print(found, report->file, text, sizeof(text));
	if (!more)
		return strdup(text);
	return asprintf(&described, "%s (and %zu more)", text, more) < 0 ? NULL : described;
}

/* The policy could not be changed to what its source says: it has none, or an older version. False: as before. */
static bool mark_failed(struct policy_set *set, struct managed *managed, const struct report *report, size_t first,
			size_t end)
{
	char *error = describe_errors(report, first, end);
	bool is_new = !error || !is_same_string(error, managed->error);

	managed->is_wanted = true;
	managed->state = managed->loaded ? POLICY_STATE_ERROR : POLICY_STATE_LOAD_ERROR;
	free(managed->error);
	managed->error = error;
	publish(set, managed);
	return is_new;
}

/* With nothing wrong. */
static void set_state(struct policy_set *set, struct managed *managed, enum policy_state state)
{
	managed->state = state;
	free(managed->error);
	managed->error = NULL;
	publish(set, managed);
}

static void log_change(const struct loaded_policy *loaded, const struct policy_apply_result *result)
{
	static const char *const what[] = {
		[POLICY_CHANGE_NEW] = "enabled",
		[POLICY_CHANGE_VALUES] = "new values",
		[POLICY_CHANGE_PROGRAMS] = "new generation",
	};

	log_info("policy %s: %s: %zu hooks, %zu programs loaded, %zu attached, %" PRIu64 " ms",
		 loaded_policy_policy(loaded)->name, what[result->change],
		 plan_function_count(loaded_policy_plan(loaded)), result->programs_loaded, result->hooks_attached,
		 (uint64_t)(result->duration_ns / CLOCK_NS_PER_MS));
}

/* --- wanted */

void policy_set_want_none(struct policy_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		set->managed[i].is_wanted = false;
}

void policy_set_want_all(struct policy_set *set, const char *place)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->managed[i].place, place) == 0)
			set->managed[i].is_wanted = true;
}

void policy_set_want(struct policy_set *set, const char *name, const char *namespace, const char *place)
{
	struct managed *managed = find(set, name, namespace, place);

	if (managed)
		managed->is_wanted = true;
}

void policy_set_keep_rest(struct policy_set *set, const char *place, const struct report *report, size_t first,
			  size_t end)
{
	for (size_t i = 0; i < set->count; i++)
		if (!set->managed[i].is_wanted && strcmp(set->managed[i].place, place) == 0)
			mark_failed(set, &set->managed[i], report, first, end);
}

bool policy_set_has_leftovers(const struct policy_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->managed[i].loaded && !set->managed[i].is_wanted)
			return true;
	return false;
}

/* --- running */

static int need_engine(struct policy_set *set)
{
	return set->engine ? 0 : policy_engine_open(&set->engine_options, &set->engine);
}

/* 0 with the policy taken over, or -errno. */
static int change(struct policy_set *set, struct managed *managed, struct policy *policy, struct report *report,
		  struct policy_apply_result *ret_result)
{
	const struct managed *running = find_running(set, policy->name, policy->namespace, managed->place);
	int r;

	if (running && running != managed) {
		report_add(report, FINDING_APPLY, policy->position, "metadata.name", "give one of them another name",
			   "a policy of this name is in %s already", running->place);
		return -EEXIST;
	}
	r = need_engine(set);
	if (r >= 0)
		r = policy_needs_start(&set->needs, policy, report);
	if (r >= 0)
		r = policy_engine_apply(set->engine, policy, managed->loaded, report, ret_result, &managed->loaded);
	return r;
}

static bool has_finding(const struct report *report, size_t first, enum finding_stage stage)
{
	for (size_t i = first; i < report->count; i++)
		if (!report->findings[i].is_warning && report->findings[i].stage == stage)
			return true;
	return false;
}

/* What the kernel has not got will not come: all else may. */
static enum policy_outcome fail(struct policy_set *set, struct managed *managed, const struct policy *policy,
				const struct report *report, size_t first)
{
	bool is_last_word = has_finding(report, first, FINDING_KERNEL) && !has_finding(report, first, FINDING_APPLY);

	if (mark_failed(set, managed, report, first, report->count))
		log_error("policy %s: %s", policy->name,
			  managed->loaded ? "not changed: its last good version runs on" : "not loaded");
	return is_last_word ? POLICY_OUTCOME_REFUSED : POLICY_OUTCOME_FAILED;
}

static void report_no_entry(struct report *report, const struct policy *policy, int error)
{
	if (error == -ENOSPC)
		report_add(report, FINDING_APPLY, policy->position, NULL, "remove others",
			   "there is no room for more than %d policies", POLICIES_MAX);
	else
		report_add(report, FINDING_APPLY, policy->position, NULL, NULL, "it cannot be loaded: %s",
			   strerror(-error));
}

enum policy_outcome policy_set_apply(struct policy_set *set, struct policy *policy, const char *place,
				     struct report *report)
{
	enum policy_outcome outcome = POLICY_OUTCOME_FAILED;
	struct policy_apply_result result;
	size_t errors = report->error_count, first = report->count;
	struct managed *managed;
	int r = claim(set, policy->name, policy->namespace, place, &managed);

	if (r < 0) {
		report_no_entry(report, policy, r);
		policy_free(policy);
		return outcome;
	}
	r = change(set, managed, policy, report, &result);
	if (r >= 0) {
		set_state(set, managed, POLICY_STATE_ENABLED);
		log_change(managed->loaded, &result);
		return result.change == POLICY_CHANGE_NEW ? POLICY_OUTCOME_NEW : POLICY_OUTCOME_CHANGED;
	}
	if (report->error_count == errors && r != -ECANCELED)
		report_add(report, FINDING_APPLY, policy->position, NULL, NULL, "it cannot be loaded: %s",
			   strerror(-r));
	if (r != -ECANCELED) /* else all ends */
		outcome = fail(set, managed, policy, report, first);
	policy_free(policy);
	return outcome;
}

static void log_skipped(const struct policy *policy)
{
	_cleanup_(buffer_done) struct buffer selector = {0};

	if (buffer_init(&selector, SELECTOR_TEXT_MAX) < 0)
		return;
	label_selector_append_text(&selector, &policy->node);
	log_info("policy %s: skipped: its nodeSelector, %.*s%s, does not select this node", policy->name,
		 (int)selector.length, selector.data, selector.is_full ? "..." : "");
}

enum policy_outcome policy_set_skip(struct policy_set *set, struct policy *policy, const char *place)
{
	enum policy_outcome outcome = POLICY_OUTCOME_NEW;
	struct loaded_policy *loaded;
	struct managed *managed;
	int r = claim(set, policy->name, policy->namespace, place, &managed);

	if (r >= 0) {
		if (managed->state != POLICY_STATE_SKIPPED)
			log_skipped(policy);
		loaded = TAKE_PTR(managed->loaded);
		set_state(set, managed, POLICY_STATE_SKIPPED);
		if (loaded) {
			unload(set, loaded);
			outcome = POLICY_OUTCOME_CHANGED;
		}
	} else {
		log_warn("policy %s: `trigon policy list` will not show it: %s", policy->name, strerror(-r));
	}
	policy_free(policy);
	return outcome;
}

void policy_set_refuse(struct policy_set *set, const char *name, const char *namespace, const char *place,
		       const struct report *report, size_t first, size_t end)
{
	struct managed *managed;
	int r = claim(set, name, namespace, place, &managed);

	if (r >= 0)
		mark_failed(set, managed, report, first, end);
	else
		log_warn("policy %s: `trigon policy list` will not show it: %s", name, strerror(-r));
}

void policy_set_note_content(struct policy_set *set, const char *place, uint64_t content)
{
	for (size_t i = 0; i < set->count; i++) {
		struct managed *managed = &set->managed[i];

		if (managed->content == content || strcmp(managed->place, place) != 0)
			continue;
		managed->content = content;
		policy_board_set_content(set->board, managed->id, content);
	}
}

bool policy_set_is_enabled(struct policy_set *set, const char *name, const char *namespace, const char *place)
{
	const struct managed *managed = find(set, name, namespace, place);

	return managed && managed->state == POLICY_STATE_ENABLED;
}

/* --- the end of a pass */

size_t policy_set_remove_unwanted(struct policy_set *set)
{
	size_t removed = 0;

	for (size_t i = set->count; i-- > 0;) {
		if (set->managed[i].is_wanted)
			continue;
		remove_entry(set, &set->managed[i]);
		removed++;
	}
	return removed;
}

/* What no policy needs any more goes. */
static void keep_needs(struct policy_set *set)
{
	struct policy_needs_set needs = {0};

	for (size_t i = 0; i < set->count; i++)
		if (set->managed[i].loaded)
			needs = policy_needs_join(needs, policy_needs_of(loaded_policy_policy(set->managed[i].loaded)));
	policy_needs_keep(&set->needs, needs);
}

static void check_engine(struct policy_set *set)
{
	struct scope_stats scopes;

	policy_engine_check(set->engine);
	scopes = policy_engine_scope_stats(set->engine);
	policy_board_set_scopes(set->board, &scopes);
}

void policy_set_check(struct policy_set *set)
{
	keep_needs(set);
	if (set->engine)
		check_engine(set);
	for (size_t i = 0; i < set->count; i++)
		if (set->managed[i].loaded)
			policy_engine_check_policy(set->engine, set->managed[i].loaded);
}

void policy_set_rest(struct policy_set *set)
{
	if (set->engine)
		policy_engine_rest(set->engine);
}

struct policy_set_counts policy_set_count(const struct policy_set *set)
{
	struct policy_set_counts counts = {0};

	for (size_t i = 0; i < set->count; i++) {
		counts.enabled += set->managed[i].state == POLICY_STATE_ENABLED;
		counts.skipped += set->managed[i].state == POLICY_STATE_SKIPPED;
	}
	counts.failed = set->count - counts.enabled - counts.skipped;
	return counts;
}

/* --- begin and end */

int policy_set_new(const struct policies_options *options, const atomic_bool *is_ending, struct policy_set **ret)
{
	struct policy_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	set->board = policy_board_new();
	if (!set->board) {
		free(set);
		return -ENOMEM;
	}
	set->engine_options = (struct policy_engine_options){
		.btf_path = options->btf_path,
		.procfs = options->procfs,
		.attach = options->attach,
		.host_namespaces = options->host_namespaces,
		.hierarchy = options->hierarchy,
		.pods = options->pods,
		.ring_fd = options->ring_fd,
		.shared_fd = options->shared_fd,
		.hidden_fd = options->hidden_fd,
		.hooks = options->hooks,
		.is_ending = is_ending,
	};
	set->needs = (struct policy_needs){
		.loader = options->loader,
		.symbols = options->symbols,
		.hooks = options->hooks,
	};
	*ret = set;
	return 0;
}

struct policies_totals policy_set_totals(const struct policy_set *set)
{
	struct policies_totals totals = set->gone;

	for (size_t i = 0; i < set->count; i++) {
		const struct managed *managed = &set->managed[i];

		totals.loaded += managed->loaded != NULL;
		totals.failed += !managed->loaded && managed->state != POLICY_STATE_SKIPPED;
		if (managed->loaded)
			add_counts(set, managed->loaded, &totals);
	}
	return totals;
}

void policy_set_end(struct policy_set *set, struct policies_totals *totals)
{
	while (set->count)
		remove_entry(set, &set->managed[set->count - 1]);
	policy_needs_end(&set->needs);
	policy_board_set_engine(set->board, NULL);
	set->engine = policy_engine_close(set->engine);
	totals->events = set->gone.events;
	totals->lost = set->gone.lost;
	totals->suppressed = set->gone.suppressed;
	totals->missed = set->gone.missed;
}

struct policy_set *policy_set_free(struct policy_set *set)
{
	struct policies_totals totals = {0};

	if (!set)
		return NULL;
	policy_set_end(set, &totals);
	policy_board_free(set->board);
	free(set->managed);
	free(set);
	return NULL;
}

struct policy_board *policy_set_board(struct policy_set *set)
{
	return set->board;
}
