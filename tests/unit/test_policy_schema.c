// SPDX-License-Identifier: Apache-2.0
/* What must be true of all schemas. Whether they say what the readers do: tests/e2e/cases/crds.sh. */
#include "core/policy/parse_form.h"

#include <stdlib.h>

#include "core/policy/operators.h"
#include "core/policy/parse_hook.h"
#include "test.h"

#define MESSAGE_MAX 2048 /* of a rule, by the API server */

static int rows, leaves;

static void check_text(const char *where, const char *text)
{
	for (const char *at = text; *at; at++) {
		if (*at < ' ' || *at > '~') {
			printf("%s: not printable ASCII: %s\n", where, text);
			test_is_ok = false;
			return;
		}
	}
}

static void check_schema(const char *where, const struct parse_schema *schema);

static void check_row(const char *where, const struct parse_row *row)
{
	char name[512];

	snprintf(name, sizeof(name), "%s.%s", where, row->name);
	rows++;
	if (!row->help || row->help[strlen(row->help) - 1] != '.') {
		printf("%s: no help that is a sentence\n", name);
		test_is_ok = false;
		return;
	}
	check_text(name, row->help);
	check_schema(name, row->schema);
}

static bool is_free_form(const struct parse_schema *schema)
{
	return schema->shape == PARSE_ANY || schema->shape == PARSE_ANY_OBJECT;
}

static void check_schema(const char *where, const struct parse_schema *schema)
{
	bool is_container = schema->shape == PARSE_LIST || schema->shape == PARSE_MAP;

	CHECK(strlen(where) < 400);
	CHECK_EQ(schema->shape == PARSE_OBJECT, schema->table != NULL);
	CHECK_EQ(is_container, schema->items != NULL);
	CHECK(schema->minimum <= schema->maximum);
	/* rules walk over it */
	if (schema->shape == PARSE_LIST && !is_free_form(schema->items) && !schema->maximum) {
		printf("%s: a list without end\n", where);
		test_is_ok = false;
	}
	for (const struct parse_rule *rule = schema->rules; rule && rule->cel; rule++) {
		check_text(where, rule->cel);
		check_text(where, rule->message);
		CHECK(strlen(rule->message) < MESSAGE_MAX);
	}
	if (schema->pattern)
		check_text(where, schema->pattern);
	if (schema->items)
		check_schema(where, schema->items);
	for (size_t i = 0; schema->table && i < schema->table->count; i++)
		check_row(where, &schema->table->rows[i]);
	leaves += !schema->items && !schema->table;
}

static void test_schemas(void)
{
	const struct parse_table *table = policy_schema();
	const struct parse_row *spec = NULL;

	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].schema)
			spec = &table->rows[i];
	}
	CHECK(spec && strcmp(spec->name, "spec") == 0);
	if (spec)
		check_row("", spec);
	CHECK(rows > 300 && leaves > 200);
}

/* Every operator that takes values of a form of their own has a pattern of it. */
static void test_forms(void)
{
	char data[16384];
	const struct operator_info *row;
	int found = 0;

	for (size_t i = 0; (row = operator_row(i)); i++) {
		struct buffer pattern = {.data = data, .capacity = sizeof(data)};
		bool is_plain = row->kind != VALUES_NUMBERS && row->kind != VALUES_NETWORKS;
		bool has_form;

		if (is_plain ||
		    row->read == value_read_capabilities) /* of which other rows of the operator have other forms */
			continue;
		has_form = value_form(row->read, &pattern);
		if (!has_form || pattern.is_full || pattern.length == 0) {
			printf("%s: no pattern for its values\n", row->name);
			test_is_ok = false;
		}
		found++;
	}
	CHECK(found > 20);
	CHECK(!value_form(value_read_string, &(struct buffer){0}));
}

/* Each spelling once, and all that the parser knows. */
static void test_spellings(void)
{
	const char *name, *other;
	enum arg_type type, found;
	size_t types = 0, operators = 0;

	for (; (name = arg_type_spelling(types, &type)); types++) {
		CHECK(arg_type_is_known(name));
		CHECK_EQ(arg_type_from_name(name, &found), type != ARG_TYPE_COUNT);
		for (size_t i = 0; i < types; i++) {
			other = arg_type_spelling(i, &found);
			CHECK(strcmp(name, other) != 0);
		}
	}
	CHECK(types > ARG_TYPE_COUNT);
	for (; (name = operator_spelling(operators)); operators++) {
		CHECK(operator_find_any(name) != NULL);
		for (size_t i = 0; i < operators; i++)
			CHECK(strcmp(name, operator_spelling(i)) != 0);
	}
	CHECK(operators >= OPERATOR_COUNT);
}

int main(void)
{
	RUN(test_schemas);
	RUN(test_forms);
	RUN(test_spellings);
	return test_end();
}
