// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "core/policy/compile.h"
#include "io/bpf/hook_program.h"
#include "io/bpf/kernel_types.h"
#include "io/bpf/policy_pending.h"
#include "io/bpf/value_map.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void policy_hook_init(struct loaded_hook *hook)
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
	       (!has_same_code || (change->old->scope == change->new->scope &&plan_hook_is_same_code(from, to) &&
				   fits(&change->old->hooks[old], to)));
}

void policy_hooks_match(struct change *change)
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
			  bool is_loaded, int error)
{
	const char *remedy = NULL;

	if (program->means == ATTACH_FMOD_RET)
		remedy =
			"Override works on security_ functions, on LSM hooks, and on system calls where the kernel has "
			"error injection (CONFIG_FUNCTION_ERROR_INJECTION), which this one lacks; or use Sigkill";
	else if (error == -E2BIG)
		remedy = is_loaded ? "too many programs are attached to this function: remove some"
				   : "it is too long or takes too many steps: split the hook's selectors over two "
				     "hooks or policies";
	else if (error == -ENOMEM)
		remedy = "the machine is short of memory";
	else if (error == -EMFILE)
		remedy = "raise the agent's limit of open files (ulimit -n, LimitNOFILE=): each hook takes some";
	report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path, remedy,
		   "the kernel refuses the %s program on %s: %s", attach_means_name(program->means), program->target,
		   strerror(-error));
}

/* Calls that are inside the function while the generation changes: their records are in the old one's map. */
static int share_pending(const struct change *change, const struct plan_hook *plan, struct loaded_hook *hook,
			 struct loaded_map *ret)
{
	int index = change->reused[hook - change->new->hooks], fd;

	if (index < 0)
		return -ENOENT;
	fd = policy_pending_share(change->engine, change->old, (size_t)index, plan, &ret->capacity);
	hook->is_pending_shared = fd >= 0;
	return fd;
}

