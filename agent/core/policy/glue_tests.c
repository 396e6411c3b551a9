// SPDX-License-Identifier: Apache-2.0
#include "core/policy/glue.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/util.h"
#include "core/policy/operators.h"
#include "policy/interface.h"

/* struct sock_view on the stack. */
enum {
	VIEW_FAMILY = GLUE_STACK_VIEW + (int)offsetof(struct sock_view, family),
	VIEW_PROTOCOL = GLUE_STACK_VIEW + (int)offsetof(struct sock_view, protocol),
	VIEW_STATE = GLUE_STACK_VIEW + (int)offsetof(struct sock_view, state),
	VIEW_SPORT = GLUE_STACK_VIEW + (int)offsetof(struct sock_view, sport),
	VIEW_DPORT = GLUE_STACK_VIEW + (int)offsetof(struct sock_view, dport),
};

_Static_assert(GLUE_STACK_VIEW + (int)sizeof(struct sock_view) <= GLUE_STACK_KEY, "the stack's parts overlap");

enum {
	PRIVILEGED_PORTS = 1024
};

int glue_add_map(struct glue *glue, enum plan_map_kind kind, const struct policy_values *values)
{
	struct plan_hook *plan = glue->plan;
	struct plan_map *grown;

	/* The hook's second program uses what the first one has. */
	for (size_t i = 0; i < plan->map_count; i++)
		if (plan->maps[i].kind == kind && plan->maps[i].values == values)
			return SHARED_MAP_COUNT + (int)i;
	if (plan->map_count == PLAN_MAPS_MAX)
		return -ENOSPC;
	grown = reallocarray(plan->maps, plan->map_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	plan->maps = grown;
	plan->maps[plan->map_count] = (struct plan_map){
		.kind = kind, .values = values, .value_bytes = kind == PLAN_MAP_PENDING ? PENDING_RECORD_MAX : 0};
	return SHARED_MAP_COUNT + (int)plan->map_count++;
}

/* R0 is 1 or 0: fails when it is not what is wanted. */
static void expect(struct glue *glue, bool is_negative, uint32_t on_fail)
{
	emit_jump_if_imm(glue->code, is_negative ? BPF_JNE : BPF_JEQ, BPF_REG_0, 0, on_fail);
}

/* --- numbers */

/* Jumps if `reg` and the value are in that relation. R1 is lost. */
static void jump_if_number(struct glue *glue, int condition, int reg, uint64_t value, uint32_t label)
{
	if ((int64_t)value == (int32_t)value) {
		emit_jump_if_imm(glue->code, condition, reg, (int32_t)value, label);
	} else {
		emit_mov_imm(glue->code, BPF_REG_1, (int64_t)value);
		emit_jump_if(glue->code, condition, reg, BPF_REG_1, label);
	}
}

/* R0 against inclusive ranges: to `on_hit` for the first that holds it. */
static void jump_if_in_ranges(struct glue *glue, const struct policy_values *values, bool is_signed, uint32_t on_hit)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct policy_number *number = &values->numbers[i];
		uint32_t next;

		if (number->first == number->last) {
			jump_if_number(glue, BPF_JEQ, BPF_REG_0, number->first, on_hit);
			continue;
		}
		next = assembler_label(glue->code);
		jump_if_number(glue, is_signed ? BPF_JSLT : BPF_JLT, BPF_REG_0, number->first, next);
		jump_if_number(glue, is_signed ? BPF_JSLE : BPF_JLE, BPF_REG_0, number->last, on_hit);
		assembler_place(glue->code, next);
	}
}

/* R0 is a number: one of the values for a positive test, none for a negative one. */
static void test_ranges(struct glue *glue, const struct policy_values *values, bool is_signed, bool is_negative,
			uint32_t on_fail)
{
	uint32_t hit;

	if (is_negative) {
		jump_if_in_ranges(glue, values, is_signed, on_fail);
		return;
	}
	hit = assembler_label(glue->code);
	jump_if_in_ranges(glue, values, is_signed, hit);
	emit_jump(glue->code, on_fail);
	assembler_place(glue->code, hit);
}

/* R0 in relation to any of the values. */
static void test_any(struct glue *glue, const struct policy_values *values, int condition, uint32_t on_fail)
{
	uint32_t hit = assembler_label(glue->code);

	for (size_t i = 0; i < values->count; i++)
		jump_if_number(glue, condition, BPF_REG_0, values->numbers[i].first, hit);
	emit_jump(glue->code, on_fail);
	assembler_place(glue->code, hit);
}

