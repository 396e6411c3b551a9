/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The functions of the running kernel and its modules. */
#include "core/symbols/symbol_table.h"

#define KERNEL_SYMBOLS_MAX (1u << 20)

/*
 * Reads `path`, /proc/kallsyms: 100 ms or more. 0, -EPERM when the kernel hides the addresses
 * (kernel.kptr_restrict, CAP_SYSLOG), or another -errno.
 */
int kernel_symbols_load(const char *path, struct symbol_table **ret);
