// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.h"

#include <string.h>

#include "base/util.h"

void policy_values_done(struct policy_values *values)
{
	if (values->kind == VALUES_EXPRESSION) {
		cel_expression_free(values->expression);
		*values = (struct policy_values){0};
		return;
	}
	if (values->kind == VALUES_STRINGS) {
		for (size_t i = 0; i < values->count; i++)
			free(values->strings[i].bytes);
	}
	free(values->numbers); /* whichever of the union it is */
	*values = (struct policy_values){0};
}

static void policy_selector_done(struct policy_selector *selector)
{
	free(selector->label);
	for (size_t i = 0; i < POLICY_ARG_FILTERS_MAX; i++) {
		policy_values_done(&selector->args[i].values);
		policy_values_done(&selector->return_args[i].values);
	}
	for (size_t i = 0; i < POLICY_PID_FILTERS_MAX; i++)
		policy_values_done(&selector->pids[i].values);
	policy_values_done(&selector->binaries.values);
	policy_values_done(&selector->parent_binaries.values);
	for (size_t i = 0; i < POLICY_NAMESPACE_FILTERS_MAX; i++)
		policy_values_done(&selector->namespaces[i].values);
}

void policy_hook_done(struct policy_hook *hook)
{
	free(hook->path);
	free(hook->name);
	free(hook->subsystem);
	free(hook->pattern);
	free(hook->return_arg.label);
	free(hook->message);
	for (size_t i = 0; i < POLICY_TAGS_MAX; i++)
		free(hook->tags[i]);
	for (size_t i = 0; i < POLICY_TRACEPOINT_ARGS_MAX; i++)
		free(hook->args[i].label);
	for (size_t i = 0; i < hook->function_count; i++)
		free(hook->functions[i]);
	free(hook->functions);
	for (size_t i = 0; i < hook->selector_count; i++)
		policy_selector_done(&hook->selectors[i]);
	free(hook->selectors);
	*hook = (struct policy_hook){0};
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->hook_count; i++)
		policy_hook_done(&policy->hooks[i]);
	free(policy->hooks);
	label_selector_done(&policy->scope.pod);
	label_selector_done(&policy->scope.container);
	label_selector_done(&policy->node);
	free(policy->name);
	free(policy->namespace);
	free(policy);
}

bool policy_is_scoped(const struct policy *policy)
{
	const struct policy_scope *scope = &policy->scope;

	if (policy->kind == POLICY_NAMESPACED)
		return true;
	if (scope->has_host && scope->pod.is_given && !scope->pod.count && scope->container.is_given &&
	    !scope->container.count)
		return false;
	return scope->has_host || scope->pod.is_given || scope->container.is_given;
}

bool policy_hook_has_action(const struct policy_hook *hook, enum wire_action action)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		for (size_t j = 0; j < hook->selectors[i].action_count; j++)
			if (hook->selectors[i].actions[j].action == action)
				return true;
	return false;
}

bool policy_is_syscall_name(const char *name)
{
	static const char *const beginnings[] = {
		"sys_",        "__x64_sys_",         "__ia32_sys_",        "__arm64_sys_",
		"compat_sys_", "__ia32_compat_sys_", "__arm64_compat_sys_"};

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

bool policy_is_ia32_name(const char *name)
{
	return strncmp(name, "__ia32_", strlen("__ia32_")) == 0;
}
