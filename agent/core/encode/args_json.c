// SPDX-License-Identifier: Apache-2.0
#include "core/encode/args_json.h"

#include "base/base64.h"
#include "base/util.h"
#include "core/encode/address.h"
#include "core/encode/credentials_json.h"
#include "core/encode/json.h"
#include "core/encode/names.h"
#include "core/encode/permission.h"
#include "core/event/record.h"

#define LABEL_MAX 128 /* bytes between the quotes, on lines that are cut */

#ifdef __aarch64__
#define ABI_64 "arm64"
#define ABI_32 "arm32"
#else
#define ABI_64 "x64"
#define ABI_32 "i386"
#endif

/* --- pieces --------------------------------------------------------------------------------------------------- */

static void append_name(struct buffer *buffer, enum name_kind kind, uint64_t number)
{
	buffer_append_byte(buffer, '"');
	name_append(buffer, kind, number);
	buffer_append_byte(buffer, '"');
}

#define FIELD_NAME(buffer, name, kind, number) (json_key(buffer, name), append_name((buffer), (kind), (number)))
/* A number that is left out when 0. */
#define FIELD_U64(buffer, name, value) ((value) ? json_field_u64(buffer, name, value) : (void)0)

static void append_address(struct buffer *buffer, uint32_t family, const uint8_t *address)
{
	buffer_append_byte(buffer, '"');
	address_append(buffer, family, address);
	buffer_append_byte(buffer, '"');
}

/* A name from the kernel: NUL-padded, or as long as its field. */
static struct bytes bytes_of_name(const char *name, size_t size)
{
	return (struct bytes){name, strnlen(name, size)};
}

#define NAME_BYTES(array) bytes_of_name((array), sizeof(array))

static struct bytes cut(struct bytes string, const struct args_json *how)
{
	return how->is_limited ? json_cut(string, how->value_max) : string;
}

/* --- values, one function per member -------------------------------------------------------------------------- */

static void append_signed(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	(void)how;
	buffer_append_i64(buffer, (int64_t)value->number);
}

static void append_unsigned(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	(void)how;
	buffer_append_u64(buffer, value->number);
}

static void append_quoted_signed(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	(void)how;
	buffer_append_byte(buffer, '"');
	buffer_append_i64(buffer, (int64_t)value->number);
	buffer_append_byte(buffer, '"');
}

static void append_quoted_unsigned(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	(void)how;
	json_quoted_u64(buffer, value->number);
}

static void append_bpf_command(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	const char *name = name_find(NAME_BPF_COMMAND, value->number);

	if (name)
		json_plain_string(buffer, name);
	else
		append_signed(buffer, value, how);
}

static void append_capability(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	const char *name = value->number < 64 ? credentials_json_capability_name((unsigned int)value->number) : NULL;

	(void)how;
	json_open(buffer, '{');
	json_key(buffer, "value");
	buffer_append_i64(buffer, (int64_t)value->number);
	if (name) {
		json_key(buffer, "name");
		json_plain_string(buffer, name);
	}
	json_close(buffer, '}');
}

static void append_syscall(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	uint64_t id = value->number & (WIRE_SYSCALL_COMPAT - 1);

	(void)how;
	json_open(buffer, '{');
	FIELD_U64(buffer, "id", id);
	json_key(buffer, "abi");
	json_plain_string(buffer, value->number & WIRE_SYSCALL_COMPAT ? ABI_32 : ABI_64);
	json_close(buffer, '}');
}

static void append_mask(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	(void)how;
	buffer_append_byte(buffer, '"');
	for (unsigned int shift = 64; shift; shift -= 4)
		buffer_append_byte(buffer, "0123456789abcdef"[value->number >> (shift - 4) & 15]);
	buffer_append_byte(buffer, '"');
}

static void append_string(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	json_string(buffer, cut(value->bytes, how));
}

