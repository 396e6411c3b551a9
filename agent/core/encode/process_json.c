// SPDX-License-Identifier: Apache-2.0
#include "core/encode/process_json.h"

#include "base/util.h"
#include "core/encode/credentials_json.h"
#include "core/encode/json.h"
#include "core/encode/pod_json.h"
#include "core/process/exec_id.h"
#include "core/process/flags.h"

static const char *const namespace_names[NAMESPACE_COUNT] = {
	[NAMESPACE_UTS] = "uts",
	[NAMESPACE_IPC] = "ipc",
	[NAMESPACE_MNT] = "mnt",
	[NAMESPACE_PID] = "pid",
	[NAMESPACE_PID_FOR_CHILDREN] = "pid_for_children",
	[NAMESPACE_NET] = "net",
	[NAMESPACE_TIME] = "time",
	[NAMESPACE_TIME_FOR_CHILDREN] = "time_for_children",
	[NAMESPACE_CGROUP] = "cgroup",
	[NAMESPACE_USER] = "user",
};

/* Order as printed. */
static const struct {
	uint32_t flag;
	const char *name;
} privilege_changes[] = {
	{BINARY_RAISED_FILE_CAP, "PRIVILEGES_RAISED_EXEC_FILE_CAP"},
	{BINARY_RAISED_SETUID, "PRIVILEGES_RAISED_EXEC_FILE_SETUID"},
	{BINARY_RAISED_SETGID, "PRIVILEGES_RAISED_EXEC_FILE_SETGID"},
};
#define BINARY_RAISED_ANY (BINARY_RAISED_FILE_CAP | BINARY_RAISED_SETUID | BINARY_RAISED_SETGID)
#define BINARY_PROPERTIES_ANY (BINARY_SETUID | BINARY_SETGID | BINARY_RAISED_ANY | BINARY_UNLINKED)

static void append_exec_id_value(struct buffer *buffer, const struct process_json *how, uint64_t ktime_ns, uint32_t pid)
{
	buffer_append_byte(buffer, '"');
	exec_id_append(buffer, how->options->node_name, ktime_ns, pid);
	buffer_append_byte(buffer, '"');
}

static void append_flags(struct buffer *buffer, uint32_t flags)
{
	if (!flags)
		return;
	json_key(buffer, "flags");
	buffer_append_byte(buffer, '"');
	flags_append(buffer, flags);
	buffer_append_byte(buffer, '"');
}

/* cwd, binary, arguments, flags: the fields that a line limit concerns. */
static void append_strings_and_flags(struct buffer *buffer, const struct process *process,
				     const struct process_json *how)
{
	const struct image *image = process->image;
	struct bytes cwd = image->cwd, binary = image->binary, arguments = image->arguments;
	uint32_t flags = process->flags;

	if (how->is_limited) {
		cwd = json_cut(cwd, how->paths_max);
		binary = json_cut(binary, how->paths_max);
		arguments = json_cut(arguments, how->arguments_max);
	}
	if (how->is_flagged || cwd.length < image->cwd.length || binary.length < image->binary.length ||
	    arguments.length < image->arguments.length)
		flags |= PROCESS_FLAG_TRUNC_ARGS;
	json_field_string(buffer, "cwd", cwd);
	json_field_string(buffer, "binary", binary);
	json_field_string(buffer, "arguments", arguments);
	append_flags(buffer, flags);
}

static void append_namespaces(struct buffer *buffer, const struct image *image,
			      const struct event_json_options *options)
{
	json_key(buffer, "ns");
	json_open(buffer, '{');
	for (size_t kind = 0; kind < NAMESPACE_COUNT; kind++) {
		uint32_t inum = image->namespaces[kind];

		if (!inum)
			continue;
		json_plain_string(buffer, namespace_names[kind]);
		buffer_append_byte(buffer, ':');
		json_open(buffer, '{');
		json_field_u64(buffer, "inum", inum);
		if (inum == options->host_namespaces[kind])
			json_field_bool(buffer, "is_host", true);
		json_close(buffer, '}');
	}
	json_close(buffer, '}');
}

