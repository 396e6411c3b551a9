/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a program or map costs, asked of the kernel by id: safe from any thread while others close what they hold, for
 * an id that is gone is an error and not another object. Needs CAP_SYS_ADMIN.
 */
#include <stdbool.h>
#include <stdint.h>

struct program_usage {
	uint32_t instructions;
	uint64_t run_count, run_time_ns; /* with the programs that it tail-calls; 0 while the kernel does not measure */
	uint64_t missed;                 /* recursion_misses, of kernels since 5.12 */
	uint64_t memory_bytes;           /* instructions, their compiled form, and the functions' own copies */
};

/* 0 or -errno: -ENOENT: it is gone; -EPERM. */
int program_usage_read(uint32_t id, struct program_usage *ret);
int map_usage_read(uint32_t id, uint64_t *ret_bytes);
/* How many there are, of all agents and others. 0 or -errno. */
int program_usage_count(uint32_t *ret);
int map_usage_count(uint32_t *ret);
/* Does the kernel measure run times? */
bool program_usage_is_timed(void);
