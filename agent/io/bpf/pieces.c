// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/pieces.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "io/bpf/embedded.h"

#define FUNCTIONS_MAX 160         /* of one object */
#define LINKED_FUNCTIONS_MAX 128  /* the kernel takes 256 */
#define BOUND_MAP "substring_set" /* RELOCATION_PIECE_OF_MAP */
#define LINKED_INSNS_MAX 100000
#define SOCK_OWNERS_PREALLOCATED 8192

/* A call inside a piece: the instruction, and the function that it calls. */
struct piece_call {
	uint32_t insn, function;
};

struct piece_function {
	char name[64];
	bool is_global;         /* verified by itself, once: path_walk() */
	struct bpf_insn *insns; /* owned */
	size_t count;
	struct piece_call *calls; /* owned */
	size_t call_count;
};

/* One of the two variants of the pieces. */
struct piece_object {
	struct bpf_object *object;
	struct piece_function functions[FUNCTIONS_MAX];
	size_t function_count;
};

enum {
	RAW,
	TYPED,
	VARIANT_COUNT
};

#define MAPS_MAX 16

struct pieces {
	struct piece_object objects[VARIANT_COUNT];
	struct {
		char name[32];
		int fd;
	} maps[MAPS_MAX]; /* what is left of the objects' maps */
	size_t map_count;
	struct btf *btf; /* of the programs: one for all, in which only global functions are global */
	uint32_t static_id;
};

/* libbpf hands its callbacks no context of ours. Objects are loaded by one thread. */
static struct piece_object *loading;

/* --- taking functions out of an object */

static const struct bpf_func_info *function_info(const struct bpf_prog_load_opts *options, size_t index)
{
	return (const void *)((const char *)options->func_info + index * options->func_info_rec_size);
}

static struct piece_function *find_function(struct piece_object *object, const char *name)
{
	for (size_t i = 0; i < object->function_count; i++)
		if (strcmp(object->functions[i].name, name) == 0)
			return &object->functions[i];
	return NULL;
}

