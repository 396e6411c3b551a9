/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * What all pieces share: their sections, and careful reads.
 *
 * A piece is a function that the agent copies into generated programs and calls
 * from there. Each lies in a section of its own, so that libbpf relocates it by itself; its
 * arguments are those of the call. The verifier analyses it in every call anew, as a
 * static function: a constant that the caller passes is one inside, and so is the
 * type of a pointer. So a piece may take constants for what must be
 * one (offsets, sizes), and branches on them cost nothing.
 *
 * Where kernel pointers are typed (TRIGON_BTF_PROGRAMS), a parameter that is
 * `struct x *` wants a typed pointer to x. One that is __u64 takes any number or pointer.
 */
#include "common.h"

#include "interface.h"

#define PIECE(name) SEC("piece/" #name)

/* Also says no to NULL and error pointers; afterwards the verifier knows that a typed pointer is not NULL. */
static __always_inline int is_readable(const void *object)
{
	__u32 word;

	return object && !bpf_probe_read_kernel(&word, sizeof(word), object);
}

/* Is it the kernel's half of the address space? */
static __always_inline int is_kernel_address(__u64 address)
{
	return (__s64)address < 0;
}

/* Kernel or user memory, as the address says; 0, or an error and a zeroed target. */
static __always_inline long read_any(void *target, __u64 length, __u64 address)
{
	if (is_kernel_address(address))
		return bpf_probe_read_kernel(target, length, (void *)address);
	return bpf_probe_read_user(target, length, (void *)address);
}

/* Same for a string: its length with NUL, or an error. */
static __always_inline long read_any_string(char *target, __u64 size, __u64 address)
{
	if (is_kernel_address(address))
		return bpf_probe_read_kernel_str(target, size, (void *)address);
	return bpf_probe_read_user_str(target, size, (void *)address);
}

/* The running task: a plain number on all kernels, read by BPF_CORE_READ() (bpf_get_current_task_btf() is 5.11). */
static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * The same as a pointer that may be followed by READ(): typed where pieces are, which takes 5.11. A piece that
 * is linked to older kernels, too, asks HAS_TYPED_TASK before.
 */
#ifdef TRIGON_BTF_PROGRAMS
#define HAS_TYPED_TASK bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)
#define typed_task() ((struct task_struct *)bpf_get_current_task_btf())
#else
#define HAS_TYPED_TASK 1
#define typed_task() current_task()
#endif
