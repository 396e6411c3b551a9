// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_labels.h"

#include <string.h>

#define LABEL_MAX 63
#define LABEL_KEY_MAX 317       /* a DNS name of 253, a slash, and a name */
#define LABEL_IMAGE_MAX 512     /* KUBE_IMAGE_MAX: what a container's label `repo` may be compared with */
#define LABEL_CONDITIONS_MAX 64 /* bounds, for rules; the API server's own selectors have none */
#define LABEL_VALUES_MAX 1024

/* --- what the API server is told */

static const struct parse_schema label_key = {.shape = PARSE_STRING, .minimum = 1, .maximum = LABEL_KEY_MAX};
static const struct parse_schema label_operator = {.shape = PARSE_STRING, .names = label_operator_names};

static const struct parse_rule expression_rules[] = {
	{"(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
	 "operators In and NotIn take one or more values, Exists and DoesNotExist none"},
	{NULL, NULL},
};
static const struct parse_rule key_rules[] = {
	{"self.all(key, size(key) >= 1 && size(key) <= 317)", "a label's name has 1 to 317 bytes"},
	{NULL, NULL},
};
static const struct parse_rule selector_rules[] = {
	{"(has(self.matchLabels) ? size(self.matchLabels) : 0) + (has(self.matchExpressions) ? "
	 "size(self.matchExpressions) : 0) <= 64",
	 "matchLabels, matchExpressions: a selector has at most 64 conditions"},
	{NULL, NULL},
};
_Static_assert(LABEL_KEY_MAX == 317 && LABEL_CONDITIONS_MAX == 64, "rules have these");

struct expression_read {
	struct place key, operator, values;
};

static void read_place(struct parse *parse, const struct place *place, void *target)
{
	(void)parse;
	*(struct place *)target = *place;
}

static void read_match_labels(struct parse *parse, const struct place *place, void *target);
static void read_match_container(struct parse *parse, const struct place *place, void *target);
static void read_expressions(struct parse *parse, const struct place *place, void *target);
static void read_container_expressions(struct parse *parse, const struct place *place, void *target);

#define EXPRESSION_PLACE(member) read_place, offsetof(struct expression_read, member)

/* A selector's schema, whose values are `value`. */
#define SELECTOR(prefix, value, match_labels, match_expressions) \
	static const struct parse_schema prefix##_values = { \
		.shape = PARSE_LIST, .maximum = LABEL_VALUES_MAX, .items = &(value)}; \
	static const struct parse_schema prefix##_map = { \
		.shape = PARSE_MAP, .maximum = LABEL_CONDITIONS_MAX, .items = &(value), .rules = key_rules}; \
	static const struct parse_row prefix##_expression_rows[] = { \
		{"key", EXPRESSION_PLACE(key), PARSE_REQUIRED, &label_key, "Name of the label."}, \
		{"operator", EXPRESSION_PLACE(operator), PARSE_REQUIRED, &label_operator, \
		 "How the label is compared with values."}, \
		{"values", EXPRESSION_PLACE(values), PARSE_OPTIONAL, &prefix##_values, \
		 "For In and NotIn, one or more; for the others, none."}, \
	}; \
	static const struct parse_table prefix##_expression_table = PARSE_TABLE(prefix##_expression_rows); \
	static const struct parse_schema prefix##_expression = { \
		.shape = PARSE_OBJECT, .table = &prefix##_expression_table, .rules = expression_rules}; \
	static const struct parse_schema prefix##_expressions = { \
		.shape = PARSE_LIST, .maximum = LABEL_CONDITIONS_MAX, .items = &prefix##_expression}; \
	static const struct parse_row prefix##_rows[] = { \
		{"matchLabels", match_labels, 0, PARSE_OPTIONAL, &prefix##_map, \
		 "Labels with the values that they must have."}, \
		{"matchExpressions", match_expressions, 0, PARSE_OPTIONAL, &prefix##_expressions, \
		 "Conditions, all of which must hold."}, \
	}; \
	static const struct parse_table prefix##_table = PARSE_TABLE(prefix##_rows)

static const struct parse_schema object_value = {
	.shape = PARSE_STRING, .maximum = LABEL_MAX, .pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"};
static const struct parse_schema container_value = {.shape = PARSE_STRING, .maximum = LABEL_IMAGE_MAX};

SELECTOR(object, object_value, read_match_labels, read_expressions);
SELECTOR(container, container_value, read_match_container, read_container_expressions);

const struct parse_schema parse_labels_schema = {
	.shape = PARSE_OBJECT, .table = &object_table, .rules = selector_rules};
const struct parse_schema parse_container_labels_schema = {
	.shape = PARSE_OBJECT, .table = &container_table, .rules = selector_rules};

/* --- readers */

static bool is_value_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_.", c));
}

