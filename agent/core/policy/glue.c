// SPDX-License-Identifier: Apache-2.0
#include "core/policy/glue.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/util.h"
#include "policy/interface.h"

enum {
	ACTION_SELECTOR_SHIFT = 8,
	ACTION_KERNEL_STACK = 1 << 16,
	ACTION_USER_STACK = 1 << 17,
};

enum {
	ERRNO_MAX = 4095
};

/* 64-bit, through a register: older verifiers don't remember what an immediate store wrote. */
static void store_stack(struct glue *glue, int16_t at, int64_t value)
{
	emit_mov_imm(glue->code, BPF_REG_1, value);
	emit_store(glue->code, BPF_DW, BPF_REG_10, at, BPF_REG_1);
}

void glue_count(struct glue *glue, size_t member)
{
	emit_policy_counters(glue->code, BPF_REG_1);
	emit_mov_imm(glue->code, BPF_REG_2, 1);
	emit_add_to_memory(glue->code, BPF_REG_1, (int16_t)member, BPF_REG_2);
}

#define COUNT(glue, member) glue_count(glue, offsetof(struct wire_policy_counters, member))

/*
 * A hook of several functions has as many numbers, and the program's cookie says which of them it is: load_cookie(),
 * which leaves it in R0 and uses R1 to R5, comes before load_hook_number().
 */
static void load_cookie(struct glue *glue)
{
	if (!glue_has_cookie(glue))
		return;
	emit_mov(glue->code, BPF_REG_1, GLUE_CTX);
	emit_helper(glue->code, BPF_FUNC_get_attach_cookie);
}

static void load_hook_number(struct glue *glue, int to)
{
	emit_hook_number(glue->code, to);
	if (glue_has_cookie(glue))
		emit_alu(glue->code, BPF_ADD, to, BPF_REG_0);
}

/* --- actions */

/* In monitor mode the effect is left out, and counted as such. */
static uint32_t skip_unless_enforced(struct glue *glue)
{
	uint32_t skip = assembler_label(glue->code), go = assembler_label(glue->code);

	emit_policy_state(glue->code, BPF_REG_1);
	emit_load(glue->code, BPF_DW, BPF_REG_1, BPF_REG_1, offsetof(struct wire_policy_state, mode));
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_1, POLICY_MODE_ENFORCE, go);
	COUNT(glue, monitored);
	emit_jump(glue->code, skip);
	assembler_place(glue->code, go);
	return skip;
}

static void do_signal(struct glue *glue, const struct policy_action *action)
{
	uint32_t skip = skip_unless_enforced(glue);

	emit_mov_imm(glue->code, BPF_REG_1, action->signal);
	emit_helper(glue->code, BPF_FUNC_send_signal);
	COUNT(glue, signals);
	assembler_place(glue->code, skip);
}

static void do_override(struct glue *glue, const struct policy_action *action)
{
	uint32_t skip = skip_unless_enforced(glue);
	int32_t error = action->error > 0 || action->error < -ERRNO_MAX ? -1 : action->error;

	store_stack(glue, GLUE_STACK_RESULT, error);
	COUNT(glue, overrides);
	assembler_place(glue->code, skip);
}

/* Is it the second of two programs? Then the registers that had arguments have been used for other things. */
static bool is_at_return(const struct glue *glue)
{
	return glue->means == ATTACH_KRETPROBE || glue->means == ATTACH_KRETPROBE_MULTI ||
	       glue->means == ATTACH_SYSCALL_EXIT;
}

/* A struct sock is what a socket is known by, also where the argument is a struct socket. The record has it, too. */
static void load_sock(struct glue *glue, int reg, int position)
{
	if (position != GLUE_RETURN && is_at_return(glue)) {
		emit_load(glue->code, BPF_DW, reg, GLUE_RECORD,
			  (int16_t)(glue->body_at[position] + offsetof(struct wire_sock, cookie)));
		return;
	}
	glue_load_arg(glue, BPF_REG_1, position);
	if (glue_arg(glue, position)->type == ARG_SOCKET) {
		emit_piece(glue->code, "socket_sock", false);
		emit_mov(glue->code, reg, BPF_REG_0);
	} else if (reg != BPF_REG_1) {
		emit_mov(glue->code, reg, BPF_REG_1);
	}
}

