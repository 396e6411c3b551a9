// SPDX-License-Identifier: Apache-2.0
#include "io/policy/policy_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
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

/* Reads at most a byte more than a policy file may have: then the loader says what is wrong with it. */
static int hash_file(int fd, uint64_t *ret)
{
	uint64_t hash = HASH_BEGIN;
	uint8_t bytes[16384];
	size_t sum = 0;

	while (sum <= FILE_BYTES_MAX) {
		ssize_t length = read(fd, bytes, sizeof(bytes));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		hash = hash_bytes(hash, bytes, (size_t)length);
		sum += (size_t)length;
	}
	*ret = hash;
	return 0;
}

/* Nobody may read it: it is there all the same. */
static bool is_refused(int error)
{
	return error == -EACCES || error == -EPERM;
}

/* There is nothing, or nothing that could be a policy: a link that leads nowhere, a socket (ENXIO). */
static bool is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ELOOP || error == -ENAMETOOLONG || error == -ENXIO ||
	       error == -ENODEV;
}

/* The content, or 0 where nobody may read it and *ret_error says so. */
static int look_at(const char *path, uint64_t *ret, int *ret_error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int r = fd < 0 ? -errno : 0;

	*ret = 0;
	*ret_error = 0;
	if (is_refused(r)) {
		*ret_error = r;
		return 0;
	}
	if (r < 0)
		return is_absent(r) ? -ENOENT : r;
	if (fstat(fd, &status) < 0)
		return -errno;
	return S_ISREG(status.st_mode) ? hash_file(fd, ret) : -ENOENT;
}

int policy_dir_stat(const char *path, struct policy_dir_file *ret)
{
	struct policy_dir_file file = {0};
	int r = look_at(path, &file.content, &file.error);

	if (r < 0)
		return r;
	file.path = strdup(path);
	if (!file.path)
		return -ENOMEM;
	*ret = file;
	return 0;
}

/* --- the names, sorted */

static int compare_path(const void *path, const void *file)
{
	return strcmp(path, ((const struct policy_dir_file *)file)->path);
}

/* Where the path is in the list, or is to go. */
static size_t find_place(const struct policy_dir_list *list, const char *path)
{
	size_t from = 0, to = list->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_path(path, &list->files[middle]) > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Of more names than there may be, the first ones stay, in whichever order the directory has them. */
static int add_name(struct policy_dir_list *list, const struct policy_dir_file *file)
{
	size_t at = find_place(list, file->path);
	char *path;

	if (list->count == POLICY_FILES_MAX && at == list->count) {
		list->left_out++;
		return 0;
	}
	path = strdup(file->path);
	if (!path)
		return -ENOMEM;
	if (list->count == POLICY_FILES_MAX) {
		list->left_out++;
		free(list->files[--list->count].path);
	}
	memmove(&list->files[at + 1], &list->files[at], (list->count - at) * sizeof(*list->files));
	list->files[at] = *file;
	list->files[at].path = path;
	list->count++;
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int list_directory(struct policy_dir *dir, char *path, bool is_top, struct policy_dir_list *list);

static int list_entry(struct policy_dir *dir, char *path, const char *name, bool is_top, struct policy_dir_list *list)
{
	if (is_policy_name(name) && !is_directory(path))
		return add_name(list, &(struct policy_dir_file){.path = path});
	return is_top && is_directory(path) ? list_directory(dir, path, false, list) : 0;
}

/* A directory below the one that was named need not be readable: lost+found is not. */
static int list_unreadable(char *path, int error, bool is_top, struct policy_dir_list *list)
{
	if (is_top)
		return error;
	if (is_refused(error))
		return add_name(list, &(struct policy_dir_file){.path = path, .error = error, .is_directory = true});
	return is_absent(error) ? 0 : error;
}

static int list_directory(struct policy_dir *dir, char *path, bool is_top, struct policy_dir_list *list)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[4096];
	int r = 0;

	if (!directory)
		return list_unreadable(path, -errno, is_top, list);
	inotify_add_watch(dir->inotify_fd, path, EVENTS);
	while (r >= 0) {
		int length;

		errno = 0;
		entry = readdir(directory);
		if (!entry) {
			r = -errno;
			break;
		}
		length = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (length >= 0 && (size_t)length < sizeof(name) && *entry->d_name != '.')
			r = list_entry(dir, name, entry->d_name, is_top, list);
	}
	closedir(directory);
	return r;
}

/* --- the list */

/* Drops the names behind which there is no file. */
static int look_at_all(struct policy_dir_list *list)
{
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct policy_dir_file *file = &list->files[i];
		int status = file->is_directory ? 0 : look_at(file->path, &file->content, &file->error);

		if (status == -ENOENT) {
			free(file->path);
			continue;
		}
		if (status < 0)
			r = status;
		list->files[kept++] = *file;
	}
	list->count = kept;
	return r;
}

int policy_dir_list(struct policy_dir *dir, struct policy_dir_list *ret)
{
	_cleanup_(policy_dir_list_done) struct policy_dir_list list = {
		.files = calloc(POLICY_FILES_MAX + 1, sizeof(*list.files)),
	};
	struct policy_dir_file *fitting;
	int r = list.files ? list_directory(dir, dir->path, true, &list) : -ENOMEM;

	if (r >= 0)
		r = look_at_all(&list);
	if (r < 0)
		return r;
	fitting = reallocarray(list.files, list.count + 1, sizeof(*fitting));
	if (fitting)
		list.files = fitting;
	*ret = list;
	list = (struct policy_dir_list){0};
	return 0;
}

bool policy_dir_list_hides(const struct policy_dir_list *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t length = strlen(list->files[i].path);

		if (list->files[i].is_directory && strncmp(path, list->files[i].path, length) == 0 &&
		    path[length] == '/')
			return true;
	}
	return false;
}

void policy_dir_list_done(struct policy_dir_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->files[i].path);
	free(list->files);
	*list = (struct policy_dir_list){0};
}
