// SPDX-License-Identifier: Apache-2.0
#include "base/util.h"
#include "core/encode/compact_internal.h"
#include "core/encode/display.h"

#define IPPROTO_PREFIX "IPPROTO_"

/* --- arguments ------------------------------------------------------------------------------------------------ */

static const struct compact_arg nothing;

static const struct compact_arg *arg_at(const struct compact_view *view, size_t at)
{
	return at < view->arg_count ? &view->args[at] : &nothing;
}

/* Text number `at` of the arguments that have one: a string or a path. */
static struct bytes text_at(const struct compact_view *view, size_t at)
{
	for (size_t i = 0; i < view->arg_count; i++) {
		if (view->args[i].text.length && at-- == 0)
			return view->args[i].text;
	}
	return (struct bytes){"", 0};
}

static const struct compact_arg *last_number(const struct compact_view *view)
{
	const struct compact_arg *found = &nothing;

	for (size_t i = 0; i < view->arg_count; i++)
		if (view->args[i].has_number)
			found = &view->args[i];
	return found;
}

static const struct compact_arg *first_with_addresses(const struct compact_view *view)
{
	for (size_t i = 0; i < view->arg_count; i++)
		if (view->args[i].saddr.length)
			return &view->args[i];
	return &nothing;
}

/* --- pieces of details ---------------------------------------------------------------------------------------- */

static void append_word(struct buffer *buffer, const struct compact_style *style, struct bytes word)
{
	if (!word.length)
		return;
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_CYAN);
	display_word(buffer, word);
	compact_end_color(buffer, style);
}

static void append_number(struct buffer *buffer, const struct compact_style *style, const char *before, int64_t number,
			  const char *behind)
{
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_CYAN);
	buffer_append_cstring(buffer, before);
	buffer_append_i64(buffer, number);
	buffer_append_cstring(buffer, behind);
	compact_end_color(buffer, style);
}

static void append_hex(struct buffer *buffer, uint64_t number)
{
	unsigned int digits = 1;

	while (digits < 16 && number >> (4 * digits))
		digits++;
	buffer_append_literal(buffer, "0x");
	while (digits--)
		buffer_append_byte(buffer, "0123456789abcdef"[number >> (4 * digits) & 15]);
}

/* --- details of functions ------------------------------------------------------------------------------------- */

static void append_function(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_word(buffer, style, view->function_name);
}

static void append_first_text(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_word(buffer, style, text_at(view, 0));
}

static void append_two_texts(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_word(buffer, style, text_at(view, 0));
	append_word(buffer, style, text_at(view, 1));
}

/* The second argument; where a policy reads the name alone, that. */
static void append_opened(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	struct bytes second = arg_at(view, 1)->text;

	append_word(buffer, style, second.length ? second : text_at(view, 0));
}

static void append_transfer(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *size = last_number(view);

	append_word(buffer, style, text_at(view, 0));
	if (size->has_number)
		append_number(buffer, style, "", size->number, " bytes");
}

static void append_first_number(struct buffer *buffer, const struct compact_view *view,
				const struct compact_style *style)
{
	if (arg_at(view, 0)->has_number)
		append_number(buffer, style, "", arg_at(view, 0)->number, "");
}

/* setns(2): the second argument is the type, CLONE_NEW* of linux/sched.h. */
static void append_namespace(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	static const struct {
		int64_t flag;
		const char *name;
	} namespaces[] = {
		{0, "any"},          {0x00000080, "time"}, {0x00020000, "mnt"},  {0x02000000, "cgroup"},
		{0x04000000, "uts"}, {0x08000000, "ipc"},  {0x10000000, "user"}, {0x20000000, "pid"},
		{0x40000000, "net"},
	};
	const struct compact_arg *type = arg_at(view, 1);

	for (size_t i = 0; type->has_number && i < ARRAY_SIZE(namespaces); i++) {
		if (namespaces[i].flag != type->number)
			continue;
		append_word(buffer, style, (struct bytes){namespaces[i].name, strlen(namespaces[i].name)});
		return;
	}
	if (type->has_number)
		append_number(buffer, style, "", type->number, "");
}

