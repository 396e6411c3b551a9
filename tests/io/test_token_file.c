// SPDX-License-Identifier: Apache-2.0
#include "io/kube/token_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "said.h"

#define BEGIN_NS 1000

static char directory[] = "/tmp/trigon-token-file.XXXXXX", path[64];

/* As the kubelet does: another file takes its place. */
static void write_token(const char *text, size_t length)
{
	char other[sizeof(path) + 4];
	FILE *file;

	snprintf(other, sizeof(other), "%s.new", path);
	file = fopen(other, "w");
	CHECK(file && fwrite(text, 1, length, file) == length && fclose(file) == 0 && rename(other, path) == 0);
}

static void test_read_again_each_minute(void)
{
	struct token_file token = {0};

	write_token("first\n", 6);
	CHECK_STR(token_file_get(&token, path, BEGIN_NS), "first");
	write_token("second \r\n", 9);
	CHECK_STR(token_file_get(&token, path, BEGIN_NS + TOKEN_FILE_AGE_NS), "first");
	CHECK_STR(token_file_get(&token, path, BEGIN_NS + TOKEN_FILE_AGE_NS + 1), "second");
	write_token("third", 5);
	CHECK_STR(token_file_get(&token, path, BEGIN_NS + 2 * TOKEN_FILE_AGE_NS + 1), "second"); /* its own minute */
	CHECK_STR(token_file_get(&token, path, BEGIN_NS + 2 * TOKEN_FILE_AGE_NS + 2), "third");
	token_file_done(&token);
}

static void test_read_again_when_refused(void)
{
	struct token_file token = {0};

	write_token("first", 5);
	CHECK_STR(token_file_get(&token, path, BEGIN_NS), "first");
	write_token("second", 6);
	token_file_expire(&token);
	CHECK_STR(token_file_get(&token, path, BEGIN_NS), "second");
	token_file_done(&token);
}

/* The one before is used; said once, and again after a time when it was there. */
static void test_cannot_be_read(void)
{
	struct token_file token = {0};
	uint64_t now = BEGIN_NS;

	said_reset();
	CHECK(remove(path) == 0);
	CHECK(!token_file_get(&token, path, now));
	CHECK(!token_file_get(&token, path, now));
	CHECK_EQ(said("No such file or directory; requests go without until it is there"), 1);
	write_token("first", 5);
	CHECK_STR(token_file_get(&token, path, now), "first"); /* who has none does not wait a minute */
	write_token(" \n", 2);
	now += TOKEN_FILE_AGE_NS + 1;
	CHECK_STR(token_file_get(&token, path, now), "first");
	CHECK_EQ(said("it is empty; the one read before is used until it is there"), 1);
	now += TOKEN_FILE_AGE_NS + 1;
	CHECK_STR(token_file_get(&token, path, now), "first");
	CHECK_EQ(said("cannot read a token"), 2);
	token_file_done(&token);
}

int main(void)
{
	if (!mkdtemp(directory) || !said_begin()) {
		printf("no folder for the test\n");
		return 1;
	}
	snprintf(path, sizeof(path), "%s/token", directory);
	RUN(test_read_again_each_minute);
	RUN(test_read_again_when_refused);
	RUN(test_cannot_be_read);
	said_end();
	folder_remove(directory);
	return test_end();
}
