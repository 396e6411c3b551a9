/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A label selector of Kubernetes: conditions on an object's labels, all of which must hold. matchLabels are kept as In
 * with one value.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "core/process/process.h"

enum label_operator {
	LABEL_IN,
	LABEL_NOT_IN, /* also where the label is not there */
	LABEL_EXISTS,
	LABEL_DOES_NOT_EXIST,
	LABEL_OPERATOR_COUNT,
};

extern const char *const label_operator_names[LABEL_OPERATOR_COUNT + 1]; /* as written; ends with NULL */

struct label_requirement {
	char *key; /* owned, as are the values */
	enum label_operator operator;
	size_t value_count;
	char **values;
};

struct label_selector {
	bool is_given; /* {} is given and has no requirements: it selects everything */
	size_t count;
	struct label_requirement *requirements; /* owned */
};

/* Finds an object's label: false if it has none of this name. */
typedef bool (*label_finder)(const void *object, const char *key, struct bytes *ret_value);

/* Do all conditions hold? Of a selector that is not given: yes. */
bool label_selector_matches(const struct label_selector *selector, label_finder find, const void *object);
/* The same conditions in the same order? */
bool label_selector_is_equal(const struct label_selector *one, const struct label_selector *other);
/* 0 or -ENOMEM, and *ret is untouched. */
int label_selector_copy(const struct label_selector *selector, struct label_selector *ret);
/*
 * Adds a condition with `values` as its values; the texts are copied. 0 or -ENOMEM.
 */
int label_selector_add(struct label_selector *selector, const char *key, enum label_operator operator,
		       const char * const * values, size_t value_count);
/* "app in (web, api), !legacy" as kubectl writes it; "everything" where there is no condition. */
void label_selector_append_text(struct buffer *buffer, const struct label_selector *selector);
void label_selector_done(struct label_selector *selector); /* leaves it empty; accepts an empty one */
