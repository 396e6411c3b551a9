/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the running kernel can and cannot serve, by asking it. */
#include <stdbool.h>

/* Sends libbpf's messages to our log: warnings and below only with --log-level debug. Call before any load. */
void features_init_libbpf(void);

/*
 * Can a process lose the CPU inside a program? By what the kernel says of itself in uname(2) and in
 * /sys/kernel/debug/sched/preempt (kernel/sched/debug.c); true where that cannot be read.
 */
bool features_is_preemptible(void);

/* Logs one line for each hook family that the kernel lacks, with the reason; one line when it has them all. */
void features_report(void);