/* Before the ring has the record's place, and before the process can be a socket's owner. */
static void reveal_process(struct glue *glue)
{
	if (glue->kernel->has_hidden_processes)
		emit_piece(glue->code, "reveal_process", false);
}

static void do_track(struct glue *glue, int position, bool is_on)
{
	if (is_on)
		reveal_process(glue);
	load_sock(glue, BPF_REG_1, position);
	emit_piece(glue->code, is_on ? "sock_track" : "sock_untrack", false);
}

static void do_action(struct glue *glue, const struct policy_action *action, unsigned role)
{
	bool can_override = glue->means == ATTACH_FMOD_RET || glue->means == ATTACH_LSM;

	switch (action->action) {
	case WIRE_ACTION_SIGKILL:
	case WIRE_ACTION_SIGNAL:
		if (role & GLUE_ENFORCES)
			do_signal(glue, action);
		return;
	case WIRE_ACTION_OVERRIDE:
		if (role & GLUE_ENFORCES && can_override)
			do_override(glue, action);
		return;
	case WIRE_ACTION_TRACKSOCK:
	case WIRE_ACTION_UNTRACKSOCK:
		if (role & GLUE_OBSERVES)
			do_track(glue, action->sock_arg, action->action == WIRE_ACTION_TRACKSOCK);
		return;
	default:
		return;
	}
}

/* What the event of this selector is like; WIRE_ACTION_NOPOST when there is none. */
struct posting {
	enum wire_action action;
	uint64_t interval_ns;
	enum rate_limit_scope scope;
	uint32_t stacks;
};

static struct posting posting_of(const struct policy_selector *selector)
{
	struct posting posting = {.action = WIRE_ACTION_POST};
	bool is_silent = false;

	for (size_t i = 0; i < selector->action_count; i++) {
		const struct policy_action *action = &selector->actions[i];

		posting.action = action->action;
		if (action->action == WIRE_ACTION_NOPOST)
			is_silent = true;
		if (action->action != WIRE_ACTION_POST)
			continue;
		posting.interval_ns = action->rate_limit_ns;
		posting.scope = action->rate_limit_scope;
		posting.stacks |= action->kernel_stack ? ACTION_KERNEL_STACK : 0;
		posting.stacks |= action->user_stack ? ACTION_USER_STACK : 0;
	}
	if (is_silent)
		posting.action = WIRE_ACTION_NOPOST;
	return posting;
}

/* The program that sees the result does all that depends on it. */
static void do_return_actions(struct glue *glue, const struct policy_selector *selector)
{
	for (size_t i = 0; i < selector->return_action_count && glue->means == ATTACH_FEXIT; i++)
		do_action(glue, &selector->return_actions[i], GLUE_OBSERVES | GLUE_ENFORCES);
}

/* The last one; but NoPost, wherever it stands, leaves the event out. */
static enum wire_action return_action_of(const struct policy_selector *selector)
{
	enum wire_action last = WIRE_ACTION_POST;

	for (size_t i = 0; i < selector->return_action_count; i++) {
		last = selector->return_actions[i].action;
		if (last == WIRE_ACTION_NOPOST)
			break;
	}
	return last;
}

static bool is_silent(const struct policy_selector *selector)
{
	return posting_of(selector).action == WIRE_ACTION_NOPOST || return_action_of(selector) == WIRE_ACTION_NOPOST;
}

/* Is there something to do when the function returns, beside the event? */
static bool has_return_work(const struct glue *glue, const struct policy_selector *selector)
{
	for (size_t i = 0; i < selector->return_action_count; i++)
		if (selector->return_actions[i].action != WIRE_ACTION_POST &&
		    selector->return_actions[i].action != WIRE_ACTION_NOPOST)
			return true;
	return glue->hook->return_arg_action != WIRE_ACTION_POST;
}

/* Does this program see what the function returned? */
static bool has_result(const struct glue *glue)
{
	return glue->means == ATTACH_FEXIT || is_at_return(glue);
}

