/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The running kernel as the policy compiler sees it: functions and their arguments from BTF, tracepoints from tracefs.
 */
#include "core/policy/kernel_view.h"

struct kernel_types;

/* Which means of hooking functions are used of those that the kernel has. */
enum hook_attach {
	HOOK_ATTACH_AUTO,
	HOOK_ATTACH_KPROBE,     /* as on a kernel without trampolines */
	HOOK_ATTACH_TRACEPOINT, /* as on one that has no kprobes either */
};

/* btf_path: NULL or "" for the running kernel's own. 0 or -errno; features are filled in by asking the kernel. */
int kernel_types_open(const char *btf_path, enum hook_attach attach, struct kernel_types **ret);
/* The same without privileges: what the kernel can do is guessed from its BTF, and from that alone with a btf_path. */
int kernel_types_open_assumed(const char *btf_path, struct kernel_types **ret);
/* May this process ask the kernel, by loading small programs? */
bool kernel_types_can_ask(void);
struct kernel_types *kernel_types_close(struct kernel_types *types); /* accepts and returns NULL */
/* Gives the types' memory back until they are asked for again: some megabytes. */
void kernel_types_rest(struct kernel_types *types);
/* What `host_ns` means in policies: WIRE_NS_COUNT numbers, 0: unknown. */
void kernel_types_set_host_namespaces(struct kernel_types *types, const uint32_t *namespaces);
/* Valid as long as the types are. */
const struct kernel_view *kernel_types_view(struct kernel_types *types);
