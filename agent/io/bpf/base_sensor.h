/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Loads and attaches the base sensor (bpf/process.bpf.c) by the best means that the kernel allows. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct base_sensor;

/* Which cgroup hierarchy names a task's container; the numbers are those of bpf/cgroup.h. */
enum cgroup_hierarchy {
	CGROUP_HIERARCHY_V2,
	CGROUP_HIERARCHY_MEMORY,
	CGROUP_HIERARCHY_PIDS,
	CGROUP_HIERARCHY_CPUSET,
};

/* Which variant of the programs, in order of preference. */
enum base_sensor_attach {
	BASE_SENSOR_ATTACH_AUTO,
	BASE_SENSOR_ATTACH_BTF,
	BASE_SENSOR_ATTACH_RAW,
};

struct base_sensor_options {
	enum base_sensor_attach attach;
	const char *btf_path; /* NULL: the running kernel's own */
	uint64_t ring_bytes;  /* rounded up to a power of two of at least a page */
	enum cgroup_hierarchy cgroup_hierarchy;
	uint64_t throttle_events, throttle_interval_ns; /* --cgroup-rate; 0: no cgroup is throttled */
};

/* 0 or -errno, with the reason logged. */
int base_sensor_open(const struct base_sensor_options *options, struct base_sensor **ret);
/* Nothing is attached from here on; records already in the ring can still be read. Also part of close. */
void base_sensor_detach(struct base_sensor *sensor);
struct base_sensor *base_sensor_close(struct base_sensor *sensor); /* accepts and returns NULL */

int base_sensor_ring_fd(const struct base_sensor *sensor);
int base_sensor_shared_fd(const struct base_sensor *sensor); /* of the map behind base_sensor_shared() */
int base_sensor_hidden_fd(const struct base_sensor *sensor); /* of the map of bpf/hidden.h; -1: nothing is throttled */
/* What the programs keep of the process; false: nothing. */
bool base_sensor_read_hidden(const struct base_sensor *sensor, uint32_t pid, struct wire_hidden *ret);
size_t base_sensor_ring_bytes(const struct base_sensor *sensor);
volatile struct wire_shared *base_sensor_shared(const struct base_sensor *sensor);
/*
 * How many events of that type no copy of the program was let in for: from
 * Linux 7.0 on a process may be preempted in one (bpf/backup.h). Those of threads count, too,
 * which make no record. Exact after base_sensor_detach(), a lower bound before.
 */
uint64_t base_sensor_missed(const struct base_sensor *sensor, enum wire_type type);
/* How many events of that type --cgroup-rate suppressed. */
uint64_t base_sensor_suppressed(const struct base_sensor *sensor, enum wire_type type);
/* Lets go each throttled cgroup that has been calm for this long; `ended` is told its id. About once a second. */
void base_sensor_end_throttles(struct base_sensor *sensor, uint64_t now_ns, uint64_t calm_ns,
			       void (*ended)(void *context, uint64_t cgroup_id), void *context);
const char *base_sensor_means(const struct base_sensor *sensor); /* "BTF-typed tracepoints" */
/* The path of this cgroup id is to be sent again when the id is met again. */
void base_sensor_forget_cgroup(struct base_sensor *sensor, uint64_t id);
