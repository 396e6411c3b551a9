// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions as instructions. A value is computed in R0, extended to 64 bits as its type says, a bool as 0 or 1;
 * while its right operand is computed the left one waits on the stack, since loading an argument may call a piece. A
 * condition is a jump: what && and || need not know is not computed.
 */
#include "core/policy/glue.h"

_Static_assert(GLUE_STACK_CEL + 8 <= GLUE_STACK_VIEW, "the stack's parts overlap");

/* What is being written, and how many values wait. */
struct writer {
	struct glue *glue;
	const struct cel_expression *expression;
	int waiting;
};

static void write_value(struct writer *writer, const struct cel_node *node);
static void jump_if(struct writer *writer, const struct cel_node *node, bool wanted, uint32_t label);

static const struct cel_node *left_of(const struct writer *writer, const struct cel_node *node)
{
	return &writer->expression->nodes[node->left];
}

static const struct cel_node *right_of(const struct writer *writer, const struct cel_node *node)
{
	return &writer->expression->nodes[node->right];
}

/* --- values */

/* After arithmetic: R0 as a number of 32 bits that was extended to 64. */
static void extend(struct assembler *code, enum cel_type type)
{
	if (type != CEL_INT32 && type != CEL_UINT32)
		return;
	emit_alu_imm(code, BPF_LSH, BPF_REG_0, 32);
	emit_alu_imm(code, type == CEL_INT32 ? BPF_ARSH : BPF_RSH, BPF_REG_0, 32);
}

/* The operands in R0 and R1. */
static void write_operands(struct writer *writer, const struct cel_node *node)
{
	struct assembler *code = writer->glue->code;
	const struct cel_node *right = right_of(writer, node);
	int16_t at;

	write_value(writer, left_of(writer, node));
	if (right->kind == CEL_LITERAL) {
		emit_mov_imm(code, BPF_REG_1, (int64_t)right->value);
		return;
	}
	at = (int16_t)(GLUE_STACK_CEL - 8 * writer->waiting++);
	emit_store(code, BPF_DW, BPF_REG_10, at, BPF_REG_0);
	write_value(writer, right);
	emit_mov(code, BPF_REG_1, BPF_REG_0);
	emit_load(code, BPF_DW, BPF_REG_0, BPF_REG_10, at);
	writer->waiting--;
}

static void write_binary(struct writer *writer, const struct cel_node *node, int operation)
{
	write_operands(writer, node);
	emit_alu(writer->glue->code, operation, BPF_REG_0, BPF_REG_1);
	extend(writer->glue->code, node->type);
}

/* A condition whose value is wanted. */
static void write_bool(struct writer *writer, const struct cel_node *node)
{
	struct assembler *code = writer->glue->code;
	uint32_t no = assembler_label(code), end = assembler_label(code);

	jump_if(writer, node, false, no);
	emit_mov_imm(code, BPF_REG_0, 1);
	emit_jump(code, end);
	assembler_place(code, no);
	emit_mov_imm(code, BPF_REG_0, 0);
	assembler_place(code, end);
}

static void write_value(struct writer *writer, const struct cel_node *node)
{
	struct assembler *code = writer->glue->code;

	switch (node->kind) {
	case CEL_LITERAL:
		emit_mov_imm(code, BPF_REG_0, (int64_t)node->value);
		return;
	case CEL_ARG:
		glue_load_number(writer->glue, (int)node->value);
		return;
	case CEL_ADD:
		write_binary(writer, node, BPF_ADD);
		return;
	case CEL_SUBTRACT:
		write_binary(writer, node, BPF_SUB);
		return;
	case CEL_BIT_AND:
		write_binary(writer, node, BPF_AND);
		return;
	case CEL_BIT_OR:
		write_binary(writer, node, BPF_OR);
		return;
	case CEL_BIT_XOR:
		write_binary(writer, node, BPF_XOR);
		return;
	case CEL_BIT_NOT:
		write_value(writer, left_of(writer, node));
		emit_alu_imm(code, BPF_XOR, BPF_REG_0, -1);
		extend(code, node->type);
		return;
	case CEL_NEGATE:
		write_value(writer, left_of(writer, node));
		emit_alu_imm(code, BPF_NEG, BPF_REG_0, 0);
		extend(code, node->type);
		return;
	case CEL_CONVERT:
		write_value(writer, left_of(writer, node));
		extend(code, node->type);
		return;
	default:
		write_bool(writer, node);
	}
}

