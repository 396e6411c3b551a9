/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A tracker with pid 1, and the records that it is given. */
#include "core/process/tracker.h"
#include "test.h"

#define CONTAINER \
	"/kubepods/pod01020304-0506-0708-090a-0b0c0d0e0f10/" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_CONTAINER "/kubepods/pody/fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static struct tracker tracker;
static struct event event;

static inline struct wire_task task(uint32_t pid, uint64_t start_ns)
{
	return (struct wire_task){.pid = pid, .ns_pid = pid, .start_ns = start_ns};
}

static inline int handle(const struct record *record)
{
	uint64_t forgotten;

	event = (struct event){0};
	return tracker_handle(&tracker, record, &event, &forgotten);
}

static inline struct bytes bytes_of(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

static inline int fork_in(struct wire_task child, struct wire_task parent, uint64_t ktime_ns, uint64_t cgroup_id)
{
	return handle(&(struct record){
		.type = WIRE_FORK,
		.ktime_ns = ktime_ns,
		.fork = {.task = child, .parent = parent, .cgroup_id = cgroup_id},
	});
}

static inline struct record exec_record(struct wire_task who, struct wire_task parent, uint64_t ktime_ns,
					const char *binary)
{
	return (struct record){
		.type = WIRE_EXEC,
		.ktime_ns = ktime_ns,
		.exec = {.task = who, .parent = parent, .cgroup_id = 1},
		.cwd = bytes_of("/"),
		.filename = bytes_of(binary),
		.args = {"x\0arg", 6},
	};
}

static inline int do_exec(struct wire_task who, struct wire_task parent, uint64_t ktime_ns, const char *binary)
{
	struct record record = exec_record(who, parent, ktime_ns, binary);

	return handle(&record);
}

static inline int do_exit(struct wire_task who, uint64_t ktime_ns, uint32_t status)
{
	return handle(
		&(struct record){.type = WIRE_EXIT, .ktime_ns = ktime_ns, .exit = {.task = who, .status = status}});
}

static inline void add_cgroup(uint64_t id, const char *path)
{
	CHECK_EQ(handle(&(struct record){.type = WIRE_CGROUP, .cgroup = {.id = id}, .path = bytes_of(path)}), 0);
}

static inline void begin(void)
{
	CHECK_EQ(tracker_init(&tracker, 1000), 0);
	add_cgroup(1, "/system.slice/x.service");
	add_cgroup(2, CONTAINER);
	add_cgroup(3, OTHER_CONTAINER);
	/* pid 1 forks and execs, so that there is somebody to start the others */
	CHECK_EQ(fork_in(task(1, 10), task(0, 0), 10, 1), 0);
	CHECK_EQ(do_exec(task(1, 10), task(0, 0), 11, "/sbin/init"), 1);
}

static inline void end(void)
{
	tracker_done(&tracker);
}
