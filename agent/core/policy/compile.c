// SPDX-License-Identifier: Apache-2.0
#include "core/policy/compile_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/glue.h"
#include "core/policy/quote.h"
#include "core/policy/symbol.h"

/* --- what the hook does */

bool compile_has_signals(const struct policy_hook *hook)
{
	return policy_hook_has_action(hook, WIRE_ACTION_SIGKILL) || policy_hook_has_action(hook, WIRE_ACTION_SIGNAL);
}

bool compile_has_return_copy(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->arg_count; i++)
		if (hook->args[i].return_copy)
			return true;
	return false;
}

/* Is there something to be seen only when the function returns? */
static bool wants_exit(const struct policy_hook *hook)
{
	return hook->has_return || compile_has_return_copy(hook);
}

/* --- the target in the kernel */

static void name_symbol(struct subject *subject)
{
	const char *name = subject->plan->name;
	bool has_prefix = !subject->hook->is_syscall || strncmp(name, "__", 2) == 0;

	snprintf(subject->symbol, sizeof(subject->symbol), "%s%s", has_prefix ? "" : SYSCALL_PREFIX, name);
}

static int refuse_missing(struct compiler *compiler, struct subject *subject, const char *what)
{
	if (subject->hook->ignore_not_found) {
		subject->plan->is_skipped = true;
		return 0;
	}
	report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path,
		   "check the name; where only some kernels have it, set ignore: {callNotFound: true}",
		   "%s spec pre-validation failed: call \"%s\": this kernel has no such function that can be hooked",
		   what, subject->symbol);
	return -EINVAL;
}

static int find_function(struct compiler *compiler, struct subject *subject)
{
	const struct kernel_view *kernel = compiler->kernel;
	int r;

	name_symbol(subject);
	r = kernel->find_function(kernel->context, subject->symbol, &subject->function);
	if (r == -ENOENT)
		return refuse_missing(compiler, subject, subject->hook->family == HOOK_FENTRY ? "fentry" : "kprobe");
	if (r == -ENOTSUP)
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path, NULL,
			   "function \"%s\" takes arguments in a form that cannot be hooked", subject->symbol);
	else if (r < 0)
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path, NULL,
			   "function \"%s\" cannot be looked up: %s", subject->symbol, strerror(-r));
	return r;
}

static int find_lsm_hook(struct compiler *compiler, struct subject *subject)
{
	const struct kernel_view *kernel = compiler->kernel;
	bool has_lsm = kernel->features.has_lsm;
	int r;

	snprintf(subject->symbol, sizeof(subject->symbol), "%s%s", has_lsm ? "bpf_lsm_" : "security_",
		 subject->hook->name);
	r = kernel->find_function(kernel->context, subject->symbol, &subject->function);
	if (r < 0 && r != -ENOENT)
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path, NULL,
			   "lsm hook \"%s\" cannot be looked up: %s", subject->hook->name, strerror(-r));
	else if (r < 0)
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path,
			   "name an LSM hook without prefix, such as file_open or bprm_check_security",
			   "lsm hook \"%s\" not found in BTF (looked up \"%s\")", subject->hook->name, subject->symbol);
	return r;
}

static int find_tracepoint(struct compiler *compiler, struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;
	const struct kernel_view *kernel = compiler->kernel;
	int r;

	snprintf(subject->symbol, sizeof(subject->symbol), "%s", hook->name);
	if (hook->is_raw)
		r = kernel->find_raw_tracepoint(kernel->context, hook->name, &subject->function);
	else
		r = kernel->find_tracepoint(kernel->context, hook->subsystem, hook->name, &subject->tracepoint);
	if (r < 0)
		report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
			   "list those of this kernel with: ls /sys/kernel/tracing/events/*",
			   "tracepoint %s/%s not supported: %s", hook->subsystem, hook->name,
			   r == -ENOENT ? "this kernel has none of this name" : strerror(-r));
	return r;
}

static int find_target(struct compiler *compiler, struct subject *subject)
{
	switch (subject->hook->family) {
	case HOOK_TRACEPOINT:
		return find_tracepoint(compiler, subject);
	case HOOK_LSM:
		return find_lsm_hook(compiler, subject);
	default:
		return find_function(compiler, subject);
	}
}