/* --- conditions */

/* The jump that is taken where the relation holds, or where it does not. */
static int condition_of(enum cel_kind kind, bool is_signed, bool wanted)
{
	static const enum cel_kind opposites[] = {
		[CEL_EQUAL] = CEL_NOT_EQUAL,    [CEL_NOT_EQUAL] = CEL_EQUAL,    [CEL_LESS] = CEL_GREATER_EQUAL,
		[CEL_GREATER_EQUAL] = CEL_LESS, [CEL_LESS_EQUAL] = CEL_GREATER, [CEL_GREATER] = CEL_LESS_EQUAL,
	};

	switch (wanted ? kind : opposites[kind]) {
	case CEL_EQUAL:
		return BPF_JEQ;
	case CEL_NOT_EQUAL:
		return BPF_JNE;
	case CEL_LESS:
		return is_signed ? BPF_JSLT : BPF_JLT;
	case CEL_LESS_EQUAL:
		return is_signed ? BPF_JSLE : BPF_JLE;
	case CEL_GREATER:
		return is_signed ? BPF_JSGT : BPF_JGT;
	default:
		return is_signed ? BPF_JSGE : BPF_JGE;
	}
}

static void jump_if_relation(struct writer *writer, const struct cel_node *node, bool wanted, uint32_t label)
{
	struct assembler *code = writer->glue->code;
	const struct cel_node *left = left_of(writer, node), *right = right_of(writer, node);
	int condition = condition_of(node->kind, cel_is_signed(left->type), wanted);

	if (right->kind == CEL_LITERAL && (int64_t)right->value == (int32_t)right->value) {
		write_value(writer, left);
		emit_jump_if_imm(code, condition, BPF_REG_0, (int32_t)right->value, label);
		return;
	}
	write_operands(writer, node);
	emit_jump_if(code, condition, BPF_REG_0, BPF_REG_1, label);
}

/* && if is_all, else ||; both sides are what is_all says, or one is not. */
static void jump_if_joined(struct writer *writer, const struct cel_node *node, bool is_all, bool wanted, uint32_t label)
{
	uint32_t end;

	if (wanted != is_all) { /* one side decides */
		jump_if(writer, left_of(writer, node), wanted, label);
		jump_if(writer, right_of(writer, node), wanted, label);
		return;
	}
	end = assembler_label(writer->glue->code);
	jump_if(writer, left_of(writer, node), !wanted, end);
	jump_if(writer, right_of(writer, node), wanted, label);
	assembler_place(writer->glue->code, end);
}

/* To the label if the condition is what is wanted, else on. */
static void jump_if(struct writer *writer, const struct cel_node *node, bool wanted, uint32_t label)
{
	if (node->kind == CEL_LITERAL) {
		if (node->value == wanted)
			emit_jump(writer->glue->code, label);
	} else if (node->kind == CEL_NOT) {
		jump_if(writer, left_of(writer, node), !wanted, label);
	} else if (node->kind == CEL_AND || node->kind == CEL_OR) {
		jump_if_joined(writer, node, node->kind == CEL_AND, wanted, label);
	} else {
		jump_if_relation(writer, node, wanted, label);
	}
}

void glue_test_expression(struct glue *glue, const struct cel_expression *expression, uint32_t on_fail)
{
	struct writer writer = {.glue = glue, .expression = expression};

	jump_if(&writer, cel_root(expression), false, on_fail);
}