/* returnArgAction: the socket that the function returned. */
static void do_return_arg(struct glue *glue)
{
	if (!has_result(glue) || !(glue->role & GLUE_OBSERVES) || glue->hook->return_arg_action == WIRE_ACTION_POST)
		return;
	do_track(glue, GLUE_RETURN, glue->hook->return_arg_action == WIRE_ACTION_TRACKSOCK);
}

/* What depends on the returned value, which the second of two programs knows, comes before the rate limit. */
static bool is_limited_at_return(const struct glue *glue, const struct policy_selector *selector)
{
	return posting_of(selector).interval_ns && (selector->return_arg_count || has_return_work(glue, selector)) &&
	       (glue_is_pending(glue) || is_at_return(glue));
}

/*
 * A selector has matched: its actions, then to the event or out. A record without event is built, too, if the program
 * at the function's return has work to do.
 */
static void write_actions(struct glue *glue, const struct policy_selector *selector, size_t number)
{
	struct posting posting = posting_of(selector);
	bool is_kept = glue_is_pending(glue) && has_return_work(glue, selector);
	bool is_limited_here = !is_silent(selector) && !is_limited_at_return(glue, selector);

	for (size_t i = 0; i < selector->action_count; i++)
		do_action(glue, &selector->actions[i], glue->role);
	do_return_actions(glue, selector);
	do_return_arg(glue);
	if (!(glue->role & GLUE_OBSERVES)) {
		emit_jump(glue->code, glue->on_exit);
		return;
	}
	if (is_silent(selector) && !is_kept) {
		COUNT(glue, not_posted);
		emit_jump(glue->code, glue->on_exit);
		return;
	}
	store_stack(glue, GLUE_STACK_ACTION,
		    (int64_t)posting.action | (int64_t)number << ACTION_SELECTOR_SHIFT | posting.stacks |
			    (int64_t)return_action_of(selector) << 24);
	store_stack(glue, GLUE_STACK_INTERVAL, is_limited_here ? (int64_t)posting.interval_ns : 0);
	store_stack(glue, GLUE_STACK_SCOPE, posting.scope);
	emit_jump(glue->code, glue->on_build);
}

/* --- the event */

static bool is_rate_limited(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		if (posting_of(&hook->selectors[i]).interval_ns)
			return true;
	return false;
}

static bool has_stacks(const struct policy_hook *hook)
{
	for (size_t i = 0; i < hook->selector_count; i++)
		if (posting_of(&hook->selectors[i]).stacks)
			return true;
	return false;
}

/* True if the rate limit can be asked before the record is built: then a suppressed event costs little. */
static bool has_numbers_only(const struct glue *glue)
{
	for (size_t i = 0; i < glue->hook->arg_count; i++) {
		enum wire_value_kind kind = arg_type_info(glue_arg(glue, (int)i)->type)->kind;

		if (kind != WIRE_VALUE_NUMBER && kind != WIRE_VALUE_NONE)
			return false;
	}
	return true;
}

/* Mixes one argument into the hash in GLUE_KEPT: a number, or the first 40 bytes of what the record has. */
static void mix_arg(struct glue *glue, int position, bool is_built)
{
	enum wire_value_kind kind = arg_type_info(glue_arg(glue, position)->type)->kind;

	switch (kind) {
	case WIRE_VALUE_NONE:
		return;
	case WIRE_VALUE_NUMBER:
		if (is_built) {
			emit_load(glue->code, BPF_DW, BPF_REG_2, GLUE_RECORD, (int16_t)(glue->value_at[position] + 8));
		} else {
			glue_load_number(glue, position);
			emit_mov(glue->code, BPF_REG_2, BPF_REG_0);
		}
		emit_mov(glue->code, BPF_REG_1, GLUE_KEPT);
		emit_piece(glue->code, "rate_mix", false);
		break;
	case WIRE_VALUE_BYTES:
	case WIRE_VALUE_PATH:
		emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
		emit_mov_imm(glue->code, BPF_REG_2, glue->value_at[position]);
		emit_mov(glue->code, BPF_REG_3, GLUE_KEPT);
		emit_piece(glue->code, "rate_mix_value", false);
		break;
	default:
		emit_mov(glue->code, BPF_REG_1, GLUE_KEPT);
		emit_mov(glue->code, BPF_REG_2, GLUE_RECORD);
		emit_alu_imm(glue->code, BPF_ADD, BPF_REG_2, glue->body_at[position]);
		emit_mov_imm(glue->code, BPF_REG_3, MIN(glue_body_bytes(glue, position), (uint16_t)RATE_BYTES_MAX));
		emit_piece(glue->code, "rate_mix_bytes", false);
	}
	emit_mov(glue->code, GLUE_KEPT, BPF_REG_0);
}