/* Kubernetes takes no other as a label's value, so nothing has one that such a text selects. */
static bool is_label_value(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (!is_value_char(text[i]))
			return false;
	return length == 0 || (!strchr("-_.", text[0]) && !strchr("-_.", text[length - 1]));
}

static const char *read_value(struct parse *parse, const struct place *place, bool is_of_container)
{
	const char *text = parse_text(parse, place);
	size_t maximum = is_of_container ? LABEL_IMAGE_MAX : LABEL_MAX;

	if (!text)
		return NULL;
	if (strlen(text) > maximum) {
		parse_error(parse, place, "shorten it", "is longer than %zu bytes", maximum);
		return NULL;
	}
	if (!is_of_container && !is_label_value(text)) {
		parse_error(parse, place, "use letters, digits, -, _ and ., with a letter or digit at both ends",
			    "no label has this value: \"%s\"", text);
		return NULL;
	}
	return text;
}

static bool is_key(struct parse *parse, const struct place *place, const char *key)
{
	if (*key && strlen(key) <= LABEL_KEY_MAX)
		return true;
	parse_error(parse, place, "write the label's name", "a label's name has 1 to %d bytes", LABEL_KEY_MAX);
	return false;
}

static void add(struct parse *parse, const struct place *place, struct label_selector *selector, const char *key,
		enum label_operator operator, const char * const * values, size_t value_count)
{
	if (selector->count == LABEL_CONDITIONS_MAX)
		parse_error(parse, place, "remove some", "a selector has at most %d conditions", LABEL_CONDITIONS_MAX);
	else if (label_selector_add(selector, key, operator, values, value_count) < 0)
		parse_no_memory(parse);
}

static void read_labels(struct parse *parse, const struct place *place, struct label_selector *selector,
			bool is_of_container)
{
	if (!parse_is_map(parse, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_entry(place, i);
		const char *value = read_value(parse, &item, is_of_container);

		if (value && is_key(parse, &item, item.key))
			add(parse, &item, selector, item.key, LABEL_IN, &value, 1);
	}
}

static void read_match_labels(struct parse *parse, const struct place *place, void *target)
{
	read_labels(parse, place, target, false);
}

static void read_match_container(struct parse *parse, const struct place *place, void *target)
{
	read_labels(parse, place, target, true);
}

/* The number of values; 0 also where something is wrong, which is reported. */
static size_t read_values(struct parse *parse, const struct place *place, bool is_of_container,
			  const char *ret[static LABEL_VALUES_MAX])
{
	if (!place->node || !parse_is_list(parse, place))
		return 0;
	if (place->node->count > LABEL_VALUES_MAX) {
		parse_error(parse, place, "remove some", "no more than %d values supported", LABEL_VALUES_MAX);
		return 0;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		ret[i] = read_value(parse, &item, is_of_container);
		if (!ret[i])
			return 0;
	}
	return place->node->count;
}

static void read_expression(struct parse *parse, const struct place *place, struct label_selector *selector,
			    bool is_of_container)
{
	const struct parse_table *table = is_of_container ? &container_expression_table : &object_expression_table;
	const char *values[LABEL_VALUES_MAX], *key;
	struct expression_read read = {0};
	size_t errors = parse->report->error_count, count;
	bool takes_values;
	int operator;

	parse_object(parse, place, table, &read);
	key = read.key.node ? parse_text(parse, &read.key) : NULL;
	operator= read.operator.node ? parse_choice(parse, &read.operator, label_operator_names) : - 1;
	if (!key || operator<0 || !is_key(parse, &read.key, key))
		return;
	count = read_values(parse, &read.values, is_of_container, values);
	if (parse->report->error_count > errors)
		return;
	takes_values = operator== LABEL_IN || operator== LABEL_NOT_IN;
	if (takes_values != (count > 0))
		parse_error(parse, place, takes_values ? "write values" : "remove values", "%s",
			    expression_rules[0].message);
	else
		add(parse, place, selector, key, (enum label_operator) operator, values, count);
}

static void read_all_expressions(struct parse *parse, const struct place *place, struct label_selector *selector,
				 bool is_of_container)
{
	if (!parse_is_list(parse, place))
		return;
	for (size_t i = 0; i < place->node->count && i <= LABEL_CONDITIONS_MAX; i++) {
		const struct place item = parse_item(place, i);

		read_expression(parse, &item, selector, is_of_container);
	}
}

static void read_expressions(struct parse *parse, const struct place *place, void *target)
{
	read_all_expressions(parse, place, target, false);
}

static void read_container_expressions(struct parse *parse, const struct place *place, void *target)
{
	read_all_expressions(parse, place, target, true);
}

void parse_read_labels(struct parse *parse, const struct place *place, void *target)
{
	((struct label_selector *)target)->is_given = true;
	parse_object(parse, place, &object_table, target);
}

void parse_read_container_labels(struct parse *parse, const struct place *place, void *target)
{
	((struct label_selector *)target)->is_given = true;
	parse_object(parse, place, &container_table, target);
}
