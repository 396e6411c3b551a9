// SPDX-License-Identifier: Apache-2.0

/* What a policy says against what the kernel has: arguments and filters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/compile_internal.h"
#include "core/policy/glue.h"
#include "core/policy/operators.h"
#include "policy/interface.h"

/* tp_prog_is_valid_access(), kernel/trace/bpf_trace.c: a pointer of the kernel's lies in front. */
#define TRACEPOINT_OFFSET_MIN 8

/* --- arguments against the target */

static const char *arg_field(const struct subject *subject, size_t position, const char *member, char *text,
			     size_t size)
{
	snprintf(text, size, "%s.args[%zu].%s", subject->hook->path, position, member);
	return text;
}

/* The reference only warns of a type that does not fit, and so do we: the author may know better. */
static void warn_of_type(struct compiler *compiler, const struct subject *subject, size_t position)
{
	const struct policy_arg *arg = &subject->hook->args[position];
	const struct kernel_param *param = &subject->function.params[arg->index];
	const char *wanted = arg_type_info(arg->type)->struct_name;
	char field[256];

	if (!wanted || strcmp(wanted, "kernel_cap_t") == 0 || strcmp(wanted, param->struct_name) == 0 ||
	    subject->hook->is_syscall || (arg->type == ARG_BPF_MAP && strcmp(param->struct_name, "bpf_attr") == 0))
		return;
	if (compiler->notes && compiler->notes->mistyped++)
		return;
	report_warn(compiler->warnings, FINDING_KERNEL, arg->position,
		    arg_field(subject, position, "type", field, sizeof(field)), NULL,
		    "argument %u of %s is %s%s on this kernel, not a pointer to struct %s", arg->index, subject->symbol,
		    *param->struct_name ? "a pointer to struct " : "another type", param->struct_name, wanted);
}

static int check_function_arg(struct compiler *compiler, const struct subject *subject, size_t position)
{
	const struct policy_arg *arg = &subject->hook->args[position];
	unsigned count = subject->hook->is_syscall ? 6 : subject->function.param_count;
	char field[256];

	if (arg->index >= count) {
		report_add(compiler->report, FINDING_KERNEL, arg->position,
			   arg_field(subject, position, "index", field, sizeof(field)), "arguments are counted from 0",
			   "arg %zu has an invalid index: %u based on prototype: %s takes %u", position, arg->index,
			   subject->symbol, count);
		return -EINVAL;
	}
	if (arg->size_arg_index > count) {
		report_add(compiler->report, FINDING_KERNEL, arg->position,
			   arg_field(subject, position, "sizeArgIndex", field, sizeof(field)),
			   "here, and only here, arguments are counted from 1",
			   "arg %zu has an invalid sizeArgIndex: %u based on prototype: %s takes %u", position,
			   arg->size_arg_index, subject->symbol, count);
		return -EINVAL;
	}
	warn_of_type(compiler, subject, position);
	return 0;
}

static int check_function_args(struct compiler *compiler, const struct subject *subject)
{
	int result = 0;

	for (size_t i = 0; i < subject->hook->arg_count; i++)
		if (check_function_arg(compiler, subject, i) < 0)
			result = -EINVAL;
	return result;
}

/* `written` is the index as the policy has it. */
static int check_field(struct compiler *compiler, const struct subject *subject, size_t position, const char *member,
		       uint32_t index, uint32_t written)
{
	const struct policy_hook *hook = subject->hook;
	const struct policy_position at = hook->args[position].position;
	char field[256];

	arg_field(subject, position, member, field, sizeof(field));
	if (index >= subject->tracepoint.field_count) {
		report_add(compiler->report, FINDING_KERNEL, at, field,
			   "count the fields of its `format` file, the common ones included",
			   "tracepoint %s/%s has %u fields but field %u was requested", hook->subsystem, hook->name,
			   subject->tracepoint.field_count, written);
		return -EINVAL;
	}
	if (subject->tracepoint.fields[index].offset < TRACEPOINT_OFFSET_MIN) {
		report_add(compiler->report, FINDING_KERNEL, at, field, "remove it; the event has the process's pid",
			   "field %u is a common one, which the kernel does not let programs read", written);
		return -EINVAL;
	}
	return 0;
}

