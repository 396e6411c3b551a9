/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * The record of an event: its beginning, stacks, and its way into the ring.
 */
#include "../hidden.h"
#include "slot.h"
#include "task.h"

/* A program whose type and name the glue takes for its own main function; never copied. */
PIECE(trigon_hook)
__u64 trigon_hook(void *ctx)
{
	return ctx == NULL;
}

/* Eight bytes of kernel memory, such as a syscall's argument in its pt_regs; 0 if they cannot be read. */
PIECE(read_number)
__u64 read_number(__u64 address)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (void *)address);
	return number;
}

/*
 * Fills the whole wire_hook, in a ring reservation or a slot: header, task, tid,
 * hook number, cgroup; all else is zero, for glue to set. total_length: the record's
 * bytes, 0 for one in a slot (slot_output() sets it).
 */
PIECE(hook_begin)
__u64 hook_begin(struct wire_hook *record, __u64 hook_number, __u64 total_length)
{
	struct task_struct *task = current_task();

	__builtin_memset(record, 0, sizeof(*record));
	record->header.version = WIRE_VERSION;
	record->header.type = WIRE_HOOK;
	record->header.length = total_length;
	record->header.ktime_ns = bpf_ktime_get_ns();
	task_read(&record->task, task);
	record->tid = bpf_get_current_pid_tgid();
	record->hook = hook_number;
	record->cgroup_id = task_cgroup_id(task);
	return 0;
}

/*
 * The stack, at the tail of the slot's record. ctx is the program's; field_offset,
 * a constant, is that of wire_hook.kernel_stack_offset or .user_stack_offset. After
 * hook_begin(). Without room, or where the kernel has no stack to give, the length stays 0.
 */
#define STACK_BYTES_MAX (127 * 8)

PIECE(put_stack)
__u64 put_stack(struct slot *slot, void *ctx, __u64 field_offset, __u64 is_user)
{
	__u32 *field = (__u32 *)&slot->record[field_offset & VALUE_AT_MASK];
	__u64 end = slot->length, tail;
	long length;

	asm volatile("" : "+r"(end)); /* see BOUND */
	if (end > SLOT_RECORD_MAX)
		return 0;
	tail = (end + 7) & ~7ull;
	length = bpf_get_stack(ctx, &slot->record[tail], STACK_BYTES_MAX, is_user ? BPF_F_USER_STACK : 0);
	if (length <= 0)
		return 0;
	for (int i = 0; i < 7; i++) /* no byte of an earlier event in the gap */
		if (end + i < tail)
			slot->record[end + i] = 0;
	field[0] = tail;
	field[1] = length;
	slot->length = tail + length;
	return 0;
}

/* Tells the agent of the current process, if it is hidden (../hidden.h), ahead of an event of it. */
PIECE(reveal_process)
__u64 reveal_process(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;

	return hidden_reveal(pid, BPF_CORE_READ(current_task(), group_leader, start_boottime));
}

/* Sends the slot's record; 1 if the ring was full, which is counted. */
PIECE(slot_output)
__u64 slot_output(struct slot *slot)
{
	struct wire_header *header = (struct wire_header *)slot->record;
	__u64 length = slot->length;

	header->length = length;
	BOUND(length, sizeof(slot->record));
	if (!bpf_ringbuf_output(&ring, slot->record, length, ring_wakeup()))
		return 0;
	ring_count_loss(WIRE_HOOK);
	return 1;
}

/* The flags for bpf_ringbuf_submit(): whether to wake the reader now. */
PIECE(ring_wakeup_flags)
__u64 ring_wakeup_flags(void)
{
	return ring_wakeup();
}

/* Counts a record that the ring had no room for. */
PIECE(ring_lost)
__u64 ring_lost(__u64 type)
{
	ring_count_loss(type);
	return 0;
}
