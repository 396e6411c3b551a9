/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the running kernel can and cannot serve, by asking it. */
#include <stdbool.h>
#include <stddef.h>

/* Sends libbpf's messages to our log: warnings and below only with --log-level debug. Call before any load. */
void features_init_libbpf(void);

/*
 * Can a process lose the CPU inside a program? By what the kernel says of itself in uname(2) and in
 * /sys/kernel/debug/sched/preempt (kernel/sched/debug.c); true where that cannot be read.
 */
bool features_is_preemptible(void);

#define FEATURES_MAX 8

struct feature {
	const char *name;   /* "fentry and fexit" */
	const char *reason; /* why the kernel cannot serve it; NULL: it can. Valid until the next call. */
};

/* Asks for each hook family; returns how many there are. Not from several threads at once. */
size_t features_probe(struct feature ret[static FEATURES_MAX]);

#define FEATURES_LACKS_MAX 512

/*
 * Logs one line for each hook family that the kernel lacks, with the reason; one line when it has them all. The same
 * in one line: "LSM programs: bpf is not in the kernel's lsm= list; ..."; "": it has them all.
 */
void features_report(char ret_lacks[static FEATURES_LACKS_MAX]);
