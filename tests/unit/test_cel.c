// SPDX-License-Identifier: Apache-2.0
/*
 * Expressions of CelExpr: what is taken, what is said of what is not, and what the generated instructions compute,
 * against values that were worked out by hand, and against a computation of random expressions in C.
 */
#include "core/policy/cel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/util.h"
#include "bpf_interpreter.h"
#include "core/policy/glue.h"
#include "test.h"

#define ARGS 5

/* The hook's arguments: one of each type that expressions have. */
static const enum arg_type types[ARGS] = {ARG_INT, ARG_UINT32, ARG_INT64, ARG_UINT64, ARG_INT32};
static uint64_t context[ARGS]; /* as a function's registers: what is above 32 bits may be anything */

static struct cel_expression *expression;
static struct cel_error error;

static int parse_with(const char *text, const enum arg_type *arg_types, size_t count)
{
	const struct cel_args args = {.types = arg_types, .count = count};

	cel_expression_free(expression);
	expression = NULL;
	error = (struct cel_error){0};
	return cel_parse(text, strlen(text), &args, &expression, &error);
}

static int parse(const char *text)
{
	return parse_with(text, types, ARGS);
}

/* --- what is generated */

/* Writes `r0 = expression`, as a program. */
static void write_program(struct assembler *code)
{
	static struct hook_info info;
	static struct plan_hook plan = {.info = &info};
	static struct policy_hook hook = {.arg_count = ARGS};
	static struct kernel_function function;
	struct glue glue = {
		.code = code,
		.plan = &plan,
		.hook = &hook,
		.function = &function,
		.means = ATTACH_FENTRY,
	};
	uint32_t fails;

	for (uint8_t i = 0; i < ARGS; i++) {
		info.args[i].type = types[i];
		hook.args[i] = (struct policy_arg){.type = types[i], .index = i};
		function.params[i].slot = i;
	}
	assembler_init(code);
	fails = assembler_label(code);
	glue_test_expression(&glue, expression, fails);
	emit_mov_imm(code, BPF_REG_0, 1);
	emit_exit(code);
	assembler_place(code, fails);
	emit_mov_imm(code, BPF_REG_0, 0);
	emit_exit(code);
	CHECK_EQ(assembler_end(code), 0);
}

/* The verifier refuses what nothing leads to. */
static void check_reachable(const struct assembler *code)
{
	static bool is_reached[ASSEMBLER_INSNS_MAX + 1];

	memset(is_reached, 0, sizeof(is_reached));
	is_reached[0] = true;
	for (size_t i = 0; i < code->count; i++) {
		const struct bpf_insn *insn = &code->insns[i];
		bool is_jump = BPF_CLASS(insn->code) == BPF_JMP;
		size_t length = insn->code == (BPF_LD | BPF_IMM | BPF_DW) ? 2 : 1;

		CHECK(is_reached[i]);
		if (is_jump && BPF_OP(insn->code) != BPF_EXIT)
			is_reached[i + 1 + (size_t)insn->off] = true;
		if (!is_jump || (BPF_OP(insn->code) != BPF_EXIT && BPF_OP(insn->code) != BPF_JA))
			is_reached[i + length] = true;
		i += length - 1;
	}
}

static bool run(void)
{
	struct assembler code;
	struct interpreter machine = {.code = &code, .context = context, .context_count = ARGS};
	uint64_t result;

	write_program(&code);
	check_reachable(&code);
	result = interpreter_run(&machine);
	CHECK(machine.steps <= code.count);
	assembler_done(&code);
	CHECK(result == 0 || result == 1);
	return result;
}

static bool value_of(const char *text)
{
	int r = parse(text);

	CHECK_EQ(r, 0);
	if (r < 0) {
		printf("%s: column %zu: %s\n", text, error.column, error.problem);
		return false;
	}
	return run();
}

/* --- values that were worked out by hand: arguments, then expressions that hold, and some that don't */