/* --- names and types for the events */

static enum arg_type integer_type(unsigned size, bool is_signed)
{
	switch (size) {
	case 1:
		return is_signed ? ARG_INT8 : ARG_UINT8;
	case 2:
		return is_signed ? ARG_INT16 : ARG_UINT16;
	case 4:
		return is_signed ? ARG_INT32 : ARG_UINT32;
	case 8:
		return is_signed ? ARG_INT64 : ARG_UINT64;
	default:
		return ARG_NOP;
	}
}

/* What `auto` stands for: by the tracepoint's format, or by a raw one's prototype, where pointers are none of it. */
static enum arg_type derive_type(const struct subject *subject, uint32_t index)
{
	const struct kernel_field *field;

	if (subject->hook->is_raw) {
		const struct kernel_param *param = &subject->function.params[index];

		return param->is_pointer ? ARG_NOP : integer_type(param->size, param->is_signed);
	}
	field = &subject->tracepoint.fields[index];
	if (field->array_count)
		return ARG_CONST_BUF;
	if (field->is_data_loc)
		return ARG_DATA_LOC;
	if (field->is_string_pointer)
		return ARG_CHAR_BUF;
	return integer_type(field->size, field->is_signed);
}

static bool copy_string(char **ret, const char *string)
{
	if (!string)
		return true;
	*ret = strdup(string);
	return *ret;
}

static bool quote_string(char **ret, const char *string)
{
	if (!string)
		return true;
	*ret = quote_new(string, strlen(string));
	return *ret;
}

static bool name_args(struct hook_info *info, const struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;

	info->arg_count = hook->arg_count;
	for (size_t i = 0; i < hook->arg_count; i++) {
		info->args[i].type = hook->args[i].type;
		if (info->args[i].type == ARG_AUTO)
			info->args[i].type = derive_type(subject, hook->args[i].index);
		if (!copy_string(&info->args[i].label, hook->args[i].label))
			return false;
	}
	info->has_return = hook->has_return;
	info->return_arg.type = hook->return_arg.type;
	return copy_string(&info->return_arg.label, hook->return_arg.label);
}

static bool fill_info(struct hook_info *info, const struct policy *policy, const struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;
	bool is_tracepoint = hook->family == HOOK_TRACEPOINT;

	info->family = hook->family;
	if (!copy_string(&info->policy_name, policy->name) ||
	    !copy_string(&info->function_name, is_tracepoint              ? NULL
					       : hook->family == HOOK_LSM ? hook->name
									  : subject->symbol) ||
	    !copy_string(&info->subsystem, hook->subsystem) ||
	    !copy_string(&info->event, is_tracepoint ? hook->name : NULL) ||
	    !quote_string(&info->message, hook->message))
		return false;
	for (size_t i = 0; i < hook->tag_count; i++, info->tag_count++)
		if (!quote_string(&info->tags[i], hook->tags[i]))
			return false;
	return name_args(info, subject);
}

/* --- programs */

static int add_program(struct compiler *compiler, struct subject *subject, enum attach_means means, unsigned role)
{
	struct plan_hook *plan = subject->plan;
	struct plan_program *program = &plan->programs[plan->program_count];
	struct glue glue = {
		.code = &program->code,
		.plan = plan,
		.hook = subject->hook,
		.function = means == ATTACH_TRACEPOINT ? NULL : &subject->function,
		.tracepoint = means == ATTACH_TRACEPOINT ? &subject->tracepoint : NULL,
		.kernel = compiler->kernel,
		.means = means,
		.role = role,
		.is_scoped = compiler->kernel->has_workloads && policy_is_scoped(compiler->policy),
		.is_for_host = compiler->policy->scope.has_host,
	};
	int r;

	plan->program_count++;
	program->means = means;
	program->btf_id = subject->function.btf_id;
	program->tracepoint_id = subject->tracepoint.id;
	snprintf(program->target, sizeof(program->target), "%s", subject->symbol);
	snprintf(program->subsystem, sizeof(program->subsystem), "%s",
		 subject->hook->subsystem ? subject->hook->subsystem : "");
	if (means == ATTACH_KRETPROBE || means == ATTACH_KRETPROBE_MULTI || means == ATTACH_SYSCALL_EXIT)
		r = glue_write_return(&glue);
	else
		r = glue_write(&glue);
	plan->record_bytes = glue.fixed_bytes;
	if (r < 0)
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path,
			   "split the hook's selectors over two policies", "its program cannot be written: %s",
			   strerror(-r));
	return r;
}

