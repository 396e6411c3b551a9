/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What an event of a loaded hook needs beyond the record: names, labels and
 * types. Made when a policy is compiled, shared by control flow (which publishes it under a
 * number) and data flow (which looks it up by wire_hook.hook), never changed in between.
 */
#include "core/policy/policy.h"

struct hook_arg_info {
	enum arg_type type; /* never ARG_AUTO */
	char *label;        /* NULL: none */
};

struct hook_info {
	enum hook_family family;
	char *policy_name;
	char *function_name;   /* kprobes, fentries: the symbol, also with its architecture prefix; lsm: the hook; else
				  NULL */
	size_t function_count; /* of a hook that is attached to all functions of a list at once; else 0 */
	char **functions;      /* owned: their symbols; function_name is NULL then */
	char *subsystem, *event; /* tracepoints */
	char *message;           /* escaped as section 15 of tracingpolicy.md says; NULL: none */
	size_t tag_count;
	char *tags[POLICY_TAGS_MAX]; /* escaped */
	size_t arg_count;
	struct hook_arg_info args[POLICY_TRACEPOINT_ARGS_MAX];
	bool has_return;
	struct hook_arg_info return_arg;
};

void hook_info_free(struct hook_info *info); /* accepts NULL */
/* The name of one of its functions, by position; NULL: none. */
const char *hook_info_function(const struct hook_info *info, uint32_t position);

/* Where the data flow finds them: a bounded table of numbers 1..HOOK_NUMBER_MAX. Not thread-safe by itself but for this
 * one pair: one thread publishes and withdraws, another looks up. */
#define HOOK_NUMBER_MAX 16384

struct hook_table;

struct hook_table *hook_table_new(void); /* NULL: no memory */
struct hook_table *hook_table_free(struct hook_table *table);
/*
 * Takes the info over; its number, or 0 if the table is full (the info is still the caller's then). With `functions` it
 * takes as many numbers, one behind the other, in their order; the first one is returned.
 */
uint32_t hook_table_publish(struct hook_table *table, struct hook_info *info);
/*
 * The number is the one that the info was published under, the first one of several.
 * No record carries the number from now on but those that are in the ring already: it is freed
 * and used again when hook_table_collect() is called for a later time than now_ns plus HOOK_GRACE_NS.
 */
#define HOOK_GRACE_NS (30ull * 1000 * 1000 * 1000)
void hook_table_withdraw(struct hook_table *table, uint32_t number, uint64_t now_ns);
/* Frees what was withdrawn long enough ago; called by the thread that looks up, about once a second. */
void hook_table_collect(struct hook_table *table, uint64_t now_ns);
/* NULL: unknown. Valid until the next hook_table_collect(). */
const struct hook_info *hook_table_find(const struct hook_table *table, uint32_t number);
/* Which of its functions the number stands for: the position in `functions`; 0 where there are none. */
uint32_t hook_table_function(const struct hook_table *table, uint32_t number);
