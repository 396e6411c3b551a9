// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "wire.h"

#define RECORDS_PER_RELEASE 32 /* space is given back every so many records */

struct ring {
	size_t size; /* of the data, a power of two */
	size_t page;
	uint64_t *consumer;       /* first page: our position, writable */
	const uint64_t *producer; /* second page */
	const uint8_t *data;      /* from the third page on */
	uint8_t *joined;          /* a record that wraps around the end, put together */
};

int ring_open(int map_fd, size_t size_bytes, struct ring **ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct ring *ring = calloc(1, sizeof(*ring));
	void *map;
	int r;

	if (!ring)
		return -ENOMEM;
	ring->size = size_bytes;
	ring->page = page;
	ring->joined = malloc(WIRE_RECORD_MAX);
	if (!ring->joined) {
		ring_close(ring);
		return -ENOMEM;
	}
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (map == MAP_FAILED)
		goto failed;
	ring->consumer = map;
	map = mmap(NULL, page + size_bytes, PROT_READ, MAP_SHARED, map_fd, (off_t)page);
	if (map == MAP_FAILED)
		goto failed;
	ring->producer = map;
	ring->data = (const uint8_t *)map + page;
	*ret = ring;
	return 0;
failed:
	r = -errno;
	ring_close(ring);
	return r;
}

struct ring *ring_close(struct ring *ring)
{
	if (!ring)
		return NULL;
	if (ring->consumer)
		munmap(ring->consumer, ring->page);
	if (ring->producer)
		munmap((void *)ring->producer, ring->page + ring->size);
	free(ring->joined);
	free(ring);
	return NULL;
}

static uint64_t load_producer(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
}

static uint64_t load_consumer(const struct ring *ring)
{
	return __atomic_load_n(ring->consumer, __ATOMIC_RELAXED); /* we are its only writer */
}

uint64_t ring_bytes_waiting(const struct ring *ring)
{
	return load_producer(ring) - load_consumer(ring);
}

bool ring_is_empty(const struct ring *ring)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* after the store to wake_at that comes before */
	return ring_bytes_waiting(ring) == 0;
}

/* The record's bytes in one piece. NULL for one that is too long to be ours. */
static const void *record_at(struct ring *ring, uint64_t position, size_t length)
{
	size_t offset = position & (ring->size - 1), first = ring->size - offset;

	if (length <= first)
		return ring->data + offset;
	if (length > WIRE_RECORD_MAX)
		return NULL;
	memcpy(ring->joined, ring->data + offset, first);
	memcpy(ring->joined + first, ring->data, length - first);
	return ring->joined;
}

/*
 * Walks from *position to the producer's, or to a record that is still being
 * written. Returns the number of records shown.
 */
static size_t walk(struct ring *ring, uint64_t *position, size_t maximum, bool is_consuming, ring_callback *callback,
		   void *context)
{
	uint64_t producer = load_producer(ring);
	size_t shown = 0, since_release = 0;

	while (*position < producer && shown < maximum) {
		const uint32_t *header = (const uint32_t *)(const void *)(ring->data + (*position & (ring->size - 1)));
		uint32_t word = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		uint32_t length = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (word & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(word & BPF_RINGBUF_DISCARD_BIT)) {
			const void *bytes = record_at(ring, *position + BPF_RINGBUF_HDR_SZ, length);

			callback(context, bytes ? bytes : "", bytes ? length : 0);
			shown++;
		}
		*position += ((uint64_t)length + BPF_RINGBUF_HDR_SZ + 7) & ~7ull;
		if (is_consuming && ++since_release == RECORDS_PER_RELEASE) {
			__atomic_store_n(ring->consumer, *position, __ATOMIC_RELEASE);
			since_release = 0;
		}
		if (*position >= producer)
			producer = load_producer(ring);
	}
	return shown;
}

size_t ring_drain(struct ring *ring, size_t maximum, ring_callback *callback, void *context)
{
	uint64_t position = load_consumer(ring);
	size_t count = walk(ring, &position, maximum, true, callback, context);

	__atomic_store_n(ring->consumer, position, __ATOMIC_RELEASE);
	return count;
}

size_t ring_peek(struct ring *ring, ring_callback *callback, void *context)
{
	uint64_t position = load_consumer(ring);

	return walk(ring, &position, SIZE_MAX, false, callback, context);
}
