// SPDX-License-Identifier: Apache-2.0
#include "core/process/cache.h"

#include "test.h"

static struct process_cache cache;

static struct process *add(uint32_t pid, uint64_t start_ns, struct process *parent)
{
	const struct image fields = {0};
	const struct bytes nothing = {"", 0};
	struct process *process = process_new();

	process->image = image_new(&fields, nothing, nothing, nothing);
	process->pid = pid;
	process->start_boot_ns = start_ns;
	process->is_exact_start = true;
	process->parent = process_ref(parent);
	process_cache_add(&cache, process);
	return process;
}

static void test_identity_is_pid_and_start(void)
{
	struct process *first, *second;

	process_cache_init(&cache, 100);
	first = add(10, 1000, NULL);
	second = add(10, 2000, NULL);
	CHECK(process_cache_find(&cache, 10, 1000) == first);
	CHECK(process_cache_find(&cache, 10, 2000) == second);
	CHECK(process_cache_find(&cache, 10, 1001) == NULL);
	CHECK(process_cache_find(&cache, 11, 1000) == NULL);
	process_cache_done(&cache);
}

static void test_rounded_start_matches_within_its_tick_and_learns(void)
{
	const uint64_t tick = PROCESS_TICK_NS;
	struct process *process;

	process_cache_init(&cache, 100);
	process = add(10, 5 * tick, NULL);
	process->is_exact_start = false;
	CHECK(process_cache_find(&cache, 10, 6 * tick) == NULL);
	CHECK(process_cache_find(&cache, 10, 5 * tick - 1) == NULL);
	CHECK(process_cache_find(&cache, 10, 5 * tick + 7) == process);
	CHECK_EQ(process->start_boot_ns, 5 * tick + 7);
	CHECK(process_cache_find(&cache, 10, 5 * tick + 8) == NULL); /* exact from now on */
	process_cache_done(&cache);
}

static void test_retired_is_found_during_its_grace_time(void)
{
	struct process *process;

	process_cache_init(&cache, 100);
	process = add(10, 1000, NULL);
	process_cache_retire(&cache, process, 5000);
	CHECK_EQ(cache.stats.live, 0);
	CHECK_EQ(cache.stats.retired, 1);
	process_cache_expire(&cache, 5000 + PROCESS_CACHE_GRACE_NS - 1);
	CHECK(process_cache_find(&cache, 10, 1000) == process);
	process_cache_expire(&cache, 5000 + PROCESS_CACHE_GRACE_NS);
	CHECK(process_cache_find(&cache, 10, 1000) == NULL);
	CHECK_EQ(cache.stats.retired, 0);
	CHECK_EQ(cache.stats.evicted_retired, 0);
	process_cache_done(&cache);
}

static void test_parent_outlives_its_place_in_the_cache(void)
{
	struct process *parent, *child;

	process_cache_init(&cache, 100);
	parent = add(1, 1000, NULL);
	child = add(2, 2000, parent);
	process_cache_retire(&cache, parent, 5000);
	process_cache_expire(&cache, 5000 + 2 * PROCESS_CACHE_GRACE_NS);
	CHECK(process_cache_find(&cache, 1, 1000) == NULL);
	CHECK_EQ(child->parent->pid, 1);
	process_cache_done(&cache);
}

static void test_replaced_is_no_longer_found(void)
{
	struct process *former, *present;

	process_cache_init(&cache, 100);
	former = add(1, 1000, NULL);
	process_cache_replace(&cache, former, 3000);
	present = add(1, 1000, former);
	CHECK(process_cache_find(&cache, 1, 1000) == present);
	process_cache_done(&cache);
}

static void test_full_cache_evicts_retired_first_then_the_longest_unused(void)
{
	struct process *retired;

	process_cache_init(&cache, 3);
	add(1, 1, NULL);
	add(2, 2, NULL);
	retired = add(3, 3, NULL);
	process_cache_retire(&cache, retired, 100);
	add(4, 4, NULL);
	CHECK(process_cache_find(&cache, 3, 3) == NULL);
	CHECK_EQ(cache.stats.evicted_retired, 1);
	CHECK(process_cache_find(&cache, 1, 1) != NULL); /* a use: 2 is now the longest unused */
	add(5, 5, NULL);
	CHECK(process_cache_find(&cache, 2, 2) == NULL);
	CHECK(process_cache_find(&cache, 1, 1) != NULL);
	CHECK_EQ(cache.stats.evicted_live, 1);
	CHECK_EQ(cache.stats.live, 3);
	process_cache_done(&cache);
}

static void test_retired_ones_are_bounded_apart(void)
{
	process_cache_init(&cache, 1600);
	for (uint32_t pid = 1; pid <= 500; pid++)
		process_cache_retire(&cache, add(pid, pid, NULL), 100);
	CHECK_EQ(cache.stats.retired, 1600 / PROCESS_CACHE_RETIRED_SHARE);
	CHECK(process_cache_find(&cache, 500, 500) != NULL);
	CHECK(process_cache_find(&cache, 1, 1) == NULL);
	process_cache_done(&cache);
}