static void append_path(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct bytes path = cut(value->bytes.length ? value->bytes : (struct bytes){"/", 1}, how);

	json_open(buffer, '{');
	json_field_string(buffer, "path", path);
	if (value->flags & WIRE_VALUE_CUT) {
		json_key(buffer, "flags");
		json_plain_string(buffer, "unresolvedPathComponents");
	}
	json_key(buffer, "permission");
	buffer_append_byte(buffer, '"');
	permission_append(buffer, (uint32_t)value->extra);
	buffer_append_byte(buffer, '"');
	json_close(buffer, '}');
}

static void append_sock(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_sock sock;

	(void)how;
	hook_value_copy(value, &sock, sizeof(sock));
	json_open(buffer, '{');
	FIELD_NAME(buffer, "family", NAME_FAMILY, sock.family);
	FIELD_NAME(buffer, "type", NAME_SOCKET_TYPE, sock.type);
	FIELD_NAME(buffer, "protocol", NAME_PROTOCOL, sock.protocol);
	FIELD_U64(buffer, "mark", sock.mark);
	FIELD_U64(buffer, "priority", sock.priority);
	json_key(buffer, "saddr");
	append_address(buffer, sock.family, sock.saddr);
	json_key(buffer, "daddr");
	append_address(buffer, sock.family, sock.daddr);
	FIELD_U64(buffer, "sport", sock.sport);
	FIELD_U64(buffer, "dport", sock.dport);
	if (sock.cookie)
		json_field_quoted_u64(buffer, "cookie", sock.cookie);
	FIELD_NAME(buffer, "state", NAME_TCP_STATE, sock.state);
	json_close(buffer, '}');
}

static void append_skb(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_skb skb;

	(void)how;
	hook_value_copy(value, &skb, sizeof(skb));
	json_open(buffer, '{');
	FIELD_U64(buffer, "hash", skb.hash);
	FIELD_U64(buffer, "len", skb.length);
	FIELD_U64(buffer, "priority", skb.priority);
	FIELD_U64(buffer, "mark", skb.mark);
	json_key(buffer, "saddr");
	append_address(buffer, skb.family, skb.saddr);
	json_key(buffer, "daddr");
	append_address(buffer, skb.family, skb.daddr);
	FIELD_U64(buffer, "sport", skb.sport);
	FIELD_U64(buffer, "dport", skb.dport);
	FIELD_U64(buffer, "proto", skb.protocol);
	FIELD_U64(buffer, "sec_path_len", skb.sec_path_len);
	FIELD_U64(buffer, "sec_path_olen", skb.sec_path_olen);
	FIELD_NAME(buffer, "protocol", NAME_PROTOCOL, skb.protocol);
	FIELD_NAME(buffer, "family", NAME_FAMILY, skb.family);
	json_close(buffer, '}');
}

static void append_sockaddr(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_sockaddr sockaddr;

	(void)how;
	hook_value_copy(value, &sockaddr, sizeof(sockaddr));
	json_open(buffer, '{');
	FIELD_NAME(buffer, "family", NAME_FAMILY, sockaddr.family);
	json_key(buffer, "addr");
	append_address(buffer, sockaddr.family, sockaddr.addr);
	FIELD_U64(buffer, "port", sockaddr.port);
	json_close(buffer, '}');
}

/* Level and owner are wrapped numbers, printed even when 0. */
static void append_user_ns_fields(struct buffer *buffer, const struct wire_user_ns *user_ns)
{
	json_field_u64(buffer, "level", user_ns->level);
	json_field_u64(buffer, "uid", user_ns->uid);
	json_field_u64(buffer, "gid", user_ns->gid);
	json_key(buffer, "ns");
	json_open(buffer, '{');
	FIELD_U64(buffer, "inum", user_ns->inum);
	if (user_ns->level == 0)
		json_field_bool(buffer, "is_host", true);
	json_close(buffer, '}');
}

