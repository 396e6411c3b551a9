/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * A path under construction. Where these areas are, and how many, is for the
 * including program to say: it defines scratch_get().
 */
#include "read.h"

#include "wire.h"

#define SCRATCH_PATH_MAX (WIRE_PATH_MAX + 256) /* room behind the end for a name's full 8-bit length */

struct scratch {
	__u64 dentry, mount, mount_root; /* kernel pointers of the walk */
	__u64 root_dentry, root_mount;
	__u32 start; /* the path is bytes[start .. WIRE_PATH_MAX) */
	__u32 is_done;
	char bytes[SCRATCH_PATH_MAX];
};

/* This CPU's area number `slot`, NULL if there is none. */
static __always_inline struct scratch *scratch_get(__u32 slot);