/* "IPPROTO_TCP" is shown as "tcp". */
static void append_protocol(struct buffer *buffer, struct bytes protocol)
{
	size_t prefix = sizeof(IPPROTO_PREFIX) - 1, start;

	if (protocol.length > prefix && memcmp(protocol.data, IPPROTO_PREFIX, prefix) == 0)
		protocol = (struct bytes){protocol.data + prefix, protocol.length - prefix};
	if (!protocol.length)
		return;
	start = buffer->length;
	display_word(buffer, protocol);
	for (size_t at = start; at < buffer->length; at++)
		if (buffer->data[at] >= 'A' && buffer->data[at] <= 'Z')
			buffer->data[at] = (char)(buffer->data[at] - 'A' + 'a');
	buffer_append_byte(buffer, ' ');
}

/* 10.0.0.1:80, [::1]:80 */
static void append_endpoint(struct buffer *buffer, struct bytes address, uint32_t port)
{
	bool is_ipv6 = address.length && memchr(address.data, ':', address.length);

	if (is_ipv6)
		buffer_append_byte(buffer, '[');
	display_word(buffer, address);
	buffer_append_cstring(buffer, is_ipv6 ? "]:" : ":");
	buffer_append_u64(buffer, port);
}

static void append_connection(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *sock = first_with_addresses(view);

	if (!sock->saddr.length)
		return;
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_CYAN);
	append_protocol(buffer, sock->protocol);
	append_endpoint(buffer, sock->saddr, sock->sport);
	buffer_append_literal(buffer, " -> ");
	append_endpoint(buffer, sock->daddr, sock->dport);
	compact_end_color(buffer, style);
}

static void append_sent(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *size = last_number(view);

	append_connection(buffer, view, style);
	if (size->has_number)
		append_number(buffer, style, "bytes ", size->number, "");
}

static void append_program(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *program = arg_at(view, 0);

	append_word(buffer, style, program->type);
	append_word(buffer, style, program->text);
	append_number(buffer, style, "instruction count ", program->sizes[0], "");
}

static void append_perf_event(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_word(buffer, style, arg_at(view, 0)->type);
	append_word(buffer, style, arg_at(view, 0)->text);
}

static void append_map(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *map = arg_at(view, 0);

	append_word(buffer, style, map->type);
	append_word(buffer, style, map->text);
	append_number(buffer, style, "key size ", map->sizes[0], "");
	append_number(buffer, style, "value size ", map->sizes[1], "");
	append_number(buffer, style, "max entries ", map->sizes[2], "");
}

/* By name without the prefix of an architecture. */
static const struct compact_row function_rows[] = {
	{"sys_openat", "📬️", "openat", append_opened},
	{"sys_open", "📬️", "open", append_opened},
	{"fd_install", "📬", "open", append_first_text},
	{"sys_close", "📪", "close", append_first_text},
	{"sys_write", "📝", "write", append_transfer},
	{"sys_read", "📚", "read", append_transfer},
	{"security_path_truncate", "📝", "truncate", append_first_text},
	{"security_file_truncate", "📝", "truncate", append_first_text},
	{"sys_mount", "💾", "mount", append_two_texts},
	{"sys_pivot_root", "💾", "pivot_root", append_two_texts},
	{"sys_setuid", "🔑", "setuid", append_first_number},
	{"sys_setns", "🔧", "setns", append_namespace},
	{"proc_exec_connector", "🔧", "proc_exec_connector", NULL},
	{"sys_clock_settime", "⏰", "clock_settime", NULL},
	{"tcp_connect", "🔌", "connect", append_connection},
	{"tcp_close", "🧹", "close", append_connection},
	{"tcp_sendmsg", "📤", "sendmsg", append_sent},
	{"bpf_check", "🐝", "bpf_load", append_program},
	{"security_perf_event_alloc", "🐝", "perf_event_alloc", append_perf_event},
	{"security_bpf_map_alloc", "🗺", "bpf_map_create", append_map},
	{"security_bpf_map_create", "🗺", "bpf_map_create", append_map},
};

