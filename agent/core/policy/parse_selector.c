// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_selector.h"

#include <string.h>

#include "core/config/suggest.h"
#include "core/policy/parse_action.h"
#include "core/policy/parse_arg_filter.h"
#include "core/policy/parse_filter.h"

#define SELECTOR_MACROS_MAX 16 /* of one selector */
#define SELECTOR_MACRO_NAME_MAX 253
#define MACROS_MAX 64 /* bits of parse.used_macros */

enum {
	SELECTOR_LABEL,
	SELECTOR_MACROS,
};

static void selector_read_nothing(struct parse *parse, const struct place *place, void *target);

static const struct parse_schema macro_name_schema = {.shape = PARSE_STRING, .maximum = SELECTOR_MACRO_NAME_MAX};
static const struct parse_schema macro_names_schema = {
	.shape = PARSE_LIST, .maximum = SELECTOR_MACROS_MAX, .items = &macro_name_schema};

/* In the order in which the kernel tests them. */
static const struct parse_row selector_rows[] = {
	[SELECTOR_LABEL] = {"label", parse_read_text, offsetof(struct policy_selector, label), PARSE_OPTIONAL,
			    &parse_schema_text, "A name, for counters and messages."},
	[SELECTOR_MACROS] = {"macros", selector_read_nothing, 0, PARSE_OPTIONAL, &macro_names_schema,
			     "Entries of selectorsMacros, whose fields are added to these."},
	{"matchPIDs", parse_read_pids, 0, PARSE_OPTIONAL, &parse_pids_schema, "Processes, by their ids."},
	{"matchNamespaces", parse_read_namespaces, 0, PARSE_OPTIONAL, &parse_namespaces_schema,
	 "Namespaces that the process is in."},
	{"matchCapabilities", parse_read_capabilities, 0, PARSE_OPTIONAL, &parse_capabilities_schema,
	 "Capabilities that the process has."},
	{"matchNamespaceChanges", parse_read_namespace_changes, 0, PARSE_OPTIONAL, &parse_namespace_changes_schema,
	 "Namespaces that the process has changed since it was started."},
	{"matchCapabilityChanges", parse_read_capability_changes, 0, PARSE_OPTIONAL, &parse_capabilities_schema,
	 "Capabilities that the process has gained or lost since it was started."},
	{"matchBinaries", parse_read_binaries, 0, PARSE_OPTIONAL, &parse_binaries_schema,
	 "The program that the process runs."},
	{"matchParentBinaries", parse_read_parent_binaries, 0, PARSE_OPTIONAL, &parse_binaries_schema,
	 "The program that its parent runs."},
	{"matchArgs", parse_read_match_args, 0, PARSE_OPTIONAL, &parse_match_args_schema,
	 "Arguments: all of these must hold."},
	{"matchReturnArgs", parse_read_match_return_args, 0, PARSE_OPTIONAL, &parse_match_args_schema,
	 "The returned value: all of these must hold, or there is no event."},
	{"matchActions", parse_read_actions, 0, PARSE_OPTIONAL, &parse_actions_schema,
	 "What to do; without it, Post: an event."},
	{"matchReturnActions", parse_read_return_actions, 0, PARSE_OPTIONAL, &parse_actions_schema,
	 "What to do when the function has returned."},
	{"matchData", NULL, 0, PARSE_NOT_YET, &parse_schema_objects, "Values of `data`."},
	{"matchWorkloads", NULL, 0, PARSE_NOT_YET, &parse_schema_any, "Pods and containers that the process is in."},
};
static const struct parse_table selector_table = PARSE_TABLE(selector_rows);

static const struct parse_rule macro_rules[] = {
	{"!has(self.macros) || size(self.macros) == 0", "macro definition cannot use other macros"},
	{NULL, NULL},
};
static const struct parse_schema macro_schema = {.shape = PARSE_OBJECT, .table = &selector_table, .rules = macro_rules};
const struct parse_schema parse_macros_schema = {.shape = PARSE_MAP, .maximum = MACROS_MAX, .items = &macro_schema};
static const struct parse_schema selector_schema = {.shape = PARSE_OBJECT, .table = &selector_table};
const struct parse_schema parse_selectors_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_SELECTORS_MAX, .items = &selector_schema};

const char *parse_selector_list(size_t i)
{
	for (size_t at = 0; at < selector_table.count; at++) {
		const struct parse_row *row = &selector_table.rows[at];

		if (at != SELECTOR_LABEL && at != SELECTOR_MACROS && row->need != PARSE_NOT_YET && i-- == 0)
			return row->name;
	}
	return NULL;
}

/* Macros are merged before the fields are read. */
static void selector_read_nothing(struct parse *parse, const struct place *place, void *target)
{
	(void)parse, (void)place, (void)target;
}

void parse_read_macros(struct parse *parse, const struct place *place, void *target)
{
	struct place fields[PARSE_ROWS_MAX];

	(void)target;
	if (place->node->kind != TREE_MAPPING) {
		parse_error(parse, place, "write `name: {matchBinaries: ...}`", "must be of type object: \"%s\"",
			    tree_describe(place->node));
		return;
	}
	if (place->node->count > MACROS_MAX) {
		parse_error(parse, place, "remove some", "no more than %d macros supported (%zu provided)", MACROS_MAX,
			    place->node->count);
		return;
	}
	parse->macros = place;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct tree_child *child = &place->node->children[i];
		const struct place macro = {.parent = place, .key = child->key->text, .node = child->value};

		if (parse_collect(parse, &macro, &selector_table, fields) && fields[SELECTOR_MACROS].node &&
		    fields[SELECTOR_MACROS].node->count > 0)
			parse_error(parse, &fields[SELECTOR_MACROS], "write its filters out",
				    "macro definition cannot use other macros");
	}
}

