/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The subcommands of `trigon policy` that have a file of their own. They return the program's exit code. */
int policy_explain_command(int argc, char **argv);
int policy_list_command(int argc, char **argv);
int policy_show_command(int argc, char **argv);
