/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The states of processes (bpf/process_state.bpf.c), for policies with matchNamespaceChanges, matchCapabilityChanges or
 * followChildren: there from the first of them to the last, and neither programs nor memory at other times.
 */
#include <stdbool.h>

#include "core/policy/follow.h"

struct process_states;

struct process_states_options {
	const char *btf_path; /* "": the running kernel's own */
	const char *procfs;
	bool has_map_allocator, has_preemptible_tracepoints; /* struct kernel_features */
};

/*
 * Attaches, then records what runs already, from /proc: what the programs have written meanwhile stays. 0, or -errno,
 * with what it is about in the log.
 */
int process_states_open(const struct process_states_options *options, struct process_states **ret);
struct process_states *process_states_close(struct process_states *states); /* accepts and returns NULL */

int process_states_fd(const struct process_states *states);        /* SHARED_MAP_PROCESSES */
int process_states_follow_fd(const struct process_states *states); /* SHARED_MAP_FOLLOW */

/*
 * Has the bits stand for the values that `bits` says; those in `renewed` begin anew. 0; -E2BIG, then nothing has
 * changed; or another -errno: some values may be missing.
 */
int process_states_follow(struct process_states *states, const struct follow_bits *bits, uint64_t renewed);

/* Warns in the log if states have been missed since the last call. */
void process_states_check(struct process_states *states);
