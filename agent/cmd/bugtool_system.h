/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What `trigon bugtool` tells of the machine: facts about its kernel, nothing of what runs on it. */
#include "base/buffer.h"

/* Version, settings, BTF, hook families, BPF objects, cgroups, file systems: a line each. */
void bugtool_add_system(struct buffer *buffer);
/* The lines of the kernel's configuration that matter here, from /boot or /proc/config.gz. */
void bugtool_add_kernel_config(struct buffer *buffer);
