// SPDX-License-Identifier: Apache-2.0
#include "io/sink/json_view.h"

#include <errno.h>

#include "base/util.h"
#include "core/encode/display.h"

/* Members of the envelope that are objects without being the event. */
static const char *const envelope_objects[] = {"aggregation_info", "node_labels"};

/* A string member; empty when there is none. */
static struct bytes string_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value))
		return (struct bytes){"", 0};
	return (struct bytes){json_string_value(value), json_string_length(value)};
}

static bool is_envelope(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(envelope_objects); i++) {
		if (strcmp(key, envelope_objects[i]) == 0)
			return true;
	}
	return false;
}

/* The event: the member that is an object, as its type may be one we have not heard of. */
static json_t *find_event(json_t *root, const char **ret_name)
{
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		if (json_is_object(value) && !is_envelope(key)) {
			*ret_name = key;
			return value;
		}
	}
	return NULL;
}

static bool contains(const json_t *array, const char *wanted)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *string = json_string_value(json_array_get(array, i));

		if (string && strcmp(string, wanted) == 0)
			return true;
	}
	return false;
}

/* `text` is shown as it is safe to: jansson's messages quote the input. */
static void set_error(char error[static JSON_VIEW_ERROR_MAX], const char *what, const char *text)
{
	struct buffer buffer = {.data = error, .capacity = JSON_VIEW_ERROR_MAX - 1};

	buffer_append_cstring(&buffer, what);
	display_text(&buffer, (struct bytes){text, strlen(text)});
	error[buffer.length] = '\0';
}

static void fill(struct compact_view *view, const char *name, const json_t *root, const json_t *event)
{
	const json_t *process = json_object_get(event, "process");
	const json_t *pod = json_object_get(process, "pod");
	json_int_t status = json_integer_value(json_object_get(event, "status"));

	*view = (struct compact_view){
		.event = {name, strlen(name)},
		.time = string_of(root, "time"),
		.node_name = string_of(root, "node_name"),
		.namespace_name = string_of(pod, "namespace"),
		.pod_name = string_of(pod, "name"),
		.binary = string_of(process, "binary"),
		.arguments = string_of(process, "arguments"),
		.has_process = json_is_object(process),
		.has_sys_admin =
			contains(json_object_get(json_object_get(process, "cap"), "effective"), "CAP_SYS_ADMIN"),
		.signal = string_of(event, "signal"),
		.status = status >= 0 && status <= UINT32_MAX ? (uint32_t)status : 0,
	};
}

int json_view_parse(struct json_view *ret_view, const char *line, size_t length,
		    char ret_error[static JSON_VIEW_ERROR_MAX])
{
	json_error_t error;
	const char *name;
	json_t *event;

	*ret_view = (struct json_view){0};
	ret_view->root = json_loadb(line, length, JSON_ALLOW_NUL, &error);
	if (!ret_view->root) {
		set_error(ret_error, "not JSON: ", error.text);
		return -EINVAL;
	}
	event = find_event(ret_view->root, &name);
	if (!event) {
		set_error(ret_error, "", "there is no event in it");
		return -EINVAL;
	}
	fill(&ret_view->view, name, ret_view->root, event);
	return 0;
}

void json_view_done(struct json_view *view)
{
	json_decref(view->root);
	*view = (struct json_view){0};
}