/* R0 in a hash of 64-bit numbers. */
static int test_number_map(struct glue *glue, const struct policy_values *values, bool is_negative, uint32_t on_fail)
{
	int map = glue_add_map(glue, PLAN_MAP_NUMBERS, values);

	if (map < 0)
		return map;
	emit_store(glue->code, BPF_DW, BPF_REG_10, GLUE_STACK_KEY, BPF_REG_0);
	emit_map(glue->code, BPF_REG_1, (uint32_t)map);
	emit_mov(glue->code, BPF_REG_2, BPF_REG_10);
	emit_alu_imm(glue->code, BPF_ADD, BPF_REG_2, GLUE_STACK_KEY);
	emit_helper(glue->code, BPF_FUNC_map_lookup_elem);
	expect(glue, is_negative, on_fail);
	return 0;
}

static int test_number(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_fail)
{
	uint32_t traits = arg_type_info(glue_arg(glue, position)->type)->traits;
	bool is_signed = traits & ARG_IS_SIGNED;

	glue_load_number(glue, position);
	switch (filter->operator) {
	case OPERATOR_EQUAL:
	case OPERATOR_IN_RANGE:
		test_ranges(glue, &filter->values, is_signed, false, on_fail);
		return 0;
	case OPERATOR_NOT_EQUAL:
	case OPERATOR_NOT_IN_RANGE:
		test_ranges(glue, &filter->values, is_signed, true, on_fail);
		return 0;
	case OPERATOR_GREATER:
		test_any(glue, &filter->values, is_signed ? BPF_JSGT : BPF_JGT, on_fail);
		return 0;
	case OPERATOR_LESS:
		test_any(glue, &filter->values, is_signed ? BPF_JSLT : BPF_JLT, on_fail);
		return 0;
	case OPERATOR_MASK:
		test_any(glue, &filter->values, BPF_JSET, on_fail);
		return 0;
	case OPERATOR_IN_MAP:
		return test_number_map(glue, &filter->values, false, on_fail);
	case OPERATOR_NOT_IN_MAP:
		return test_number_map(glue, &filter->values, true, on_fail);
	default:
		return -EINVAL;
	}
}

/* The new set has a bit that the old one lacks. */
static int test_capabilities_gained(struct glue *glue, const struct policy_arg_filter *filter, uint32_t on_fail)
{
	glue_load_number(glue, filter->arg);
	emit_mov(glue->code, GLUE_KEPT, BPF_REG_0);
	glue_load_number(glue, filter->second_arg);
	emit_alu_imm(glue->code, BPF_XOR, GLUE_KEPT, -1);
	emit_alu(glue->code, BPF_AND, BPF_REG_0, GLUE_KEPT);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, on_fail);
	return 0;
}

/* --- strings and paths */

bool glue_has_long_string(const struct policy_values *values)
{
	for (size_t i = 0; values->kind == VALUES_STRINGS && i < values->count; i++)
		if (values->strings[i].length > STRING_KEY_MAX)
			return true;
	return false;
}

/* The slot's subject, of which any place may hold one of the strings. */
static int test_substring(struct glue *glue, bool is_case_ignored, const struct policy_values *values, uint32_t on_fail)
{
	int map = glue_add_map(glue, is_case_ignored ? PLAN_MAP_SUBSTRINGS_IGN_CASE : PLAN_MAP_SUBSTRINGS, values);

	if (map < 0)
		return map;
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_piece_of_map(glue->code, "test_substring", (uint32_t)map);
	expect(glue, false, on_fail);
	return 0;
}

/* The slot's subject against a set of strings. */
static int test_subject(struct glue *glue, enum filter_operator operator, const struct policy_values * values,
			uint32_t on_fail)
{
	enum plan_map_kind kind = PLAN_MAP_STRINGS;
	const char *piece = "test_equal";
	int map;

	if (operator== OPERATOR_SUBSTRING || operator== OPERATOR_SUBSTRING_IGN_CASE)
		return test_substring(glue, operator== OPERATOR_SUBSTRING_IGN_CASE, values, on_fail);
	if (operator== OPERATOR_PREFIX || operator== OPERATOR_NOT_PREFIX) {
		kind = PLAN_MAP_PREFIXES;
		piece = "test_prefix";
	} else if (operator== OPERATOR_POSTFIX || operator== OPERATOR_NOT_POSTFIX) {
		kind = PLAN_MAP_POSTFIXES;
		piece = "test_postfix";
	} else if (glue_has_long_string(values)) {
		kind = PLAN_MAP_LONG_STRINGS;
		piece = "test_equal_long";
	}
	map = glue_add_map(glue, kind, values);
	if (map < 0)
		return map;
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_map(glue->code, BPF_REG_2, (uint32_t)map);
	emit_piece(glue->code, piece, false);
	expect(glue, operator_is_negative(operator), on_fail);
	return 0;
}