static const struct btf_type *function_type(const struct piece_object *object, const struct bpf_func_info *info,
					    const char **ret_name)
{
	const struct btf *btf = bpf_object__btf(object->object);
	const struct btf_type *type = btf__type_by_id(btf, info->type_id);

	*ret_name = type ? btf__name_by_offset(btf, type->name_off) : NULL;
	return *ret_name ? type : NULL;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

/* Which function of the program starts at this instruction; -1: none. */
static int function_at(const struct bpf_prog_load_opts *options, uint32_t insn)
{
	for (size_t i = 0; i < options->func_info_cnt; i++)
		if (function_info(options, i)->insn_off == insn)
			return (int)i;
	return -1;
}

static int index_of(struct piece_object *object, const struct bpf_prog_load_opts *options, uint32_t insn)
{
	const char *name;
	struct piece_function *function;
	int at = function_at(options, insn);

	if (at < 0 || !function_type(object, function_info(options, (size_t)at), &name))
		return -EBADMSG;
	function = find_function(object, name);
	return function ? (int)(function - object->functions) : -EBADMSG;
}

static int add_calls(struct piece_object *object, struct piece_function *function, uint32_t begin,
		     const struct bpf_prog_load_opts *options)
{
	for (size_t i = 0; i < function->count; i++) {
		const struct bpf_insn *insn = &function->insns[i];
		struct piece_call *grown;
		int callee;

		if (!is_call(insn))
			continue;
		callee = index_of(object, options, begin + (uint32_t)i + 1 + (uint32_t)insn->imm);
		if (callee < 0)
			return callee;
		grown = reallocarray(function->calls, function->call_count + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		function->calls = grown;
		function->calls[function->call_count++] =
			(struct piece_call){.insn = (uint32_t)i, .function = (uint32_t)callee};
	}
	return 0;
}

/* Adds the function's name and instructions. 1: it is known already, from another piece. */
static int add_function(struct piece_object *object, const struct bpf_insn *insns, size_t count,
			const struct bpf_func_info *info)
{
	struct piece_function *function;
	const struct btf_type *type;
	const char *name;

	type = function_type(object, info, &name);
	if (!type || object->function_count == FUNCTIONS_MAX)
		return -E2BIG;
	if (find_function(object, name))
		return 1;
	function = &object->functions[object->function_count];
	snprintf(function->name, sizeof(function->name), "%s", name);
	/* the piece itself is static wherever it is called */
	function->is_global = info->insn_off != 0 && btf_vlen(type) == BTF_FUNC_GLOBAL;
	function->insns = malloc(count * sizeof(*insns));
	if (!function->insns)
		return -ENOMEM;
	memcpy(function->insns, insns, count * sizeof(*insns));
	function->count = count;
	object->function_count++;
	return 0;
}

/* A piece as libbpf would load it: the function, then those that it calls. */
static int take_program(struct piece_object *object, const struct bpf_program *program,
			const struct bpf_prog_load_opts *options)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	size_t count = bpf_program__insn_cnt(program);
	bool is_new[LINKED_FUNCTIONS_MAX] = {0};

	if (!options->func_info_cnt || options->func_info_cnt > LINKED_FUNCTIONS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < options->func_info_cnt; i++) {
		size_t begin = function_info(options, i)->insn_off;
		size_t end = i + 1 < options->func_info_cnt ? function_info(options, i + 1)->insn_off : count;
		int r = begin < end && end <= count
				? add_function(object, insns + begin, end - begin, function_info(options, i))
				: -EBADMSG;

		if (r < 0)
			return r;
		is_new[i] = r == 0;
	}
	for (size_t i = 0; i < options->func_info_cnt; i++) {
		const struct bpf_func_info *info = function_info(options, i);
		const char *name;
		int r;

		if (!is_new[i] || !function_type(object, info, &name))
			continue;
		r = add_calls(object, find_function(object, name), info->insn_off, options);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Called by libbpf with each piece relocated: keeps the instructions and has two others loaded in their place. */
static int prepare_load(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int r = take_program(loading, program, options);

	(void)cookie;
	if (r < 0) {
		log_debug("piece %s: %s", bpf_program__name(program), strerror(-r));
		return r;
	}
	options->func_info = NULL;
	options->func_info_cnt = 0;
	options->line_info = NULL;
	options->line_info_cnt = 0;
	return bpf_program__set_insns(program, nothing, ARRAY_SIZE(nothing));
}

/* --- objects */

/* One memory for both variants, and the base sensor's for ring and wake-up. */
static int share_maps(struct pieces *pieces, struct bpf_object *object, const struct pieces_options *options)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
	{
		const char *name = bpf_map__name(map);
		int fd = -1, r;

		if (strcmp(name, "ring") == 0)
			fd = options->ring_fd;
		else if (strcmp(name, ".bss") == 0)
			fd = options->shared_fd;
		else if (strcmp(name, "hidden_processes") == 0)
			fd = options->hidden_fd;
		else if (pieces->objects[TYPED].object)
			fd = bpf_object__find_map_fd_by_name(pieces->objects[TYPED].object, name);
		if (fd < 0)
			continue;
		r = bpf_map__reuse_fd(map, fd);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A map that no program uses is not made. */
static int leave_out(struct bpf_object *object, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? bpf_map__set_autocreate(map, false) : -ENOENT;
}

/* Before 6.1 the kernel complains of hashes that allocate while they are used by kprobes and tracepoints. */
static int preallocate(struct bpf_object *object)
{
	struct bpf_map *owners = bpf_object__find_map_by_name(object, "sock_owners");

	if (!owners)
		return -ENOENT;
	bpf_map__set_map_flags(owners, 0);
	return bpf_map__set_max_entries(owners, SOCK_OWNERS_PREALLOCATED);
}

/* The constant `config`, wherever the compiler has put it. */
static int set_config(struct bpf_object *object, const struct pieces_options *options)
{
	const struct wire_config config = {
		.cgroup_hierarchy = options->hierarchy,
		.throttle_events = options->hidden_fd >= 0, /* whether there is any throttling is all that pieces ask */
	};
	struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf *btf = bpf_object__btf(object);
	int section = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *type = section > 0 ? btf__type_by_id(btf, (uint32_t)section) : NULL;
	size_t size = 0;
	char *bytes = constants ? (char *)bpf_map__initial_value(constants, &size) : NULL;

	for (uint16_t i = 0; bytes && type && i < btf_vlen(type); i++) {
		const struct btf_var_secinfo *variable = &btf_var_secinfos(type)[i];
		const struct btf_type *name = btf__type_by_id(btf, variable->type);

		if (strcmp(btf__name_by_offset(btf, name->name_off), "config") != 0 ||
		    variable->size != sizeof(config) || variable->offset > size - sizeof(config))
			continue;
		memcpy(bytes + variable->offset, &config, sizeof(config));
		return 0;
	}
	return -ENOENT;
}

static int load_object(struct pieces *pieces, int variant, const struct pieces_options *options)
{
	const struct embedded_object *embedded = variant == TYPED ? &embedded_policy_btf : &embedded_policy_raw;
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "trigon_policy",
		    .btf_custom_path = options->btf_path && *options->btf_path ? options->btf_path : NULL);
	struct piece_object *ret = &pieces->objects[variant];
	struct bpf_object *object;
	int r;

	object = bpf_object__open_mem(embedded->begin, (size_t)(embedded->end - embedded->begin), &open_options);
	if (!object)
		return -errno;
	r = share_maps(pieces, object, options);
	if (r >= 0)
		r = set_config(object, options);
	if (r >= 0 && !options->has_map_allocator && variant == TYPED) /* the other one shares it */
		r = preallocate(object);
	if (r >= 0 && !options->has_backups)
		r = leave_out(object, "call_marks");
	if (r >= 0 && options->hidden_fd < 0)
		r = leave_out(object, "hidden_processes");
	ret->object = object;
	loading = ret;
	if (r >= 0)
		r = bpf_object__load(object);
	return r;
}

static int register_pieces(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, options, .prog_prepare_load_fn = prepare_load);
	static int handler;

	if (!handler)
		handler = libbpf_register_prog_handler("piece+", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &options);
	return handler < 0 ? handler : 0;
}

/*
 * The programs' BTF. The pieces have external linkage, which would have the kernel
 * verify them by themselves; here they are static, like all but those that really are global.
 */
static int make_btf(struct pieces *pieces)
{
	const struct btf *source = bpf_object__btf(pieces->objects[TYPED].object);
	uint32_t size;
	const void *data = btf__raw_data(source, &size);
	struct btf *btf = data ? btf__new(data, size) : NULL;

	if (!btf)
		return -errno;
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		struct btf_type *type = (struct btf_type *)btf__type_by_id(btf, id);
		const struct piece_function *function;

		if (!btf_is_func(type))
			continue;
		function = find_function(&pieces->objects[TYPED], btf__name_by_offset(btf, type->name_off));
		if (function && function->is_global)
			continue;
		type->info = (uint32_t)BTF_KIND_FUNC << 24 | BTF_FUNC_STATIC;
		if (!pieces->static_id || strcmp(btf__name_by_offset(btf, type->name_off), "trigon_hook") == 0)
			pieces->static_id = id;
	}
	pieces->btf = btf;
	return btf__load_into_kernel(btf);
}

static int keep_maps(struct pieces *pieces)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, pieces->objects[TYPED].object)
	{
		int fd = bpf_map__fd(map) < 0 ? -1 : fcntl(bpf_map__fd(map), F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			continue; /* made by none: not for this kernel */
		if (pieces->map_count == MAPS_MAX) {
			close(fd);
			return -E2BIG;
		}
		snprintf(pieces->maps[pieces->map_count].name, sizeof(pieces->maps[0].name), "%s", bpf_map__name(map));
		pieces->maps[pieces->map_count++].fd = fd;
	}
	return 0;
}