/* To on_suppressed when the same event went out not long ago. */
static void write_rate_limit(struct glue *glue, bool is_built, uint32_t on_suppressed)
{
	uint32_t unlimited = assembler_label(glue->code);

	emit_load(glue->code, BPF_DW, BPF_REG_1, BPF_REG_10, GLUE_STACK_INTERVAL);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_1, 0, unlimited);
	load_cookie(glue);
	load_hook_number(glue, BPF_REG_1);
	emit_load(glue->code, BPF_DW, BPF_REG_2, BPF_REG_10, GLUE_STACK_SCOPE);
	emit_piece(glue->code, "rate_begin", false);
	emit_mov(glue->code, GLUE_KEPT, BPF_REG_0);
	for (size_t i = 0; i < glue->hook->arg_count; i++)
		mix_arg(glue, (int)i, is_built);
	emit_mov(glue->code, BPF_REG_1, GLUE_KEPT);
	emit_load(glue->code, BPF_DW, BPF_REG_2, BPF_REG_10, GLUE_STACK_INTERVAL);
	emit_piece(glue->code, "rate_allow", false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, on_suppressed);
	assembler_place(glue->code, unlimited);
}

/* Leaves the record's memory in GLUE_RECORD. */
static void take_memory(struct glue *glue)
{
	if (glue->plan->has_slot) {
		glue_need_slot(glue);
		emit_mov(glue->code, GLUE_RECORD, GLUE_SLOT); /* a slot starts with its record */
		return;
	}
	emit_map(glue->code, BPF_REG_1, SHARED_MAP_RING);
	emit_mov_imm(glue->code, BPF_REG_2, glue->fixed_bytes);
	emit_mov_imm(glue->code, BPF_REG_3, 0);
	emit_helper(glue->code, BPF_FUNC_ringbuf_reserve);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, glue->on_lost);
	emit_mov(glue->code, GLUE_RECORD, BPF_REG_0);
}

/* A socket argument whose owner is known makes the event the owner's. */
static void write_owner(struct glue *glue)
{
	for (size_t i = 0; i < glue->hook->arg_count; i++) {
		enum arg_type type = glue_arg(glue, (int)i)->type;

		if (type != ARG_SOCK && type != ARG_SOCKET)
			continue;
		load_sock(glue, BPF_REG_2, (int)i);
		emit_mov(glue->code, BPF_REG_1, GLUE_RECORD);
		emit_piece(glue->code, "sock_owner", false);
		return;
	}
}

static void write_head(struct glue *glue)
{
	size_t values = glue->hook->arg_count + glue->hook->has_return;

	load_cookie(glue);
	emit_mov(glue->code, BPF_REG_1, GLUE_RECORD);
	load_hook_number(glue, BPF_REG_2);
	emit_mov_imm(glue->code, BPF_REG_3, glue->fixed_bytes);
	emit_piece(glue->code, "hook_begin", false);
	emit_load(glue->code, BPF_DW, BPF_REG_1, BPF_REG_10, GLUE_STACK_ACTION);
	emit_store(glue->code, BPF_B, GLUE_RECORD, offsetof(struct wire_hook, action), BPF_REG_1);
	emit_alu_imm(glue->code, BPF_RSH, BPF_REG_1, ACTION_SELECTOR_SHIFT);
	emit_store(glue->code, BPF_B, GLUE_RECORD, offsetof(struct wire_hook, selector), BPF_REG_1);
	emit_alu_imm(glue->code, BPF_RSH, BPF_REG_1, 24 - ACTION_SELECTOR_SHIFT);
	emit_store(glue->code, BPF_B, GLUE_RECORD, offsetof(struct wire_hook, return_action), BPF_REG_1);
	emit_store_imm(glue->code, BPF_B, GLUE_RECORD, offsetof(struct wire_hook, value_count), (int32_t)values);
}