static void test_relations(void)
{
	static const char *const hold[] = {
		"arg0 == int32(-5)",
		"arg0 != int32(5)",
		"arg0 < int32(-4)",
		"arg0 <= int32(-5)",
		"arg0 > int32(-6)",
		"arg0 >= int32(-5)",
		"int32(-5) == arg0",
		"int32(-6) < arg0",
		"arg1 == uint32(0xfffffff0)",
		"arg1 > uint32(5)",
		"arg1 >= uint32(4294967280)",
		"!(arg1 < uint32(5u))",
		"arg2 == -9223372036854775808",
		"arg2 < 0",
		"arg2 < -9223372036854775807",
		"arg2 <= arg2",
		"arg3 == 18446744073709551615u",
		"arg3 > 0x7fffffffffffffffu",
		"arg3 >= 5u",
		"arg3 != 0u",
		"arg4 == arg4",
		"arg4 > arg0",
		"arg0 < arg4",
		"true",
		"!false",
		"true != false",
		"true == !false",
		"(arg0 == int32(-5)) == (arg1 != uint32(0))",
		"(arg0 > int32(0)) == (arg2 > 0)",
	};

	context[0] = 0xdeadbeeffffffffbull; /* -5, under something else */
	context[1] = 0x12345678fffffff0ull;
	context[2] = 1ull << 63;
	context[3] = UINT64_MAX;
	context[4] = 0xffffffff00000007ull;
	for (size_t i = 0; i < ARRAY_SIZE(hold); i++) {
		char negated[128];

		if (!value_of(hold[i])) {
			printf("does not hold: %s\n", hold[i]);
			test_is_ok = false;
		}
		snprintf(negated, sizeof(negated), "!(%s)", hold[i]);
		if (value_of(negated)) {
			printf("holds: %s\n", negated);
			test_is_ok = false;
		}
	}
}

static void test_arithmetic(void)
{
	static const char *const hold[] = {
		"arg0 + int32(5) == int32(15)",
		"arg0 - int32(11) == int32(-1)",
		"-arg0 == int32(-10)",
		"--arg0 == arg0",
		"1 + 2 - 3 - 4 == -4",
		"1 - (2 - 3) == 2",
		"10 - 2 + 3 == 11",
		"-(5) == -5",
		/* 32 bits wrap around */
		"arg1 + uint32(1) == uint32(0)",
		"arg4 + int32(1) == int32(-2147483648)",
		"arg1 - uint32(0xffffffff) == uint32(0)",
		"uint32(0) - uint32(1) == arg1",
		"-(arg4 + int32(1)) == int32(-2147483648)",
		/* and 64, too */
		"arg3 + 1u == 0u",
		"0u - 1u == arg3",
		"arg2 + 9223372036854775807 == -9223372036854775807 - 2 + 9",
		/* bits */
		"and(arg3, 0xf0u) == 0xf0u",
		"or(arg0, int32(5)) == int32(15)",
		"xor(arg0, int32(3)) == int32(9)",
		"not(arg0) == int32(-11)",
		"not(arg1) == uint32(0)",
		"not(0u) == arg3",
		"not(uint32(5)) == uint32(0xfffffffa)",
		"and(arg0, arg4) == int32(10)",
		"or(and(arg3, 6u), xor(1u, 9u)) == 14u",
		/* conversions cut off, and read the rest anew */
		"int32(arg1) == int32(-1)",
		"uint32(int32(-1) + arg0) == uint32(9)",
		"int32(arg3) == int32(-1)",
		"uint32(arg2 + 0x500000000) == uint32(9)",
		"int32(0x100000005 + arg2) == int32(14)",
		"uint32(-arg0) == uint32(0xfffffff6)",
		"int32(arg0) == arg0",
		"uint32(uint32(5)) == uint32(5)",
		/* what is on the right waits for nobody, what is on the left does */
		"arg0 - (arg0 - (arg0 - (arg0 - (arg0 - arg0)))) == int32(0)",
		"arg2 - (1 - (arg2 - (2 - (arg2 - (3 - arg2))))) == arg2 - 1 + arg2 - 2 + arg2 - 3 + arg2",
		"int32(1) + arg0 == arg0 + int32(1)",
		"(arg0 + arg0) - (arg4 - arg4) == int32(20)",
	};

	context[0] = 10;
	context[1] = UINT32_MAX;
	context[2] = 9;
	context[3] = UINT64_MAX;
	context[4] = INT32_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(hold); i++) {
		if (value_of(hold[i]))
			continue;
		printf("does not hold: %s\n", hold[i]);
		test_is_ok = false;
	}
}