static void append_binary_properties(struct buffer *buffer, const struct image *image)
{
	uint32_t flags = image->binary_flags;

	json_key(buffer, "binary_properties");
	json_open(buffer, '{');
	if (flags & BINARY_SETUID)
		json_field_u64(buffer, "setuid", image->credentials.euid);
	if (flags & BINARY_SETGID)
		json_field_u64(buffer, "setgid", image->credentials.egid);
	if (flags & BINARY_RAISED_ANY) {
		json_key(buffer, "privileges_changed");
		json_open(buffer, '[');
		for (size_t i = 0; i < ARRAY_SIZE(privilege_changes); i++) {
			if (flags & privilege_changes[i].flag)
				json_plain_string(buffer, privilege_changes[i].name);
		}
		json_close(buffer, ']');
	}
	if (flags & BINARY_UNLINKED) {
		json_key(buffer, "file");
		json_open(buffer, '{');
		json_key(buffer, "inode");
		json_open(buffer, '{');
		json_field_quoted_u64(buffer, "number", image->inode_number);
		json_field_u64(buffer, "links", image->inode_links);
		json_close(buffer, '}');
		json_close(buffer, '}');
	}
	json_close(buffer, '}');
}

static size_t append_pod(struct buffer *buffer, const struct process *process, const struct process_json *how)
{
	const struct pod_subject subject = pod_subject_of(process);
	size_t at = buffer->length;

	pod_json_append(buffer, how->pod, &subject);
	return at;
}

/* What a process consists of that the agent has never seen start: nothing else is known of it. */
static void append_unknown(struct buffer *buffer, const struct process *process)
{
	json_field_u64(buffer, "pid", process->pid);
	append_flags(buffer, PROCESS_FLAG_UNKNOWN);
	if (process->start_wall_ns)
		json_field_timestamp(buffer, "start_time", process->start_wall_ns);
}

bool process_json_has_properties(const struct process *process, const struct process_json *how)
{
	return how->options->with_credentials && how->with_binary_properties &&
	       (process->image->binary_flags & BINARY_PROPERTIES_ANY);
}

static size_t append_known(struct buffer *buffer, const struct process *process, const struct process_json *how)
{
	const struct event_json_options *options = how->options;
	const struct image *image = process->image;
	size_t pod_at = 0;

	json_field_u64(buffer, "pid", process->pid);
	json_field_u64(buffer, "uid", image->credentials.euid);
	append_strings_and_flags(buffer, process, how);
	if (process->start_wall_ns)
		json_field_timestamp(buffer, "start_time", process->start_wall_ns);
	json_field_u64(buffer, "auid", image->auid);
	if (how->pod)
		pod_at = append_pod(buffer, process, how);
	if (process->docker[0]) {
		json_key(buffer, "docker");
		json_plain_string(buffer, process->docker);
	}
	json_key(buffer, "parent_exec_id");
	append_exec_id_value(buffer, how, process->parent_ktime_ns, process->parent_pid);
	if (how->with_refcnt)
		json_field_u64(buffer, "refcnt", 1);
	if (options->with_credentials) {
		json_key(buffer, "cap");
		json_open(buffer, '{');
		credentials_json_append_capabilities(buffer, &image->credentials);
		json_close(buffer, '}');
	}
	if (options->with_namespaces)
		append_namespaces(buffer, image, options);
	json_field_u64(buffer, "tid", how->tid);
	if (options->with_credentials) {
		json_key(buffer, "process_credentials");
		json_open(buffer, '{');
		credentials_json_append_ids(buffer, &image->credentials);
		json_close(buffer, '}');
	}
	if (process_json_has_properties(process, how))
		append_binary_properties(buffer, image);
	if (process->has_in_init_tree)
		json_field_bool(buffer, "in_init_tree", process->flags & PROCESS_FLAG_IN_INIT_TREE);
	return pod_at;
}

size_t process_json_append(struct buffer *buffer, const struct process *process, const struct process_json *how)
{
	size_t pod_at = 0;

	json_open(buffer, '{');
	json_key(buffer, "exec_id");
	append_exec_id_value(buffer, how, process->ktime_ns, process->pid);
	if (process->flags & PROCESS_FLAG_UNKNOWN)
		append_unknown(buffer, process);
	else
		pod_at = append_known(buffer, process, how);
	json_close(buffer, '}');
	return pod_at;
}
