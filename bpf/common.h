/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What every sensor uses: the shared ring with its wake-up and loss rules, and the
 * two ways to read kernel memory.
 */
#include "kernel.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "wire.h"

/*
 * Each sensor is built twice. As BTF-typed program (TRIGON_BTF_PROGRAMS) kernel
 * memory is read by plain loads, which the verifier has checked and the kernel makes fault-safe;
 * as raw tracepoint each read is a helper call: slower, but it needs no BTF in
 * the running kernel (--btf FILE serves). READ(task, mm, arg_start) is task->mm->arg_start.
 */
#ifdef TRIGON_BTF_PROGRAMS
#define READ(source, ...) ___arrow(source, ##__VA_ARGS__)
#define TRACEPOINT(name) SEC("tp_btf/" name)
#else
#define READ(source, ...) BPF_CORE_READ(source, ##__VA_ARGS__)
#define TRACEPOINT(name) SEC("raw_tp/" name)
#endif

/* Copies `length` bytes of kernel memory; zeroes the target when that fails. */
#define READ_BYTES(target, length, source) bpf_probe_read_kernel(target, length, source)

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* set before load: --rb-size-total */
} ring SEC(".maps");

struct wire_shared shared;

const volatile struct wire_config config = {};

/*
 * Bounds a length right before its use. The barrier keeps the compiler from
 * dropping a comparison that it can prove but the verifier, which may have lost track, needs.
 */
#define BOUND(value, maximum) \
	do { \
		asm volatile("" : "+r"(value)); \
		if ((value) > (maximum)) \
			(value) = (maximum); \
	} while (0)

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

/* A reservation of a constant size, with its header filled in; NULL when the ring is full, which is counted. */
#define RING_RESERVE(record_type, bytes) \
	({ \
		struct wire_header *_header = bpf_ringbuf_reserve(&ring, bytes, 0); \
		if (_header) { \
			_header->version = WIRE_VERSION; \
			_header->type = record_type; \
			_header->reserved = 0; \
			_header->length = bytes; \
			_header->ktime_ns = bpf_ktime_get_ns(); \
		} else { \
			ring_count_loss(record_type); \
		} \
		(void *)_header; \
	})

#define RING_SUBMIT(record) bpf_ringbuf_submit(record, ring_wakeup())
