// SPDX-License-Identifier: Apache-2.0
#include "tracker_test.h"

static size_t count_ancestors(const char *binary)
{
	size_t count = 0;

	for (const struct process *at = event.parent ? event.parent->parent : NULL; at; at = at->parent)
		count += at->image->binary.length == strlen(binary) &&
			 memcmp(at->image->binary.data, binary, strlen(binary)) == 0;
	return count;
}

/* Behind one that has become another program, long ago. */
static void test_running_ancestor(void)
{
	uint64_t later = 200 + PROCESS_CACHE_GRACE_NS;

	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 110, "/usr/bin/shim");
	fork_in(task(6, 120), task(5, 100), 120, 1);
	do_exec(task(6, 120), task(5, 100), 130, "/entry.sh");
	do_exec(task(6, 120), task(5, 100), 140, "/usr/bin/java");
	fork_in(task(7, 150), task(6, 120), 150, 1);
	do_exec(task(7, 150), task(6, 120), 160, "/bin/a");
	CHECK_EQ(count_ancestors("/usr/bin/shim"), 1);
	fork_in(task(8, 170), task(6, 120), later, 1);
	do_exec(task(8, 170), task(6, 120), later + 10, "/bin/a");
	CHECK_EQ(count_ancestors("/usr/bin/shim"), 1);
	end();
}

static struct record fork_record(struct wire_task child, struct wire_task parent, struct wire_task forker,
				 uint32_t exec_count)
{
	return (struct record){
		.type = WIRE_FORK,
		.ktime_ns = child.start_ns,
		.fork = {.task = child, .parent = parent, .forker = forker, .cgroup_id = 1, .exec_count = exec_count},
	};
}

/* By CLONE_PARENT: a sibling of the one whose copy it is. */
static void test_sibling(void)
{
	struct record record = fork_record(task(6, 130), task(1, 10), task(5, 100), 0);

	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 110, "/bin/forker");
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(do_exit(task(6, 130), 140, 0), 1);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/forker");
	CHECK_EQ(event.parent->pid, 1);
	/* of one that nobody has told of */
	record = fork_record(task(8, 150), task(1, 10), task(7, 120), 0);
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(do_exit(task(8, 150), 160, 0), 1);
	CHECK(event.process->flags & PROCESS_FLAG_UNKNOWN);
	end();
}

/* Fork and exit are told, the exec between them was lost: what it is told of as is its parent's program. */
static void test_lost_exec(void)
{
	struct record record = fork_record(task(6, 100), task(1, 10), task(1, 10), 3);

	for (uint32_t execs = 3; execs <= 4; execs++) {
		begin();
		CHECK_EQ(handle(&record), 0);
		CHECK_EQ(handle(&(struct record){.type = WIRE_EXIT,
						 .ktime_ns = 200,
						 .exit = {.task = task(6, 100), .exec_count = execs}}),
			 1);
		CHECK_EQ(event.process->flags & (PROCESS_FLAG_MISS | PROCESS_FLAG_UNKNOWN),
			 execs == 4 ? PROCESS_FLAG_MISS : 0);
		end();
	}
}

/* One that forks a hidden child and execs: the child's record comes last, and has the count of before. */
static void test_late_fork(void)
{
	struct record exec, record = fork_record(task(7, 120), task(6, 100), task(6, 100), 3);
	struct record fork = fork_record(task(6, 100), task(1, 10), task(1, 10), 3);

	begin();
	CHECK_EQ(handle(&fork), 0);
	exec = exec_record(task(6, 100), task(1, 10), 130, "/bin/daemon");
	exec.exec.exec_count = 4;
	CHECK_EQ(handle(&exec), 1);
	record.fork.is_late = 1;
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(handle(&(struct record){
			 .type = WIRE_EXIT, .ktime_ns = 200, .exit = {.task = task(6, 100), .exec_count = 4}}),
		 1);
	CHECK(!(event.process->flags & (PROCESS_FLAG_MISS | PROCESS_FLAG_UNKNOWN)));
	end();
}

int main(void)
{
	RUN(test_running_ancestor);
	RUN(test_sibling);
	RUN(test_lost_exec);
	RUN(test_late_fork);
	return test_end();
}
