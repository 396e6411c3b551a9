// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_board.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/status_json.h"
#include "io/bpf/object_usage.h"

/* A policy as it was put here; it never changes, but for `content`, and for what those who ask measure. */
struct entry {
	struct policy_status status;
	atomic_uint_least64_t content; /* in place of that in `status`, which is for those who ask */
	unsigned references;           /* of the board, and of an answer in the making */
};

struct policy_board {
	pthread_mutex_t mutex;              /* for all below; held for moments */
	const struct policy_engine *engine; /* NULL: there was no policy yet */
	struct entry **entries;             /* owned, by id */
	size_t count;
	uint64_t gone_lost;
	struct scope_stats scopes;
	void (*changed)(void *context); /* called with the mutex held; NULL: nobody wants to know */
	void *changed_context;
	atomic_uint_least64_t version;
	pthread_mutex_t asking; /* held by who measures, before `mutex`: one at a time fills in what is live */
};

struct policy_board *policy_board_new(void)
{
	struct policy_board *board = calloc(1, sizeof(*board));

	if (!board)
		return NULL;
	pthread_mutex_init(&board->mutex, NULL);
	pthread_mutex_init(&board->asking, NULL);
	return board;
}

/* With the mutex held. */
static void entry_unref(struct entry *entry)
{
	if (--entry->references)
		return;
	policy_status_done(&entry->status);
	free(entry);
}

struct policy_board *policy_board_free(struct policy_board *board)
{
	if (!board)
		return NULL;
	for (size_t i = 0; i < board->count; i++)
		entry_unref(board->entries[i]);
	free(board->entries);
	pthread_mutex_destroy(&board->mutex);
	pthread_mutex_destroy(&board->asking);
	free(board);
	return NULL;
}

void policy_board_set_engine(struct policy_board *board, const struct policy_engine *engine)
{
	pthread_mutex_lock(&board->mutex);
	board->engine = engine;
	pthread_mutex_unlock(&board->mutex);
}

/* --- by the control thread */

static char *name_hook(const struct plan_hook *plan)
{
	char name[256];

	if (plan->hook->subsystem)
		snprintf(name, sizeof(name), "%s/%s", plan->hook->subsystem, plan->name);
	else
		snprintf(name, sizeof(name), "%s", plan->name);
	return strdup(name);
}

static int describe_hook(const struct loaded_policy *loaded, size_t index, struct policy_status_hook *ret)
{
	const struct plan_hook *plan = &loaded_policy_plan(loaded)->hooks[index];
	struct loaded_program_ids ids[PLAN_PROGRAMS_MAX];

	ret->path = strdup(plan->hook->path ? plan->hook->path : "");
	ret->name = name_hook(plan);
	ret->function_count = plan_hook_function_count(plan);
	ret->is_skipped = plan->is_skipped;
	ret->map_count = loaded_policy_map_count(loaded, index);
	ret->map_ids = calloc(ret->map_count + 1, sizeof(*ret->map_ids));
	if (!ret->path || !ret->name || !ret->map_ids)
		return -ENOMEM;
	loaded_policy_map_ids(loaded, index, ret->map_ids);
	loaded_policy_program_ids(loaded, index, ids);
	ret->program_count = plan->program_count;
	for (size_t i = 0; i < plan->program_count; i++) {
		struct policy_status_program *program = &ret->programs[i];

		program->means = plan->programs[i].means;
		snprintf(program->target, sizeof(program->target), "%s", plan->programs[i].target);
		program->program_id = ids[i].program;
		memcpy(program->dispatcher_ids, ids[i].dispatchers, sizeof(program->dispatcher_ids));
	}
	return 0;
}

int policy_board_describe(const struct loaded_policy *loaded, struct policy_status *ret)
{
	const struct plan *plan = loaded_policy_plan(loaded);

	ret->mode = loaded_policy_policy(loaded)->mode;
	ret->generation = loaded_policy_generation(loaded);
	ret->slot = loaded_policy_slot(loaded);
	ret->turned_away_gone = loaded_policy_turned_away_gone(loaded);
	ret->hooks = calloc(plan->hook_count + 1, sizeof(*ret->hooks));
	if (!ret->hooks)
		return -ENOMEM;
	for (ret->hook_count = 0; ret->hook_count < plan->hook_count; ret->hook_count++) {
		int r = describe_hook(loaded, ret->hook_count, &ret->hooks[ret->hook_count]);

		if (r < 0) {
			ret->hook_count++; /* what is half made is freed, too */
			return r;
		}
	}
	return 0;
}

/* With the mutex held. */
static void tell(struct policy_board *board)
{
	atomic_fetch_add(&board->version, 1);
	if (board->changed)
		board->changed(board->changed_context);
}