/* security_file_permission: by the mask MAY_* of linux/fs.h. */
static const struct compact_row *permission_row(const struct compact_arg *mask)
{
	static const struct compact_row write = {"", "📝", "write", append_first_text},
					read = {"", "📚", "read", append_first_text},
					other = {"", "❓", "security_file_permission", append_first_text};

	if (mask->has_number && mask->number == 2)
		return &write;
	if (mask->has_number && mask->number == 4)
		return &read;
	return &other;
}

/* By PROT_READ, PROT_WRITE and PROT_EXEC, bits 0 to 2. */
static const struct compact_row mmap_rows[] = {
	{"", "📝", "mmap", append_first_text},    {"", "📝", "mmap-r", append_first_text},
	{"", "📝", "mmap-w", append_first_text},  {"", "📝", "mmap-rw", append_first_text},
	{"", "📝", "mmap-x", append_first_text},  {"", "📝", "mmap-rx", append_first_text},
	{"", "📝", "mmap-wx", append_first_text}, {"", "📝", "mmap-rwx", append_first_text},
};

static bool is_name(struct bytes bytes, const char *name)
{
	return bytes.length == strlen(name) && memcmp(bytes.data, name, bytes.length) == 0;
}

static struct bytes without_architecture(struct bytes function)
{
	static const char *const prefixes[] = {"__x64_", "__ia32_", "__arm64_"};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (function.length > length && memcmp(function.data, prefixes[i], length) == 0)
			return (struct bytes){function.data + length, function.length - length};
	}
	return function;
}

static const struct compact_row *function_row(const struct compact_view *view)
{
	static const struct compact_row other = {"", "❓", "syscall", append_function};
	struct bytes function = without_architecture(view->function_name);
	const struct compact_arg *second = arg_at(view, 1);

	if (is_name(function, "security_file_permission"))
		return permission_row(second);
	if (is_name(function, "security_mmap_file"))
		return &mmap_rows[second->has_number ? second->number & 7 : 0];
	for (size_t i = 0; i < ARRAY_SIZE(function_rows); i++) {
		if (is_name(function, function_rows[i].name))
			return &function_rows[i];
	}
	return &other;
}

/* --- other events --------------------------------------------------------------------------------------------- */

static void append_tracepoint(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	append_word(buffer, style, view->subsystem);
	append_word(buffer, style, view->tracepoint);
}

/* raw_syscalls/sys_enter: the call by its number, with the values that the policy reads. */
static void append_syscall(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	const struct compact_arg *call = arg_at(view, 0);

	if (!call->type.length) {
		append_tracepoint(buffer, view, style);
		return;
	}
	buffer_append_byte(buffer, ' ');
	compact_start_color(buffer, style, COMPACT_CYAN);
	display_word(buffer, call->type);
	buffer_append_byte(buffer, '/');
	buffer_append_i64(buffer, call->number);
	buffer_append_byte(buffer, '(');
	for (size_t i = 1; i < view->arg_count; i++) {
		if (i > 1)
			buffer_append_literal(buffer, ", ");
		if (view->args[i].has_number)
			append_hex(buffer, (uint64_t)view->args[i].number);
		else
			buffer_append_byte(buffer, '?');
	}
	buffer_append_byte(buffer, ')');
	compact_end_color(buffer, style);
}

/* The value of a digit of base64, -1 for padding and anything else. */
static int digit_of(char digit)
{
	if (digit >= 'A' && digit <= 'Z')
		return digit - 'A';
	if (digit >= 'a' && digit <= 'z')
		return digit - 'a' + 26;
	if (digit >= '0' && digit <= '9')
		return digit - '0' + 52;
	return digit == '+' ? 62 : digit == '/' ? 63 : -1;
}

