// SPDX-License-Identifier: Apache-2.0
#include "core/kube/label_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct index_label {
	uint32_t key, value;
};
_Static_assert(sizeof(struct index_label) == 8, "as the header says");

/* A condition; its values are `value_count` numbers behind those of the conditions before. */
struct index_requirement {
	uint32_t key, value_count;
	enum label_operator operator;
};

struct index_selector {
	size_t count, value_count;
	struct index_requirement *requirements; /* part of this allocation, as is: */
	uint32_t *values;
};

/* --- labels */

static int compare_labels(const void *a, const void *b)
{
	const struct index_label *one = a, *other = b;

	return one->key < other->key ? -1 : one->key > other->key;
}

static bool ref_label(struct name_pool *texts, const struct kube_label_fields *label, struct index_label *ret)
{
	ret->key = name_pool_ref(texts, label->key.data, label->key.length);
	ret->value = ret->key ? name_pool_ref(texts, label->value.data, label->value.length) : NAME_POOL_NONE;
	if (ret->value)
		return true;
	name_pool_unref(texts, ret->key);
	return false;
}

int index_labels_set(struct name_pool *texts, const struct kube_label_fields *labels, size_t count, size_t maximum,
		     struct index_labels *ret)
{
	size_t room = MIN(count, maximum);
	struct index_labels set = {.is_cut = count > maximum};

	set.labels = room ? reallocarray(NULL, room, sizeof(*set.labels)) : NULL;
	if (room && !set.labels)
		return -ENOMEM;
	for (size_t i = 0; i < room; i++) {
		if (ref_label(texts, &labels[i], &set.labels[set.count]))
			set.count++;
		else
			set.is_cut = true;
	}
	if (set.count)
		qsort(set.labels, set.count, sizeof(*set.labels), compare_labels);
	*ret = set;
	return 0;
}

void index_labels_done(struct name_pool *texts, struct index_labels *labels)
{
	for (uint32_t i = 0; i < labels->count; i++) {
		name_pool_unref(texts, labels->labels[i].key);
		name_pool_unref(texts, labels->labels[i].value);
	}
	free(labels->labels);
	*labels = (struct index_labels){0};
}

bool index_labels_is_equal(const struct index_labels *one, const struct index_labels *other)
{
	return one->is_cut == other->is_cut && one->count == other->count &&
	       (!one->count || memcmp(one->labels, other->labels, one->count * sizeof(*one->labels)) == 0);
}

/* --- selectors */

size_t index_selector_size(const struct label_selector *selector)
{
	size_t size = selector->count;

	for (size_t i = 0; i < selector->count; i++)
		size += selector->requirements[i].value_count;
	return size;
}

static uint32_t ref_text(struct name_pool *texts, const char *text)
{
	return name_pool_ref(texts, text, strlen(text));
}

static bool add_requirement(struct name_pool *texts, struct index_selector *selector,
			    const struct label_requirement *from)
{
	struct index_requirement *requirement = &selector->requirements[selector->count];

	*requirement = (struct index_requirement){.key = ref_text(texts, from->key), .operator= from->operator};
	if (!requirement->key)
		return false;
	selector->count++;
	for (size_t i = 0; i < from->value_count; i++) {
		uint32_t value = ref_text(texts, from->values[i]);

		if (!value)
			return false;
		selector->values[selector->value_count++] = value;
		requirement->value_count++;
	}
	return true;
}

struct index_selector *index_selector_new(struct name_pool *texts, const struct label_selector *selector)
{
	size_t value_count = index_selector_size(selector) - selector->count;
	struct index_selector *made = calloc(1, sizeof(*made) + selector->count * sizeof(struct index_requirement) +
							value_count * sizeof(uint32_t));

	if (!made)
		return NULL;
	made->requirements = (struct index_requirement *)(made + 1);
	made->values = (uint32_t *)(made->requirements + selector->count);
	for (size_t i = 0; i < selector->count; i++)
		if (!add_requirement(texts, made, &selector->requirements[i]))
			return index_selector_free(texts, made);
	return made;
}

struct index_selector *index_selector_free(struct name_pool *texts, struct index_selector *selector)
{
	if (!selector)
		return NULL;
	for (size_t i = 0; i < selector->count; i++)
		name_pool_unref(texts, selector->requirements[i].key);
	for (size_t i = 0; i < selector->value_count; i++)
		name_pool_unref(texts, selector->values[i]);
	free(selector);
	return NULL;
}

static bool holds(const struct index_requirement *requirement, const uint32_t *values,
		  const struct index_labels *labels)
{
	const struct index_label key = {.key = requirement->key}, *label;
	bool has_value = false;

	label = labels->count ? bsearch(&key, labels->labels, labels->count, sizeof(key), compare_labels) : NULL;
	for (uint32_t i = 0; label && !has_value && i < requirement->value_count; i++)
		has_value = values[i] == label->value;
	switch (requirement->operator) {
	case LABEL_IN:
		return has_value;
	case LABEL_NOT_IN:
		return !has_value;
	case LABEL_EXISTS:
		return label;
	default:
		return !label;
	}
}

enum index_answer index_selector_ask(const struct index_selector *selector, const struct index_labels *labels)
{
	const uint32_t *values = selector->values;

	if (labels->is_cut)
		return INDEX_UNKNOWN;
	for (size_t i = 0; i < selector->count; i++) {
		if (!holds(&selector->requirements[i], values, labels))
			return INDEX_NOT_SELECTED;
		values += selector->requirements[i].value_count;
	}
	return INDEX_SELECTED;
}
