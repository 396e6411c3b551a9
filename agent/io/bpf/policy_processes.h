/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the policy engine has of process_states.h and core/policy/follow.h: the states of processes are there while
 * generations of policies ask for them, and those generations' filters with followChildren have their bits.
 */
#include "core/policy/report.h"
#include "io/bpf/process_states.h"

struct policy_processes {
	struct process_states *states; /* NULL: no policy asks for them */
	size_t users;                  /* generations that do */
	struct follow_bits bits;
	char *btf_path, *procfs; /* owned */
};

/* What one generation has of them. */
struct policy_processes_share {
	bool has_states;
	struct follow_map follow;
};

/* 0 or -ENOMEM. */
int policy_processes_init(struct policy_processes *processes, const char *btf_path, const char *procfs);
void policy_processes_done(struct policy_processes *processes); /* accepts a zeroed struct */

/* Makes sure that there are states if the plan asks for them; call before its programs are loaded. 0 or -errno. */
int policy_processes_join(struct policy_processes *processes, const struct plan *plan,
			  const struct kernel_features *features, struct policy_processes_share *ret);
/* The generation goes; `stays` is the policy's other one, or NULL. Call before the filters are freed. */
void policy_processes_leave(struct policy_processes *processes, struct policy_processes_share *share,
			    const struct policy_processes_share *stays);

/* Has the bits stand for the generation's values, as its programs are about to run. 0, or -errno with a finding. */
int policy_processes_use(struct policy_processes *processes, const struct policy_processes_share *share,
			 const struct policy *policy, struct report *report);
