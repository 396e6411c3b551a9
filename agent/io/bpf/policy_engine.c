// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_engine_internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/policy/compile.h"
#include "io/bpf/hook_program.h"
#include "io/bpf/kernel_types.h"
#include "io/bpf/socket_ends.h"
#include "io/bpf/value_map.h"

#define GENERATIONS 2 /* places of a dispatcher's array */
#define ACTIVE_NONE UINT64_MAX

/* --- small things */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

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
		.ring_fd = options->ring_fd,
		.shared_fd = options->shared_fd,
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
	engine->shared_fds[SHARED_MAP_RING] = options->ring_fd;
	engine->shared_fds[SHARED_MAP_STATES] = engine->states.fd;
	engine->shared_fds[SHARED_MAP_COUNTERS] = engine->counters.fd;
	return 0;
}

int policy_engine_open(const struct policy_engine_options *options, struct policy_engine **ret)
{
	struct policy_engine *engine = calloc(1, sizeof(*engine));
	int r;

	if (!engine)
		return -ENOMEM;
	raise_file_limit();
	engine->hooks = options->hooks;
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
	policy_engine_remove(engine, engine->socket_ends);
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

const struct kernel_view *policy_engine_kernel(const struct policy_engine *engine)
{
	return kernel_types_view(engine->types);
}

/* --- a generation in the making */

/* What is being made, and what it takes the place of. */
struct change {
	struct policy_engine *engine;
	struct loaded_policy *old, *new; /* old: NULL for a new policy */
	int *reused;        /* owned: for each new hook the old one whose attach points it takes; -1: none */
	bool *is_same_code; /* owned: and whose programs and maps */
	struct report *report;
	struct policy_apply_result result;
	size_t left_out;       /* of generated lists: functions that the kernel refuses */
	bool is_multi_refused; /* the kernel takes no program for all functions of a list */
};

static void init_hook(struct loaded_hook *hook)
{
	*hook = (struct loaded_hook){0};
	for (size_t i = 0; i < PLAN_PROGRAMS_MAX; i++) {
		attach_point_init(&hook->points[i]);
		hook->program_fds[i] = -1;
	}
}

static bool fits(const struct loaded_hook *hook, const struct plan_hook *plan)
{
	for (size_t i = 0; i < plan->map_count; i++)
		if (!value_map_fits(&plan->maps[i], hook->maps[i].capacity))
			return false;
	return true;
}

/* May the new hook number `index` take the place of the old one? */
static bool can_reuse(const struct change *change, size_t index, size_t old, bool has_same_code)
{
	const struct plan_hook *from = &change->old->plan.hooks[old], *to = &change->new->plan.hooks[index];

	return plan_hook_is_same_target(from, to) &&
	       (!has_same_code || (plan_hook_is_same_code(from, to) && fits(&change->old->hooks[old], to)));
}

/* Pairs each new hook with an old one on the same target; of several, with one that has the same code if there is. */
static void match_hooks(struct change *change)
{
	size_t old_count = change->old ? change->old->plan.hook_count : 0;
	bool is_taken[POLICY_HOOKS_MAX] = {0};

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < change->new->plan.hook_count; i++) {
			/* lists keep their order: look behind the last one's predecessor first */
			size_t from = i && change->reused[i - 1] >= 0 ? (size_t)change->reused[i - 1] + 1 : i;

			for (size_t j = 0; change->reused[i] < 0 && j < old_count; j++) {
				size_t old = (from + j) % old_count;

				if (is_taken[old] || !can_reuse(change, i, old, pass == 0))
					continue;
				change->reused[i] = (int)old;
				change->is_same_code[i] = pass == 0;
				is_taken[old] = true;
			}
		}
	}
}

