// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/kernel_types.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "io/bpf/features.h"
#include "io/bpf/function_index.h"
#include "io/bpf/tracefs.h"

struct kernel_types {
	struct btf *btf; /* NULL while they rest */
	struct function_index *functions;
	char *btf_path; /* owned; "": the running kernel's own */
	struct kernel_view view;
};

/* --- the types */

static int wake(struct kernel_types *types)
{
	if (!types->btf)
		types->btf = *types->btf_path ? btf__parse(types->btf_path, NULL) : btf__load_vmlinux_btf();
	if (!types->btf)
		return errno ? -errno : -ENOENT;
	if (!types->functions)
		types->functions = function_index_new(types->btf);
	return types->functions ? 0 : -ENOMEM;
}

void kernel_types_rest(struct kernel_types *types)
{
	types->functions = function_index_free(types->functions);
	btf__free(types->btf);
	types->btf = NULL;
}

/* --- functions */

static const struct btf_type *skip_modifiers(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* Names the struct that a pointer points at; also a typedef without a name of its own, such as kernel_cap_t. */
static void name_struct(const struct btf *btf, uint32_t id, struct kernel_param *ret)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *name = "";

	while (type && (btf_is_mod(type) || btf_is_typedef(type))) {
		if (btf_is_typedef(type))
			name = btf__name_by_offset(btf, type->name_off);
		type = btf__type_by_id(btf, type->type);
	}
	if (!type || !btf_is_composite(type))
		return;
	if (type->name_off)
		name = btf__name_by_offset(btf, type->name_off);
	snprintf(ret->struct_name, sizeof(ret->struct_name), "%s", name);
}

static int read_param(const struct btf *btf, uint32_t id, struct kernel_param *ret)
{
	const struct btf_type *type = skip_modifiers(btf, id);

	*ret = (struct kernel_param){0};
	if (!type || id == 0)
		return 0; /* void */
	if (btf_is_ptr(type)) {
		ret->is_pointer = true;
		ret->size = sizeof(void *);
		name_struct(btf, type->type, ret);
		return 0;
	}
	if (btf_is_composite(type) && type->size <= 16) {
		ret->size = (uint8_t)type->size;
		return 0;
	}
	if (!btf_is_int(type) && !btf_is_any_enum(type))
		return -ENOTSUP;
	ret->size = (uint8_t)MIN(type->size, 255u);
	ret->is_signed = btf_is_int(type) ? btf_int_encoding(type) & BTF_INT_SIGNED : true;
	return 0;
}

/* A function's prototype, from parameter number `first` on. */
static int read_prototype(const struct btf *btf, const struct btf_type *prototype, uint16_t first,
			  struct kernel_function *ret)
{
	const struct btf_param *params = btf_params(prototype);
	uint16_t count = btf_vlen(prototype);
	uint8_t slot = 0;
	int r;

	if (count < first || count - first > KERNEL_PARAMS_MAX)
		return -ENOTSUP;
	for (uint16_t i = first; i < count; i++) {
		if (i == count - 1 && params[i].type == 0)
			return -ENOTSUP; /* variable arguments */
		r = read_param(btf, params[i].type, &ret->params[i - first]);
		if (r < 0)
			return r;
		ret->params[i - first].slot = slot;
		ret->has_structs |= btf_is_composite(skip_modifiers(btf, params[i].type));
		slot = (uint8_t)(slot + (ret->params[i - first].size > 8 ? 2 : 1));
	}
	ret->param_count = (uint8_t)(count - first);
	r = read_param(btf, prototype->type, &ret->result);
	ret->result.slot = slot;
	return r;
}

/*
 * Does it take a pointer to a struct of which BTF has the name only? 5.10's has it so of system calls that a kernel may
 * be built without, from their weak stubs.
 */
static bool takes_unknown_struct(const struct btf *btf, const struct btf_type *function)
{
	const struct btf_type *prototype = btf__type_by_id(btf, function->type);
	const struct btf_param *params = btf_params(prototype);

	for (uint16_t i = 0; i < btf_vlen(prototype); i++) {
		const struct btf_type *type = skip_modifiers(btf, params[i].type);

		if (type && btf_is_ptr(type))
			type = skip_modifiers(btf, type->type);
		if (type && btf_is_fwd(type))
			return true;
	}
	return false;
}

static int find_function(void *context, const char *name, struct kernel_function *ret)
{
	struct kernel_types *types = context;
	const struct btf_type *function, *prototype;
	uint32_t id;
	int r = wake(types);

	*ret = (struct kernel_function){0};
	if (r < 0)
		return r;
	id = function_index_find(types->functions, name);
	if (!id)
		return -ENOENT;
	function = btf__type_by_id(types->btf, id);
	prototype = btf__type_by_id(types->btf, function->type);
	ret->btf_id = id;
	ret->has_unknown_structs = takes_unknown_struct(types->btf, function);
	return read_prototype(types->btf, prototype, 0, ret);
}