/* Base64 to hexadecimal digits; ends with the first byte that is no digit. */
static void append_base64_as_hex(struct buffer *buffer, struct bytes base64)
{
	uint32_t bits = 0, count = 0;

	for (size_t i = 0; i < base64.length && digit_of(base64.data[i]) >= 0; i++) {
		bits = bits << 6 | (uint32_t)digit_of(base64.data[i]);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		buffer_append_byte(buffer, "0123456789abcdef"[bits >> (count + 4) & 15]);
		buffer_append_byte(buffer, "0123456789abcdef"[bits >> count & 15]);
	}
}

static void append_loader(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	if (view->build_id.length) {
		buffer_append_byte(buffer, ' ');
		compact_start_color(buffer, style, COMPACT_CYAN);
		append_base64_as_hex(buffer, view->build_id);
		compact_end_color(buffer, style);
	}
	if (view->path.length) {
		buffer_append_byte(buffer, ' ');
		compact_start_color(buffer, style, COMPACT_YELLOW);
		display_word(buffer, view->path);
		compact_end_color(buffer, style);
	}
}

const struct compact_row *compact_hook_row(const struct compact_view *view)
{
	static const struct compact_row syscall = {"", "☎ ", "syscall", append_syscall},
					tracepoint = {"", "⁉️", "tracepoint", append_tracepoint},
					lsm = {"", "🔒", "LSM", append_function},
					loader = {"", "🧬", "loader", append_loader};

	if (is_name(view->event, "process_kprobe"))
		return function_row(view);
	if (is_name(view->event, "process_tracepoint")) {
		if (is_name(view->subsystem, "raw_syscalls") && is_name(view->tracepoint, "sys_enter"))
			return &syscall;
		return &tracepoint;
	}
	if (is_name(view->event, "process_lsm"))
		return &lsm;
	return is_name(view->event, "process_loader") ? &loader : NULL;
}

/* "   /usr/bin/cat sha256:dd55" */
void compact_append_hash(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	if (style->without_ima_hash || !view->ima_hash.length)
		return;
	buffer_append_literal(buffer, "  ");
	append_word(buffer, style, text_at(view, 0));
	append_word(buffer, style, view->ima_hash);
	buffer_append_byte(buffer, '\n');
}

/* --- stacks --------------------------------------------------------------------------------------------------- */

/* "   0xffffffffa13f2de5: kfree_skb_reason+0x5", "   0x7fc87712752b: __connect (/usr/lib/libc.so.6+0x12752b)" */
static void append_frame(struct buffer *buffer, const struct compact_frame *frame)
{
	bool is_known = frame->symbol.length || frame->module.length;

	buffer_append_literal(buffer, "   ");
	if (frame->address)
		append_hex(buffer, frame->address);
	if (frame->address && is_known)
		buffer_append_literal(buffer, ": ");
	if (frame->symbol.length)
		display_word(buffer, frame->symbol);
	if (frame->module.length) {
		buffer_append_cstring(buffer, frame->symbol.length ? " (" : "(");
		display_word(buffer, frame->module);
	}
	if (is_known) {
		buffer_append_byte(buffer, '+');
		append_hex(buffer, frame->offset);
	}
	if (frame->module.length)
		buffer_append_byte(buffer, ')');
	buffer_append_byte(buffer, '\n');
}

static void append_stack(struct buffer *buffer, const char *title, const struct compact_frame *frames, size_t count)
{
	if (!count)
		return;
	buffer_append_cstring(buffer, title);
	buffer_append_byte(buffer, '\n');
	for (size_t i = 0; i < count; i++)
		append_frame(buffer, &frames[i]);
}

void compact_append_stacks(struct buffer *buffer, const struct compact_view *view, const struct compact_style *style)
{
	if (style->without_stacks)
		return;
	append_stack(buffer, "Kernel:", view->kernel_stack, view->kernel_stack_count);
	append_stack(buffer, "User:", view->user_stack, view->user_stack_count);
}
