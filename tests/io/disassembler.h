/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Instructions of an assembler in words, for golden files: what the loader fills in by name, jumps by their targets. */
#include <inttypes.h>
#include <stdio.h>

#include "core/policy/assembler.h"

static inline const struct relocation *disassembler_relocation(const struct assembler *code, size_t at)
{
	for (size_t i = 0; i < code->relocation_count; i++)
		if (code->relocations[i].insn == at)
			return &code->relocations[i];
	return NULL;
}

static inline void disassembler_print_relocation(const struct relocation *relocation, int to, FILE *out)
{
	switch (relocation->kind) {
	case RELOCATION_PIECE:
		fprintf(out, "call %s%s", relocation->piece, relocation->is_typed ? " (typed)" : "");
		return;
	case RELOCATION_PIECE_OF_MAP:
		fprintf(out, "call %s of map %u", relocation->piece, relocation->index);
		return;
	case RELOCATION_MAP:
		fprintf(out, "r%d = map %u", to, relocation->index);
		return;
	case RELOCATION_MAP_VALUE:
		fprintf(out, "r%d = value of map %u + %u", to, relocation->index, relocation->offset);
		return;
	case RELOCATION_HOOK_NUMBER:
		fprintf(out, "r%d = hook number", to);
		return;
	case RELOCATION_FOLLOW_BIT:
		fprintf(out, "r%d = bit of followChildren %u", to, relocation->index);
		return;
	case RELOCATION_SCOPE:
		fprintf(out, "r%d = scope", to);
		return;
	case RELOCATION_POLICY_STATE:
		fprintf(out, "r%d = policy state", to);
		return;
	case RELOCATION_POLICY_COUNTERS:
		fprintf(out, "r%d = policy counters", to);
		return;
	case RELOCATION_PROGRAMS:
		fprintf(out, "r%d = programs", to);
		return;
	}
}

static inline const char *disassembler_operator(uint8_t code, bool is_jump)
{
	static const char *const alu[16] = {
		"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", ">>=s", "swap"};
	static const char *const jump[16] = {"",    "==", ">", ">=", "&",  "!=", ">s",
					     ">=s", "",   "",  "<",  "<=", "<s", "<=s"};
	const char *name = is_jump ? jump[code >> 4] : alu[code >> 4];

	return name ? name : "?";
}

static inline const char *disassembler_size(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return "u8";
	case BPF_H:
		return "u16";
	case BPF_W:
		return "u32";
	default:
		return "u64";
	}
}

static inline void disassembler_print_jump(const struct bpf_insn *insn, size_t at, FILE *out)
{
	long target = (long)at + 1 + insn->off;

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		fputs("exit", out);
		return;
	case BPF_CALL:
		fprintf(out, "call helper %d", insn->imm);
		return;
	case BPF_JA:
		fprintf(out, "goto %ld", target);
		return;
	default:
		fprintf(out, "if r%d %s ", insn->dst_reg, disassembler_operator(insn->code, true));
		if (BPF_SRC(insn->code) == BPF_X)
			fprintf(out, "r%d", insn->src_reg);
		else
			fprintf(out, "%d", insn->imm);
		fprintf(out, " goto %ld", target);
	}
}

static inline void disassembler_print_insn(const struct bpf_insn *insn, size_t at, FILE *out)
{
	const char *size = disassembler_size(insn->code);

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_JMP32:
		disassembler_print_jump(insn, at, out);
		return;
	case BPF_LD:
		fprintf(out, "r%d = %#" PRIx64, insn->dst_reg,
			(uint64_t)(uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32);
		return;
	case BPF_LDX:
		fprintf(out, "r%d = *(%s *)(r%d %+d)", insn->dst_reg, size, insn->src_reg, insn->off);
		return;
	case BPF_ST:
		fprintf(out, "*(%s *)(r%d %+d) = %d", size, insn->dst_reg, insn->off, insn->imm);
		return;
	case BPF_STX:
		fprintf(out, "*(%s *)(r%d %+d) %s r%d", size, insn->dst_reg, insn->off,
			BPF_MODE(insn->code) == BPF_MEM ? "=" : "+= atomically", insn->src_reg);
		return;
	default:
		fprintf(out, "%s%d %s ", BPF_CLASS(insn->code) == BPF_ALU ? "w" : "r", insn->dst_reg,
			disassembler_operator(insn->code, false));
		if (BPF_SRC(insn->code) == BPF_X && BPF_OP(insn->code) != BPF_END)
			fprintf(out, "r%d", insn->src_reg);
		else
			fprintf(out, "%d", insn->imm);
	}
}

static inline void disassembler_print(const struct assembler *code, FILE *out)
{
	for (size_t i = 0; i < code->count; i++) {
		const struct bpf_insn *insn = &code->insns[i];
		const struct relocation *relocation = disassembler_relocation(code, i);

		fprintf(out, "    %3zu: ", i);
		if (relocation)
			disassembler_print_relocation(relocation, insn->dst_reg, out);
		else
			disassembler_print_insn(insn, i, out);
		fputc('\n', out);
		i += insn->code == (BPF_LD | BPF_IMM | BPF_DW); /* takes two */
	}
}