static int put(struct policy_board *board, struct entry *entry)
{
	struct entry **grown;
	size_t at = board->count;

	while (at > 0 && board->entries[at - 1]->status.id >= entry->status.id)
		at--;
	if (at < board->count && board->entries[at]->status.id == entry->status.id) {
		entry_unref(board->entries[at]);
		board->entries[at] = entry;
		return 0;
	}
	grown = reallocarray(board->entries, board->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	board->entries = grown;
	memmove(&grown[at + 1], &grown[at], (board->count - at) * sizeof(*grown));
	grown[at] = entry;
	board->count++;
	return 0;
}

int policy_board_put(struct policy_board *board, struct policy_status *status)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	int r;

	if (!entry)
		return -ENOMEM;
	entry->status = *status;
	atomic_init(&entry->content, status->content);
	entry->references = 1;
	pthread_mutex_lock(&board->mutex);
	r = put(board, entry);
	tell(board);
	pthread_mutex_unlock(&board->mutex);
	if (r < 0) {
		free(entry);
		return r;
	}
	*status = (struct policy_status){0};
	return 0;
}

void policy_board_set_content(struct policy_board *board, uint64_t id, uint64_t content)
{
	pthread_mutex_lock(&board->mutex);
	for (size_t i = 0; i < board->count; i++)
		if (board->entries[i]->status.id == id)
			atomic_store(&board->entries[i]->content, content);
	tell(board);
	pthread_mutex_unlock(&board->mutex);
}

void policy_board_remove(struct policy_board *board, uint64_t id)
{
	pthread_mutex_lock(&board->mutex);
	for (size_t i = 0; i < board->count; i++) {
		if (board->entries[i]->status.id != id)
			continue;
		entry_unref(board->entries[i]);
		board->count--;
		memmove(&board->entries[i], &board->entries[i + 1], (board->count - i) * sizeof(*board->entries));
		tell(board);
		break;
	}
	pthread_mutex_unlock(&board->mutex);
}

void policy_board_set_scopes(struct policy_board *board, const struct scope_stats *scopes)
{
	pthread_mutex_lock(&board->mutex);
	board->scopes = *scopes;
	pthread_mutex_unlock(&board->mutex);
}

struct scope_stats policy_board_scopes(struct policy_board *board)
{
	struct scope_stats scopes;

	pthread_mutex_lock(&board->mutex);
	scopes = board->scopes;
	pthread_mutex_unlock(&board->mutex);
	return scopes;
}

void policy_board_set_gone_lost(struct policy_board *board, uint64_t lost)
{
	pthread_mutex_lock(&board->mutex);
	board->gone_lost = lost;
	pthread_mutex_unlock(&board->mutex);
}

/* --- by the threads of the HTTP server and of the cluster */

/* What it answers from: the policies of one moment. */
struct view {
	const struct policy_engine *engine;
	struct entry **entries; /* owned, with a reference each */
	size_t count;
};

static int take_view(struct policy_board *board, struct view *ret)
{
	int r = 0;

	pthread_mutex_lock(&board->mutex);
	*ret = (struct view){.engine = board->engine, .entries = calloc(board->count + 1, sizeof(*ret->entries))};
	if (!ret->entries)
		r = -ENOMEM;
	for (; r == 0 && ret->count < board->count; ret->count++) {
		ret->entries[ret->count] = board->entries[ret->count];
		ret->entries[ret->count]->references++;
	}
	pthread_mutex_unlock(&board->mutex);
	return r;
}

static void drop_view(struct policy_board *board, struct view *view)
{
	pthread_mutex_lock(&board->mutex);
	for (size_t i = 0; i < view->count; i++)
		entry_unref(view->entries[i]);
	pthread_mutex_unlock(&board->mutex);
	free(view->entries);
}

_Static_assert(POLICY_STATUS_COPIES_MAX == ATTACH_POINT_COPIES, "copies of a dispatcher");

static void measure_program(struct policy_status_program *program)
{
	struct program_usage own, dispatcher, copy;

	program->is_known = program_usage_read(program->program_id, &own) == 0 &&
			    program_usage_read(program->dispatcher_ids[0], &dispatcher) == 0;
	if (!program->is_known)
		return;
	program->instructions = own.instructions;
	program->memory_bytes = own.memory_bytes + dispatcher.memory_bytes;
	/* the kernel counts for the program that it entered, with what that one calls */
	program->turned_away = dispatcher.missed;
	program->run_count = dispatcher.run_count;
	program->run_time_ns = dispatcher.run_time_ns;
	for (int i = 1; i < POLICY_STATUS_COPIES_MAX; i++) {
		if (!program->dispatcher_ids[i] || program_usage_read(program->dispatcher_ids[i], &copy) < 0)
			continue;
		program->memory_bytes += copy.memory_bytes;
		program->run_time_ns += copy.run_time_ns;
	}
}

static void measure_hook(struct policy_status_hook *hook)
{
	uint64_t bytes;

	hook->map_bytes = 0;
	for (size_t i = 0; i < hook->map_count; i++)
		if (map_usage_read(hook->map_ids[i], &bytes) == 0)
			hook->map_bytes += bytes;
	for (size_t i = 0; i < hook->program_count; i++)
		measure_program(&hook->programs[i]);
}

static void measure(const struct view *view, struct policy_status *status)
{
	if (status->generation == 0 || !view->engine)
		return;
	status->counters = policy_engine_slot_counters(view->engine, status->slot);
	for (size_t i = 0; i < status->hook_count; i++)
		measure_hook(&status->hooks[i]);
	policy_status_sum(status);
}

