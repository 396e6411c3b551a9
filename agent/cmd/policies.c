// SPDX-License-Identifier: Apache-2.0
#include "cmd/policies.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd/policy_board.h"
#include "cmd/policy_needs.h"
#include "core/policy/report.h"
#include "io/bpf/policy_engine.h"
#include "io/policy/policy_dir.h"
#include "io/policy/policy_file.h"

#define SETTLE_MS 10       /* changes of one directory come in bursts: wait for the end of one */
#define SETTLE_MAX 20      /* times that, and no longer */
#define LOOK_AGAIN_MS 5000 /* without any word of changes: the directory may have come into being */
#define REST_MS 2000       /* after the last change: what only changes need is given back; another may follow at once */
#define POLICIES_MAX 1024

/* A policy of a file. */
struct managed {
	uint64_t id;            /* on the board */
	char *name, *namespace; /* owned; namespace may be NULL */
	char *file;             /* owned */
	enum policy_state state;
	char *error;                  /* owned: what was wrong with it last; NULL: nothing */
	struct loaded_policy *loaded; /* NULL: none runs */
	bool is_wanted;               /* by the file, as it is now */
};

struct policies {
	struct policy_engine *engine; /* NULL until there is a policy: it costs memory */
	struct policy_engine_options engine_options;
	struct policy_needs needs;
	struct policy_dir *dir;             /* NULL: no directory */
	char *file, *directory, *variables; /* owned */
	struct managed *managed;            /* owned */
	size_t count;
	uint64_t last_id;
	struct policies_totals gone;  /* what removed policies had counted */
	struct policy_board *board;   /* owned: what others are told */
	struct policy_dir_file *seen; /* owned: files as they were when last loaded */
	size_t seen_count;
	bool is_awake; /* the engine holds what only changes need */
	int stop_fd;
	pthread_t thread;
};

/* --- variables */

/* NAME=VALUE,NAME=VALUE first, then the environment. The value is valid until the next call. */
static const char *find_variable(void *context, const char *name, size_t length)
{
	static char value[4096];
	const struct policies *policies = context;
	const char *at = policies->variables;

	while (at && *at) {
		size_t pair = strcspn(at, ",");

		if (pair > length && strncmp(at, name, length) == 0 && at[length] == '=') {
			snprintf(value, sizeof(value), "%.*s", (int)(pair - length - 1), at + length + 1);
			return value;
		}
		at += pair + (at[pair] == ',');
	}
	snprintf(value, sizeof(value), "%.*s", (int)length, name);
	return getenv(value);
}

/* --- managed policies */

static bool is_same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static struct managed *find_managed(struct policies *policies, const char *name, const char *namespace)
{
	for (size_t i = 0; i < policies->count; i++)
		if (is_same_string(policies->managed[i].name, name) &&
		    is_same_string(policies->managed[i].namespace, namespace))
			return &policies->managed[i];
	return NULL;
}

static void managed_done(struct managed *managed)
{
	free(managed->name);
	free(managed->namespace);
	free(managed->file);
	free(managed->error);
}

static struct managed *add_managed(struct policies *policies, const char *name, const char *namespace, const char *file)
{
	struct managed *grown, *managed;

