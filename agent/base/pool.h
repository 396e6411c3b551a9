/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Memory for what comes and goes in great numbers: a block that was given back is kept for the next one of its size, in
 * steps of 16 bytes, until all that are kept have POOL_KEPT_MAX bytes. Blocks above POOL_BLOCK_MAX are not kept.
 * A pool is used by one thread; a zeroed one is empty. Under AddressSanitizer blocks that are kept are poisoned.
 */
#include <stddef.h>

#define POOL_STEP_BYTES 16
#define POOL_BLOCK_MAX 2048
#define POOL_KEPT_MAX (1 << 20)

struct pool {
	struct pool_block *kept[POOL_BLOCK_MAX / POOL_STEP_BYTES + 1]; /* by size */
	size_t kept_bytes;
};

/* Not zeroed. NULL without memory. */
void *pool_take(struct pool *pool, size_t size);
/* `size` is what it was taken with. Accepts NULL. */
void pool_give(struct pool *pool, void *block, size_t size);
/* Frees what is kept. */
void pool_done(struct pool *pool);
