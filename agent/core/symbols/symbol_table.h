/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Functions by address: filled, sorted once, then searched. 16 bytes and the name for each. */
#include "core/process/process.h"

/* A symbol of unknown size ends where the next begins, and here at the latest: what lies behind it is not it. */
#define SYMBOL_REACH_MAX 16384
#define SYMBOL_NAME_MAX 511 /* bytes; longer names are cut */

struct symbol_table;

/* NULL: no memory. Takes up to `maximum` symbols. */
struct symbol_table *symbol_table_new(size_t maximum);
struct symbol_table *symbol_table_free(struct symbol_table *table);
/* `size` 0: unknown. 0, -E2BIG when it is full, -ENOMEM. */
int symbol_table_add(struct symbol_table *table, uint64_t address, uint64_t size, struct bytes name);
/* After the last one. */
void symbol_table_sort(struct symbol_table *table);
/* The function at the address; of several names the one that was added first. The name lives as long as the table. */
bool symbol_table_find(const struct symbol_table *table, uint64_t address, struct bytes *ret_name,
		       uint64_t *ret_offset);
size_t symbol_table_count(const struct symbol_table *table);
size_t symbol_table_bytes(const struct symbol_table *table); /* of memory */
