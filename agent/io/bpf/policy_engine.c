// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/policy/compile.h"
#include "io/bpf/hook_program.h"
#include "io/bpf/kernel_types.h"
#include "io/bpf/policy_pending.h"
#include "io/bpf/policy_processes.h"
#include "io/bpf/socket_ends.h"
#include "io/bpf/value_map.h"

#define GENERATIONS 2 /* places of a dispatcher's array */
#define ACTIVE_NONE UINT64_MAX

/* --- small things */

static volatile struct wire_policy_state *state_of(const struct policy_engine *engine, uint32_t slot)
{
	return (volatile struct wire_policy_state *)engine->states.memory + slot;
}

static struct wire_policy_counters *counters_of(const struct policy_engine *engine, uint32_t slot)
{
	return (struct wire_policy_counters *)engine->counters.memory + slot;
}

/* --- the engine */

#define HOOK_FILES_MAX 16 /* of one hook: programs, dispatchers with copies, links, arrays; value sets are few */

/* All of a hook's objects are files. The usual limits are made for servers' sockets, and enough for some hundred hooks.
 */
static void raise_file_limit(void)
{
	const rlim_t wanted = (rlim_t)HOOK_NUMBER_MAX * HOOK_FILES_MAX;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	getrlimit(RLIMIT_NOFILE, &limit); /* not that privileged: as far as it goes */
	limit.rlim_cur = MIN(limit.rlim_max, wanted);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_engine(struct policy_engine *engine, const struct policy_engine_options *options)
{
	struct pieces_options pieces = {
		.btf_path = options->btf_path,
		.hierarchy = options->hierarchy,
		.ring_fd = options->ring_fd,
		.shared_fd = options->shared_fd,
		.hidden_fd = options->hidden_fd,
	};
	int r = kernel_types_open(options->btf_path, options->attach, &engine->types);

	if (r >= 0)
		kernel_types_set_host_namespaces(engine->types, options->host_namespaces);
	if (r >= 0)
		r = shared_memory_open(&engine->states, "trigon_states",
				       WIRE_POLICIES_MAX * sizeof(struct wire_policy_state));
	if (r >= 0)
		r = shared_memory_open(&engine->counters, "trigon_counts",
				       WIRE_POLICIES_MAX * sizeof(struct wire_policy_counters));
	if (r >= 0) {
		pieces.has_map_allocator = policy_engine_kernel(engine)->features.has_map_allocator;
		pieces.has_backups = policy_engine_kernel(engine)->features.is_preemptible ||
				     policy_engine_kernel(engine)->features.has_preemptible_tracepoints;
		r = pieces_open(&pieces, &engine->pieces);
	}
	if (r < 0)
		return r;
	engine->hides_processes = options->hidden_fd >= 0;
	engine->shared_fds[SHARED_MAP_RING] = options->ring_fd;
	engine->shared_fds[SHARED_MAP_STATES] = engine->states.fd;
	engine->shared_fds[SHARED_MAP_COUNTERS] = engine->counters.fd;
	r = policy_processes_init(&engine->processes, options->btf_path, options->procfs);
	engine->scopes.options = (struct scope_sensor_options){
		.btf_path = engine->processes.btf_path,
		.procfs = engine->processes.procfs,
		.hierarchy = options->hierarchy,
		.pods = options->pods,
	};
	return r;
}

int policy_engine_open(const struct policy_engine_options *options, struct policy_engine **ret)
{
	struct policy_engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return -ENOMEM;
	raise_file_limit();
	engine->hooks = options->hooks;
	engine->is_ending = options->is_ending;
	engine->states.fd = engine->counters.fd = -1;
	r = open_engine(engine, options);
	if (r < 0) {
		log_error("policies: cannot prepare the kernel for them: %s", strerror(-r));
		policy_engine_close(engine);
		return r;
	}
	*ret = engine;
	return 0;
}

struct policy_engine *policy_engine_close(struct policy_engine *engine)
{
	if (!engine)
		return NULL;
	policy_engine_remove(engine, TAKE_PTR(engine->socket_ends));
	policy_scopes_done(&engine->scopes);
	policy_processes_done(&engine->processes);
	pieces_close(engine->pieces);
	kernel_types_close(engine->types);
	shared_memory_close(&engine->states);
	shared_memory_close(&engine->counters);
	free(engine);
	return NULL;
}

void policy_engine_rest(struct policy_engine *engine)
{
	kernel_types_rest(engine->types);
	malloc_trim(0);
}

void policy_engine_check(struct policy_engine *engine)
{
	process_states_check(engine->processes.states);
	scope_sensor_check(engine->scopes.sensor);
}

struct scope_stats policy_engine_scope_stats(const struct policy_engine *engine)
{
	return policy_scopes_stats(&engine->scopes);
}

void policy_engine_check_policy(struct policy_engine *engine, struct loaded_policy *loaded)
{
	policy_pending_check(engine, loaded);
}

const struct kernel_view *policy_engine_kernel(const struct policy_engine *engine)
{
	return kernel_types_view(engine->types);
}

/* --- a generation in the making */

/* The first maps of a hook that goes on with its code get the old values back. */
static void restore_hook(const struct change *change, size_t index, size_t count)
{
	const struct plan_hook *plan = &change->new->plan.hooks[index];
	const struct loaded_hook *hook = &change->new->hooks[index];

	for (size_t i = 0; i < count; i++) {
		const struct plan_map *old = &change->old->plan.hooks[change->reused[index]].maps[i];
		int r = value_map_update(hook->maps[i].fd, old, hook->maps[i].capacity);

		if (r < 0)
			report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path,
				   "write the policy once more", "its old values cannot be put back: %s", strerror(-r));
	}
}

