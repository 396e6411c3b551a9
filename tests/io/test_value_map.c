// SPDX-License-Identifier: Apache-2.0
/* Value maps, over a map of the test's own in place of the kernel's: these functions come before libbpf's. */
#include "io/bpf/value_map.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>

#include "../unit/test.h"
#include "base/util.h"

#define KEYS_MAX 64

static uint64_t keys[KEYS_MAX];
static size_t count, updates;
static size_t fails_at;  /* the update that fails, from 1; 0: none does */
static bool was_missing; /* 2, which the old and the new set have */

static bool has(uint64_t key)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i] == key)
			return true;
	return false;
}

static int fail(int error)
{
	errno = error;
	return -error;
}

int bpf_map_create(enum bpf_map_type type, const char *name, __u32 key_size, __u32 value_size, __u32 max_entries,
		   const struct bpf_map_create_opts *opts)
{
	(void)name;
	(void)value_size;
	(void)max_entries;
	(void)opts;
	CHECK_EQ(type, BPF_MAP_TYPE_HASH);
	CHECK_EQ(key_size, sizeof(uint64_t));
	count = updates = 0;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	uint64_t number;

	(void)fd;
	(void)value;
	(void)flags;
	if (++updates == fails_at)
		return fail(ENOMEM);
	memcpy(&number, key, sizeof(number));
	if (!has(number))
		keys[count++] = number;
	return 0;
}

int bpf_map_delete_elem(int fd, const void *key)
{
	uint64_t number;

	(void)fd;
	memcpy(&number, key, sizeof(number));
	for (size_t i = 0; i < count; i++) {
		if (keys[i] != number)
			continue;
		keys[i] = keys[--count];
		was_missing |= !has(2);
		return 0;
	}
	return fail(ENOENT);
}

int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	size_t at = 0;

	(void)fd;
	while (key && at < count && memcmp(&keys[at++], key, sizeof(keys[0])) != 0)
		;
	if (at == count)
		return fail(ENOENT);
	memcpy(next_key, &keys[at], sizeof(keys[0]));
	return 0;
}

static struct policy_number old_numbers[] = {{1, 1}, {2, 2}, {3, 3}, {3, 3}};
static struct policy_number new_numbers[] = {{2, 6}, {9, 9}};
static const struct policy_values old_values = {
	.kind = VALUES_NUMBERS,
	.count = ARRAY_SIZE(old_numbers),
	.numbers = old_numbers,
};
static const struct policy_values new_values = {
	.kind = VALUES_NUMBERS,
	.count = ARRAY_SIZE(new_numbers),
	.numbers = new_numbers,
};
static const struct plan_map old_plan = {.kind = PLAN_MAP_NUMBERS, .values = &old_values};
static const struct plan_map new_plan = {.kind = PLAN_MAP_NUMBERS, .values = &new_values};
static const struct kernel_features features;
static size_t capacity;

/* A map with 1, 2 and 3. */
static int make_old(void)
{
	int fd;

	fails_at = 0;
	was_missing = false;
	fd = value_map_new(&old_plan, &features, &capacity);
	CHECK(fd >= 0);
	CHECK_EQ(count, 3);
	CHECK(has(1) && has(2) && has(3));
	updates = 0;
	return fd;
}

static void test_update(void)
{
	_cleanup_close_ int fd = make_old();

	CHECK_EQ(value_map_update(fd, &new_plan, capacity), 0);
	CHECK_EQ(count, 6);
	CHECK(has(2) && has(3) && has(4) && has(5) && has(6) && has(9));
	CHECK_EQ(updates, 4); /* what is there is not written again */
	CHECK(!was_missing);
}

/* Whichever of the new values it is for which there is no memory, the map is as it was. */
static void test_failed_update(void)
{
	for (size_t i = 1; i <= 4; i++) {
		_cleanup_close_ int fd = make_old();

		fails_at = i;
		CHECK_EQ(value_map_update(fd, &new_plan, capacity), -ENOMEM);
		CHECK_EQ(count, 3);
		CHECK(has(1) && has(2) && has(3));
		CHECK(!was_missing);
	}
}

static void test_failed_new(void)
{
	size_t unchanged = 4711;

	fails_at = 2;
	CHECK_EQ(value_map_new(&old_plan, &features, &unchanged), -ENOMEM);
	CHECK_EQ(unchanged, 4711);
}

int main(void)
{
	RUN(test_update);
	RUN(test_failed_update);
	RUN(test_failed_new);
	return test_end();
}
