// SPDX-License-Identifier: Apache-2.0
#include "core/kube/name_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"

#define BUCKETS 16384

struct name {
	char *text; /* owned; NULL: this number is free */
	size_t length;
	uint64_t hash;
	uint32_t references;
	uint32_t next; /* in its bucket, or of the free ones; NAME_POOL_NONE: the last */
	void *user;
};

struct name_pool {
	struct name *names; /* by number; 0 is not used */
	uint32_t used, capacity, count_max;
	uint32_t free; /* the first free number below `used` */
	size_t bytes_max;
	struct name_pool_stats stats;
	uint32_t buckets[BUCKETS];
};

struct name_pool *name_pool_new(uint32_t count_max, size_t bytes_max)
{
	struct name_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->used = 1;
	pool->count_max = count_max;
	pool->bytes_max = bytes_max;
	return pool;
}

struct name_pool *name_pool_free(struct name_pool *pool)
{
	if (!pool)
		return NULL;
	for (uint32_t i = 1; i < pool->used; i++)
		free(pool->names[i].text);
	free(pool->names);
	free(pool);
	return NULL;
}

static uint32_t find(const struct name_pool *pool, uint64_t hash, const char *text, size_t length)
{
	uint32_t number = pool->buckets[hash % BUCKETS];

	for (; number; number = pool->names[number].next) {
		const struct name *name = &pool->names[number];

		if (name->hash == hash && name->length == length && memcmp(name->text, text, length) == 0)
			break;
	}
	return number;
}

/* NAME_POOL_NONE: no memory. */
static uint32_t take_number(struct name_pool *pool)
{
	uint32_t number = pool->free;

	if (number) {
		pool->free = pool->names[number].next;
		return number;
	}
	if (pool->used >= pool->capacity) {
		uint32_t capacity = MAX(2 * pool->capacity, 64u);
		struct name *grown = reallocarray(pool->names, capacity, sizeof(*grown));

		if (!grown)
			return NAME_POOL_NONE;
		pool->names = grown;
		pool->capacity = capacity;
	}
	return pool->used++;
}

static void give_number(struct name_pool *pool, uint32_t number)
{
	pool->names[number] = (struct name){.next = pool->free};
	pool->free = number;
}

static uint32_t add(struct name_pool *pool, uint64_t hash, const char *text, size_t length)
{
	uint32_t number;
	char *copy;

	if (pool->stats.count == pool->count_max || length > pool->bytes_max - pool->stats.bytes)
		return NAME_POOL_NONE;
	number = take_number(pool);
	copy = number ? malloc(length + 1) : NULL;
	if (number && !copy)
		give_number(pool, number);
	if (!copy)
		return NAME_POOL_NONE;
	memcpy(copy, text, length); /* there may be NULs in it */
	copy[length] = '\0';
	pool->names[number] =
		(struct name){.text = copy, .length = length, .hash = hash, .next = pool->buckets[hash % BUCKETS]};
	pool->buckets[hash % BUCKETS] = number;
	pool->stats.count++;
	pool->stats.bytes += length;
	return number;
}

uint32_t name_pool_ref(struct name_pool *pool, const char *text, size_t length)
{
	uint64_t hash = hash_bytes(HASH_BEGIN, text, length);
	uint32_t number = find(pool, hash, text, length);

	if (!number)
		number = add(pool, hash, text, length);
	if (number)
		pool->names[number].references++;
	else
		pool->stats.refused++;
	return number;
}

void name_pool_unref(struct name_pool *pool, uint32_t number)
{
	struct name *name = &pool->names[number];
	uint32_t *link;

	if (!number || --name->references)
		return;
	link = &pool->buckets[name->hash % BUCKETS];
	while (*link != number)
		link = &pool->names[*link].next;
	*link = name->next;
	pool->stats.count--;
	pool->stats.bytes -= name->length;
	free(name->text);
	give_number(pool, number);
}

const char *name_pool_text(const struct name_pool *pool, uint32_t number)
{
	return number ? pool->names[number].text : "";
}

void name_pool_attach(struct name_pool *pool, uint32_t number, void *user)
{
	pool->names[number].user = user;
}

void *name_pool_attached(const struct name_pool *pool, uint32_t number)
{
	return pool->names[number].user;
}

struct name_pool_stats name_pool_stats(const struct name_pool *pool)
{
	return pool->stats;
}