/* "NAME" or "NAMESPACE/NAME" */
static bool is_named(const struct policy_status *status, const char *name)
{
	size_t length = status->namespace ? strlen(status->namespace) : 0;

	if (!status->namespace)
		return strcmp(status->name, name) == 0;
	return strncmp(name, status->namespace, length) == 0 && name[length] == '/' &&
	       strcmp(name + length + 1, status->name) == 0;
}

/* Of several that files have, the one that runs. */
static struct policy_status *find_named(const struct view *view, const char *name)
{
	struct policy_status *found = NULL;

	for (size_t i = 0; i < view->count; i++) {
		struct policy_status *status = &view->entries[i]->status;

		if (is_named(status, name) && (!found || status->generation))
			found = status;
	}
	return found;
}

int policy_board_list(struct policy_board *board, struct buffer *buffer)
{
	struct view view;

	if (take_view(board, &view) < 0)
		return -ENOMEM;
	pthread_mutex_lock(&board->asking);
	status_json_begin(buffer);
	for (size_t i = 0; i < view.count; i++) {
		measure(&view, &view.entries[i]->status);
		status_json_add(buffer, &view.entries[i]->status);
	}
	status_json_end(buffer);
	pthread_mutex_unlock(&board->asking);
	drop_view(board, &view);
	return 0;
}

int policy_board_show(struct policy_board *board, const char *name, struct buffer *buffer)
{
	struct policy_status *status;
	struct view view;

	if (take_view(board, &view) < 0)
		return -ENOMEM;
	pthread_mutex_lock(&board->asking);
	status = find_named(&view, name);
	if (status) {
		measure(&view, status);
		status_json_show(buffer, status, program_usage_is_timed());
	}
	pthread_mutex_unlock(&board->asking);
	drop_view(board, &view);
	return status ? 0 : -ENOENT;
}

uint64_t policy_board_version(const struct policy_board *board)
{
	return atomic_load(&board->version);
}

void policy_board_watch(struct policy_board *board, void (*changed)(void *context), void *context)
{
	pthread_mutex_lock(&board->mutex);
	board->changed = changed;
	board->changed_context = context;
	pthread_mutex_unlock(&board->mutex);
}

/* What programs count lies in memory that we have mapped: no call of the kernel. */
static void read_counters(const struct view *view, struct policy_status *status)
{
	if (status->generation && view->engine)
		status->counters = policy_engine_slot_counters(view->engine, status->slot);
}

static void read_nothing(const struct view *view, struct policy_status *status)
{
	(void)view;
	(void)status;
}

static int visit_each(struct policy_board *board, void (*read)(const struct view *view, struct policy_status *status),
		      void (*visit)(void *context, const struct policy_status *status), void *context)
{
	struct view view;

	if (take_view(board, &view) < 0)
		return -ENOMEM;
	pthread_mutex_lock(&board->asking);
	for (size_t i = 0; i < view.count; i++) {
		struct policy_status *status = &view.entries[i]->status;

		read(&view, status);
		status->content = atomic_load(&view.entries[i]->content);
		visit(context, status);
	}
	pthread_mutex_unlock(&board->asking);
	drop_view(board, &view);
	return 0;
}

int policy_board_visit(struct policy_board *board, bool is_live,
		       void (*visit)(void *context, const struct policy_status *status), void *context)
{
	return visit_each(board, is_live ? measure : read_nothing, visit, context);
}

int policy_board_visit_counters(struct policy_board *board,
				void (*visit)(void *context, const struct policy_status *status), void *context)
{
	return visit_each(board, read_counters, visit, context);
}

/* --- by the event loop */

uint64_t policy_board_visit_running(struct policy_board *board,
				    void (*visit)(void *context, const struct policy_status *status,
						  const struct wire_policy_counters *counters),
				    void *context)
{
	uint64_t gone_lost;

	pthread_mutex_lock(&board->mutex);
	for (size_t i = 0; i < board->count && board->engine; i++) {
		const struct policy_status *status = &board->entries[i]->status;
		struct wire_policy_counters counters;

		if (status->generation == 0)
			continue;
		counters = policy_engine_slot_counters(board->engine, status->slot);
		visit(context, status, &counters);
	}
	gone_lost = board->gone_lost;
	pthread_mutex_unlock(&board->mutex);
	return gone_lost;
}

/* --- the handle */

void policy_board_handle_init(struct policy_board_handle *handle)
{
	pthread_mutex_init(&handle->lock, NULL);
	handle->board = NULL;
}

void policy_board_handle_done(struct policy_board_handle *handle)
{
	pthread_mutex_destroy(&handle->lock);
}

void policy_board_handle_set(struct policy_board_handle *handle, struct policy_board *board)
{
	pthread_mutex_lock(&handle->lock);
	handle->board = board;
	pthread_mutex_unlock(&handle->lock);
}

struct policy_board *policy_board_handle_take(struct policy_board_handle *handle)
{
	pthread_mutex_lock(&handle->lock);
	return handle->board;
}

void policy_board_handle_release(struct policy_board_handle *handle)
{
	pthread_mutex_unlock(&handle->lock);
}
