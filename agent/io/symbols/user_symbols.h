/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is at an address of a process, by its mappings as they are now and the
 * symbols of the files that are mapped. A process that has ended has no mappings any more.
 */
#include "core/encode/symbolizer.h"

#define USER_FILES_MAX 16                  /* whose symbols are kept */
#define USER_FILES_BYTES_MAX (16ull << 20) /* of memory they take together */
#define USER_MAPPINGS_MAX 2048             /* executable ones of a process that count */

struct user_symbols;

struct user_symbols *user_symbols_new(const char *procfs); /* NULL: no memory */
struct user_symbols *user_symbols_free(struct user_symbols *user);
/* symbolizer.h; `ret` is valid until the next call, and its offset is that in the file. */
bool user_symbols_find(struct user_symbols *user, uint32_t pid, uint64_t address, struct symbol *ret);
