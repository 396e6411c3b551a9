// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "base/util.h"
#include "core/process/procfs_parse.h"
#include "test.h"

#define STAT_REST \
	" S 7 42 42 0 -1 4194560 1 0 0 0 5 6 -1 -2 20 0 3 0 987654321 8192 100 18446744073709551615 1 1 0 0 0 0 0\n"
#define STAT_KERNEL " S 2 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 33 0 0\n"

static int parse_stat(const char *text, struct procfs_stat *ret)
{
	return procfs_parse_stat(text, strlen(text), ret);
}

static void test_stat(void)
{
	struct procfs_stat stat;

	CHECK_EQ(parse_stat("42 (sleep)" STAT_REST, &stat), 0);
	CHECK_EQ(stat.pid, 42);
	CHECK_EQ(stat.ppid, 7);
	CHECK_BYTES(stat.comm.data, stat.comm.length, "sleep");
	CHECK_EQ(stat.state, 'S');
	CHECK(!stat.is_kernel_thread);
	CHECK_EQ(stat.thread_count, 3);
	CHECK_EQ(stat.start_ticks, 987654321);
	CHECK_EQ(parse_stat("9 (kworker/0:1-events)" STAT_KERNEL, &stat), 0);
	CHECK(stat.is_kernel_thread);
	CHECK_EQ(stat.start_ticks, 33);
}

static void test_stat_comm(void)
{
	static const char *const names[] = {
		"", " ", ")", "(", "a b", "a) S 1 2 (b", ") S 7 42 42 0", "x\ny", "\n", "\xff\xfe", "tab\there",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct procfs_stat stat = {0};
		char text[256];

		snprintf(text, sizeof(text), "42 (%s)%s", names[i], STAT_REST);
		CHECK_EQ(parse_stat(text, &stat), 0);
		CHECK_BYTES(stat.comm.data, stat.comm.length, names[i]);
		CHECK_EQ(stat.start_ticks, 987654321);
	}
}

static void test_stat_bad(void)
{
	static const char *const texts[] = {
		"",
		"\n",
		")",
		"42",
		"42 (sleep",
		"42 (sleep)",
		"42 (sleep) S",
		"42 (sleep)S 7 42",
		"42 sleep)" STAT_REST,
		"42(sleep)" STAT_REST,
		" (sleep)" STAT_REST,
		"-42 (sleep)" STAT_REST,
		"4294967296 (sleep)" STAT_REST,
		"99999999999999999999999 (sleep)" STAT_REST,
		"42 (sleep) S 4294967296 42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 9 0\n",
		"42 (sleep) S 7 42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 99999999999999999999 0\n",
		"42 (sleep) S 7 42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 x 0\n",
		"42 (sleep) S 7 42 42 0 - 1 1 0 0 0 5 6 0 0 20 0 3 0 9 0\n",
		"42 (sleep) S 7  42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 9 0\n",
		"42 (sleep) S 7 42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 9", /* perhaps 987654321, cut */
	};
	struct procfs_stat stat = {.pid = 4711};

	CHECK_EQ(parse_stat("42 (sleep) S 7 42 42 0 -1 1 1 0 0 0 5 6 0 0 20 0 3 0 9 0\n", &(struct procfs_stat){0}), 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CHECK_EQ(parse_stat(texts[i], &stat), -EINVAL);
		CHECK_EQ(stat.pid, 4711);
	}
}

#define STATUS_HEAD "Name:\tbash\nUmask:\t0022\nState:\tS (sleeping)\n"

static unsigned int parse_status(const char *text, struct procfs_status *ret)
{
	return procfs_parse_status(text, strlen(text), ret);
}