	if (policies->count == POLICIES_MAX)
		return NULL;
	grown = reallocarray(policies->managed, policies->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	policies->managed = grown;
	managed = &grown[policies->count];
	*managed = (struct managed){
		.id = ++policies->last_id,
		.name = strdup(name),
		.namespace = namespace ? strdup(namespace) : NULL,
		.file = strdup(file),
		.state = POLICY_STATE_LOAD_ERROR,
	};
	if (!managed->name || !managed->file || (namespace && !managed->namespace)) {
		managed_done(managed);
		return NULL;
	}
	policies->count++;
	return managed;
}

/* --- what others are told */

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* Puts what is known of it on the board, after every change. */
static void publish(struct policies *policies, const struct managed *managed)
{
	struct policy_status status = {
		.id = managed->id,
		.name = copy_text(managed->name),
		.namespace = copy_text(managed->namespace),
		.file = copy_text(managed->file),
		.error = copy_text(managed->error),
		.state = managed->state,
	};
	int r = status.name && status.file ? 0 : -ENOMEM;

	if (r >= 0 && managed->loaded)
		r = policy_board_describe(managed->loaded, &status);
	policy_board_set_engine(policies->board, policies->engine);
	if (r >= 0)
		r = policy_board_put(policies->board, &status);
	if (r < 0)
		log_warn("policy %s: `trigon policy list` will not show its state: %s", managed->name, strerror(-r));
	policy_status_done(&status);
}

/* The first error from number `first` on, and how many more there are. */
static char *describe_errors(const struct report *report, size_t first)
{
	const struct finding *found = NULL;
	size_t more = 0;
	char text[1024], *described;

	for (size_t i = first; i < report->count; i++) {
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

/* The policy could not be changed to what its file says: it has none, or an older version. */
static void mark_failed(struct policies *policies, struct managed *managed, const struct report *report, size_t first)
{
	managed->is_wanted = true;
	managed->state = managed->loaded ? POLICY_STATE_ERROR : POLICY_STATE_LOAD_ERROR;
	free(managed->error);
	managed->error = describe_errors(report, first);
	publish(policies, managed);
}

static void log_report(const struct report *report)
{
	char text[2048];

	for (size_t i = 0; i < report->count; i++) {
		finding_print(&report->findings[i], report->file, text, sizeof(text));
		if (report->findings[i].is_warning)
			log_warn("%s", text);
		else
			log_error("%s", text);
	}
	if (report->left_out)
		log_error("%s: %zu more findings", report->file, report->left_out);
}

static void log_change(const struct loaded_policy *loaded, const struct policy_apply_result *result)
{
	static const char *const what[] = {
		[POLICY_CHANGE_NEW] = "enabled",
		[POLICY_CHANGE_NONE] = "unchanged",
		[POLICY_CHANGE_VALUES] = "new values",
		[POLICY_CHANGE_PROGRAMS] = "new generation",
	};

	log_info("policy %s: %s: %zu hooks, %zu programs loaded, %zu attached, %" PRIu64 " ms",
		 loaded_policy_policy(loaded)->name, what[result->change],
		 plan_function_count(loaded_policy_plan(loaded)), result->programs_loaded, result->hooks_attached,
		 (uint64_t)(result->duration_ns / CLOCK_NS_PER_MS));
}

static int need_engine(struct policies *policies)
{
	return policies->engine ? 0 : policy_engine_open(&policies->engine_options, &policies->engine);
}

/* Takes the policy over, whether it works or not. */
static void apply(struct policies *policies, struct policy *policy, const char *file, struct report *report)
{
	struct managed *managed = find_managed(policies, policy->name, policy->namespace);
	struct policy_apply_result result;
	size_t errors = report->error_count, first = report->count;
	int r;

	if (managed && managed->loaded && strcmp(managed->file, file) != 0 && managed->is_wanted) {
		report_add(report, FINDING_APPLY, policy->position, "metadata.name", "give one of them another name",
			   "a policy of this name is in %s already", managed->file);
		policy_free(policy);
		return;
	}
	if (!managed)
		managed = add_managed(policies, policy->name, policy->namespace, file);
	if (!managed) {
		report_add(report, FINDING_APPLY, policy->position, NULL, "remove others",
			   "there is no room for more than %d policies", POLICIES_MAX);
		policy_free(policy);
		return;
	}
	managed->is_wanted = true;
	r = need_engine(policies);
	if (r >= 0)
		r = policy_needs_start(&policies->needs, policy, report);
	if (r >= 0)
		r = policy_engine_apply(policies->engine, policy, managed->loaded, report, &result, &managed->loaded);
	if (r >= 0) {
		managed->state = POLICY_STATE_ENABLED;
		free(managed->error);
		managed->error = NULL;
		publish(policies, managed);
		log_change(managed->loaded, &result);
		return;
	}
	if (report->error_count == errors)
		report_add(report, FINDING_APPLY, policy->position, NULL, NULL, "it cannot be loaded: %s",
			   strerror(-r));
	mark_failed(policies, managed, report, first);
	log_error("policy %s: %s", policy->name,
		  managed->loaded ? "not changed: its last good version runs on" : "not loaded");
	policy_free(policy);
}

/* --- files */

/* A file with an error that nothing can be known behind keeps all that it had. */
static void keep_all_of(struct policies *policies, const struct report *report)
{
	for (size_t i = 0; i < policies->count; i++)
		if (strcmp(policies->managed[i].file, report->file) == 0)
			mark_failed(policies, &policies->managed[i], report, 0);
}

/* A document that was refused keeps the policy of its name. */
static void keep(struct policies *policies, const struct policy_file_item *item, const struct report *report)
{
	struct managed *managed = find_managed(policies, item->name, item->namespace);

	if (!managed)
		managed = add_managed(policies, item->name, item->namespace, report->file);
	if (managed && strcmp(managed->file, report->file) == 0)
		mark_failed(policies, managed, report, 0);
}

/* Loads a file that is new or has changed. */
static void load_file(struct policies *policies, const char *path)
{
	const struct policy_variables variables = {.find = find_variable, .context = policies};
	struct policy_file *file = calloc(1, sizeof(*file));
	struct report *report = calloc(1, sizeof(*report));
	int r;

	if (!report || !file) {
		log_error("%s: not enough memory to load it", path);
		free(file);
		free(report);
		return;
	}
	report_init(report, path);
	r = policy_file_load(path, &variables, report, file);
	if (r < 0)
		keep_all_of(policies, report);
	for (size_t i = 0; i < file->count; i++) {
		struct policy_file_item *item = &file->items[i];

		if (item->policy)
			apply(policies, TAKE_PTR(item->policy), path, report);
		else if (item->name)
			keep(policies, item, report);
		else
			keep_all_of(policies, report);
	}
	log_report(report);
	report_done(report);
	policy_file_done(file);
	free(report);
	free(file);
}

static const struct policy_dir_file *find_seen(const struct policies *policies, const char *path)
{
	for (size_t i = 0; i < policies->seen_count; i++)
		if (strcmp(policies->seen[i].path, path) == 0)
			return &policies->seen[i];
	return NULL;
}

static void add_counts(const struct policies *policies, const struct loaded_policy *loaded,
		       struct policies_totals *totals)
{
	struct wire_policy_counters counters = policy_engine_counters(policies->engine, loaded);

	totals->events += counters.events;
	totals->lost += counters.lost;
	totals->suppressed += counters.suppressed;
	totals->missed += loaded_policy_missed(policies->engine, loaded);
}

static void remove_at(struct policies *policies, size_t index)
{
	struct managed *managed = &policies->managed[index];

	policy_board_remove(policies->board, managed->id);
	if (managed->loaded) {
		add_counts(policies, managed->loaded, &policies->gone);
		policy_engine_remove(policies->engine, managed->loaded);
		log_info("policy %s: removed", managed->name);
	}
	managed_done(managed);
	policies->managed[index] = policies->managed[--policies->count];
}

static void want(struct policies *policies, const char *file, bool is_wanted)
{
	for (size_t i = 0; i < policies->count; i++)
		if (strcmp(policies->managed[i].file, file) == 0)
			policies->managed[i].is_wanted = is_wanted;
}

static int list_files(struct policies *policies, struct policy_dir_list *ret)
{
	struct policy_dir_file file;
	int r = 0;

	if (policies->dir)
		r = policy_dir_list(policies->dir, ret);
	if (r == -ENOENT)
		r = 0; /* not there yet, or no more */
	if (*policies->file && policy_dir_stat(policies->file, &file) == 0) {
		struct policy_dir_file *grown = reallocarray(ret->files, ret->count + 1, sizeof(*grown));

		if (!grown) {
			free(file.path);
			return -ENOMEM;
		}
		ret->files = grown;
		ret->files[ret->count++] = file;
	}
	return r;
}

/* What no policy needs any more goes. */
static void keep_needs(struct policies *policies)
{
	struct policy_needs_set set = {0};

	for (size_t i = 0; i < policies->count; i++)
		if (policies->managed[i].loaded)
			set = policy_needs_join(set,
						policy_needs_of(loaded_policy_policy(policies->managed[i].loaded)));
	policy_needs_keep(&policies->needs, set);
}

static void log_totals(const struct policies *policies)
{
	size_t enabled = 0;

	for (size_t i = 0; i < policies->count; i++)
		enabled += policies->managed[i].state == POLICY_STATE_ENABLED;
	log_info("policies: %zu enabled, %zu failed", enabled, policies->count - enabled);
}

/* Makes what runs what the files say. */
static void synchronise(struct policies *policies, bool is_first)
{
	struct policy_dir_list list = {0};
	bool has_changed = is_first;
	int r = list_files(policies, &list);

	if (r < 0) {
		log_error("%s: cannot list the policies: %s; those that run go on", policies->directory, strerror(-r));
		policy_dir_list_done(&list);
		return;
	}
	/* Deleted files first, since another one may have taken over their policies' names. */
	for (size_t i = 0; i < policies->count; i++)
		policies->managed[i].is_wanted = false;
	for (size_t i = 0; i < list.count; i++)
		want(policies, list.files[i].path, true);
	for (size_t i = 0; i < list.count; i++) {
		const struct policy_dir_file *seen = find_seen(policies, list.files[i].path);

		if (seen && seen->content == list.files[i].content)
			continue;
		want(policies, list.files[i].path, false);
		load_file(policies, list.files[i].path);
		has_changed = true;
	}
	for (size_t i = policies->count; i-- > 0;) {
		if (policies->managed[i].is_wanted)
			continue;
		remove_at(policies, i);
		has_changed = true;
	}
	policy_dir_list_done(&(struct policy_dir_list){.files = policies->seen, .count = policies->seen_count});
	policies->seen = list.files;
	policies->seen_count = list.count;
	keep_needs(policies);
	if (policies->engine)
		policy_engine_check(policies->engine);
	if (!has_changed && policies->is_awake && policies->engine)
		policy_engine_rest(policies->engine);
	policies->is_awake = has_changed;
	if (has_changed && (policies->count || !is_first))
		log_totals(policies);
}

/* --- the thread */

/* Waits until changes have come to rest, or the end. False: the end. */
static bool wait_for_change(struct policies *policies)
{
	struct pollfd polled[] = {
		{.fd = policies->stop_fd, .events = POLLIN},
		{.fd = policies->dir ? policy_dir_fd(policies->dir) : -1, .events = POLLIN},
	};
	int timeout = policies->is_awake ? REST_MS : LOOK_AGAIN_MS;

	for (int i = 0; i < SETTLE_MAX; i++, timeout = SETTLE_MS) {
		int r = poll(polled, ARRAY_SIZE(polled), timeout);

		if (r < 0 && errno != EINTR)
			return false;
		if (r > 0 && polled[0].revents)
			return false;
		if (r <= 0)
			break;
		policy_dir_drain(policies->dir);
	}
	return true;
}

static void *run(void *context)
{
	struct policies *policies = context;

	synchronise(policies, true);
	while (wait_for_change(policies))
		synchronise(policies, false);
	return NULL;
}

/* Signals are the event loop's. */
static int start_thread(struct policies *policies)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&policies->thread, NULL, run, policies);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -r;
}

static void free_policies(struct policies *policies)
{
	while (policies->count)
		remove_at(policies, policies->count - 1);
	policy_needs_end(&policies->needs);
	policy_board_free(policies->board);
	policy_engine_close(policies->engine);
	policy_dir_close(policies->dir);
	policy_dir_list_done(&(struct policy_dir_list){.files = policies->seen, .count = policies->seen_count});
	util_closep(&policies->stop_fd);
	free(policies->managed);
	free(policies->file);
	free(policies->directory);
	free(policies->variables);
	free(policies);
}

static int open_policies(struct policies *policies, const struct policies_options *options)
{
	int r;

	policies->file = strdup(options->file ? options->file : "");
	policies->directory = strdup(options->directory ? options->directory : "");
	policies->variables = options->variables ? strdup(options->variables) : NULL;
	policies->stop_fd = eventfd(0, EFD_CLOEXEC);
	policies->board = policy_board_new();
	if (!policies->file || !policies->directory || policies->stop_fd < 0 || !policies->board)
		return -ENOMEM;
	if (*policies->directory) {
		r = policy_dir_open(policies->directory, &policies->dir);
		if (r < 0)
			return r;
	}
	if (*policies->file && access(policies->file, R_OK) < 0)
		log_error("--tracing-policy: cannot read %s: %s", policies->file, strerror(errno));
	policies->engine_options = (struct policy_engine_options){
		.btf_path = options->btf_path,
		.procfs = options->procfs,
		.attach = options->attach,
		.host_namespaces = options->host_namespaces,
		.ring_fd = options->ring_fd,
		.shared_fd = options->shared_fd,
		.hooks = options->hooks,
	};
	policies->needs = (struct policy_needs){
		.loader = options->loader,
		.symbols = options->symbols,
		.hooks = options->hooks,
	};
	return 0;
}

int policies_start(const struct policies_options *options, struct policies **ret)
{
	struct policies *policies = calloc(1, sizeof(*policies));
	int r;

	if (!policies)
		return -ENOMEM;
	r = open_policies(policies, options);
	if (r >= 0)
		r = start_thread(policies);
	if (r < 0) {
		log_error("policies: cannot start: %s", strerror(-r));
		free_policies(policies);
		return r;
	}
	*ret = policies;
	return 0;
}

struct policy_board *policies_board(struct policies *policies)
{
	return policies->board;
}

static void add_up(const struct policies *policies, struct policies_totals *ret)
{
	*ret = policies->gone;
	for (size_t i = 0; i < policies->count; i++) {
		if (policies->managed[i].loaded) {
			ret->loaded++;
			add_counts(policies, policies->managed[i].loaded, ret);
		} else {
			ret->failed++;
		}
	}
}

struct policies *policies_stop(struct policies *policies, struct policies_totals *ret_totals)
{
	const uint64_t one = 1;

	*ret_totals = (struct policies_totals){0};
	if (!policies)
		return NULL;
	if (write(policies->stop_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		log_error("policies: cannot end the thread: %s", strerror(errno));
	pthread_join(policies->thread, NULL);
	add_up(policies, ret_totals);
	free_policies(policies);
	return NULL;
}