/* All values of three conditions. */
static void test_logic(void)
{
	for (unsigned bits = 0; bits < 8; bits++) {
		bool a = bits & 1, b = bits & 2, c = bits & 4;

		context[0] = a;
		context[1] = b;
		context[2] = c;
#define A "arg0 == int32(1)"
#define B "arg1 == uint32(1)"
#define C "arg2 == 1"
		CHECK_EQ(value_of(A " && " B " && " C), a && b && c);
		CHECK_EQ(value_of(A " || " B " || " C), a || b || c);
		CHECK_EQ(value_of(A " || " B " && " C), a || (b && c));
		CHECK_EQ(value_of(A " && " B " || " C), (a && b) || c);
		CHECK_EQ(value_of("(" A " || " B ") && " C), (a || b) && c);
		CHECK_EQ(value_of("!(" A " || " B ") && !(" C ")"), !(a || b) && !c);
		CHECK_EQ(value_of("!(" A " && !(" B " && " C "))"), !(a && !(b && c)));
		CHECK_EQ(value_of("(" A ") == (" B " || " C ")"), a == (b || c));
		CHECK_EQ(value_of("(" A " && " B ") != (" C ") == (" A ")"), ((a && b) != c) == a);
		CHECK_EQ(value_of("true && " A " || false"), a);
		CHECK_EQ(value_of("false && " A), false);
		CHECK_EQ(value_of(A " || true"), true);
		CHECK_EQ(value_of("!(" A " || true) || " B), b);
	}
}

/* What decides is not followed by the rest. */
static void test_short_circuit(void)
{
	struct assembler code;
	struct interpreter machine = {.code = &code, .context = context, .context_count = ARGS};

	context[0] = 1;
	CHECK_EQ(parse("arg0 == int32(1) || arg2 + arg2 + arg2 + arg2 + arg2 + arg2 == 5"), 0);
	write_program(&code);
	CHECK_EQ(interpreter_run(&machine), 1);
	CHECK(machine.steps < 8);
	assembler_done(&code);
}

/* --- random expressions, computed in C beside */

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % limit;
}

static const uint64_t interesting[] = {
	0, 1, 2, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 4,
};

static uint64_t cut(enum cel_type type, uint64_t value)
{
	if (type == CEL_INT32)
		return (uint64_t)(int64_t)(int32_t)(uint32_t)value;
	return type == CEL_UINT32 ? (uint32_t)value : value;
}

#define TEXT_MAX 4000
struct text {
	char bytes[TEXT_MAX];
	size_t length;
};

static void say(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
static void say(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->bytes + text->length, TEXT_MAX - text->length, format, arguments);
	va_end(arguments);
}

static uint64_t say_leaf(struct text *text, enum cel_type type)
{
	static const int args[] = {[CEL_INT32] = 0, [CEL_UINT32] = 1, [CEL_INT64] = 2, [CEL_UINT64] = 3};
	uint64_t value = interesting[random_below(ARRAY_SIZE(interesting))];

	if (random_below(2)) {
		say(text, "arg%d", args[type]);
		return cut(type, context[args[type]]);
	}
	value = cut(type, value);
	if (type == CEL_INT32)
		say(text, "int32(%" PRId64 ")", (int64_t)value);
	else if (type == CEL_UINT32)
		say(text, "uint32(%" PRIu64 "u)", value);
	else if (type == CEL_INT64)
		say(text, "%" PRId64, (int64_t)value);
	else
		say(text, "%#" PRIx64 "u", value);
	return value;
}

static uint64_t say_number(struct text *text, enum cel_type type, unsigned depth)
{
	static const char *const words[] = {"and", "or", "xor"};
	uint64_t left, right;
	uint32_t kind = random_below(8);

	if (depth == 0)
		return say_leaf(text, type);
	if (kind < 2) { /* always in parentheses: a - (b - c) is none of a - b - c */
		say(text, "(");
		left = say_number(text, type, depth - 1);
		say(text, kind ? " + " : " - ");
		right = say_number(text, type, depth - 1);
		say(text, ")");
		return cut(type, kind ? left + right : left - right);
	}
	if (kind < 5) {
		say(text, "%s(", words[kind - 2]);
		left = say_number(text, type, depth - 1);
		say(text, ", ");
		right = say_number(text, type, depth - 1);
		say(text, ")");
		return cut(type, kind == 2 ? left & right : kind == 3 ? left | right : left ^ right);
	}
	if (kind == 5) {
		say(text, "not(");
		left = say_number(text, type, depth - 1);
		say(text, ")");
		return cut(type, ~left);
	}
	if (kind == 6 && cel_is_signed(type)) {
		say(text, "-(");
		left = say_number(text, type, depth - 1);
		say(text, ")");
		return cut(type, 0 - left);
	}
	if (type == CEL_INT32 || type == CEL_UINT32) {
		enum cel_type other = (enum cel_type)(CEL_INT32 + random_below(4));

		say(text, type == CEL_INT32 ? "int32(" : "uint32(");
		/* a literal that is too large is an error */
		left = say_number(text, other, depth - 1);
		say(text, " - ");
		right = say_number(text, other, depth - 1);
		say(text, ")");
		return cut(type, cut(other, left - right));
	}
	return say_leaf(text, type);
}

