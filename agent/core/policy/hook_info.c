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
	for (size_t i = 0; i < ARRAY_SIZE(info->tags); i++)
		free(info->tags[i]);
	for (size_t i = 0; i < ARRAY_SIZE(info->args); i++)
		free(info->args[i].label);
	free(info->return_arg.label);
	free(info);
}

struct hook_table *hook_table_new(void)
{
	return calloc(1, sizeof(struct hook_table));
}

struct hook_table *hook_table_free(struct hook_table *table)
{
	for (uint32_t i = 0; table && i < table->used; i++)
		hook_info_free(table->entries[i].info);
	free(table);
	return NULL;
}

uint32_t hook_table_publish(struct hook_table *table, struct hook_info *info)
{
	assert(info->arg_count <= ARRAY_SIZE(info->args) && info->tag_count <= ARRAY_SIZE(info->tags));
	for (uint32_t i = 0; i < HOOK_NUMBER_MAX; i++) {
		uint32_t at = (table->next + i) % HOOK_NUMBER_MAX;
		struct entry *entry = &table->entries[at];

		if (__atomic_load_n(&entry->info, __ATOMIC_ACQUIRE))
			continue;
		table->next = (at + 1) % HOOK_NUMBER_MAX;
		if (at >= table->used)
			__atomic_store_n(&table->used, at + 1, __ATOMIC_RELEASE);
		__atomic_store_n(&entry->info, info, __ATOMIC_RELEASE);
		return at + 1;
	}
	return 0;
}

void hook_table_withdraw(struct hook_table *table, uint32_t number, uint64_t now_ns)
{
	struct entry *entry;

	assert(number >= 1 && number <= HOOK_NUMBER_MAX);
	entry = &table->entries[number - 1];
	assert(entry->info && !__atomic_load_n(&entry->withdrawn_at_ns, __ATOMIC_RELAXED));
	__atomic_store_n(&entry->withdrawn_at_ns, MAX(now_ns, 1u), __ATOMIC_RELEASE);
	__atomic_fetch_add(&table->withdrawn, 1, __ATOMIC_RELEASE);
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
