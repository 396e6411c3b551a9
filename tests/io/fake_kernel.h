/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A small kernel that never changes: the functions that the library's policies hook, as 6.12 declares them. Each test
 * sets the features it wants.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/kernel_view.h"

/* A parameter: "file": pointer to struct file; "*": another pointer; "i4": signed, "u8": unsigned, bytes; "s16": a
 * struct by value. */
struct fake_function {
	const char *name, *result;
	const char *params[KERNEL_PARAMS_MAX];
};

static const struct fake_function fake_functions[] = {
	{"__sys_setuid", "i8", {"u4"}},
	{"__sys_setgid", "i8", {"u4"}},
	{"__sys_setfsuid", "i8", {"u4"}},
	{"__sys_setfsgid", "i8", {"u4"}},
	{"__sys_setreuid", "i8", {"u4", "u4"}},
	{"__sys_setregid", "i8", {"u4", "u4"}},
	{"__sys_setresuid", "i8", {"u4", "u4", "u4"}},
	{"__sys_setresgid", "i8", {"u4", "u4", "u4"}},
	{"bpf_lsm_file_open", "i4", {"file"}},
	{"bpf_check", "i4", {"*", "bpf_attr", "s16", "u4"}},
	{"create_user_ns", "i4", {"cred"}},
	{"do_nine", "i4", {"*", "i4", "u8", "u8", "u8", "u8", "u8", "u4", "u4"}},
	{"do_send", "i4", {"*", "i4", "sock"}},
	{"security_bpf_map_create", "i4", {"bpf_map", "bpf_attr", "bpf_token"}},
	{"security_capset", "i4", {"cred", "cred", "kernel_cap_t", "kernel_cap_t", "kernel_cap_t"}},
	{"security_file_permission", "i4", {"file", "i4"}},
	{"security_kernel_module_request", "i4", {"*"}},
	{"security_kernel_read_file", "i4", {"file", "i4", "u1"}},
	{"security_mmap_file", "i4", {"file", "u8", "u8"}},
	{"security_perf_event_alloc", "i4", {"perf_event"}},
	{"sk_alloc", "sock", {"net", "i4", "u4", "proto", "i4"}},
	{"sk_free", "v0", {"sock"}},
	{"tcp_close", "v0", {"sock", "i8"}},
	{"tcp_connect", "i4", {"sock"}},
	{"tcp_create_openreq_child", "sock", {"sock", "request_sock", "sk_buff"}},
	{"tcp_set_state", "v0", {"sock", "i4"}},
};

static inline struct kernel_param fake_param(const char *text)
{
	struct kernel_param param = {0};
	char kind;
	int size;

	if (sscanf(text, "%c%d", &kind, &size) == 2 && strchr("iusv", kind)) {
		param.size = (uint8_t)size;
		param.is_signed = kind == 'i';
		return param;
	}
	param.size = 8;
	param.is_pointer = true;
	snprintf(param.struct_name, sizeof(param.struct_name), "%s", strcmp(text, "*") == 0 ? "" : text);
	return param;
}

/* --- lists: system calls __x64_sys_0 to __x64_sys_39, of which BTF knows all and ftrace all but the first, and
 * functions many_0 to many_4999, of which ftrace knows all and BTF the first 40, or as many as the context says. They
 * take a pointer. */

#define FAKE_SYSCALLS 40
#define FAKE_MANY 5000
#define FAKE_MANY_IN_BTF 40

static inline int fake_each(kernel_visitor visit, void *data, const char *prefix, int first, int count)
{
	char name[64];
	int r = 0;

	for (int i = first; i < count && r == 0; i++) {
		snprintf(name, sizeof(name), "%s%d", prefix, i);
		r = visit(data, name);
	}
	return r;
}

static inline int fake_each_function(void *context, kernel_visitor visit, void *data)
{
	int r = fake_each(visit, data, "__x64_sys_", 0, FAKE_SYSCALLS);

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(fake_functions) && r == 0; i++)
		r = visit(data, fake_functions[i].name);
	return r;
}

static inline int fake_each_traceable(void *context, kernel_visitor visit, void *data)
{
	int r = fake_each(visit, data, "__x64_sys_", 1, FAKE_SYSCALLS);

	(void)context;
	if (r == 0)
		r = fake_each(visit, data, "many_", 0, FAKE_MANY);
	for (size_t i = 0; i < ARRAY_SIZE(fake_functions) && r == 0; i++)
		r = visit(data, fake_functions[i].name);
	return r;
}