static void append_user_ns(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_user_ns user_ns;

	(void)how;
	hook_value_copy(value, &user_ns, sizeof(user_ns));
	json_open(buffer, '{');
	append_user_ns_fields(buffer, &user_ns);
	json_close(buffer, '}');
}

static void append_cred(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct credentials credentials;
	struct wire_cred cred;

	(void)how;
	hook_value_copy(value, &cred, sizeof(cred));
	credentials = record_credentials(&cred.credentials);
	json_open(buffer, '{');
	credentials_json_append_ids(buffer, &credentials);
	json_key(buffer, "caps");
	json_open(buffer, '{');
	credentials_json_append_capabilities(buffer, &credentials);
	json_close(buffer, '}');
	json_key(buffer, "user_ns");
	json_open(buffer, '{');
	append_user_ns_fields(buffer, &cred.user_ns);
	json_close(buffer, '}');
	json_close(buffer, '}');
}

/* A taint that is not a module's is printed as its value, as protobuf's JSON does with enums. */
static void append_taints(struct buffer *buffer, uint64_t taints)
{
	json_key(buffer, "tainted");
	json_open(buffer, '[');
	for (; taints; taints &= taints - 1) {
		unsigned int bit = (unsigned int)__builtin_ctzll(taints);
		const char *name = name_find(NAME_TAINT, bit);

		if (name) {
			json_plain_string(buffer, name);
		} else {
			json_comma(buffer);
			buffer_append_u64(buffer, 1ull << bit);
		}
	}
	json_close(buffer, ']');
}

static void append_module(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_module module;

	(void)how;
	hook_value_copy(value, &module, sizeof(module));
	json_open(buffer, '{');
	json_field_string(buffer, "name", NAME_BYTES(module.name));
	if (module.has_signature_ok)
		json_field_bool(buffer, "signature_ok", module.signature_ok);
	if (module.taints)
		append_taints(buffer, module.taints);
	json_close(buffer, '}');
}

static void append_bpf_prog(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_bpf_prog prog;

	(void)how;
	hook_value_copy(value, &prog, sizeof(prog));
	json_open(buffer, '{');
	FIELD_NAME(buffer, "ProgType", NAME_BPF_PROG_TYPE, prog.type);
	FIELD_U64(buffer, "InsnCnt", prog.instruction_count);
	json_field_string(buffer, "ProgName", NAME_BYTES(prog.name));
	json_close(buffer, '}');
}

static void append_bpf_map(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_bpf_map map;

	(void)how;
	hook_value_copy(value, &map, sizeof(map));
	json_open(buffer, '{');
	FIELD_NAME(buffer, "MapType", NAME_BPF_MAP_TYPE, map.type);
	FIELD_U64(buffer, "KeySize", map.key_size);
	FIELD_U64(buffer, "ValueSize", map.value_size);
	FIELD_U64(buffer, "MaxEntries", map.max_entries);
	json_field_string(buffer, "MapName", NAME_BYTES(map.name));
	json_close(buffer, '}');
}

static void append_perf_event(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct wire_perf_event perf;

	(void)how;
	hook_value_copy(value, &perf, sizeof(perf));
	json_open(buffer, '{');
	json_field_string(buffer, "KprobeFunc", NAME_BYTES(perf.kprobe_func));
	FIELD_NAME(buffer, "Type", NAME_PERF_TYPE, perf.type);
	if (perf.config)
		json_field_quoted_u64(buffer, "Config", perf.config);
	if (perf.probe_offset)
		json_field_quoted_u64(buffer, "ProbeOffset", perf.probe_offset);
	json_close(buffer, '}');
}

/* --- the table ------------------------------------------------------------------------------------------------ */

enum cut_kind {
	CUT_NEVER,
	CUT_STRING,
	CUT_BUFFER,
};

/*
 * A type without a row prints nothing. Buffers have their members from append_buffer(), arrays
 * of numbers theirs from append_numbers().
 */
