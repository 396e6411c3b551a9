/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The files of a policy directory, and word of their changes. Sees what editors and
 * Kubernetes do: atomic renames, temporary files, the symlink swap of a mounted ConfigMap.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_FILES_MAX 4096

/* A file of the directory, or one level below it; or a directory there that may not be read. */
struct policy_dir_file {
	char *path;        /* owned */
	uint64_t content;  /* a hash of what is in it: another one means that it changed */
	int error;         /* -EACCES or -EPERM: it may not be read, whatever it has; else 0 */
	bool is_directory; /* of which nothing is known: `error` is set */
};

struct policy_dir_list {
	struct policy_dir_file *files; /* owned, sorted by path */
	size_t count;
	size_t left_out; /* beyond POLICY_FILES_MAX, the last ones by path */
};

struct policy_dir;

/* The directory need not be there yet. 0 or -errno. */
int policy_dir_open(const char *path, struct policy_dir **ret);
struct policy_dir *policy_dir_close(struct policy_dir *dir); /* accepts and returns NULL */
/* To be polled for input; policy_dir_drain() then takes all that there is in. */
int policy_dir_fd(const struct policy_dir *dir);
void policy_dir_drain(struct policy_dir *dir);
/*
 * Lists what is there now: *.yaml, *.yml, *.json that are regular files or links to some, no hidden ones, and renews
 * the watches. 0; -ENOENT: there is no such directory; or -errno: it is not known what is there, so nothing may be
 * taken for deleted (-EMFILE, -EIO ...).
 */
int policy_dir_list(struct policy_dir *dir, struct policy_dir_list *ret);
/* The same for one file. -ENOENT: it is not there, is no regular file, or a link that leads nowhere. */
int policy_dir_stat(const char *path, struct policy_dir_file *ret);
/* Is `path` in a directory of the list that may not be read? It may still be there, then. */
bool policy_dir_list_hides(const struct policy_dir_list *list, const char *path);
void policy_dir_list_done(struct policy_dir_list *list); /* accepts a zeroed struct */
