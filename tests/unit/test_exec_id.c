// SPDX-License-Identifier: Apache-2.0
#include "core/process/exec_id.h"

#include "base/util.h"
#include "test.h"

static const struct {
	const char *node;
	uint64_t ktime_ns;
	uint32_t pid;
	const char *wanted;
} cases[] = {
	{"n1", 13548674321337, 52699, "bjE6MTM1NDg2NzQzMjEzMzc6NTI2OTk="}, /* n1:13548674321337:52699 */
	{"n1", 1, 0, "bjE6MTow"},
	{"", 1, 0, "OjE6MA=="},
	{NULL, 1, 0, "OjE6MA=="},
	{"gke-a.b", UINT64_MAX, UINT32_MAX, "Z2tlLWEuYjoxODQ0Njc0NDA3MzcwOTU1MTYxNTo0Mjk0OTY3Mjk1"},
};

static void test_format(void)
{
	char storage[256];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

		exec_id_append(&buffer, cases[i].node, cases[i].ktime_ns, cases[i].pid);
		CHECK_BYTES(storage, buffer.length, cases[i].wanted);
	}
}

static void test_long_node_name(void)
{
	char name[1000], longest[512], cut[512];
	struct buffer a = {.data = longest, .capacity = sizeof(longest)}, b = {.data = cut, .capacity = sizeof(cut)};

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	exec_id_append(&b, name, UINT64_MAX, UINT32_MAX);
	name[EXEC_ID_NODE_MAX] = '\0';
	exec_id_append(&a, name, UINT64_MAX, UINT32_MAX);
	CHECK_EQ(a.length, (EXEC_ID_NODE_MAX + 32 + 2) / 3 * 4);
	CHECK(a.length == b.length && memcmp(longest, cut, a.length) == 0);
}

static void test_no_room(void)
{
	char storage[7];
	struct buffer buffer = {.data = storage, .capacity = sizeof(storage)};

	exec_id_append(&buffer, "n1", 1, 0);
	CHECK(buffer.is_full);
	CHECK_EQ(buffer.length, 0);
}

int main(void)
{
	RUN(test_format);
	RUN(test_long_node_name);
	RUN(test_no_room);
	return test_end();
}
