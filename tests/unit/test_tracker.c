// SPDX-License-Identifier: Apache-2.0
#include "core/process/tracker.h"

#include <stdlib.h>

#include "core/filter/event_filter.h"
#include "core/policy/hook_info.h"
#include "tracker_test.h"

#define TICK PROCESS_TICK_NS
static void test_fork_exec_exit(void)
{
	begin();
	CHECK_EQ(fork_in(task(5, 100), task(1, 10), 100, 1), 0);
	CHECK_EQ(do_exec(task(5, 100), task(1, 10), 120, "/bin/ls"), 1);
	CHECK_EQ(event.type, EVENT_PROCESS_EXEC);
	CHECK_EQ(event.process->flags, PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE | PROCESS_FLAG_ROOT_CWD);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/ls");
	CHECK_BYTES(event.process->image->arguments.data, event.process->image->arguments.length, "arg");
	CHECK_EQ(event.parent->pid, 1);
	CHECK_EQ(event.process->parent_ktime_ns, 11);
	CHECK_EQ(do_exit(task(5, 100), 200, 0x300), 1);
	CHECK_EQ(event.type, EVENT_PROCESS_EXIT);
	CHECK_EQ(event.exit_status, 0x300);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_EQ(tracker.stats.missed_forks, 0);
	end();
}

/* What a filter's pid_set has, and whatever descends from that, though it is gone by then. */
static void test_pid_sets_are_inherited(void)
{
	uint32_t pid = 5;
	struct event_filter filter = {.pid_set = {&pid, 1}, .pid_set_bit = 1};
	const struct event_filters filters = {.allow = {&filter, 1}, .pid_set_count = 1};

	begin();
	tracker.filters = &filters;
	CHECK_EQ(fork_in(task(5, 100), task(1, 10), 100, 1), 0);
	CHECK_EQ(do_exec(task(5, 100), task(1, 10), 120, "/bin/sh"), 1);
	CHECK_EQ(event.process->pid_sets, 1);
	CHECK_EQ(fork_in(task(6, 130), task(5, 100), 130, 1), 0);
	CHECK_EQ(do_exit(task(5, 100), 140, 0), 1);
	CHECK_EQ(do_exec(task(6, 130), task(5, 100), 150 + PROCESS_CACHE_GRACE_NS, "/bin/ls"), 1);
	CHECK_EQ(event.process->pid_sets, 1);
	CHECK_EQ(fork_in(task(7, 160), task(1, 10), 160, 1), 0);
	CHECK_EQ(do_exec(task(7, 160), task(1, 10), 170, "/bin/ls"), 1);
	CHECK_EQ(event.process->pid_sets, 0);
	end();
}

static void test_exec_after_exec_is_a_child_of_its_former_self(void)
{
	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 120, "/bin/sh");
	CHECK_EQ(do_exec(task(5, 100), task(1, 10), 130, "/bin/ls"), 1);
	CHECK_EQ(event.process->flags & PROCESS_FLAG_CLONE, 0);
	CHECK_EQ(event.parent->pid, 5);
	CHECK_EQ(event.parent->ktime_ns, 120);
	CHECK_BYTES(event.parent->image->binary.data, event.parent->image->binary.length, "/bin/sh");
	end();
}

static void test_fork_without_exec_shows_the_parents_image(void)
{
	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	CHECK_EQ(do_exit(task(5, 100), 200, 9), 1);
	CHECK_EQ(event.process->ktime_ns, 100);
	CHECK_EQ(event.process->flags, 0);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/sbin/init");
	end();
}

static void test_duplicate_exit_is_dropped(void)
{
	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	CHECK_EQ(do_exit(task(5, 100), 200, 0), 1);
	CHECK_EQ(do_exit(task(5, 100), 201, 0), 0);
	CHECK_EQ(tracker.stats.duplicates, 1);
	/* the same pid again is somebody else */
	fork_in(task(5, 300), task(1, 10), 300, 1);
	CHECK_EQ(do_exit(task(5, 300), 301, 0), 1);
	end();
}

