// SPDX-License-Identifier: Apache-2.0
#include "core/policy/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/compile.h"
#include "core/policy/explain_test.h"
#include "core/policy/substring.h"
#include "policy/interface.h"

/* Branches of the tree. */
#define ITEM "├─ "
#define LAST "└─ "
#define REST "│  "
#define NONE "   "

/* --- one hook's plan: the hook compiled as if it were the policy's only one */

struct attempt {
	struct policy policy;
	struct report report;
	struct plan plan;
	int result;
};

static struct attempt *attempt_new(const struct policy *policy, size_t hook, const struct kernel_view *kernel)
{
	struct attempt *attempt = calloc(1, sizeof(*attempt));

	if (!attempt)
		return NULL;
	attempt->policy = *policy;
	attempt->policy.hooks = &policy->hooks[hook];
	attempt->policy.hook_count = 1;
	report_init(&attempt->report, "");
	attempt->result = policy_compile(&attempt->policy, kernel, &attempt->report, &attempt->plan);
	return attempt;
}

static void attempt_free(struct attempt **attempt)
{
	if (!*attempt)
		return;
	plan_done(&(*attempt)->plan);
	report_done(&(*attempt)->report);
	free(*attempt);
}

/* The plan, of a list that of its first function; NULL: the hook is not possible, or is left out. */
static struct plan_hook *plan_of(struct attempt *attempt)
{
	for (size_t i = 0; attempt->result >= 0 && i < attempt->plan.hook_count; i++)
		if (!attempt->plan.hooks[i].is_skipped)
			return &attempt->plan.hooks[i];
	return NULL;
}

/* The policy goes on without the hook. */
static bool is_left_out(const struct attempt *attempt)
{
	return attempt->result >= 0 || (attempt->report.count && attempt->report.findings[0].is_warning);
}

/* --- attachment */

static void print_means(const struct plan_hook *plan, FILE *out)
{
	for (size_t i = 0; i < plan->program_count; i++)
		fprintf(out, "%s%s", i ? " and " : "", attach_means_name(plan->programs[i].means));
}

static bool is_same_means(const struct plan_hook *a, const struct plan_hook *b)
{
	if (!a || !b || a->program_count != b->program_count)
		return !a && !b;
	for (size_t i = 0; i < a->program_count; i++)
		if (a->programs[i].means != b->programs[i].means)
			return false;
	return true;
}

static void take_multi(struct kernel_features *features)
{
	features->has_kprobe_multi = false;
}

static void take_lsm(struct kernel_features *features)
{
	features->has_lsm = false;
}

static void take_fentry(struct kernel_features *features)
{
	features->has_fentry = false;
}

static void take_kprobes(struct kernel_features *features)
{
	features->has_kprobes = false;
}

/* What a kernel may lack, from the cheapest means of attachment to the dearest. */
static const struct lack {
	const char *what;
	void (*take_away)(struct kernel_features *features);
} lacks[] = {
	{"without kprobe.multi", take_multi},
	{"without BPF among the active LSMs", take_lsm},
	{"without BPF trampolines", take_fentry},
	{"without kprobes either", take_kprobes},
};

/* Each step down that changes anything. */
static int print_fallbacks(const struct policy *policy, size_t hook, const struct kernel_view *kernel,
			   const struct plan_hook *plan, FILE *out)
{
	struct kernel_view less = *kernel;
	_cleanup_(attempt_free) struct attempt *previous = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(lacks) && plan; i++) {
		struct attempt *attempt;
		struct plan_hook *found;

		lacks[i].take_away(&less.features);
		attempt = attempt_new(policy, hook, &less);
		if (!attempt)
			return -ENOMEM;
		found = plan_of(attempt);
		if (!is_same_means(plan, found)) {
			fprintf(out, "; %s: ", lacks[i].what);
			if (found)
				print_means(found, out);
			else
				fputs(is_left_out(attempt) ? "left out" : "refused", out);
		}
		attempt_free(&previous);
		previous = attempt;
		plan = found;
	}
	return 0;
}