static bool is_equality(enum filter_operator operator)
{
	return operator== OPERATOR_EQUAL || operator== OPERATOR_NOT_EQUAL;
}

/*
 * Before a file's path is read: can it be one of those at all? Else to on_fail, or to on_pass if just that is asked
 * for.
 */
static int test_path_name(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_pass,
			  uint32_t on_fail)
{
	bool is_prefix = filter->operator== OPERATOR_PREFIX;
	int map;

	if (glue_arg(glue, position)->type != ARG_FILE || !(is_prefix || is_equality(filter->operator)))
		return 0;
	map = glue_add_map(glue, is_prefix ? PLAN_MAP_PATH_TOPS : PLAN_MAP_PATH_ENDS, &filter->values);
	if (map < 0)
		return map;
	glue_load_arg(glue, BPF_REG_1, position);
	emit_map_value(glue->code, BPF_REG_2, (uint32_t)map, 0);
	emit_piece(glue->code, is_prefix ? "file_may_begin" : "file_may_end", glue_arg_is_typed(glue, position));
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, operator_is_negative(filter->operator) ? on_pass : on_fail);
	return 0;
}

static int test_string(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_fail)
{
	uint32_t end = assembler_label(glue->code);
	int r = test_path_name(glue, filter, position, end, on_fail);

	if (r < 0)
		return r;
	glue_need_value(glue, position);
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_mov_imm(glue->code, BPF_REG_2, glue->value_at[position]);
	emit_piece(glue->code, "subject_value", false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, on_fail);
	r = test_subject(glue, filter->operator, & filter->values, on_fail);
	assembler_place(glue->code, end);
	return r;
}

static int test_file_type(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_fail)
{
	bool is_file = glue_arg(glue, position)->type == ARG_FILE;

	glue_load_arg(glue, BPF_REG_1, position);
	emit_piece(glue->code, is_file ? "inode_mode_file" : "inode_mode_path", glue_arg_is_typed(glue, position));
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, on_fail);
	emit_alu_imm(glue->code, BPF_AND, BPF_REG_0, S_IFMT);
	test_ranges(glue, &filter->values, false, filter->operator== OPERATOR_NOT_FILE_TYPE, on_fail);
	return 0;
}

/* --- sockets */

/* Fills the view of the stack, unless it shows this argument already. */
static void view(struct glue *glue, int position, uint32_t on_fail)
{
	static const char *const pieces[ARG_TYPE_COUNT] = {
		[ARG_SOCK] = "view_sock",
		[ARG_SOCKET] = "view_socket",
		[ARG_SKB] = "view_skb",
		[ARG_SOCKADDR] = "view_sockaddr",
	};

	if (glue->viewed == position)
		return;
	glue_load_arg(glue, BPF_REG_2, position);
	emit_mov(glue->code, BPF_REG_1, BPF_REG_10);
	emit_alu_imm(glue->code, BPF_ADD, BPF_REG_1, GLUE_STACK_VIEW);
	emit_piece(glue->code, pieces[glue_arg(glue, position)->type], glue_arg_is_typed(glue, position));
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, on_fail);
	glue->viewed = position;
}

static int test_network(struct glue *glue, const struct policy_arg_filter *filter, uint32_t on_fail)
{
	bool is_source = filter->operator== OPERATOR_SADDR || filter->operator== OPERATOR_NOT_SADDR;
	int map4 = glue_add_map(glue, PLAN_MAP_NETWORKS4, &filter->values);
	int map6 = glue_add_map(glue, PLAN_MAP_NETWORKS6, &filter->values);

	if (map4 < 0 || map6 < 0)
		return MIN(map4, map6);
	emit_mov(glue->code, BPF_REG_1, BPF_REG_10);
	emit_alu_imm(glue->code, BPF_ADD, BPF_REG_1, GLUE_STACK_VIEW);
	emit_mov_imm(glue->code, BPF_REG_2, is_source ? 0 : 1);
	emit_map(glue->code, BPF_REG_3, (uint32_t)map4);
	emit_map(glue->code, BPF_REG_4, (uint32_t)map6);
	emit_piece(glue->code, "test_network", false);
	/* NETWORK_NO_ADDRESS matches neither */
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0,
			 operator_is_negative(filter->operator) ? NETWORK_NOT_IN_SET : NETWORK_IN_SET, on_fail);
	return 0;
}

