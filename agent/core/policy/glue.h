/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Glue: the instructions of one program of a hook. glue.c walks selectors, actions
 * and the event; glue_tests.c has the filters, glue_values.c reads arguments. What takes more than a few
 * instructions is a call of a piece (bpf/policy/).
 *
 *     for each selector: tests, cheapest first; one fails: the next selector
 *     its actions: signals, sockets, returned value
 *     the event: rate limit, memory, values, output
 *     exit
 */
#include "core/policy/cel.h"
#include "core/policy/plan.h"

/* What a program of the hook does. With both, it is the only one. */
enum {
	GLUE_OBSERVES = 1 << 0, /* sends events */
	GLUE_ENFORCES = 1 << 1, /* signals and overrides */
};

/* Registers with a fixed job. R0 to R5 belong to whoever comes next. */
enum {
	GLUE_CTX = BPF_REG_6,
	GLUE_SLOT = BPF_REG_7,   /* 0: none taken */
	GLUE_RECORD = BPF_REG_8, /* in a reservation or a slot */
	GLUE_KEPT = BPF_REG_9,   /* of whoever needs a value across a call */
};

/* The stack, offsets from R10. */
enum {
	GLUE_STACK_ACTION = -8,    /* action, selector << 8, stacks << 16 */
	GLUE_STACK_INTERVAL = -16, /* of the rate limit, ns */
	GLUE_STACK_SCOPE = -24,
	GLUE_STACK_RESULT = -32, /* what the program returns */
	GLUE_STACK_LOADED = -40, /* bits: values that are in the slot already */
	GLUE_STACK_KEY = -48,
	GLUE_STACK_VIEW = -96, /* struct sock_view */
	GLUE_STACK_CEL = -104, /* values of an expression that wait: CEL_TEMPORARIES_MAX of them, downwards */
};

enum {
	GLUE_RETURN = POLICY_TRACEPOINT_ARGS_MAX
}; /* the returned value, among positions of arguments */

struct glue {
	struct assembler *code;
	struct plan_hook *plan;
	const struct policy_hook *hook;
	const struct kernel_function *function;     /* NULL for tracepoints with a format */
	const struct kernel_tracepoint *tracepoint; /* else NULL */
	const struct kernel_view *kernel;
	enum attach_means means;
	unsigned role;
	bool is_scoped, is_for_host; /* the policy is for some pods' processes, and those of the host */
	uint16_t value_at[POLICY_TRACEPOINT_ARGS_MAX + 1]; /* offsets of struct wire_value, of bodies, in the record */
	uint16_t body_at[POLICY_TRACEPOINT_ARGS_MAX + 1];
	uint16_t fixed_bytes;
	int viewed;                          /* position of the argument that GLUE_STACK_VIEW shows; -1: none */
	uint32_t on_build, on_exit, on_lost; /* labels */
};

/* Writes the program into glue->code. All errors are the assembler's, or -ENOSPC: too many value sets. */
int glue_write(struct glue *glue);
/* The program at a function's return, where entry left a record: completes and sends it. */
int glue_write_return(struct glue *glue);
/* True if this program leaves its record for another one, at the function's return. */
bool glue_is_pending(const struct glue *glue);
/* The dispatcher before it: runs the active generation's program, of two. */
void glue_write_dispatcher(struct assembler *code);
/* One of several of an attach point; `number` is the point's (bpf/policy/backup.h). */
void glue_write_dispatcher_copy(struct assembler *code, uint32_t number, int copy);

/* Adds one to a member of this policy's struct wire_policy_counters, given by its offset. R1 and R2 are lost. */
void glue_count(struct glue *glue, size_t member);

/* --- glue_values.c */
/* True if records of this hook need memory of a slot. `info` has the types that `auto` stands for. */
bool glue_needs_slot(const struct policy_hook *hook, const struct hook_info *info);
void glue_layout(struct glue *glue);
const struct hook_arg_info *glue_arg(const struct glue *glue, int position);
/* Of its body in the record: what lies behind it is another's. */
uint16_t glue_body_bytes(const struct glue *glue, int position);
/* Of so many arguments kprobes know the registers; further ones are on the stack. */
size_t glue_function_registers(void);
/* The argument as it comes, in a register; an integer is extended to 64 bits. */
void glue_load_arg(struct glue *glue, int to, int position);
bool glue_has_typed_pointers(const struct glue *glue); /* may a program of this type follow pointers to structs? */
bool glue_arg_is_typed(const struct glue *glue, int position);
/* Is the program attached to several functions? Then its cookie says which one: the position in info->functions. */
bool glue_has_cookie(const struct glue *glue);
/* The argument as a number, in R0: integers, capability masks, which are behind a pointer, and system calls, marked
 * where they are 32-bit ones. R1 to R5 are lost. */
void glue_load_number(struct glue *glue, int position);
/* The value in the record, which GLUE_RECORD points at; jumps to on_drop when the event is to be dropped. */
void glue_put_value(struct glue *glue, int position, uint32_t on_drop);
/* Makes sure that there is a slot, and that this value is in it. */
void glue_need_slot(struct glue *glue);
void glue_need_value(struct glue *glue, int position);

/* --- glue_tests.c */
enum glue_test_kind {
	GLUE_TEST_ARG,               /* struct policy_arg_filter */
	GLUE_TEST_RETURN,            /* the same, on the returned value */
	GLUE_TEST_PID,               /* struct policy_pid_filter */
	GLUE_TEST_NAMESPACE,         /* struct policy_namespace_filter */
	GLUE_TEST_CAPABILITY,        /* struct policy_capability_filter */
	GLUE_TEST_BINARY,            /* struct policy_binary_filter */
	GLUE_TEST_PARENT_BINARY,     /* the same, of the parent */
	GLUE_TEST_NAMESPACE_CHANGE,  /* struct policy_namespace_change */
	GLUE_TEST_CAPABILITY_CHANGE, /* struct policy_capability_filter */
	GLUE_TEST_KINDS,
};

/* One filter of a selector, in the form that the order of tests needs. */
struct glue_test {
	int cost; /* what it costs at run time, roughly in instructions */
	enum glue_test_kind kind;
	const void *filter;
};

#define GLUE_TESTS_MAX 64

/* The selector's tests in the order in which they run, cheapest first; how many. Needs plan, hook and means. */
size_t glue_order_tests(const struct glue *glue, const struct policy_selector *selector,
			struct glue_test tests[GLUE_TESTS_MAX]);
/* All tests of a selector; falls through when all hold, else jumps to on_fail. 0 or -ENOSPC. */
int glue_test_selector(struct glue *glue, const struct policy_selector *selector, uint32_t on_fail);
/*
 * True if the hook's tests ask what is recorded of processes. A change of namespaces or capabilities is used up by the
 * selector that matches as a whole: behind its last test glue_test_selector() records what is now, in that program of
 * the hook that runs last.
 */
bool glue_needs_process_state(const struct policy_hook *hook);
/* Does one of the strings need keys above 512 bytes (kernel_features.has_large_keys)? */
bool glue_has_long_string(const struct policy_values *values);
/* Those on the returned value alone. */
int glue_test_return(struct glue *glue, const struct policy_selector *selector, uint32_t on_fail);
/* A value set of the hook, or its map of pending records (values NULL); its number for emit_map(), or -errno. */
int glue_add_map(struct glue *glue, enum plan_map_kind kind, const struct policy_values *values);

/* --- glue_cel.c */
/* Falls through when the expression holds, else jumps to on_fail. */
void glue_test_expression(struct glue *glue, const struct cel_expression *expression, uint32_t on_fail);
