// SPDX-License-Identifier: Apache-2.0
#include "core/policy/assembler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Room for one more of `count` items of `size` bytes; false, with the error kept, when there is none. */
static bool make_room(struct assembler *assembler, void *items, size_t *capacity, size_t count, size_t size,
		      size_t maximum)
{
	size_t wanted = *capacity ? *capacity * 2 : 64;
	void *grown, *old;

	if (assembler->error)
		return false;
	if (count < *capacity)
		return true;
	if (count >= maximum) {
		assembler->error = -E2BIG;
		return false;
	}
	wanted = MIN(wanted, maximum);
	memcpy(&old, items, sizeof(old));
	grown = reallocarray(old, wanted, size);
	if (!grown) {
		assembler->error = -ENOMEM;
		return false;
	}
	memcpy(items, &grown, sizeof(grown));
	*capacity = wanted;
	return true;
}

void assembler_init(struct assembler *assembler)
{
	*assembler = (struct assembler){0};
}

void assembler_done(struct assembler *assembler)
{
	free(assembler->insns);
	free(assembler->relocations);
	free(assembler->labels);
	free(assembler->jumps);
	*assembler = (struct assembler){0};
}

int assembler_end(struct assembler *assembler)
{
	if (assembler->error)
		return assembler->error;
	for (size_t i = 0; i < assembler->jump_count; i++) {
		const struct assembler_jump *jump = &assembler->jumps[i];
		int32_t target = assembler->labels[jump->label].insn;
		int64_t distance = (int64_t)target - (int64_t)jump->insn - 1;

		if (target < 0)
			return -EINVAL;
		if (distance > INT16_MAX || distance < INT16_MIN)
			return -E2BIG;
		assembler->insns[jump->insn].off = (int16_t)distance;
	}
	assembler->jump_count = 0;
	return 0;
}

uint32_t assembler_label(struct assembler *assembler)
{
	if (!make_room(assembler, &assembler->labels, &assembler->label_capacity, assembler->label_count,
		       sizeof(*assembler->labels), ASSEMBLER_LABELS_MAX))
		return 0;
	assembler->labels[assembler->label_count] = (struct assembler_target){.insn = -1};
	return (uint32_t)assembler->label_count++;
}

void assembler_place(struct assembler *assembler, uint32_t label)
{
	if (assembler->error)
		return;
	assembler->labels[label].insn = (int32_t)assembler->count;
	if (assembler->labels[label].is_used)
		assembler->is_dead = false;
}

static void emit(struct assembler *assembler, struct bpf_insn insn)
{
	if (assembler->is_dead)
		return;
	if (make_room(assembler, &assembler->insns, &assembler->capacity, assembler->count, sizeof(insn),
		      ASSEMBLER_INSNS_MAX))
		assembler->insns[assembler->count++] = insn;
}

static struct bpf_insn make(int code, int to, int from, int16_t offset, int32_t immediate)
{
	return (struct bpf_insn){
		.code = (__u8)code,
		.dst_reg = (__u8)to & 0xf,
		.src_reg = (__u8)from & 0xf,
		.off = offset,
		.imm = immediate,
	};
}

/* The next instruction is to be relocated. */
static void relocate(struct assembler *assembler, struct relocation relocation)
{
	if (assembler->is_dead)
		return;
	if (!make_room(assembler, &assembler->relocations, &assembler->relocation_capacity, assembler->relocation_count,
		       sizeof(relocation), ASSEMBLER_RELOCATIONS_MAX))
		return;
	relocation.insn = (uint32_t)assembler->count;
	assembler->relocations[assembler->relocation_count++] = relocation;
}

void emit_mov(struct assembler *assembler, int to, int from)
{
	emit(assembler, make(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0));
}

static void emit_wide(struct assembler *assembler, int to, int kind, uint64_t value)
{
	emit(assembler, make(BPF_LD | BPF_IMM | BPF_DW, to, kind, 0, (int32_t)(uint32_t)value));
	emit(assembler, make(0, 0, 0, 0, (int32_t)(uint32_t)(value >> 32)));
}

void emit_mov_imm(struct assembler *assembler, int to, int64_t value)
{
	if (value == (int32_t)value)
		emit(assembler, make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, (int32_t)value));
	else
		emit_wide(assembler, to, 0, (uint64_t)value);
}

void emit_alu(struct assembler *assembler, int operation, int to, int from)
{
	emit(assembler, make(BPF_ALU64 | operation | BPF_X, to, from, 0, 0));
}

