// SPDX-License-Identifier: Apache-2.0
#include "core/policy/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

const char *attach_means_name(enum attach_means means)
{
	static const char *const names[ATTACH_MEANS_COUNT] = {
		[ATTACH_FENTRY] = "fentry",
		[ATTACH_FEXIT] = "fexit",
		[ATTACH_FMOD_RET] = "fmod_ret",
		[ATTACH_LSM] = "lsm",
		[ATTACH_RAW_TRACEPOINT] = "raw tracepoint",
		[ATTACH_TRACEPOINT] = "tracepoint",
		[ATTACH_KPROBE] = "kprobe",
		[ATTACH_KRETPROBE] = "kretprobe",
		[ATTACH_KPROBE_MULTI] = "kprobe.multi",
		[ATTACH_KRETPROBE_MULTI] = "kretprobe.multi",
		[ATTACH_SYSCALL_ENTER] = "syscall enter tracepoint",
		[ATTACH_SYSCALL_EXIT] = "syscall exit tracepoint",
	};

	return names[means];
}

size_t plan_hook_function_count(const struct plan_hook *hook)
{
	return hook->info && hook->info->function_count ? hook->info->function_count : 1;
}

size_t plan_function_count(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->hook_count; i++)
		count += plan_hook_function_count(&plan->hooks[i]);
	return count;
}

void plan_hook_done(struct plan_hook *hook)
{
	hook_info_free(hook->info);
	free(hook->name);
	free(hook->maps);
	for (size_t i = 0; i < hook->program_count; i++)
		assembler_done(&hook->programs[i].code);
	*hook = (struct plan_hook){0};
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->hook_count; i++)
		plan_hook_done(&plan->hooks[i]);
	free(plan->hooks);
	*plan = (struct plan){0};
}

static bool is_same_relocation(const struct relocation *a, const struct relocation *b)
{
	if (a->kind != b->kind || a->insn != b->insn || a->is_typed != b->is_typed || a->index != b->index ||
	    a->offset != b->offset)
		return false;
	return a->piece == b->piece || (a->piece && b->piece && strcmp(a->piece, b->piece) == 0);
}

static bool is_same_code(const struct assembler *a, const struct assembler *b)
{
	if (a->count != b->count || a->relocation_count != b->relocation_count ||
	    memcmp(a->insns, b->insns, a->count * sizeof(*a->insns)) != 0)
		return false;
	for (size_t i = 0; i < a->relocation_count; i++)
		if (!is_same_relocation(&a->relocations[i], &b->relocations[i]))
			return false;
	return true;
}

static bool is_same_program(const struct plan_program *a, const struct plan_program *b)
{
	return a->means == b->means && a->btf_id == b->btf_id && strcmp(a->target, b->target) == 0 &&
	       strcmp(a->subsystem, b->subsystem) == 0 && is_same_code(&a->code, &b->code);
}

static bool is_same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_arg(const struct hook_arg_info *a, const struct hook_arg_info *b)
{
	return a->type == b->type && is_same_string(a->label, b->label);
}

static bool has_same_functions(const struct hook_info *a, const struct hook_info *b)
{
	if (a->function_count != b->function_count)
		return false;
	for (size_t i = 0; i < a->function_count; i++)
		if (strcmp(a->functions[i], b->functions[i]) != 0)
			return false;
	return true;
}

static bool is_same_info(const struct hook_info *a, const struct hook_info *b)
{
	if (!a || !b)
		return a == b;
	if (a->arg_count != b->arg_count || a->tag_count != b->tag_count || a->has_return != b->has_return)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (!is_same_arg(&a->args[i], &b->args[i]))
			return false;
	for (size_t i = 0; i < a->tag_count; i++)
		if (!is_same_string(a->tags[i], b->tags[i]))
			return false;
	return a->family == b->family && is_same_string(a->policy_name, b->policy_name) &&
	       is_same_string(a->function_name, b->function_name) && is_same_string(a->subsystem, b->subsystem) &&
	       is_same_string(a->event, b->event) && is_same_string(a->message, b->message) &&
	       is_same_arg(&a->return_arg, &b->return_arg) && has_same_functions(a, b);
}

