// SPDX-License-Identifier: Apache-2.0
#include "core/process/binary_path.h"

#include "test.h"

static void test_joins_and_cleans(void)
{
	static const struct {
		const char *cwd, *filename, *wanted;
	} cases[] = {
		{"/tmp", "/bin/sh", "/bin/sh"},
		{"/tmp", "/bin/../sh", "/bin/../sh"}, /* absolute ones stay as they are */
		{"/tmp", "./a", "/tmp/a"},
		{"/tmp", "a", "/tmp/a"},
		{"/", "a", "/a"},
		{"/tmp/x", "../a", "/tmp/a"},
		{"/tmp/x", "../../../../a", "/a"},
		{"/tmp", "b/./c//d/../e", "/tmp/b/c/e"},
		{"/tmp", "..", "/"},
		{"/tmp/..x", "a..b/...", "/tmp/..x/a..b/..."},
		{"", "./a", "./a"}, /* no cwd: nothing to join */
		{"/tmp", "", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer buffer;

		buffer_init(&buffer, 256);
		buffer_append_literal(&buffer, "before:");
		binary_path_append(&buffer, (struct bytes){cases[i].cwd, strlen(cases[i].cwd)},
				   (struct bytes){cases[i].filename, strlen(cases[i].filename)});
		CHECK_BYTES(buffer.data + 7, buffer.length - 7, cases[i].wanted);
		buffer_done(&buffer);
	}
}

int main(void)
{
	RUN(test_joins_and_cleans);
	return test_end();
}