void emit_alu_imm(struct assembler *assembler, int operation, int to, int32_t value)
{
	emit(assembler, make(BPF_ALU64 | operation | BPF_K, to, 0, 0, value));
}

void emit_load(struct assembler *assembler, int size, int to, int from, int16_t offset)
{
	emit(assembler, make(BPF_LDX | BPF_MEM | size, to, from, offset, 0));
}

void emit_store(struct assembler *assembler, int size, int to, int16_t offset, int from)
{
	emit(assembler, make(BPF_STX | BPF_MEM | size, to, from, offset, 0));
}

void emit_store_imm(struct assembler *assembler, int size, int to, int16_t offset, int32_t value)
{
	emit(assembler, make(BPF_ST | BPF_MEM | size, to, 0, offset, value));
}

void emit_add_to_memory(struct assembler *assembler, int to, int16_t offset, int from)
{
	emit(assembler, make(BPF_STX | BPF_ATOMIC | BPF_DW, to, from, offset, BPF_ADD));
}

static void note_jump(struct assembler *assembler, uint32_t label)
{
	if (assembler->is_dead)
		return;
	if (!make_room(assembler, &assembler->jumps, &assembler->jump_capacity, assembler->jump_count,
		       sizeof(*assembler->jumps), ASSEMBLER_INSNS_MAX))
		return;
	assembler->labels[label].is_used = true;
	assembler->jumps[assembler->jump_count++] =
		(struct assembler_jump){.insn = (uint32_t)assembler->count, .label = label};
}

void emit_jump(struct assembler *assembler, uint32_t label)
{
	note_jump(assembler, label);
	emit(assembler, make(BPF_JMP | BPF_JA, 0, 0, 0, 0));
	assembler->is_dead = true;
}

void emit_jump_if(struct assembler *assembler, int condition, int left, int right, uint32_t label)
{
	note_jump(assembler, label);
	emit(assembler, make(BPF_JMP | condition | BPF_X, left, right, 0, 0));
}

void emit_jump_if_imm(struct assembler *assembler, int condition, int left, int32_t right, uint32_t label)
{
	note_jump(assembler, label);
	emit(assembler, make(BPF_JMP | condition | BPF_K, left, 0, 0, right));
}

void emit_exit(struct assembler *assembler)
{
	emit(assembler, make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
	assembler->is_dead = true;
}

void emit_helper(struct assembler *assembler, int helper)
{
	emit(assembler, make(BPF_JMP | BPF_CALL, 0, 0, 0, helper));
}

void emit_piece(struct assembler *assembler, const char *piece, bool is_typed)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_PIECE, .piece = piece, .is_typed = is_typed});
	emit(assembler, make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
}

void emit_piece_of_map(struct assembler *assembler, const char *piece, uint32_t map)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_PIECE_OF_MAP, .piece = piece, .index = map});
	emit(assembler, make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
}

void emit_map(struct assembler *assembler, int to, uint32_t map)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_MAP, .index = map});
	emit_wide(assembler, to, BPF_PSEUDO_MAP_FD, 0);
}

void emit_map_value(struct assembler *assembler, int to, uint32_t map, uint32_t offset)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_MAP_VALUE, .index = map, .offset = offset});
	emit_wide(assembler, to, BPF_PSEUDO_MAP_VALUE, 0);
}

void emit_hook_number(struct assembler *assembler, int to)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_HOOK_NUMBER});
	emit(assembler, make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, 0));
}

void emit_follow_bit(struct assembler *assembler, int to, uint32_t index)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_FOLLOW_BIT, .index = index});
	emit(assembler, make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, 0));
}

void emit_scope(struct assembler *assembler, int to)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_SCOPE});
	emit(assembler, make(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, 0));
}

void emit_policy_state(struct assembler *assembler, int to)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_POLICY_STATE});
	emit_wide(assembler, to, BPF_PSEUDO_MAP_VALUE, 0);
}

void emit_policy_counters(struct assembler *assembler, int to)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_POLICY_COUNTERS});
	emit_wide(assembler, to, BPF_PSEUDO_MAP_VALUE, 0);
}

void emit_programs(struct assembler *assembler, int to)
{
	relocate(assembler, (struct relocation){.kind = RELOCATION_PROGRAMS});
	emit_wide(assembler, to, BPF_PSEUDO_MAP_FD, 0);
}
