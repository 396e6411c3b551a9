// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_list.h"

#include "test.h"

/* `wanted` has a digit for each CPU from 0 on: is it in the list? */
static void check(const char *list, const char *wanted)
{
	char got[32] = "";

	for (size_t i = 0; i < strlen(wanted); i++)
		got[i] = cpu_list_has(list, i) ? '1' : '0';
	CHECK_STR(got, wanted);
}

static void test_lists(void)
{
	check("0", "100");
	check("0-1", "1100");
	check("0,2", "1010");
	check("1-2,4-5,7", "011011010");
	check("10-11", "000000000011");
}

static void test_no_lists(void)
{
	check("", "000");
	check("x", "000");
	check("0,x,2", "100");
	check("0-", "100");
}

int main(void)
{
	RUN(test_lists);
	RUN(test_no_lists);
	return test_end();
}
