// SPDX-License-Identifier: Apache-2.0
#include "core/encode/hook_json.h"

#include "base/base64.h"
#include "base/util.h"
#include "core/encode/json.h"
#include "core/encode/names.h"
#include "core/event/record.h"

/* On lines that are cut: bytes of one stack's frames, the innermost kept, and of a frame's strings. */
#define STACK_LENGTH_MAX 6144
#define SYMBOL_LENGTH_MAX 128
#define MODULE_LENGTH_MAX 256
#define KERNEL_PID 0 /* symbolizer.h */
/* What a frame takes besides its strings. */
#define FRAME_LENGTH \
	(sizeof(",{\"address\":\"18446744073709551615\",\"offset\":\"18446744073709551615\",\"symbol\":\"\"," \
		"\"module\":\"\"}") - \
	 1)

/* A string of the policy; NULL is as "". */
static struct bytes text_of(const char *text)
{
	return (struct bytes){text ? text : "", text ? strlen(text) : 0};
}

#define FIELD_TEXT(buffer, name, text) json_field_string(buffer, name, text_of(text))

/* Whether there is anything to print in `args`. */
static bool has_args(const struct event *event)
{
	const struct hook_info *hook = event->hook;

	for (size_t i = 0; i < hook->arg_count; i++) {
		if (!args_json_is_empty(&hook->args[i], &event->record->values.values[i]))
			return true;
	}
	return false;
}

static void append_args(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	if (how->is_bare || !has_args(event))
		return;
	json_key(buffer, "args");
	json_open(buffer, '[');
	for (size_t i = 0; i < hook->arg_count; i++)
		args_json_append(buffer, &hook->args[i], &event->record->values.values[i], &how->args);
	json_close(buffer, ']');
}

static void append_return(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	if (!hook->has_return || how->is_bare)
		return;
	json_key(buffer, "return");
	args_json_append_object(buffer, &hook->return_arg, &event->record->values.values[hook->arg_count], &how->args);
}

#define FIELD_ACTION(buffer, name, action) \
	(json_key(buffer, name), json_plain_string((buffer), name_find(NAME_ACTION, (action))))

static void append_tags(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	if (!hook->tag_count || how->is_bare)
		return;
	json_key(buffer, "tags");
	json_open(buffer, '[');
	for (size_t i = 0; i < hook->tag_count; i++)
		json_string(buffer, text_of(hook->tags[i]));
	json_close(buffer, ']');
}

/* --- stacks --------------------------------------------------------------------------------------------------- */

static void open_stack(struct buffer *buffer, uint32_t pid)
{
	if (pid == KERNEL_PID)
		json_key(buffer, "kernel_stack_trace");
	else
		json_key(buffer, "user_stack_trace");
	json_open(buffer, '[');
}

static void append_frame(struct buffer *buffer, uint64_t address, bool with_address, const struct symbol *symbol)
{
	json_open(buffer, '{');
	if (with_address)
		json_field_quoted_u64(buffer, "address", address);
	if (symbol->offset)
		json_field_quoted_u64(buffer, "offset", symbol->offset);
	json_field_string(buffer, "symbol", symbol->name);
	json_field_string(buffer, "module", symbol->module);
	json_close(buffer, '}');
}

static bool find_symbol(const struct event_json_options *options, uint32_t pid, uint64_t address, struct symbol *ret)
{
	const struct symbolizer *symbolizer = options->symbolizer;

	*ret = (struct symbol){.name = {"", 0}, .module = {"", 0}};
	return symbolizer && symbolizer->find(symbolizer->context, pid, address, ret);
}

