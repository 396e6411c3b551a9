// SPDX-License-Identifier: Apache-2.0
#include "io/policy/policy_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_ATTRIB)
#define FILE_BYTES_MAX (1u << 20)

struct policy_dir {
	char *path; /* owned */
	int inotify_fd;
};

int policy_dir_open(const char *path, struct policy_dir **ret)
{
	struct policy_dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return -ENOMEM;
	dir->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	dir->path = strdup(path);
	if (dir->inotify_fd < 0 || !dir->path) {
		int r = dir->path ? -errno : -ENOMEM;

		policy_dir_close(dir);
		return r;
	}
	inotify_add_watch(dir->inotify_fd, path, EVENTS); /* again at each listing, should it come later */
	*ret = dir;
	return 0;
}

struct policy_dir *policy_dir_close(struct policy_dir *dir)
{
	if (dir) {
		util_closep(&dir->inotify_fd);
		free(dir->path);
		free(dir);
	}
	return NULL;
}

int policy_dir_fd(const struct policy_dir *dir)
{
	return dir->inotify_fd;
}

void policy_dir_drain(struct policy_dir *dir)
{
	char events[4096];

	while (read(dir->inotify_fd, events, sizeof(events)) > 0)
		;
}

/* No hidden files, no leftovers of editors. */
static bool is_policy_name(const char *name)
{
	static const char *const suffixes[] = {".yaml", ".yml", ".json"};
	size_t length = strlen(name);

	if (*name == '.' || *name == '#')
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		size_t suffix = strlen(suffixes[i]);

		if (length > suffix && strcmp(name + length - suffix, suffixes[i]) == 0)
			return true;
	}
	return false;
}

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ull;
	return hash;
}

/* Reads at most a byte more than a policy file may have: then the loader says what is wrong with it. */
static int hash_file(const char *path, uint64_t *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t hash = 0xcbf29ce484222325ull;
	uint8_t bytes[16384];
	struct stat status;
	size_t sum = 0;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	while (sum <= FILE_BYTES_MAX && (length = read(fd, bytes, sizeof(bytes))) > 0) {
		hash = hash_bytes(hash, bytes, (size_t)length);
		sum += (size_t)length;
	}
	*ret = hash;
	return 0;
}

int policy_dir_stat(const char *path, struct policy_dir_file *ret)
{
	uint64_t content;
	int r = hash_file(path, &content);

	if (r < 0)
		return r;
	ret->path = strdup(path);
	if (!ret->path)
		return -ENOMEM;
	ret->content = content;
	return 0;
}

static int add_file(struct policy_dir_list *list, const char *path)
{
	struct policy_dir_file *grown;
	int r;

	if (list->count == POLICY_FILES_MAX) {
		list->left_out++;
		return 0;
	}
	grown = reallocarray(list->files, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->files = grown;
	r = policy_dir_stat(path, &list->files[list->count]);
	if (r == 0)
		list->count++;
	return r == -ENOMEM ? r : 0; /* gone again, or no regular file */
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int list_directory(struct policy_dir *dir, const char *path, bool is_top, struct policy_dir_list *list)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[4096];
	int r = 0;

	if (!directory)
		return -errno;
	inotify_add_watch(dir->inotify_fd, path, EVENTS);
	while (r >= 0 && (entry = readdir(directory))) {
		int length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);

		if (length < 0 || (size_t)length >= sizeof(name) || *entry->d_name == '.')
			continue;
		if (is_policy_name(entry->d_name) && !is_directory(name))
			r = add_file(list, name);
		else if (is_top && is_directory(name))
			r = list_directory(dir, name, false, list);
	}
	closedir(directory);
	return r == -ENOENT && !is_top ? 0 : r;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct policy_dir_file *)a)->path, ((const struct policy_dir_file *)b)->path);
}

int policy_dir_list(struct policy_dir *dir, struct policy_dir_list *ret)
{
	struct policy_dir_list list = {0};
	int r = list_directory(dir, dir->path, true, &list);

	if (r < 0) {
		policy_dir_list_done(&list);
		return r;
	}
	if (list.count)
		qsort(list.files, list.count, sizeof(*list.files), compare_files);
	*ret = list;
	return 0;
}

void policy_dir_list_done(struct policy_dir_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct policy_dir_list){0};
}