static int test_ports(struct glue *glue, const struct policy_arg_filter *filter, int16_t port, uint32_t on_fail)
{
	int map = glue_add_map(glue, PLAN_MAP_PORTS, &filter->values);

	if (map < 0)
		return map;
	emit_load(glue->code, BPF_H, BPF_REG_1, BPF_REG_10, port);
	emit_map_value(glue->code, BPF_REG_2, (uint32_t)map, 0);
	emit_piece(glue->code, "test_bits", false);
	expect(glue, operator_is_negative(filter->operator), on_fail);
	return 0;
}

static int test_socket(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_fail)
{
	view(glue, position, on_fail);
	switch (filter->operator) {
	case OPERATOR_FAMILY:
		emit_load(glue->code, BPF_H, BPF_REG_0, BPF_REG_10, VIEW_FAMILY);
		break;
	case OPERATOR_PROTOCOL:
		emit_load(glue->code, BPF_H, BPF_REG_0, BPF_REG_10, VIEW_PROTOCOL);
		break;
	case OPERATOR_STATE:
		emit_load(glue->code, BPF_H, BPF_REG_0, BPF_REG_10, VIEW_STATE);
		break;
	case OPERATOR_SPORT:
	case OPERATOR_NOT_SPORT:
		return test_ports(glue, filter, VIEW_SPORT, on_fail);
	case OPERATOR_DPORT:
	case OPERATOR_NOT_DPORT:
		return test_ports(glue, filter, VIEW_DPORT, on_fail);
	case OPERATOR_SPORT_PRIV:
	case OPERATOR_NOT_SPORT_PRIV:
	case OPERATOR_DPORT_PRIV:
	case OPERATOR_NOT_DPORT_PRIV:
		emit_load(glue->code, BPF_H, BPF_REG_0, BPF_REG_10,
			  filter->operator<= OPERATOR_NOT_SPORT_PRIV ? VIEW_SPORT : VIEW_DPORT);
		emit_jump_if_imm(glue->code, operator_is_negative(filter->operator) ? BPF_JLT : BPF_JGE, BPF_REG_0,
				 PRIVILEGED_PORTS, on_fail);
		return 0;
	default:
		return test_network(glue, filter, on_fail);
	}
	test_ranges(glue, &filter->values, false, false, on_fail);
	return 0;
}

/* --- one filter on an argument */

static bool is_socket_operator(enum filter_operator operator)
{
	return operator>= OPERATOR_SADDR && operator<= OPERATOR_STATE;
}

static int write_arg_at(struct glue *glue, const struct policy_arg_filter *filter, int position, uint32_t on_fail)
{
	uint32_t traits = arg_type_info(glue_arg(glue, position)->type)->traits;

	if (filter->operator== OPERATOR_CAPABILITIES_GAINED)
		return test_capabilities_gained(glue, filter, on_fail);
	if (filter->operator== OPERATOR_FILE_TYPE || filter->operator== OPERATOR_NOT_FILE_TYPE)
		return test_file_type(glue, filter, position, on_fail);
	if (is_socket_operator(filter->operator))
		return test_socket(glue, filter, position, on_fail);
	if (traits & ARG_IS_STRING)
		return test_string(glue, filter, position, on_fail);
	return test_number(glue, filter, position, on_fail);
}

static int write_arg(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_arg_filter *arg = filter;

	if (arg->operator== OPERATOR_CEL_EXPR) {
		glue_test_expression(glue, arg->values.expression, on_fail);
		return 0;
	}
	return write_arg_at(glue, arg, arg->arg, on_fail);
}

static int write_return(struct glue *glue, const void *filter, uint32_t on_fail)
{
	return write_arg_at(glue, filter, GLUE_RETURN, on_fail);
}

