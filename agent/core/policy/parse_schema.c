// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_field.h"

#define LABEL_MAX 63
#define LABEL_KEY_MAX 317        /* a DNS name of 253, a slash, and a name */
#define LABEL_EXPRESSIONS_MAX 64 /* bounds, for rules; the API server's own selectors have none */
#define LABEL_VALUES_MAX 1024

const struct parse_schema parse_schema_any = {.shape = PARSE_ANY};
const struct parse_schema parse_schema_bool = {.shape = PARSE_BOOL};
const struct parse_schema parse_schema_u32 = {.shape = PARSE_INTEGER, .maximum = UINT32_MAX};
const struct parse_schema parse_schema_text = {.shape = PARSE_STRING, .maximum = POLICY_STRING_MAX};
static const struct parse_schema any_object = {.shape = PARSE_ANY_OBJECT};
const struct parse_schema parse_schema_objects = {.shape = PARSE_LIST, .items = &any_object};

static const char *const label_operators[] = {"In", "NotIn", "Exists", "DoesNotExist", NULL};
static const struct parse_schema label_key = {.shape = PARSE_STRING, .minimum = 1, .maximum = LABEL_KEY_MAX};
static const struct parse_schema label_value = {
	.shape = PARSE_STRING, .maximum = LABEL_MAX, .pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"};
static const struct parse_schema label_values = {
	.shape = PARSE_LIST, .maximum = LABEL_VALUES_MAX, .items = &label_value};
static const struct parse_schema label_operator = {.shape = PARSE_STRING, .names = label_operators};
static const struct parse_schema label_map = {.shape = PARSE_MAP, .items = &label_value};

static const struct parse_row label_expression_rows[] = {
	{"key", NULL, 0, PARSE_REQUIRED, &label_key, "Name of the label."},
	{"operator", NULL, 0, PARSE_REQUIRED, &label_operator, "How the label is compared with values."},
	{"values", NULL, 0, PARSE_OPTIONAL, &label_values, "For In and NotIn, one or more; for the others, none."},
};
static const struct parse_table label_expression_table = PARSE_TABLE(label_expression_rows);
static const struct parse_rule label_expression_rules[] = {
	{"(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
	 "operators In and NotIn take one or more values, Exists and DoesNotExist none"},
	{NULL, NULL},
};
static const struct parse_schema label_expression = {
	.shape = PARSE_OBJECT, .table = &label_expression_table, .rules = label_expression_rules};
static const struct parse_schema label_expressions = {
	.shape = PARSE_LIST, .maximum = LABEL_EXPRESSIONS_MAX, .items = &label_expression};

static const struct parse_row label_rows[] = {
	{"matchLabels", NULL, 0, PARSE_OPTIONAL, &label_map, "Labels with the values that they must have."},
	{"matchExpressions", NULL, 0, PARSE_OPTIONAL, &label_expressions, "Conditions, all of which must hold."},
};
static const struct parse_table label_table = PARSE_TABLE(label_rows);

const struct parse_schema parse_schema_labels = {.shape = PARSE_OBJECT, .table = &label_table};
