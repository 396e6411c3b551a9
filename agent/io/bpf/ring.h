/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The reader of the kernel's ring buffer (BPF_MAP_TYPE_RINGBUF), over its mmap
 * interface (include/uapi/linux/bpf.h and kernel/bpf/ringbuf.c of Linux 5.8 and later).
 *
 * Our own rather than libbpf's because the programs decide when to wake
 * (bpf/wire.h), because start-up must look at records without consuming them, and because
 * the data is mapped once, not twice: half the resident memory.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* Called for each record, with the reservation's length. The bytes are valid during the call. */
typedef void ring_callback(void *context, const void *bytes, size_t length);

/* `size_bytes` is the map's max_entries. 0 or -errno. Does not take over map_fd. */
int ring_open(int map_fd, size_t size_bytes, struct ring **ret);
struct ring *ring_close(struct ring *ring); /* accepts and returns NULL */

/* Hands over what is there, at most `maximum` records, and frees their space. Returns their number. */
size_t ring_drain(struct ring *ring, size_t maximum, ring_callback *callback, void *context);
/* Shows what is there now and leaves it. Only before the first ring_drain(). */
size_t ring_peek(struct ring *ring, ring_callback *callback, void *context);
/* Nothing in it, also nothing that a program is just writing. */
bool ring_is_empty(const struct ring *ring);
uint64_t ring_bytes_waiting(const struct ring *ring);
