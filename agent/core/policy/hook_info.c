// SPDX-License-Identifier: Apache-2.0
#include "core/policy/hook_info.h"

#include <assert.h>
#include <stdlib.h>

#include "base/util.h"

/*
 * Two threads, no lock. An entry's `info` is NULL while it is free. The control
 * thread makes it non-NULL (publish) and marks it (withdraw); the data thread
 * alone makes it NULL again (collect), which is what hands the entry back.
 */
struct entry {
	struct hook_info *info;
	uint64_t withdrawn_at_ns; /* 0: in use */
	uint32_t function;        /* position in info->functions; the entry of the first one owns the info */
};

struct hook_table {
	uint32_t next;      /* where the control thread looks first: the entry that was used longest ago */
	uint32_t used;      /* no entry at or above it was ever used */
	uint32_t withdrawn; /* waiting for collect */
	struct entry entries[HOOK_NUMBER_MAX];
};

void hook_info_free(struct hook_info *info)
{
	if (!info)
		return;
	free(info->policy_name);
	free(info->function_name);
	free(info->subsystem);
	free(info->event);
	free(info->message);
	for (size_t i = 0; i < info->function_count; i++)
		free(info->functions[i]);
	free(info->functions);
	for (size_t i = 0; i < ARRAY_SIZE(info->tags); i++)
		free(info->tags[i]);
	for (size_t i = 0; i < ARRAY_SIZE(info->args); i++)
		free(info->args[i].label);
	free(info->return_arg.label);
	free(info);
}

const char *hook_info_function(const struct hook_info *info, uint32_t position)
{
	if (info->function_count == 0)
		return info->function_name;
	return position < info->function_count ? info->functions[position] : NULL;
}

struct hook_table *hook_table_new(void)
{
	return calloc(1, sizeof(struct hook_table));
}

struct hook_table *hook_table_free(struct hook_table *table)
{
	for (uint32_t i = 0; table && i < table->used; i++)
		if (table->entries[i].function == 0)
			hook_info_free(table->entries[i].info);
	free(table);
	return NULL;
}

/* How many numbers the info has. */
static uint32_t numbers_of(const struct hook_info *info)
{
	return info->function_count ? (uint32_t)info->function_count : 1;
}

/* Where `count` entries in a row are free, from `at` on; HOOK_NUMBER_MAX: nowhere. */
static uint32_t find_room(const struct hook_table *table, uint32_t at, uint32_t count)
{
	uint32_t found = 0;

	for (; at < HOOK_NUMBER_MAX && found < count; at++)
		found = __atomic_load_n(&table->entries[at].info, __ATOMIC_ACQUIRE) ? 0 : found + 1;
	return found == count ? at - count : HOOK_NUMBER_MAX;
}

uint32_t hook_table_publish(struct hook_table *table, struct hook_info *info)
{
	uint32_t count = numbers_of(info), first;

	assert(info->arg_count <= ARRAY_SIZE(info->args) && info->tag_count <= ARRAY_SIZE(info->tags));
	first = find_room(table, table->next, count);
	if (first == HOOK_NUMBER_MAX)
		first = find_room(table, 0, count);
	if (first == HOOK_NUMBER_MAX)
		return 0;
	table->next = (first + count) % HOOK_NUMBER_MAX;
	if (first + count > table->used)
		__atomic_store_n(&table->used, first + count, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < count; i++) {
		table->entries[first + i].function = i;
		__atomic_store_n(&table->entries[first + i].info, info, __ATOMIC_RELEASE);
	}
	return first + 1;
}

void hook_table_withdraw(struct hook_table *table, uint32_t number, uint64_t now_ns)
{
	struct entry *first;
	uint32_t count;

	assert(number >= 1 && number <= HOOK_NUMBER_MAX);
	first = &table->entries[number - 1];
	assert(first->info && first->function == 0);
	assert(!__atomic_load_n(&first->withdrawn_at_ns, __ATOMIC_RELAXED));
	count = numbers_of(first->info);
	/* the first one last: with it, collect frees the info, and then finds all the others withdrawn */
	for (uint32_t i = count; i-- > 0;)
		__atomic_store_n(&first[i].withdrawn_at_ns, MAX(now_ns, 1u), __ATOMIC_RELEASE);
	__atomic_fetch_add(&table->withdrawn, count, __ATOMIC_RELEASE);
}

void hook_table_collect(struct hook_table *table, uint64_t now_ns)
{
	uint32_t used = __atomic_load_n(&table->used, __ATOMIC_ACQUIRE);

	if (!__atomic_load_n(&table->withdrawn, __ATOMIC_ACQUIRE))
		return;
	for (uint32_t i = 0; i < used; i++) {
		struct entry *entry = &table->entries[i];
		uint64_t withdrawn_at_ns = __atomic_load_n(&entry->withdrawn_at_ns, __ATOMIC_ACQUIRE);

		if (!withdrawn_at_ns || now_ns < withdrawn_at_ns || now_ns - withdrawn_at_ns <= HOOK_GRACE_NS)
			continue;
		if (entry->function == 0)
			hook_info_free(entry->info);
		__atomic_store_n(&entry->withdrawn_at_ns, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&entry->info, NULL, __ATOMIC_RELEASE);
		__atomic_fetch_sub(&table->withdrawn, 1, __ATOMIC_RELEASE);
	}
}

const struct hook_info *hook_table_find(const struct hook_table *table, uint32_t number)
{
	if (number < 1 || number > HOOK_NUMBER_MAX)
		return NULL;
	return __atomic_load_n(&table->entries[number - 1].info, __ATOMIC_ACQUIRE);
}

uint32_t hook_table_function(const struct hook_table *table, uint32_t number)
{
	return hook_table_find(table, number) ? table->entries[number - 1].function : 0;
}
