// SPDX-License-Identifier: Apache-2.0
#include "core/event/event_fields.h"

#include <string.h>

#include "base/util.h"

/* clang-format off */
#define VALUE(name, value) {(name), EVENT_FIELD_SCALAR, (value), false, NULL, 0}
#define WRAPPED(name, value) {(name), EVENT_FIELD_SCALAR, (value), true, NULL, 0}
#define STRING(name) VALUE(name, EVENT_VALUE_STRING)
#define BOOL(name) VALUE(name, EVENT_VALUE_BOOL)
#define INT(name) VALUE(name, EVENT_VALUE_INT)
#define UINT(name) VALUE(name, EVENT_VALUE_UINT)
#define TIME(name) VALUE(name, EVENT_VALUE_TIME)
#define BYTES(name) VALUE(name, EVENT_VALUE_BYTES)
#define LIST(name) {(name), EVENT_FIELD_LIST, EVENT_VALUE_STRING, false, NULL, 0}
#define OBJECTS(name, of) {(name), EVENT_FIELD_LIST, EVENT_VALUE_STRING, false, (of), ARRAY_SIZE(of)}
#define MAP(name) {(name), EVENT_FIELD_MAP, EVENT_VALUE_STRING, false, NULL, 0}
#define OBJECT(name, of) {(name), EVENT_FIELD_OBJECT, EVENT_VALUE_STRING, false, (of), ARRAY_SIZE(of)}
/* clang-format on */

/* --- a process */

static const struct event_field image[] = {STRING("id"), STRING("name")};

static const struct event_field security_context[] = {BOOL("privileged")};

static const struct event_field container[] = {
	STRING("id"),
	STRING("name"),
	OBJECT("image", image),
	TIME("start_time"),
	WRAPPED("pid", EVENT_VALUE_UINT),
	BOOL("maybe_exec_probe"),
	OBJECT("security_context", security_context),
	BOOL("unresolved"),
};

static const struct event_field pod[] = {
	STRING("namespace"), STRING("name"),     STRING("uid"),           OBJECT("container", container),
	MAP("pod_labels"),   STRING("workload"), STRING("workload_kind"), MAP("pod_annotations"),
	BOOL("truncated"),
};

static const struct event_field capabilities[] = {LIST("permitted"), LIST("effective"), LIST("inheritable")};

static const struct event_field namespace[] = {UINT("inum"), BOOL("is_host")};

static const struct event_field namespaces[] = {
	OBJECT("uts", namespace),
	OBJECT("ipc", namespace),
	OBJECT("mnt", namespace),
	OBJECT("pid", namespace),
	OBJECT("pid_for_children", namespace),
	OBJECT("net", namespace),
	OBJECT("time", namespace),
	OBJECT("time_for_children", namespace),
	OBJECT("cgroup", namespace),
	OBJECT("user", namespace),
};

static const struct event_field user_namespace[] = {
	WRAPPED("level", EVENT_VALUE_INT),
	WRAPPED("uid", EVENT_VALUE_UINT),
	WRAPPED("gid", EVENT_VALUE_UINT),
	OBJECT("ns", namespace),
};

static const struct event_field credentials[] = {
	WRAPPED("uid", EVENT_VALUE_UINT),   WRAPPED("gid", EVENT_VALUE_UINT),   WRAPPED("euid", EVENT_VALUE_UINT),
	WRAPPED("egid", EVENT_VALUE_UINT),  WRAPPED("suid", EVENT_VALUE_UINT),  WRAPPED("sgid", EVENT_VALUE_UINT),
	WRAPPED("fsuid", EVENT_VALUE_UINT), WRAPPED("fsgid", EVENT_VALUE_UINT), LIST("securebits"),
	OBJECT("caps", capabilities),       OBJECT("user_ns", user_namespace),
};

static const struct event_field inode[] = {UINT("number"), WRAPPED("links", EVENT_VALUE_UINT)};

static const struct event_field binary_file[] = {OBJECT("inode", inode)};

static const struct event_field binary_properties[] = {
	WRAPPED("setuid", EVENT_VALUE_UINT),
	WRAPPED("setgid", EVENT_VALUE_UINT),
	LIST("privileges_changed"),
	OBJECT("file", binary_file),
};

static const struct event_field environment_variable[] = {STRING("Key"), STRING("Value")};

static const struct event_field user[] = {STRING("name")};

static const struct event_field process[] = {
	STRING("exec_id"),
	WRAPPED("pid", EVENT_VALUE_UINT),
	WRAPPED("uid", EVENT_VALUE_UINT),
	STRING("cwd"),
	STRING("binary"),
	STRING("arguments"),
	STRING("flags"),
	TIME("start_time"),
	WRAPPED("auid", EVENT_VALUE_UINT),
	OBJECT("pod", pod),
	STRING("docker"),
	STRING("parent_exec_id"),
	UINT("refcnt"),
	OBJECT("cap", capabilities),
	OBJECT("ns", namespaces),
	WRAPPED("tid", EVENT_VALUE_UINT),
	OBJECT("process_credentials", credentials),
	OBJECT("binary_properties", binary_properties),
	OBJECT("user", user),
	WRAPPED("in_init_tree", EVENT_VALUE_BOOL),
	OBJECTS("environment_variables", environment_variable),
};