static inline bool fake_is_in_list(const int *many, const char *name)
{
	int number, end = 0;

	if (sscanf(name, "__x64_sys_%d%n", &number, &end) == 1 && !name[end])
		return number < FAKE_SYSCALLS;
	return sscanf(name, "many_%d%n", &number, &end) == 1 && !name[end] &&
	       number < (many ? *many : FAKE_MANY_IN_BTF);
}

static inline int fake_find_function(void *context, const char *name, struct kernel_function *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(fake_functions); i++) {
		const struct fake_function *function = &fake_functions[i];
		uint8_t slot = 0;

		if (strcmp(function->name, name) != 0)
			continue;
		*ret = (struct kernel_function){.btf_id = (uint32_t)i + 1};
		for (; ret->param_count < KERNEL_PARAMS_MAX && function->params[ret->param_count]; ret->param_count++) {
			struct kernel_param *param = &ret->params[ret->param_count];

			*param = fake_param(function->params[ret->param_count]);
			param->slot = slot;
			ret->has_structs |= param->size > 8;
			slot = (uint8_t)(slot + (param->size > 8 ? 2 : 1));
		}
		ret->result = fake_param(function->result);
		ret->result.slot = slot;
		return 0;
	}
	if (strcmp(name, "unreadable") == 0)
		return -EIO;
	if (!fake_is_in_list(context, name))
		return -ENOENT;
	*ret = (struct kernel_function){.btf_id = 1000, .param_count = 1, .params = {fake_param("*")}};
	ret->result = fake_param("i8");
	ret->result.slot = 1;
	return 0;
}

static inline int fake_find_raw_tracepoint(void *context, const char *event, struct kernel_function *ret)
{
	(void)context;
	if (strcmp(event, "sys_enter") != 0)
		return -ENOENT;
	*ret = (struct kernel_function){
		.btf_id = 2000, .param_count = 2, .params = {fake_param("*"), fake_param("i8")}};
	ret->params[1].slot = 1;
	return 0;
}

/* It has the tracepoints of setuid(), for where functions cannot be hooked, and two with fields. */
static inline int fake_find_tracepoint(void *context, const char *subsystem, const char *event,
				       struct kernel_tracepoint *ret)
{
	static const struct kernel_tracepoint exec = {
		.id = 2,
		.field_count = 6,
		.fields =
			{
				[0] = {.offset = 0, .size = 2},
				[1] = {.offset = 2, .size = 1},
				[2] = {.offset = 3, .size = 1},
				[3] = {.offset = 4, .size = 4, .is_signed = true},
				[4] = {.offset = 8, .size = 4, .is_data_loc = true},
				[5] = {.offset = 12, .size = 4, .is_signed = true},
			},
	};

	static const struct kernel_tracepoint sys_enter = {
		.id = 3,
		.field_count = 6,
		.fields =
			{
				[0] = {.offset = 0, .size = 2},
				[1] = {.offset = 2, .size = 1},
				[2] = {.offset = 3, .size = 1},
				[3] = {.offset = 4, .size = 4, .is_signed = true},
				[4] = {.offset = 8, .size = 8, .is_signed = true},
				[5] = {.offset = 16, .size = 48, .array_count = 6},
			},
	};

	(void)context;
	if (strcmp(subsystem, "raw_syscalls") == 0 && strcmp(event, "sys_enter") == 0) {
		*ret = sys_enter;
		return 0;
	}
	if (strcmp(event, "sched_process_exec") == 0) {
		*ret = exec;
		return 0;
	}
	if (strcmp(subsystem, "syscalls") != 0 || !strstr(event, "_setuid"))
		return -ENOENT;
	*ret = (struct kernel_tracepoint){.id = 1};
	return 0;
}

static const struct kernel_view fake_kernel = {
	.find_function = fake_find_function,
	.find_raw_tracepoint = fake_find_raw_tracepoint,
	.find_tracepoint = fake_find_tracepoint,
	.each_function = fake_each_function,
	.each_traceable = fake_each_traceable,
	.features =
		{
			.has_fentry = true,
			.has_fentry_structs = true,
			.has_kprobes = true,
			.has_kprobe_multi = true,
			.has_atomic_fetch = true,
			.has_typed_task = true,
			.has_large_keys = true,
			.has_syscall_tracepoints = true,
			.host_namespaces = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		},
};
