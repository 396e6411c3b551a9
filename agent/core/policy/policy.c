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
	for (size_t i = 0; i < hook->selector_count && !hook->has_shared_selectors; i++)
		policy_selector_done(&hook->selectors[i]);
	if (!hook->has_shared_selectors)
		free(hook->selectors);
	*hook = (struct policy_hook){0};
}

/* Makes *text a copy of what it points at. */
static bool policy_copy_text(char **text)
{
	if (!*text)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

bool policy_hook_copy(const struct policy_hook *from, struct policy_hook *ret)
{
	struct policy_hook hook = *from;
	bool is_ok = policy_copy_text(&hook.path);

	hook.has_shared_selectors = true;
	/* each of them, so that after a failure nothing is left that belongs to `from` */
	is_ok = policy_copy_text(&hook.name) && is_ok;
	is_ok = policy_copy_text(&hook.subsystem) && is_ok;
	is_ok = policy_copy_text(&hook.pattern) && is_ok;
	is_ok = policy_copy_text(&hook.return_arg.label) && is_ok;
	is_ok = policy_copy_text(&hook.message) && is_ok;
	for (size_t i = 0; i < POLICY_TAGS_MAX; i++)
		is_ok = policy_copy_text(&hook.tags[i]) && is_ok;
	for (size_t i = 0; i < POLICY_TRACEPOINT_ARGS_MAX; i++)
		is_ok = policy_copy_text(&hook.args[i].label) && is_ok;
	if (!is_ok) {
		policy_hook_done(&hook);
		return false;
	}
	*ret = hook;
	return true;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	/* backwards: hooks that share selectors come after the one that owns them */
	for (size_t i = policy->hook_count; i > 0; i--)
		policy_hook_done(&policy->hooks[i - 1]);
	free(policy->hooks);
	free(policy->name);
	free(policy->namespace);
	free(policy);
}
