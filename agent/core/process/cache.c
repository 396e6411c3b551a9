// SPDX-License-Identifier: Apache-2.0
#include "core/process/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/util.h"

#define BUCKETS_FIRST 1024
#define BUCKETS_MAX 65536

static struct pool processes;

struct process *process_new(void)
{
	struct process *process = pool_take(&processes, sizeof(*process));

	if (process)
		*process = (struct process){.ref_count = 1};
	return process;
}

struct process *process_ref(struct process *process)
{
	if (process)
		process->ref_count++;
	return process;
}

/* Iterative: a chain of parents may be long. */
struct process *process_unref(struct process *process)
{
	while (process && --process->ref_count == 0) {
		struct process *parent = process->parent;

		image_unref(process->image);
		pool_give(&processes, process, sizeof(*process));
		process = parent;
	}
	return NULL;
}

static size_t bucket_of(const struct process_cache *cache, uint32_t pid)
{
	return (pid * 2654435761u) & (cache->bucket_count - 1); /* Knuth's multiplicative hash; pids are dense */
}

int process_cache_init(struct process_cache *cache, size_t maximum)
{
	struct process **buckets = calloc(BUCKETS_FIRST, sizeof(struct process *));

	if (!buckets)
		return -ENOMEM;
	*cache = (struct process_cache){.buckets = buckets, .bucket_count = BUCKETS_FIRST, .maximum = maximum};
	return 0;
}

static void list_append(struct process **first, struct process **last, struct process *process)
{
	process->list_next = NULL;
	process->list_previous = *last;
	*(*last ? &(*last)->list_next : first) = process;
	*last = process;
}

static void list_remove(struct process **first, struct process **last, struct process *process)
{
	*(process->list_previous ? &process->list_previous->list_next : first) = process->list_next;
	*(process->list_next ? &process->list_next->list_previous : last) = process->list_previous;
	process->list_previous = process->list_next = NULL;
}

/* --- by age */

static void age_append(struct process_cache *cache, struct process *process)
{
	process->age_next = NULL;
	process->age_previous = cache->age_last;
	*(cache->age_last ? &cache->age_last->age_next : &cache->age_first) = process;
	cache->age_last = process;
}

static void walk_around(struct process_walk *walk, const struct process *process)
{
	if (walk->next == process && walk->last == process)
		walk->next = walk->last = NULL;
	else if (walk->next == process)
		walk->next = process->age_next;
	else if (walk->last == process)
		walk->last = process->age_previous;
}

static void age_remove(struct process_cache *cache, struct process *process)
{
	for (struct process_walk *walk = cache->walks; walk; walk = walk->other)
		walk_around(walk, process);
	*(process->age_previous ? &process->age_previous->age_next : &cache->age_first) = process->age_next;
	*(process->age_next ? &process->age_next->age_previous : &cache->age_last) = process->age_previous;
	process->age_previous = process->age_next = NULL;
}

void process_cache_begin_walk(struct process_cache *cache, struct process_walk *walk)
{
	*walk = (struct process_walk){.next = cache->age_first, .last = cache->age_last, .other = cache->walks};
	cache->walks = walk;
}

struct process *process_cache_walk(struct process_walk *walk)
{
	struct process *process = walk->next;

	if (!process || process == walk->last)
		walk->next = walk->last = NULL;
	else
		walk->next = process->age_next;
	return process;
}

void process_cache_end_walk(struct process_cache *cache, struct process_walk *walk)
{
	struct process_walk **link = &cache->walks;

	while (*link != walk)
		link = &(*link)->other;
	*link = walk->other;
}

/* --- the table */

/* False when it was not in the table: a replaced incarnation. */
static bool table_remove(struct process_cache *cache, struct process *process)
{
	struct process **link = &cache->buckets[bucket_of(cache, process->pid)];

	for (; *link; link = &(*link)->hash_next) {
		if (*link != process)
			continue;
		*link = process->hash_next;
		process->hash_next = NULL;
		return true;
	}
	return false;
}

static void table_insert(struct process_cache *cache, struct process *process)
{
	struct process **bucket = &cache->buckets[bucket_of(cache, process->pid)];

	process->hash_next = *bucket;
	*bucket = process;
}

/* Without memory the table stays as it is and its chains grow. */
static void table_grow(struct process_cache *cache)
{
	struct process **old = cache->buckets, **buckets;
	size_t old_count = cache->bucket_count;

	if (old_count >= BUCKETS_MAX || cache->stats.live + cache->stats.retired < old_count)
		return;
	buckets = calloc(old_count * 2, sizeof(struct process *));
	if (!buckets)
		return;
	cache->buckets = buckets;
	cache->bucket_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++) {
		while (old[i]) {
			struct process *process = old[i];

			old[i] = process->hash_next;
			table_insert(cache, process);
		}
	}
	free(old);
}

