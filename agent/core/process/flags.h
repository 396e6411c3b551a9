/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PROCESS_FLAG_* and the `flags` string of an event: names separated by one
 * space, lowest bit first (events.md 4.1).
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* Appends the names; PROCESS_FLAG_UNKNOWN stands alone. Bits without a name are ignored. */
void flags_append(struct buffer *buffer, uint32_t flags);

/* The name of one bit, by its number; NULL: it has none. */
const char *flags_name(unsigned int bit);

/* The reverse, for names in any order, separated by single spaces; "" is 0. 0, or -EINVAL for a name that is none. */
int flags_parse(struct bytes text, uint32_t *ret_flags);
