// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a policy file: what is accepted keeps the limits, all else is said, nothing leaks. What is accepted is
 * also compiled for a kernel that is not there (tests/io/fake_kernel.h), by every means of attachment.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "../io/fake_kernel.h"
#include "core/policy/compile.h"
#include "core/policy/explain.h"
#include "core/policy/operators.h"
#include "io/policy/policy_file.h"

static const char *find_variable(void *context, const char *name, size_t length)
{
	(void)context;
	check(length > 0 && !memchr(name, '\0', length));
	return length == 1 ? NULL : "10.0.0.0/8 fd00::/8";
}

static void check_values(const struct policy_values *values)
{
	check(values->count <= POLICY_VALUES_MAX && values->further <= POLICY_VALUES_MAX - values->count);
	for (size_t i = 0; i < values->count; i++) {
		switch (values->kind) {
		case VALUES_STRINGS:
			check(values->strings[i].length <= POLICY_STRING_MAX);
			check(values->strings[i].bytes[values->strings[i].length] == '\0');
			break;
		case VALUES_NETWORKS:
			check(values->networks[i].prefix_length <= (values->networks[i].is_ipv6 ? 128 : 32));
			break;
		case VALUES_EXPRESSION:
			check(values->count == 1 && values->expression);
			break;
		default:
			check(values->kind == VALUES_NUMBERS);
		}
	}
}

/* Operands lie before what uses them, are there, and are of the types that they should be. */
static void check_expression(const struct policy_hook *hook, const struct cel_expression *expression)
{
	check(expression->count > 0 && expression->count <= CEL_NODES_MAX);
	check(cel_root(expression)->type == CEL_BOOL);
	for (size_t i = 0; i < expression->count; i++) {
		const struct cel_node *node = &expression->nodes[i];

		check(node->temporaries <= CEL_TEMPORARIES_MAX);
		if (node->kind == CEL_ARG)
			check(node->value < hook->arg_count);
		if (node->kind == CEL_ARG || node->kind == CEL_LITERAL)
			continue;
		check(node->left < i && (node->right < i || node->right == 0));
		if (cel_is_relation(node->kind))
			check(expression->nodes[node->left].type == expression->nodes[node->right].type);
	}
}

static void check_selector(const struct policy_hook *hook, const struct policy_selector *selector)
{
	check(selector->arg_count <= POLICY_ARG_FILTERS_MAX && selector->return_arg_count <= POLICY_ARG_FILTERS_MAX);
	check(selector->pid_count <= POLICY_PID_FILTERS_MAX);
	check(selector->namespace_count <= POLICY_NAMESPACE_FILTERS_MAX);
	check(selector->action_count <= POLICY_ACTIONS_MAX && selector->return_action_count <= POLICY_ACTIONS_MAX);
	for (size_t i = 0; i < selector->arg_count; i++) {
		const struct policy_arg_filter *filter = &selector->args[i];

		check_values(&filter->values);
		if (filter->operator== OPERATOR_CEL_EXPR) {
			check_expression(hook, filter->values.expression);
			continue;
		}
		check(filter->arg < hook->arg_count && filter->second_arg < hook->arg_count);
		check(operator_find(operator_name(filter->operator), hook->args[filter->arg].type));
	}
	for (size_t i = 0; i < selector->return_arg_count; i++)
		check_values(&selector->return_args[i].values);
	check_values(&selector->binaries.values);
	check(selector->binaries.is_set == (selector->binaries.values.count > 0));
}

static void check_policy(const struct policy *policy)
{
	check(policy->name && *policy->name);
	check((policy->kind == POLICY_NAMESPACED) == (policy->namespace != NULL));
	check(policy->hook_count <= policy->function_count && policy->function_count <= POLICY_HOOKS_MAX);
	for (size_t i = 0; i < policy->hook_count; i++) {
		const struct policy_hook *hook = &policy->hooks[i];

		check(hook->name && *hook->name && hook->path && hook->family == policy->family);
		check(hook->arg_count <= POLICY_TRACEPOINT_ARGS_MAX && hook->selector_count <= POLICY_SELECTORS_MAX);
		for (size_t j = 0; j < hook->selector_count; j++)
			check_selector(hook, &hook->selectors[j]);
	}
}

static void check_plan(const struct policy *policy, const struct kernel_view *kernel)
{
	static struct report report;
	struct plan plan = {0};
	int r;

	report_init(&report, "fuzz");
	r = policy_compile(policy, kernel, &report, &plan);
	check(r == 0 || (r == -EINVAL && report.error_count > 0));
	check(plan_function_count(&plan) <= POLICY_HOOKS_MAX);
	for (size_t i = 0; i < plan.hook_count; i++)
		check(plan.hooks[i].is_skipped || (plan.hooks[i].info && plan.hooks[i].program_count > 0));
	plan_done(&plan);
	report_done(&report);
}

/* `explain` also compiles for kernels that have less. */
static void compile_policy(const struct policy *policy)
{
	static FILE *null;
	struct kernel_view kernel = fake_kernel;
	int r;

	null = null ? null : fopen("/dev/null", "w");
	check(null);
	kernel.features.has_lsm = true;
	check_plan(policy, &kernel);
	r = policy_explain(policy, &kernel, null);
	check(r == 0 || r == -EINVAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_variables variables = {.find = find_variable};
	struct policy_file file = {0};
	static struct report report;
	char text[16384];
	int r;

	report_init(&report, "fuzz");
	r = policy_file_parse((const char *)data, size, &variables, &report, &file);
	check(r == 0 || r == -EINVAL);
	check(r == 0 || (report.error_count > 0 && file.count == 0));
	for (size_t i = 0; i < file.count; i++) {
		if (!file.items[i].policy) {
			check(report.error_count > 0);
			continue;
		}
		check_policy(file.items[i].policy);
		compile_policy(file.items[i].policy);
	}
	for (size_t i = 0; i < report.count; i++)
		check((size_t)finding_print(&report.findings[i], report.file, text, sizeof(text)) < sizeof(text));
	policy_file_done(&file);
	report_done(&report);
	return 0;
}
