/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The subcommands, each in the file of its name. argv[0] is the subcommand's
 * name. They return the exit code of the program.
 */

enum {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILURE = 1, /* it was asked rightly and did not work; said on standard error */
	EXIT_CODE_USAGE = 2,   /* a wrong flag, value or operand; said on standard error */
};

int cmd_agent(int argc, char **argv);
int cmd_bugtool(int argc, char **argv);
int cmd_check_cluster(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_export_stdout(int argc, char **argv);
int cmd_operator(int argc, char **argv);
int cmd_policy(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* Which commit this was built from; only version.c knows. */
const char *version_commit(void);