static int check_tracepoint_args(struct compiler *compiler, const struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;
	int result = 0;

	for (size_t i = 0; i < hook->arg_count; i++) {
		const struct policy_arg *arg = &hook->args[i];

		if (arg->type != ARG_NOP && check_field(compiler, subject, i, "index", arg->index, arg->index) < 0)
			result = -EINVAL;
		if (arg->size_arg_index &&
		    check_field(compiler, subject, i, "sizeArgIndex", arg->size_arg_index - 1, arg->size_arg_index) < 0)
			result = -EINVAL;
	}
	return result;
}

int compile_check_args(struct compiler *compiler, const struct subject *subject)
{
	if (subject->hook->family == HOOK_TRACEPOINT && !subject->hook->is_raw)
		return check_tracepoint_args(compiler, subject);
	return check_function_args(compiler, subject);
}

/* --- registers */

static int check_register(struct compiler *compiler, const struct subject *subject, size_t position, const char *member,
			  uint32_t index)
{
	char field[256];

	if (subject->function.params[index].slot < glue_function_registers())
		return 0;
	report_add(compiler->report, FINDING_KERNEL, subject->hook->args[position].position,
		   arg_field(subject, position, member, field, sizeof(field)),
		   "leave it out, or use a kernel that has fentry programs",
		   "argument %u of %s is not in a register: kprobes see only the first %zu", index, subject->symbol,
		   glue_function_registers());
	return -EINVAL;
}

int compile_check_registers(struct compiler *compiler, const struct subject *subject)
{
	int result = 0;

	for (size_t i = 0; i < subject->hook->arg_count && !subject->hook->is_syscall; i++) {
		const struct policy_arg *arg = &subject->hook->args[i];

		if (check_register(compiler, subject, i, "index", arg->index) < 0)
			result = -EINVAL;
		if (arg->size_arg_index &&
		    check_register(compiler, subject, i, "sizeArgIndex", arg->size_arg_index - 1) < 0)
			result = -EINVAL;
	}
	return result;
}

/* --- filters on arguments of type auto, which were read before it was known what they are */

static bool can_hold(const struct arg_type_info *type, const struct policy_arg_filter *filter)
{
	unsigned bits = 8u * type->size;
	bool is_signed = type->traits & ARG_IS_SIGNED;
	uint64_t highest = UINT64_MAX >> (64 - bits);
	int64_t lowest = is_signed ? INT64_MIN >> (64 - bits) : 0;

	if (is_signed && filter->operator!= OPERATOR_MASK)
		highest /= 2;
	for (size_t i = 0; i < filter->values.count && bits < 64; i++) {
		const struct policy_number *number = &filter->values.numbers[i];

		if ((int64_t)number->first < lowest || (int64_t)number->last > (int64_t)highest)
			return false;
	}
	return true;
}

static int check_derived_filter(struct compiler *compiler, const struct subject *subject,
				const struct policy_arg_filter *filter)
{
	const struct policy_hook *hook = subject->hook;
	const struct arg_type_info *type = arg_type_info(subject->plan->info->args[filter->arg].type);
	char remedy[64];

	if (filter->operator== OPERATOR_CEL_EXPR || hook->args[filter->arg].type != ARG_AUTO)
		return 0;
	snprintf(remedy, sizeof(remedy), "write `type: %s` to the argument", type->name);
	if (!(type->traits & ARG_IS_INTEGER)) {
		report_add(compiler->report, FINDING_KERNEL, filter->position, hook->path, remedy,
			   "argument %u is %s on this kernel, whose operators are not those of integers",
			   hook->args[filter->arg].index, type->name);
		return -EINVAL;
	}
	if (!can_hold(type, filter)) {
		report_add(compiler->report, FINDING_KERNEL, filter->position, hook->path, NULL,
			   "argument %u is %s on this kernel, which cannot hold all of the filter's values",
			   hook->args[filter->arg].index, type->name);
		return -EINVAL;
	}
	return 0;
}