/* Functions of a list that are not attached as the first one is. */
static size_t count_others(const struct plan *plan, const struct plan_hook *first)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->hook_count; i++)
		if (!plan->hooks[i].is_skipped && !is_same_means(&plan->hooks[i], first))
			count += plan_hook_function_count(&plan->hooks[i]);
	return count;
}

static int print_attachment(const struct policy *policy, size_t hook, const struct kernel_view *kernel,
			    const struct attempt *attempt, const struct plan_hook *plan, FILE *out)
{
	bool is_list = policy_hook_is_list(plan->hook);
	size_t others = count_others(&attempt->plan, plan);
	int r;

	fputs(REST ITEM "attached by ", out);
	print_means(plan, out);
	if (plan->info->function_count)
		fprintf(out, ", %zu functions at once", plan->info->function_count);
	else if (is_list)
		fputs(", each function by itself", out);
	else if (plan->programs[0].subsystem[0])
		fprintf(out, " on %s/%s", plan->programs[0].subsystem, plan->programs[0].target);
	else
		fprintf(out, " on %s", plan->programs[0].target);
	if (others)
		fprintf(out, "; %zu otherwise", others);
	r = print_fallbacks(policy, hook, kernel, plan, out);
	fputc('\n', out);
	return r;
}

/* --- what is read */

static const char *reading_of(enum arg_type type)
{
	const struct arg_type_info *info = arg_type_info(type);

	switch (info->kind) {
	case WIRE_VALUE_NONE:
		return "not read";
	case WIRE_VALUE_NUMBER:
		return info->traits & ARG_IS_CAP_MASK ? "one number from memory" : "a number";
	case WIRE_VALUE_PATH:
		return "its path, a walk over directories";
	case WIRE_VALUE_BYTES:
		return "a copy of the text or bytes";
	default:
		return "a few members";
	}
}

static bool tests_arg(const struct policy_arg_filter *filter, size_t position)
{
	if (filter->operator== OPERATOR_CEL_EXPR)
		return cel_uses_arg(filter->values.expression, position);
	return filter->arg == position ||
	       (filter->operator== OPERATOR_CAPABILITIES_GAINED && filter->second_arg == position);
}

/* Is there a test that needs the argument before it is known whether there will be an event? */
static bool is_tested(const struct policy_hook *hook, size_t position)
{
	for (size_t i = 0; i < hook->selector_count; i++) {
		const struct policy_selector *selector = &hook->selectors[i];

		for (size_t j = 0; j < selector->arg_count; j++)
			if (tests_arg(&selector->args[j], position))
				return true;
	}
	return false;
}

static void print_reads(const struct plan_hook *plan, FILE *out)
{
	const struct policy_hook *hook = plan->hook;

	fputs(REST ITEM "reads", out);
	if (!hook->arg_count && !hook->has_return)
		fputs(" no arguments", out);
	for (size_t i = 0; i < hook->arg_count; i++) {
		enum arg_type type = plan->info->args[i].type;

		fprintf(out, "%s argument %u (%s: %s%s)", i ? "," : "", hook->args[i].index, arg_type_info(type)->name,
			reading_of(type), is_tested(hook, i) ? ", for a test" : "");
	}
	if (hook->has_return)
		fprintf(out, "%s the returned value (%s)", hook->arg_count ? "," : "",
			arg_type_info(plan->info->return_arg.type)->name);
	fprintf(out, "\n" REST REST "what no test needs is read for events only; a record has %u bytes%s\n",
		plan->record_bytes, plan->has_slot ? " and what is of variable length" : "");
}

/* --- selectors */

static void print_interval(const struct policy_action *action, FILE *out)
{
	static const char *const scopes[] = {
		[RATE_LIMIT_THREAD] = "thread",
		[RATE_LIMIT_PROCESS] = "process",
		[RATE_LIMIT_GLOBAL] = "machine",
	};

	if (action->rate_limit_ns)
		fprintf(out, ", at most one in %.3g s for the same values and %s", (double)action->rate_limit_ns / 1e9,
			scopes[action->rate_limit_scope]);
	if (action->kernel_stack)
		fputs(", with the kernel's stack", out);
	if (action->user_stack)
		fputs(", with the program's stack", out);
}