static int new_map(const struct change *change, const struct plan_hook *plan, struct loaded_hook *hook,
		   struct loaded_map *ret)
{
	const struct plan_map *map = &plan->maps[hook->map_count];
	int fd = map->kind == PLAN_MAP_PENDING ? share_pending(change, plan, hook, ret) : -ENOENT;

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

/* What the hook's programs have in them of the agent's; `map_fds` and `follow_bits` are filled in. */
static struct link_values link_values(const struct change *change, const struct plan_hook *plan,
				      const struct loaded_hook *hook, int *map_fds, uint8_t *follow_bits)
{
	const struct process_states *states = change->engine->processes.states;

	memcpy(map_fds, change->engine->shared_fds, sizeof(change->engine->shared_fds));
	for (size_t i = 0; i < hook->map_count; i++)
		map_fds[SHARED_MAP_COUNT + i] = hook->maps[i].fd;
	map_fds[SHARED_MAP_PROCESSES] = states ? process_states_fd(states) : -1;
	map_fds[SHARED_MAP_SCOPES] =
		change->new->scope == SCOPE_NONE ? -1 : scope_sensor_fd(change->engine->scopes.sensor);
	map_fds[SHARED_MAP_FOLLOW] = states ? process_states_follow_fd(states) : -1;
	for (size_t i = 0; i < plan->follow_count; i++)
		follow_bits[i] = (uint8_t)follow_find(&change->new->processes.follow, plan->follows[i]);
	return (struct link_values){
		.map_fds = map_fds,
		.follow_bits = follow_bits,
		.hook_number = hook->number,
		.scope = change->new->scope,
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
	uint8_t follow_bits[PLAN_FOLLOWS_MAX];
	struct link_values values;
	int r = publish_hook(change, plan, hook);

	if (r >= 0)
		r = new_maps(change, plan, hook);
	if (r < 0)
		return r;
	values = link_values(change, plan, hook, map_fds, follow_bits);
	for (size_t i = 0; i < plan->program_count; i++) {
		const struct plan_program *program = &plan->programs[i];

		hook->program_fds[i] = hook_program_load(change->engine->pieces, program, &program->code, &values);
		if (hook->program_fds[i] < 0) {
			report_kernel(change, plan, program, false, hook->program_fds[i]);
			return hook->program_fds[i];
		}
		change->result.programs_loaded++;
	}
	return 0;
}

/* Is it for want of something that the machine or the agent has too little of? That says nothing of the function. */
static bool is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE || error == -ENOSPC || error == -EAGAIN;
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
		if (plan->info->function_count && !is_shortage(r))
			change->is_multi_refused = true; /* policy_engine_apply() has an answer to that */
		else if (r != -E2BIG)                    /* and make_hook() to this */
			report_kernel(change, plan, program, true, r);
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

void policy_hook_remove_programs(const struct loaded_hook *hook, const struct plan_hook *plan, uint32_t index)
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
	memcpy(hook->earlier, old->earlier, sizeof(hook->earlier));
	hook->earlier_count = old->earlier_count;
}

void policy_hook_drop(const struct policy_engine *engine, struct loaded_policy *owner, size_t index, bool has_points,
		      bool has_code)
{
	struct plan_hook *plan = &owner->plan.hooks[index];
	struct loaded_hook *hook = &owner->hooks[index];

	for (size_t i = 0; i < PLAN_PROGRAMS_MAX; i++) {
		if (has_points) {
			owner->turned_away_gone += attach_point_turned_away(&hook->points[i]);
			attach_point_close(&hook->points[i]);
		}
		if (has_code)
			close_fd(&hook->program_fds[i]);
	}
	if (!has_code)
		return;
	policy_pending_drop(engine, owner, index);
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

/* Is *ret_is_full, the kernel attaches no more programs to the function; which is not reported. */
static int load_and_attach(struct change *change, size_t index, bool *ret_is_full)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	struct loaded_hook *hook = &change->new->hooks[index];
	int r = 0;

	if (!change->is_same_code[index])
		r = load_programs(change, plan, hook);
	*ret_is_full = false;
	for (size_t i = 0; i < plan->program_count && r >= 0 && change->reused[index] < 0; i++) {
		r = attach(change, plan, &plan->programs[i], &hook->points[i]);
		*ret_is_full = r == -E2BIG;
	}
	return r;
}

/* The function has as many trampoline programs as it takes: once more, by kprobes. */
static int make_fallback(struct change *change, size_t index)
{
	struct plan_hook *plan = &change->new->plan.hooks[index];
	struct loaded_hook *hook = &change->new->hooks[index];
	bool is_full = true;
	int r;

	policy_hook_drop(change->engine, change->new, index, true, true);
	policy_hook_init(hook);
	r = policy_compile_fallback(change->new->policy, change->kernel, change->report, plan);
	if (r >= 0 && plan->is_skipped)
		return 0;
	if (r >= 0)
		r = load_and_attach(change, index, &is_full);
	if (r >= 0 || !is_full)
		return r;
	report_add(change->report, FINDING_APPLY, plan->hook->position, plan->hook->path,
		   "remove policies from this function", "the kernel attaches no more programs to %s",
		   plan->hook->name);
	return r;
}

static int make_own_hook(struct change *change, size_t index, bool wants_fallback)
{
	bool is_multi = change->new->plan.hooks[index].info->function_count, is_full;
	int r;

	if (change->reused[index] >= 0)
		take_over(change, index);
	r = load_and_attach(change, index, &is_full);
	if (change->reused[index] < 0 && !is_multi && (is_full || (r < 0 && wants_fallback && !is_shortage(r))))
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
	policy_hook_drop(change->engine, change->new, index, true, true);
	policy_hook_init(&change->new->hooks[index]);
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

static bool is_ending(const struct policy_engine *engine)
{
	return engine->is_ending && atomic_load(engine->is_ending);
}

int policy_hooks_make(struct change *change)
{
	const struct plan *plan = &change->new->plan;
	int r = 0;

	for (size_t i = 0; i < plan->hook_count && r >= 0; i++)
		r = is_ending(change->engine) ? -ECANCELED : make_hook(change, i);
	if (r >= 0 && change->left_out > 1)
		report_warn(change->report, FINDING_APPLY, plan->policy->position, NULL, NULL,
			    "%zu functions of its lists are left out in all", change->left_out);
	if (r < 0 || !change->left_out || change->left_out < plan->hook_count)
		return r;
	report_add(change->report, FINDING_APPLY, plan->policy->position, NULL, "run it on another kernel",
		   "the kernel refuses all of its functions");
	return -EINVAL;
}

void policy_hooks_undo(struct change *change)
{
	for (size_t i = 0; change->new->hooks &&i < change->new->plan.hook_count; i++) {
		struct plan_hook *plan = &change->new->plan.hooks[i];
		struct loaded_hook *hook = &change->new->hooks[i];

		policy_hook_remove_programs(hook, plan, (uint32_t)change->new->active);
		policy_hook_drop(change->engine, change->new, i, change->reused[i] < 0, !change->is_same_code[i]);
	}
	if (change->old)
		change->old->turned_away_gone += change->new->turned_away_gone;
}
