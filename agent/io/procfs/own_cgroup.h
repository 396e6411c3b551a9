/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The agent's own cgroup where it is in a cgroup namespace: there /proc shows paths from that cgroup on
 * (cgroup_namespaces(7)). */
#include <limits.h>
#include <stdbool.h>

/*
 * The path of the agent's cgroup from the root of the host's v2 hierarchy, which is looked for by its id. False, and ""
 * in ret, if paths in `procfs` begin at that root anyway, or if it cannot be found: that takes what host_root_find()
 * does.
 */
bool own_cgroup_find(const char *procfs, char ret[static PATH_MAX]);