static int arg_cost(const struct glue *glue, int position, const struct policy_arg_filter *filter)
{
	enum filter_operator operator= filter->operator;
	uint32_t traits;
	bool is_substring = operator== OPERATOR_SUBSTRING || operator== OPERATOR_SUBSTRING_IGN_CASE;

	if (operator== OPERATOR_CEL_EXPR)
		return 2 * (int)filter->values.expression->count;
	traits = arg_type_info(glue_arg(glue, position)->type)->traits;
	if (operator== OPERATOR_FILE_TYPE || operator== OPERATOR_NOT_FILE_TYPE)
		return 20;
	if (traits & ARG_IS_STRING)
		return (traits & ARG_IS_PATH ? 2000 : 500) + (is_substring ? 2000 : 0);
	if (is_socket_operator(operator))
		return operator<= OPERATOR_NOT_DADDR ? 120 : 50;
	if (traits & ARG_IS_CAP_MASK)
		return 20;
	return operator== OPERATOR_IN_MAP || operator== OPERATOR_NOT_IN_MAP ? 40 : 2;
}

/* --- the process */

static int write_pid(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_pid_filter *pid = filter;
	int map = glue_add_map(glue, PLAN_MAP_PIDS, &pid->values);

	if (map < 0)
		return map;
	emit_map(glue->code, BPF_REG_1, (uint32_t)map);
	emit_mov_imm(glue->code, BPF_REG_2, pid->is_namespace_pid);
	emit_piece(glue->code, pid->follow_forks ? "test_pid_family" : "test_pid", false);
	expect(glue, pid->is_negative, on_fail);
	return 0;
}

static int write_namespace(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_namespace_filter *namespace = filter;
	uint32_t hit = assembler_label(glue->code), host = glue->kernel->features.host_namespaces[namespace->namespace];

	if (namespace->has_host && !host && namespace->is_negative) { /* who knows; the compiler has said so */
		emit_jump(glue->code, on_fail);
		return 0;
	}
	emit_mov_imm(glue->code, BPF_REG_1, namespace->namespace);
	emit_piece(glue->code, "current_namespace", false);
	if (namespace->has_host && host)
		jump_if_number(glue, BPF_JEQ, BPF_REG_0, host, namespace->is_negative ? on_fail : hit);
	test_ranges(glue, &namespace->values, false, namespace->is_negative, on_fail);
	assembler_place(glue->code, hit);
	return 0;
}

static void expect_user_namespace(struct glue *glue, const struct policy_capability_filter *capability,
				  uint32_t on_fail)
{
	if (!capability->is_namespace_capability)
		return;
	emit_piece(glue->code, "current_is_in_user_namespace", false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, on_fail);
}

static int write_capability(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_capability_filter *capability = filter;

	expect_user_namespace(glue, capability, on_fail);
	emit_mov_imm(glue->code, BPF_REG_1, capability->set);
	emit_piece(glue->code, "current_capabilities", false);
	emit_mov_imm(glue->code, BPF_REG_1, (int64_t)capability->mask);
	emit_alu(glue->code, BPF_AND, BPF_REG_0, BPF_REG_1);
	expect(glue, capability->is_negative, on_fail);
	return 0;
}

/* R0 is what a comparison with the recorded state says; falls through when it has changed. */
static void expect_changed(struct glue *glue, uint32_t on_fail)
{
	uint32_t changed = assembler_label(glue->code);

	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, PROCESS_CHANGED, changed);
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, PROCESS_UNKNOWN, on_fail);
	glue_count(glue, offsetof(struct wire_policy_counters, stateless));
	emit_jump(glue->code, on_fail);
	assembler_place(glue->code, changed);
}

/* In asks about those that are listed, NotIn about all others. */
static int write_namespace_change(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_namespace_change *change = filter;
	uint32_t all = (1u << WIRE_NS_COUNT) - 1;

	emit_map(glue->code, BPF_REG_1, SHARED_MAP_PROCESSES);
	emit_mov_imm(glue->code, BPF_REG_2, change->is_negative ? all & ~change->mask : change->mask);
	emit_piece(glue->code, "namespaces_changed", false);
	expect_changed(glue, on_fail);
	return 0;
}

static int write_capability_change(struct glue *glue, const void *filter, uint32_t on_fail)
{
	const struct policy_capability_filter *capability = filter;

	expect_user_namespace(glue, capability, on_fail);
	emit_map(glue->code, BPF_REG_1, SHARED_MAP_PROCESSES);
	emit_mov_imm(glue->code, BPF_REG_2, capability->set);
	emit_mov_imm(glue->code, BPF_REG_3, (int64_t)(capability->is_negative ? ~capability->mask : capability->mask));
	emit_piece(glue->code, "capabilities_changed", false);
	expect_changed(glue, on_fail);
	return 0;
}