static void write_stack(struct glue *glue, int32_t bit, size_t member, bool is_user)
{
	uint32_t skip = assembler_label(glue->code), go = assembler_label(glue->code);

	emit_load(glue->code, BPF_DW, BPF_REG_1, BPF_REG_10, GLUE_STACK_ACTION);
	emit_jump_if_imm(glue->code, BPF_JSET, BPF_REG_1, bit, go);
	emit_jump(glue->code, skip);
	assembler_place(glue->code, go);
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_mov(glue->code, BPF_REG_2, GLUE_CTX);
	emit_mov_imm(glue->code, BPF_REG_3, (int64_t)member);
	emit_mov_imm(glue->code, BPF_REG_4, is_user);
	emit_piece(glue->code, "put_stack", false);
	assembler_place(glue->code, skip);
}

static void write_stacks(struct glue *glue)
{
	if (!has_stacks(glue->hook))
		return;
	write_stack(glue, ACTION_KERNEL_STACK, offsetof(struct wire_hook, kernel_stack_offset), false);
	write_stack(glue, ACTION_USER_STACK, offsetof(struct wire_hook, user_stack_offset), true);
}

/* The arguments of the pieces that keep records: each function of a hook has its own. */
static void load_pending(struct glue *glue, uint32_t map)
{
	load_cookie(glue);
	emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
	emit_map(glue->code, BPF_REG_2, map);
	emit_mov_imm(glue->code, BPF_REG_3, PENDING_RECORD_MAX);
	if (glue_has_cookie(glue))
		emit_mov(glue->code, BPF_REG_4, BPF_REG_0);
	else
		emit_mov_imm(glue->code, BPF_REG_4, 0);
}

/* Leaves the record for the program at the function's return. */
static int write_pending(struct glue *glue)
{
	int map = glue_add_map(glue, PLAN_MAP_PENDING, NULL);

	if (map < 0)
		return map;
	load_pending(glue, (uint32_t)map);
	emit_piece(glue->code, "pending_store", false);
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, glue->on_lost);
	return 0;
}

static int write_output(struct glue *glue)
{
	if (glue_is_pending(glue))
		return write_pending(glue);
	if (glue->plan->has_slot) {
		emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
		emit_piece(glue->code, "slot_output", false);
		emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, glue->on_lost);
		COUNT(glue, events);
		return 0;
	}
	emit_piece(glue->code, "ring_wakeup_flags", false);
	emit_mov(glue->code, BPF_REG_1, GLUE_RECORD);
	emit_mov(glue->code, BPF_REG_2, BPF_REG_0);
	emit_helper(glue->code, BPF_FUNC_ringbuf_submit);
	COUNT(glue, events);
	return 0;
}

/* Gives a reservation back. */
static void discard(struct glue *glue)
{
	if (glue->plan->has_slot)
		return;
	emit_mov(glue->code, BPF_REG_1, GLUE_RECORD);
	emit_mov_imm(glue->code, BPF_REG_2, 0);
	emit_helper(glue->code, BPF_FUNC_ringbuf_discard);
}

static int write_event(struct glue *glue)
{
	bool is_limited = is_rate_limited(glue->hook), is_early = has_numbers_only(glue);
	uint32_t suppressed = assembler_label(glue->code), suppressed_built = assembler_label(glue->code);
	int r;

	assembler_place(glue->code, glue->on_build);
	if (is_limited && is_early)
		write_rate_limit(glue, false, suppressed);
	reveal_process(glue);
	take_memory(glue);
	write_head(glue);
	for (size_t i = 0; i < glue->hook->arg_count; i++)
		glue_put_value(glue, (int)i, glue->on_exit); /* only `fd`, which has a slot, drops */
	if (glue->hook->has_return)
		glue_put_value(glue, GLUE_RETURN, glue->on_exit);
	write_owner(glue);
	if (is_limited && !is_early)
		write_rate_limit(glue, true, suppressed_built);
	write_stacks(glue);
	r = write_output(glue);
	emit_jump(glue->code, glue->on_exit);
	assembler_place(glue->code, suppressed_built);
	if (is_limited && !is_early)
		discard(glue);
	assembler_place(glue->code, suppressed);
	if (is_limited) {
		COUNT(glue, suppressed);
		emit_jump(glue->code, glue->on_exit);
	}
	assembler_place(glue->code, glue->on_lost);
	if (!glue->plan->has_slot) {
		emit_mov_imm(glue->code, BPF_REG_1, WIRE_HOOK);
		emit_piece(glue->code, "ring_lost", false);
	}
	COUNT(glue, lost);
	return r;
}

