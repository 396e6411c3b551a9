// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>

#include "base/util.h"

struct pool_block {
	struct pool_block *next;
};

/* Sizes that leave malloc() nothing to round up: 8 bytes less than a multiple of 16, those of its header. */
static size_t class_of(size_t size)
{
	return (size + 7) / POOL_STEP_BYTES;
}

static size_t class_bytes(size_t class)
{
	return class * POOL_STEP_BYTES + 8;
}

static struct pool_block *unlink_first(struct pool *pool, size_t class)
{
	struct pool_block *block = pool->kept[class];

	ASAN_UNPOISON_MEMORY_REGION(block, class_bytes(class));
	pool->kept[class] = block->next;
	pool->kept_bytes -= class_bytes(class);
	return block;
}

void *pool_take(struct pool *pool, size_t size)
{
	size_t class = class_of(size);

	if (size > POOL_BLOCK_MAX)
		return malloc(size);
	return pool->kept[class] ? unlink_first(pool, class) : malloc(class_bytes(class));
}

void pool_give(struct pool *pool, void *block, size_t size)
{
	size_t class = class_of(size);
	struct pool_block *kept = block;

	if (!block || size > POOL_BLOCK_MAX || pool->kept_bytes + class_bytes(class) > POOL_KEPT_MAX) {
		free(block);
		return;
	}
	kept->next = pool->kept[class];
	pool->kept[class] = kept;
	pool->kept_bytes += class_bytes(class);
	/* not the pointer: LeakSanitizer follows none in poisoned memory */
	ASAN_POISON_MEMORY_REGION(kept + 1, class_bytes(class) - sizeof(*kept));
}

void pool_done(struct pool *pool)
{
	for (size_t class = 0; class < ARRAY_SIZE(pool->kept); class ++)
		while (pool->kept[class])
			free(unlink_first(pool, class));
}
