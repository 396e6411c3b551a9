// SPDX-License-Identifier: Apache-2.0
#include "core/event/event_fields.h"

#include <string.h>

#include "base/util.h"

/* clang-format off */
#define SCALAR(name) {(name), EVENT_FIELD_SCALAR, NULL, 0}
#define LIST(name) {(name), EVENT_FIELD_LIST, NULL, 0}
#define MAP(name) {(name), EVENT_FIELD_MAP, NULL, 0}
#define OBJECT(name, of) {(name), EVENT_FIELD_OBJECT, (of), ARRAY_SIZE(of)}
/* clang-format on */

/* --- a process */

static const struct event_field image[] = {SCALAR("id"), SCALAR("name")};

static const struct event_field security_context[] = {SCALAR("privileged")};

static const struct event_field container[] = {
	SCALAR("id"),
	SCALAR("name"),
	OBJECT("image", image),
	SCALAR("start_time"),
	SCALAR("pid"),
	SCALAR("maybe_exec_probe"),
	OBJECT("security_context", security_context),
	SCALAR("unresolved"),
};

static const struct event_field pod[] = {
	SCALAR("namespace"), SCALAR("name"),     SCALAR("uid"),           OBJECT("container", container),
	MAP("pod_labels"),   SCALAR("workload"), SCALAR("workload_kind"), MAP("pod_annotations"),
	SCALAR("truncated"),
};

static const struct event_field capabilities[] = {LIST("permitted"), LIST("effective"), LIST("inheritable")};

static const struct event_field namespace[] = {SCALAR("inum"), SCALAR("is_host")};

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
	SCALAR("level"),
	SCALAR("uid"),
	SCALAR("gid"),
	OBJECT("ns", namespace),
};

static const struct event_field credentials[] = {
	SCALAR("uid"),
	SCALAR("gid"),
	SCALAR("euid"),
	SCALAR("egid"),
	SCALAR("suid"),
	SCALAR("sgid"),
	SCALAR("fsuid"),
	SCALAR("fsgid"),
	LIST("securebits"),
	OBJECT("caps", capabilities),
	OBJECT("user_ns", user_namespace),
};

static const struct event_field inode[] = {SCALAR("number"), SCALAR("links")};

static const struct event_field binary_file[] = {OBJECT("inode", inode)};

static const struct event_field binary_properties[] = {
	SCALAR("setuid"),
	SCALAR("setgid"),
	LIST("privileges_changed"),
	OBJECT("file", binary_file),
};

static const struct event_field user[] = {SCALAR("name")};

static const struct event_field process[] = {
	SCALAR("exec_id"),
	SCALAR("pid"),
	SCALAR("uid"),
	SCALAR("cwd"),
	SCALAR("binary"),
	SCALAR("arguments"),
	SCALAR("flags"),
	SCALAR("start_time"),
	SCALAR("auid"),
	OBJECT("pod", pod),
	SCALAR("docker"),
	SCALAR("parent_exec_id"),
	SCALAR("refcnt"),
	OBJECT("cap", capabilities),
	OBJECT("ns", namespaces),
	SCALAR("tid"),
	OBJECT("process_credentials", credentials),
	OBJECT("binary_properties", binary_properties),
	OBJECT("user", user),
	SCALAR("in_init_tree"),
	LIST("environment_variables"),
};

/* --- an argument */

static const struct event_field path_arg[] = {
	SCALAR("mount"),
	SCALAR("path"),
	SCALAR("flags"),
	SCALAR("permission"),
};

static const struct event_field truncated_bytes_arg[] = {SCALAR("bytes_arg"), SCALAR("orig_size")};

static const struct event_field skb_arg[] = {
	SCALAR("hash"),          SCALAR("len"),      SCALAR("priority"), SCALAR("mark"),  SCALAR("saddr"),
	SCALAR("daddr"),         SCALAR("sport"),    SCALAR("dport"),    SCALAR("proto"), SCALAR("sec_path_len"),
	SCALAR("sec_path_olen"), SCALAR("protocol"), SCALAR("family"),
};

