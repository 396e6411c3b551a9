/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The control flow: keeps the kernel running what the policies' sources say. A thread of its own, so that a policy that
 * takes a second to verify never delays an event. policy_files.h is the source, policy_set.h what runs.
 */
#include <stddef.h>
#include <stdint.h>

#include "core/policy/hook_info.h"
#include "io/bpf/base_sensor.h"
#include "io/bpf/kernel_types.h"

struct loader;
struct cluster_networks;
struct option_list;
struct own_node;
struct policies;
struct symbols;
struct policy_board;
struct pod_table;
struct policy_objects;

/* What it points at outlives the policies. */
struct policies_options {
	const char *file;                    /* --tracing-policy; "" or NULL: none */
	const char *directory;               /* --tracing-policy-dir; "" or NULL: none */
	const struct option_list *variables; /* --variable: as policy_variables_check() takes them */
	const char *btf_path;                /* NULL or "": the running kernel's own */
	const char *procfs;                  /* --procfs */
	enum hook_attach attach;
	const uint32_t *host_namespaces; /* WIRE_NS_COUNT numbers, 0: unknown */
	enum cgroup_hierarchy hierarchy;
	int ring_fd, shared_fd, hidden_fd; /* of the base sensor */
	struct hook_table *hooks;
	struct loader *loader;
	struct symbols *symbols;
	struct policy_objects *objects; /* of the cluster; NULL: there is none, nor the next: */
	struct pod_table *pods;
	struct own_node *node;             /* for nodeSelector */
	struct cluster_networks *networks; /* for ${PODCIDR} and ${SERVICECIDR} */
};

struct policies_totals {
	size_t loaded, failed;
	uint64_t events, lost, suppressed, missed; /* those of removed policies included */
};

/* 0 or -errno, with the reason logged. Returns before the first policy is loaded. */
int policies_start(const struct policies_options *options, struct policies **ret);
/* What it tells of them (cmd/policy_board.h), to any thread, until policies_stop(). */
struct policy_board *policies_board(struct policies *policies);
/*
 * Has the thread end all policies, which may take a while, and returns at once: hooks work until they are removed, so
 * go on reading their events.
 */
void policies_ask_to_stop(struct policies *policies);
/* Readable once that is done; for epoll. */
int policies_done_fd(const struct policies *policies);
/*
 * In place of policies_stop(), where there is no time for it: what they had counted when the thread began to end them,
 * or nothing if it has not yet. The thread goes on, with all that it was given: then end the process.
 */
struct policies_totals policies_leave(struct policies *policies);
/* Waits for it, whether it was asked or not, and frees; accepts and returns NULL. *ret_totals is what they counted. */
struct policies *policies_stop(struct policies *policies, struct policies_totals *ret_totals);