static void test_doubled_records_are_dropped(void)
{
	struct record record = exec_record(task(5, 100), task(1, 10), 120, "/bin/ls");

	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	CHECK_EQ(fork_in(task(5, 100), task(1, 10), 101, 1), 0);
	record.exec.exec_count = 7;
	CHECK_EQ(handle(&record), 1);
	CHECK(event.process->flags & PROCESS_FLAG_CLONE);
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(tracker.stats.duplicates, 2);
	record.exec.exec_count = 8; /* another exec of the same process */
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.parent->pid, 5);
	end();
}

static void test_lost_fork_is_made_good_and_marked(void)
{
	struct record record = exec_record(task(5, 100), task(1, 10), 120, "/bin/ls");

	begin();
	record.exec.flags = WIRE_EXEC_FIRST;
	CHECK_EQ(handle(&record), 1);
	CHECK(event.process->flags & PROCESS_FLAG_MISS);
	CHECK(event.process->flags & PROCESS_FLAG_CLONE);
	CHECK_EQ(event.parent->pid, 1);
	CHECK_EQ(tracker.stats.missed_forks, 1);
	end();
}

static void test_unknown_parent_is_made_up(void)
{
	begin();
	fork_in(task(5, 100), task(4, 50), 100, 1);
	CHECK_EQ(do_exec(task(5, 100), task(4, 50), 120, "/bin/ls"), 1);
	CHECK_EQ(event.parent->pid, 4);
	CHECK_EQ(event.parent->flags, PROCESS_FLAG_UNKNOWN);
	CHECK_EQ(event.process->flags & PROCESS_FLAG_MISS, 0);
	CHECK_EQ(tracker.stats.unknown_parents, 1);
	end();
}

static void test_unknown_exit(void)
{
	begin();
	CHECK_EQ(do_exit(task(9, 100), 200, 0), 1);
	CHECK_EQ(event.process->flags, PROCESS_FLAG_UNKNOWN);
	CHECK_EQ(event.parent->pid, 0);
	CHECK_EQ(do_exit(task(9, 100), 200, 0), 0);
	CHECK_EQ(tracker.stats.unknown_processes, 1);
	end();
}

static void test_container_tree(void)
{
	struct wire_task first = {.pid = 20, .ns_pid = 1, .start_ns = 100};
	struct record record;

	begin();
	fork_in(first, task(1, 10), 100, 2);
	record = exec_record(first, task(1, 10), 101, "/app");
	record.exec.cgroup_id = 2;
	CHECK_EQ(handle(&record), 1);
	CHECK_STR(event.process->docker, "0123456789abcdef0123456789abcde");
	CHECK_EQ(event.process->pod_uid.bytes[15], 0x10);
	CHECK(event.process->flags & PROCESS_FLAG_IN_INIT_TREE);
	/* a child of the container's first process */
	fork_in(task(21, 200), first, 200, 2);
	CHECK_EQ(do_exit(task(21, 200), 210, 0), 1);
	CHECK_EQ(event.process->pod_uid.bytes[15], 0x10);
	CHECK(event.process->flags & PROCESS_FLAG_IN_INIT_TREE);
	/* one that came from outside, as kubectl exec does */
	fork_in(task(22, 300), task(1, 10), 300, 2);
	CHECK_EQ(do_exit(task(22, 300), 310, 0), 1);
	CHECK_STR(event.process->docker, "0123456789abcdef0123456789abcde");
	CHECK_EQ(event.process->flags & PROCESS_FLAG_IN_INIT_TREE, 0);
	/* one that the first container's runtime puts into another, as in nested containers */
	fork_in(task(23, 400), first, 400, 2);
	record = exec_record(task(23, 400), first, 401, "/other");
	record.exec.cgroup_id = 3;
	CHECK_EQ(handle(&record), 1);
	CHECK_STR(event.process->docker, "fedcba9876543210fedcba987654321");
	CHECK_EQ(event.process->pod_uid.bytes[15], 0);
	CHECK_EQ(event.process->flags & PROCESS_FLAG_IN_INIT_TREE, 0);
	end();
}