static bool is_retired(const struct process *process)
{
	return process->retired_at_ns != 0;
}

void process_cache_remove(struct process_cache *cache, struct process *process)
{
	struct process *parent;

	table_remove(cache, process);
	if (is_retired(process)) {
		list_remove(&cache->retired_first, &cache->retired_last, process);
		cache->stats.retired--;
	} else {
		list_remove(&cache->live_first, &cache->live_last, process);
		age_remove(cache, process);
		cache->stats.live--;
	}
	/* What a child still refers to tells of what is above it as long as that runs: no chain of the gone grows. */
	process->is_gone = true;
	while ((parent = process->parent) && parent->is_gone) {
		process->parent = process_ref(parent->parent);
		process_unref(parent);
	}
	process_unref(process);
}

void process_cache_done(struct process_cache *cache)
{
	if (!cache->buckets)
		return;
	while (cache->live_first)
		process_cache_remove(cache, cache->live_first);
	while (cache->retired_first)
		process_cache_remove(cache, cache->retired_first);
	free(cache->buckets);
	*cache = (struct process_cache){0};
}

static bool is_same_start(struct process *process, uint64_t start_ns)
{
	if (process->start_boot_ns == start_ns)
		return true;
	if (process->is_exact_start || process->start_boot_ns / PROCESS_TICK_NS != start_ns / PROCESS_TICK_NS)
		return false;
	process->start_boot_ns = start_ns;
	process->is_exact_start = true;
	return true;
}

struct process *process_cache_find(struct process_cache *cache, uint32_t pid, uint64_t start_ns)
{
	struct process *process = cache->buckets[bucket_of(cache, pid)];

	for (; process; process = process->hash_next) {
		if (process->pid != pid || !is_same_start(process, start_ns))
			continue;
		if (!is_retired(process) && process != cache->live_last) {
			list_remove(&cache->live_first, &cache->live_last, process);
			list_append(&cache->live_first, &cache->live_last, process);
		}
		return process;
	}
	return NULL;
}

struct process *process_cache_find_at(const struct process_cache *cache, uint32_t pid, uint64_t boot_ns)
{
	struct process *process = cache->buckets[bucket_of(cache, pid)], *found = NULL;

	for (; process; process = process->hash_next)
		if (process->pid == pid && process->start_boot_ns <= boot_ns &&
		    (!found || process->start_boot_ns > found->start_boot_ns))
			found = process;
	return found;
}

static void evict_retired(struct process_cache *cache)
{
	cache->stats.evicted_retired++;
	process_cache_remove(cache, cache->retired_first);
}

void process_cache_add(struct process_cache *cache, struct process *process)
{
	assert(process->image);
	if (cache->stats.live + cache->stats.retired >= cache->maximum) {
		if (cache->retired_first) {
			evict_retired(cache);
		} else if (cache->live_first) {
			cache->stats.evicted_live++;
			process_cache_remove(cache, cache->live_first);
		}
	}
	table_grow(cache);
	table_insert(cache, process);
	list_append(&cache->live_first, &cache->live_last, process);
	age_append(cache, process);
	cache->stats.live++;
}

static void move_to_retired(struct process_cache *cache, struct process *process, uint64_t now_ns)
{
	assert(!is_retired(process));
	list_remove(&cache->live_first, &cache->live_last, process);
	age_remove(cache, process);
	cache->stats.live--;
	process->retired_at_ns = now_ns ? now_ns : 1;
	list_append(&cache->retired_first, &cache->retired_last, process);
	cache->stats.retired++;
	if (cache->stats.retired > MAX(cache->maximum / PROCESS_CACHE_RETIRED_SHARE, 16u))
		evict_retired(cache);
}

void process_cache_retire(struct process_cache *cache, struct process *process, uint64_t now_ns)
{
	process->is_exited = true;
	move_to_retired(cache, process, now_ns);
}

void process_cache_replace(struct process_cache *cache, struct process *process, uint64_t now_ns)
{
	table_remove(cache, process);
	if (!is_retired(process))
		move_to_retired(cache, process, now_ns);
}

void process_cache_expire(struct process_cache *cache, uint64_t now_ns)
{
	while (cache->retired_first && now_ns - cache->retired_first->retired_at_ns >= PROCESS_CACHE_GRACE_NS &&
	       now_ns > cache->retired_first->retired_at_ns)
		process_cache_remove(cache, cache->retired_first);
}