/* typedef void (*btf_trace_EVENT)(void *, TP_PROTO...) is what BTF knows of a tracepoint. */
static int find_raw_tracepoint(void *context, const char *event, struct kernel_function *ret)
{
	struct kernel_types *types = context;
	const struct btf_type *type;
	char name[128];
	int id, r = wake(types);

	*ret = (struct kernel_function){0};
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "btf_trace_%s", event);
	id = btf__find_by_name_kind(types->btf, name, BTF_KIND_TYPEDEF);
	if (id <= 0)
		return -ENOENT;
	type = btf__type_by_id(types->btf, (uint32_t)id);
	type = btf__type_by_id(types->btf, type->type);
	if (!type || !btf_is_ptr(type))
		return -ENOENT;
	type = btf__type_by_id(types->btf, type->type);
	if (!type || !btf_is_func_proto(type))
		return -ENOENT;
	ret->btf_id = (uint32_t)id;
	return read_prototype(types->btf, type, 1, ret);
}

static int each_function(void *context, kernel_visitor visit, void *data)
{
	struct kernel_types *types = context;
	int r = wake(types);

	for (uint32_t id = 1; r == 0 && id < btf__type_cnt(types->btf); id++) {
		const struct btf_type *type = btf__type_by_id(types->btf, id);

		if (btf_is_func(type))
			r = visit(data, btf__name_by_offset(types->btf, type->name_off));
	}
	return r;
}

static int each_traceable(void *context, kernel_visitor visit, void *data)
{
	(void)context;
	return tracefs_each_function(visit, data);
}

static int find_tracepoint(void *context, const char *subsystem, const char *event, struct kernel_tracepoint *ret)
{
	(void)context;
	return tracefs_read_format(subsystem, event, ret);
}

/* --- features */

/* Does the smallest program of this kind load? Attached to a function that every kernel has. */
static bool loads(const struct kernel_types *types, enum bpf_prog_type program, enum bpf_attach_type attach,
		  const char *function)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach);
	struct kernel_function target;
	int fd;

	if (function) {
		if (find_function((void *)types, function, &target) < 0)
			return false;
		options.attach_btf_id = target.btf_id;
	}
	fd = bpf_prog_load(program, "trigon_probe", "Dual BSD/GPL", insns, ARRAY_SIZE(insns), &options);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool has_active_lsm(void)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char names[512] = ",";
	size_t length;

	if (!file)
		return false;
	length = fread(names + 1, 1, sizeof(names) - 3, file);
	while (length > 0 && names[length] == '\n')
		length--;
	names[length + 1] = ',';
	names[length + 2] = '\0';
	return strstr(names, ",bpf,");
}

static bool can_load(const struct bpf_insn *insns, size_t count)
{
	_cleanup_close_ int fd =
		bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "trigon_probe", "Dual BSD/GPL", insns, count, NULL);

	return fd >= 0;
}

/* An instruction of 5.12 that returns what memory held. */
static bool has_atomic_fetch(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_OR | BPF_FETCH},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return can_load(insns, ARRAY_SIZE(insns));
}

static bool has_large_keys(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "trigon_probe", 4100, 4, 1, &options);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Only an attempt tells: kernels that know nothing of it load the program just so. */
static bool has_kprobe_multi(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const char *function = "security_file_open";
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, link, .kprobe_multi.cnt = 1, .kprobe_multi.syms = &function);
	int fd =
		bpf_prog_load(BPF_PROG_TYPE_KPROBE, "trigon_probe", "Dual BSD/GPL", insns, ARRAY_SIZE(insns), &options);
	int link_fd = fd < 0 ? -1 : bpf_link_create(fd, 0, BPF_TRACE_KPROBE_MULTI, &link);

	if (fd >= 0)
		close(fd);
	if (link_fd >= 0)
		close(link_fd);
	return link_fd >= 0;
}

