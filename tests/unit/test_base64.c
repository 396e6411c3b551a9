// SPDX-License-Identifier: Apache-2.0
#include "base/base64.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "test.h"

static void test_decode(void)
{
	static const char *const cases[][2] = {
		{"", ""}, {"YQ==", "a"}, {"YWI=", "ab"}, {"YWJj", "abc"}, {"YWJjZA==", "abcd"}, {" YW\nJj\r\n", "abc"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *bytes = NULL;
		size_t length = 99;

		CHECK_EQ(base64_decode(cases[i][0], strlen(cases[i][0]), &bytes, &length), 0);
		CHECK_BYTES(bytes, length, cases[i][1]);
	}
}

static void test_refused(void)
{
	static const char *const cases[] = {"Y", "YQ", "YQ=", "YQ===", "YQ==YQ==", "Y*==", "====", "YWJj=", "=YWJ"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *bytes = NULL;
		size_t length;

		CHECK_EQ(base64_decode(cases[i], strlen(cases[i]), &bytes, &length), -EINVAL);
		CHECK(!bytes);
	}
}

static void test_back_and_forth(void)
{
	for (size_t n = 0; n < 70; n++) {
		_cleanup_free_ char *bytes = NULL;
		char in[70];
		struct buffer text;
		size_t length = 0;

		for (size_t i = 0; i < n; i++)
			in[i] = (char)(i * 37 + n * 101);
		CHECK_EQ(buffer_init(&text, 100), 0);
		base64_append(&text, in, n);
		CHECK_EQ(base64_decode(text.data, text.length, &bytes, &length), 0);
		CHECK(bytes && length == n && memcmp(bytes, in, n) == 0);
		buffer_done(&text);
	}
}

int main(void)
{
	RUN(test_decode);
	RUN(test_refused);
	RUN(test_back_and_forth);
	return test_end();
}