/* --- an argument */

static const struct event_field path_arg[] = {
	STRING("mount"),
	STRING("path"),
	STRING("flags"),
	STRING("permission"),
};

static const struct event_field truncated_bytes_arg[] = {BYTES("bytes_arg"), UINT("orig_size")};

static const struct event_field skb_arg[] = {
	UINT("hash"),          UINT("len"),        UINT("priority"), UINT("mark"),  STRING("saddr"),
	STRING("daddr"),       UINT("sport"),      UINT("dport"),    UINT("proto"), UINT("sec_path_len"),
	UINT("sec_path_olen"), STRING("protocol"), STRING("family"),
};

static const struct event_field sock_arg[] = {
	STRING("family"), STRING("type"), STRING("protocol"), UINT("mark"),   UINT("priority"), STRING("saddr"),
	STRING("daddr"),  UINT("sport"),  UINT("dport"),      UINT("cookie"), STRING("state"),
};

static const struct event_field sockaddr_arg[] = {STRING("family"), STRING("addr"), UINT("port")};

static const struct event_field sockaddrun_arg[] = {STRING("family"), STRING("path")};

static const struct event_field capability_arg[] = {WRAPPED("value", EVENT_VALUE_INT), STRING("name")};

static const struct event_field module_arg[] = {STRING("name"), WRAPPED("signature_ok", EVENT_VALUE_BOOL),
						LIST("tainted")};

static const struct event_field bpf_prog_arg[] = {STRING("ProgType"), UINT("InsnCnt"), STRING("ProgName")};

static const struct event_field bpf_map_arg[] = {
	STRING("MapType"), UINT("KeySize"), UINT("ValueSize"), UINT("MaxEntries"), STRING("MapName"),
};

static const struct event_field perf_event_arg[] = {
	STRING("KprobeFunc"),
	STRING("Type"),
	UINT("Config"),
	UINT("ProbeOffset"),
};

static const struct event_field syscall_id[] = {UINT("id"), STRING("abi")};

static const struct event_field net_dev_arg[] = {STRING("name")};

static const struct event_field error_arg[] = {STRING("Message")};

static const struct event_field argument[] = {
	STRING("string_arg"),
	INT("int_arg"),
	OBJECT("skb_arg", skb_arg),
	UINT("size_arg"),
	BYTES("bytes_arg"),
	OBJECT("path_arg", path_arg),
	OBJECT("file_arg", path_arg),
	OBJECT("truncated_bytes_arg", truncated_bytes_arg),
	OBJECT("sock_arg", sock_arg),
	OBJECT("cred_arg", capabilities),
	INT("long_arg"),
	OBJECT("bpf_attr_arg", bpf_prog_arg),
	OBJECT("perf_event_arg", perf_event_arg),
	OBJECT("bpf_map_arg", bpf_map_arg),
	UINT("uint_arg"),
	OBJECT("capability_arg", capability_arg),
	OBJECT("process_credentials_arg", credentials),
	OBJECT("user_ns_arg", user_namespace),
	OBJECT("module_arg", module_arg),
	STRING("kernel_cap_t_arg"),
	STRING("cap_inheritable_arg"),
	STRING("cap_permitted_arg"),
	STRING("cap_effective_arg"),
	OBJECT("linux_binprm_arg", path_arg),
	OBJECT("net_dev_arg", net_dev_arg),
	STRING("bpf_cmd_arg"),
	OBJECT("syscall_id", syscall_id),
	OBJECT("sockaddr_arg", sockaddr_arg),
	OBJECT("bpf_prog_arg", bpf_prog_arg),
	OBJECT("error_arg", error_arg),
	OBJECT("sockaddrun_arg", sockaddrun_arg),
	STRING("label"),
};

/* --- events */

static const struct event_field stack_frame[] = {UINT("address"), UINT("offset"), STRING("symbol"), STRING("module")};

#define PROCESS_AND_PARENT OBJECT("process", process), OBJECT("parent", process)

static const struct event_field exec_fields[] = {PROCESS_AND_PARENT, OBJECTS("ancestors", process)};

static const struct event_field exit_fields[] = {
	PROCESS_AND_PARENT, STRING("signal"), UINT("status"), TIME("time"), OBJECTS("ancestors", process),
};