bool plan_hook_is_same_target(const struct plan_hook *a, const struct plan_hook *b)
{
	if (a->program_count != b->program_count || a->program_count == 0)
		return false;
	for (size_t i = 0; i < a->program_count; i++)
		if (a->programs[i].means != b->programs[i].means ||
		    strcmp(a->programs[i].target, b->programs[i].target) != 0 ||
		    strcmp(a->programs[i].subsystem, b->programs[i].subsystem) != 0)
			return false;
	return has_same_functions(a->info, b->info);
}

bool plan_hook_is_same_code(const struct plan_hook *old, const struct plan_hook *new)
{
	if (old->is_skipped != new->is_skipped || old->program_count != new->program_count ||
	    old->map_count != new->map_count || old->follow_count != new->follow_count ||
	    !is_same_info(old->info, new->info))
		return false;
	for (size_t i = 0; i < old->map_count; i++)
		if (old->maps[i].kind != new->maps[i].kind || old->maps[i].value_bytes != new->maps[i].value_bytes)
			return false;
	for (size_t i = 0; i < old->program_count; i++)
		if (!is_same_program(&old->programs[i], &new->programs[i]))
			return false;
	return true;
}

/* NULL: there is none, or it is the only one. */
static const struct plan_program *find_return(const struct plan_hook *hook)
{
	for (size_t i = 0; i < hook->program_count; i++)
		if (hook->programs[i].means == ATTACH_KRETPROBE || hook->programs[i].means == ATTACH_KRETPROBE_MULTI ||
		    hook->programs[i].means == ATTACH_SYSCALL_EXIT)
			return &hook->programs[i];
	return NULL;
}

/* PLAN_MAP_PENDING or a value set; false: a map that all share, or none. */
static bool find_map(const struct plan_hook *hook, const struct relocation *relocation, enum plan_map_kind *ret)
{
	bool is_map = relocation->kind == RELOCATION_MAP || relocation->kind == RELOCATION_MAP_VALUE ||
		      relocation->kind == RELOCATION_PIECE_OF_MAP;

	if (!is_map || relocation->index < SHARED_MAP_COUNT)
		return false;
	*ret = hook->maps[relocation->index - SHARED_MAP_COUNT].kind;
	return true;
}

static bool is_same_return_relocation(const struct plan_hook *a, const struct relocation *of_a,
				      const struct plan_hook *b, const struct relocation *of_b)
{
	enum plan_map_kind kind_a, kind_b;

	if (!find_map(a, of_a, &kind_a))
		return is_same_relocation(of_a, of_b);
	return find_map(b, of_b, &kind_b) && kind_a == PLAN_MAP_PENDING && kind_b == PLAN_MAP_PENDING &&
	       of_a->kind == of_b->kind && of_a->insn == of_b->insn;
}

bool plan_hook_is_same_return(const struct plan_hook *a, const struct plan_hook *b)
{
	const struct plan_program *return_a = find_return(a), *return_b = find_return(b);
	const struct assembler *code_a, *code_b;

	if (!return_a || !return_b || a->record_bytes != b->record_bytes || a->hook->arg_count != b->hook->arg_count)
		return false;
	code_a = &return_a->code;
	code_b = &return_b->code;
	if (code_a->count != code_b->count || code_a->relocation_count != code_b->relocation_count ||
	    memcmp(code_a->insns, code_b->insns, code_a->count * sizeof(*code_a->insns)) != 0)
		return false;
	for (size_t i = 0; i < code_a->relocation_count; i++)
		if (!is_same_return_relocation(a, &code_a->relocations[i], b, &code_b->relocations[i]))
			return false;
	return true;
}