/* Hooks that go on with their code only get the new values: all of them, or none. */
static int update_values(const struct change *change)
{
	size_t hook = 0, map = 0;
	int r = 0;

	for (; hook < change->new->plan.hook_count; hook++) {
		const struct loaded_hook *loaded = &change->new->hooks[hook];
		const struct plan_hook *plan = &change->new->plan.hooks[hook];

		for (map = 0; change->is_same_code[hook] && map < loaded->map_count && r >= 0; map++)
			r = value_map_update(loaded->maps[map].fd, &plan->maps[map], loaded->maps[map].capacity);
		if (r >= 0)
			continue;
		report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path, NULL,
			   "its new values cannot be given to the kernel: %s", strerror(-r));
		restore_hook(change, hook, map - 1); /* the last one is as it was */
		break;
	}
	while (r < 0 && hook-- > 0)
		if (change->is_same_code[hook])
			restore_hook(change, hook, change->new->hooks[hook].map_count);
	return r;
}

/* The old generation, after the switch: everything but what the new one has taken over. */
static void drop_old(struct change *change)
{
	struct loaded_policy *old = change->old;
	bool is_reused[POLICY_HOOKS_MAX] = {0}, is_code_kept[POLICY_HOOKS_MAX] = {0};

	if (!old)
		return;
	for (size_t i = 0; i < change->new->plan.hook_count; i++) {
		if (change->reused[i] < 0)
			continue;
		is_reused[change->reused[i]] = true;
		is_code_kept[change->reused[i]] = change->is_same_code[i];
		if (change->is_same_code[i]) { /* the published info is the old plan's */
			hook_info_free(change->new->plan.hooks[i].info);
			change->new->plan.hooks[i].info = TAKE_PTR(old->plan.hooks[change->reused[i]].info);
		} else if (change->new->hooks[i].is_pending_shared) {
			policy_pending_hand_over(old, (size_t)change->reused[i], &change->new->hooks[i]);
		}
	}
	for (size_t i = 0; i < old->plan.hook_count; i++) {
		if (change->result.change == POLICY_CHANGE_PROGRAMS)
			policy_hook_remove_programs(&old->hooks[i], &old->plan.hooks[i], (uint32_t)old->active);
		policy_hook_drop(change->engine, old, i, !is_reused[i], !is_code_kept[i]);
	}
	change->new->turned_away_gone += old->turned_away_gone;
	change->engine->socket_trackers -= socket_ends_matter(old->policy);
	policy_processes_leave(&change->engine->processes, &old->processes, &change->new->processes);
	policy_scopes_leave(&change->engine->scopes, old->scope);
	plan_done(&old->plan);
	policy_free(old->policy);
	free(old->hooks);
	free(old);
}

