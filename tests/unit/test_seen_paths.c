// SPDX-License-Identifier: Apache-2.0
#include "core/process/seen_paths.h"

#include "test.h"

static struct bytes bytes_of(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

static void test_process_and_path(void)
{
	struct seen_paths *seen = seen_paths_new();

	CHECK(!seen_paths_has(seen, 5, 100, bytes_of("/lib/a")));
	seen_paths_add(seen, 5, 100, bytes_of("/lib/a"));
	CHECK(seen_paths_has(seen, 5, 100, bytes_of("/lib/a")));
	CHECK(!seen_paths_has(seen, 5, 100, bytes_of("/lib/b")));
	CHECK(!seen_paths_has(seen, 5, 100, bytes_of("/lib/")));
	CHECK(!seen_paths_has(seen, 6, 100, bytes_of("/lib/a")));
	/* another program in the same process */
	CHECK(!seen_paths_has(seen, 5, 200, bytes_of("/lib/a")));
	seen_paths_add(seen, 5, 200, bytes_of(""));
	CHECK(seen_paths_has(seen, 5, 200, bytes_of("")));
	seen_paths_free(seen);
	seen_paths_free(NULL);
}

static void test_the_one_met_longest_ago_goes(void)
{
	struct seen_paths *seen = seen_paths_new();

	for (uint32_t pid = 1; pid <= SEEN_PATHS_MAX; pid++)
		seen_paths_add(seen, pid, 0, bytes_of("/lib/a"));
	CHECK(seen_paths_has(seen, 1, 0, bytes_of("/lib/a")));
	seen_paths_add(seen, SEEN_PATHS_MAX + 1, 0, bytes_of("/lib/a"));
	CHECK(seen_paths_has(seen, 1, 0, bytes_of("/lib/a")));
	CHECK(!seen_paths_has(seen, 2, 0, bytes_of("/lib/a")));
	CHECK(seen_paths_has(seen, 3, 0, bytes_of("/lib/a")));
	CHECK(seen_paths_has(seen, SEEN_PATHS_MAX + 1, 0, bytes_of("/lib/a")));
	seen_paths_free(seen);
}

int main(void)
{
	RUN(test_process_and_path);
	RUN(test_the_one_met_longest_ago_goes);
	return test_end();
}
