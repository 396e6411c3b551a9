// SPDX-License-Identifier: Apache-2.0
#include "core/policy/label_selector.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/process.h"

const char *const label_operator_names[LABEL_OPERATOR_COUNT + 1] = {
	[LABEL_IN] = "In",
	[LABEL_NOT_IN] = "NotIn",
	[LABEL_EXISTS] = "Exists",
	[LABEL_DOES_NOT_EXIST] = "DoesNotExist",
};

static bool is_text(struct bytes bytes, const char *text)
{
	return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

static bool has_value(const struct label_requirement *requirement, struct bytes value)
{
	for (size_t i = 0; i < requirement->value_count; i++)
		if (is_text(value, requirement->values[i]))
			return true;
	return false;
}

static bool requirement_holds(const struct label_requirement *requirement, label_finder find, const void *object)
{
	struct bytes value = {0};
	bool is_there = find(object, requirement->key, &value);

	switch (requirement->operator) {
	case LABEL_IN:
		return is_there && has_value(requirement, value);
	case LABEL_NOT_IN:
		return !is_there || !has_value(requirement, value);
	case LABEL_EXISTS:
		return is_there;
	default:
		return !is_there;
	}
}

bool label_selector_matches(const struct label_selector *selector, label_finder find, const void *object)
{
	for (size_t i = 0; i < selector->count; i++)
		if (!requirement_holds(&selector->requirements[i], find, object))
			return false;
	return true;
}

static bool requirement_is_equal(const struct label_requirement *one, const struct label_requirement *other)
{
	if (one->operator!= other->operator|| one->value_count != other->value_count ||
	    strcmp(one->key, other->key) != 0)
		return false;
	for (size_t i = 0; i < one->value_count; i++)
		if (strcmp(one->values[i], other->values[i]) != 0)
			return false;
	return true;
}

bool label_selector_is_equal(const struct label_selector *one, const struct label_selector *other)
{
	if (one->is_given != other->is_given || one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (!requirement_is_equal(&one->requirements[i], &other->requirements[i]))
			return false;
	return true;
}

static void requirement_done(struct label_requirement *requirement)
{
	for (size_t i = 0; i < requirement->value_count; i++)
		free(requirement->values[i]);
	free(requirement->values);
	free(requirement->key);
	*requirement = (struct label_requirement){0};
}

static int requirement_set(struct label_requirement *requirement, const char *key, const char *const *values,
			   size_t value_count)
{
	requirement->key = strdup(key);
	requirement->values = calloc(value_count + 1, sizeof(*requirement->values));
	if (!requirement->key || !requirement->values)
		return -ENOMEM;
	for (; requirement->value_count < value_count; requirement->value_count++) {
		char *value = strdup(values[requirement->value_count]);

		if (!value)
			return -ENOMEM;
		requirement->values[requirement->value_count] = value;
	}
	return 0;
}

int label_selector_add(struct label_selector *selector, const char *key, enum label_operator operator,
		       const char * const * values, size_t value_count)
{
	struct label_requirement *grown =
		reallocarray(selector->requirements, selector->count + 1, sizeof(*selector->requirements));
	int r;

	if (!grown)
		return -ENOMEM;
	selector->requirements = grown;
	grown[selector->count] = (struct label_requirement){.operator= operator};
	r = requirement_set(&grown[selector->count], key, values, value_count);
	if (r < 0) {
		requirement_done(&grown[selector->count]);
		return r;
	}
	selector->count++;
	selector->is_given = true;
	return 0;
}

int label_selector_copy(const struct label_selector *selector, struct label_selector *ret)
{
	_cleanup_(label_selector_done) struct label_selector copy = {.is_given = selector->is_given};

	for (size_t i = 0; i < selector->count; i++) {
		const struct label_requirement *requirement = &selector->requirements[i];
		int r = label_selector_add(&copy, requirement->key,
					   requirement->operator,(const char *const *) requirement->values,
					   requirement->value_count);

		if (r < 0)
			return r;
	}
	*ret = copy;
	copy = (struct label_selector){0};
	return 0;
}

static void append_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

static void append_requirement(struct buffer *buffer, const struct label_requirement *requirement)
{
	bool is_list = requirement->operator== LABEL_IN || requirement->operator== LABEL_NOT_IN;

	if (requirement->operator== LABEL_DOES_NOT_EXIST)
		append_text(buffer, "!");
	append_text(buffer, requirement->key);
	if (!is_list)
		return;
	if (requirement->value_count == 1) {
		append_text(buffer, requirement->operator== LABEL_IN ? "=" : "!=");
		append_text(buffer, requirement->values[0]);
		return;
	}
	append_text(buffer, requirement->operator== LABEL_IN ? " in (" : " notin (");
	for (size_t i = 0; i < requirement->value_count; i++) {
		append_text(buffer, i ? "," : "");
		append_text(buffer, requirement->values[i]);
	}
	append_text(buffer, ")");
}

void label_selector_append_text(struct buffer *buffer, const struct label_selector *selector)
{
	if (!selector->count)
		append_text(buffer, "everything");
	for (size_t i = 0; i < selector->count; i++) {
		append_text(buffer, i ? "," : "");
		append_requirement(buffer, &selector->requirements[i]);
	}
}

void label_selector_done(struct label_selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		requirement_done(&selector->requirements[i]);
	free(selector->requirements);
	*selector = (struct label_selector){0};
}