/* Has the functions name a map by its kept fd. */
static void rename_map(struct piece_object *object, int from, int to)
{
	for (size_t i = 0; i < object->function_count; i++) {
		const struct piece_function *function = &object->functions[i];

		for (size_t j = 0; j < function->count; j++) {
			struct bpf_insn *insn = &function->insns[j];

			if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
				continue;
			if ((insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE) &&
			    insn->imm == from)
				insn->imm = -to; /* done: fds to come may be equal to those that were */
			j++;
		}
	}
}

static void end_renaming(struct piece_object *object)
{
	for (size_t i = 0; i < object->function_count; i++) {
		const struct piece_function *function = &object->functions[i];

		for (size_t j = 0; j < function->count; j++) {
			struct bpf_insn *insn = &function->insns[j];

			if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
				continue;
			if (insn->src_reg && insn->imm < 0)
				insn->imm = -insn->imm;
			j++;
		}
	}
}

static void rename_maps(struct pieces *pieces)
{
	for (int i = 0; i < VARIANT_COUNT; i++) {
		const struct bpf_map *map;

		bpf_object__for_each_map(map, pieces->objects[i].object)
		{
			int kept = pieces_map_fd(pieces, bpf_map__name(map));

			if (kept >= 0)
				rename_map(&pieces->objects[i], bpf_map__fd(map), kept);
		}
		end_renaming(&pieces->objects[i]);
	}
}

/* The functions have been copied: the objects are megabytes that nobody needs any more. */
static void close_objects(struct pieces *pieces)
{
	for (int i = 0; i < VARIANT_COUNT; i++) {
		bpf_object__close(pieces->objects[i].object);
		pieces->objects[i].object = NULL;
	}
}