static bool say_relation(struct text *text, unsigned depth)
{
	static const char *const names[] = {"==", "!=", "<", "<=", ">", ">="};
	enum cel_type type = (enum cel_type)(CEL_INT32 + random_below(4));
	uint64_t left = say_number(text, type, depth), right;
	uint32_t kind = random_below(6);
	bool is_less, is_equal;

	say(text, " %s ", names[kind]);
	right = say_number(text, type, depth);
	is_less = cel_is_signed(type) ? (int64_t)left < (int64_t)right : left < right;
	is_equal = left == right;
	switch (kind) {
	case 0:
		return is_equal;
	case 1:
		return !is_equal;
	case 2:
		return is_less;
	case 3:
		return is_less || is_equal;
	case 4:
		return !is_less && !is_equal;
	default:
		return !is_less;
	}
}

static bool say_condition(struct text *text, unsigned depth)
{
	uint32_t kind = random_below(6);
	bool left, right;

	if (depth == 0 || kind == 0)
		return say_relation(text, depth);
	say(text, kind == 1 ? "!(" : "(");
	left = say_condition(text, depth - 1);
	if (kind == 1) {
		say(text, ")");
		return !left;
	}
	say(text, kind == 2 ? ") && (" : kind == 3 ? ") || (" : kind == 4 ? ") == (" : ") != (");
	right = say_condition(text, depth - 1);
	say(text, ")");
	return kind == 2 ? left && right : kind == 3 ? left || right : kind == 4 ? left == right : left != right;
}

static void test_random(void)
{
	unsigned taken = 0;

	for (int round = 0; round < 20000 && test_is_ok; round++) {
		struct text text = {.length = 0};
		bool wanted;
		int r;

		for (int i = 0; i < ARGS; i++)
			context[i] = interesting[random_below(ARRAY_SIZE(interesting))] + random_below(3);
		wanted = say_condition(&text, 1 + random_below(4));
		if (text.length >= TEXT_MAX)
			continue;
		r = parse(text.bytes);
		/* too large is the only fault that there can be */
		CHECK(r == 0 || strstr(error.problem, "more than"));
		if (r < 0)
			continue;
		taken++;
		CHECK_EQ(run(), wanted);
		if (!test_is_ok)
			printf("%s\n", text.bytes);
	}
	CHECK(taken > 10000);
}

/* --- what is refused, where, and how to mend it */