static const struct event_field sock_arg[] = {
	SCALAR("family"), SCALAR("type"),  SCALAR("protocol"), SCALAR("mark"),   SCALAR("priority"), SCALAR("saddr"),
	SCALAR("daddr"),  SCALAR("sport"), SCALAR("dport"),    SCALAR("cookie"), SCALAR("state"),
};

static const struct event_field sockaddr_arg[] = {SCALAR("family"), SCALAR("addr"), SCALAR("port")};

static const struct event_field sockaddrun_arg[] = {SCALAR("family"), SCALAR("path")};

static const struct event_field capability_arg[] = {SCALAR("value"), SCALAR("name")};

static const struct event_field module_arg[] = {SCALAR("name"), SCALAR("signature_ok"), LIST("tainted")};

static const struct event_field bpf_prog_arg[] = {SCALAR("ProgType"), SCALAR("InsnCnt"), SCALAR("ProgName")};

static const struct event_field bpf_map_arg[] = {
	SCALAR("MapType"), SCALAR("KeySize"), SCALAR("ValueSize"), SCALAR("MaxEntries"), SCALAR("MapName"),
};

static const struct event_field perf_event_arg[] = {
	SCALAR("KprobeFunc"),
	SCALAR("Type"),
	SCALAR("Config"),
	SCALAR("ProbeOffset"),
};

static const struct event_field syscall_id[] = {SCALAR("id"), SCALAR("abi")};

static const struct event_field net_dev_arg[] = {SCALAR("name")};

static const struct event_field error_arg[] = {SCALAR("Message")};

static const struct event_field argument[] = {
	SCALAR("string_arg"),
	SCALAR("int_arg"),
	OBJECT("skb_arg", skb_arg),
	SCALAR("size_arg"),
	SCALAR("bytes_arg"),
	OBJECT("path_arg", path_arg),
	OBJECT("file_arg", path_arg),
	OBJECT("truncated_bytes_arg", truncated_bytes_arg),
	OBJECT("sock_arg", sock_arg),
	OBJECT("cred_arg", capabilities),
	SCALAR("long_arg"),
	OBJECT("bpf_attr_arg", bpf_prog_arg),
	OBJECT("perf_event_arg", perf_event_arg),
	OBJECT("bpf_map_arg", bpf_map_arg),
	SCALAR("uint_arg"),
	OBJECT("capability_arg", capability_arg),
	OBJECT("process_credentials_arg", credentials),
	OBJECT("user_ns_arg", user_namespace),
	OBJECT("module_arg", module_arg),
	SCALAR("kernel_cap_t_arg"),
	SCALAR("cap_inheritable_arg"),
	SCALAR("cap_permitted_arg"),
	SCALAR("cap_effective_arg"),
	OBJECT("linux_binprm_arg", path_arg),
	OBJECT("net_dev_arg", net_dev_arg),
	SCALAR("bpf_cmd_arg"),
	OBJECT("syscall_id", syscall_id),
	OBJECT("sockaddr_arg", sockaddr_arg),
	OBJECT("bpf_prog_arg", bpf_prog_arg),
	OBJECT("error_arg", error_arg),
	OBJECT("sockaddrun_arg", sockaddrun_arg),
	SCALAR("label"),
};

/* --- events */

#define PROCESS_AND_PARENT OBJECT("process", process), OBJECT("parent", process)

static const struct event_field exec_fields[] = {PROCESS_AND_PARENT, LIST("ancestors")};

static const struct event_field exit_fields[] = {
	PROCESS_AND_PARENT, SCALAR("signal"), SCALAR("status"), SCALAR("time"), LIST("ancestors"),
};

static const struct event_field kprobe_fields[] = {
	PROCESS_AND_PARENT,
	SCALAR("function_name"),
	LIST("args"),
	OBJECT("return", argument),
	SCALAR("action"),
	LIST("kernel_stack_trace"),
	SCALAR("policy_name"),
	SCALAR("return_action"),
	SCALAR("message"),
	LIST("tags"),
	LIST("user_stack_trace"),
	LIST("ancestors"),
	LIST("data"),
};

