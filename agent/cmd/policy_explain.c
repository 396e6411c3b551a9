// SPDX-License-Identifier: Apache-2.0
/* trigon policy explain: what policies become on a kernel, without loading them. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "cmd/policy_commands.h"
#include "cmd/policy_variables.h"
#include "core/policy/explain.h"
#include "io/bpf/features.h"
#include "io/bpf/kernel_types.h"
#include "io/config/options.h"
#include "io/policy/policy_file.h"

struct policy_explain_options {
	char *btf; /* NULL: the running kernel */
	struct option_list variables, paths;
};

/* clang-format off */
static const struct option_row policy_explain_rows[] = {
	{.group = "Options", .name = "btf", .kind = OPTION_STRING, .offset = offsetof(struct policy_explain_options, btf),
	 .placeholder = "FILE",
	 .help = "Type information (BTF) of the kernel to explain for, in place of the running one; what it can do is "
		 "taken from there, formats of tracepoints are the running kernel's"},
	{.group = "Options", .name = "variable", .kind = OPTION_LIST,
	 .offset = offsetof(struct policy_explain_options, variables), .placeholder = "NAME=VALUE,...",
	 .help = POLICY_VARIABLES_HELP},
};
/* clang-format on */

static const struct option_table policy_explain_table = {
	.command = "trigon policy explain",
	.synopsis = "[OPTION...] FILE|-...",
	.summary =
		"Says what policies become on this kernel: how each hook is attached and what it falls back to, what "
		"is read, which tests run in which order, what they cost relative to each other, what is emitted, and "
		"about how much kernel memory it takes. Loads nothing. The exit code is 1 if a policy is not possible "
		"on the kernel.",
	.rows = policy_explain_rows,
	.count = ARRAY_SIZE(policy_explain_rows),
	.has_operands = true,
	.operands_offset = offsetof(struct policy_explain_options, paths),
};

static int policy_explain_open(const char *btf, struct kernel_types **ret)
{
	bool has_btf = btf && *btf;
	int r;

	features_init_libbpf();
	if (!has_btf && kernel_types_can_ask()) {
		r = kernel_types_open(NULL, HOOK_ATTACH_AUTO, ret);
	} else {
		r = kernel_types_open_assumed(btf, ret);
		if (r >= 0 && !has_btf)
			fprintf(stderr, "trigon: without privileges the kernel cannot be asked what it lets programs "
					"do; its BTF says what it is built with, and that is assumed\n");
	}
	if (r < 0)
		fprintf(stderr, "trigon: no type information (BTF) in %s: %s; --btf FILE names another\n",
			has_btf ? btf : "/sys/kernel/btf/vmlinux", strerror(-r));
	return r;
}

/* The agent will know the host's namespaces; here it is enough that there are some. */
static void policy_explain_assume_host(struct kernel_types *types)
{
	uint32_t namespaces[WIRE_NS_COUNT];

	for (size_t i = 0; i < WIRE_NS_COUNT; i++)
		namespaces[i] = 1;
	kernel_types_set_host_namespaces(types, namespaces);
}

static bool policy_explain_file(const char *path, const struct policy_variables *variables,
				const struct kernel_view *kernel)
{
	_cleanup_(policy_file_done) struct policy_file file = {0};
	_cleanup_(report_done) struct report report;
	struct kernel_view clustered = *kernel;
	bool is_ok;

	report_init(&report, strcmp(path, "-") == 0 ? "<stdin>" : path);
	is_ok = policy_file_load(path, variables, &report, &file) == 0;
	report_print(&report, stderr);
	clustered.has_workloads = true; /* such as agents in a cluster have: there is none here to ask */
	for (size_t i = 0; i < file.count; i++) {
		int r = file.items[i].policy ? policy_explain(file.items[i].policy, &clustered, stdout) : -EINVAL;

		if (r == -ENOMEM)
			fprintf(stderr, "trigon: not enough memory to explain it\n");
		is_ok = r == 0 && is_ok;
	}
	return is_ok && report.error_count == 0;
}

static int policy_explain_run(const struct policy_explain_options *options)
{
	const struct policy_variables variables = policy_variables_from(&options->variables);
	struct option_error error = {.text = "which file? give one or more, or - for standard input"};
	struct kernel_types *types;
	bool is_ok = true;

	if (options->paths.count == 0 || policy_variables_check(&options->variables, &error) < 0) {
		options_complain(&policy_explain_table, &error);
		return EXIT_CODE_USAGE;
	}
	if (policy_explain_open(options->btf, &types) < 0)
		return EXIT_CODE_FAILURE;
	policy_explain_assume_host(types);
	for (size_t i = 0; i < options->paths.count; i++)
		is_ok = policy_explain_file(options->paths.items[i], &variables, kernel_types_view(types)) && is_ok;
	kernel_types_close(types);
	return is_ok ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

int policy_explain_command(int argc, char **argv)
{
	struct policy_explain_options options = {0};
	int r = options_read(&policy_explain_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : policy_explain_run(&options);

	option_table_clear(&policy_explain_table, &options);
	return code;
}
