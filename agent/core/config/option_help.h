/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The text of --help from a table of options: aligned, wrapped at OPTION_HELP_COLUMNS, with the defaults. */
#include "base/buffer.h"
#include "core/config/option_value.h"

#define OPTION_HELP_COLUMNS 100

/* Appends the text, newline at its end; the caller looks at `is_full`. */
void option_help_append(const struct option_table *table, struct buffer *buffer);
/* One paragraph with every line after the first indented, wrapped at OPTION_HELP_COLUMNS; `column` is where it starts.
 */
void option_help_append_wrapped(struct buffer *buffer, const char *text, size_t column, size_t indent);