/* The number of a filter with followChildren in the plan. Its second program uses what the first one has. */
static uint32_t add_follow(struct glue *glue, const struct policy_binary_filter *filter)
{
	struct plan_hook *plan = glue->plan;
	size_t index = 0;

	while (index < plan->follow_count && plan->follows[index] != filter)
		index++;
	if (index == plan->follow_count) {
		assert(index < PLAN_FOLLOWS_MAX);
		plan->follows[plan->follow_count++] = filter;
	}
	return (uint32_t)index;
}

/* Is its ancestor's binary, or an earlier one of itself, in the set? To `on_hit`; what runs now is not asked. */
static void test_follow(struct glue *glue, const struct policy_binary_filter *binary, int is_parent, uint32_t on_hit)
{
	emit_map(glue->code, BPF_REG_1, SHARED_MAP_PROCESSES);
	emit_map_value(glue->code, BPF_REG_2, SHARED_MAP_FOLLOW, 0);
	emit_follow_bit(glue->code, BPF_REG_3, add_follow(glue, binary));
	emit_mov_imm(glue->code, BPF_REG_4, is_parent);
	emit_piece(glue->code, "process_follows", false);
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, on_hit);
}

/* Before its path is read, as test_path_name(). */
static int test_binary_name(struct glue *glue, const struct policy_binary_filter *binary, int is_parent,
			    uint32_t on_pass, uint32_t on_fail)
{
	bool is_typed = glue_has_typed_pointers(glue) && glue->kernel->features.has_typed_task;
	int map;

	if (!is_equality(binary->operator))
		return 0;
	map = glue_add_map(glue, PLAN_MAP_PATH_ENDS, &binary->values);
	if (map < 0)
		return map;
	emit_map_value(glue->code, BPF_REG_1, (uint32_t)map, 0);
	emit_mov_imm(glue->code, BPF_REG_2, is_parent);
	emit_piece(glue->code, "binary_may_end", is_typed);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, operator_is_negative(binary->operator) ? on_pass : on_fail);
	return 0;
}

static int write_binary_of(struct glue *glue, const struct policy_binary_filter *binary, int is_parent,
			   uint32_t on_fail)
{
	uint32_t unknown = assembler_label(glue->code), end = assembler_label(glue->code);
	int r;

	if (binary->follow_children)
		test_follow(glue, binary, is_parent, operator_is_negative(binary->operator) ? on_fail : end);
	r = test_binary_name(glue, binary, is_parent, end, on_fail);
	if (r < 0)
		return r;
	glue_need_slot(glue);
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_mov_imm(glue->code, BPF_REG_2, is_parent);
	emit_piece(glue->code, "subject_binary", false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, unknown);
	r = test_subject(glue, binary->operator, & binary->values, on_fail);
	emit_jump(glue->code, end);
	/* a process without binary, a kernel thread, is not in any set */
	assembler_place(glue->code, unknown);
	if (!operator_is_negative(binary->operator))
		emit_jump(glue->code, on_fail);
	assembler_place(glue->code, end);
	return r;
}

static int write_binary(struct glue *glue, const void *filter, uint32_t on_fail)
{
	return write_binary_of(glue, filter, 0, on_fail);
}

static int write_parent_binary(struct glue *glue, const void *filter, uint32_t on_fail)
{
	return write_binary_of(glue, filter, 1, on_fail);
}

/* --- a selector */

/* By cost, stable: what the author wrote first comes first among equals. */
static void add_test(struct glue_test *tests, size_t *count, int cost, enum glue_test_kind kind, const void *filter)
{
	size_t at = *count;

	if (*count == GLUE_TESTS_MAX)
		return;
	for (; at > 0 && tests[at - 1].cost > cost; at--)
		tests[at] = tests[at - 1];
	tests[at] = (struct glue_test){.cost = cost, .kind = kind, .filter = filter};
	++*count;
}

