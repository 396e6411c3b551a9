/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "io/bpf/base_sensor.h"

/*
 * The cgroup hierarchy by which containers are told apart, from the lines of
 * PROCFS/self/cgroup: a v1 controller that containers use, else v2. The order of preference is
 * that of procfs_parse_cgroup(), so that the scan and the programs agree.
 */
enum cgroup_hierarchy procfs_cgroup_hierarchy(const char *procfs);
