// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static void test_kept_block_serves_its_size(void)
{
	struct pool pool = {0};
	char *block = pool_take(&pool, 73), *other;

	CHECK(block);
	memset(block, 1, 73);
	pool_give(&pool, block, 73);
	CHECK_EQ(pool.kept_bytes, 88);
	other = pool_take(&pool, 72); /* a step less */
	CHECK(other != block);
	CHECK(pool_take(&pool, 88) == block);
	memset(block, 2, 88);
	CHECK_EQ(pool.kept_bytes, 0);
	pool_give(&pool, block, 88);
	pool_give(&pool, other, 72);
	CHECK(pool_take(&pool, 57) == other);
	pool_give(&pool, other, 57);
	pool_done(&pool);
	CHECK_EQ(pool.kept_bytes, 0);
}

static void test_large_blocks_are_not_kept(void)
{
	struct pool pool = {0};
	char *block = pool_take(&pool, POOL_BLOCK_MAX), *larger = pool_take(&pool, POOL_BLOCK_MAX + 1);

	memset(larger, 1, POOL_BLOCK_MAX + 1);
	pool_give(&pool, larger, POOL_BLOCK_MAX + 1);
	CHECK_EQ(pool.kept_bytes, 0);
	pool_give(&pool, block, POOL_BLOCK_MAX);
	CHECK_EQ(pool.kept_bytes, POOL_BLOCK_MAX + 8);
	pool_give(&pool, NULL, 1);
	CHECK_EQ(pool.kept_bytes, POOL_BLOCK_MAX + 8);
	pool_done(&pool);
}

static void test_what_is_kept_is_bounded(void)
{
	enum {
		COUNT = POOL_KEPT_MAX / (1024 + 8)
	};
	static char *blocks[COUNT + 1];
	struct pool pool = {0};

	for (size_t i = 0; i <= COUNT; i++)
		blocks[i] = pool_take(&pool, 1024);
	for (size_t i = 0; i <= COUNT; i++)
		pool_give(&pool, blocks[i], 1024);
	CHECK_EQ(pool.kept_bytes, COUNT * (1024 + 8));
	CHECK(pool_take(&pool, 1024) == blocks[COUNT - 1]);
	pool_give(&pool, blocks[COUNT - 1], 1024);
	pool_done(&pool);
}

int main(void)
{
	RUN(test_kept_block_serves_its_size);
	RUN(test_large_blocks_are_not_kept);
	RUN(test_what_is_kept_is_bounded);
	return test_end();
}