static const struct arg_row {
	const char *member;
	void (*append)(struct buffer *, const struct hook_value *, const struct args_json *);
	enum cut_kind cut;
} arg_rows[ARG_TYPE_COUNT] = {
	[ARG_INT] = {"int_arg", append_signed, CUT_NEVER},
	[ARG_INT8] = {"int_arg", append_signed, CUT_NEVER},
	[ARG_INT16] = {"int_arg", append_signed, CUT_NEVER},
	[ARG_INT32] = {"int_arg", append_signed, CUT_NEVER},
	[ARG_INT64] = {"long_arg", append_quoted_signed, CUT_NEVER},
	[ARG_UINT8] = {"uint_arg", append_unsigned, CUT_NEVER},
	[ARG_UINT16] = {"uint_arg", append_unsigned, CUT_NEVER},
	[ARG_UINT32] = {"uint_arg", append_unsigned, CUT_NEVER},
	[ARG_UINT64] = {"size_arg", append_quoted_unsigned, CUT_NEVER},
	[ARG_SIZE] = {"size_arg", append_quoted_unsigned, CUT_NEVER},
	[ARG_BPF_CMD] = {"bpf_cmd_arg", append_bpf_command, CUT_NEVER},
	[ARG_CAPABILITY] = {"capability_arg", append_capability, CUT_NEVER},
	[ARG_SYSCALL64] = {"syscall_id", append_syscall, CUT_NEVER},
	[ARG_KERNEL_CAP] = {"kernel_cap_t_arg", append_mask, CUT_NEVER},
	[ARG_CAP_INHERITABLE] = {"cap_inheritable_arg", append_mask, CUT_NEVER},
	[ARG_CAP_PERMITTED] = {"cap_permitted_arg", append_mask, CUT_NEVER},
	[ARG_CAP_EFFECTIVE] = {"cap_effective_arg", append_mask, CUT_NEVER},
	[ARG_STRING] = {"string_arg", append_string, CUT_STRING},
	[ARG_FILENAME] = {"string_arg", append_string, CUT_STRING},
	[ARG_DATA_LOC] = {"string_arg", append_string, CUT_STRING},
	[ARG_CHAR_BUF] = {"bytes_arg", NULL, CUT_BUFFER},
	[ARG_CONST_BUF] = {"size_arg", append_quoted_unsigned, CUT_NEVER},
	[ARG_FILE] = {"file_arg", append_path, CUT_STRING},
	[ARG_FD] = {"file_arg", append_path, CUT_STRING},
	[ARG_PATH] = {"path_arg", append_path, CUT_STRING},
	[ARG_DENTRY] = {"path_arg", append_path, CUT_STRING},
	[ARG_LINUX_BINPRM] = {"linux_binprm_arg", append_path, CUT_STRING},
	[ARG_SKB] = {"skb_arg", append_skb, CUT_NEVER},
	[ARG_SOCK] = {"sock_arg", append_sock, CUT_NEVER},
	[ARG_SOCKET] = {"sock_arg", append_sock, CUT_NEVER},
	[ARG_SOCKADDR] = {"sockaddr_arg", append_sockaddr, CUT_NEVER},
	[ARG_CRED] = {"process_credentials_arg", append_cred, CUT_NEVER},
	[ARG_USER_NAMESPACE] = {"user_ns_arg", append_user_ns, CUT_NEVER},
	[ARG_LOAD_INFO] = {"module_arg", append_module, CUT_NEVER},
	[ARG_MODULE] = {"module_arg", append_module, CUT_NEVER},
	[ARG_BPF_ATTR] = {"bpf_attr_arg", append_bpf_prog, CUT_NEVER},
	[ARG_BPF_PROG] = {"bpf_prog_arg", append_bpf_prog, CUT_NEVER},
	[ARG_BPF_MAP] = {"bpf_map_arg", append_bpf_map, CUT_NEVER},
	[ARG_PERF_EVENT] = {"perf_event_arg", append_perf_event, CUT_NEVER},
};