static void test_status(void)
{
	struct procfs_status status;

	CHECK_EQ(parse_status(STATUS_HEAD "Tgid:\t1234\nNgid:\t0\nPid:\t1234\nPPid:\t1\nTracerPid:\t0\n"
					  "Uid:\t1000\t0\t1001\t1002\nGid:\t100\t101\t102\t4294967295\nFDSize:\t64\n"
					  "Groups:\t4 24 27 \nNStgid:\t1234\t55\t7\nNSpid:\t1234\t55\t7\n"
					  "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\n"
					  "CapEff:\tffffffffffffffff\nCapBnd:\t000001ffffffffff\n",
			      &status),
		 PROCFS_STATUS_ALL);
	CHECK_EQ(status.tgid, 1234);
	CHECK_EQ(status.ns_pid, 7);
	CHECK_EQ(status.credentials.uid, 1000);
	CHECK_EQ(status.credentials.euid, 0);
	CHECK_EQ(status.credentials.suid, 1001);
	CHECK_EQ(status.credentials.fsuid, 1002);
	CHECK_EQ(status.credentials.gid, 100);
	CHECK_EQ(status.credentials.egid, 101);
	CHECK_EQ(status.credentials.sgid, 102);
	CHECK_EQ(status.credentials.fsgid, 4294967295);
	CHECK_EQ(status.credentials.inheritable, 0);
	CHECK_EQ(status.credentials.permitted, 0x1ffffffffff);
	CHECK(status.credentials.effective == UINT64_MAX);
}

