/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Hands every process that /proc shows to the tracker. */
#include "core/process/tracker.h"

/* 0 or -errno; `procfs` as in --procfs. */
int startup_scan(const char *procfs, struct tracker *tracker);