static bool has_new_programs(const struct change *change)
{
	if (!change->old || change->old->plan.hook_count != change->new->plan.hook_count)
		return true;
	for (size_t i = 0; i < change->new->plan.hook_count; i++)
		if (!change->is_same_code[i])
			return true;
	return false;
}

/* Filters with followChildren get their bits. */
static int assign_bits(struct change *change)
{
	const struct loaded_policy *old = change->old;
	const struct policy_binary_filter *filter = NULL;
	int r = follow_assign(&change->engine->processes.bits, old ? &old->plan : NULL,
			      old ? &old->processes.follow : NULL, &change->new->plan, change->reused,
			      change->is_same_code, &change->new->processes.follow, &filter);

	if (r < 0)
		report_add(change->report, FINDING_APPLY, filter->position, "followChildren",
			   "remove policies that use it, or put the binaries of several filters into one",
			   "there are more than %d filters with followChildren on this node", FOLLOW_FILTERS_MAX);
	return r;
}

static int run_change(struct change *change)
{
	struct loaded_policy *new = change->new;
	int r;

	policy_hooks_match(change);
	r = assign_bits(change);
	if (r < 0)
		return r;
	if (has_new_programs(change)) {
		change->result.change = change->old ? POLICY_CHANGE_PROGRAMS : POLICY_CHANGE_NEW;
	} else {
		change->result.change = POLICY_CHANGE_VALUES;
		new->active = change->old->active;
	}
	r = policy_hooks_make(change);
	if (r >= 0)
		r = policy_processes_use(&change->engine->processes, &new->processes, new->policy, change->report);
	if (r >= 0)
		r = update_values(change);
	if (r < 0) {
		if (change->result.change != POLICY_CHANGE_VALUES)
			policy_hooks_undo(change);
		return r;
	}
	state_of(change->engine, new->slot)->mode = new->policy->mode == POLICY_MODE_ENFORCE ? 0 : 1;
	__atomic_store_n(&state_of(change->engine, new->slot)->active, new->active, __ATOMIC_SEQ_CST);
	if (change->result.change == POLICY_CHANGE_PROGRAMS)
		program_wait(); /* that read the old `active` */
	return 0;
}

static int find_slot(struct policy_engine *engine)
{
	for (int i = 0; i < WIRE_POLICIES_MAX; i++) {
		if (engine->is_slot_used[i])
			continue;
		engine->is_slot_used[i] = true;
		state_of(engine, (uint32_t)i)->active = ACTIVE_NONE;
		memset(counters_of(engine, (uint32_t)i), 0, sizeof(struct wire_policy_counters));
		return i;
	}
	return -ENOSPC;
}

static int prepare_change(struct change *change)
{
	struct loaded_policy *new = change->new;
	size_t count = new->plan.hook_count + 1;
	int slot = change->old ? (int)change->old->slot : find_slot(change->engine);

	if (slot < 0) {
		report_add(change->report, FINDING_APPLY, new->policy->position, NULL, "remove others",
			   "more than %d policies are loaded", WIRE_POLICIES_MAX);
		return slot;
	}
	new->slot = (uint32_t)slot;
	new->active = change->old ? (change->old->active + 1) % GENERATIONS : 0;
	new->generation = change->old ? change->old->generation + 1 : 1;
	new->hooks = calloc(count, sizeof(*new->hooks));
	change->reused = calloc(count, sizeof(*change->reused));
	change->is_same_code = calloc(count, sizeof(*change->is_same_code));
	if (!new->hooks || !change->reused || !change->is_same_code)
		return -ENOMEM;
	for (size_t i = 0; i < new->plan.hook_count; i++) {
		policy_hook_init(&new->hooks[i]);
		change->reused[i] = -1;
	}
	return 0;
}

static void free_generation(struct policy_engine *engine, struct loaded_policy *loaded, bool is_slot_free)
{
	if (is_slot_free && loaded->slot < WIRE_POLICIES_MAX)
		engine->is_slot_used[loaded->slot] = false;
	plan_done(&loaded->plan);
	free(loaded->hooks);
	free(loaded);
}

