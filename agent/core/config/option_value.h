/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Options as rows of a table, and one value of one option: text in, checked
 * value in the caller's struct out. Pure; option_parse.h walks a command line
 * with it, io/config/options.h adds --config-dir, --help and the messages.
 *
 * Kinds and the type of the destination at `offset`:
 *
 *   BOOL    bool                `true` or `false` (also t, f, 1, 0 and capitals, as Tetragon takes);
 *                               an empty value is an error, not true: a file that a template left
 *                               empty should not switch something on
 *   STRING  char *              owned; NULL when neither given nor with a default
 *   ENUM    enum, as unsigned   index into `choices`
 *   MODE    mode_t              octal, up to 777
 *   SIZE    uint64_t            bytes, or with one of the suffixes k, M, G (powers of 1024)
 *   U32     uint32_t            decimal
 *   LIMIT   uint64_t            decimal, or -1, which is OPTION_NO_LIMIT
 *   DURATION uint64_t           nanoseconds, as Go writes them: 1h30m, 500ms, or 0
 *   RATE    struct option_rate  a number and a DURATION with a comma between: 1000,1s; both zero for an empty value
 *   LIST    struct option_list  comma-separated; given again on the command line it grows
 *   TEXTS   struct option_list  one item, commas and all; given again on the command line it grows
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

enum option_kind {
	OPTION_BOOL,
	OPTION_STRING,
	OPTION_ENUM,
	OPTION_MODE,
	OPTION_SIZE,
	OPTION_U32,
	OPTION_LIMIT,
	OPTION_DURATION,
	OPTION_RATE,
	OPTION_LIST,
	OPTION_TEXTS,
};

#define OPTION_NO_LIMIT UINT64_MAX
#define OPTION_LIST_MAX 256 /* items of one list */

#define OPTION_RATE_COUNT_MAX 1000000000
#define OPTION_RATE_INTERVAL_MIN_NS 1000000ull
#define OPTION_RATE_INTERVAL_MAX_NS 3600000000000ull

struct option_rate {
	uint64_t count; /* 0: there is none */
	uint64_t interval_ns;
};

struct option_list {
	char **items; /* owned, and each item */
	size_t count;
};

struct option_row {
	const char *name; /* without the dashes */
	char letter;      /* short form, or 0 */
	enum option_kind kind;
	size_t offset;              /* of the destination in the caller's struct */
	const char *default_text;   /* parsed like a value; NULL: zero, false, NULL or an empty list */
	const char *placeholder;    /* of the value in --help; NULL for BOOL */
	const char *help;           /* one paragraph, no default in it */
	const char *group;          /* heading in --help; rows of a group stand together */
	const char *const *choices; /* ENUM: names in the order of their values, then NULL */
	uint64_t minimum, maximum;  /* SIZE, U32, LIMIT and DURATION, both inclusive */
};

struct option_table {
	const char *command;  /* as messages begin: "trigon agent" */
	const char *synopsis; /* what follows the command in the usage line: "[OPTION...]" */
	const char *summary;  /* a paragraph under the usage line */
	const struct option_row *rows;
	size_t count;           /* at most OPTION_TABLE_MAX */
	bool has_operands;      /* arguments that are no options, at most OPTION_LIST_MAX of them */
	size_t operands_offset; /* of the struct option_list that takes them */
};

#define OPTION_TABLE_MAX 64

/* What a user did wrong, in words: what, and what to do. One line, without a newline. */
struct option_error {
	char text[512];
};

/* Formats `ret_error`, control characters replaced by '?'. Returns -EINVAL. */
int option_error_set(struct option_error *ret_error, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Parses `text` of `length` bytes (of any content) into the destination of
 * `row` in `base`, freeing what it held; LIST and TEXTS grow. `source` names the flag
 * or file in the message. 0, -EINVAL with `ret_error`, or -ENOMEM with `ret_error`.
 */
int option_value_set(const struct option_row *row, void *base, const char *text, size_t length, const char *source,
		     struct option_error *ret_error);

/* Appends an argument that is no option. 0, -EINVAL with `ret_error`, or -ENOMEM. */
int option_operand_add(const struct option_table *table, void *base, const char *text, struct option_error *ret_error);

/* Frees the destination of `row` and makes it zero. */
void option_value_clear(const struct option_row *row, void *base);

/* Every destination: its default. `base` must be zeroed or hold values of the table. 0 or -ENOMEM. */
int option_table_set_defaults(const struct option_table *table, void *base);
/* Every destination: option_value_clear(); and the operands. */
void option_table_clear(const struct option_table *table, void *base);

/* The row of that name, or NULL. */
const struct option_row *option_table_find(const struct option_table *table, const char *name, size_t length);
/* The name that `name` is probably a misspelling of, or NULL. */
const char *option_table_suggest(const struct option_table *table, const char *name, size_t length);