size_t glue_order_tests(const struct glue *glue, const struct policy_selector *selector,
			struct glue_test tests[GLUE_TESTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < selector->arg_count; i++)
		add_test(tests, &count, arg_cost(glue, selector->args[i].arg, &selector->args[i]), GLUE_TEST_ARG,
			 &selector->args[i]);
	for (size_t i = 0; i < selector->return_arg_count && glue->means == ATTACH_FEXIT; i++)
		add_test(tests, &count, arg_cost(glue, GLUE_RETURN, &selector->return_args[i]), GLUE_TEST_RETURN,
			 &selector->return_args[i]);
	for (size_t i = 0; i < selector->pid_count; i++)
		add_test(tests, &count, selector->pids[i].follow_forks ? 150 : 45, GLUE_TEST_PID, &selector->pids[i]);
	for (size_t i = 0; i < selector->namespace_count; i++)
		add_test(tests, &count, 30, GLUE_TEST_NAMESPACE, &selector->namespaces[i]);
	for (size_t i = 0; i < selector->capability_count; i++)
		add_test(tests, &count, 15, GLUE_TEST_CAPABILITY, &selector->capabilities[i]);
	for (size_t i = 0; i < selector->capability_change_count; i++)
		add_test(tests, &count, 60, GLUE_TEST_CAPABILITY_CHANGE, &selector->capability_changes[i]);
	if (selector->namespace_changes.is_set)
		add_test(tests, &count, 100, GLUE_TEST_NAMESPACE_CHANGE, &selector->namespace_changes);
	if (selector->binaries.is_set)
		add_test(tests, &count, 1500, GLUE_TEST_BINARY, &selector->binaries);
	if (selector->parent_binaries.is_set)
		add_test(tests, &count, 1600, GLUE_TEST_PARENT_BINARY, &selector->parent_binaries);
	return count;
}

bool glue_needs_process_state(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++) {
		const struct policy_selector *selector = &hook->selectors[i];

		if (selector->namespace_changes.is_set || selector->capability_change_count ||
		    selector->binaries.follow_children || selector->parent_binaries.follow_children)
			return true;
	}
	return false;
}

/* Of a hook's two programs the later one: fentry comes before fmod_ret, and fexit behind both. */
static bool runs_last(const struct glue *glue)
{
	if (glue->role == (GLUE_OBSERVES | GLUE_ENFORCES) || glue->means == ATTACH_FEXIT)
		return true;
	return glue->means == ATTACH_FMOD_RET && glue->plan->programs[0].means == ATTACH_FENTRY;
}

/* The selector has matched: its changes are used up. */
static void record_changes(struct glue *glue, const struct policy_selector *selector)
{
	if (selector->namespace_changes.is_set) {
		emit_map(glue->code, BPF_REG_1, SHARED_MAP_PROCESSES);
		emit_piece(glue->code, "namespaces_record", false);
	}
	if (selector->capability_change_count) {
		emit_map(glue->code, BPF_REG_1, SHARED_MAP_PROCESSES);
		emit_piece(glue->code, "capabilities_record", false);
	}
}

int glue_test_selector(struct glue *glue, const struct policy_selector *selector, uint32_t on_fail)
{
	static int (*const write[GLUE_TEST_KINDS])(struct glue * glue, const void *filter, uint32_t on_fail) = {
		[GLUE_TEST_ARG] = write_arg,
		[GLUE_TEST_RETURN] = write_return,
		[GLUE_TEST_PID] = write_pid,
		[GLUE_TEST_NAMESPACE] = write_namespace,
		[GLUE_TEST_CAPABILITY] = write_capability,
		[GLUE_TEST_BINARY] = write_binary,
		[GLUE_TEST_PARENT_BINARY] = write_parent_binary,
		[GLUE_TEST_NAMESPACE_CHANGE] = write_namespace_change,
		[GLUE_TEST_CAPABILITY_CHANGE] = write_capability_change,
	};
	struct glue_test tests[GLUE_TESTS_MAX];
	size_t count = glue_order_tests(glue, selector, tests);

	glue->viewed = -1; /* another selector may have left its view */
	for (size_t i = 0; i < count; i++) {
		int r = write[tests[i].kind](glue, tests[i].filter, on_fail);

		if (r < 0)
			return r;
	}
	if (runs_last(glue))
		record_changes(glue, selector);
	return 0;
}

int glue_test_return(struct glue *glue, const struct policy_selector *selector, uint32_t on_fail)
{
	glue->viewed = -1;
	for (size_t i = 0; i < selector->return_arg_count; i++) {
		int r = write_return(glue, &selector->return_args[i], on_fail);

		if (r < 0)
			return r;
	}
	return 0;
}