static int apply_change(struct change *change, struct policy *policy, const struct kernel_view *kernel)
{
	struct policy_engine *engine = change->engine;
	int r;

	change->new = calloc(1, sizeof(*change->new));
	if (!change->new)
		return -ENOMEM;
	change->new->policy = policy;
	change->new->slot = UINT32_MAX; /* none yet */
	change->new->scope = SCOPE_NONE;
	change->kernel = kernel;
	r = policy_compile(policy, kernel, change->report, &change->new->plan);
	if (r < 0) {
		free(change->new);
		return r;
	}
	r = prepare_change(change);
	if (r >= 0)
		r = policy_processes_join(&engine->processes, &change->new->plan, &kernel->features,
					  &change->new->processes);
	if (r >= 0)
		r = policy_scopes_join(&engine->scopes, &change->new->plan, &kernel->features, change->report,
				       &change->new->scope);
	if (r >= 0)
		r = run_change(change);
	if (r < 0) {
		policy_scopes_leave(&engine->scopes, change->new->scope);
		policy_processes_leave(&engine->processes, &change->new->processes,
				       change->old ? &change->old->processes : NULL);
		free_generation(engine, change->new, !change->old);
	} else {
		drop_old(change);
	}
	free(change->reused);
	free(change->is_same_code);
	return r;
}

/* When no policy tracks sockets, their ends are of no interest. */
static void rest_socket_ends(struct policy_engine *engine)
{
	if (!engine->socket_trackers)
		policy_engine_remove(engine, TAKE_PTR(engine->socket_ends));
}

int policy_engine_apply(struct policy_engine *engine, struct policy *policy, struct loaded_policy *old,
			struct report *report, struct policy_apply_result *ret_result, struct loaded_policy **ret)
{
	struct change change = {.engine = engine, .old = old, .report = report};
	struct kernel_view kernel = *policy_engine_kernel(engine);
	uint64_t begin = clock_monotonic_ns();
	int r;

	kernel.has_workloads = engine->scopes.options.pods;
	kernel.has_hidden_processes = engine->hides_processes;
	if (!engine->socket_ends && socket_ends_matter(policy))
		engine->socket_ends = socket_ends_watch(engine);
	r = apply_change(&change, policy, &kernel);
	if (r < 0 && change.is_multi_refused) {
		report_warn(report, FINDING_APPLY, policy->position, NULL, NULL,
			    "the kernel refuses kprobe.multi on a list (%s): its functions are attached one by one",
			    strerror(-r));
		kernel.features.has_kprobe_multi = false;
		change = (struct change){.engine = engine, .old = old, .report = report};
		r = apply_change(&change, policy, &kernel);
	}
	if (r >= 0) {
		change.result.duration_ns = clock_monotonic_ns() - begin;
		*ret_result = change.result;
		*ret = change.new;
		engine->socket_trackers += socket_ends_matter(policy);
	}
	rest_socket_ends(engine);
	return r < 0 ? r : 0;
}

void policy_engine_remove(struct policy_engine *engine, struct loaded_policy *loaded)
{
	if (!loaded)
		return;
	__atomic_store_n(&state_of(engine, loaded->slot)->active, ACTIVE_NONE, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < loaded->plan.hook_count; i++)
		policy_hook_drop(engine, loaded, i, true, true);
	policy_processes_leave(&engine->processes, &loaded->processes, NULL);
	policy_scopes_leave(&engine->scopes, loaded->scope);
	engine->socket_trackers -= socket_ends_matter(loaded->policy);
	policy_free(loaded->policy);
	free_generation(engine, loaded, true);
	rest_socket_ends(engine);
}

struct wire_policy_counters policy_engine_counters(const struct policy_engine *engine,
						   const struct loaded_policy *loaded)
{
	return *counters_of(engine, loaded->slot);
}

uint64_t loaded_policy_missed(const struct policy_engine *engine, const struct loaded_policy *loaded)
{
	uint64_t rescued = counters_of(engine, loaded->slot)->rescued, missed = loaded->turned_away_gone;

	for (size_t i = 0; i < loaded->plan.hook_count; i++)
		for (size_t j = 0; j < loaded->plan.hooks[i].program_count; j++)
			missed += attach_point_turned_away(&loaded->hooks[i].points[j]);
	return missed > rescued ? missed - rescued : 0;
}

struct wire_policy_counters policy_engine_slot_counters(const struct policy_engine *engine, uint32_t slot)
{
	return *counters_of(engine, slot);
}
