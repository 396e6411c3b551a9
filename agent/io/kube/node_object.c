// SPDX-License-Identifier: Apache-2.0
#include "io/kube/node_object.h"

#include <string.h>

const char *node_object_name(const json_t *object)
{
	const char *name = json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));

	return name ? name : "";
}

size_t node_object_labels(const json_t *object, struct kube_label_fields *ret, size_t size)
{
	json_t *labels = json_object_get(json_object_get(object, "metadata"), "labels"), *value;
	size_t count = 0;
	const char *key;

	json_object_foreach(labels, key, value)
	{
		if (!json_is_string(value))
			continue;
		if (count < size)
			ret[count] = (struct kube_label_fields){
				.key = {.data = key, .length = strlen(key)},
				.value = {.data = json_string_value(value), .length = json_string_length(value)},
			};
		count++;
	}
	return count;
}