/* Is there a filter on what is there only when the function returns? Then that is the time to act, too. */
static bool tests_return_copy(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		for (size_t j = 0; j < hook->selectors[i].arg_count; j++)
			if (hook->selectors[i]
				    .args[j]
				    .
				    operator!= OPERATOR_CEL_EXPR && hook->args[hook->selectors[i].args[j].arg]
				    .return_copy)
				return true;
	return false;
}

static int plan_function(struct compiler *compiler, struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;
	enum attach_means observe = wants_exit(hook) ? ATTACH_FEXIT : ATTACH_FENTRY;
	int r;

	if (policy_hook_has_action(hook, WIRE_ACTION_OVERRIDE)) {
		r = add_program(compiler, subject, observe, GLUE_OBSERVES);
		return r < 0 ? r : add_program(compiler, subject, ATTACH_FMOD_RET, GLUE_ENFORCES);
	}
	if (wants_exit(hook) && compile_has_signals(hook) && !tests_return_copy(hook)) {
		r = add_program(compiler, subject, observe, GLUE_OBSERVES);
		return r < 0 ? r : add_program(compiler, subject, ATTACH_FENTRY, GLUE_ENFORCES);
	}
	return add_program(compiler, subject, observe, GLUE_OBSERVES | GLUE_ENFORCES);
}

/* Functions that do a system call's work with the same arguments: where functions can't be hooked, the call can. */
static const char *const syscall_bodies[] = {
	"__sys_accept4",   "__sys_bind",       "__sys_connect",  "__sys_getpeername", "__sys_getsockname",
	"__sys_listen",    "__sys_setfsgid",   "__sys_setfsuid", "__sys_setgid",      "__sys_setregid",
	"__sys_setresgid", "__sys_setresuid",  "__sys_setreuid", "__sys_setuid",      "__sys_shutdown",
	"__sys_socket",    "__sys_socketpair",
};

/* The system call that the function is, or is all of; NULL if it is none. */
static const char *syscall_of(const struct subject *subject)
{
	const char *found = strstr(subject->symbol, "sys_");

	if (policy_is_ia32_name(subject->symbol))
		return NULL; /* the tracepoints are of 64-bit calls */
	if (subject->hook->is_syscall)
		return found ? found + strlen("sys_") : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(syscall_bodies); i++)
		if (strcmp(subject->symbol, syscall_bodies[i]) == 0)
			return subject->symbol + strlen("__sys_");
	return NULL;
}

/* Entry and, where the result is wanted, return: two programs and what the one leaves for the other. */
int compile_pair(struct compiler *compiler, struct subject *subject, enum attach_means entry, enum attach_means exit)
{
	int r = compile_check_registers(compiler, subject);

	if (r < 0)
		return r;
	subject->plan->has_slot |= subject->hook->has_return;
	r = add_program(compiler, subject, entry, GLUE_OBSERVES | GLUE_ENFORCES);
	if (r < 0 || !subject->hook->has_return)
		return r;
	return add_program(compiler, subject, exit, GLUE_OBSERVES);
}

