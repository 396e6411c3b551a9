/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * `message` and `tags` as events have them: as between the quotes of a string
 * of Go (tracingpolicy.md section 15), `"` and `\` escaped, what is not
 * printable as \n, \x1b or \u202e. The encoder escapes that once more.
 */
#include <stddef.h>

/* A new string; NULL without memory. `text` is of any bytes; a character that its end cuts is shown by its bytes. */
char *quote_new(const char *text, size_t length);