/* Made so deep by a container that the kernel side cannot tell where it is: what it is called makes it nobody else's.
 */
static void test_cut_cgroup(void)
{
	struct wire_task inside = {.pid = 20, .ns_pid = 1, .start_ns = 100};
	struct record record;

	begin();
	CHECK_EQ(handle(&(struct record){
			 .type = WIRE_CGROUP, .cgroup = {.id = 4, .is_cut = 1}, .path = bytes_of(OTHER_CONTAINER)}),
		 0);
	fork_in(inside, task(1, 10), 100, 2);
	record = exec_record(inside, task(1, 10), 101, "/app");
	record.exec.cgroup_id = 4;
	CHECK_EQ(handle(&record), 1);
	CHECK_STR(event.process->docker, "0123456789abcdef0123456789abcde");
	CHECK_EQ(event.process->pod_uid.bytes[15], 0x10);
	fork_in(task(21, 200), task(1, 10), 200, 4);
	CHECK_EQ(do_exit(task(21, 200), 210, 0), 1);
	CHECK_STR(event.process->docker, "");
	end();
}

static void add_existing(uint32_t pid, uint32_t parent, uint64_t start_ns, uint64_t seen_ns)
{
	struct tracker_existing existing = {
		.pid = pid,
		.parent_pid = parent,
		.ns_pid = pid,
		.start_boot_ns = start_ns,
		.seen_ktime_ns = seen_ns,
		.cwd = bytes_of("/"),
		.binary = bytes_of("/bin/old"),
		.argv = {"old\0", 4},
		.cgroup_path = bytes_of("/"),
	};

	CHECK_EQ(tracker_add_existing(&tracker, &existing), 0);
}

static void test_existing_are_reported_once_parents_first(void)
{
	begin();
	add_existing(30, 31, 9 * TICK, 1000); /* a pid may be lower than its parent's */
	add_existing(31, 999, 8 * TICK, 1000);
	tracker_end_scan(&tracker);
	CHECK(tracker_next_existing(&tracker, &event));
	CHECK_EQ(event.process->pid, 31);
	CHECK_EQ(event.parent->pid, 0); /* its parent is gone */
	CHECK_EQ(event.process->flags, PROCESS_FLAG_PROCFS);
	CHECK(tracker_next_existing(&tracker, &event));
	CHECK_EQ(event.process->pid, 30);
	CHECK_EQ(event.parent->pid, 31);
	CHECK(!tracker_next_existing(&tracker, &event));
	/* the kernel's exact start time is recognised */
	CHECK_EQ(do_exit(task(30, 9 * TICK + 123), 2000, 0), 1);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/old");
	end();
}

static void test_exec_during_the_scan_is_reported_by_its_record(void)
{
	struct record before = exec_record(task(30, 9 * TICK + 5), task(1, 10), 900, "/bin/new");
	struct record after = exec_record(task(31, 9 * TICK + 6), task(1, 10), 1100, "/bin/new");

	begin();
	add_existing(30, 1, 9 * TICK, 1000);
	add_existing(31, 1, 9 * TICK, 1000);
	tracker_end_scan(&tracker);
	tracker_supersede(&tracker, &before); /* the scan saw what this exec had made */
	tracker_supersede(&tracker, &after);  /* the scan saw what was there before */
	CHECK(tracker_next_existing(&tracker, &event));
	CHECK_EQ(event.process->pid, 31);
	CHECK(!tracker_next_existing(&tracker, &event));
	CHECK_EQ(handle(&before), 1);
	CHECK_EQ(event.process->pid, 30);
	CHECK_EQ(event.parent->pid, 1);
	CHECK_EQ(handle(&after), 1);
	CHECK_EQ(event.parent->pid, 31); /* of its former self */
	end();
}

