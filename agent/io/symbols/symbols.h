/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Names for the addresses of stack traces. Costs memory only while a policy asks
 * for stacks. One thread says what is wanted, another looks up.
 */
#include "core/encode/symbolizer.h"

struct symbols;

struct symbols *symbols_new(const char *procfs); /* NULL: no memory */
struct symbols *symbols_free(struct symbols *symbols);
/*
 * Reads the kernel's symbols if they are wanted and were not, and lets go of
 * what is wanted no more. Logs what cannot be had: stacks are without names then.
 */
void symbols_want(struct symbols *symbols, bool kernel, bool user);
/* For the encoder. */
const struct symbolizer *symbols_symbolizer(const struct symbols *symbols);