int pieces_open(const struct pieces_options *options, struct pieces **ret)
{
	struct pieces *pieces = calloc(1, sizeof(*pieces));
	int r;

	if (!pieces)
		return -ENOMEM;
	r = register_pieces();
	if (r >= 0)
		r = load_object(pieces, TYPED, options);
	if (r >= 0)
		r = load_object(pieces, RAW, options);
	if (r >= 0)
		r = make_btf(pieces);
	if (r >= 0)
		r = keep_maps(pieces);
	if (r >= 0)
		rename_maps(pieces);
	close_objects(pieces);
	if (r < 0) {
		pieces_close(pieces);
		return r;
	}
	*ret = pieces;
	return 0;
}

struct pieces *pieces_close(struct pieces *pieces)
{
	if (!pieces)
		return NULL;
	for (int i = 0; i < VARIANT_COUNT; i++) {
		for (size_t j = 0; j < pieces->objects[i].function_count; j++) {
			free(pieces->objects[i].functions[j].insns);
			free(pieces->objects[i].functions[j].calls);
		}
	}
	for (size_t i = 0; i < pieces->map_count; i++)
		close(pieces->maps[i].fd);
	btf__free(pieces->btf);
	free(pieces);
	return NULL;
}

int pieces_map_fd(const struct pieces *pieces, const char *name)
{
	for (size_t i = 0; i < pieces->map_count; i++)
		if (strcmp(pieces->maps[i].name, name) == 0)
			return pieces->maps[i].fd;
	return -ENOENT;
}

/* --- linking */

struct linker {
	const struct pieces *pieces;
	struct linked_program *program;
	size_t capacity;
	struct {
		const struct piece_object *object;
		const struct piece_function *function;
		int map_fd; /* that it uses in place of BOUND_MAP; -1: it is no copy of that kind */
		uint32_t begin;
	} functions[LINKED_FUNCTIONS_MAX];
	size_t function_count;
};

