// SPDX-License-Identifier: Apache-2.0
#include "io/sink/json_view.h"

#include <errno.h>

#include "base/util.h"
#include "core/encode/display.h"

/* Members of the envelope that are objects without being the event. */
static const char *const envelope_objects[] = {"aggregation_info", "existing", "node_labels"};

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

/* --- events of hooks ------------------------------------------------------------------------------------------ */

/* A number, also one in a string as 64-bit numbers are. False if it is none. */
static bool number_of(const json_t *value, int64_t *ret)
{
	const char *text = json_string_value(value);
	char *end;

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!text || !*text)
		return false;
	errno = 0;
	*ret = text[0] == '-' ? strtoll(text, &end, 10) : (int64_t)strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static int64_t number_at(const json_t *object, const char *key)
{
	int64_t number;

	return number_of(json_object_get(object, key), &number) ? number : 0;
}

static uint32_t port_at(const json_t *object, const char *key)
{
	return (uint32_t)number_at(object, key);
}

static void take_text(struct compact_arg *arg, const json_t *value)
{
	arg->text = (struct bytes){json_string_value(value), json_string_length(value)};
}

static void take_number(struct compact_arg *arg, const json_t *value)
{
	arg->has_number = number_of(value, &arg->number);
}

static void take_path(struct compact_arg *arg, const json_t *value)
{
	arg->text = string_of(value, "path");
}

static void take_addresses(struct compact_arg *arg, const json_t *value)
{
	arg->protocol = string_of(value, "protocol");
	arg->saddr = string_of(value, "saddr");
	arg->daddr = string_of(value, "daddr");
	arg->sport = port_at(value, "sport");
	arg->dport = port_at(value, "dport");
}

static void take_program(struct compact_arg *arg, const json_t *value)
{
	arg->type = string_of(value, "ProgType");
	arg->text = string_of(value, "ProgName");
	arg->sizes[0] = number_at(value, "InsnCnt");
}

static void take_map(struct compact_arg *arg, const json_t *value)
{
	arg->type = string_of(value, "MapType");
	arg->text = string_of(value, "MapName");
	arg->sizes[0] = number_at(value, "KeySize");
	arg->sizes[1] = number_at(value, "ValueSize");
	arg->sizes[2] = number_at(value, "MaxEntries");
}

static void take_perf_event(struct compact_arg *arg, const json_t *value)
{
	arg->type = string_of(value, "Type");
	arg->text = string_of(value, "KprobeFunc");
}

static void take_syscall(struct compact_arg *arg, const json_t *value)
{
	arg->type = string_of(value, "abi");
	arg->number = number_at(value, "id");
}

/* Members of arguments that lines show. */
static const struct {
	const char *member;
	int type; /* json_type */
	void (*take)(struct compact_arg *, const json_t *);
} arg_members[] = {
	{"string_arg", JSON_STRING, take_text},      {"int_arg", JSON_INTEGER, take_number},
	{"uint_arg", JSON_INTEGER, take_number},     {"long_arg", JSON_STRING, take_number},
	{"size_arg", JSON_STRING, take_number},      {"file_arg", JSON_OBJECT, take_path},
	{"path_arg", JSON_OBJECT, take_path},        {"linux_binprm_arg", JSON_OBJECT, take_path},
	{"sock_arg", JSON_OBJECT, take_addresses},   {"skb_arg", JSON_OBJECT, take_addresses},
	{"bpf_attr_arg", JSON_OBJECT, take_program}, {"bpf_prog_arg", JSON_OBJECT, take_program},
	{"bpf_map_arg", JSON_OBJECT, take_map},      {"perf_event_arg", JSON_OBJECT, take_perf_event},
	{"syscall_id", JSON_OBJECT, take_syscall},
};

static size_t take_args(const json_t *array, struct compact_arg *args)
{
	size_t count = MIN(json_array_size(array), (size_t)COMPACT_ARGS_MAX);

	for (size_t i = 0; i < count; i++) {
		const json_t *arg = json_array_get(array, i);

		args[i] = (struct compact_arg){0};
		for (size_t j = 0; j < ARRAY_SIZE(arg_members); j++) {
			const json_t *value = json_object_get(arg, arg_members[j].member);

			if (value && (int)json_typeof(value) == arg_members[j].type)
				arg_members[j].take(&args[i], value);
		}
	}
	return count;
}

static size_t take_stack(const json_t *array, struct compact_frame *frames)
{
	size_t count = MIN(json_array_size(array), (size_t)COMPACT_FRAMES_MAX);

	for (size_t i = 0; i < count; i++) {
		const json_t *frame = json_array_get(array, i);

		frames[i] = (struct compact_frame){
			.address = (uint64_t)number_at(frame, "address"),
			.offset = (uint64_t)number_at(frame, "offset"),
			.symbol = string_of(frame, "symbol"),
			.module = string_of(frame, "module"),
		};
	}
	return count;
}

static void fill_hook(struct json_view *json, const json_t *event)
{
	struct compact_view *view = &json->view;

	view->policy_name = string_of(event, "policy_name");
	view->function_name = string_of(event, "function_name");
	view->ima_hash = string_of(event, "ima_hash");
	view->subsystem = string_of(event, "subsys");
	view->tracepoint = string_of(event, "event");
	view->path = string_of(event, "path");
	view->build_id = string_of(event, "buildid");
	view->args = json->args;
	view->arg_count = take_args(json_object_get(event, "args"), json->args);
	view->kernel_stack = json->kernel_stack;
	view->kernel_stack_count = take_stack(json_object_get(event, "kernel_stack_trace"), json->kernel_stack);
	view->user_stack = json->user_stack;
	view->user_stack_count = take_stack(json_object_get(event, "user_stack_trace"), json->user_stack);
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
		.container_name = string_of(json_object_get(pod, "container"), "name"),
		.binary = string_of(process, "binary"),
		.arguments = string_of(process, "arguments"),
		.has_process = json_is_object(process),
		.is_existing = json_is_object(json_object_get(root, "existing")),
		.has_sys_admin =
			contains(json_object_get(json_object_get(process, "cap"), "effective"), "CAP_SYS_ADMIN"),
		.signal = string_of(event, "signal"),
		.type = string_of(event, "type"),
		.cgroup = string_of(event, "cgroup"),
		.status = status >= 0 && status <= UINT32_MAX ? (uint32_t)status : 0,
	};
}

int json_view_parse(struct json_view *ret_view, const char *line, size_t length,
		    char ret_error[static JSON_VIEW_ERROR_MAX])
{
	json_error_t error;
	const char *name;
	json_t *event;

	ret_view->view = (struct compact_view){0};
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
	fill_hook(ret_view, event);
	return 0;
}

void json_view_done(struct json_view *view)
{
	json_decref(view->root);
	view->root = NULL;
	view->view = (struct compact_view){0};
}
