/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Writes eBPF instructions with labels, which lie ahead of all that jumps to them, and notes what only the loader can
 * fill in: maps, pieces (functions of bpf/policy/), numbers. Fails once, at the end: no step needs a check
 * (assembler_end()).
 *
 * Encoding: struct bpf_insn of linux/bpf.h; Documentation/bpf/standardization/instruction-set.rst.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASSEMBLER_INSNS_MAX 8192
#define ASSEMBLER_LABELS_MAX 1024
#define ASSEMBLER_RELOCATIONS_MAX 1024

enum relocation_kind {
	RELOCATION_PIECE,        /* a call: `piece` */
	RELOCATION_PIECE_OF_MAP, /* the same, of a copy of it that uses map `index` where the piece names substring_set
				  */
	RELOCATION_MAP, /* ld_imm64 of a map: `index` is enum shared_map, or SHARED_MAP_COUNT plus the plan's map */
	RELOCATION_MAP_VALUE,       /* ld_imm64 of a place in an array map's only value: `index`, `offset` */
	RELOCATION_HOOK_NUMBER,     /* the immediate is the hook's number */
	RELOCATION_FOLLOW_BIT,      /* the immediate is the bit of plan_hook.follows[index] */
	RELOCATION_SCOPE,           /* the immediate is the number of the policy's scope */
	RELOCATION_POLICY_STATE,    /* RELOCATION_MAP_VALUE of this policy's struct policy_state */
	RELOCATION_POLICY_COUNTERS, /* RELOCATION_MAP_VALUE of this policy's struct wire_policy_counters */
	RELOCATION_PROGRAMS,        /* ld_imm64 of the dispatcher's program array */
};

/* Maps that all programs share. */
enum shared_map {
	SHARED_MAP_RING,
	SHARED_MAP_STATES,
	SHARED_MAP_COUNTERS,
	SHARED_MAP_PROCESSES, /* hash by pid of struct process_state; only where plan_hook.has_process_state */
	SHARED_MAP_FOLLOW,    /* the one struct process_shared; the same */
	SHARED_MAP_SCOPES,    /* hash by cgroup id of struct cgroup_scopes; only where plan.is_scoped */
	SHARED_MAP_COUNT,
};

struct relocation {
	enum relocation_kind kind;
	uint32_t insn;
	const char *piece; /* static string */
	bool is_typed;     /* of the pieces that take kernel pointers as BTF-typed ones */
	uint32_t index, offset;
};

struct assembler_jump {
	uint32_t insn, label;
};

struct assembler_target {
	int32_t insn; /* -1 while it is not placed */
	bool is_used; /* something jumps there */
};

struct assembler {
	struct bpf_insn *insns; /* owned */
	size_t count, capacity;
	struct relocation *relocations; /* owned */
	size_t relocation_count, relocation_capacity;
	struct assembler_target *labels; /* owned */
	size_t label_count, label_capacity;
	struct assembler_jump *jumps; /* owned */
	size_t jump_count, jump_capacity;
	bool is_dead; /* what comes is unreachable, and dropped: the verifier refuses it */
	int error;    /* -ENOMEM, -E2BIG */
};

void assembler_init(struct assembler *assembler);
void assembler_done(struct assembler *assembler); /* accepts a zeroed struct */
/* Fills the jumps in. 0, -ENOMEM, or -E2BIG: more than the bounds above; -EINVAL: a label that was never placed. */
int assembler_end(struct assembler *assembler);

uint32_t assembler_label(struct assembler *assembler); /* a new one, to be placed once */
void assembler_place(struct assembler *assembler, uint32_t label);

/* Registers are BPF_REG_0 ... BPF_REG_10. All arithmetic is 64-bit. */
void emit_mov(struct assembler *assembler, int to, int from);
void emit_mov_imm(struct assembler *assembler, int to, int64_t value);       /* two instructions if it needs them */
void emit_alu(struct assembler *assembler, int operation, int to, int from); /* BPF_ADD, BPF_AND ... */
void emit_alu_imm(struct assembler *assembler, int operation, int to, int32_t value);
void emit_load(struct assembler *assembler, int size, int to, int from, int16_t offset); /* BPF_B, _H, _W, _DW */
void emit_store(struct assembler *assembler, int size, int to, int16_t offset, int from);
void emit_store_imm(struct assembler *assembler, int size, int to, int16_t offset, int32_t value);
void emit_add_to_memory(struct assembler *assembler, int to, int16_t offset, int from); /* atomic, 64 bits */
void emit_jump(struct assembler *assembler, uint32_t label);
void emit_jump_if(struct assembler *assembler, int condition, int left, int right, uint32_t label); /* BPF_JEQ ... */
void emit_jump_if_imm(struct assembler *assembler, int condition, int left, int32_t right, uint32_t label);
void emit_exit(struct assembler *assembler);
void emit_helper(struct assembler *assembler, int helper); /* BPF_FUNC_x */
void emit_piece(struct assembler *assembler, const char *piece, bool is_typed);
void emit_piece_of_map(struct assembler *assembler, const char *piece, uint32_t map); /* of the untyped ones */
void emit_map(struct assembler *assembler, int to, uint32_t map);
void emit_map_value(struct assembler *assembler, int to, uint32_t map, uint32_t offset);
void emit_hook_number(struct assembler *assembler, int to);
void emit_follow_bit(struct assembler *assembler, int to, uint32_t index);
/* The number of the policy's scope. */
void emit_scope(struct assembler *assembler, int to);
void emit_policy_state(struct assembler *assembler, int to);
void emit_policy_counters(struct assembler *assembler, int to);
void emit_programs(struct assembler *assembler, int to);
