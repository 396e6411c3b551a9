/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which files a process has been seen to map: the SEEN_PATHS_MAX pairs of
 * process and path that were met last. A process is its pid and its last exec, so that a program
 * started in an old pid, or by exec in the same, counts anew.
 */
#include "core/process/process.h"

#define SEEN_PATHS_MAX 1024

struct seen_paths;

struct seen_paths *seen_paths_new(void); /* NULL: no memory */
struct seen_paths *seen_paths_free(struct seen_paths *seen);
/* Counts as meeting it, if it is there. */
bool seen_paths_has(struct seen_paths *seen, uint32_t pid, uint64_t exec_ns, struct bytes path);
/* One that is not there yet, in place of the one that was met longest ago. Without memory it is forgotten at once. */
void seen_paths_add(struct seen_paths *seen, uint32_t pid, uint64_t exec_ns, struct bytes path);