/* --- the program */

static void write_exit(struct glue *glue)
{
	uint32_t none = assembler_label(glue->code);

	assembler_place(glue->code, glue->on_exit);
	if (glue->plan->has_slot) {
		emit_jump_if_imm(glue->code, BPF_JEQ, GLUE_SLOT, 0, none);
		emit_mov(glue->code, BPF_REG_1, GLUE_SLOT);
		emit_piece(glue->code,
			   glue->kernel->features.has_atomic_fetch ? "slot_release_atomic" : "slot_release_counter",
			   false);
	}
	assembler_place(glue->code, none);
	if (glue->means == ATTACH_FMOD_RET || glue->means == ATTACH_LSM)
		emit_load(glue->code, BPF_DW, BPF_REG_0, BPF_REG_10, GLUE_STACK_RESULT);
	else
		emit_mov_imm(glue->code, BPF_REG_0, 0);
	emit_exit(glue->code);
}

/* A hook without selectors is one with a selector that always holds. */
static const struct policy_selector any_selector;

static int write_selectors(struct glue *glue)
{
	size_t selectors = glue->hook->selector_count;

	for (size_t i = 0; i < MAX(selectors, (size_t)1); i++) {
		const struct policy_selector *selector = selectors ? &glue->hook->selectors[i] : &any_selector;
		uint32_t next = assembler_label(glue->code);
		int r = glue_test_selector(glue, selector, next);

		if (r < 0)
			return r;
		write_actions(glue, selector, i);
		assembler_place(glue->code, next);
	}
	emit_jump(glue->code, glue->on_exit);
	return 0;
}

static void begin(struct glue *glue)
{
	assembler_init(glue->code);
	glue->on_build = assembler_label(glue->code);
	glue->on_exit = assembler_label(glue->code);
	glue->on_lost = assembler_label(glue->code);
	glue_layout(glue);
	emit_mov(glue->code, GLUE_CTX, BPF_REG_1);
	if (glue->plan->has_slot) {
		emit_mov_imm(glue->code, GLUE_SLOT, 0);
		store_stack(glue, GLUE_STACK_LOADED, 0);
	}
	store_stack(glue, GLUE_STACK_RESULT, 0);
}

/* First of all: most processes are not those that the policy is for. */
static void test_scope(struct glue *glue)
{
	if (!glue->is_scoped)
		return;
	emit_map(glue->code, BPF_REG_1, SHARED_MAP_SCOPES);
	emit_scope(glue->code, BPF_REG_2);
	emit_mov_imm(glue->code, BPF_REG_3, glue->is_for_host);
	emit_piece(glue->code, "is_in_scope", false);
	emit_jump_if_imm(glue->code, BPF_JEQ, BPF_REG_0, 0, glue->on_exit);
}

int glue_write(struct glue *glue)
{
	int r;

	begin(glue);
	test_scope(glue);
	r = write_selectors(glue);
	if (r >= 0)
		r = write_event(glue);
	write_exit(glue);
	return r < 0 ? r : assembler_end(glue->code);
}