static void test_fork_during_the_scan(void)
{
	begin();
	add_existing(30, 1, 9 * TICK, 1000);
	tracker_end_scan(&tracker);
	tracker_supersede(&tracker, &(struct record){.type = WIRE_FORK,
						     .ktime_ns = 900,
						     .fork = {.task = task(30, 9 * TICK + 5), .parent = task(1, 10)}});
	CHECK(!tracker_next_existing(&tracker, &event));
	fork_in(task(30, 9 * TICK + 5), task(1, 10), 900, 1);
	CHECK_EQ(do_exec(task(30, 9 * TICK + 5), task(1, 10), 950, "/bin/new"), 1);
	CHECK(event.process->flags & PROCESS_FLAG_CLONE);
	CHECK_EQ(event.process->flags & PROCESS_FLAG_MISS, 0);
	end();
}

static bool tell(uint32_t pid, uint64_t start_ns)
{
	event = (struct event){0};
	return tracker_tell_existing(&tracker, process_cache_find(&tracker.cache, pid, start_ns), &event);
}

static uint32_t told_forker(void)
{
	return event.forked_by ? event.forked_by->pid : 0;
}

/* As its exec event was, and where it is in the tree: below who forked it, whatever both have executed since. */
static void test_existing_are_told(void)
{
	begin();
	CHECK(tell(1, 10));
	CHECK_EQ(event.type, EVENT_PROCESS_EXEC);
	CHECK(event.is_existing);
	CHECK_EQ(event.wall_ns, event.process->start_wall_ns);
	CHECK_EQ(event.parent->pid, 0);
	CHECK_EQ(told_forker(), 0);
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 120, "/bin/sh");
	CHECK(!event.is_existing);
	fork_in(task(6, 130), task(5, 100), 130, 1);
	CHECK(tell(6, 130)); /* also one that was forked only */
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/sh");
	CHECK_EQ(told_forker(), 5);
	do_exec(task(5, 100), task(1, 10), 140, "/bin/bash");
	do_exec(task(5, 100), task(1, 10), 150, "/bin/dash");
	CHECK(tell(5, 100));
	CHECK_EQ(event.parent->pid, 5);
	CHECK_EQ(told_forker(), 1);
	CHECK(tell(6, 130));
	CHECK_EQ(event.parent->ktime_ns, 120);
	CHECK_EQ(event.forked_by->ktime_ns, 150);
	do_exit(task(5, 100), 200, 0);
	CHECK(tell(6, 130));
	CHECK_EQ(event.parent->pid, 5);
	CHECK_EQ(told_forker(), 0); /* which has ended */
	end();
}

/* Times of the scan are rounded, and learned one by one. */
static void test_existing_of_the_scan_are_told(void)
{
	begin();
	add_existing(30, 1, 9 * TICK, 1000);
	add_existing(31, 30, 9 * TICK, 1000);
	add_existing(32, 31, 9 * TICK, 1000);
	tracker_end_scan(&tracker);
	CHECK(process_cache_find(&tracker.cache, 30, 9 * TICK + 5));
	CHECK(tell(31, 9 * TICK));
	CHECK_EQ(told_forker(), 30);
	CHECK(process_cache_find(&tracker.cache, 31, 9 * TICK + 6));
	CHECK(tell(31, 9 * TICK + 6));
	CHECK_EQ(told_forker(), 30);
	CHECK(tell(32, 9 * TICK));
	CHECK_EQ(told_forker(), 31);
	end();
}

static void test_existing_that_are_not_told(void)
{
	begin();
	CHECK_EQ(
		handle(&(struct record){.type = WIRE_FORK,
					.ktime_ns = 100,
					.fork = {.task = task(40, 100), .parent = task(1, 10), .is_kernel_thread = 1}}),
		0);
	CHECK(!tell(40, 100));
	do_exec(task(50, 200), task(41, 90), 210, "/bin/ls"); /* makes up its parent */
	CHECK(!tell(41, 90));
	CHECK(tell(50, 200));
	CHECK_EQ(told_forker(), 0);
	end();
}

static struct hook_table *new_hooks(uint32_t *ret_kprobe, uint32_t *ret_loader)
{
	struct hook_table *table = hook_table_new();
	struct hook_info *kprobe = calloc(1, sizeof(*kprobe)), *loader = calloc(1, sizeof(*loader));