int compile_check_derived(struct compiler *compiler, const struct subject *subject)
{
	const struct policy_hook *hook = subject->hook;
	int result = 0;
	char field[256];

	for (size_t i = 0; i < hook->arg_count; i++) {
		if (hook->args[i].type != ARG_AUTO || !hook->is_raw || subject->plan->info->args[i].type != ARG_NOP)
			continue;
		report_add(compiler->report, FINDING_KERNEL, hook->args[i].position,
			   arg_field(subject, i, "type", field, sizeof(field)), "give it a type, such as `type: file`",
			   "argument %u is a pointer, which auto does not read", hook->args[i].index);
		result = -EINVAL;
	}
	for (size_t i = 0; i < hook->selector_count; i++)
		for (size_t j = 0; j < hook->selectors[i].arg_count; j++)
			if (check_derived_filter(compiler, subject, &hook->selectors[i].args[j]) < 0)
				result = -EINVAL;
	return result;
}

/* --- filters that not every kernel can have */

static bool enforces(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		for (size_t j = 0; j < hook->selectors[i].return_action_count; j++)
			if (hook->selectors[i].return_actions[j].action == WIRE_ACTION_SIGKILL ||
			    hook->selectors[i].return_actions[j].action == WIRE_ACTION_SIGNAL)
				return true;
	return compile_has_signals(hook) || policy_hook_has_action(hook, WIRE_ACTION_OVERRIDE);
}

/* `host_ns` where nobody knows which that is: no process is known to be in it, nor out of it. */
static int check_host(struct compiler *compiler, const struct policy_hook *hook,
		      const struct policy_namespace_filter *filter)
{
	const char *problem = filter->is_negative
				      ? "the number of the host's namespace is not known: NotIn never matches"
				      : "the number of the host's namespace is not known: host_ns never matches";
	static const char remedy[] =
		"run the agent where it sees process 1 of the host (--procfs), or write the number";

	if (!filter->has_host || compiler->kernel->features.host_namespaces[filter->namespace])
		return 0;
	if (!enforces(hook)) {
		report_warn(compiler->report, FINDING_KERNEL, filter->position, hook->path, remedy, "%s", problem);
		return 0;
	}
	report_add(compiler->report, FINDING_KERNEL, filter->position, hook->path, remedy, "%s", problem);
	return -EINVAL;
}

/* Prefixes and all else are shorter. */
static int check_strings(struct compiler *compiler, const struct policy_hook *hook,
			 const struct policy_arg_filter *filter)
{
	if (compiler->kernel->features.has_large_keys || !glue_has_long_string(&filter->values))
		return 0;
	report_add(compiler->report, FINDING_KERNEL, filter->position, hook->path, "use Prefix, or a shorter value",
		   "values of %s above %d bytes need Linux 5.11", operator_name(filter->operator), STRING_KEY_MAX);
	return -EINVAL;
}

int compile_check_filters(struct compiler *compiler, const struct policy_hook *hook)
{
	int result = 0;

	for (size_t i = 0; i < hook->selector_count; i++) {
		const struct policy_selector *selector = &hook->selectors[i];

		for (size_t j = 0; j < selector->namespace_count; j++)
			if (check_host(compiler, hook, &selector->namespaces[j]) < 0)
				result = -EINVAL;
		for (size_t j = 0; j < selector->arg_count; j++)
			if (check_strings(compiler, hook, &selector->args[j]) < 0)
				result = -EINVAL;
		for (size_t j = 0; j < selector->return_arg_count; j++)
			if (check_strings(compiler, hook, &selector->return_args[j]) < 0)
				result = -EINVAL;
	}
	return result;
}
