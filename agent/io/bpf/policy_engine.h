/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The policies that run in the kernel. Takes plans and makes them run, make
 * before break: a policy's new programs are loaded beside its old ones, one store switches, the old ones go.
 *
 * How: each hook has an attach point (attach_point.h), which stays over all generations and runs that one which
 * the policy's `active` word names. So an event that happens while a policy changes is handled once: by the generation
 * that the dispatcher read.
 *
 * One thread calls these functions.
 */
#include <stdatomic.h>

#include "core/kube/scope_table.h"
#include "core/policy/hook_info.h"
#include "core/policy/plan.h"
#include "core/policy/report.h"
#include "io/bpf/attach_point.h"
#include "io/bpf/kernel_types.h"

struct policy_engine;
struct loaded_policy;
struct pod_table;

struct policy_engine_options {
	const char *btf_path; /* NULL or "": the running kernel's own */
	const char *procfs;   /* where the host's /proc is mounted */
	enum hook_attach attach;
	const uint32_t *host_namespaces; /* WIRE_NS_COUNT numbers, 0: unknown; copied */
	int ring_fd, shared_fd;          /* of the base sensor */
	int hidden_fd;                   /* the same; -1: it hides no process */
	enum cgroup_hierarchy hierarchy; /* as the base sensor's */
	struct pod_table *pods;          /* not owned; NULL: policies cannot be for some pods only */
	struct hook_table *hooks;        /* not owned; gets the hooks' infos */
	const atomic_bool *is_ending;    /* not owned: changes end with -ECANCELED; NULL: they never do */
};

/* 0 or -errno, with the reason logged. */
int policy_engine_open(const struct policy_engine_options *options, struct policy_engine **ret);
/* Detaches everything; accepts and returns NULL. */
struct policy_engine *policy_engine_close(struct policy_engine *engine);

/* From time to time: warns in the log of what programs could not do. */
void policy_engine_check(struct policy_engine *engine);
/* The same, for each policy: gives up events whose function's return nobody has seen. */
void policy_engine_check_policy(struct policy_engine *engine, struct loaded_policy *loaded);
/* What policies with a namespace or selectors are told of: which cgroups they are for. */
struct scope_stats policy_engine_scope_stats(const struct policy_engine *engine);
/* Between changes: gives back memory that only a change needs. */
void policy_engine_rest(struct policy_engine *engine);

/* How a policy changed. */
enum policy_change {
	POLICY_CHANGE_NEW,
	POLICY_CHANGE_VALUES, /* values only: maps were updated, no program was loaded */
	POLICY_CHANGE_PROGRAMS,
};

struct policy_apply_result {
	enum policy_change change;
	size_t programs_loaded, hooks_attached;
	uint64_t duration_ns;
};

/*
 * Makes the policy run; `old` is the generation that runs, or NULL. Takes the policy over on success, and `old` with
 * it: *ret takes its place. 0, or -errno with the reasons in the report: `old` runs on then, the policy is still the
 * caller's, and nothing has changed. -ECANCELED: the agent ends.
 */
int policy_engine_apply(struct policy_engine *engine, struct policy *policy, struct loaded_policy *old,
			struct report *report, struct policy_apply_result *ret_result, struct loaded_policy **ret);
/* Ends it; accepts NULL. */
void policy_engine_remove(struct policy_engine *engine, struct loaded_policy *loaded);

/* What a policy has counted so far, over its generations. */
struct wire_policy_counters policy_engine_counters(const struct policy_engine *engine,
						   const struct loaded_policy *loaded);
const struct policy *loaded_policy_policy(const struct loaded_policy *loaded);
const struct plan *loaded_policy_plan(const struct loaded_policy *loaded);
uint64_t loaded_policy_generation(const struct loaded_policy *loaded); /* from 1 */
const struct kernel_view *policy_engine_kernel(const struct policy_engine *engine);
/* Events for which the kernel did not enter a program, since it was running on that CPU already. */
uint64_t loaded_policy_missed(const struct policy_engine *engine, const struct loaded_policy *loaded);
/* The part of it, with what other copies took, that hooks had which are no more. */
uint64_t loaded_policy_turned_away_gone(const struct loaded_policy *loaded);

/* --- for those who ask from another thread, when a policy may be gone (cmd/policy_board.h) */

uint32_t loaded_policy_slot(const struct loaded_policy *loaded); /* of its counters */
/* The same as policy_engine_counters(); may be called by any thread. Of a policy that is gone: of another, or zeros. */
struct wire_policy_counters policy_engine_slot_counters(const struct policy_engine *engine, uint32_t slot);
/* What the kernel calls a hook's programs, in the plan's order; 0: unknown. */
struct loaded_program_ids {
	uint32_t program, dispatchers[ATTACH_POINT_COPIES];
};
void loaded_policy_program_ids(const struct loaded_policy *loaded, size_t hook,
			       struct loaded_program_ids ret[PLAN_PROGRAMS_MAX]);
/* And its maps: value sets, and the dispatchers' program arrays. */
size_t loaded_policy_map_count(const struct loaded_policy *loaded, size_t hook);
void loaded_policy_map_ids(const struct loaded_policy *loaded, size_t hook, uint32_t *ret_ids);