static int append(struct linker *linker, const struct bpf_insn *insns, size_t count)
{
	struct linked_program *program = linker->program;

	if (count > LINKED_INSNS_MAX - program->count)
		return -E2BIG;
	if (program->count + count > linker->capacity) {
		size_t wanted = MIN((program->count + count) * 2, (size_t)LINKED_INSNS_MAX);
		struct bpf_insn *grown;

		grown = reallocarray(program->insns, wanted, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		program->insns = grown;
		linker->capacity = wanted;
	}
	memcpy(program->insns + program->count, insns, count * sizeof(*insns));
	program->count += count;
	return 0;
}

/* Has the instructions from `begin` on use the map in place of BOUND_MAP. */
static void bind_map(const struct linker *linker, uint32_t begin, int map_fd)
{
	int bound_fd = pieces_map_fd(linker->pieces, BOUND_MAP);

	for (size_t i = begin; i < linker->program->count; i++) {
		struct bpf_insn *insn = &linker->program->insns[i];

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (insn->src_reg == BPF_PSEUDO_MAP_FD && insn->imm == bound_fd)
			insn->imm = map_fd;
		i++;
	}
}

/* Where the function starts in the program, which it is added to if it is not there; or -errno. */
static int64_t place(struct linker *linker, const struct piece_object *object, const struct piece_function *function,
		     int map_fd)
{
	uint32_t begin = (uint32_t)linker->program->count;
	int r;

	for (size_t i = 0; i < linker->function_count; i++) {
		const struct piece_function *other = linker->functions[i].function;

		if (linker->functions[i].map_fd != map_fd)
			continue;
		/* both variants have the same global ones */
		if (other == function || (function->is_global && strcmp(other->name, function->name) == 0))
			return linker->functions[i].begin;
	}
	if (linker->function_count == LINKED_FUNCTIONS_MAX)
		return -E2BIG;
	r = append(linker, function->insns, function->count);
	if (r < 0)
		return r;
	if (map_fd >= 0)
		bind_map(linker, begin, map_fd);
	linker->functions[linker->function_count].object = object;
	linker->functions[linker->function_count].map_fd = map_fd;
	linker->functions[linker->function_count].function = function;
	linker->functions[linker->function_count++].begin = begin;
	return begin;
}

static int point_call(struct linker *linker, uint32_t insn, int64_t target)
{
	if (target < 0)
		return (int)target;
	linker->program->insns[insn].imm = (int32_t)(target - (int64_t)insn - 1);
	return 0;
}

/* Functions call others, which are appended and so visited later. */
static int place_callees(struct linker *linker)
{
	for (size_t i = 0; i < linker->function_count; i++) {
		const struct piece_function *function = linker->functions[i].function;
		const struct piece_object *object = linker->functions[i].object;

		for (size_t j = 0; j < function->call_count; j++) {
			const struct piece_call *call = &function->calls[j];
			int r = point_call(
				linker, linker->functions[i].begin + call->insn,
				place(linker, object, &object->functions[call->function], linker->functions[i].map_fd));

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int link_piece(struct linker *linker, const struct relocation *relocation, int map_fd)
{
	const struct piece_object *object = &linker->pieces->objects[relocation->is_typed ? TYPED : RAW];
	const struct piece_function *function = find_function((struct piece_object *)object, relocation->piece);

	if (!function) {
		log_debug("there is no piece %s", relocation->piece);
		return -ENOENT;
	}
	return point_call(linker, relocation->insn, place(linker, object, function, map_fd));
}

static void link_value(struct bpf_insn *insn, int fd, uint32_t offset)
{
	insn[0].imm = fd;
	insn[1].imm = (int32_t)offset;
}

static int link_relocation(struct linker *linker, const struct relocation *relocation, const struct link_values *values)
{
	struct bpf_insn *insn = &linker->program->insns[relocation->insn];

	switch (relocation->kind) {
	case RELOCATION_PIECE:
		return link_piece(linker, relocation, -1);
	case RELOCATION_PIECE_OF_MAP:
		return link_piece(linker, relocation, values->map_fds[relocation->index]);
	case RELOCATION_MAP:
	case RELOCATION_MAP_VALUE:
		link_value(insn, values->map_fds[relocation->index], relocation->offset);
		return 0;
	case RELOCATION_HOOK_NUMBER:
		insn->imm = (int32_t)values->hook_number;
		return 0;
	case RELOCATION_FOLLOW_BIT:
		insn->imm = values->follow_bits[relocation->index];
		return 0;
	case RELOCATION_SCOPE:
		insn->imm = values->scope;
		return 0;
	case RELOCATION_POLICY_STATE:
		link_value(insn, values->map_fds[SHARED_MAP_STATES],
			   values->policy_slot * (uint32_t)sizeof(struct wire_policy_state));
		return 0;
	case RELOCATION_POLICY_COUNTERS:
		link_value(insn, values->map_fds[SHARED_MAP_COUNTERS],
			   values->policy_slot * (uint32_t)sizeof(struct wire_policy_counters));
		return 0;
	case RELOCATION_PROGRAMS:
		link_value(insn, values->programs_fd, 0);
		return 0;
	}
	return -EINVAL;
}

/* The kernel wants one entry a function, in order of their places. */
static int describe_functions(struct linker *linker)
{
	struct linked_program *program = linker->program;

	program->functions = calloc(linker->function_count + 1, sizeof(*program->functions));
	if (!program->functions)
		return -ENOMEM;
	program->functions[0] = (struct bpf_func_info){.insn_off = 0, .type_id = linker->pieces->static_id};
	program->function_count = linker->function_count + 1;
	for (size_t i = 0; i < linker->function_count; i++) {
		const struct piece_function *function = linker->functions[i].function;
		int id = (int)linker->pieces->static_id;

		if (function->is_global)
			id = btf__find_by_name_kind(linker->pieces->btf, function->name, BTF_KIND_FUNC);
		if (id <= 0)
			return -ENOENT;
		program->functions[i + 1] =
			(struct bpf_func_info){.insn_off = linker->functions[i].begin, .type_id = (uint32_t)id};
	}
	program->btf_fd = btf__fd(linker->pieces->btf);
	return 0;
}

int pieces_link(const struct pieces *pieces, const struct assembler *code, const struct link_values *values,
		struct linked_program *ret)
{
	_cleanup_(linked_program_done) struct linked_program program = {0};
	struct linker linker = {.pieces = pieces, .program = &program};
	int r = append(&linker, code->insns, code->count);

	for (size_t i = 0; i < code->relocation_count && r >= 0; i++)
		r = link_relocation(&linker, &code->relocations[i], values);
	if (r >= 0)
		r = place_callees(&linker);
	if (r >= 0)
		r = describe_functions(&linker);
	if (r < 0)
		return r;
	*ret = program;
	program = (struct linked_program){0};
	return 0;
}

void linked_program_done(struct linked_program *program)
{
	free(program->insns);
	free(program->functions);
	*program = (struct linked_program){0};
}
