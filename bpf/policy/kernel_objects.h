/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Modules, BPF programs and maps, perf events. put_x fill every byte of a body
 * and return 0; or 1, all zeroes, if the object cannot be read. Names are cut to the body's size
 * and padded with zeroes.
 */
#include "piece.h"

/* The name's field is zeroed already; it may be empty. */
static __always_inline void name_read(char *target, __u64 size, const void *source)
{
	long length = bpf_probe_read_kernel_str(target, size, source);

	if (length < 0) /* what was read before the fault may be left */
		__builtin_memset(target, 0, size);
}

PIECE(put_module)
__u64 put_module(struct wire_module *body, struct module *module)
{
	__builtin_memset(body, 0, sizeof(*body));
	if (!bpf_core_field_exists(module->taints) || !is_readable(module)) /* a kernel without modules */
		return 1;
	body->taints = READ(module, taints);
	name_read(body->name, sizeof(body->name), &module->name);
	return 0;
}

/* A module that is being loaded: its own name may not be in place yet. */
PIECE(put_load_info)
__u64 put_load_info(struct wire_module *body, struct load_info *info)
{
	struct module *module;

	__builtin_memset(body, 0, sizeof(*body));
	if (!bpf_core_field_exists(info->mod) || !is_readable(info))
		return 1;
	module = READ(info, mod);
	if (bpf_core_field_exists(info->sig_ok)) {
		body->has_signature_ok = 1;
		body->signature_ok = READ(info, sig_ok);
	}
	body->taints = BPF_CORE_READ(module, taints);
	if (bpf_core_field_exists(info->name))
		name_read(body->name, sizeof(body->name), READ(info, name));
	if (!body->name[0])
		name_read(body->name, sizeof(body->name), &module->name);
	return 0;
}

/* BPF_PROG_LOAD's attributes: the copy that bpf_check() has, or user memory. */
PIECE(put_bpf_attr)
__u64 put_bpf_attr(struct wire_bpf_prog *body, __u64 address)
{
	__u32 head[2]; /* prog_type, insn_cnt */

	__builtin_memset(body, 0, sizeof(*body));
	if (read_any(head, sizeof(head), address))
		return 1;
	body->type = head[0];
	body->instruction_count = head[1];
	read_any(body->name, sizeof(body->name), address + __builtin_offsetof(union bpf_attr, prog_name));
	return 0;
}

PIECE(put_bpf_prog)
__u64 put_bpf_prog(struct wire_bpf_prog *body, struct bpf_prog *prog)
{
	struct bpf_prog_aux *aux;

	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(prog))
		return 1;
	aux = READ(prog, aux);
	body->type = READ(prog, type);
	body->instruction_count = READ(prog, len);
	name_read(body->name, sizeof(body->name), &aux->name);
	return 0;
}

/* BPF_MAP_CREATE's attributes: the kernel's copy, or user memory. */
PIECE(put_bpf_map_attr)
__u64 put_bpf_map_attr(struct wire_bpf_map *body, __u64 address)
{
	__u32 head[4]; /* map_type, key_size, value_size, max_entries */

	__builtin_memset(body, 0, sizeof(*body));
	if (read_any(head, sizeof(head), address))
		return 1;
	body->type = head[0];
	body->key_size = head[1];
	body->value_size = head[2];
	body->max_entries = head[3];
	read_any(body->name, sizeof(body->name), address + __builtin_offsetof(union bpf_attr, map_name));
	return 0;
}

PIECE(put_bpf_map)
__u64 put_bpf_map(struct wire_bpf_map *body, struct bpf_map *map)
{
	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(map))
		return 1;
	body->type = READ(map, map_type);
	body->key_size = READ(map, key_size);
	body->value_size = READ(map, value_size);
	body->max_entries = READ(map, max_entries);
	name_read(body->name, sizeof(body->name), &map->name);
	return 0;
}

/* kprobe_func: only of the kprobe PMU, whose number is a dynamic one; in memory of the process that opens the event. */
PIECE(put_perf_event)
__u64 put_perf_event(struct wire_perf_event *body, struct perf_event *event)
{
	__u64 function;
	long length;

	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(event))
		return 1;
	body->type = READ(event, attr.type);
	body->config = READ(event, attr.config);
	body->probe_offset = READ(event, attr.probe_offset);
	function = READ(event, attr.kprobe_func);
	if (body->type < PERF_TYPE_MAX || !function)
		return 0;
	length = bpf_probe_read_user_str(body->kprobe_func, sizeof(body->kprobe_func), (void *)function);
	if (length < 0)
		__builtin_memset(body->kprobe_func, 0, sizeof(body->kprobe_func));
	return 0;
}
