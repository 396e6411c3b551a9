/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* spec.lists: names for several functions or system calls (section 6 of tracingpolicy.md). */
#include "core/policy/parse_syscall.h"
#include "core/policy/parse_value.h"

#define PARSE_LIST_PREFIX "list:"

extern const struct parse_schema parse_lists_schema;

enum parse_list_type {
	PARSE_LIST_FUNCTIONS,
	PARSE_LIST_SYSCALLS,
	PARSE_LIST_GENERATED_SYSCALLS,
	PARSE_LIST_GENERATED_FTRACE,
};

struct parse_list_item {
	char *symbol; /* owned; of the kernel's function, but without prefix where the ABI is the machine's own */
	struct place place;
	enum syscall_abi abi; /* system calls */
	bool is_arm32;        /* whose functions are those of arm64, and whose numbers are not known here */
};

struct parse_list {
	struct place place, values; /* of the list; their parents live as long as the parse */
	char *name;                 /* owned, as is the pattern; NULL: it has none, which was reported */
	char *pattern;
	enum parse_list_type type;
	bool is_wrong; /* reported; its users need not be */
	size_t count;
	struct parse_list_item *items; /* owned */
};

/* Reader of spec.lists; the target is the struct parse. The place must outlive the parse. */
void parse_read_lists(struct parse *parse, const struct place *place, void *target);
void parse_lists_done(struct parse *parse);

/* The list of that name; NULL: there is none, which is reported at `place`. */
const struct parse_list *parse_list_find(struct parse *parse, const struct place *place, const char *name);
static inline bool parse_list_is_syscalls(const struct parse_list *list)
{
	return list->type == PARSE_LIST_SYSCALLS || list->type == PARSE_LIST_GENERATED_SYSCALLS;
}

/* Reader of the value list:NAME: the system calls' numbers. */
void parse_list_add_numbers(const struct value_context *context, const struct place *place, const char *name);
