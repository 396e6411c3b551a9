// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/own_cgroup.h"

#include <dirent.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "io/procfs/host_root.h"

#define CGROUPS "/sys/fs/cgroup"
#define DEPTH_MAX 24 /* CGROUP_DEPTH_MAX of bpf/cgroup.h */

static bool read_namespace(const char *procfs, const char *process, char ret[static 64])
{
	char path[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%s/ns/cgroup", procfs, process);
	length = readlink(path, ret, 63);
	ret[MAX(length, 0)] = '\0';
	return length > 0;
}

/* Is it another one than that of the host's first process, by what can be seen? */
static bool is_in_namespace(const char *procfs)
{
	char host[64], own[64];

	return read_namespace(procfs, "1", host) && read_namespace(procfs, "self", own) && strcmp(host, own) != 0;
}

/* `path` is that of a directory, with room for more: then that of the cgroup below it. */
static bool find(char path[static PATH_MAX], uint64_t id, int depth)
{
	size_t length = strlen(path);
	DIR *directory = opendir(path);
	const struct dirent *entry;
	bool is_found = false;

	while (directory && !is_found && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    length + strlen(entry->d_name) + 2 > PATH_MAX)
			continue;
		snprintf(path + length, PATH_MAX - length, "/%s", entry->d_name);
		is_found = entry->d_ino == id || (depth < DEPTH_MAX && find(path, id, depth + 1));
		if (!is_found)
			path[length] = '\0';
	}
	if (directory)
		closedir(directory);
	return is_found;
}

/* The id is the inode number of the cgroup's directory, on 64-bit machines (kernfs_node.id). What is mounted in a
 * cgroup namespace has the namespace's cgroup as its root. */
static bool own_id(uint64_t *ret)
{
	struct statfs system;
	struct stat own;

	if (statfs(CGROUPS, &system) < 0 || system.f_type != CGROUP2_SUPER_MAGIC || stat(CGROUPS, &own) < 0)
		return false;
	*ret = own.st_ino;
	return true;
}

bool own_cgroup_find(const char *procfs, char ret[static PATH_MAX])
{
	char path[PATH_MAX];
	size_t length;
	uint64_t id;

	ret[0] = '\0';
	if (!is_in_namespace(procfs) || !own_id(&id) || !host_root_find(procfs, path))
		return false;
	length = strlen(path);
	if (length + sizeof(CGROUPS) > PATH_MAX)
		return false;
	memcpy(path + length, CGROUPS, sizeof(CGROUPS));
	if (!find(path, id, 0))
		return false;
	snprintf(ret, PATH_MAX, "%s", path + length + strlen(CGROUPS));
	return true;
}
