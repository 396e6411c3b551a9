// SPDX-License-Identifier: Apache-2.0
#include "cmd/bugtool_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <zlib.h>

#include "base/util.h"
#include "io/bpf/features.h"
#include "io/bpf/object_usage.h"
#include "io/file/read_file.h"

#define LINE_MAX_BYTES 512

static void add_line(struct buffer *buffer, const char *name, const char *value)
{
	char line[LINE_MAX_BYTES];
	int length = snprintf(line, sizeof(line), "%-44s %s\n", name, value);

	buffer_append(buffer, line, MIN((size_t)length, sizeof(line) - 1));
}

static void add_number(struct buffer *buffer, const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	add_line(buffer, name, text);
}

static void add_error(struct buffer *buffer, const char *name, int error)
{
	char text[128];

	snprintf(text, sizeof(text), "cannot be read: %s", strerror(error));
	add_line(buffer, name, text);
}

/* --- the kernel */

static void add_uname(struct buffer *buffer)
{
	struct utsname name = {0};

	uname(&name);
	add_line(buffer, "kernel", name.release);
	add_line(buffer, "kernel's build", name.version);
	add_line(buffer, "architecture", name.machine);
	add_number(buffer, "processors", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	add_number(buffer, "memory, pages", (uint64_t)sysconf(_SC_PHYS_PAGES));
	add_number(buffer, "page size", (uint64_t)sysconf(_SC_PAGESIZE));
}

/* The first line of a file. */
static void add_file(struct buffer *buffer, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t length = fd < 0 ? -errno : read_file(fd, text, sizeof(text) - 1);

	if (length < 0) {
		add_error(buffer, path, (int)-length);
		return;
	}
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	add_line(buffer, path, text);
}

static void add_settings(struct buffer *buffer)
{
	static const char *const paths[] = {
		"/proc/sys/kernel/bpf_stats_enabled", "/proc/sys/kernel/unprivileged_bpf_disabled",
		"/proc/sys/kernel/kptr_restrict",     "/proc/sys/kernel/perf_event_paranoid",
		"/proc/sys/kernel/pid_max",           "/proc/sys/net/core/bpf_jit_enable",
		"/sys/kernel/security/lsm",           "/sys/kernel/security/lockdown",
		"/sys/kernel/debug/sched/preempt",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		add_file(buffer, paths[i]);
}

/* Of modules there is a file each, beside vmlinux. */
static void add_btf(struct buffer *buffer)
{
	DIR *directory = opendir("/sys/kernel/btf");
	const struct dirent *entry;
	struct stat status;
	uint64_t count = 0;

	if (stat("/sys/kernel/btf/vmlinux", &status) < 0)
		add_error(buffer, "/sys/kernel/btf/vmlinux", errno);
	else
		add_number(buffer, "/sys/kernel/btf/vmlinux, bytes", (uint64_t)status.st_size);
	while (directory && (entry = readdir(directory)))
		count += entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0;
	if (directory)
		closedir(directory);
	add_number(buffer, "modules with BTF", count);
}

static void add_features(struct buffer *buffer)
{
	struct feature features[FEATURES_MAX];
	size_t count = features_probe(features);

	for (size_t i = 0; i < count; i++)
		add_line(buffer, features[i].name, features[i].reason ? features[i].reason : "yes");
	add_line(buffer, "may preempt programs", features_is_preemptible() ? "yes" : "no");
}

static void add_count(struct buffer *buffer, const char *name, int (*count)(uint32_t *ret))
{
	uint32_t number;
	int r = count(&number);

	if (r < 0)
		add_error(buffer, name, -r);
	else
		add_number(buffer, name, number);
}

/* --- file systems */

static const char *file_system_at(const char *path)
{
	static const struct {
		unsigned long magic;
		const char *name;
	} names[] = {
		{CGROUP2_SUPER_MAGIC, "cgroup2"}, {CGROUP_SUPER_MAGIC, "cgroup"},
		{TMPFS_MAGIC, "tmpfs"},           {BPF_FS_MAGIC, "bpf"},
		{TRACEFS_MAGIC, "tracefs"},       {DEBUGFS_MAGIC, "debugfs"},
		{SECURITYFS_MAGIC, "securityfs"}, {SYSFS_MAGIC, "sysfs (not mounted)"},
	};
	struct statfs status;

	if (statfs(path, &status) < 0)
		return "not there";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((unsigned long)status.f_type == names[i].magic)
			return names[i].name;
	return "another file system";
}

static void add_file_systems(struct buffer *buffer)
{
	static const char *const paths[] = {
		"/sys/fs/cgroup",      "/sys/fs/cgroup/unified", "/sys/fs/bpf",
		"/sys/kernel/tracing", "/sys/kernel/debug",      "/sys/kernel/security",
	};
	bool is_v2 = strcmp(file_system_at("/sys/fs/cgroup"), "cgroup2") == 0;
	bool is_hybrid = strcmp(file_system_at("/sys/fs/cgroup/unified"), "cgroup2") == 0;

	add_line(buffer, "cgroups", is_v2 ? "v2" : is_hybrid ? "v1 and v2 (hybrid)" : "v1");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		add_line(buffer, paths[i], file_system_at(paths[i]));
}

void bugtool_add_system(struct buffer *buffer)
{
	add_uname(buffer);
	add_settings(buffer);
	add_btf(buffer);
	add_features(buffer);
	add_count(buffer, "BPF programs, of all owners", program_usage_count);
	add_count(buffer, "BPF maps, of all owners", map_usage_count);
	add_file_systems(buffer);
}

/* --- its configuration */

static bool matters(const char *line)
{
	static const char *const names[] = {
		"BPF",
		"BTF",
		"KPROBE",
		"UPROBE",
		"FTRACE",
		"FUNCTION_TRACER",
		"FPROBE",
		"TRACEPOINTS",
		"PERF_EVENTS",
		"SECURITY",
		"LSM",
		"CGROUP",
		"NAMESPACES",
		"PREEMPT",
		"IKCONFIG",
		"MODULE_SIG",
		"ERROR_INJECTION",
		"KALLSYMS",
		"FRAME_POINTER",
		"UNWINDER",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(line, names[i]))
			return true;
	return false;
}

/* zlib reads what is not compressed as well. */
static gzFile open_config(char *path, size_t size)
{
	struct utsname name = {0};
	gzFile file;

	uname(&name);
	snprintf(path, size, "/boot/config-%s", name.release);
	file = gzopen(path, "rbe");
	if (file)
		return file;
	snprintf(path, size, "/proc/config.gz");
	return gzopen(path, "rbe");
}

void bugtool_add_kernel_config(struct buffer *buffer)
{
	char path[128], line[LINE_MAX_BYTES];
	gzFile file = open_config(path, sizeof(path));

	if (!file) {
		buffer_append_literal(buffer, "neither /boot/config-RELEASE nor /proc/config.gz can be read\n");
		return;
	}
	add_line(buffer, "# from", path);
	while (gzgets(file, line, sizeof(line)))
		if (matters(line))
			buffer_append_cstring(buffer, line);
	gzclose(file);
}
