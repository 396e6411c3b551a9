// SPDX-License-Identifier: Apache-2.0
/* trigon policy SUBCOMMAND. `check` reads policies as the agent does, and needs neither privileges nor a kernel. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "cmd/policy_commands.h"
#include "cmd/policy_variables.h"
#include "core/config/suggest.h"
#include "io/config/options.h"
#include "io/policy/policy_dir.h"
#include "io/policy/policy_file.h"

/* --- check -------------------------------------------------------------------------------------------------------- */

struct policy_check_options {
	struct option_list variables, paths;
};

/* clang-format off */
static const struct option_row policy_check_rows[] = {
	{.group = "Options", .name = "variable", .kind = OPTION_LIST,
	 .offset = offsetof(struct policy_check_options, variables), .placeholder = "NAME=VALUE,...",
	 .help = POLICY_VARIABLES_HELP},
};
/* clang-format on */

static const struct option_table policy_check_table = {
	.command = "trigon policy check",
	.synopsis = "[OPTION...] FILE|DIRECTORY|-...",
	.summary =
		"Checks policies without loading them: files of YAML or JSON, all *.yaml, *.yml and *.json of a "
		"directory, or standard input (-). Says what is wrong on standard error, with file, line, column and "
		"remedy, and what is right on standard output. The exit code is 1 if there is any error; warnings do "
		"not count. Whether a kernel has the functions that a policy hooks is not looked at.",
	.rows = policy_check_rows,
	.count = ARRAY_SIZE(policy_check_rows),
	.has_operands = true,
	.operands_offset = offsetof(struct policy_check_options, paths),
};

static void policy_check_print(const char *path, const struct policy *policy)
{
	const char *separator = policy->namespace ? "/" : "";

	printf("%s: %s%s%s: ok, %zu hook%s%s\n", path, policy->namespace ? policy->namespace : "", separator,
	       policy->name, policy->function_count, policy->function_count == 1 ? "" : "s",
	       policy->has_loader ? " and the loader" : "");
}

/* What depends on who will load it: an agent with a cluster, or another one. */
static void policy_check_note_cluster(const char *path, const struct policy *policy)
{
	bool is_namespaced = policy->kind == POLICY_NAMESPACED;
	bool has_selectors = policy->scope.pod.is_given || policy->scope.container.is_given;
	const char *what = has_selectors ? "its selectors need" : "its namespace needs";

	if (!policy_is_scoped(policy) || (!is_namespaced && !has_selectors))
		return;
	printf("%s:%u:%u: note: %s: %s an agent with a cluster (--enable-k8s-api or --kubeconfig); without one %s\n",
	       path, policy->position.line, policy->position.column, policy->name,
	       is_namespaced && has_selectors ? "its namespace and selectors need" : what,
	       has_selectors || policy->mode == POLICY_MODE_ENFORCE ? "it is refused" : "it watches all processes");
}

/* True if all of it is right. */
static bool policy_check_file(const char *path, const struct policy_variables *variables)
{
	_cleanup_(policy_file_done) struct policy_file file = {0};
	_cleanup_(report_done) struct report report;
	int r;

	report_init(&report, strcmp(path, "-") == 0 ? "<stdin>" : path);
	r = policy_file_load(path, variables, &report, &file);
	report_print(&report, stderr);
	for (size_t i = 0; i < file.count; i++) {
		if (!file.items[i].policy)
			continue;
		policy_check_print(report.file, file.items[i].policy);
		policy_check_note_cluster(report.file, file.items[i].policy);
	}
	return r == 0 && report.error_count == 0;
}

static void policy_dir_closep(struct policy_dir **dir)
{
	policy_dir_close(*dir);
}

static bool policy_check_listed(const struct policy_dir_file *file, const struct policy_variables *variables)
{
	if (!file->is_directory)
		return policy_check_file(file->path, variables);
	fprintf(stderr, "%s: error: cannot be read: %s\n", file->path, strerror(-file->error));
	return false;
}

static bool policy_check_directory(const char *path, const struct policy_variables *variables)
{
	_cleanup_(policy_dir_closep) struct policy_dir *dir = NULL;
	_cleanup_(policy_dir_list_done) struct policy_dir_list list = {0};
	bool is_ok = true;
	int r = policy_dir_open(path, &dir);

	if (r == 0)
		r = policy_dir_list(dir, &list);
	if (r < 0)
		fprintf(stderr, "%s: error: cannot be read: %s\n", path, strerror(-r));
	else if (list.count == 0)
		fprintf(stderr, "%s: error: has no *.yaml, *.yml or *.json in it\n", path);
	else if (list.left_out)
		fprintf(stderr, "%s: error: %zu files beyond the first %d are left out\n", path, list.left_out,
			POLICY_FILES_MAX);
	for (size_t i = 0; i < list.count; i++)
		is_ok = policy_check_listed(&list.files[i], variables) && is_ok;
	return is_ok && r == 0 && list.count > 0 && list.left_out == 0;
}

static int policy_check_run(const struct policy_check_options *options)
{
	const struct policy_variables variables = policy_variables_from(&options->variables);
	struct option_error error = {.text = "which file? give one or more, a directory, or - for standard input"};
	bool is_ok = true;

	if (options->paths.count == 0 || policy_variables_check(&options->variables, &error) < 0) {
		options_complain(&policy_check_table, &error);
		return EXIT_CODE_USAGE;
	}
	for (size_t i = 0; i < options->paths.count; i++) {
		const char *path = options->paths.items[i];
		struct stat status;

		if (strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
			is_ok = policy_check_directory(path, &variables) && is_ok;
		else
			is_ok = policy_check_file(path, &variables) && is_ok;
	}
	return is_ok ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static int policy_check(int argc, char **argv)
{
	struct policy_check_options options = {0};
	int r = options_read(&policy_check_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : policy_check_run(&options);

	option_table_clear(&policy_check_table, &options);
	return code;
}

/* --- which subcommand --------------------------------------------------------------------------------------------- */

static const struct policy_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} policy_commands[] = {
	{"check", policy_check, "Say what is wrong with policy files, without loading them"},
	{"explain", policy_explain_command, "Say what policies become on this kernel, and what they cost"},
	{"list", policy_list_command, "List the policies of the running agent"},
	{"show", policy_show_command, "Show all that the running agent knows of a policy"},
};

static void policy_print_usage(FILE *out)
{
	fprintf(out, "Usage: trigon policy COMMAND [OPTION...]\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(policy_commands); i++)
		fprintf(out, "  %-9s %s\n", policy_commands[i].name, policy_commands[i].help);
	fprintf(out, "\n'trigon policy COMMAND --help' shows the options of one.\n");
}

static int policy_unknown(const char *name)
{
	struct suggestion suggestion = {0};

	for (size_t i = 0; i < ARRAY_SIZE(policy_commands); i++)
		suggest_offer(&suggestion, name, strlen(name), policy_commands[i].name);
	fprintf(stderr, "trigon policy: unknown command \"%.64s\"", name);
	if (suggestion.name)
		fprintf(stderr, "; did you mean %s?", suggestion.name);
	fprintf(stderr, "\nTry 'trigon policy --help'.\n");
	return EXIT_CODE_USAGE;
}

int cmd_policy(int argc, char **argv)
{
	if (argc < 2) {
		policy_print_usage(stderr);
		return EXIT_CODE_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		policy_print_usage(stdout);
		return EXIT_CODE_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(policy_commands); i++) {
		if (strcmp(policy_commands[i].name, argv[1]) == 0)
			return policy_commands[i].run(argc - 1, argv + 1);
	}
	return policy_unknown(argv[1]);
}