static const struct event_field kprobe_fields[] = {
	PROCESS_AND_PARENT,
	STRING("function_name"),
	OBJECTS("args", argument),
	OBJECT("return", argument),
	STRING("action"),
	OBJECTS("kernel_stack_trace", stack_frame),
	STRING("policy_name"),
	STRING("return_action"),
	STRING("message"),
	LIST("tags"),
	OBJECTS("user_stack_trace", stack_frame),
	OBJECTS("ancestors", process),
	OBJECTS("data", argument),
};

static const struct event_field tracepoint_fields[] = {
	PROCESS_AND_PARENT, STRING("subsys"),  STRING("event"), OBJECTS("args", argument),     STRING("policy_name"),
	STRING("action"),   STRING("message"), LIST("tags"),    OBJECTS("ancestors", process),
};

static const struct event_field lsm_fields[] = {
	PROCESS_AND_PARENT, STRING("function_name"),       STRING("policy_name"),
	STRING("message"),  OBJECTS("args", argument),     STRING("action"),
	LIST("tags"),       OBJECTS("ancestors", process), STRING("ima_hash"),
};

static const struct event_field loader_fields[] = {
	PROCESS_AND_PARENT,
	STRING("path"),
	BYTES("buildid"),
	OBJECTS("ancestors", process),
};

static const struct event_field uprobe_fields[] = {
	PROCESS_AND_PARENT, STRING("path"),
	STRING("symbol"),   STRING("policy_name"),
	STRING("message"),  OBJECTS("args", argument),
	LIST("tags"),       OBJECTS("ancestors", process),
	UINT("offset"),     UINT("ref_ctr_offset"),
	STRING("action"),   OBJECTS("data", argument),
};

static const struct event_field usdt_fields[] = {
	PROCESS_AND_PARENT,
	STRING("path"),
	STRING("provider"),
	STRING("name"),
	STRING("policy_name"),
	STRING("message"),
	OBJECTS("args", argument),
	LIST("tags"),
	OBJECTS("ancestors", process),
	STRING("action"),
	UINT("flags"),
};

static const struct event_field throttle_fields[] = {STRING("type"), STRING("cgroup")};

static const struct event_field rate_limit_fields[] = {UINT("number_of_dropped_process_events")};

const struct event_field event_messages[EVENT_MESSAGE_COUNT] = {
	[EVENT_PROCESS_EXEC] = OBJECT("process_exec", exec_fields),
	[EVENT_PROCESS_EXIT] = OBJECT("process_exit", exit_fields),
	[EVENT_PROCESS_KPROBE] = OBJECT("process_kprobe", kprobe_fields),
	[EVENT_PROCESS_TRACEPOINT] = OBJECT("process_tracepoint", tracepoint_fields),
	[EVENT_PROCESS_LSM] = OBJECT("process_lsm", lsm_fields),
	[EVENT_PROCESS_LOADER] = OBJECT("process_loader", loader_fields),
	[EVENT_PROCESS_THROTTLE] = OBJECT("process_throttle", throttle_fields),
	[EVENT_MESSAGE_UPROBE] = OBJECT("process_uprobe", uprobe_fields),
	[EVENT_MESSAGE_USDT] = OBJECT("process_usdt", usdt_fields),
	[EVENT_MESSAGE_RATE_LIMIT] = OBJECT("rate_limit_info", rate_limit_fields),
};

const char *const event_message_names[EVENT_MESSAGE_COUNT + 1] = {
	[EVENT_PROCESS_EXEC] = "PROCESS_EXEC",         [EVENT_PROCESS_EXIT] = "PROCESS_EXIT",
	[EVENT_PROCESS_KPROBE] = "PROCESS_KPROBE",     [EVENT_PROCESS_TRACEPOINT] = "PROCESS_TRACEPOINT",
	[EVENT_PROCESS_LSM] = "PROCESS_LSM",           [EVENT_PROCESS_LOADER] = "PROCESS_LOADER",
	[EVENT_MESSAGE_UPROBE] = "PROCESS_UPROBE",     [EVENT_MESSAGE_USDT] = "PROCESS_USDT",
	[EVENT_PROCESS_THROTTLE] = "PROCESS_THROTTLE", [EVENT_MESSAGE_RATE_LIMIT] = "RATE_LIMIT_INFO",
};

bool event_field_is_named(const char *name, const char *text, size_t length)
{
	const char *end = text + length;

	if (strlen(name) == length && memcmp(name, text, length) == 0)
		return true;
	for (; *name; name++) {
		bool is_upper = *name == '_';

		name += is_upper;
		if (text == end || *text++ != (is_upper ? *name - 'a' + 'A' : *name))
			return false;
	}
	return text == end;
}

const struct event_field *event_field_find(const struct event_field *object, const char *text, size_t length)
{
	if (object->kind != EVENT_FIELD_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (event_field_is_named(object->fields[i].name, text, length))
			return &object->fields[i];
	return NULL;
}