	*kprobe = (struct hook_info){.family = HOOK_KPROBE, .arg_count = 1, .has_return = true};
	loader->family = HOOK_LOADER;
	*ret_kprobe = hook_table_publish(table, kprobe);
	*ret_loader = hook_table_publish(table, loader);
	return table;
}

static struct record hook_record(uint32_t number, struct wire_task who, size_t value_count)
{
	return (struct record){
		.type = WIRE_HOOK,
		.ktime_ns = 500,
		.hook = {.task = who, .tid = who.pid + 1, .hook = number},
		.values = {.count = value_count},
	};
}

static void test_hook_events(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = hook_record(kprobe, task(5, 100), 2);

	begin();
	tracker.hooks = hooks;
	tracker.wall_minus_monotonic_ns = 7000;
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 120, "/bin/ls");
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.type, EVENT_PROCESS_KPROBE);
	CHECK_EQ(event.tid, 6);
	CHECK_EQ(event.wall_ns, 7500);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_EQ(event.parent->pid, 1);
	CHECK(event.record == &record && event.hook == hook_table_find(hooks, kprobe));
	/* until some time after its end */
	do_exit(task(5, 100), 200, 0);
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_EQ(tracker.stats.unknown_processes, 0);
	/* pid 0: softirqs */
	record.hook.task = task(0, 0);
	CHECK_EQ(handle(&record), 1);
	CHECK(event.process == tracker.root && !event.parent);
	end();
	hook_table_free(hooks);
}

static int late_fork(struct wire_task child, struct wire_task parent, uint64_t ktime_ns)
{
	return handle(&(struct record){
		.type = WIRE_FORK,
		.ktime_ns = ktime_ns,
		.fork = {.task = child, .parent = parent, .cgroup_id = 1, .is_late = 1},
	});
}

static int suppressed_exec(struct wire_task who, struct wire_task parent, uint64_t ktime_ns, const char *binary)
{
	struct record record = exec_record(who, parent, ktime_ns, binary);

	record.exec.flags = WIRE_EXEC_SUPPRESSED;
	return handle(&record);
}

/* No events, but what comes next knows them. */
static void test_suppressed_records(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = hook_record(kprobe, task(5, 100), 2);

	begin();
	tracker.hooks = hooks;
	CHECK_EQ(late_fork(task(5, 100), task(1, 10), 100), 0);
	CHECK_EQ(suppressed_exec(task(5, 100), task(1, 10), 120, "/bin/ls"), 0);
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_EQ(event.process->flags, PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE | PROCESS_FLAG_ROOT_CWD);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/ls");
	CHECK_EQ(event.parent->pid, 1);
	CHECK_EQ(do_exit(task(5, 100), 200, 0), 1);
	CHECK_EQ(event.process->ktime_ns, 120);
	CHECK_EQ(tracker.stats.missed_forks + tracker.stats.unknown_parents, 0);
	end();
	hook_table_free(hooks);
}

/* A parent that nobody was told of has ended by then: it must not stay for an exit that never comes. */
static void test_late_fork_of_an_unknown_parent(void)
{
	uint64_t live;

	begin();
	live = tracker.cache.stats.live;
	CHECK_EQ(late_fork(task(6, 100), task(5, 90), 100), 0);
	CHECK_EQ(tracker.cache.stats.live, live + 1);
	CHECK_EQ(do_exit(task(6, 100), 200, 0), 1);
	CHECK_EQ(event.parent->pid, 5);
	CHECK_EQ(event.parent->flags, PROCESS_FLAG_UNKNOWN);
	CHECK_EQ(tracker.cache.stats.live, live);
	end();
}