/* Frames of which nothing is known are left out, and so is a stack of such. */
static void append_stack(struct buffer *buffer, struct bytes stack, uint32_t pid, const struct hook_json *how)
{
	bool with_addresses = how->options->with_stack_addresses, is_open = false;
	size_t room = how->args.is_limited ? STACK_LENGTH_MAX : SIZE_MAX;

	for (size_t i = 0; i < stack.length / sizeof(uint64_t); i++) {
		uint64_t address = hook_number_at(stack, i);
		struct symbol symbol;
		size_t length;

		if (!find_symbol(how->options, pid, address, &symbol) && !with_addresses)
			continue;
		if (how->args.is_limited) {
			symbol.name = json_cut(symbol.name, SYMBOL_LENGTH_MAX);
			symbol.module = json_cut(symbol.module, MODULE_LENGTH_MAX);
		}
		length = FRAME_LENGTH + json_escaped_length(symbol.name) + json_escaped_length(symbol.module);
		if (length > room)
			break;
		room -= length;
		if (!is_open)
			open_stack(buffer, pid);
		is_open = true;
		append_frame(buffer, address, with_addresses, &symbol);
	}
	if (is_open)
		json_close(buffer, ']');
}

static void append_kernel_stack(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	if (!how->is_bare)
		append_stack(buffer, event->record->values.kernel_stack, KERNEL_PID, how);
}

/* Not where the event is a socket owner's: the stack is that of whoever ran just then. */
static void append_user_stack(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct wire_hook *wire = &event->record->hook;

	if (!how->is_bare && !(wire->flags & WIRE_HOOK_OWNER) && wire->task.pid != KERNEL_PID)
		append_stack(buffer, event->record->values.user_stack, wire->task.pid, how);
}

bool hook_json_has_stacks(const struct event *event)
{
	const struct hook_values *values = &event->record->values;

	return values->kernel_stack.length || values->user_stack.length;
}

/* --- events --------------------------------------------------------------------------------------------------- */

void hook_json_append_kprobe(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	FIELD_TEXT(buffer, "function_name", hook_info_function(hook, event->hook_function));
	append_args(buffer, event, how);
	append_return(buffer, event, how);
	FIELD_ACTION(buffer, "action", event->record->hook.action);
	append_kernel_stack(buffer, event, how);
	FIELD_TEXT(buffer, "policy_name", hook->policy_name);
	FIELD_ACTION(buffer, "return_action", event->record->hook.return_action);
	FIELD_TEXT(buffer, "message", hook->message);
	append_tags(buffer, event, how);
	append_user_stack(buffer, event, how);
}

void hook_json_append_tracepoint(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	FIELD_TEXT(buffer, "subsys", hook->subsystem);
	FIELD_TEXT(buffer, "event", hook->event);
	append_args(buffer, event, how);
	FIELD_TEXT(buffer, "policy_name", hook->policy_name);
	FIELD_ACTION(buffer, "action", event->record->hook.action);
	FIELD_TEXT(buffer, "message", hook->message);
	append_tags(buffer, event, how);
}

void hook_json_append_lsm(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	const struct hook_info *hook = event->hook;

	FIELD_TEXT(buffer, "function_name", hook->function_name);
	FIELD_TEXT(buffer, "policy_name", hook->policy_name);
	FIELD_TEXT(buffer, "message", hook->message);
	append_args(buffer, event, how);
	FIELD_ACTION(buffer, "action", event->record->hook.action);
	append_tags(buffer, event, how);
}

void hook_json_append_loader(struct buffer *buffer, const struct event *event, const struct hook_json *how)
{
	struct bytes path = event->record->path, build_id = event->record->build_id;

	if (how->args.is_limited)
		path = json_cut(path, how->args.value_max);
	json_field_string(buffer, "path", path);
	if (!build_id.length)
		return;
	json_key(buffer, "buildid");
	buffer_append_byte(buffer, '"');
	base64_append(buffer, build_id.data, build_id.length);
	buffer_append_byte(buffer, '"');
}

size_t hook_json_lengths(const struct event *event, size_t ret_lengths[static HOOK_JSON_VALUES_MAX])
{
	const struct hook_info *hook = event->hook;
	const struct hook_value *values = event->record->values.values;
	size_t count = 0;

	if (event->type == EVENT_PROCESS_LOADER) {
		ret_lengths[0] = json_escaped_length(event->record->path);
		return 1;
	}
	for (; count < hook->arg_count; count++)
		ret_lengths[count] = args_json_length(&hook->args[count], &values[count]);
	if (hook->has_return) {
		ret_lengths[count] = args_json_length(&hook->return_arg, &values[count]);
		count++;
	}
	return count;
}