/* The selector that matched at entry has its say on the returned value. */
static int write_return_selectors(struct glue *glue)
{
	for (size_t i = 0; i < glue->hook->selector_count; i++) {
		const struct policy_selector *selector = &glue->hook->selectors[i];
		uint32_t other = assembler_label(glue->code);
		int r;

		if (!selector->return_arg_count && !selector->return_action_count && !is_silent(selector) &&
		    !is_limited_at_return(glue, selector))
			continue;
		emit_load(glue->code, BPF_B, BPF_REG_1, GLUE_RECORD, offsetof(struct wire_hook, selector));
		emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_1, (int32_t)i, other);
		r = glue_test_return(glue, selector, glue->on_exit);
		if (r < 0)
			return r;
		for (size_t j = 0; j < selector->return_action_count; j++)
			do_action(glue, &selector->return_actions[j], GLUE_OBSERVES | GLUE_ENFORCES);
		if (is_silent(selector)) {
			do_return_arg(glue);
			COUNT(glue, not_posted);
			emit_jump(glue->code, glue->on_exit);
		}
		emit_store_imm(glue->code, BPF_B, GLUE_RECORD, offsetof(struct wire_hook, return_action),
			       return_action_of(selector));
		if (is_limited_at_return(glue, selector)) {
			store_stack(glue, GLUE_STACK_INTERVAL, (int64_t)posting_of(selector).interval_ns);
			store_stack(glue, GLUE_STACK_SCOPE, posting_of(selector).scope);
		}
		assembler_place(glue->code, other);
	}
	return 0;
}

/* The record with the returned value, sent unless its rate limit has it suppressed. */
static int write_return_event(struct glue *glue, bool is_limited)
{
	uint32_t suppressed = assembler_label(glue->code);
	int r;

	glue_put_value(glue, GLUE_RETURN, glue->on_exit);
	if (is_limited)
		write_rate_limit(glue, true, suppressed);
	r = write_output(glue);
	emit_jump(glue->code, glue->on_exit);
	assembler_place(glue->code, suppressed);
	if (is_limited) {
		COUNT(glue, suppressed);
		emit_jump(glue->code, glue->on_exit);
	}
	return r;
}

int glue_write_return(struct glue *glue)
{
	int map = glue_add_map(glue, PLAN_MAP_PENDING, NULL), r;
	bool is_limited = false;

	if (map < 0)
		return map;
	for (size_t i = 0; i < glue->hook->selector_count; i++)
		is_limited |= is_limited_at_return(glue, &glue->hook->selectors[i]);
	begin(glue);
	if (is_limited) {
		store_stack(glue, GLUE_STACK_INTERVAL, 0);
		store_stack(glue, GLUE_STACK_SCOPE, 0);
	}
	glue_need_slot(glue);
	load_pending(glue, (uint32_t)map);
	emit_piece(glue->code, "pending_take", false);
	emit_jump_if_imm(glue->code, BPF_JNE, BPF_REG_0, 0, glue->on_exit);
	emit_mov(glue->code, GLUE_RECORD, GLUE_SLOT);
	r = write_return_selectors(glue);
	if (r < 0)
		return r;
	do_return_arg(glue);
	r = write_return_event(glue, is_limited);
	assembler_place(glue->code, glue->on_lost);
	COUNT(glue, lost);
	write_exit(glue);
	return r < 0 ? r : assembler_end(glue->code);
}

/* With the context in R1. */
static void run_active(struct assembler *code)
{
	emit_policy_state(code, BPF_REG_3);
	emit_load(code, BPF_DW, BPF_REG_3, BPF_REG_3, offsetof(struct wire_policy_state, active));
	emit_programs(code, BPF_REG_2);
	emit_helper(code, BPF_FUNC_tail_call);
	emit_mov_imm(code, BPF_REG_0, 0);
	emit_exit(code);
}

void glue_write_dispatcher(struct assembler *code)
{
	assembler_init(code);
	run_active(code);
}

void glue_write_dispatcher_copy(struct assembler *code, uint32_t number, int copy)
{
	uint32_t others;

	assembler_init(code);
	others = assembler_label(code);
	emit_mov(code, BPF_REG_6, BPF_REG_1);
	emit_mov_imm(code, BPF_REG_2, number);
	emit_mov_imm(code, BPF_REG_3, copy);
	emit_piece(code, "backup_take", true);
	emit_jump_if_imm(code, BPF_JEQ, BPF_REG_0, 0, others);
	if (copy > 0) {
		emit_policy_counters(code, BPF_REG_1);
		emit_mov_imm(code, BPF_REG_2, 1);
		emit_add_to_memory(code, BPF_REG_1, offsetof(struct wire_policy_counters, rescued), BPF_REG_2);
	}
	emit_mov(code, BPF_REG_1, BPF_REG_6);
	run_active(code);
	assembler_place(code, others);
	emit_mov_imm(code, BPF_REG_0, 0);
	emit_exit(code);
}
