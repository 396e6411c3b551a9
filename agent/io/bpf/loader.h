/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which files are mapped executable, with their build ids, for policies with
 * `loader: true`: perf events of every CPU, no program. The kernel tells build ids since 5.12.
 *
 * The records come by another way than those of forks and execs. Each carries the time of the
 * process's last execve(), which perf tells as well, so that the tracker can find the program whose mapping it is;
 * loader_drain() shows them in the order of time, and keeps them for those whose exec is still on its way.
 *
 * One thread starts and stops, another drains.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loader;

int loader_new(struct loader **ret);               /* 0 or -errno; nothing is watched yet */
struct loader *loader_free(struct loader *loader); /* accepts and returns NULL */
int loader_fd(const struct loader *loader);        /* readable when a CPU's ring is half full; for epoll */

/*
 * Watches from now on; `hook` goes into the records. If it watches already,
 * only that changes. 0, -EOPNOTSUPP when the kernel is too old, or another -errno.
 */
int loader_start(struct loader *loader, uint32_t hook);
/* What has happened up to now can still be drained. */
void loader_stop(struct loader *loader);

/*
 * A struct wire_loader with path and build id, valid during the call. False leaves
 * it for the next loader_drain(), and all behind it; not when `must_take` is set: it has waited long enough.
 */
typedef bool loader_callback(void *context, const void *bytes, size_t length, bool must_take);

#define LOADER_ALL UINT64_MAX /* as until_ns: whatever is there, and it must be taken */

/*
 * Shows what was mapped until until_ns (CLOCK_MONOTONIC), once for each process
 * and path. The number of records taken from the rings, more than what was shown.
 */
size_t loader_drain(struct loader *loader, uint64_t until_ns, loader_callback *callback, void *context);
/* About once a second: says what was lost, and follows CPUs that come and go. */
void loader_tick(struct loader *loader);
uint64_t loader_lost(struct loader *loader); /* records for which a ring had no room */
