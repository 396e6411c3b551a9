/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Writes a .tar.gz: regular files of root's, in the ustar format (POSIX.1-2008, pax: "ustar Interchange Format"). */
#include <stddef.h>
#include <stdint.h>

#define TAR_GZ_NAME_MAX 99 /* bytes of a file's name, with its folders */

struct tar_gz;

/* Takes the fd, whatever it returns. `time_s`: that of all files, since 1970. 0 or -ENOMEM. */
int tar_gz_open(int fd, uint64_t time_s, struct tar_gz **ret);
/* 0, -ENAMETOOLONG, or -errno of writing, after which only tar_gz_close() is good. */
int tar_gz_add(struct tar_gz *tar, const char *name, const void *data, size_t length);
/* Ends the archive. 0 or -errno: it is not whole. Accepts NULL. */
int tar_gz_close(struct tar_gz *tar);
