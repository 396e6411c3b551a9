// SPDX-License-Identifier: Apache-2.0
/*
 * Nanoseconds per encoded event: the median of several rounds, for a typical
 * exec with its parent, the same with two fields taken out, with credentials and namespaces, and an exit.
 * Usage: encode [ROUNDS [EVENTS PER ROUND]]
 */
#include <time.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/filter/field_mask.h"

#define ROUNDS_DEFAULT 21
#define EVENTS_DEFAULT 100000

#define BYTES(text) \
	{ \
		(text), sizeof(text) - 1 \
	}
#define ALL_CAPABILITIES 0x1ffffffffffULL

static struct image shell = {
	.auid = 1000,
	.namespaces = {1, 2, 3, 4, 4, 5, 6, 6, 7, 8},
	.credentials = {.permitted = ALL_CAPABILITIES, .effective = ALL_CAPABILITIES},
	.cwd = BYTES("/var/lib/kubelet"),
	.binary = BYTES("/usr/bin/bash"),
	.arguments = BYTES("-c \"curl -sS https://ebpf.io | head -n 1\""),
};
static struct image curl = {
	.auid = 1000,
	.namespaces = {1, 2, 3, 4, 4, 5, 6, 6, 7, 8},
	.credentials = {.permitted = ALL_CAPABILITIES, .effective = ALL_CAPABILITIES},
	.cwd = BYTES("/var/lib/kubelet"),
	.binary = BYTES("/usr/bin/curl"),
	.arguments = BYTES("-sS https://ebpf.io --connect-timeout 10 --retry 3"),
};
static struct process parent = {
	.pid = 52698,
	.flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE,
	.ktime_ns = 13548674300000,
	.start_wall_ns = 1696629837700000000,
	.parent_pid = 4711,
	.parent_ktime_ns = 13540000000000,
	.has_in_init_tree = true,
	.docker = "551e161c47d8ff0eb665438a7bcd5b4",
	.image = &shell,
};
static struct process process = {
	.pid = 52699,
	.flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE,
	.ktime_ns = 13548674321337,
	.start_wall_ns = 1696629837700327580,
	.parent_pid = 52698,
	.parent_ktime_ns = 13548674300000,
	.has_in_init_tree = true,
	.docker = "551e161c47d8ff0eb665438a7bcd5b4",
	.image = &curl,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static int measure(const char *name, const struct event *event, const struct event_json_options *options,
		   const struct field_masks *masks, size_t rounds, size_t count)
{
	_cleanup_free_ double *times = calloc(rounds, sizeof(*times));
	struct buffer buffer;
	size_t length = 0;

	if (!times || buffer_init(&buffer, EVENT_JSON_LINE_MAX))
		return -1;
	for (size_t round = 0; round < rounds; round++) {
		uint64_t start = now_ns();

		for (size_t i = 0; i < count; i++) {
			buffer_reset(&buffer);
			length = event_json_encode(&buffer, event, options);
			length = field_masks_apply(masks, buffer.data, length, buffer.data);
		}
		times[round] = (double)(now_ns() - start) / (double)count;
	}
	qsort(times, rounds, sizeof(*times), compare);
	printf("%-24s %8.0f ns  (min %.0f, max %.0f, %zu bytes)\n", name, times[rounds / 2], times[0],
	       times[rounds - 1], length);
	buffer_done(&buffer);
	return 0;
}

int main(int argc, char **argv)
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS_DEFAULT;
	size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : EVENTS_DEFAULT;
	struct event exec = {.type = EVENT_PROCESS_EXEC,
			     .wall_ns = 1696629837700326678,
			     .tid = 52699,
			     .process = &process,
			     .parent = &parent};
	struct event ended = {.type = EVENT_PROCESS_EXIT,
			      .wall_ns = 1696629838100326678,
			      .tid = 52699,
			      .process = &process,
			      .parent = &parent,
			      .exit_status = 3 << 8};
	struct event_json_options plain = {.node_name = "worker-1.example.org", .cluster_name = "production"};
	struct event_json_options full = plain;
	struct field_filter no_ids = {
		.messages = EVENT_MESSAGES_ALL, .fields = "process.exec_id,process.parent_exec_id", .is_exclude = true};
	struct field_masks masks = {0}, no_masks = {0};
	struct field_mask_error error;

	if (!rounds || !count) {
		fprintf(stderr, "usage: %s [ROUNDS [EVENTS PER ROUND]], both at least 1\n", argv[0]);
		return 2;
	}
	full.with_credentials = true;
	full.with_namespaces = true;
	if (field_masks_add(&masks, &no_ids, &error) ||
	    measure("encode exec", &exec, &plain, &no_masks, rounds, count) ||
	    measure("encode exec, two less", &exec, &plain, &masks, rounds, count) ||
	    measure("encode exec, cred+ns", &exec, &full, &no_masks, rounds, count) ||
	    measure("encode exit", &ended, &plain, &no_masks, rounds, count)) {
		fprintf(stderr, "out of memory\n");
		return 1;
	}
	field_masks_done(&masks);
	return 0;
}