static int plan_syscall(struct compiler *compiler, struct subject *subject, const char *name)
{
	const struct kernel_view *kernel = compiler->kernel;
	struct kernel_tracepoint exit;
	char event[128];
	int r;

	snprintf(event, sizeof(event), "sys_enter_%s", name);
	r = kernel->find_tracepoint(kernel->context, "syscalls", event, &subject->tracepoint);
	if (r >= 0 && subject->hook->has_return) {
		snprintf(event, sizeof(event), "sys_exit_%s", name);
		r = kernel->find_tracepoint(kernel->context, "syscalls", event, &exit);
	}
	if (r < 0) {
		report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path,
			   "if tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing",
			   "this kernel neither lets %s be hooked nor has the tracepoint syscalls/%s", subject->symbol,
			   event);
		return r;
	}
	r = compile_pair(compiler, subject, ATTACH_SYSCALL_ENTER, ATTACH_SYSCALL_EXIT);
	if (r >= 0 && subject->hook->has_return)
		subject->plan->programs[1].tracepoint_id = exit.id;
	return r;
}

static int refuse(struct compiler *compiler, const struct subject *subject, const char *remedy, const char *why)
{
	report_add(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path, remedy,
		   "%s cannot be hooked: %s", subject->symbol, why);
	return -EINVAL;
}

/* The policy does what it can: a hook that only observes is left out, with a warning. */
static int leave_out(struct compiler *compiler, const struct subject *subject)
{
	static const char why[] = "this kernel has neither fentry programs nor kprobes, and it is no system call";

	if (compile_has_signals(subject->hook))
		return refuse(compiler, subject, "use another kernel on such nodes", why);
	report_warn(compiler->report, FINDING_KERNEL, subject->hook->position, subject->hook->path, NULL,
		    "%s is left out: %s", subject->symbol, why);
	subject->plan->is_skipped = subject->plan->is_unserved = true;
	return 0;
}

/* Without trampolines: kprobes, or a system call's tracepoints. */
static int plan_fallback(struct compiler *compiler, struct subject *subject)
{
	const struct kernel_features *features = &compiler->kernel->features;
	const char *syscall = syscall_of(subject);

	if (policy_hook_has_action(subject->hook, WIRE_ACTION_OVERRIDE))
		return refuse(compiler, subject, "use Sigkill, or a kernel with fmod_ret programs",
			      "Override needs fmod_ret programs, which this kernel does not load");
	if (compile_has_return_copy(subject->hook))
		return refuse(compiler, subject, "leave returnCopy out",
			      "returnCopy needs fexit programs, which this kernel does not load");
	if (features->has_kprobes)
		return compile_pair(compiler, subject, ATTACH_KPROBE, ATTACH_KRETPROBE);
	if (syscall)
		return plan_syscall(compiler, subject, syscall);
	return leave_out(compiler, subject);
}

static bool can_use_fentry(const struct compiler *compiler, const struct subject *subject)
{
	const struct kernel_features *features = &compiler->kernel->features;

	return features->has_fentry && !subject->function.has_unknown_structs &&
	       (!subject->function.has_structs || features->has_fentry_structs);
}

/* Parts of names of functions that change their caller's credentials or namespaces. */
static const char *const changers[] = {
	"setuid", "setreuid",     "setresuid", "setfsuid", "capset",
	"setns",  "commit_creds", "unshare",   "execve",   "switch_task_namespaces",
};

static bool has_caller_filters(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		if (hook->selectors[i].namespace_count || hook->selectors[i].capability_count)
			return true;
	return false;
}

/*
 * Filters on what the call itself changes have to be asked before it: an fexit program sees what has become of it. Of
 * execve() that is the binary, and the registers with its arguments, too.
 */
