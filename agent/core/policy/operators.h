/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The operators of matchArgs and matchReturnArgs: one table, one row for each
 * operator and kind of type that it tests (section 18 of tracingpolicy.md). A new operator is a row here, a test in the
 * kernel's part, and a case each.
 */
#include "core/policy/parse_value.h"

struct operator_info {
	enum filter_operator operator;
	const char *name;
	uint32_t traits;       /* it tests types that have one of these; 0: CelExpr, whose value names the arguments */
	enum values_kind kind; /* VALUES_NONE: it takes none */
	value_reader read;
	size_t values_max;
	size_t length_max; /* bytes of a string */
	bool is_negative;
	uint8_t arg_count;
};

/* The row for a type; NULL: no such operator, or not for this type. */
const struct operator_info *operator_find(const char *name, enum arg_type type);
/* Any row of that name; NULL: no such operator. */
const struct operator_info *operator_find_any(const char *name);
/* Its usual spelling. */
const char *operator_name(enum filter_operator wanted);
bool operator_is_negative(enum filter_operator wanted);
/* "Equal NotEqual ...": those for a type; ARG_TYPE_COUNT: all. `text` is cut if it is too small. */
void operator_list(enum arg_type type, char *text, size_t size);
/* "did you mean ...", or NULL. */
const char *operator_suggest(const char *name);
/* All rows, and all spellings; NULL: that was the last. */
const struct operator_info *operator_row(size_t i);
const char *operator_spelling(size_t i);