/* True if the event is left out. */
static bool print_action(const struct policy_hook *hook, const struct policy_action *action, FILE *out)
{
	switch (action->action) {
	case WIRE_ACTION_NOPOST:
		fputs("no event", out);
		return true;
	case WIRE_ACTION_SIGKILL:
		fputs("Sigkill the process", out);
		break;
	case WIRE_ACTION_SIGNAL:
		fprintf(out, "signal %u to the process", action->signal);
		break;
	case WIRE_ACTION_OVERRIDE:
		if (action->error)
			fprintf(out, "the function is not run and returns %d", action->error);
		else
			fputs("the hook allows what it is asked for", out);
		break;
	case WIRE_ACTION_TRACKSOCK:
		fprintf(out, "remember whose socket argument %u is", hook->args[action->sock_arg].index);
		break;
	case WIRE_ACTION_UNTRACKSOCK:
		fprintf(out, "forget whose socket argument %u was", hook->args[action->sock_arg].index);
		break;
	default:
		fputs("event", out);
	}
	return false;
}

static void print_actions(const struct policy_hook *hook, const struct policy_selector *selector, FILE *out)
{
	bool is_silent = false, has_post = false;

	for (size_t i = 0; i < selector->action_count; i++) {
		const struct policy_action *action = &selector->actions[i];

		fputs(i ? "; " : "", out);
		is_silent |= print_action(hook, action, out);
		has_post |= action->action == WIRE_ACTION_POST;
		print_interval(action, out);
	}
	if (!is_silent && !has_post)
		fputs(selector->action_count ? "; event" : "event", out);
	for (size_t i = 0; i < selector->return_action_count; i++) {
		fputs("; for the returned value: ", out);
		print_action(hook, &selector->return_actions[i], out);
	}
}

static void print_selector(const struct glue *glue, const struct policy_selector *selector, size_t number, FILE *out)
{
	struct glue_test tests[GLUE_TESTS_MAX];
	size_t count = glue_order_tests(glue, selector, tests);
	bool is_later = glue->means != ATTACH_FEXIT;

	fprintf(out, REST ITEM "selector %zu%s%s\n", number, selector->label ? ": " : "",
		selector->label ? selector->label : "");
	for (size_t i = 0; i < count; i++) {
		fprintf(out, REST REST ITEM "%s ", i ? "and" : "if");
		explain_test(glue, &tests[i], out);
		fprintf(out, "   [cost %d]\n", tests[i].cost);
	}
	for (size_t i = 0; i < selector->return_arg_count && is_later; i++) {
		const struct glue_test test = {.kind = GLUE_TEST_RETURN, .filter = &selector->return_args[i]};

		fputs(REST REST ITEM "and at the function's return ", out);
		explain_test(glue, &test, out);
		fputc('\n', out);
	}
	fputs(REST REST LAST, out);
	fputs(count || selector->return_arg_count ? "then " : "always ", out);
	print_actions(glue->hook, selector, out);
	fputc('\n', out);
}

static void print_selectors(struct plan_hook *plan, FILE *out)
{
	static const struct policy_selector any;
	const struct policy_hook *hook = plan->hook;
	const struct glue glue = {.plan = plan, .hook = hook, .means = plan->programs[0].means};

	for (size_t i = 0; i < hook->selector_count; i++)
		print_selector(&glue, &hook->selectors[i], i, out);
	if (hook->selector_count == 0)
		print_selector(&glue, &any, 0, out);
	if (hook->return_arg_action != WIRE_ACTION_POST)
		fprintf(out, REST ITEM "the returned socket's owner is %s\n",
			hook->return_arg_action == WIRE_ACTION_TRACKSOCK ? "remembered" : "forgotten");
}

/* --- costs */

