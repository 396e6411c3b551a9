// SPDX-License-Identifier: Apache-2.0
/* Schemas of the parser as those of OpenAPI. */
#include <inttypes.h>

#include "core/policy/parse_arg_filter.h"
#include "core/policy/parse_hook.h"
#include "tools/crds/crds.h"
#include "tools/crds/yaml.h"

/* It is kept, not pruned: a filter that vanished would let everything through. The agent refuses the policy. */
static const char not_yet[] = "Not yet supported by Trigon. ";

/* --- values without parts: one line, lest the files be larger than an annotation may be -----------------------------
 */

static void write_enum(const struct parse_schema *schema)
{
	const char *name;

	if (!schema->names && !schema->name)
		return;
	fputs(schema->is_any_case ? ", pattern: \"^(?i:" : ", enum: [", stdout);
	for (size_t i = 0; (name = schema->names ? schema->names[i] : schema->name(i)); i++) {
		if (schema->is_any_case) {
			printf("%s%s", i ? "|" : "", name);
			continue;
		}
		fputs(i ? ", " : "", stdout);
		yaml_quote(name);
	}
	fputs(schema->is_any_case ? ")$\"" : "]", stdout);
}

static void write_string(const struct parse_schema *schema)
{
	fputs("type: string", stdout);
	write_enum(schema);
	if (schema->minimum)
		printf(", minLength: %" PRId64, schema->minimum);
	if (schema->maximum)
		printf(", maxLength: %" PRId64, schema->maximum);
	if (schema->pattern) {
		fputs(", pattern: ", stdout);
		yaml_quote(schema->pattern);
	}
}

static void write_integer(const struct parse_schema *schema)
{
	printf("type: integer, format: int64, minimum: %" PRId64, schema->minimum);
	if (schema->maximum)
		printf(", maximum: %" PRId64, schema->maximum);
}

static void write_leaf(const struct parse_schema *schema, const char *help)
{
	fputs(" {", stdout);
	if (help) {
		fputs("description: ", stdout);
		yaml_quote(help);
		fputs(", ", stdout);
	}
	if (schema->shape == PARSE_ANY_OBJECT)
		fputs("type: object, ", stdout);
	if (schema->shape == PARSE_ANY || schema->shape == PARSE_ANY_OBJECT)
		fputs("x-kubernetes-preserve-unknown-fields: true", stdout);
	else if (schema->shape == PARSE_BOOL)
		fputs("type: boolean", stdout);
	else if (schema->shape == PARSE_INTEGER)
		write_integer(schema);
	else
		write_string(schema);
	if (schema->preset)
		printf(", default: %s", schema->preset);
	if (schema->rules)
		printf(", x-kubernetes-validations: [");
	for (const struct parse_rule *rule = schema->rules; rule && rule->cel; rule++) {
		fputs(rule == schema->rules ? "{rule: " : ", {rule: ", stdout);
		yaml_quote(rule->cel);
		fputs(", message: ", stdout);
		yaml_quote(rule->message);
		putchar('}');
	}
	puts(schema->rules ? "]}" : "}");
}

/* --- values with parts -------------------------------------------------------------------------------------------- */

static void write_list(int depth, const struct parse_schema *schema, const struct crds_context *context)
{
	struct crds_context inside = *context;

	for (int family = 0; family < HOOK_LOADER; family++) {
		if (schema == &parse_hooks_schemas[family])
			inside.takes_lists = family == HOOK_TRACEPOINT;
	}
	yaml_line(depth, "type: array");
	if (schema->minimum)
		yaml_line(depth, "minItems: %" PRId64, schema->minimum);
	if (schema->maximum)
		yaml_line(depth, "maxItems: %" PRId64, schema->maximum);
	if (schema->key) {
		yaml_line(depth, "x-kubernetes-list-type: map");
		yaml_line(depth, "x-kubernetes-list-map-keys:");
		for (const char *key = schema->key; key; key = strchr(key, ' ') ? strchr(key, ' ') + 1 : NULL)
			yaml_line(depth, "- %.*s", (int)strcspn(key, " "), key);
	} else if (schema->items->shape == PARSE_OBJECT) {
		yaml_line(depth, "x-kubernetes-list-type: atomic");
	}
	crds_write_field(depth, "items", schema->items, NULL, &inside);
}

static void write_map(int depth, const struct parse_schema *schema, const struct crds_context *context)
{
	struct crds_context brief = *context;

	brief.is_brief = true;
	yaml_line(depth, "type: object");
	if (schema->maximum)
		yaml_line(depth, "maxProperties: %" PRId64, schema->maximum);
	crds_write_field(depth, "additionalProperties", schema->items, NULL, &brief);
}

static void write_required(int depth, const struct parse_table *table)
{
	bool has_any = false;

	for (size_t i = 0; i < table->count; i++) {
		const struct parse_row *row = &table->rows[i];

		if (!row->schema || (row->need != PARSE_REQUIRED && row->need != PARSE_CHECKED))
			continue;
		if (!has_any)
			yaml_line(depth, "required:");
		has_any = true;
		yaml_line(depth, "- %s", row->name);
	}
}

static void write_object(int depth, const struct parse_schema *schema, const struct crds_context *context)
{
	char help[1024];

	yaml_line(depth, "type: object");
	write_required(depth, schema->table);
	yaml_line(depth, "properties:");
	for (size_t i = 0; i < schema->table->count; i++) {
		const struct parse_row *row = &schema->table->rows[i];

		if (!row->schema)
			continue;
		if (context->is_brief) {
			crds_write_field(depth + 1, row->name, row->schema, NULL, context);
			continue;
		}
		snprintf(help, sizeof(help), "%s%s", row->need == PARSE_NOT_YET ? not_yet : "", row->help);
		crds_write_field(depth + 1, row->name, row->schema, help, context);
	}
	if (schema == &parse_arg_filter_schema)
		crds_write_value_forms(depth, context);
	if (schema->also)
		yaml_line(depth, "allOf: %s", schema->also);
}

void crds_write_rule(int depth, const char *cel, const char *message)
{
	yaml_indent(depth);
	fputs("- {rule: ", stdout);
	yaml_quote(cel);
	fputs(", message: ", stdout);
	yaml_quote(message);
	puts("}");
}

static void write_rules(int depth, const struct parse_schema *schema, const struct crds_context *context)
{
	const struct parse_rule *rule = schema->rules;

	if (rule)
		yaml_line(depth, "x-kubernetes-validations:");
	for (; rule && rule->cel; rule++)
		crds_write_rule(depth, rule->cel, rule->message);
	crds_write_rules(depth, schema, context);
}

void crds_write_field(int depth, const char *name, const struct parse_schema *schema, const char *help,
		      const struct crds_context *context)
{
	yaml_indent(depth);
	printf("%s:", name);
	if (schema->shape < PARSE_LIST) {
		write_leaf(schema, help);
		return;
	}
	putchar('\n');
	depth++;
	if (help)
		yaml_text(depth, "description", help);
	if (schema->shape == PARSE_LIST)
		write_list(depth, schema, context);
	else if (schema->shape == PARSE_MAP)
		write_map(depth, schema, context);
	else
		write_object(depth, schema, context);
	write_rules(depth, schema, context);
}
