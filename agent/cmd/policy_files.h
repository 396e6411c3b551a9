/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The policies that files say: a directory and a single file, followed. A source of a policy set; a place is a file's
 * path.
 *
 * A file is loaded when it is new or has changed. One of which a policy failed for want of something (room, memory, a
 * name that another file has) is loaded again when a policy has been removed or changed, else from time to time.
 */
#include "cmd/policies.h"
#include "cmd/policy_set.h"

struct policy_files;

/* `set`, `is_ending` and what `options` point at outlive it. 0 or -errno. */
int policy_files_open(const struct policies_options *options, struct policy_set *set, const atomic_bool *is_ending,
		      struct policy_files **ret);
struct policy_files *policy_files_close(struct policy_files *files); /* accepts and returns NULL */
/* To be polled for input; policy_files_drain() then takes all that there is in. -1: there is no directory. */
int policy_files_fd(const struct policy_files *files);
void policy_files_drain(struct policy_files *files);

/* What a pass came to. */
struct policy_files_pass {
	bool has_loaded;  /* a file */
	bool has_changed; /* a policy has, or what is wrong with one */
	bool is_open;     /* some that failed may do now: make another pass soon */
};

/* A pass: makes what runs what the files say. */
struct policy_files_pass policy_files_follow(struct policy_files *files);