static void report_kernel(const struct change *change, const struct plan_hook *plan, const struct plan_program *program,
			  int error)
{
	const char *remedy = NULL;

	if (program->means == ATTACH_FMOD_RET)
		remedy =
			"Override works on security_ functions, on LSM hooks, and on system calls where the kernel has "
			"error injection (CONFIG_FUNCTION_ERROR_INJECTION), which this one lacks; or use Sigkill";
	else if (error == -E2BIG)
		remedy = "too many programs are attached to this function: remove some";
	else if (error == -ENOMEM)
		remedy = "the machine is short of memory";
	else if (error == -EMFILE)
		remedy = "raise the agent's limit of open files (ulimit -n, LimitNOFILE=): each hook takes some";
	report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path, remedy,
		   "the kernel refuses the %s program on %s: %s", attach_means_name(program->means), program->target,
		   strerror(-error));
}

/*
 * Calls that are inside the function while the generation changes: the new
 * return program completes what the old entry program left, if both have records of the same form. A duplicate of
 * the old map's fd, or -ENOENT.
 */
static int share_pending(const struct change *change, const struct plan_hook *plan, const struct loaded_hook *hook)
{
	ptrdiff_t index = hook - change->new->hooks;
	const struct plan_hook *old_plan;
	const struct loaded_hook *old;

	if (change->reused[index] < 0)
		return -ENOENT;
	old_plan = &change->old->plan.hooks[change->reused[index]];
	old = &change->old->hooks[change->reused[index]];
	if (old_plan->record_bytes != plan->record_bytes || old_plan->hook->arg_count != plan->hook->arg_count)
		return -ENOENT;
	for (size_t i = 0; i < old->map_count; i++)
		if (old_plan->maps[i].kind == PLAN_MAP_PENDING)
			return fcntl(old->maps[i].fd, F_DUPFD_CLOEXEC, 0);
	return -ENOENT;
}

static int new_map(const struct change *change, const struct plan_hook *plan, const struct loaded_hook *hook,
		   struct loaded_map *ret)
{
	const struct plan_map *map = &plan->maps[hook->map_count];
	int fd = map->kind == PLAN_MAP_PENDING ? share_pending(change, plan, hook) : -ENOENT;

	if (fd >= 0)
		return fd;
	return value_map_new(map, &policy_engine_kernel(change->engine)->features, &ret->capacity);
}

static int new_maps(const struct change *change, const struct plan_hook *plan, struct loaded_hook *hook)
{
	hook->maps = calloc(plan->map_count + 1, sizeof(*hook->maps));
	if (!hook->maps)
		return -ENOMEM;
	for (; hook->map_count < plan->map_count; hook->map_count++) {
		struct loaded_map *map = &hook->maps[hook->map_count];

		map->fd = new_map(change, plan, hook, map);
		if (map->fd >= 0)
			continue;
		report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path, NULL,
			   "its values cannot be given to the kernel: %s", strerror(-map->fd));
		return map->fd;
	}
	return 0;
}

static struct link_values link_values(const struct change *change, const struct loaded_hook *hook, int *map_fds)
{
	memcpy(map_fds, change->engine->shared_fds, sizeof(change->engine->shared_fds));
	for (size_t i = 0; i < hook->map_count; i++)
		map_fds[SHARED_MAP_COUNT + i] = hook->maps[i].fd;
	return (struct link_values){
		.map_fds = map_fds,
		.hook_number = hook->number,
		.policy_slot = change->new->slot,
		.programs_fd = -1,
	};
}

static int publish_hook(const struct change *change, struct plan_hook *plan, struct loaded_hook *hook)
{
	hook->number = hook_table_publish(change->engine->hooks, plan->info);
	if (!hook->number) {
		report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path,
			   "remove policies, or split their lists over nodes", "more than %d hooks are loaded",
			   HOOK_NUMBER_MAX);
		return -ENOSPC;
	}
	return 0;
}

static int load_programs(struct change *change, struct plan_hook *plan, struct loaded_hook *hook)
{
	int map_fds[SHARED_MAP_COUNT + PLAN_MAPS_MAX];
	struct link_values values;
	int r = publish_hook(change, plan, hook);

	if (r >= 0)
		r = new_maps(change, plan, hook);
	if (r < 0)
		return r;
	values = link_values(change, hook, map_fds);
	for (size_t i = 0; i < plan->program_count; i++) {
		const struct plan_program *program = &plan->programs[i];

		hook->program_fds[i] = hook_program_load(change->engine->pieces, program, &program->code, &values);
		if (hook->program_fds[i] < 0) {
			report_kernel(change, plan, program, hook->program_fds[i]);
			return hook->program_fds[i];
		}
		change->result.programs_loaded++;
	}
	return 0;
}