/* Marks it as used. */
static const struct tree_node *macro_find(struct parse *parse, const char *name)
{
	const struct tree_node *macros = parse->macros->node;

	for (size_t i = 0; i < macros->count; i++) {
		if (tree_is(macros->children[i].key, name)) {
			parse->used_macros |= 1ull << i;
			return macros->children[i].value;
		}
	}
	return NULL;
}

void parse_check_macros(struct parse *parse, const struct place *spec)
{
	const struct place macros = {
		.parent = spec, .key = "selectorsMacros", .node = tree_find(spec->node, "selectorsMacros")};

	for (size_t i = 0; macros.node && i < macros.node->count; i++) {
		const struct tree_child *child = &macros.node->children[i];
		const struct place macro = {.parent = &macros, .key = child->key->text, .node = child->value};

		if (!(parse->used_macros >> i & 1))
			parse_warn(parse, &macro, "remove it, or name it in the `macros` of a selector",
				   "no selector uses it: what it says was not looked at");
	}
}

static void macro_undefined(struct parse *parse, const struct place *place, const char *name)
{
	char remedy[SUGGEST_NAME_MAX + 64] = "define it in spec.selectorsMacros";
	struct suggestion near = {0};

	for (size_t i = 0; parse->macros && i < parse->macros->node->count; i++)
		suggest_offer(&near, name, strlen(name), parse->macros->node->children[i].key->text);
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	if (parse->macros)
		parse_error(parse, place, remedy, "undefined macro '%s'", name);
	else
		parse_error(parse, place, remedy,
			    "macro '%s' is used in selector, but no macros were defined in policy spec", name);
}

static bool selector_says_something(const struct place *field)
{
	return field->node && (field->node->kind == TREE_SCALAR || field->node->count > 0);
}

/* Adds the fields of a macro to those of a selector. */
static void macro_merge(struct parse *parse, const struct place *use, const struct place *macro,
			struct place fields[PARSE_ROWS_MAX])
{
	struct place added[PARSE_ROWS_MAX];

	if (!parse_collect(parse, macro, &selector_table, added))
		return;
	for (size_t i = 0; i < selector_table.count; i++) {
		if (i == SELECTOR_MACROS || !selector_says_something(&added[i]))
			continue;
		if (!selector_says_something(&fields[i]))
			fields[i] = added[i];
		else if (i != SELECTOR_LABEL)
			parse_error(parse, use, "remove one of them",
				    "%s: field is defined in multiple macros and/or policy selectors",
				    selector_rows[i].name);
	}
}

/* `places` keeps the macros while the fields are in use. */
static void selector_merge_macros(struct parse *parse, const struct place *names,
				  struct place places[SELECTOR_MACROS_MAX], struct place fields[PARSE_ROWS_MAX])
{
	if (!parse_is_list(parse, names))
		return;
	if (names->node->count > SELECTOR_MACROS_MAX) {
		parse_error(parse, names, NULL, "no more than %d macros supported (%zu provided)", SELECTOR_MACROS_MAX,
			    names->node->count);
		return;
	}
	for (size_t i = 0; i < names->node->count; i++) {
		const struct place use = parse_item(names, i);
		const char *name = parse_text(parse, &use);
		const struct tree_node *node = name && parse->macros ? macro_find(parse, name) : NULL;

		places[i] = (struct place){.parent = parse->macros, .key = name, .node = node};
		if (node)
			macro_merge(parse, &use, &places[i], fields);
		else if (name)
			macro_undefined(parse, &use, name);
	}
}

static void selector_read(struct parse *parse, const struct place *place, struct policy_selector *selector)
{
	struct place fields[PARSE_ROWS_MAX], macros[SELECTOR_MACROS_MAX];

	selector->position = place->node->position;
	if (!parse_collect(parse, place, &selector_table, fields))
		return;
	if (fields[SELECTOR_MACROS].node) {
		const struct place names = fields[SELECTOR_MACROS];

		selector_merge_macros(parse, &names, macros, fields);
	}
	parse_apply(parse, &selector_table, fields, selector);
}

void parse_read_selectors(struct parse *parse, const struct place *place, void *target)
{
	struct policy_hook *hook = target;

	if (!parse_is_list(parse, place) || place->node->count == 0)
		return;
	if (place->node->count > POLICY_SELECTORS_MAX) {
		parse_error(parse, place, "several hooks may watch the same function, each with selectors of its own",
			    "no more than 5 selectors supported (%zu provided)", place->node->count);
		return;
	}
	hook->selectors = calloc(place->node->count, sizeof(*hook->selectors));
	if (!hook->selectors) {
		parse_no_memory(parse);
		return;
	}
	hook->selector_count = place->node->count;
	for (size_t i = 0; i < hook->selector_count; i++) {
		const struct place item = parse_item(place, i);

		selector_read(parse, &item, &hook->selectors[i]);
	}
}
