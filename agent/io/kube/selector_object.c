// SPDX-License-Identifier: Apache-2.0
#include "io/kube/selector_object.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

static int add(struct label_selector *selector, const char *key, enum label_operator operator,
	       const char * const * values, size_t count)
{
	if (selector->count == SELECTOR_OBJECT_CONDITIONS_MAX)
		return -EINVAL;
	return label_selector_add(selector, key, operator, values, count);
}

static int read_labels(json_t *labels, struct label_selector *selector)
{
	const char *key;
	json_t *value;
	int r = 0;

	if (labels && !json_is_object(labels) && !json_is_null(labels))
		return -EINVAL;
	json_object_foreach(labels, key, value)
	{
		const char *text = json_string_value(value);

		r = text ? add(selector, key, LABEL_IN, &text, 1) : -EINVAL;
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_operator(const char *name, enum label_operator *ret)
{
	for (size_t i = 0; i < LABEL_OPERATOR_COUNT; i++) {
		if (strcmp(label_operator_names[i], name) != 0)
			continue;
		*ret = (enum label_operator)i;
		return 0;
	}
	return -EINVAL;
}

static int read_expression(const json_t *expression, struct label_selector *selector)
{
	const char *values[SELECTOR_OBJECT_VALUES_MAX];
	const char *key = json_string_value(json_object_get(expression, "key"));
	const char *name = json_string_value(json_object_get(expression, "operator"));
	const json_t *list = json_object_get(expression, "values");
	size_t count = json_array_size(list);
	enum label_operator operator= LABEL_IN;

	if (!key || !name || read_operator(name, &operator) < 0 || count > ARRAY_SIZE(values))
		return -EINVAL;
	if ((operator== LABEL_IN || operator== LABEL_NOT_IN) != (count > 0))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		values[i] = json_string_value(json_array_get(list, i));
		if (!values[i])
			return -EINVAL;
	}
	return add(selector, key, operator, values, count);
}

int selector_object_read(const json_t *object, struct label_selector *ret)
{
	_cleanup_(label_selector_done) struct label_selector selector = {.is_given = object && !json_is_null(object)};
	const json_t *expressions = json_object_get(object, "matchExpressions"), *expression;
	size_t i;
	int r;

	if (selector.is_given && !json_is_object(object))
		return -EINVAL;
	if (expressions && !json_is_array(expressions) && !json_is_null(expressions))
		return -EINVAL;
	r = read_labels(json_object_get(object, "matchLabels"), &selector);
	json_array_foreach(expressions, i, expression)
	{
		if (r == 0)
			r = read_expression(expression, &selector);
	}
	if (r < 0)
		return r;
	*ret = selector;
	selector = (struct label_selector){0};
	return 0;
}
