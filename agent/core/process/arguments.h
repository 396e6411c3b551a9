/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The `arguments` string of events from an argv as the kernel has it, that is
 * strings each ended by a NUL, the last one possibly without. It is for
 * reading and searching, as it cannot be split again without doubt; the format
 * is Tetragon's, which existing filters expect (events.md section 4):
 *
 *  - argv[0] is not part of it; the others are joined by one space
 *  - one that contains a space is put between double quotes, whatever quotes
 *    are in it already
 *  - a space precedes every quoted argument, even where it is the first:
 *    `sh "a b"` gives ` "a b"`
 *  - empty ones at the start disappear; later ones leave their space, so that
 *    `a "" b` gives `a  b`
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* Bytes that an argv of `length` can give at most: ` " "` of a lone space without its NUL. */
#define ARGUMENTS_JOINED_MAX(length) (2 * (length) + 2)

/* Appends the string; is_full is set, and the rest of it left out, when it does not fit. */
void arguments_append(struct buffer *buffer, struct bytes argv);
