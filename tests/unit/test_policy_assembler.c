// SPDX-License-Identifier: Apache-2.0
#include "core/policy/assembler.h"

#include <errno.h>

#include "test.h"

#define CHECK_INSN(got, wanted_code, dst, src, offset, immediate) \
	do { \
		const struct bpf_insn *_insn = &(got); \
		CHECK_EQ(_insn->code, wanted_code); \
		CHECK_EQ(_insn->dst_reg, dst); \
		CHECK_EQ(_insn->src_reg, src); \
		CHECK_EQ(_insn->off, offset); \
		CHECK_EQ(_insn->imm, immediate); \
	} while (0)

static struct assembler code;

static void begin(void)
{
	assembler_done(&code);
	assembler_init(&code);
}

static void test_moves(void)
{
	begin();
	emit_mov(&code, BPF_REG_1, BPF_REG_10);
	emit_mov_imm(&code, BPF_REG_2, -1);
	emit_mov_imm(&code, BPF_REG_3, INT32_MIN);
	CHECK_EQ(code.count, 3);
	CHECK_INSN(code.insns[0], BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	CHECK_INSN(code.insns[1], BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, -1);
	CHECK_INSN(code.insns[2], BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, INT32_MIN);
	CHECK_EQ(assembler_end(&code), 0);
}

/* What 32 bits with a sign do not hold takes two instructions. */
static void test_wide_constants(void)
{
	begin();
	emit_mov_imm(&code, BPF_REG_1, 0x80000000ll);
	emit_mov_imm(&code, BPF_REG_2, 0x1122334455667788ll);
	CHECK_EQ(code.count, 4);
	CHECK_INSN(code.insns[0], BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, INT32_MIN);
	CHECK_INSN(code.insns[1], 0, 0, 0, 0, 0);
	CHECK_INSN(code.insns[2], BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0x55667788);
	CHECK_INSN(code.insns[3], 0, 0, 0, 0, 0x11223344);
}

static void test_memory(void)
{
	begin();
	emit_load(&code, BPF_H, BPF_REG_0, BPF_REG_6, 12);
	emit_store(&code, BPF_DW, BPF_REG_10, -8, BPF_REG_1);
	emit_store_imm(&code, BPF_B, BPF_REG_8, 50, 2);
	emit_add_to_memory(&code, BPF_REG_1, 8, BPF_REG_2);
	CHECK_INSN(code.insns[0], BPF_LDX | BPF_MEM | BPF_H, 0, 6, 12, 0);
	CHECK_INSN(code.insns[1], BPF_STX | BPF_MEM | BPF_DW, 10, 1, -8, 0);
	CHECK_INSN(code.insns[2], BPF_ST | BPF_MEM | BPF_B, 8, 0, 50, 2);
	CHECK_INSN(code.insns[3], BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 8, BPF_ADD);
}

/* An offset counts from the instruction behind the jump. */
static void test_jumps(void)
{
	uint32_t near, far;

	begin();
	near = assembler_label(&code);
	far = assembler_label(&code);
	emit_jump_if_imm(&code, BPF_JEQ, BPF_REG_0, 7, far);
	emit_jump_if(&code, BPF_JGT, BPF_REG_1, BPF_REG_2, near);
	emit_helper(&code, BPF_FUNC_get_current_pid_tgid);
	assembler_place(&code, near);
	emit_mov_imm(&code, BPF_REG_0, 0);
	assembler_place(&code, far);
	emit_exit(&code);
	CHECK_EQ(assembler_end(&code), 0);
	CHECK_INSN(code.insns[0], BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 7);
	CHECK_INSN(code.insns[1], BPF_JMP | BPF_JGT | BPF_X, 1, 2, 1, 0);
	CHECK_INSN(code.insns[2], BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_pid_tgid);
}

/* The verifier refuses instructions that nothing leads to. */
static void test_unreachable(void)
{
	uint32_t used, unused;

	begin();
	used = assembler_label(&code);
	unused = assembler_label(&code);
	emit_jump(&code, used);
	emit_mov_imm(&code, BPF_REG_0, 1);
	emit_piece(&code, "never_called", false);
	assembler_place(&code, unused);
	emit_exit(&code);
	CHECK_EQ(code.count, 1);
	CHECK_EQ(code.relocation_count, 0);
	assembler_place(&code, used);
	emit_exit(&code);
	emit_exit(&code);
	CHECK_EQ(code.count, 2);
	CHECK_EQ(assembler_end(&code), 0);
	CHECK_INSN(code.insns[0], BPF_JMP | BPF_JA, 0, 0, 0, 0);
}

static void check_relocation(size_t index, enum relocation_kind kind, uint32_t insn)
{
	CHECK(index < code.relocation_count);
	CHECK_EQ(code.relocations[index].kind, kind);
	CHECK_EQ(code.relocations[index].insn, insn);
}

static void test_relocations(void)
{
	begin();
	emit_map(&code, BPF_REG_1, SHARED_MAP_COUNT + 1);
	emit_map_value(&code, BPF_REG_2, SHARED_MAP_STATES, 16);
	emit_hook_number(&code, BPF_REG_3);
	emit_piece(&code, "test_equal", true);
	emit_policy_state(&code, BPF_REG_1);
	emit_policy_counters(&code, BPF_REG_1);
	emit_programs(&code, BPF_REG_2);
	emit_piece_of_map(&code, "test_substring", SHARED_MAP_COUNT + 2);
	CHECK_EQ(code.count, 13);
	CHECK_EQ(code.relocation_count, 8);
	check_relocation(0, RELOCATION_MAP, 0);
	CHECK_EQ(code.relocations[0].index, SHARED_MAP_COUNT + 1);
	CHECK_EQ(code.insns[0].src_reg, BPF_PSEUDO_MAP_FD);
	check_relocation(1, RELOCATION_MAP_VALUE, 2);
	CHECK_EQ(code.relocations[1].offset, 16);
	CHECK_EQ(code.insns[2].src_reg, BPF_PSEUDO_MAP_VALUE);
	check_relocation(2, RELOCATION_HOOK_NUMBER, 4);
	check_relocation(3, RELOCATION_PIECE, 5);
	CHECK_STR(code.relocations[3].piece, "test_equal");
	CHECK(code.relocations[3].is_typed);
	CHECK_INSN(code.insns[5], BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	check_relocation(4, RELOCATION_POLICY_STATE, 6);
	check_relocation(5, RELOCATION_POLICY_COUNTERS, 8);
	check_relocation(6, RELOCATION_PROGRAMS, 10);
	check_relocation(7, RELOCATION_PIECE_OF_MAP, 12);
	CHECK_STR(code.relocations[7].piece, "test_substring");
	CHECK_EQ(code.relocations[7].index, SHARED_MAP_COUNT + 2);
	CHECK_INSN(code.insns[12], BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
}

static void test_label_never_placed(void)
{
	begin();
	emit_jump(&code, assembler_label(&code));
	CHECK_EQ(assembler_end(&code), -EINVAL);
}

/* A label that nothing jumps to need not be placed. */
static void test_label_never_used(void)
{
	begin();
	(void)assembler_label(&code);
	emit_exit(&code);
	CHECK_EQ(assembler_end(&code), 0);
}

static void test_most_instructions(void)
{
	begin();
	for (int i = 0; i < ASSEMBLER_INSNS_MAX; i++)
		emit_mov_imm(&code, BPF_REG_0, i);
	CHECK_EQ(assembler_end(&code), 0);
	CHECK_EQ(code.count, ASSEMBLER_INSNS_MAX);
	emit_mov_imm(&code, BPF_REG_0, 0);
	CHECK_EQ(assembler_end(&code), -E2BIG);
}

static void test_most_labels(void)
{
	begin();
	for (int i = 0; i < ASSEMBLER_LABELS_MAX; i++)
		CHECK_EQ(assembler_label(&code), i);
	CHECK_EQ(code.error, 0);
	/* one beyond is an error at the end, and nothing that uses it goes astray */
	assembler_place(&code, assembler_label(&code));
	emit_jump(&code, assembler_label(&code));
	CHECK_EQ(assembler_end(&code), -E2BIG);
}

static void test_most_relocations(void)
{
	begin();
	for (int i = 0; i < ASSEMBLER_RELOCATIONS_MAX; i++)
		emit_piece(&code, "x", false);
	CHECK_EQ(assembler_end(&code), 0);
	emit_piece(&code, "x", false);
	CHECK_EQ(assembler_end(&code), -E2BIG);
}

int main(void)
{
	RUN(test_moves);
	RUN(test_wide_constants);
	RUN(test_memory);
	RUN(test_jumps);
	RUN(test_unreachable);
	RUN(test_relocations);
	RUN(test_label_never_placed);
	RUN(test_label_never_used);
	RUN(test_most_instructions);
	RUN(test_most_labels);
	RUN(test_most_relocations);
	assembler_done(&code);
	return test_end();
}