static void test_a_chain_of_execs_does_not_pile_up(void)
{
	struct process *process = NULL;

	process_cache_init(&cache, 1600);
	for (uint64_t i = 0; i < 100000; i++) {
		if (process)
			process_cache_replace(&cache, process, 1000 + i);
		process = add(1, 1, process);
	}
	CHECK_EQ(cache.stats.live, 1);
	CHECK_EQ(cache.stats.retired, 100);
	process_cache_expire(&cache, 200000 + PROCESS_CACHE_GRACE_NS);
	CHECK_EQ(cache.stats.retired, 0);
	CHECK(process->parent && !process->parent->parent);
	process_cache_done(&cache);
}

static void test_table_grows_and_keeps_all(void)
{
	uint32_t found = 0;

	process_cache_init(&cache, 10000);
	for (uint32_t pid = 1; pid <= 5000; pid++)
		add(pid, pid * 3, NULL);
	for (uint32_t pid = 1; pid <= 5000; pid++)
		found += process_cache_find(&cache, pid, pid * 3) != NULL;
	CHECK_EQ(found, 5000);
	CHECK(cache.bucket_count >= 4096);
	process_cache_done(&cache);
}

static uint32_t walk_on(struct process_walk *walk)
{
	const struct process *process = process_cache_walk(walk);

	return process ? process->pid : 0;
}

static void test_a_walk_meets_those_that_were_there_in_order(void)
{
	struct process_walk walk, other;
	struct process *second;

	process_cache_init(&cache, 100);
	process_cache_begin_walk(&cache, &other); /* nobody is there */
	add(1, 1, NULL);
	second = add(2, 2, NULL);
	add(3, 3, NULL);
	process_cache_begin_walk(&cache, &walk);
	add(4, 4, NULL);
	CHECK_EQ(walk_on(&walk), 1);
	CHECK(process_cache_find(&cache, 2, 2) == second); /* a use changes nothing */
	CHECK_EQ(walk_on(&other), 0);
	process_cache_end_walk(&cache, &other);
	CHECK_EQ(walk_on(&walk), 2);
	CHECK_EQ(walk_on(&walk), 3);
	CHECK_EQ(walk_on(&walk), 0);
	CHECK_EQ(walk_on(&walk), 0);
	process_cache_end_walk(&cache, &walk);
	process_cache_done(&cache);
}

static void test_a_walk_goes_around_those_that_are_gone(void)
{
	struct process *processes[7];
	struct process_walk walk, late;

	process_cache_init(&cache, 100);
	for (uint32_t pid = 1; pid <= 6; pid++)
		processes[pid] = add(pid, pid, NULL);
	process_cache_begin_walk(&cache, &walk);
	process_cache_retire(&cache, processes[1], 100);
	process_cache_retire(&cache, processes[3], 100);
	process_cache_replace(&cache, processes[6], 100); /* its next incarnation is new */
	add(6, 6, processes[6]);
	CHECK_EQ(walk_on(&walk), 2);
	process_cache_remove(&cache, processes[4]);
	process_cache_begin_walk(&cache, &late);
	CHECK_EQ(walk_on(&walk), 5);
	process_cache_retire(&cache, processes[2], 100);
	process_cache_retire(&cache, processes[5], 100);
	CHECK_EQ(walk_on(&walk), 0);
	CHECK_EQ(walk_on(&late), 6);
	CHECK_EQ(walk_on(&late), 0);
	process_cache_end_walk(&cache, &walk);
	process_cache_end_walk(&cache, &late);
	process_cache_done(&cache);
}

static void test_a_walk_ends_when_all_of_it_are_gone(void)
{
	struct process_walk walk;
	struct process *only;

	process_cache_init(&cache, 100);
	only = add(1, 1, NULL);
	process_cache_begin_walk(&cache, &walk);
	process_cache_retire(&cache, only, 100);
	add(2, 2, NULL);
	CHECK_EQ(walk_on(&walk), 0);
	process_cache_end_walk(&cache, &walk);
	process_cache_done(&cache);
}

int main(void)
{
	RUN(test_identity_is_pid_and_start);
	RUN(test_rounded_start_matches_within_its_tick_and_learns);
	RUN(test_retired_is_found_during_its_grace_time);
	RUN(test_parent_outlives_its_place_in_the_cache);
	RUN(test_replaced_is_no_longer_found);
	RUN(test_full_cache_evicts_retired_first_then_the_longest_unused);
	RUN(test_retired_ones_are_bounded_apart);
	RUN(test_a_chain_of_execs_does_not_pile_up);
	RUN(test_table_grows_and_keeps_all);
	RUN(test_a_walk_meets_those_that_were_there_in_order);
	RUN(test_a_walk_goes_around_those_that_are_gone);
	RUN(test_a_walk_ends_when_all_of_it_are_gone);
	return test_end();
}
