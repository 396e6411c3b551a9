/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Strings from outside on a terminal: what could move the cursor, change
 * colours, hide or reorder text (escape sequences, C1 controls, bidirectional
 * and invisible characters, broken UTF-8) is written as Go writes it in a
 * quoted string: \n, \x1b, \u202e.
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* As it is but for the unprintable: for text that holds spaces by nature, such as arguments. */
void display_text(struct buffer *buffer, struct bytes text);

/* The same; put between double quotes, with `"` and `\` escaped, if it has a space or anything unprintable. */
void display_word(struct buffer *buffer, struct bytes text);

/* The same between double quotes that the caller writes: with `"` and `\` escaped in any case. */
void display_quoted(struct buffer *buffer, struct bytes text);

/* Bytes that one byte of input gives at most, and what the quotes take. */
#define DISPLAY_GROWTH_MAX 4
#define DISPLAY_QUOTES 2

/* Terminal columns of what was written in UTF-8; SGR sequences (colours) count as none, emoji as two. */
size_t display_columns(const char *data, size_t length);