static bool has_to_ask_before(const struct compiler *compiler, const struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;

	if (!hook->has_return || !compiler->kernel->features.has_kprobes || compile_has_return_copy(hook) ||
	    policy_hook_has_action(hook, WIRE_ACTION_OVERRIDE))
		return false;
	for (size_t i = 0; i < hook->selector_count; i++)
		if (hook->selector_count > 1 && hook->selectors[i].return_arg_count)
			return false; /* whose turn it is shows at return: a pair of programs would lose the others'
					 events */
	if (strstr(subject->symbol, "execve"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(changers) && has_caller_filters(hook); i++)
		if (strstr(subject->symbol, changers[i]))
			return true;
	return false;
}

static int plan_any_function(struct compiler *compiler, struct subject *subject)
{
	if (policy_hook_has_action(subject->hook, WIRE_ACTION_OVERRIDE) && tests_return_copy(subject->hook))
		return refuse(compiler, subject, "use Sigkill, or filter other arguments",
			      "Override comes before the call has written what a filter on returnCopy asks for");
	if (can_use_fentry(compiler, subject) && !has_to_ask_before(compiler, subject))
		return plan_function(compiler, subject);
	return plan_fallback(compiler, subject);
}

static int plan_programs(struct compiler *compiler, struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;

	if (hook->family == HOOK_TRACEPOINT)
		return add_program(compiler, subject, hook->is_raw ? ATTACH_RAW_TRACEPOINT : ATTACH_TRACEPOINT,
				   GLUE_OBSERVES | GLUE_ENFORCES);
	if (hook->family == HOOK_LSM && compiler->kernel->features.has_lsm)
		return add_program(compiler, subject, ATTACH_LSM, GLUE_OBSERVES | GLUE_ENFORCES);
	return plan_any_function(compiler, subject);
}

/* Looks the target up and compares it with the hook; may find that it is to be skipped. */
int compile_check_target(struct compiler *compiler, struct subject *subject)
{
	int r = find_target(compiler, subject);

	if (r < 0 || subject->plan->is_skipped)
		return r;
	return compile_check_args(compiler, subject);
}

int compile_make_info(struct compiler *compiler, struct subject *subject)
{
	struct plan_hook *plan = subject->plan;
	int r;

	plan->info = calloc(1, sizeof(*plan->info));
	if (!plan->info || !fill_info(plan->info, compiler->policy, subject))
		return -ENOMEM;
	r = compile_check_derived(compiler, subject);
	if (r < 0)
		return r;
	plan->has_slot = glue_needs_slot(subject->hook, plan->info);
	plan->has_process_state = glue_needs_process_state(subject->hook);
	return 0;
}

/* The plan has its hook and name. */
int compile_function(struct compiler *compiler, struct plan_hook *plan)
{
	struct subject subject = {.hook = plan->hook, .plan = plan};
	int r = compile_check_target(compiler, &subject);

	if (r < 0 || plan->is_skipped)
		return r;
	r = compile_make_info(compiler, &subject);
	return r < 0 ? r : plan_programs(compiler, &subject);
}

/* The next of the plan's hooks. Room doubles whenever their number is a power of two. */
int compile_add_hook(struct compiler *compiler, const struct policy_hook *hook, const char *name,
		     struct plan_hook **ret)
{
	struct plan *plan = compiler->plan;
	size_t count = plan->hook_count;
	struct plan_hook *hooks = plan->hooks;

	if ((count & (count - 1)) == 0) {
		hooks = reallocarray(plan->hooks, count ? 2 * count : 1, sizeof(*hooks));
		if (!hooks)
			return -ENOMEM;
		plan->hooks = hooks;
	}
	hooks[count] = (struct plan_hook){.hook = hook, .name = strdup(name)};
	plan->hook_count++;
	*ret = &hooks[count];
	return hooks[count].name ? 0 : -ENOMEM;
}

void compile_drop_last_hook(struct compiler *compiler)
{
	plan_hook_done(&compiler->plan->hooks[--compiler->plan->hook_count]);
}

/* --- the policy */

/* What generators find counts as well: the parser did not know of it. */
static int check_room(struct compiler *compiler, const struct policy_hook *hook)
{
	if (plan_function_count(compiler->plan) < POLICY_HOOKS_MAX)
		return 0;
	report_add(compiler->report, FINDING_KERNEL, hook->position, hook->path,
		   "write narrower patterns, or split the policy",
		   "with the functions of its lists the policy has more than %d hooks on this kernel",
		   POLICY_HOOKS_MAX);
	return -EINVAL;
}

static int compile_hook(struct compiler *compiler, const struct policy_hook *hook)
{
	int result = compile_check_filters(compiler, hook), r = check_room(compiler, hook);
	struct plan_hook *plan;

	if (r < 0)
		return r;
	if (policy_hook_is_list(hook)) {
		r = compile_list(compiler, hook);
	} else {
		r = compile_add_hook(compiler, hook, hook->name, &plan);
		if (r >= 0)
			r = compile_function(compiler, plan);
	}
	return r < 0 ? r : result;
}

static bool is_all_unserved(const struct plan *plan)
{
	for (size_t i = 0; i < plan->hook_count; i++)
		if (!plan->hooks[i].is_unserved)
			return false;
	return plan->hook_count;
}

/*
 * Pods and containers are for a cluster to know. Without one, watching all processes instead of a namespace's does no
 * harm; stopping them would.
 */
static int check_namespace(const struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;

	if (policy->mode == POLICY_MODE_ENFORCE) {
		report_add(compiler->report, FINDING_KERNEL, policy->position, "kind",
			   "make it a TracingPolicy, or set option policy-mode to monitor",
			   "a TracingPolicyNamespaced that enforces would do so outside of namespace %s, whose pods "
			   "are not known without a cluster",
			   policy->namespace);
		return -EINVAL;
	}
	report_warn(compiler->report, FINDING_KERNEL, policy->position, "kind", "make it a TracingPolicy",
		    "the pods of namespace %s are not known without a cluster: it watches all processes",
		    policy->namespace);
	return 0;
}

static int refuse_selector(const struct compiler *compiler, const struct label_selector *selector, const char *name)
{
	if (!selector->is_given)
		return 0;
	report_add(compiler->report, FINDING_KERNEL, compiler->policy->position, name,
		   "remove it, or run the agent with --enable-k8s-api or --kubeconfig",
		   "%s not allowed in non-k8s environment", name + strlen("spec."));
	return -EINVAL;
}

static int check_scope(const struct compiler *compiler)
{
	const struct policy *policy = compiler->policy;
	int pod, container;

	if (!policy_is_scoped(policy) || compiler->kernel->has_workloads)
		return 0;
	pod = refuse_selector(compiler, &policy->scope.pod, "spec.podSelector");
	container = refuse_selector(compiler, &policy->scope.container, "spec.containerSelector");
	if (pod < 0 || container < 0)
		return -EINVAL;
	return policy->kind == POLICY_NAMESPACED ? check_namespace(compiler) : 0;
}

int policy_compile(const struct policy *policy, const struct kernel_view *kernel, struct report *report,
		   struct plan *ret)
{
	_cleanup_(plan_done) struct plan plan = {.policy = policy,
						 .is_scoped = kernel->has_workloads && policy_is_scoped(policy)};
	struct compiler compiler = {
		.policy = policy, .kernel = kernel, .report = report, .warnings = report, .plan = &plan};
	int result = check_scope(&compiler);

	/* All hooks, also behind one that fails: all of a policy's errors at once. */
	for (size_t i = 0; i < policy->hook_count; i++) {
		int r = compile_hook(&compiler, &policy->hooks[i]);

		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = -EINVAL;
	}
	if (result >= 0 && is_all_unserved(&plan)) {
		report_add(report, FINDING_KERNEL, policy->position, NULL, "run it on another kernel",
			   "this kernel can serve none of the policy's hooks");
		result = -EINVAL;
	}
	if (result < 0)
		return result;
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}

int policy_compile_fallback(const struct policy *policy, const struct kernel_view *kernel, struct report *report,
			    struct plan_hook *hook)
{
	struct kernel_view without = *kernel;
	struct compiler compiler = {.policy = policy, .kernel = &without, .report = report, .warnings = report};
	struct plan_hook fallback = {.hook = hook->hook};
	int r;

	without.features.has_fentry = without.features.has_lsm = false;
	if (!kernel->features.has_kprobes || policy_hook_has_action(hook->hook, WIRE_ACTION_OVERRIDE) ||
	    hook->hook->family == HOOK_TRACEPOINT || plan_hook_function_count(hook) > 1)
		return -ENOTSUP;
	fallback.name = strdup(hook->name);
	r = fallback.name ? compile_function(&compiler, &fallback) : -ENOMEM;
	if (r < 0) {
		plan_hook_done(&fallback);
		return r;
	}
	plan_hook_done(hook);
	*hook = fallback;
	return 0;
}
