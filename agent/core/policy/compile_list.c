// SPDX-License-Identifier: Apache-2.0

/* Lists: which functions they have, and which of those one program serves. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/compile_internal.h"
#include "core/policy/hook_list.h"

/*
 * Of a list that one program serves. That saves some 38 kB of kernel memory for each further function; with less than
 * about 25, trampolines are loaded faster, since nobody has to read what ftrace can trace.
 */
#define MULTI_FUNCTIONS_MIN 16

static bool has_return_tests(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		if (hook->selectors[i].return_arg_count)
			return true;
	return false;
}

/* May one program serve all functions? Not if it takes a trampoline to do what the hook wants. */
static bool can_be_multi(const struct compiler *compiler, const struct policy_hook *hook, size_t functions)
{
	return hook->family == HOOK_KPROBE && functions >= MULTI_FUNCTIONS_MIN &&
	       compiler->kernel->features.has_kprobe_multi && !compiler->policy->disable_kprobe_multi &&
	       !policy_hook_has_action(hook, WIRE_ACTION_OVERRIDE) && !compile_has_return_copy(hook) &&
	       !(has_return_tests(hook) && hook->selector_count > 1);
}

/* Are the hook's arguments where a program finds them that was written for other functions? */
static bool has_usual_slots(const struct policy_hook *hook, const struct kernel_function *function)
{
	for (size_t i = 0; i < hook->arg_count && !hook->is_syscall; i++) {
		const struct policy_arg *arg = &hook->args[i];

		if (function->params[arg->index].slot != arg->index ||
		    (arg->size_arg_index && function->params[arg->size_arg_index - 1].slot != arg->size_arg_index - 1))
			return false;
	}
	return true;
}

/* The candidates among a list's functions: those that are none get hooks of their own, which say what is wrong. */
struct candidates {
	struct hook_list symbols;   /* an entry for each of the list, "" for what is no candidate */
	struct kernel_function any; /* one of them */
	bool is_joining[POLICY_HOOKS_MAX];
	size_t count;
};

/* Once more those that have no hooks of their own, for what is to be said of their arguments' types. */
static void warn_of_joining(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list,
			    const struct candidates *candidates)
{
	for (size_t i = 0; i < list->count; i++) {
		struct plan_hook plan = {.hook = hook, .name = list->names[i]};
		struct subject subject = {.hook = hook, .plan = &plan};

		if (candidates->is_joining[i])
			compile_check_target(compiler, &subject);
	}
}

static int find_candidates(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list,
			   struct candidates *ret)
{
	const struct kernel_view *kernel = compiler->kernel;
	struct report *quiet = calloc(1, sizeof(*quiet));
	struct compiler trial = *compiler;
	struct list_notes notes = {0};
	int r = quiet ? 0 : -ENOMEM;

	ret->symbols.names = calloc(POLICY_HOOKS_MAX, sizeof(*ret->symbols.names));
	if (!ret->symbols.names)
		r = -ENOMEM;
	if (r == 0)
		report_init(quiet, "");
	trial.report = trial.warnings = quiet;
	trial.notes = &notes;
	for (size_t i = 0; r == 0 && i < list->count; i++, ret->symbols.count++) {
		struct plan_hook plan = {.hook = hook, .name = list->names[i]};
		struct subject subject = {.hook = hook, .plan = &plan};
		bool is_one = compile_check_target(&trial, &subject) >= 0 && !plan.is_skipped &&
			      has_usual_slots(hook, &subject.function) && !policy_is_ia32_name(subject.symbol);

		if (is_one)
			ret->any = subject.function;
		ret->symbols.names[i] = strdup(is_one ? subject.symbol : "");
		r = ret->symbols.names[i] ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = hook_list_mark_traceable(ret->symbols.names, list->count, kernel, ret->is_joining);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		ret->count += ret->is_joining[i];
	if (r == 0 && notes.mistyped && ret->count >= MULTI_FUNCTIONS_MIN)
		warn_of_joining(compiler, hook, list, ret);
	if (quiet)
		report_done(quiet);
	free(quiet);
	return r;
}

/* Has the info name the candidates. */
static int take_functions(struct hook_info *info, struct candidates *candidates)
{
	free(info->function_name);
	info->function_name = NULL;
	info->functions = calloc(candidates->count, sizeof(*info->functions));
	if (!info->functions)
		return -ENOMEM;
	for (size_t i = 0; i < candidates->symbols.count; i++)
		if (candidates->is_joining[i])
			info->functions[info->function_count++] = TAKE_PTR(candidates->symbols.names[i]);
	return 0;
}

static int compile_multi(struct compiler *compiler, const struct policy_hook *hook, struct candidates *candidates)
{
	struct subject subject = {.hook = hook, .function = candidates->any};
	int r;

	snprintf(subject.symbol, sizeof(subject.symbol), "list:%s", hook->name);
	r = compile_add_hook(compiler, hook, subject.symbol, &subject.plan);
	if (r >= 0)
		r = compile_make_info(compiler, &subject);
	if (r >= 0)
		r = take_functions(subject.plan->info, candidates);
	return r < 0 ? r : compile_pair(compiler, &subject, ATTACH_KPROBE_MULTI, ATTACH_KRETPROBE_MULTI);
}

/* A function of the list by itself. What a generator has found and cannot be hooked is left out, and counted. */
static int compile_item(struct compiler *compiler, const struct policy_hook *hook, const char *name)
{
	bool is_generated = hook->generator != HOOK_NOT_GENERATED;
	struct compiler trial = *compiler;
	struct plan_hook *plan;
	int r = compile_add_hook(compiler, hook, name, &plan);

	if (r < 0 || !is_generated)
		return r < 0 ? r : compile_function(compiler, plan);
	trial.report = calloc(1, sizeof(*trial.report));
	if (!trial.report)
		return -ENOMEM;
	report_init(trial.report, "");
	r = compile_function(&trial, plan);
	if (r != -ENOMEM && (r < 0 || plan->is_skipped)) {
		if (compiler->notes->left_out++ == 0)
			snprintf(compiler->notes->first, sizeof(compiler->notes->first), "%s",
				 trial.report->count ? trial.report->findings[0].problem : name);
		compile_drop_last_hook(compiler);
		r = 0;
	}
	report_done(trial.report);
	free(trial.report);
	return r;
}

static int compile_items(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list,
			 const struct candidates *candidates)
{
	int result = 0;

	for (size_t i = 0; i < list->count; i++) {
		int r = candidates->is_joining[i] ? 0 : compile_item(compiler, hook, list->names[i]);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
	}
	return result;
}

/* Too many, none, or not to be found out: an error. */
static int check_list(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list)
{
	if (plan_function_count(compiler->plan) + list->count > POLICY_HOOKS_MAX) {
		report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
			   "write a narrower pattern, or split the policy",
			   "list '%s' has %zu functions on this kernel: a policy can hook %d", hook->name, list->count,
			   POLICY_HOOKS_MAX);
		return -EINVAL;
	}
	if (list->count == 0 && !hook->ignore_not_found) {
		report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
			   "compare it with /sys/kernel/tracing/available_filter_functions; where only some kernels "
			   "have such functions, set ignore: {callNotFound: true}",
			   "list '%s': this kernel has no such function", hook->name);
		return -EINVAL;
	}
	return 0;
}