/* The parent has executed something else since. */
static void test_late_fork_has_the_parent_of_its_time(void)
{
	begin();
	fork_in(task(5, 100), task(1, 10), 100, 1);
	do_exec(task(5, 100), task(1, 10), 120, "/bin/old");
	do_exec(task(5, 100), task(1, 10), 140, "/bin/new");
	CHECK_EQ(late_fork(task(6, 130), task(5, 100), 130), 0);
	CHECK_EQ(late_fork(task(7, 150), task(5, 100), 150), 0);
	CHECK_EQ(do_exit(task(6, 130), 200, 0), 1);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/old");
	CHECK_EQ(event.parent->ktime_ns, 120);
	CHECK_EQ(do_exit(task(7, 150), 200, 0), 1);
	CHECK_BYTES(event.process->image->binary.data, event.process->image->binary.length, "/bin/new");
	end();
}

static void test_throttle_events(void)
{
	begin();
	tracker.wall_minus_monotonic_ns = 7000;
	CHECK_EQ(handle(&(struct record){.type = WIRE_THROTTLE, .ktime_ns = 500, .throttle = {.cgroup_id = 1}}), 1);
	CHECK_EQ(event.type, EVENT_PROCESS_THROTTLE);
	CHECK_EQ(event.wall_ns, 7500);
	CHECK(event.is_throttled);
	CHECK_BYTES(event.cgroup.data, event.cgroup.length, "x.service");
	tracker_throttle_event(&tracker, 99, false, 8000, &event); /* a path that was lost */
	CHECK(!event.is_throttled);
	CHECK_EQ(event.cgroup.length, 0);
	CHECK_EQ(event.wall_ns, 8000);
	end();
}

static void test_hook_event_of_an_unknown_process(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = hook_record(kprobe, task(9, 400), 2);

	begin();
	tracker.hooks = hooks;
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(handle(&record), 1);
		CHECK_EQ(event.process->flags, PROCESS_FLAG_UNKNOWN);
		CHECK_EQ(event.process->pid, 9);
		CHECK_EQ(event.process->ktime_ns, 400);
		CHECK(!event.parent);
	}
	CHECK_EQ(tracker.stats.unknown_processes, 1);
	/* its child has a parent, of which no more is known */
	fork_in(task(10, 500), task(9, 400), 500, 1);
	record.hook.task = task(10, 500);
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.parent->pid, 9);
	end();
	hook_table_free(hooks);
}

static void test_hooks_that_do_not_fit(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = hook_record(kprobe, task(1, 10), 2);

	begin();
	CHECK_EQ(handle(&record), 0); /* no table */
	CHECK_EQ(tracker.stats.unknown_hooks, 1);
	tracker.hooks = hooks;
	CHECK_EQ(handle(&record), 1);
	record.hook.hook = loader + 1;
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(tracker.stats.unknown_hooks, 2);
	record = hook_record(kprobe, task(1, 10), 1);
	CHECK_EQ(handle(&record), 0);
	record = hook_record(loader, task(1, 10), 0);
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(tracker.stats.mismatched_hooks, 2);
	CHECK_EQ(tracker.stats.unknown_hooks, 2);
	end();
	hook_table_free(hooks);
}

static void test_loader_events(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = {.type = WIRE_LOADER,
				.ktime_ns = 500,
				.loader = {.task = task(1, 10), .tid = 1, .hook = loader},
				.path = bytes_of("/lib/libc.so.6")};

	begin();
	tracker.hooks = hooks;
	CHECK_EQ(handle(&record), 1);
	CHECK_EQ(event.type, EVENT_PROCESS_LOADER);
	CHECK_EQ(event.process->pid, 1);
	CHECK_EQ(event.parent->pid, 0);
	record.loader.hook = kprobe;
	CHECK_EQ(handle(&record), 0);
	CHECK_EQ(tracker.stats.mismatched_hooks, 1);
	end();
	hook_table_free(hooks);
}

/* Whose mapping it is, as the binary's name; "?" while it is not known. */
static const char *mapper_of(struct record *record, uint64_t ktime_ns, uint64_t exec_ns)
{
	static char binary[64];

	record->ktime_ns = ktime_ns;
	record->loader.exec_ns = exec_ns;
	if (tracker_awaits_exec(&tracker, record))
		return "?";
	CHECK_EQ(handle(record), 1);
	snprintf(binary, sizeof(binary), "%.*s", (int)event.process->image->binary.length,
		 event.process->image->binary.data);
	return binary;
}