static const struct event_field tracepoint_fields[] = {
	PROCESS_AND_PARENT, SCALAR("subsys"),  SCALAR("event"), LIST("args"),      SCALAR("policy_name"),
	SCALAR("action"),   SCALAR("message"), LIST("tags"),    LIST("ancestors"),
};

static const struct event_field lsm_fields[] = {
	PROCESS_AND_PARENT, SCALAR("function_name"), SCALAR("policy_name"), SCALAR("message"),
	LIST("args"),       SCALAR("action"),        LIST("tags"),          LIST("ancestors"),
	SCALAR("ima_hash"),
};

static const struct event_field loader_fields[] = {
	PROCESS_AND_PARENT,
	SCALAR("path"),
	SCALAR("buildid"),
	LIST("ancestors"),
};

static const struct event_field uprobe_fields[] = {
	PROCESS_AND_PARENT, SCALAR("path"), SCALAR("symbol"),  SCALAR("policy_name"), SCALAR("message"),
	LIST("args"),       LIST("tags"),   LIST("ancestors"), SCALAR("offset"),      SCALAR("ref_ctr_offset"),
	SCALAR("action"),   LIST("data"),
};

static const struct event_field usdt_fields[] = {
	PROCESS_AND_PARENT,    SCALAR("path"),    SCALAR("provider"), SCALAR("name"),
	SCALAR("policy_name"), SCALAR("message"), LIST("args"),       LIST("tags"),
	LIST("ancestors"),     SCALAR("action"),  SCALAR("flags"),
};

static const struct event_field throttle_fields[] = {SCALAR("type"), SCALAR("cgroup")};

static const struct event_field rate_limit_fields[] = {SCALAR("number_of_dropped_process_events")};

const struct event_field event_messages[EVENT_MESSAGE_COUNT] = {
	[EVENT_PROCESS_EXEC] = OBJECT("process_exec", exec_fields),
	[EVENT_PROCESS_EXIT] = OBJECT("process_exit", exit_fields),
	[EVENT_PROCESS_KPROBE] = OBJECT("process_kprobe", kprobe_fields),
	[EVENT_PROCESS_TRACEPOINT] = OBJECT("process_tracepoint", tracepoint_fields),
	[EVENT_PROCESS_LSM] = OBJECT("process_lsm", lsm_fields),
	[EVENT_PROCESS_LOADER] = OBJECT("process_loader", loader_fields),
	[EVENT_MESSAGE_UPROBE] = OBJECT("process_uprobe", uprobe_fields),
	[EVENT_MESSAGE_USDT] = OBJECT("process_usdt", usdt_fields),
	[EVENT_MESSAGE_THROTTLE] = OBJECT("process_throttle", throttle_fields),
	[EVENT_MESSAGE_RATE_LIMIT] = OBJECT("rate_limit_info", rate_limit_fields),
};

const char *const event_message_names[EVENT_MESSAGE_COUNT + 1] = {
	[EVENT_PROCESS_EXEC] = "PROCESS_EXEC",         [EVENT_PROCESS_EXIT] = "PROCESS_EXIT",
	[EVENT_PROCESS_KPROBE] = "PROCESS_KPROBE",     [EVENT_PROCESS_TRACEPOINT] = "PROCESS_TRACEPOINT",
	[EVENT_PROCESS_LSM] = "PROCESS_LSM",           [EVENT_PROCESS_LOADER] = "PROCESS_LOADER",
	[EVENT_MESSAGE_UPROBE] = "PROCESS_UPROBE",     [EVENT_MESSAGE_USDT] = "PROCESS_USDT",
	[EVENT_MESSAGE_THROTTLE] = "PROCESS_THROTTLE", [EVENT_MESSAGE_RATE_LIMIT] = "RATE_LIMIT_INFO",
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
	for (size_t i = 0; i < object->count; i++)
		if (event_field_is_named(object->fields[i].name, text, length))
			return &object->fields[i];
	return NULL;
}
