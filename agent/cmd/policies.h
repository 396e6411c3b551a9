/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The control flow: keeps the kernel running what the policy files say. A thread
 * of its own, so that a policy that takes a second to verify never delays an event.
 */
#include <stddef.h>
#include <stdint.h>

#include "core/policy/hook_info.h"
#include "io/bpf/kernel_types.h"

struct loader;
struct policies;
struct symbols;
struct policy_board;

struct policies_options {
	const char *file;      /* --tracing-policy; "" or NULL: none */
	const char *directory; /* --tracing-policy-dir; "" or NULL: none */
	const char *variables; /* --variable: NAME=VALUE, several separated by commas; NULL: none */
	const char *btf_path;
	const char *procfs; /* --procfs; outlives the policies */
	enum hook_attach attach;
	const uint32_t *host_namespaces; /* WIRE_NS_COUNT numbers, 0: unknown; copied when the first policy comes */
	int ring_fd, shared_fd;          /* of the base sensor */
	struct hook_table *hooks;        /* not owned, nor the next two; outlive the policies */
	struct loader *loader;
	struct symbols *symbols;
};

struct policies_totals {
	size_t loaded, failed;
	uint64_t events, lost, suppressed, missed; /* those of removed policies included */
};

/* 0 or -errno, with the reason logged. Returns before the first policy is loaded. */
int policies_start(const struct policies_options *options, struct policies **ret);
/* What it tells of them (cmd/policy_board.h), to any thread, until policies_stop(). */
struct policy_board *policies_board(struct policies *policies);
/* Ends the thread and all policies; accepts and returns NULL. *ret_totals is what they counted. */
struct policies *policies_stop(struct policies *policies, struct policies_totals *ret_totals);