/* By pid and time: the record has no start time. */
static void test_loader_events_by_time(void)
{
	uint32_t kprobe, loader;
	struct hook_table *hooks = new_hooks(&kprobe, &loader);
	struct record record = {.type = WIRE_LOADER,
				.loader = {.task = {.pid = 5}, .tid = 5, .hook = loader},
				.path = bytes_of("/lib/libc.so.6")};

	begin();
	tracker.hooks = hooks;
	fork_in(task(5, TICK), task(1, 10), 100, 1);
	CHECK_STR(mapper_of(&record, 110, 0), "/sbin/init");
	/* inside execve(), ahead of its record */
	CHECK_STR(mapper_of(&record, 118, 115), "?");
	do_exec(task(5, TICK), task(1, 10), 120, "/bin/sh");
	CHECK_STR(mapper_of(&record, 118, 115), "/bin/sh");
	CHECK_STR(mapper_of(&record, 130, 115), "/bin/sh");
	CHECK_STR(mapper_of(&record, 148, 145), "?");
	do_exec(task(5, TICK), task(1, 10), 150, "/bin/ls");
	CHECK_STR(mapper_of(&record, 118, 115), "/bin/sh");
	CHECK_STR(mapper_of(&record, 144, 115), "/bin/sh");
	CHECK_STR(mapper_of(&record, 148, 145), "/bin/ls");
	CHECK_STR(mapper_of(&record, 160, 145), "/bin/ls");
	/* without the time of the exec */
	CHECK_STR(mapper_of(&record, 130, 0), "/bin/sh");
	CHECK_STR(mapper_of(&record, 160, 0), "/bin/ls");
	/* after its end, and when the pid is somebody else's */
	do_exit(task(5, TICK), 170, 0);
	CHECK_STR(mapper_of(&record, 165, 145), "/bin/ls");
	fork_in(task(5, 9 * TICK), task(1, 10), 9 * TICK, 1);
	CHECK_STR(mapper_of(&record, 165, 145), "/bin/ls");
	CHECK_STR(mapper_of(&record, 9 * TICK + 5, 145), "/sbin/init");
	/* never seen */
	CHECK_EQ(tracker.stats.unknown_processes, 0);
	record.loader.task.pid = 77;
	CHECK_STR(mapper_of(&record, 200, 190), "?");
	CHECK_STR(mapper_of(&record, 200, 0), "");
	CHECK_EQ(event.process->flags, PROCESS_FLAG_UNKNOWN);
	CHECK_EQ(tracker.stats.unknown_processes, 1);
	end();
	hook_table_free(hooks);
}

int main(void)
{
	RUN(test_fork_exec_exit);
	RUN(test_pid_sets_are_inherited);
	RUN(test_exec_after_exec_is_a_child_of_its_former_self);
	RUN(test_fork_without_exec_shows_the_parents_image);
	RUN(test_duplicate_exit_is_dropped);
	RUN(test_doubled_records_are_dropped);
	RUN(test_lost_fork_is_made_good_and_marked);
	RUN(test_unknown_parent_is_made_up);
	RUN(test_unknown_exit);
	RUN(test_container_tree);
	RUN(test_cut_cgroup);
	RUN(test_existing_are_reported_once_parents_first);
	RUN(test_exec_during_the_scan_is_reported_by_its_record);
	RUN(test_fork_during_the_scan);
	RUN(test_existing_are_told);
	RUN(test_existing_of_the_scan_are_told);
	RUN(test_existing_that_are_not_told);
	RUN(test_hook_events);
	RUN(test_suppressed_records);
	RUN(test_late_fork_of_an_unknown_parent);
	RUN(test_late_fork_has_the_parent_of_its_time);
	RUN(test_throttle_events);
	RUN(test_hook_event_of_an_unknown_process);
	RUN(test_hooks_that_do_not_fit);
	RUN(test_loader_events);
	RUN(test_loader_events_by_time);
	return test_end();
}
