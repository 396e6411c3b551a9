/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Runs instructions without calls: arithmetic of 64 bits, jumps, loads and stores of 8 bytes on the stack and from a
 * context of numbers. Enough to see what generated tests do; what else there is ends the test program.
 */
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy/assembler.h"

#define INTERPRETER_STACK 512

struct interpreter {
	const struct assembler *code;
	const uint64_t *context; /* what R6 points at */
	size_t context_count;
	uint64_t registers[11];
	uint8_t stack[INTERPRETER_STACK];
	uint8_t is_written[INTERPRETER_STACK]; /* the verifier refuses to load what was not stored */
	size_t steps;
};

static inline void interpreter_fail(const char *what, size_t at)
{
	printf("interpreter: %s at instruction %zu\n", what, at);
	exit(1);
}

static inline uint64_t interpreter_alu(int operation, uint64_t left, uint64_t right, size_t at)
{
	switch (operation) {
	case BPF_MOV:
		return right;
	case BPF_ADD:
		return left + right;
	case BPF_SUB:
		return left - right;
	case BPF_AND:
		return left & right;
	case BPF_OR:
		return left | right;
	case BPF_XOR:
		return left ^ right;
	case BPF_LSH:
		return left << (right & 63);
	case BPF_RSH:
		return left >> (right & 63);
	case BPF_ARSH:
		return (uint64_t)((int64_t)left >> (right & 63));
	case BPF_NEG:
		return 0 - left;
	default:
		interpreter_fail("unknown arithmetic", at);
		return 0;
	}
}

static inline int interpreter_jumps(int condition, uint64_t left, uint64_t right, size_t at)
{
	switch (condition) {
	case BPF_JA:
		return 1;
	case BPF_JEQ:
		return left == right;
	case BPF_JNE:
		return left != right;
	case BPF_JGT:
		return left > right;
	case BPF_JGE:
		return left >= right;
	case BPF_JLT:
		return left < right;
	case BPF_JLE:
		return left <= right;
	case BPF_JSGT:
		return (int64_t)left > (int64_t)right;
	case BPF_JSGE:
		return (int64_t)left >= (int64_t)right;
	case BPF_JSLT:
		return (int64_t)left < (int64_t)right;
	case BPF_JSLE:
		return (int64_t)left <= (int64_t)right;
	default:
		interpreter_fail("unknown jump", at);
		return 0;
	}
}

static inline size_t interpreter_stack_at(int16_t offset, size_t at)
{
	if (offset < -INTERPRETER_STACK || offset > -8 || offset % 8)
		interpreter_fail("outside the stack", at);
	return (size_t)(INTERPRETER_STACK + offset);
}

static inline void interpreter_load(struct interpreter *run, const struct bpf_insn *insn, size_t at)
{
	size_t place;

	if (insn->code != (BPF_LDX | BPF_MEM | BPF_DW))
		interpreter_fail("unknown load", at);
	if (insn->src_reg == BPF_REG_6) {
		if (insn->off % 8 || insn->off < 0 || (size_t)insn->off / 8 >= run->context_count)
			interpreter_fail("outside the context", at);
		run->registers[insn->dst_reg] = run->context[insn->off / 8];
		return;
	}
	if (insn->src_reg != BPF_REG_10)
		interpreter_fail("unknown memory", at);
	place = interpreter_stack_at(insn->off, at);
	if (!run->is_written[place])
		interpreter_fail("load of what was not stored", at);
	memcpy(&run->registers[insn->dst_reg], run->stack + place, 8);
}

static inline void interpreter_store(struct interpreter *run, const struct bpf_insn *insn, size_t at)
{
	size_t place = interpreter_stack_at(insn->off, at);

	if (insn->code != (BPF_STX | BPF_MEM | BPF_DW) || insn->dst_reg != BPF_REG_10)
		interpreter_fail("unknown store", at);
	memcpy(run->stack + place, &run->registers[insn->src_reg], 8);
	run->is_written[place] = 1;
}

/* What the program returns. */
static inline uint64_t interpreter_run(struct interpreter *run)
{
	for (size_t at = 0; at < run->code->count; at++, run->steps++) {
		const struct bpf_insn *insn = &run->code->insns[at];
		uint64_t *to = &run->registers[insn->dst_reg], right;

		right = BPF_SRC(insn->code) == BPF_X ? run->registers[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
		switch (BPF_CLASS(insn->code)) {
		case BPF_ALU64:
			*to = interpreter_alu(BPF_OP(insn->code), *to, right, at);
			break;
		case BPF_LD:
			*to = (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32;
			at++;
			break;
		case BPF_LDX:
			interpreter_load(run, insn, at);
			break;
		case BPF_STX:
			interpreter_store(run, insn, at);
			break;
		case BPF_JMP:
			if (BPF_OP(insn->code) == BPF_EXIT)
				return run->registers[0];
			if (BPF_OP(insn->code) == BPF_CALL)
				interpreter_fail("a call", at);
			if (interpreter_jumps(BPF_OP(insn->code), *to, right, at))
				at += (size_t)insn->off;
			break;
		default:
			interpreter_fail("unknown instruction", at);
		}
	}
	interpreter_fail("the end", run->code->count);
	return 0;
}
