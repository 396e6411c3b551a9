// SPDX-License-Identifier: Apache-2.0
#include "core/symbols/symbol_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define SYMBOLS_FIRST 1024
#define NAMES_FIRST 32768
#define NAMES_MAX (64u << 20) /* bytes: what a 32-bit offset reaches, and more than any kernel has */

struct entry {
	uint64_t address;
	uint32_t size; /* 0: unknown */
	uint32_t name; /* offset in names */
};

struct symbol_table {
	size_t maximum, count, capacity;
	struct entry *entries;
	size_t names_length, names_capacity;
	char *names; /* each with its NUL */
};

struct symbol_table *symbol_table_new(size_t maximum)
{
	struct symbol_table *table = calloc(1, sizeof(*table));

	if (table)
		table->maximum = maximum;
	return table;
}

struct symbol_table *symbol_table_free(struct symbol_table *table)
{
	if (!table)
		return NULL;
	free(table->entries);
	free(table->names);
	free(table);
	return NULL;
}

static int grow(struct symbol_table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : SYMBOLS_FIRST;
	struct entry *entries;

	if (table->count < table->capacity)
		return 0;
	entries = reallocarray(table->entries, capacity, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	table->entries = entries;
	table->capacity = capacity;
	return 0;
}

static int grow_names(struct symbol_table *table, size_t length)
{
	size_t capacity = table->names_capacity ? table->names_capacity * 2 : NAMES_FIRST;
	char *names;

	if (table->names_length + length <= table->names_capacity)
		return 0;
	if (capacity > NAMES_MAX)
		return -E2BIG;
	names = realloc(table->names, capacity); /* NAMES_FIRST and each doubling have room for any name */
	if (!names)
		return -ENOMEM;
	table->names = names;
	table->names_capacity = capacity;
	return 0;
}

int symbol_table_add(struct symbol_table *table, uint64_t address, uint64_t size, struct bytes name)
{
	size_t length = MIN(name.length, (size_t)SYMBOL_NAME_MAX);
	int r;

	if (table->count >= table->maximum)
		return -E2BIG;
	r = grow(table);
	if (r >= 0)
		r = grow_names(table, length + 1);
	if (r < 0)
		return r;
	table->entries[table->count++] = (struct entry){
		.address = address,
		.size = (uint32_t)MIN(size, (uint64_t)UINT32_MAX),
		.name = (uint32_t)table->names_length,
	};
	memcpy(table->names + table->names_length, name.data, length);
	table->names[table->names_length + length] = '\0';
	table->names_length += length + 1;
	return 0;
}

/* The names are in the order in which they were added. */
static int compare(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;

	if (first->address != second->address)
		return first->address < second->address ? -1 : 1;
	return first->name < second->name ? -1 : 1;
}

void symbol_table_sort(struct symbol_table *table)
{
	struct entry *entries;
	char *names;

	if (!table->count)
		return;
	qsort(table->entries, table->count, sizeof(*table->entries), compare);
	/* what was too much goes back; if that fails, it stays */
	entries = reallocarray(table->entries, table->count, sizeof(*entries));
	if (entries) {
		table->entries = entries;
		table->capacity = table->count;
	}
	names = realloc(table->names, table->names_length);
	if (names) {
		table->names = names;
		table->names_capacity = table->names_length;
	}
}

/* The number of entries whose address is not above. */
static size_t count_up_to(const struct symbol_table *table, uint64_t address)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool symbol_table_find(const struct symbol_table *table, uint64_t address, struct bytes *ret_name, uint64_t *ret_offset)
{
	size_t at = count_up_to(table, address);
	const struct entry *entry;
	uint64_t offset;

	if (at == 0)
		return false;
	entry = &table->entries[--at];
	for (; at > 0 && table->entries[at - 1].address == entry->address; at--)
		entry = &table->entries[at - 1];
	offset = address - entry->address;
	if (offset >= (entry->size ? entry->size : SYMBOL_REACH_MAX))
		return false;
	*ret_name = (struct bytes){table->names + entry->name, strlen(table->names + entry->name)};
	*ret_offset = offset;
	return true;
}

size_t symbol_table_count(const struct symbol_table *table)
{
	return table->count;
}

size_t symbol_table_bytes(const struct symbol_table *table)
{
	return sizeof(*table) + table->capacity * sizeof(*table->entries) + table->names_capacity;
}