static int attach(struct change *change, const struct plan_hook *plan, const struct plan_program *program,
		  struct attach_point *point)
{
	const struct link_values values = {
		.map_fds = change->engine->shared_fds,
		.policy_slot = change->new->slot,
	};
	const struct kernel_features *features = &policy_engine_kernel(change->engine)->features;
	int r = attach_point_open(point, change->engine->pieces, plan, program, features, &values);

	if (r < 0) {
		if (plan->info->function_count)
			change->is_multi_refused = true; /* policy_engine_apply() has an answer to that */
		else if (r != -E2BIG)                    /* and make_hook() to this */
			report_kernel(change, plan, program, r);
		return r;
	}
	change->result.hooks_attached++;
	return 0;
}

/* Puts the hook's programs where its dispatchers find them as generation `index`. */
static int place_programs(const struct loaded_hook *hook, const struct plan_hook *plan, uint32_t index)
{
	for (size_t i = 0; i < plan->program_count; i++)
		if (bpf_map_update_elem(hook->points[i].array_fd, &index, &hook->program_fds[i], BPF_ANY) < 0)
			return -errno;
	return 0;
}

static void remove_programs(const struct loaded_hook *hook, const struct plan_hook *plan, uint32_t index)
{
	for (size_t i = 0; i < plan->program_count; i++)
		if (hook->points[i].array_fd >= 0)
			bpf_map_delete_elem(hook->points[i].array_fd, &index);
}

/* What an old hook has that its successor goes on with. */
static void take_over(const struct change *change, size_t index)
{
	struct loaded_hook *hook = &change->new->hooks[index], *old = &change->old->hooks[change->reused[index]];

	memcpy(hook->points, old->points, sizeof(hook->points));
	if (!change->is_same_code[index])
		return;
	memcpy(hook->program_fds, old->program_fds, sizeof(hook->program_fds));
	hook->maps = old->maps;
	hook->map_count = old->map_count;
	hook->number = old->number;
}

/* Frees what is the hook's alone: attach points and code may have come from its predecessor, or gone to its successor.
 */
static void drop_hook(const struct policy_engine *engine, struct plan_hook *plan, struct loaded_hook *hook,
		      bool has_points, bool has_code)
{
	for (size_t i = 0; i < PLAN_PROGRAMS_MAX; i++) {
		if (has_points)
			attach_point_close(&hook->points[i]);
		if (has_code)
			close_fd(&hook->program_fds[i]);
	}
	if (!has_code)
		return;
	for (size_t i = 0; i < hook->map_count; i++)
		close_fd(&hook->maps[i].fd);
	free(hook->maps);
	if (hook->number) {
		/* the table frees it after a while: records are still on their way */
		hook_table_withdraw(engine->hooks, hook->number, clock_monotonic_ns());
		plan->info = NULL;
	}
	hook->number = 0;
	hook->maps = NULL;
	hook->map_count = 0;
}

static int load_and_attach(struct change *change, size_t index)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	struct loaded_hook *hook = &change->new->hooks[index];
	int r = 0;

	if (!change->is_same_code[index])
		r = load_programs(change, plan, hook);
	for (size_t i = 0; i < plan->program_count && r >= 0 && change->reused[index] < 0; i++)
		r = attach(change, plan, &plan->programs[i], &hook->points[i]);
	return r;
}

/* The function has as many trampoline programs as it takes: once more, by kprobes. */
static int make_fallback(struct change *change, size_t index)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	struct loaded_hook *hook = &change->new->hooks[index];
	const struct kernel_view *kernel = policy_engine_kernel(change->engine);
	int r;

	drop_hook(change->engine, plan, hook, true, true);
	init_hook(hook);
	r = policy_compile_fallback(change->new->policy, kernel, change->report, plan);
	if (r >= 0)
		return load_and_attach(change, index);
	report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path,
		   "remove policies from this function", "the kernel attaches no more programs to %s",
		   plan->hook->name);
	return r;
}

