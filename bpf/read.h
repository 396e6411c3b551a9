/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/* The two ways to read kernel memory. */
#include "kernel.h"

#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

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