static const struct {
	const char *text;
	size_t column;
	const char *problem, *remedy; /* parts */
} wrong[] = {
	{"", 1, "ends where a value is missing", ""},
	{"  ", 3, "ends where a value is missing", ""},
	{"arg0", 1, "the result is int32, not bool", "compare it"},
	{"arg0 == 5", 6, "== has int32 on its left and int64 on its right", "int32(5)"},
	{"arg1 > 5u", 6, "> has uint32 on its left and uint64", "uint32(5)"},
	{"arg2 == 5u", 6, "int64 on its left and uint64 on its right", "ends with u"},
	{"arg3 == 5", 6, "uint64 on its left and int64 on its right", "5u"},
	{"arg2 == arg3", 6, "int64 on its left and uint64", "one type"},
	{"arg0 + arg1 == arg0", 6, "+ has int32 on its left and uint32", "int32("},
	{"and(arg0, arg2) == arg0", 1, "and() has int32", "int32("},
	{"true == arg0", 6, "bool on its left and int32", "bools with bools"},
	{"true < false", 6, "< wants an integer", "&&"},
	{"arg2 < 1 < 2", 10, "< has bool on its left", ""},
	{"true + true == true", 6, "+ wants an integer", "&&"},
	{"arg0 && true", 6, "&& wants a bool, not int32", "arg0 != int32(0)"},
	{"!arg0", 1, "! wants a bool, not int32", "compare"},
	{"-arg1 == arg1", 1, "- wants a number with sign, not uint32", "0u"},
	{"-true", 1, "- wants an integer", ""},
	{"not(true)", 1, "not() wants an integer", "!"},
	{"int32(true) == arg0", 1, "int32() wants an integer", ""},
	{"int32(2147483648) == arg0", 1, "int32 cannot hold 2147483648", ""},
	{"int32(-2147483649) == arg0", 1, "int32 cannot hold -2147483649", ""},
	{"uint32(-1) == arg1", 1, "uint32 cannot hold -1", ""},
	{"uint32(4294967296u) == arg1", 1, "uint32 cannot hold 4294967296", ""},
	{"int32() == arg0", 1, "int32() takes 1 value, not 0", ""},
	{"xor(1, 2, 3) == 0", 1, "xor() takes 2 values, not 3", ""},
	{"arg5 == 1", 1, "there is no arg5: the hook has 5 args", "first entry"},
	{"arg99999 == 1", 1, "there is no arg99999", "arg0, arg1"},
	{"arg00 == 1", 1, "there is no arg00", ""},
	{"argx == 1", 1, "there is no argx", ""},
	{"pid == 1", 1, "there is no pid", "entries of the hook's `args`"},
	{"size(arg0) == 1", 1, "function size() is not supported", "xor()"},
	{"arg2 * 2 == 4", 6, "not supported: operator *", ""},
	{"arg2 / 2 == 4", 6, "not supported: operator /", ""},
	{"arg2 % 2 == 0", 6, "not supported: operator %", "and(x, 7u)"},
	{"arg2 == 1 ? true : false", 11, "not supported: the conditional operator ?:", "||"},
	{"arg2 in [1, 2]", 6, "not supported: operator in", "x == 1 || x == 2"},
	{"arg2.x == 1", 5, "not supported: access to fields and methods", ""},
	{"arg2[0] == 1", 5, "not supported: lists and indices", ""},
	{"[1] == [1]", 1, "not supported: lists and indices", ""},
	{"{} == {}", 1, "not supported: maps", ""},
	{"arg2 == \"x\"", 9, "not supported: text", "SubString"},
	{"'a' == 'a'", 1, "not supported: text", ""},
	{"r'a' == b\"a\"", 2, "not supported: text", ""},
	{"arg2 == null", 9, "not supported: null", ""},
	{"arg2 & 1 == 1", 6, "not supported: operator &", "and(x, y)"},
	{"arg2 = 1", 6, "not supported: operator =", "=="},
	{"~arg2 == 1", 1, "not supported: operator ~", "not(x)"},
	{"arg2 == 1.5", 9, "numbers with a fraction", ""},
	{"arg2 == 1e3", 9, "1e3 is not an integer", "0x1f"},
	{"arg2 == 0x", 9, "0x is not an integer", ""},
	{"arg2 == 0xu", 9, "0xu is not an integer", ""},
	{"arg2 == 5uu", 9, "5uu is not an integer", ""},
	{"arg2 == 9223372036854775808", 9, "not an integer of 64 bits", "12u"},
	{"arg2 == -9223372036854775809", 10, "not an integer of 64 bits", ""},
	{"arg3 == 18446744073709551616u", 9, "not an integer of 64 bits", ""},
	{"arg2 == -5u", 10, "a number with u has no minus", ""},
	{"(arg2 == 1", 11, "it ends where a parenthesis ) is missing", ""},
	{"arg2 == 1)", 10, ") is in the place of an operator", ""},
	{"arg2 == 1 arg2", 11, "arg2 is in the place of an operator", ""},
	{"arg2 == 1 &&", 13, "it ends where a value is missing", ""},
	{"int32(1", 8, "it ends where a parenthesis ) is missing", ""},
	{"arg2 == \xc3\xa9", 9, "character 0xc3 is in the place of a value", ""},
	{"arg2 == \x01", 9, "character 0x01", ""},
};

static void test_wrong(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		bool is_ok = parse(wrong[i].text) == -EINVAL && error.column == wrong[i].column &&
			     strstr(error.problem, wrong[i].problem) && strstr(error.remedy, wrong[i].remedy);

		CHECK(!expression);
		if (is_ok)
			continue;
		printf("%s: column %zu: %s (%s)\n", wrong[i].text, error.column, error.problem, error.remedy);
		test_is_ok = false;
	}
}