/* Is it for want of something that the machine or the agent has too little of? That says nothing of the function. */
static bool is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -ENOSPC || error == -EAGAIN;
}

static int make_own_hook(struct change *change, size_t index, bool wants_fallback)
{
	int r;

	if (change->reused[index] >= 0)
		take_over(change, index);
	r = load_and_attach(change, index);
	if (change->reused[index] < 0 && (r == -E2BIG || (r < 0 && wants_fallback && !is_shortage(r))))
		r = make_fallback(change, index);
	return r;
}

/* What a generator has found, and the kernel refuses by every means: left out, unless Override is to go without. */
static bool can_leave_out(const struct change *change, size_t index)
{
	const struct plan_hook *plan = &change->new->plan.hooks[index];
	bool has_override = plan->program_count > 1 && plan->programs[1].means == ATTACH_FMOD_RET;

	return plan->hook->generator != HOOK_NOT_GENERATED && plan_hook_function_count(plan) == 1 &&
	       change->reused[index] < 0 && !has_override;
}

static void leave_out(struct change *change, size_t index, const struct report *why)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	struct plan_hook left = {.hook = plan->hook, .is_skipped = true, .is_unserved = true};

	if (change->left_out++ == 0)
		report_warn(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path, NULL,
			    "a function of list '%s' is left out: %s", plan->hook->name,
			    why->count ? why->findings[0].problem : plan->name);
	drop_hook(change->engine, plan, &change->new->hooks[index], true, true);
	init_hook(&change->new->hooks[index]);
	left.name = TAKE_PTR(plan->name);
	plan_hook_done(plan);
	*plan = left;
}

/* Takes over what the other report has. */
static void keep_findings(struct report *to, const struct report *from)
{
	for (size_t i = 0; i < from->count; i++)
		report_add(to, from->findings[i].stage, from->findings[i].position, from->findings[i].field,
			   from->findings[i].remedy, "%s", from->findings[i].problem);
}

static int try_hook(struct change *change, size_t index)
{
	struct report *report = change->report, *quiet = calloc(1, sizeof(*quiet));
	int r;

	if (!quiet)
		return -ENOMEM;
	report_init(quiet, "");
	change->report = quiet;
	r = make_own_hook(change, index, true);
	change->report = report;
	if (is_shortage(r)) {
		keep_findings(report, quiet);
	} else if (r < 0) {
		leave_out(change, index, quiet);
		r = 0;
	}
	report_done(quiet);
	free(quiet);
	return r;
}

static int make_hook(struct change *change, size_t index)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	int r;

	if (plan->is_skipped)
		return 0;
	r = can_leave_out(change, index) ? try_hook(change, index) : make_own_hook(change, index, false);
	return r < 0 ? r : place_programs(&change->new->hooks[index], plan, (uint32_t)change->new->active);
}

static int make_hooks(struct change *change)
{
	const struct plan *plan = &change->new->plan;
	int r = 0;

	for (size_t i = 0; i < plan->hook_count && r >= 0; i++)
		r = make_hook(change, i);
	if (r >= 0 && change->left_out > 1)
		report_warn(change->report, FINDING_APPLY, plan->policy->position, NULL, NULL,
			    "%zu functions of its lists are left out in all", change->left_out);
	if (r < 0 || !change->left_out || change->left_out < plan->hook_count)
		return r;
	report_add(change->report, FINDING_APPLY, plan->policy->position, NULL, "run it on another kernel",
		   "the kernel refuses all of its functions");
	return -EINVAL;
}

/* A failed change leaves no trace: the old generation's programs were never touched. */
static void undo(struct change *change)
{
	for (size_t i = 0; change->new->hooks &&i < change->new->plan.hook_count; i++) {
		struct plan_hook *plan = &change->new->plan.hooks[i];
		struct loaded_hook *hook = &change->new->hooks[i];

		remove_programs(hook, plan, (uint32_t)change->new->active);
		drop_hook(change->engine, plan, hook, change->reused[i] < 0, !change->is_same_code[i]);
	}
}

