/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The options of a subcommand: defaults, then the files of --config-dir if the
 * table has such a row, then the command line, which wins. Prints --help on
 * standard output and what is wrong on standard error, with a remedy.
 *
 * --config-dir DIR is a mounted ConfigMap: one file per flag, named as the
 * flag without its dashes, holding the value; one newline at its end is not part of
 * it. Names that start with ".." are Kubernetes' own and are skipped, symbolic links are
 * followed. An empty file is the empty value: fine for strings and lists, an
 * error for all else, also for a bool.
 */
#include "core/config/option_value.h"

#define OPTIONS_CONFIG_FILE_MAX 65536 /* bytes of one file in --config-dir */
#define OPTIONS_CONFIG_DIR_ROW "config-dir"

enum {
	OPTIONS_HELP_SHOWN = 1, /* end with exit code 0 */
};

/*
 * Fills `base`, which must be zeroed before, as `table` says. 0,
 * OPTIONS_HELP_SHOWN, -EINVAL (said on standard error) or -ENOMEM (said too).
 * Whatever it returns, free with option_table_clear().
 */
int options_read(const struct option_table *table, int argc, char *const *argv, void *base);

/* The exit code for what options_read() returned when that is not 0: 0, 2 for usage, 1 for anything else. */
int options_exit_code(int result);

/* Says `error` on standard error as options_read() does: "COMMAND: ...", and where to find help. Returns -EINVAL. */
int options_complain(const struct option_table *table, const struct option_error *error);