/* Each line alone, and what is wrong with it. */
static void test_status_lines(void)
{
	static const struct {
		const char *text;
		unsigned int found;
	} cases[] = {
		{"", 0},
		{"\n\n", 0},
		{STATUS_HEAD, 0},
		{"Tgid:\t7\n", PROCFS_STATUS_TGID},
		{"Tgid:\t7", 0}, /* cut: perhaps 71 */
		{"Tgid:\t7 8\n", 0},
		{"Tgid:\n", 0},
		{"Tgid:\t4294967296\n", 0},
		{"Tgid:\t-1\n", 0},
		{" Tgid:\t7\n", 0},
		{"Name:\tTgid:\t7\n", 0},
		{"Uid:\t1\t2\t3\t4\n", PROCFS_STATUS_UIDS},
		{"Uid:\t1\t2\t3\n", 0},
		{"Uid:\t1\t2\t3\t4\t5\n", 0},
		{"Uid:\t1\t2\t3\tx\n", 0},
		{"Gid:\t1 2 3 4\n", PROCFS_STATUS_GIDS},
		{"Gid:\t1\t2\t3\t99999999999\n", 0},
		{"NStgid:\t5\n", PROCFS_STATUS_NS_TGID},
		{"NStgid:\n", 0},
		{"NStgid:\t5\tx\n", 0},
		{"CapInh:\t00000000a80425fb\n", PROCFS_STATUS_INHERITABLE},
		{"CapInh:\t00000000a80425fg\n", 0},
		{"CapPrm:\tfffffffffffffffff\n", 0},
		{"CapPrm:\n", 0},
		{"CapEff:\t0\nCapPrm:\t0\n", PROCFS_STATUS_EFFECTIVE | PROCFS_STATUS_PERMITTED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct procfs_status status;
		unsigned int found = parse_status(cases[i].text, &status);

		if (found != cases[i].found)
			printf("in case %zu: %s\n", i, cases[i].text);
		CHECK_EQ(found, cases[i].found);
	}
}

static void test_cgroup(void)
{
	static const struct {
		const char *text, *path; /* NULL: none */
	} cases[] = {
		{"0::/system.slice/cron.service\n", "/system.slice/cron.service"},
		{"0::/\n", "/"},
		{"0::/a b\tc:d\n", "/a b\tc:d"},
		{"0::/gone.scope (deleted)\n", "/gone.scope"},
		{"12:pids:/p\n11:memory:/m\n10:cpuset:/c\n1:name=systemd:/s\n0::/u\n", "/m"},
		{"12:pids:/p\n10:cpuset:/c\n1:name=systemd:/s\n0::/u\n", "/p"},
		{"0::/u\n10:cpuset:/c\n1:name=systemd:/s\n", "/c"},
		{"1:name=systemd:/s\n0::/u\n", "/s"},
		{"5:cpu,cpuacct:/x\n0::/u\n", "/u"},
		{"5:cpu,cpuacct:/x\n", "/x"},
		{"5:cpu,memory:/x\n4:pids:/y\n", "/x"},
		{"5:xmemory:/x\n4:pids:/y\n", "/y"},
		{"5:memory_recursiveprot:/x\n4:cpuset:/y\n", "/y"},
		{"", NULL},
		{"\n", NULL},
		{"0:", NULL},
		{"0::\n", NULL},
		{"0::relative\n", NULL},
		{"0::/cut off", NULL},
		{"4:memory:/m", NULL},
		{"0::/u\n4:memory:/m", "/u"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes path = {"", 0};
		int r = procfs_parse_cgroup(cases[i].text, strlen(cases[i].text), &path);

		CHECK_EQ(r, cases[i].path ? 0 : -ENOENT);
		CHECK_BYTES(path.data, path.length, cases[i].path ? cases[i].path : "");
	}
}

static void test_cgroup_join(void)
{
	static const struct {
		const char *own, *path, *joined;
	} cases[] = {
		{"/pods/p1/c1", "/", "/pods/p1/c1"},
		{"/pods/p1/c1", "/below", "/pods/p1/c1/below"},
		{"/pods/p1/c1", "/../c2", "/pods/p1/c2"},
		{"/pods/p1/c1", "/../../p2/c3/below", "/pods/p2/c3/below"},
		{"/pods/p1/c1", "/../../../system.slice", "/system.slice"},
		{"/pods/p1/c1", "/../../..", ""},
		{"/pods/p1/c1", "/..", "/pods/p1"},
		{"/pods/p1/c1", "/..names/x", "/pods/p1/c1/..names/x"},
		{"/pods", "/../../../../x", "/x"},
		{"", "/x", "/x"},
		{"", "/", "/"},
		{"/pods", "", "/pods"},
		{"/pods/0123456789", "/0123456789", "/pods/0123456789/0123456"}, /* as much as there is room for */
	};
	char buffer[24];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bytes own = {cases[i].own, strlen(cases[i].own)}, path = {cases[i].path, strlen(cases[i].path)};
		struct bytes joined = procfs_join_cgroup(own, path, buffer, sizeof(buffer));

		CHECK_BYTES(joined.data, joined.length, cases[i].joined);
	}
}

static void test_namespace(void)
{
	static const char *const bad[] = {
		"", "uts", "uts:", "uts:[", "uts:[]", "uts:[12", "uts:12", "uts:[12]x", "uts:[x]", "uts:[4294967296]",
	};
	uint32_t inode = 0;

	CHECK_EQ(procfs_parse_namespace("uts:[4026531838]", 16, &inode), 0);
	CHECK_EQ(inode, 4026531838);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(procfs_parse_namespace(bad[i], strlen(bad[i]), &inode), -EINVAL);
	CHECK_EQ(inode, 4026531838);
}

static void test_u32(void)
{
	static const char *const bad[] = {"", "\n", "x", "1x", "1 ", " 1", "-1", "1\n\n", "4294967296"};
	uint32_t value = 0;

	CHECK_EQ(procfs_parse_u32("4294967295", 10, &value), 0);
	CHECK_EQ(value, 4294967295);
	CHECK_EQ(procfs_parse_u32("0\n", 2, &value), 0);
	CHECK_EQ(value, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(procfs_parse_u32(bad[i], strlen(bad[i]), &value), -EINVAL);
}

static void test_deleted(void)
{
	struct bytes path = {"/tmp/x (deleted)", 16};

	CHECK(procfs_strip_deleted(&path));
	CHECK_BYTES(path.data, path.length, "/tmp/x");
	CHECK(!procfs_strip_deleted(&path));
	path = (struct bytes){"deleted)", 8};
	CHECK(!procfs_strip_deleted(&path));
	CHECK_EQ(path.length, 8);
}

int main(void)
{
	RUN(test_stat);
	RUN(test_stat_comm);
	RUN(test_stat_bad);
	RUN(test_status);
	RUN(test_status_lines);
	RUN(test_cgroup);
	RUN(test_cgroup_join);
	RUN(test_namespace);
	RUN(test_u32);
	RUN(test_deleted);
	return test_end();
}
