// SPDX-License-Identifier: Apache-2.0
#include "core/event/record.h"

#include <errno.h>
#include <stdlib.h>

#include "test.h"

static struct wire_exec exec_of(uint32_t cwd, uint32_t filename, uint32_t args)
{
	return (struct wire_exec){
		.header = {.version = WIRE_VERSION,
			   .type = WIRE_EXEC,
			   .length = (uint32_t)sizeof(struct wire_exec) + cwd + filename + args,
			   .ktime_ns = 42},
		.task = {.pid = 7},
		.cwd_length = cwd,
		.filename_length = filename,
		.args_length = args,
	};
}

/* The record with its strings, in a block of just that size, so that a read beyond it is found. */
static int decode(const struct wire_exec *exec, const char *strings, size_t length, struct record *ret)
{
	size_t total = sizeof(*exec) + strlen(strings);
	char *bytes = malloc(total);
	int r;

	memcpy(bytes, exec, sizeof(*exec));
	memcpy(bytes + sizeof(*exec), strings, strlen(strings));
	r = record_decode(bytes, length ? length : total, ret);
	if (r == 0) {
		CHECK_BYTES(ret->cwd.data, ret->cwd.length, "/tmp");
		CHECK_BYTES(ret->filename.data, ret->filename.length, "./a");
		CHECK_BYTES(ret->args.data, ret->args.length, "a-b-");
	}
	free(bytes);
	return r;
}

static void test_exec_is_taken_apart(void)
{
	struct wire_exec exec = exec_of(4, 3, 4);
	struct record record;

	CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), 0);
	CHECK_EQ(record.type, WIRE_EXEC);
	CHECK_EQ(record.ktime_ns, 42);
	CHECK_EQ(record.exec.task.pid, 7);
}

static void test_room_behind_the_record_is_ignored(void)
{
	struct wire_exec exec = exec_of(4, 3, 4);
	struct record record;

	CHECK_EQ(decode(&exec, "/tmp./aa-b-garbage", 0, &record), 0);
}

static void test_lengths_are_not_trusted(void)
{
	static const struct {
		const char *what;
		uint32_t cwd, filename, args;
		int length_error; /* added to the header's length */
	} cases[] = {
		{"cwd beyond the end", 12, 0, 0, 0},
		{"filename beyond the end", 4, 8, 0, 0},
		{"args beyond the end", 4, 3, 5, 0},
		{"sum wraps around", 4, 0xfffffff0u, 16, 0},
		{"longer than the record's maximum", WIRE_PATH_MAX + 1, 0, 0, 0},
		{"header says more than there is", 4, 3, 4, 1},
		{"header says less than the fixed part", 4, 3, 4, -12},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct wire_exec exec = exec_of(cases[i].cwd, cases[i].filename, cases[i].args);
		struct record record = {.ktime_ns = 99};

		exec.header.length = (uint32_t)((int)sizeof(exec) + 11 + cases[i].length_error);
		CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), -EBADMSG);
		CHECK_EQ(record.ktime_ns, 99); /* untouched */
	}
}

static void test_shorter_than_any_header(void)
{
	struct wire_exec exec = exec_of(4, 3, 4);
	struct record record;

	for (size_t length = 1; length < sizeof(struct wire_header); length++)
		CHECK_EQ(decode(&exec, "/tmp./aa-b-", length, &record), -EBADMSG);
	CHECK_EQ(decode(&exec, "/tmp./aa-b-", sizeof(exec) - 1, &record), -EBADMSG);
}

static void test_other_versions_and_types(void)
{
	struct wire_exec exec = exec_of(4, 3, 4);
	struct record record;

	exec.header.version = WIRE_VERSION + 1;
	CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), -EPROTONOSUPPORT);
	exec.header.version = WIRE_VERSION;
	exec.header.type = 0;
	CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), -ENOMSG);
	exec.header.type = WIRE_TYPE_MAX;
	CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), -ENOMSG);
	exec.header.type = 255;
	CHECK_EQ(decode(&exec, "/tmp./aa-b-", 0, &record), -ENOMSG);
}

static void test_fixed_records(void)
{
	struct wire_exit exit = {
		.header = {.version = WIRE_VERSION, .type = WIRE_EXIT, .length = sizeof(exit)},
		.status = 9,
	};
	const struct wire_throttle throttle = {
		.header = {.version = WIRE_VERSION, .type = WIRE_THROTTLE, .length = sizeof(throttle)},
		.cgroup_id = 5,
	};
	struct record record;

	CHECK_EQ(record_decode(&exit, sizeof(exit), &record), 0);
	CHECK_EQ(record.exit.status, 9);
	exit.header.length--;
	CHECK_EQ(record_decode(&exit, sizeof(exit), &record), -EBADMSG);
	CHECK_EQ(record_decode(&throttle, sizeof(throttle), &record), 0);
	CHECK_EQ(record.throttle.cgroup_id, 5);
	CHECK_EQ(record_decode(&throttle, sizeof(throttle) - 1, &record), -EBADMSG);
}

int main(void)
{
	RUN(test_exec_is_taken_apart);
	RUN(test_room_behind_the_record_is_ignored);
	RUN(test_lengths_are_not_trusted);
	RUN(test_shorter_than_any_header);
	RUN(test_other_versions_and_types);
	RUN(test_fixed_records);
	return test_end();
}
