/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A command line against a table of options. `--name value`, `--name=value`,
 * `--flag`, `--flag=false`, `-o value`, `-o=value`, `-ovalue`; `--` ends the
 * options. Operands, between options too, where the table takes them; no abbreviations. The last of a repeated option
 * counts, lists grow.
 */
#include <stdint.h>

#include "core/config/option_value.h"

enum {
	OPTION_PARSE_HELP = 1, /* --help or -h: nothing after it was looked at */
};

/*
 * argv[0] is the command and is skipped. Bit n of `ret_given` says that row n
 * was given. 0, OPTION_PARSE_HELP, -EINVAL or -ENOMEM with `ret_error`. On failure the destinations that
 * came before hold their new values; option_table_clear() frees them.
 */
int option_parse(const struct option_table *table, int argc, char *const *argv, void *base, uint64_t *ret_given,
		 struct option_error *ret_error);