static void test_arg_types(void)
{
	for (int type = 0; type < ARG_TYPE_COUNT; type++) {
		const enum arg_type one = (enum arg_type)type;
		bool is_taken = one == ARG_INT || one == ARG_INT32 || one == ARG_UINT32 || one == ARG_INT64 ||
				one == ARG_UINT64;

		CHECK_EQ(parse_with("arg0 == arg0", &one, 1), is_taken ? 0 : -EINVAL);
		CHECK(is_taken || strstr(error.problem, arg_type_info(one)->name));
	}
	CHECK_EQ(parse_with("arg0 == 1", NULL, 0), -EINVAL);
	CHECK(strstr(error.problem, "there is no arg0: the hook has 0 args"));
	CHECK_EQ(parse_with("true", NULL, 0), 0);
}

/* One error is enough. */
static void test_arg_that_is_wrong(void)
{
	const enum arg_type unknown = ARG_TYPE_COUNT;

	CHECK_EQ(parse_with("arg0 == 5 + size()", &unknown, 1), -EINVAL);
	CHECK_STR(error.problem, "");
}

static void repeat(char *text, size_t size, const char *part, int count, const char *rest)
{
	size_t length = 0;

	for (int i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, size - length, "%s", part);
	snprintf(text + length, size - length, "%s", rest);
}

static void test_limits(void)
{
	static char text[CEL_TEXT_MAX + 64];

	repeat(text, sizeof(text), "!", CEL_DEPTH_MAX - 1, "true");
	CHECK_EQ(parse(text), 0);
	repeat(text, sizeof(text), "!", CEL_DEPTH_MAX, "true");
	CHECK_EQ(parse(text), -EINVAL);
	CHECK(strstr(error.problem, "nested deeper than 32 levels"));
	repeat(text, sizeof(text), "(", 4000, "");
	CHECK_EQ(parse(text), -EINVAL);
	CHECK(strstr(error.problem, "nested deeper"));
	repeat(text, sizeof(text), "true || ", (CEL_NODES_MAX - 1) / 2, "true");
	CHECK_EQ(parse(text), 0);
	repeat(text, sizeof(text), "true || ", (CEL_NODES_MAX + 1) / 2, "true");
	CHECK_EQ(parse(text), -EINVAL);
	CHECK(strstr(error.problem, "more than 256 operators and operands"));
	repeat(text, sizeof(text), " ", CEL_TEXT_MAX - 4, "true");
	CHECK_EQ(parse(text), 0);
	repeat(text, sizeof(text), " ", CEL_TEXT_MAX - 3, "true");
	CHECK_EQ(parse(text), -EINVAL);
	CHECK(strstr(error.problem, "longer than 4096 bytes"));
	repeat(text, sizeof(text), "arg2 - (", CEL_TEMPORARIES_MAX, "arg2)))))))) == 0");
	CHECK_EQ(parse(text), 0);
	context[2] = 0;
	CHECK(run());
	repeat(text, sizeof(text), "arg2 - (", CEL_TEMPORARIES_MAX + 1, "arg2))))))))) == 0");
	CHECK_EQ(parse(text), -EINVAL);
	CHECK(strstr(error.problem, "more than 8 values wait"));
	/* from the left there is no such limit */
	repeat(text, sizeof(text), "arg2 - ", 100, "arg2 == 0");
	CHECK_EQ(parse(text), 0);
}

/* Bytes behind the text's length don't count, and it need not end with NUL. */
static void test_length(void)
{
	const struct cel_args args = {.types = types, .count = ARGS};

	cel_expression_free(expression);
	expression = NULL;
	CHECK_EQ(cel_parse("true&& garbage", 4, &args, &expression, &error), 0);
	CHECK(expression && strcmp(expression->text, "true") == 0);
	CHECK_EQ(parse("arg2 == 1\n\t&& arg3\r\n==0x1FU"), 0);
	CHECK(cel_uses_arg(expression, 2) && cel_uses_arg(expression, 3) && !cel_uses_arg(expression, 0));
}

int main(void)
{
	RUN(test_relations);
	RUN(test_arithmetic);
	RUN(test_logic);
	RUN(test_short_circuit);
	RUN(test_random);
	RUN(test_wrong);
	RUN(test_arg_types);
	RUN(test_arg_that_is_wrong);
	RUN(test_limits);
	RUN(test_length);
	cel_expression_free(expression);
	return test_end();
}
