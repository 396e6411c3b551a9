/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/* What every program that sends records uses: the shared ring with its wake-up and loss rules. */
#include "read.h"

#include "wire.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* set before load: --rb-size-total */
} ring SEC(".maps");

struct wire_shared shared;

const volatile struct wire_config config = {};

/* Wakes the reader only where it asked for it (wire.h). */
static __always_inline __u64 ring_wakeup(void)
{
	__u32 at = *(volatile __u32 *)&shared.wake_at;

	if (at == WIRE_WAKE_NEVER)
		return BPF_RB_NO_WAKEUP;
	if (at && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < at)
		return BPF_RB_NO_WAKEUP;
	*(volatile __u32 *)&shared.wake_at = WIRE_WAKE_NEVER;
	return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void ring_count_loss(__u32 type)
{
	__sync_fetch_and_add(&shared.lost[type % WIRE_TYPE_MAX], 1);
}

static __always_inline void record_begin(struct wire_header *header, __u8 type, __u32 length)
{
	header->version = WIRE_VERSION;
	header->type = type;
	header->reserved = 0;
	header->length = length;
	header->ktime_ns = bpf_ktime_get_ns();
}

/* A reservation of a constant size, with its header filled in; NULL when the ring is full, which is counted. */
#define RING_RESERVE(record_type, bytes) \
	({ \
		struct wire_header *_header = bpf_ringbuf_reserve(&ring, bytes, 0); \
		if (_header) \
			record_begin(_header, record_type, bytes); \
		else \
			ring_count_loss(record_type); \
		(void *)_header; \
	})

#define RING_SUBMIT(record) bpf_ringbuf_submit(record, ring_wakeup())