static void probe_features(struct kernel_types *types)
{
	struct kernel_features *features = &types->view.features;

	features->has_fentry = loads(types, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "security_file_open");
	features->has_fentry_structs = loads(types, BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "bpf_check");
	features->has_lsm = has_active_lsm() && loads(types, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_file_open");
	features->has_kprobes = access("/sys/bus/event_source/devices/kprobe", F_OK) == 0;
	features->has_kprobe_multi = features->has_kprobes && has_kprobe_multi();
	features->has_atomic_fetch = has_atomic_fetch();
	features->has_map_allocator = btf__find_by_name_kind(types->btf, "bpf_mem_alloc", BTF_KIND_STRUCT) > 0;
	features->has_large_keys = has_large_keys();
	features->has_typed_task = function_index_find(types->functions, "bpf_get_current_task_btf");
	features->has_syscall_tracepoints = tracefs_has_tracepoint("syscalls", "sys_enter_setuid");
	features->is_preemptible = features->has_atomic_fetch && features_is_preemptible();
	features->has_preemptible_tracepoints =
		btf__find_by_name_kind(types->btf, "class_srcu_fast_notrace_t", BTF_KIND_TYPEDEF) > 0;
}

/* --- features by what BTF tells, for who may not ask the kernel, or means another one */

static bool has_function(const struct kernel_types *types, const char *name)
{
	return function_index_find(types->functions, name);
}

static bool has_struct(const struct kernel_types *types, const char *name)
{
	return btf__find_by_name_kind(types->btf, name, BTF_KIND_STRUCT) > 0;
}

static bool has_member(const struct kernel_types *types, const char *struct_name, const char *member)
{
	int id = btf__find_by_name_kind(types->btf, struct_name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types->btf, (uint32_t)id) : NULL;

	for (uint16_t i = 0; type && i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(types->btf, btf_members(type)[i].name_off), member) == 0)
			return true;
	return false;
}

static void assume_features(struct kernel_types *types, bool is_running_kernel)
{
	struct kernel_features *features = &types->view.features;

	/* trampolines, and ftrace's direct calls: that struct until 6.2, the member since 6.4, both ways of telling
	 * fail between, where old pahole's BTF with few functions has gone */
	features->has_fentry = has_struct(types, "bpf_trampoline") && (has_struct(types, "ftrace_direct_func") ||
								       has_member(types, "ftrace_ops", "direct_call") ||
								       has_function(types, "register_ftrace_direct"));
	features->has_fentry_structs = has_member(types, "btf_func_model", "arg_flags"); /* 6.1 */
	features->has_lsm = has_function(types, "bpf_lsm_file_open") && (!is_running_kernel || has_active_lsm());
	features->has_kprobes = has_struct(types, "trace_kprobe");
	features->has_kprobe_multi =
		features->has_kprobes && has_struct(types, "bpf_kprobe_multi_link") && has_struct(types, "fprobe");
	features->has_atomic_fetch = has_member(types, "bpf_prog_stats", "misses"); /* both came with 5.12 */
	features->has_large_keys = has_function(types, "bpf_task_storage_get");     /* both came with 5.11 */
	features->has_typed_task = has_function(types, "bpf_get_current_task_btf");
	features->has_syscall_tracepoints = has_member(types, "syscall_trace_enter", "args");
}

/* --- opening */

static int open_types(const char *btf_path, struct kernel_types **ret)
{
	struct kernel_types *types = calloc(1, sizeof(*types));
	int r;

	if (!types)
		return -ENOMEM;
	types->btf_path = strdup(btf_path ? btf_path : "");
	r = types->btf_path ? wake(types) : -ENOMEM;
	if (r < 0) {
		kernel_types_close(types);
		return r;
	}
	types->view = (struct kernel_view){
		.find_function = find_function,
		.find_raw_tracepoint = find_raw_tracepoint,
		.find_tracepoint = find_tracepoint,
		.each_function = each_function,
		.each_traceable = each_traceable,
		.context = types,
	};
	*ret = types;
	return 0;
}

int kernel_types_open(const char *btf_path, enum hook_attach attach, struct kernel_types **ret)
{
	struct kernel_types *types;
	int r = open_types(btf_path, &types);

	if (r < 0)
		return r;
	probe_features(types);
	if (attach != HOOK_ATTACH_AUTO)
		types->view.features.has_fentry = types->view.features.has_lsm = false;
	if (attach == HOOK_ATTACH_TRACEPOINT)
		types->view.features.has_kprobes = types->view.features.has_kprobe_multi = false;
	*ret = types;
	return 0;
}

int kernel_types_open_assumed(const char *btf_path, struct kernel_types **ret)
{
	struct kernel_types *types;
	int r = open_types(btf_path, &types);

	if (r < 0)
		return r;
	assume_features(types, !btf_path || !*btf_path);
	*ret = types;
	return 0;
}

bool kernel_types_can_ask(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return can_load(insns, ARRAY_SIZE(insns));
}

struct kernel_types *kernel_types_close(struct kernel_types *types)
{
	if (types) {
		kernel_types_rest(types);
		free(types->btf_path);
		free(types);
	}
	return NULL;
}

void kernel_types_set_host_namespaces(struct kernel_types *types, const uint32_t *namespaces)
{
	memcpy(types->view.features.host_namespaces, namespaces, sizeof(types->view.features.host_namespaces));
}

const struct kernel_view *kernel_types_view(struct kernel_types *types)
{
	return &types->view;
}