static int find_list(struct compiler *compiler, const struct policy_hook *hook, struct hook_list *ret)
{
	int r = hook_list_find(hook, compiler->kernel, ret);

	if (r >= 0)
		return check_list(compiler, hook, ret);
	if (r != -ENOMEM)
		report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
			   hook->generator == HOOK_MATCHING_FTRACE
				   ? "mount tracefs: mount -t tracefs tracefs /sys/kernel/tracing"
				   : NULL,
			   "list '%s': the kernel's functions cannot be listed: %s", hook->name, strerror(-r));
	return r;
}

/* The parser warns of names that are written; these only the kernel knows. */
static void count_no_syscalls(const struct policy_hook *hook, const struct hook_list *list, struct list_notes *notes)
{
	for (size_t i = 0; i < list->count && hook->is_syscall && hook->generator == HOOK_MATCHING_FTRACE; i++)
		notes->no_syscalls += !policy_is_syscall_name(list->names[i]);
}

static int tell_notes(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list,
		      const struct list_notes *notes)
{
	static const char no_syscalls_remedy[] = "write `syscall: false`; the default is true";

	if (notes->mistyped > 1)
		report_warn(compiler->report, FINDING_KERNEL, hook->position, hook->path, NULL,
			    "%zu more arguments of the list's functions are of another type", notes->mistyped - 1);
	if (notes->no_syscalls && notes->left_out < list->count)
		report_warn(compiler->report, FINDING_KERNEL, hook->position, hook->path, no_syscalls_remedy,
			    "%zu of %zu functions of list '%s' are not those of system calls: they are not found, or "
			    "their arguments are read from the wrong place",
			    notes->no_syscalls, list->count, hook->name);
	if (notes->left_out && notes->left_out == list->count) {
		report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
			   notes->no_syscalls ? no_syscalls_remedy : NULL,
			   "none of the %zu functions of list '%s' can be hooked; the first: %s", list->count,
			   hook->name, notes->first);
		return -EINVAL;
	}
	if (notes->left_out)
		report_warn(compiler->report, FINDING_KERNEL, hook->position, hook->path, NULL,
			    "%zu of %zu functions of list '%s' are left out; the first: %s", notes->left_out,
			    list->count, hook->name, notes->first);
	return 0;
}

static int compile_list_of(struct compiler *compiler, const struct policy_hook *hook, const struct hook_list *list,
			   struct candidates *candidates)
{
	int r = 0;

	if (can_be_multi(compiler, hook, list->count)) {
		r = find_candidates(compiler, hook, list, candidates);
		if (r == -ENOMEM)
			return r;
		if (r < 0 || candidates->count < MULTI_FUNCTIONS_MIN) /* without tracefs nobody knows which would do */
			memset(candidates->is_joining, 0, sizeof(candidates->is_joining));
		else if ((r = compile_multi(compiler, hook, candidates)) < 0)
			return r;
	}
	return compile_items(compiler, hook, list, candidates);
}

int compile_list(struct compiler *compiler, const struct policy_hook *hook)
{
	struct candidates *candidates = calloc(1, sizeof(*candidates));
	_cleanup_(hook_list_done) struct hook_list list = {0};
	struct list_notes notes = {0};
	int r = candidates ? find_list(compiler, hook, &list) : -ENOMEM;

	compiler->notes = &notes;
	if (r >= 0)
		r = compile_list_of(compiler, hook, &list, candidates);
	if (r >= 0) {
		count_no_syscalls(hook, &list, &notes);
		r = tell_notes(compiler, hook, &list, &notes);
	}
	compiler->notes = NULL;
	if (candidates)
		hook_list_done(&candidates->symbols);
	free(candidates);
	return r;
}
