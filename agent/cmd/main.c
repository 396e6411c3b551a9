// SPDX-License-Identifier: Apache-2.0
/*
 * trigon SUBCOMMAND: picks the function, explains itself, and sees to it that
 * what went to standard output has really been written.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "cmd/commands.h"
#include "core/config/suggest.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"agent", cmd_agent, "Watch the processes of this machine and log what they do"},
	{"bugtool", cmd_bugtool, "Pack what a report of a bug should have into an archive"},
	{"check-cluster", cmd_check_cluster, "Check that every node of a cluster has an agent that reports"},
	{"events", cmd_events, "Print events of the running agent or of a log, filtered, for people or programs"},
	{"export-stdout", cmd_export_stdout,
	 "Copy the agent's log to standard output, as its pod's second container does"},
	{"operator", cmd_operator, "Sum up in each policy's status what the nodes of a cluster say of it"},
	{"policy", cmd_policy, "Check and explain policies, and list those of the running agent"},
	{"status", cmd_status, "Print what the running agent says of itself"},
	{"version", cmd_version, "Print the versions of the agent and of its libraries"},
};

static const struct command *main_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static void main_print_usage(FILE *out)
{
	fprintf(out,
		"Usage: trigon COMMAND [OPTION...]\n\n"
		"Trigon " TRIGON_VERSION " watches the processes of a Linux machine with eBPF and writes one line of "
		"JSON each.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "  %-13s %s\n\n", "help", "Show this text, or with the name of a command its options");
	fprintf(out, "Exit codes: 0 all is well, 1 it did not work, 2 wrong usage.\n");
}

static int main_unknown(const char *name)
{
	struct suggestion suggestion = {0};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		suggest_offer(&suggestion, name, strlen(name), commands[i].name);
	fprintf(stderr, "trigon: unknown command \"%.64s\"", name);
	if (suggestion.name)
		fprintf(stderr, "; did you mean %s?", suggestion.name);
	fprintf(stderr, "\nTry 'trigon --help'.\n");
	return EXIT_CODE_USAGE;
}

/* trigon help [COMMAND] */
static int main_help(int argc, char **argv)
{
	char help[] = "--help";
	const struct command *command;

	if (argc < 2) {
		main_print_usage(stdout);
		return EXIT_CODE_OK;
	}
	command = main_find(argv[1]);
	if (!command)
		return main_unknown(argv[1]);
	return command->run(2, (char *[]){argv[1], help, NULL});
}

static bool main_is(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

static int main_dispatch(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		main_print_usage(stderr);
		return EXIT_CODE_USAGE;
	}
	if (main_is(argv[1], (const char *const[]){"help", "--help", "-h", NULL}))
		return main_help(argc - 1, argv + 1);
	if (main_is(argv[1], (const char *const[]){"--version", "-V", NULL}))
		return cmd_version(argc - 1, argv + 1);
	command = main_find(argv[1]);
	return command ? command->run(argc - 1, argv + 1) : main_unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int code = main_dispatch(argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (errno != EPIPE) /* the reader has seen enough: `trigon help | head -1` */
			fprintf(stderr, "trigon: cannot write standard output: %s\n", strerror(errno));
		return code != EXIT_CODE_OK ? code : EXIT_CODE_FAILURE;
	}
	return code;
}
