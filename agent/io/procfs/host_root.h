/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The host's files, from within a container. */
#include <limits.h>
#include <stdbool.h>

/*
 * The host's root directory by its first process, whose /proc is mounted at `procfs`. False, with errno, if the agent
 * may not look there: *ret is "" then, its own root directory. In a container it takes the host's PID namespace and
 * SYS_PTRACE.
 */
bool host_root_find(const char *procfs, char ret[static PATH_MAX]);
