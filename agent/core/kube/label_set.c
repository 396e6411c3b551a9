// SPDX-License-Identifier: Apache-2.0
#include "core/kube/label_set.h"

#include <stdlib.h>
#include <string.h>

/* Behind each other, names and values by turns. */
struct label_set {
	size_t count, length;
	size_t *ends; /* two a label, in `text`; part of this allocation, as is: */
	char *text;
};

static char *append(char *text, struct bytes bytes)
{
	if (bytes.length)
		memcpy(text, bytes.data, bytes.length);
	return text + bytes.length;
}

struct label_set *label_set_new(const struct kube_label_fields *labels, size_t count)
{
	struct label_set *set;
	size_t length = 0;
	char *end;

	if (count > LABEL_SET_COUNT_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++)
		length += labels[i].key.length + labels[i].value.length;
	set = malloc(sizeof(*set) + 2 * count * sizeof(*set->ends) + length);
	if (!set)
		return NULL;
	set->count = count;
	set->length = length;
	set->ends = (size_t *)(set + 1);
	set->text = end = (char *)(set->ends + 2 * count);
	for (size_t i = 0; i < count; i++) {
		end = append(end, labels[i].key);
		set->ends[2 * i] = (size_t)(end - set->text);
		end = append(end, labels[i].value);
		set->ends[2 * i + 1] = (size_t)(end - set->text);
	}
	return set;
}

struct label_set *label_set_free(struct label_set *set)
{
	free(set);
	return NULL;
}

static struct bytes text_at(const struct label_set *set, size_t index)
{
	size_t begin = index ? set->ends[index - 1] : 0;

	return (struct bytes){.data = set->text + begin, .length = set->ends[index] - begin};
}

bool label_set_find(const void *object, const char *key, struct bytes *ret_value)
{
	const struct label_set *set = object;
	size_t length = strlen(key);

	for (size_t i = 0; i < set->count; i++) {
		struct bytes own = text_at(set, 2 * i);

		if (own.length != length || memcmp(own.data, key, length) != 0)
			continue;
		*ret_value = text_at(set, 2 * i + 1);
		return true;
	}
	return false;
}

bool label_set_is_equal(const struct label_set *one, const struct label_set *other)
{
	if (!one || !other)
		return one == other;
	return one->count == other->count && one->length == other->length &&
	       memcmp(one->ends, other->ends, 2 * one->count * sizeof(*one->ends)) == 0 &&
	       memcmp(one->text, other->text, one->length) == 0;
}
