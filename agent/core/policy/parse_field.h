/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of the parser share: where they are, what they report, and
 * mappings read by tables of fields.
 */
#include "core/policy/parse.h"
#include "core/policy/parse_schema.h"

/* A node and how it was reached: a chain on the stack, from which messages get their field path. */
struct place {
	const struct place *parent; /* NULL: the document */
	const char *key;            /* NULL: item `index` of the parent */
	size_t index;
	const struct tree_node *node;
};

struct parse_list; /* parse_list.h */

struct parse {
	struct report *report;
	const struct policy_variables *variables; /* may be NULL */
	struct policy *policy;
	const struct place *macros; /* spec.selectorsMacros; NULL: there are none */
	uint64_t used_macros;       /* bits by their positions */
	struct parse_list *lists;   /* owned */
	size_t list_count;
	bool is_mode_given;                           /* by an option */
	bool has_enforcement, has_return_enforcement; /* a hook acts on the kernel; only when a function has returned */
	size_t values_left;                           /* of PARSE_VALUES_MAX */
	bool has_too_many_values;                     /* reported; no more need be read */
	bool is_out_of_memory;
	/* the hook that is being read, and what its `call` stands for */
	struct policy_hook *hook;
	const struct parse_list *hook_list;
	bool is_list_wrong;      /* it calls a list that there is none of, or that is wrong: reported */
	uint32_t wrong_args;     /* bits by position in args: an error was reported, others need not follow */
	size_t substring_count;  /* values of its SubString filters */
	size_t expression_count; /* its CelExpr filters */
	bool is_return_wrong;    /* the same of returnArg */
};

/* Values of all filters of a policy, after macros and lists, so that a small file makes no large policy. */
#define PARSE_VALUES_MAX (2 * POLICY_VALUES_MAX)

/* A finding at the node. `remedy` may be NULL. */
void parse_error(struct parse *parse, const struct place *place, const char *remedy, const char *problem, ...)
	PRINTF_LIKE(4, 5);
void parse_warn(struct parse *parse, const struct place *place, const char *remedy, const char *problem, ...)
	PRINTF_LIKE(4, 5);
void parse_no_memory(struct parse *parse);
/* "spec.kprobes[0].call"; cut if it does not fit. */
void parse_path(const struct place *place, char *text, size_t size);

/* Reads a node into what `target` points at; reports what is wrong with it. */
typedef void (*parse_reader)(struct parse *parse, const struct place *place, void *target);

enum parse_need {
	PARSE_OPTIONAL,
	PARSE_REQUIRED,
	PARSE_CHECKED, /* required: the reader of the whole says so, in words of its own */
	PARSE_NOT_YET, /* the interface has it, Trigon does not: refused */
	PARSE_IGNORED, /* of no consequence */
};

/* A field of a mapping. */
struct parse_row {
	const char *name;
	parse_reader read;
	size_t offset; /* of the reader's target in that of the mapping */
	enum parse_need need;
	const struct parse_schema *schema; /* NULL: the API server needs no telling */
	const char *help;                  /* for `kubectl explain`; NULL as well */
};

#define PARSE_OF_KUBERNETES NULL, NULL /* schema and help of what every object has */

struct parse_table {
	const struct parse_row *rows; /* read in this order, whatever the order in the file */
	size_t count;                 /* at most PARSE_ROWS_MAX */
};

#define PARSE_ROWS_MAX 32
#define PARSE_TABLE(rows) \
	{ \
		(rows), ARRAY_SIZE(rows) \
	}

/* Fills `ret` by row; .node is NULL for those that are missing or null. False if it is no mapping. Reports unknown and
 * unsupported fields. */
bool parse_collect(struct parse *parse, const struct place *place, const struct parse_table *table,
		   struct place ret[PARSE_ROWS_MAX]);
void parse_apply(struct parse *parse, const struct parse_table *table, const struct place fields[PARSE_ROWS_MAX],
		 void *target);
/* Both. */
void parse_object(struct parse *parse, const struct place *place, const struct parse_table *table, void *target);

/* True if it is a list; otherwise that is reported. */
bool parse_is_list(struct parse *parse, const struct place *place);
struct place parse_item(const struct place *list, size_t index);
/* The same for a map of names to values. */
bool parse_is_map(struct parse *parse, const struct place *place);
struct place parse_entry(const struct place *map, size_t index);

/* True if it is a string, as Kubernetes sees it: 1 and true are not, "1" is. */
bool parse_is_string(struct parse *parse, const struct place *place);
/* A string without NUL, of at most 4,096 bytes. NULL if it is none. Lives as long as the document. */
const char *parse_text(struct parse *parse, const struct place *place);
/* An integer up to `maximum`. */
bool parse_number(struct parse *parse, const struct place *place, uint64_t maximum, uint64_t *ret);
/* The string's place in `names`, which end with NULL; -1 if it is none of them. */
int parse_choice(struct parse *parse, const struct place *place, const char *const *names);
/* The same for a name that was read already. */
int parse_choice_of(struct parse *parse, const struct place *place, const char *name, const char *const *names);

/* Readers. */
void parse_read_bool(struct parse *parse, const struct place *place, void *target); /* bool */
void parse_read_text(struct parse *parse, const struct place *place, void *target); /* char *, owned */
void parse_read_u32(struct parse *parse, const struct place *place, void *target);  /* uint32_t */

/* Makes *text a copy; an empty text stays NULL. */
void parse_copy_text(struct parse *parse, const char *text, char **ret);
