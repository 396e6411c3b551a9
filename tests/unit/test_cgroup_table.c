// SPDX-License-Identifier: Apache-2.0
#include "core/process/cgroup_table.h"

#include <stdio.h>

#include "base/util.h"
#include "test.h"

#define CONTAINER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static uint64_t add(struct cgroup_table *table, uint64_t id, const char *path)
{
	uint64_t evicted = 77;

	CHECK_EQ(cgroup_table_add(table, id, (struct bytes){path, strlen(path)}, false, &evicted), 0);
	return evicted;
}

static void test_path_and_container(void)
{
	struct cgroup_table table = {0};

	CHECK_EQ(add(&table, 5, "/kubepods/burstable/pod01020304-0506-0708-090a-0b0c0d0e0f10/" CONTAINER), 0);
	CHECK_EQ(add(&table, 6, "/system.slice/ssh.service"), 0);
	CHECK_STR(cgroup_table_find(&table, 5)->docker, "0123456789abcdef0123456789abcde");
	CHECK_EQ(cgroup_table_find(&table, 5)->pod_uid.bytes[15], 16);
	CHECK_STR(cgroup_table_find(&table, 6)->docker, "");
	CHECK_EQ(cgroup_table_find(&table, 6)->pod_uid.bytes[15], 0);
	CHECK(cgroup_table_find(&table, 7) == NULL);
	cgroup_table_done(&table);
}

static void test_name(void)
{
	static const struct {
		const char *path, *name;
	} names[] = {{"/user.slice/session-4.scope", "session-4.scope"}, {"/init.scope", "init.scope"}, {"/", "/"}};
	struct cgroup_table table = {0};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct bytes name;

		add(&table, 5, names[i].path);
		name = cgroup_name(cgroup_table_find(&table, 5));
		CHECK_BYTES(name.data, name.length, names[i].name);
	}
	cgroup_table_done(&table);
}

static void test_same_id_is_replaced(void)
{
	struct cgroup_table table = {0};

	add(&table, 5, "/a");
	CHECK_EQ(add(&table, 5, "/" CONTAINER), 0);
	CHECK_EQ(table.count, 1);
	CHECK_STR(cgroup_table_find(&table, 5)->docker, "0123456789abcdef0123456789abcde");
	cgroup_table_done(&table);
}

static void test_bounded_and_tells_what_it_forgets(void)
{
	struct cgroup_table table = {0};
	char path[32];

	for (uint64_t id = 1; id <= CGROUP_TABLE_MAX; id++) {
		snprintf(path, sizeof(path), "/c%llu", (unsigned long long)id);
		CHECK_EQ(add(&table, id, path), 0);
	}
	CHECK_EQ(add(&table, 1000000, "/x"), 1);
	CHECK_EQ(add(&table, 1000001, "/y"), 2);
	CHECK_EQ(table.count, CGROUP_TABLE_MAX);
	CHECK_EQ(table.evicted, 2);
	CHECK(cgroup_table_find(&table, 1) == NULL);
	CHECK(cgroup_table_find(&table, 3) != NULL);
	cgroup_table_done(&table);
}

int main(void)
{
	RUN(test_path_and_container);
	RUN(test_name);
	RUN(test_same_id_is_replaced);
	RUN(test_bounded_and_tells_what_it_forgets);
	return test_end();
}