enum {
	PAGE_BYTES = 4096,
	INSN_BYTES = 8,
	COMPILED_BYTES = 5,   /* of an instruction, as x86-64 machine code */
	PIECE_INSNS = 60,     /* of a piece, on average */
	MAP_ENTRIES_MIN = 16, /* io/bpf/value_map.c */
	PENDING_RECORDS = 64, /* the same, where they are allocated beforehand; elsewhere there are so many */
	PENDING_BUCKETS = 1024,
	BUCKET_BYTES = 16,
	HASH_ENTRY_BYTES = 56, /* of a hash map's entry, beside key and value */
};

static size_t pages(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static size_t count_pieces(const struct assembler *code)
{
	size_t count = 0;

	for (size_t i = 0; i < code->relocation_count; i++) {
		bool is_new = code->relocations[i].piece;

		for (size_t j = 0; j < i && is_new; j++)
			is_new = !code->relocations[j].piece ||
				 code->relocations[j].index != code->relocations[i].index ||
				 strcmp(code->relocations[j].piece, code->relocations[i].piece) != 0;
		count += is_new;
	}
	return count;
}

/* As `trigon policy show` counts it; the pieces' own size is not known here. */
static size_t program_memory(const struct plan_program *program)
{
	size_t pieces = count_pieces(&program->code);
	size_t insns = program->code.count + pieces * PIECE_INSNS;
	size_t functions = 1 + pieces + pieces / 5; /* a few of them call others */

	/* the program, what it is compiled to, a page for each function; the dispatcher and its program array */
	return pages(insns * INSN_BYTES) + insns * COMPILED_BYTES + functions * PAGE_BYTES + (size_t)2 * PAGE_BYTES;
}

static size_t machine_memory(const struct plan_map *map)
{
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	substring_machine_make(map->values, map->kind == PLAN_MAP_SUBSTRINGS_IGN_CASE, &machine);
	return pages(substring_capacity(machine.count) * sizeof(*machine.blocks));
}

static size_t map_memory(const struct plan_map *map, const struct kernel_features *features)
{
	static const size_t key_bytes[] = {
		[PLAN_MAP_STRINGS] = sizeof(struct string_key),
		[PLAN_MAP_LONG_STRINGS] = sizeof(struct long_string_key),
		[PLAN_MAP_PREFIXES] = sizeof(struct prefix_key),
		[PLAN_MAP_POSTFIXES] = sizeof(struct postfix_key),
		[PLAN_MAP_NETWORKS4] = sizeof(struct network4_key),
		[PLAN_MAP_NETWORKS6] = sizeof(struct network6_key),
		[PLAN_MAP_NUMBERS] = sizeof(uint64_t),
		[PLAN_MAP_PIDS] = sizeof(uint32_t),
	};

	if (map->kind == PLAN_MAP_PORTS)
		return pages(PORT_BITMAP_BYTES);
	if (map->kind == PLAN_MAP_PATH_TOPS || map->kind == PLAN_MAP_PATH_ENDS)
		return pages(sizeof(struct path_names));
	if (map->kind == PLAN_MAP_SUBSTRINGS || map->kind == PLAN_MAP_SUBSTRINGS_IGN_CASE)
		return machine_memory(map);
	if (map->kind == PLAN_MAP_PENDING)
		return pages(features->has_map_allocator ? (size_t)PENDING_BUCKETS * BUCKET_BYTES
							 : (size_t)PENDING_RECORDS * PENDING_RECORD_MAX);
	return pages(MAX(2 * map->values->count, (size_t)MAP_ENTRIES_MIN) * (key_bytes[map->kind] + INSN_BYTES));
}

static size_t hook_memory(const struct plan_hook *plan, const struct kernel_features *features)
{
	size_t total = 0;

	for (size_t i = 0; i < plan->program_count; i++)
		total += program_memory(&plan->programs[i]);
	for (size_t i = 0; i < plan->map_count; i++)
		total += map_memory(&plan->maps[i], features);
	return total;
}

/* Of a list: a hook as the others are, and how many. */
static void print_costs(const struct plan_hook *plan, size_t hooks, size_t memory, FILE *out)
{
	size_t insns = 0, pieces = 0;

	for (size_t i = 0; i < plan->program_count; i++) {
		insns += plan->programs[i].code.count;
		pieces += count_pieces(&plan->programs[i].code);
	}
	fputs(REST LAST, out);
	if (hooks > 1)
		fprintf(out, "%zu times ", hooks);
	fprintf(out,
		"%zu program%s of %zu instructions that call%s %zu functions, %zu value set%s, about %zu KiB of kernel "
		"memory\n",
		plan->program_count, plan->program_count == 1 ? "" : "s", insns, plan->program_count == 1 ? "s" : "",
		pieces, plan->map_count, plan->map_count == 1 ? "" : "s", memory / 1024);
}

/* --- the tree */

static void print_name(const struct policy_hook *hook, FILE *out)
{
	fprintf(out, ITEM "%s  ", hook->path);
	if (hook->subsystem)
		fprintf(out, "%s/", hook->subsystem);
	fprintf(out, "%s%s%s", policy_hook_is_list(hook) ? "list:" : "", hook->name,
		hook->is_syscall ? " (system call)" : "");
}

#define NAMES_SHOWN 3 /* of a list */

static void print_function(const struct plan_hook *plan, size_t index, size_t number, FILE *out)
{
	if (number < NAMES_SHOWN)
		fprintf(out, "%s%s", number ? ", " : ": ",
			plan->info->function_count ? plan->info->functions[index] : plan->info->function_name);
}

/* How many functions, and the first few. */
static void print_functions(const struct plan *plan, FILE *out)
{
	size_t count = 0, number = 0;

	for (size_t i = 0; i < plan->hook_count; i++)
		count += plan->hooks[i].is_skipped ? 0 : plan_hook_function_count(&plan->hooks[i]);
	fprintf(out, ", %zu function%s", count, count == 1 ? "" : "s");
	for (size_t i = 0; i < plan->hook_count && number < NAMES_SHOWN; i++)
		for (size_t j = 0; !plan->hooks[i].is_skipped && j < plan_hook_function_count(&plan->hooks[i]); j++)
			print_function(&plan->hooks[i], j, number++, out);
	if (count > NAMES_SHOWN)
		fprintf(out, " and %zu more", count - NAMES_SHOWN);
}

static void print_impossible(const struct attempt *attempt, FILE *out)
{
	const struct finding *finding = attempt->report.count ? &attempt->report.findings[0] : NULL;

	if (!finding) {
		fputs("\n" REST LAST "left out: this kernel has no such function\n", out);
		return;
	}
	fprintf(out, "\n" REST LAST "%s%s\n", is_left_out(attempt) ? "" : "not possible here: ", finding->problem);
	if (finding->remedy)
		fprintf(out, REST NONE "remedy: %s\n", finding->remedy);
}

static void print_warnings(const struct attempt *attempt, FILE *out)
{
	for (size_t i = 0; i < attempt->report.count; i++)
		fprintf(out, REST ITEM "warning: %s\n", attempt->report.findings[i].problem);
}

/* 0 or -ENOMEM. Adds up what it takes. */
static int explain_hook(const struct policy *policy, size_t index, const struct kernel_view *kernel, FILE *out,
			size_t *memory)
{
	_cleanup_(attempt_free) struct attempt *attempt = attempt_new(policy, index, kernel);
	struct plan_hook *plan;
	size_t hooks = 0, total = 0;
	int r;

	if (!attempt || attempt->result == -ENOMEM)
		return -ENOMEM;
	print_name(&policy->hooks[index], out);
	plan = plan_of(attempt);
	if (!plan) {
		print_impossible(attempt, out);
		return 0;
	}
	for (size_t i = 0; i < attempt->plan.hook_count; i++) {
		hooks += !attempt->plan.hooks[i].is_skipped;
		total += hook_memory(&attempt->plan.hooks[i], &kernel->features);
	}
	*memory += total;
	if (policy_hook_is_list(&policy->hooks[index]))
		print_functions(&attempt->plan, out);
	fputc('\n', out);
	print_warnings(attempt, out);
	r = print_attachment(policy, index, kernel, attempt, plan, out);
	print_reads(plan, out);
	print_selectors(plan, out);
	print_costs(plan, hooks, total, out);
	return r;
}

static void print_head(const struct policy *policy, FILE *out)
{
	static const char *const modes[] = {
		[POLICY_MODE_ENFORCE] = "it enforces",
		[POLICY_MODE_MONITOR] = "it monitors: signals and overrides are left out",
		[POLICY_MODE_MONITOR_ONLY] = "it only observes",
	};

	fprintf(out, "%s%s%s: %zu hook%s; %s\n", policy->namespace ? policy->namespace : "",
		policy->namespace ? "/" : "", policy->name, policy->function_count,
		policy->function_count == 1 ? "" : "s", modes[policy->mode]);
}

/* Is the policy as a whole possible? A hook that is left out does not hinder it, one that is refused does. */
static int check_whole(const struct policy *policy, const struct kernel_view *kernel)
{
	_cleanup_free_ struct report *report = calloc(1, sizeof(*report));
	_cleanup_(plan_done) struct plan plan = {0};
	int r;

	if (!report)
		return -ENOMEM;
	report_init(report, "");
	r = policy_compile(policy, kernel, report, &plan);
	report_done(report);
	return r;
}

static bool asks_for_processes(const struct policy *policy)
{
	for (size_t i = 0; i < policy->hook_count; i++)
		if (glue_needs_process_state(&policy->hooks[i]))
			return true;
	return false;
}

static void print_selector_of(const char *whose, const struct label_selector *selector, FILE *out)
{
	char text[1024] = "";
	struct buffer buffer = {.data = text, .capacity = sizeof(text)};

	if (!selector->count)
		return;
	label_selector_append_text(&buffer, selector);
	fprintf(out, " %s %.*s%s", whose, (int)buffer.length, text, buffer.is_full ? "..." : "");
}

/* Whose processes it is for. */
static void print_scope(const struct policy *policy, const struct kernel_view *kernel, FILE *out)
{
	const struct policy_scope *scope = &policy->scope;
	bool has_pods = policy->namespace || scope->pod.is_given || scope->container.is_given;

	if (!kernel->has_workloads || !policy_is_scoped(policy))
		return;
	fputs(ITEM "for processes of ", out);
	if (scope->has_host)
		fprintf(out, "the host%s", has_pods ? ", and of " : "");
	if (has_pods) {
		fputs(scope->container.count ? "containers" : "all containers", out);
		print_selector_of("with", &scope->container, out);
		fputs(scope->pod.count ? " in pods" : " in all pods", out);
		print_selector_of("with", &scope->pod, out);
		if (policy->namespace)
			fprintf(out, " of namespace %s", policy->namespace);
	}
	fputs(": asked in the kernel, by cgroup, before anything else\n", out);
}

int policy_explain(const struct policy *policy, const struct kernel_view *kernel, FILE *out)
{
	int r = 0, result = check_whole(policy, kernel);
	size_t memory = 0;

	if (result == -ENOMEM)
		return result;
	print_head(policy, out);
	print_scope(policy, kernel, out);
	if (policy->has_loader)
		fputs(ITEM "loader: executable files with a build id, as they are mapped, once per process and path\n",
		      out);
	for (size_t i = 0; i < policy->hook_count && r >= 0; i++)
		r = explain_hook(policy, i, kernel, out, &memory);
	if (asks_for_processes(policy))
		fprintf(out,
			ITEM "what each process was at its fork or exec is kept until it exits, once for all policies: "
			     "%zu bytes each\n",
			sizeof(struct process_state) + HASH_ENTRY_BYTES);
	if (result < 0)
		fputs(LAST "this kernel refuses the policy as a whole\n", out);
	else if (policy->hook_count == 0)
		fputs(LAST "it hooks no functions\n", out);
	else
		fprintf(out, LAST "about %zu KiB of kernel memory in all\n", memory / 1024);
	return r < 0 ? r : result;
}
