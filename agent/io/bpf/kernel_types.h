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
struct kernel_types *kernel_types_close(struct kernel_types *types); /* accepts and returns NULL */
/* Valid as long as the types are. */
const struct kernel_view *kernel_types_view(struct kernel_types *types);