static void append_member_key(struct buffer *buffer, const char *member)
{
	json_plain_string(buffer, member);
	buffer_append_byte(buffer, ':');
}

static void append_error(struct buffer *buffer)
{
	append_member_key(buffer, "error_arg");
	buffer_append_literal(buffer, "{\"Message\":\"Bad address for basic type\"}");
}

static void append_base64(struct buffer *buffer, struct bytes bytes)
{
	json_key(buffer, "bytes_arg");
	buffer_append_byte(buffer, '"');
	base64_append(buffer, bytes.data, bytes.length);
	buffer_append_byte(buffer, '"');
}

/* bytes_arg, or truncated_bytes_arg where something is missing, by the kernel's cut or ours. */
static void append_buffer(struct buffer *buffer, const struct hook_value *value, const struct args_json *how)
{
	struct bytes bytes = value->bytes;
	uint64_t original = bytes.length;

	if (value->flags & WIRE_VALUE_CUT)
		original = MAX(original, value->extra);
	if (how->is_limited && (bytes.length + 2) / 3 > how->value_max / 4)
		bytes.length = how->value_max / 4 * 3;
	if (!(value->flags & WIRE_VALUE_CUT) && bytes.length == value->bytes.length) {
		append_base64(buffer, bytes);
		return;
	}
	append_member_key(buffer, "truncated_bytes_arg");
	json_open(buffer, '{');
	if (bytes.length)
		append_base64(buffer, bytes);
	json_field_quoted_u64(buffer, "orig_size", original);
	json_close(buffer, '}');
}

static void append_object(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
			  enum wire_value_kind kind, const struct args_json *how)
{
	const struct arg_row *row = &arg_rows[info->type];
	struct bytes label = {info->label ? info->label : "", info->label ? strlen(info->label) : 0};

	if (how->is_limited)
		label = json_cut(label, LABEL_MAX);
	json_open(buffer, '{');
	if (!row->member || !hook_value_is(value, kind)) {
		append_error(buffer);
	} else if (row->cut == CUT_BUFFER) {
		append_buffer(buffer, value, how);
	} else {
		append_member_key(buffer, row->member);
		row->append(buffer, value, how);
	}
	json_field_string(buffer, "label", label);
	json_close(buffer, '}');
}

static void append_numbers(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
			   const struct args_json *how)
{
	for (size_t i = 0; i < value->bytes.length / sizeof(uint64_t); i++) {
		const struct hook_value number = {.kind = WIRE_VALUE_NUMBER, .number = hook_number_at(value->bytes, i)};

		append_object(buffer, info, &number, WIRE_VALUE_NUMBER, how);
	}
}

void args_json_append_object(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
			     const struct args_json *how)
{
	append_object(buffer, info, value, arg_type_info(info->type)->kind, how);
}

static bool is_array(const struct hook_arg_info *info, const struct hook_value *value)
{
	return info->type == ARG_CONST_BUF && hook_value_is(value, WIRE_VALUE_NUMBERS);
}

bool args_json_is_empty(const struct hook_arg_info *info, const struct hook_value *value)
{
	return info->type == ARG_NOP || (is_array(info, value) && value->bytes.length < sizeof(uint64_t));
}

void args_json_append(struct buffer *buffer, const struct hook_arg_info *info, const struct hook_value *value,
		      const struct args_json *how)
{
	if (args_json_is_empty(info, value))
		return;
	if (is_array(info, value))
		append_numbers(buffer, info, value, how);
	else
		args_json_append_object(buffer, info, value, how);
}

size_t args_json_length(const struct hook_arg_info *info, const struct hook_value *value)
{
	if (!hook_value_is(value, arg_type_info(info->type)->kind))
		return 0;
	switch (arg_rows[info->type].cut) {
	case CUT_STRING:
		return json_escaped_length(value->bytes);
	case CUT_BUFFER:
		return (value->bytes.length + 2) / 3 * 4;
	default:
		return 0;
	}
}
