/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lists of CPUs as /sys/devices/system/cpu/online has them: "0-3,8" (Documentation/admin-guide/cputopology.rst). */
#include <stdbool.h>
#include <stddef.h>

/* Is the CPU in the list? Of what is no list, as far as it is one. */
bool cpu_list_has(const char *list, size_t cpu);
