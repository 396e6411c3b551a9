/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The unit tests' few macros. A test program is
 *
 *     static void test_something(void) { CHECK_EQ(1 + 1, 2); CHECK_STR(name, "x"); }
 *     int main(void) { RUN(test_something); return test_end(); }
 *
 * It prints `ok NAME` or `FAIL NAME` per test and ends with `N passed, N failed`.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_passed, test_failed;
static bool test_is_ok;

#define RUN(function) test_run(#function, function)

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			test_is_ok = false; \
		} \
	} while (0)

#define CHECK_EQ(got, wanted) \
	do { \
		long long _got = (long long)(got), _wanted = (long long)(wanted); \
		if (_got != _wanted) { \
			printf("%s:%d: %s is %lld, wanted %lld\n", __FILE__, __LINE__, #got, _got, _wanted); \
			test_is_ok = false; \
		} \
	} while (0)

#define CHECK_STR(got, wanted) test_check_bytes(__FILE__, __LINE__, #got, (got), strlen(got), (wanted))
/* `got` is pointer and length, `wanted` a C string. */
#define CHECK_BYTES(got, length, wanted) test_check_bytes(__FILE__, __LINE__, #got, (got), (length), (wanted))

static inline void test_check_bytes(const char *file, int line, const char *what, const char *got, size_t length,
				    const char *wanted)
{
	if (length == strlen(wanted) && memcmp(got, wanted, length) == 0)
		return;
	printf("%s:%d: %s\n     is «%.*s»\n wanted «%s»\n", file, line, what, (int)length, got, wanted);
	test_is_ok = false;
}

static inline void test_run(const char *name, void (*function)(void))
{
	test_is_ok = true;
	function();
	printf("%s %s\n", test_is_ok ? "ok" : "FAIL", name);
	if (test_is_ok)
		test_passed++;
	else
		test_failed++;
}

static inline int test_end(void)
{
	printf("%d passed, %d failed\n", test_passed, test_failed);
	return test_failed ? 1 : 0;
}