/* Hooks that go on with their code only get the new values. */
static int update_values(const struct change *change)
{
	for (size_t i = 0; i < change->new->plan.hook_count; i++) {
		const struct plan_hook *plan = &change->new->plan.hooks[i];
		struct loaded_hook *hook = &change->new->hooks[i];

		for (size_t j = 0; change->is_same_code[i] && j < hook->map_count; j++) {
			int r = value_map_update(hook->maps[j].fd, &plan->maps[j], hook->maps[j].capacity);

			if (r < 0)
				return r;
		}
	}
	return 0;
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
		}
	}
	for (size_t i = 0; i < old->plan.hook_count; i++) {
		if (change->result.change == POLICY_CHANGE_PROGRAMS)
			remove_programs(&old->hooks[i], &old->plan.hooks[i], (uint32_t)old->active);
		drop_hook(change->engine, &old->plan.hooks[i], &old->hooks[i], !is_reused[i], !is_code_kept[i]);
	}
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

static int run_change(struct change *change)
{
	struct loaded_policy *new = change->new;
	int r = 0;

	match_hooks(change);
	if (has_new_programs(change)) {
		change->result.change = change->old ? POLICY_CHANGE_PROGRAMS : POLICY_CHANGE_NEW;
	} else {
		change->result.change = POLICY_CHANGE_VALUES;
		new->active = change->old->active;
	}
	r = make_hooks(change);
	if (r >= 0)
		r = update_values(change);
	if (r < 0) {
		if (change->result.change != POLICY_CHANGE_VALUES)
			undo(change);
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
		new->slot = WIRE_POLICIES_MAX; /* it has none */
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
		init_hook(&new->hooks[i]);
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
	r = policy_compile(policy, kernel, change->report, &change->new->plan);
	if (r < 0) {
		free(change->new);
		return r;
	}
	r = prepare_change(change);
	if (r >= 0)
		r = run_change(change);
	if (r < 0)
		free_generation(engine, change->new, !change->old);
	else
		drop_old(change);
	free(change->reused);
	free(change->is_same_code);
	return r;
}

int policy_engine_apply(struct policy_engine *engine, struct policy *policy, struct loaded_policy *old,
			struct report *report, struct policy_apply_result *ret_result, struct loaded_policy **ret)
{
	struct change change = {.engine = engine, .old = old, .report = report};
	struct kernel_view kernel = *policy_engine_kernel(engine);
	uint64_t begin = clock_monotonic_ns();
	int r;

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
	if (r < 0)
		return r;
	change.result.duration_ns = clock_monotonic_ns() - begin;
	*ret_result = change.result;
	*ret = change.new;
	return 0;
}

void policy_engine_remove(struct policy_engine *engine, struct loaded_policy *loaded)
{
	if (!loaded)
		return;
	__atomic_store_n(&state_of(engine, loaded->slot)->active, ACTIVE_NONE, __ATOMIC_SEQ_CST);
	for (size_t i = 0; i < loaded->plan.hook_count; i++)
		drop_hook(engine, &loaded->plan.hooks[i], &loaded->hooks[i], true, true);
	policy_free(loaded->policy);
	free_generation(engine, loaded, true);
}

struct wire_policy_counters policy_engine_counters(const struct policy_engine *engine,
						   const struct loaded_policy *loaded)
{
	return *counters_of(engine, loaded->slot);
}

uint64_t loaded_policy_missed(const struct policy_engine *engine, const struct loaded_policy *loaded)
{
	uint64_t rescued = counters_of(engine, loaded->slot)->rescued, missed = 0;

	for (size_t i = 0; i < loaded->plan.hook_count; i++)
		for (size_t j = 0; j < loaded->plan.hooks[i].program_count; j++)
			missed += attach_point_turned_away(&loaded->hooks[i].points[j]);
	return missed > rescued ? missed - rescued : 0;
}

struct wire_policy_counters policy_engine_slot_counters(const struct policy_engine *engine, uint32_t slot)
{
	return *counters_of(engine, slot);
}
