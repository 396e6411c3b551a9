/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the API server is told of a policy's fields, beside the readers that check the same in files: tools/crds
 * makes k8s/crds/ of it. tests/e2e/cases/crds.sh holds both to the same answers.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct parse_table;

enum parse_shape {
	PARSE_ANY,        /* kept as it is */
	PARSE_ANY_OBJECT, /* the same, but it has fields */
	PARSE_BOOL,
	PARSE_INTEGER,
	PARSE_STRING,
	PARSE_LIST,
	PARSE_MAP,
	PARSE_OBJECT,
};

/* A rule in CEL. What it walks over is bounded by `maximum` of all lists around it: the API server refuses a schema
 * whose rules might take long. */
struct parse_rule {
	const char *cel; /* true of what is right */
	const char *message;
};

struct parse_schema {
	enum parse_shape shape;
	int64_t minimum, maximum;         /* of a number; of a string's characters, a list's items; both 0: any */
	const char *pattern;              /* of a string; RE2 */
	const char *const *names;         /* of a string: one of these; ends with NULL */
	const char *(*name)(size_t i);    /* the same, from a table; NULL behind the last */
	bool is_any_case;                 /* names may be written in either case */
	const struct parse_schema *items; /* of a list or map */
	const char *key;                  /* of a list of objects: no two have the same text in this field */
	const struct parse_table *table;  /* of an object */
	const char *preset;               /* JSON: what a missing field is */
	const struct parse_rule *rules;   /* ends with a row of NULL */
	const char *also; /* schemas that hold as well, a list in YAML: where rules would cost too much */
};

extern const struct parse_schema parse_schema_any, parse_schema_bool, parse_schema_u32, parse_schema_text;
extern const struct parse_schema parse_schema_objects; /* a list of whatever has fields */

/* The document's: that of `spec` is one of its fields. */
const struct parse_table *policy_schema(void);
/* The i-th option's name, and a pattern of all of what its value may be; NULL: that was the last. */
const char *policy_option(size_t i, const char **ret_pattern);
extern const struct parse_schema policy_option_schema;
